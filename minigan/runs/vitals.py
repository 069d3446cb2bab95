"""The vital signs of a training: numbers that show early when something goes wrong.

Every row of metrics.csv holds them. They are always measured on the same noise and the same real samples, so that rows
can be compared. diagnosis.py says what they mean.
"""

import numpy as np

from minigan.ground.backend import namespace

N_SAMPLES = 256  # how many fake and how many real samples they are measured on
VITALS = {  # column of metrics.csv -> what it is
    "d_accuracy": "share of (real, fake) pairs in which D scores the real sample higher; guessing gives 0.5",
    "d_gradient": "norm of D's gradient in the last round",
    "g_gradient": "norm of G's gradient in the last round",
    "d_weights": "norm of D's theta: all parameters, and BatchNorm's averages",
    "g_weights": "norm of G's theta: all parameters, and BatchNorm's averages",
    "d_dead": "share of D's ReLU units that output 0 for every sample",
    "g_dead": "share of G's ReLU units that output 0 for every z",
    "saturated": "share of G's pixels so black or white that at most 1 % of the gradient passes; 0 for points",
    "diversity": "how far apart G's samples are, relative to real ones; 1 means equally far",
}


def measure(training, z, x_real):
    """The VITALS of a Training, in their order, as one array on its device.

    z: inputs of G, labels included. x_real: as many real samples, as D takes them, labels included.
    Measuring leaves the training as it was: it draws no random numbers and changes no array.
    """
    G, D, data, xp = training.G, training.D, training.data, training.xp
    x_fake, g_caches = G.forward(z, train=False)
    s, d_caches = D.forward(xp.concatenate([x_real, x_fake]), train=False)
    s_real, s_fake = s[: len(s) // 2], s[len(s) // 2 :]
    x, real = x_fake[:, : data.n_x], x_real[:, : data.n_x]  # without the labels
    y = 2.0 * x - 1.0 if training.settings.output == "sigmoid" else x
    signs = [
        (s_real > s_fake.T).mean(),
        *(xp.sqrt(v @ v) for v in (D.grad, G.grad, D.theta, G.theta)),
        dead(D, d_caches),
        dead(G, g_caches),
        (y * y > 0.99).mean() if data.is_images else 0.0,  # the slope of tanh is 1 - y^2
        xp.sqrt(variance(x) / (variance(real) + 1e-12)),
    ]
    return xp.stack([xp.asarray(sign, np.float32) for sign in signs])


def variance(x):
    """Half the mean squared distance between two of the samples x (N, n_x)."""
    centred = x - x.sum(axis=0) / len(x)
    return (centred * centred).sum() / len(x)


def dead(network, caches):
    """The share of ReLU units whose slope is 0 for every sample; 0 if there are no ReLUs."""
    idle = [~cache.any(axis=0) for layer, cache in zip(network.layers, caches, strict=True) if _is_relu(layer)]
    return namespace(network.theta).concatenate(idle).mean() if idle else 0.0


def _is_relu(layer):
    return getattr(layer, "alpha", None) == 0.0
