"""Cases of cures: both steps of a round, with the networks and the penalty that `minigan.train` would make."""

from types import SimpleNamespace

import numpy as np

from minigan.gan.more_objectives import LabelSmoothing
from minigan.gan.steps import d_step, g_step
from minigan.gradcheck import windows
from minigan.gradcheck.apply import rivals
from minigan.gradcheck.cases.losses import OBJECTIVES, SMOOTHABLE
from minigan.gradcheck.cases.penalties import PENALTIES, slopes
from minigan.gradcheck.cases.steps import check_step, loss_of_d
from minigan.nn.batchnorm import BatchNorm
from minigan.nn.spectral import power_iteration
from minigan.recipes.builders import discriminator, generator
from minigan.recipes.builders import penalty as penalty_of
from minigan.recipes.settings import Settings

CURES: dict[str, dict] = {  # name -> the settings that differ from those of a plain GAN
    "r1": {"r1": 1.5},
    "r2": {"r2": 1.5},
    "r1, r2": {"r1": 1.5, "r2": 0.7},
    "wgan-gp": {"wgan_gp": 1.5},
    "spectral": {"spectral": True},
    "spectral, r1": {"spectral": True, "r1": 1.5},
    "label-smoothing": {"label_smoothing": 0.1},
    "packing": {"packing": 2},
    "conditional": {"conditional": True},
    "conditional, r1, r2": {"conditional": True, "r1": 1.5, "r2": 0.7},
    "conditional, packing, wgan-gp": {"conditional": True, "packing": 2, "wgan_gp": 1.5},
    "dropout": {"dropout": 0.4, "input_dropout": 0.2},
    "maxout": {"maxout": 2},
    "batchnorm": {"g_batchnorm": 1, "d_batchnorm": 1, "batchnorm_eps": 0.1},
    "sigmoid": {"output": "sigmoid"},
}
FLAGS = {  # name of an objective -> its name in the settings
    "NonSaturating": "non-saturating",
    "Minimax": "minimax",
    "LeastSquares": "least-squares",
    "Wasserstein": "wasserstein",
    "Hinge": "hinge",
    "Relativistic": "relativistic",
}


def cure_case(cure, n, n_in, n_out, rng, name=None):
    """Both steps of a round with a cure. name: the objective; by default a random one that allows the cure."""
    smoothed = cure == "label-smoothing"
    name = name or rng.choice([key for key in OBJECTIVES if not smoothed or key in SMOOTHABLE])
    settings = settings_of(name, n_in, CURES[cure])
    k, m = 3 if settings.conditional else 0, settings.packing
    G, D = trained_networks(settings, n_out, k, rng)
    rows = m * (n + (3 if D.mixes_samples else 1))
    x_real, z = rng.standard_normal((rows, n_out + k)), rng.standard_normal((rows, n_in + k))
    objective, seed = OBJECTIVES[name][0](), rng.integers(2**32)
    objective = LabelSmoothing(objective, settings.label_smoothing) if smoothed else objective

    def formula_d(D, G):
        x_fake, _ = G.forward(z)
        value, s_real, s_fake = loss_of_d(objective, D, x_real, x_fake, (settings.r1, settings.r2))
        if settings.wgan_gp:
            e = np.random.default_rng(seed).random((len(s_real), 1), np.float32).repeat(m, axis=0)
            s, caches = D.forward(e * x_real + (1.0 - e) * x_fake)
            g = slopes(D, caches, np.ones_like(s)).reshape(len(s), -1)
            value = value + PENALTIES["wgan_gp"][1](g, settings.wgan_gp)
        return value, s_real, s_fake

    def formula_g(G, D):
        s_fake = D.forward(G.forward(z)[0])[0]
        return objective.g(s_fake, *(D.forward(x)[0] for x in rivals(objective, x_real)))[0], s_fake

    def step_of_d(D, G, optimizer):
        penalty = penalty_of(settings, np.random.default_rng(seed))
        return d_step(D, G, objective, optimizer, x_real, z, penalty)

    def step_of_g(G, D, optimizer):
        return g_step(D, G, objective, optimizer, z, None, *rivals(objective, x_real))

    return check_step(step_of_d, formula_d, D=D, G=G) + check_step(step_of_g, formula_g, G=G, D=D)


def settings_of(objective, latent_dim, cure):
    """Settings of two small networks with an objective and a cure. Wasserstein without a bound on D gets clipping."""
    small = {"latent_dim": latent_dim, "g_hidden": (2,), "d_hidden": (3,), "g_slope": 0.1, "seed": 1}
    bound = {"clip": 9.0} if objective == "Wasserstein" and not {"r1", "r2", "wgan_gp", "spectral"} & set(cure) else {}
    return Settings(**small | bound | cure | {"objective": FLAGS[objective]})


def trained_networks(settings, n_x, n_classes, rng):
    """G and D as `minigan.train` makes them, in float64, with random parameters as if they had been trained."""
    data = SimpleNamespace(n_x=n_x, n_classes=n_classes, is_images=True)
    G = generator(settings, data, rng).astype(np.float64)
    D = discriminator(settings, data, rng, np.random.default_rng(rng.integers(2**32))).astype(np.float64)
    for network in (G, D):
        for array in windows(network, "").values():
            array[...] = rng.uniform(-1.2, 1.2, array.shape)
        for layer in network.layers:
            if isinstance(layer, BatchNorm):  # else its whole output may be on one side of the next layer's kink
                layer.gamma += 0.5 * np.sign(layer.gamma)
                layer.beta *= 0.1
        power_iteration(network)
    return G, D
