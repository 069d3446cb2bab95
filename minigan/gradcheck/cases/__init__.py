"""One random case for everything public that has a derivative: what `python -m minigan.gradcheck` and the tests run.

A case is a function of (N, n_in, n_out, rng): sizes, 1 or more, and a NumPy Generator that decides all the rest. It
makes one random instance, checks it and returns Rows, or the error against a slow reference where there is nothing to
differentiate; it raises GradientError when something is wrong. A new layer, loss, objective, penalty or optimizer gets
a line in the tables; a test demands it.
"""

import math
from copy import copy
from functools import partial
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np

from minigan.gan.conditional import Labels
from minigan.gan.more_objectives import Hinge, LabelSmoothing, LeastSquares, Wasserstein
from minigan.gan.objectives import Minimax, NonSaturating
from minigan.gan.penalties import R1
from minigan.gan.steps import d_step, g_step, update_average
from minigan.gan.vae import vae_step
from minigan.gan.wgan import between, clip_weights, wgan_gp
from minigan.gradcheck import GradientError, check, check_layer, check_loss, check_network, check_objective, windows
from minigan.nn.activations import LeakyReLU, ReLU, Sigmoid, Tanh
from minigan.nn.batchnorm import BatchNorm
from minigan.nn.layers import Dense, Dropout, Layer
from minigan.nn.losses import bce_with_logits
from minigan.nn.maxout import Maxout
from minigan.nn.network import Network
from minigan.nn.optim import SGD, Adam
from minigan.nn.rmsprop import RMSProp
from minigan.nn.softmax import softmax_cross_entropy
from minigan.nn.spectral import SpectralDense, power_iteration
from minigan.recipes.builders import discriminator, generator
from minigan.recipes.builders import penalty as penalty_of
from minigan.recipes.settings import Settings

LAYERS = {  # name -> maker (n_in, n_out, rng); only Dense changes the width, and Maxout, from n_in * pieces to n_in
    "Dense": lambda n_in, n_out, rng: Dense(n_in, n_out),
    "ReLU": lambda n_in, n_out, rng: ReLU(),
    "LeakyReLU": lambda n_in, n_out, rng: LeakyReLU(rng.random()),
    "Tanh": lambda n_in, n_out, rng: Tanh(),
    "Sigmoid": lambda n_in, n_out, rng: Sigmoid(),
    "Dropout": lambda n_in, n_out, rng: Dropout(0.3, np.random.default_rng(rng.integers(2**32))),
    "BatchNorm": lambda n_in, n_out, rng: BatchNorm(n_in, eps=0.1),  # 1e-5 would lose digits where samples are alike
    "Maxout": lambda n_in, n_out, rng: Maxout(int(rng.integers(1, 4))),
    "SpectralDense": lambda n_in, n_out, rng: SpectralDense(n_in, n_out),
}
BETWEEN = [name for name in LAYERS if name != "Dense"]  # what may stand behind a Dense layer
DIFFERENTIABLE = [name for name in BETWEEN if name != "BatchNorm"]  # row by row, as a gradient penalty needs it


def softplus(s):
    """log(1 + exp(s)), by NumPy's own means: what follows is to share no mistake with losses.py."""
    return np.logaddexp(0.0, s)


MODERATE = 3.0
SIZES = (MODERATE, 1000.0)  # of logits; on the larger a careless exp overflows
LOSSES = {  # name -> (loss, its value as it is written, maker (N, n_in, rng) of logits and target)
    "bce_with_logits": (
        bce_with_logits,
        lambda s, target: (target * softplus(-s) + (1.0 - target) * softplus(s)).mean(),
        lambda n, n_in, rng: (rng.standard_normal((n, 1)), rng.random((n, 1))),
    ),
    "softmax_cross_entropy": (
        softmax_cross_entropy,
        lambda s, labels: (np.logaddexp.reduce(s, axis=1) - s[range(len(s)), labels]).mean(),
        lambda n, n_in, rng: (rng.standard_normal((n, n_in)), rng.integers(n_in, size=n)),
    ),
}
OBJECTIVES = {  # name -> (objective, L_D (s_real, s_fake) and L_G (s_fake) as they are written)
    "NonSaturating": (
        NonSaturating,
        lambda s_real, s_fake: softplus(-s_real).mean() + softplus(s_fake).mean(),
        lambda s_fake: softplus(-s_fake).mean(),
    ),
    "Minimax": (
        Minimax,
        lambda s_real, s_fake: softplus(-s_real).mean() + softplus(s_fake).mean(),
        lambda s_fake: -softplus(s_fake).mean(),
    ),
    "LeastSquares": (
        LeastSquares,
        lambda s_real, s_fake: ((s_real - 1.0) ** 2).mean() / 2.0 + (s_fake**2).mean() / 2.0,
        lambda s_fake: ((s_fake - 1.0) ** 2).mean() / 2.0,
    ),
    "Wasserstein": (
        Wasserstein,
        lambda s_real, s_fake: s_fake.mean() - s_real.mean(),
        lambda s_fake: -s_fake.mean(),
    ),
    "Hinge": (
        Hinge,
        lambda s_real, s_fake: np.maximum(0.0, 1.0 - s_real).mean() + np.maximum(0.0, 1.0 + s_fake).mean(),
        lambda s_fake: -s_fake.mean(),
    ),
}


def r1(D, caches, gamma):
    return R1(gamma)(D, None, None, caches)


PENALTIES = {  # name -> (penalty, its value as it is written, of slopes g (N, n_x) and a weight)
    "R1": (r1, lambda g, weight: weight / 2.0 * (g * g).sum() / len(g)),
    "wgan_gp": (wgan_gp, lambda g, weight: weight * ((np.sqrt((g * g).sum(axis=1)) - 1.0) ** 2).sum() / len(g)),
}


def stack(names, widths, rng):
    """A float64 Network of a Dense layer from each width to the next, with the named layer behind each but the last."""
    layers: list[Layer] = []
    for i, (n_in, n_out) in enumerate(pairwise(widths)):
        following = [LAYERS[name](n_out, n_out, rng) for name in names[i : i + 1]]
        layers += [Dense(n_in, n_out * math.prod(getattr(f, "pieces", 1) for f in following)), *following]
    network = Network(layers, rng, np.float64)
    for array in windows(network, "").values():
        array[...] = rng.uniform(-1.2, 1.2, array.shape)  # a bias of 0 or a gamma of 1 would hide mistakes
    power_iteration(network)
    return network


def agree(what, got, expected):
    """max |got - expected|, scaled by max |expected| where that is above 1; GradientError above 1e-12."""
    error = float(np.abs(got - expected).max(initial=0.0) / np.abs(expected).max(initial=1.0))
    if not error <= 1e-12:
        raise GradientError(f"{what}: {got}, but it should be {expected}.")
    return error


def layer(name, n, n_in, n_out, rng):
    """backward, jvp and tangent_grads, in training and not; and that each writes only what it is asked to."""
    made, rows = LAYERS[name](n_in, n_out, rng), []
    width = n_in * getattr(made, "pieces", 1)
    x, t = rng.standard_normal((2, n + made.mixes_samples, width))  # BatchNorm refuses a batch of one sample
    for train in (True, False):
        rows += check_layer(made, x, rng, train)
        rows += check_forward_mode(made, x, t, rng, train)
    return rows


def check_forward_mode(layer, x, t, rng, train):
    """jvp is the derivative of forward along t and the adjoint of backward; tangent_grads is the gradient of jvp."""
    name, network = type(layer).__name__, Network([copy(layer)], dtype=np.float64)
    label = f"tangent_grads of {name}:"
    network.theta[...] = rng.uniform(0.5, 2.0, network.theta.shape)
    dy = rng.standard_normal((len(x), network(x).shape[1]))

    def along_t(h, network):
        return (dy * network.forward(x + h * t, train)[0]).sum()

    def jvp(h, network):
        _, (cache,) = network.forward(x, train)
        forwards = (dy * network.layers[0].jvp(t, cache)).sum()
        before = network.theta.copy()
        network.grad[...] = 7.0
        backwards = (network.layers[0].backward(dy, cache, param_grads=False) * t).sum()
        agree("<dy, J t> by jvp against <J' dy, t> by backward", forwards, backwards)
        agree("with param_grads=False, grad", network.grad, 7.0)
        agree("with param_grads=False, theta", network.theta, before)
        if network.layers[0].backward(dy, cache, input_grad=False) is not None:
            raise GradientError("backward returns dx although input_grad=False.")
        return {f"jvp of {name}": np.full(1, forwards)}

    def tangent(network, x):
        return (dy * network.layers[0].jvp(t, network.forward(x, train)[1][0])).sum()

    def tangent_grads(network, x):
        ds_dx = network.layers[0].tangent_grads(t, dy, network.forward(x, train)[1][0])
        return windows(network, label, "d") | {f"{label} x": np.zeros_like(x) if ds_dx is None else ds_dx}

    rows = check(along_t, jvp, **{f"jvp of {name}": np.zeros(1)}, network=network)
    return rows if layer.mixes_samples else rows + check(tangent, tangent_grads, **{label: network, f"{label} x": x})


def whole_network(n, n_in, n_out, rng):
    """A random stack of one to four Dense layers with other layers between."""
    names = rng.choice(list(LAYERS), rng.integers(4))
    network, x = stack(names, [n_in, *rng.integers(1, 5, len(names)), n_out], rng), rng.standard_normal((n + 1, n_in))
    y, caches = network.forward(x)
    if network.backward(y, caches) is not None:
        raise GradientError("Network.backward returns dx although nobody asked for it.")
    return check_network(network, x, rng, bool(rng.integers(2)))


def loss(name, n, n_in, n_out, rng):
    function, written, make = LOSSES[name]
    s, target = make(n, n_in, rng)
    for size in SIZES:
        agree("loss", function(size * s, target)[0], written(size * s, target))
    return check_loss(function, MODERATE * s, target)


def loss_behind(activation, name, n, n_in, n_out, rng):
    """A loss of the output of a layer behind a Dense layer."""
    function, _, make = LOSSES[name]
    x = rng.standard_normal((n + 1, n_in))
    s, target = make(n + 1, n_out, rng)

    def backward(network):
        s, caches = network.forward(x)
        network.backward(function(s, target)[1], caches)
        return windows(network, "network", "d")

    network = stack([activation], [n_in, s.shape[1]], rng)
    return check(lambda network: function(network.forward(x)[0], target)[0], backward, network=network)


def objective(name, n, n_in, n_out, rng):
    make, written_d, written_g = OBJECTIVES[name]
    s_real, s_fake = rng.standard_normal((n, 1)), rng.standard_normal((n_in, 1))
    for size in SIZES:
        agree("L_D", make().d(size * s_real, size * s_fake)[0], written_d(size * s_real, size * s_fake))
        agree("L_G", make().g(size * s_fake)[0], written_g(size * s_fake))
    return check_objective(make(), MODERATE * s_real, MODERATE * s_fake)


def input_gradient(D, caches, rows):
    """ds/dx (N, n_x) at the rows where `rows` is 1, not 0, by an ordinary backward pass in D's dtype."""
    return D.backward(rows, caches, param_grads=False, input_grad=True)


def penalty(name, n, n_in, n_out, rng, names=None):
    """The gradient of a penalty by hand, in a D with the named layers between, against the penalty's value."""
    function, written = PENALTIES[name]
    names = rng.choice([*DIFFERENTIABLE, "Dense"], rng.integers(1, 5)) if names is None else names
    D = stack(names, [n_in, *rng.integers(1, n_out + 1, len(names)), 1], rng)
    x, ones, weight = rng.standard_normal((n, n_in)), np.ones((n, 1)), rng.uniform(0.5, 3.0)

    def by_hand(D):
        _, caches = D.forward(x)
        expected = written(input_gradient(D, caches, ones), weight)
        D.grad[...] = 0.0
        for _ in range(2):  # each time the penalty's gradient is added
            agree("penalty", function(D, caches, weight), expected)
        D.grad /= 2.0
        return windows(D, "D", "d")

    return check(lambda D: written(input_gradient(D, D.forward(x)[1], ones), weight), by_hand, D=D)


def players(n_z, n_x, rng):
    """A random small G and D."""
    g_layer, d_layer = rng.choice(BETWEEN, 2)
    # the mean of what BatchNorm puts out is a constant; if nothing bent it, Wasserstein's loss would be one, too
    names = [d_layer, "Tanh"] if d_layer == "BatchNorm" else [d_layer]
    return stack([g_layer], [n_z, 3, n_x], rng), stack(names, [n_x, *[4] * len(names), 1], rng)


def check_step(step, written, **players):
    """step(mover, other, optimizer) returns what written(mover, other) does, a loss and some logits; it moves the first
    of the players along the gradient of that loss, and leaves the other alone. Rows have the players' names."""
    name = next(iter(players))
    returned: list = []

    def gradient(mover, other):
        before, theta, grad = mover.astype(np.float64), other.theta.copy(), other.grad.copy()
        returned.extend(step(mover, other, SGD(mover.theta, lr=0.1)))
        gradients = windows(mover, name, "d")
        for key, array in windows(before, name).items():
            agree(f"{key} after the step", windows(mover, name)[key], array - 0.1 * gradients[key])
        agree("theta of the other network", other.theta, theta)
        agree("grad of the other network", other.grad, grad)
        return gradients

    rows = check(lambda *players: written(*players)[0], gradient, **players)
    for got, expected in zip(returned, written(*players.values()), strict=True):
        agree("loss or logits", got, expected)
    return rows


def loss_of_d(objective, D, x_real, x_fake, gamma):
    """L_D, with R1 where D allows it, as they are written, and both logits."""
    if D.mixes_samples:
        s_real, s_fake = D.forward(x_real)[0], D.forward(x_fake)[0]
        return objective.d(s_real, s_fake)[0], s_real, s_fake
    s, caches = D.forward(np.concatenate([x_real, x_fake]))  # one pass, so that Dropout draws as in the step
    s_real, s_fake = np.split(s, 2)
    real = np.concatenate([np.ones_like(s_real), np.zeros_like(s_fake)])
    slopes = np.split(input_gradient(D, caches, real), 2)[0].reshape(len(s_real), -1)  # of packs, where D sees packs
    return objective.d(s_real, s_fake)[0] + PENALTIES["R1"][1](slopes, gamma), s_real, s_fake


def step_of_d(name, n, n_in, n_out, rng):
    """D's step on an objective, where D allows it with R1, against the loss as it is written."""
    objective, (G, D) = OBJECTIVES[name][0](), players(n_in, n_out, rng)
    x_real, z = rng.standard_normal((n + 1, n_out)), rng.standard_normal((n + 1, n_in))
    gamma = 0.0 if D.mixes_samples else 2.0 * rng.integers(2)

    def written(D, G):
        return loss_of_d(objective, D, x_real, G.forward(z)[0], gamma)

    def penalty(D, x_real, x_fake, caches):
        return r1(D, caches, gamma)

    penalty_ = penalty if gamma else None
    return check_step(
        lambda D, G, optimizer: d_step(D, G, objective, optimizer, x_real, z, penalty_), written, D=D, G=G
    )


def step_of_g(name, n, n_in, n_out, rng, rounds=0, step=g_step):
    """G's step on an objective, through D, after some rounds of training."""
    objective, (G, D) = OBJECTIVES[name][0](), players(n_in, n_out, rng)
    x_real, z = rng.standard_normal((n + 1, n_out)), rng.standard_normal((n + 1, n_in))
    optimizers = Adam(D.theta, 0.01), Adam(G.theta, 0.01)
    for _ in range(rounds):
        d_step(D, G, objective, optimizers[0], x_real, z)
        g_step(D, G, objective, optimizers[1], z)

    def written(G, D):
        s_fake = D.forward(G.forward(z)[0])[0]
        return objective.g(s_fake)[0], s_fake

    return check_step(lambda G, D, optimizer: step(D, G, objective, optimizer, z), written, G=G, D=D)


def step_of_vae(n, n_in, n_out, rng):
    """The VAE's step, which moves both of its networks, against the loss as it is written."""
    e_layer, d_layer = rng.choice(BETWEEN, 2)
    players = {
        "encoder": stack([e_layer], [n_out, 2, 2 * n_in], rng),
        "decoder": stack([d_layer], [n_in, 2, n_out], rng),
    }
    x, eps = rng.random((n + 1, n_out)), rng.standard_normal((n + 1, n_in))
    x.flags.writeable = eps.flags.writeable = False
    returned: list = []

    def written(encoder, decoder):
        mean, log_var = np.split(encoder.forward(x)[0], 2, axis=1)
        s, _ = decoder.forward(mean + np.exp(log_var / 2.0) * eps)
        reconstruction = (np.log(1.0 + np.exp(s)) - x * s).sum() / len(x)
        kl = (mean**2 + np.exp(log_var) - 1.0 - log_var).sum() / (2.0 * len(x))
        return reconstruction + kl, kl

    def gradient(encoder, decoder):
        def both(d=""):
            return windows(encoder, "encoder", d) | windows(decoder, "decoder", d)

        before = {name: array.copy() for name, array in both().items()}
        returned.extend(vae_step(encoder, decoder, SGD(encoder.theta, lr=0.1), SGD(decoder.theta, lr=0.2), x, eps))
        gradients = both("d")
        for name, array in both().items():
            lr = 0.1 if name.startswith("encoder") else 0.2
            agree(f"{name} after the step", array, before[name] - lr * gradients[name])
        return gradients

    rows = check(lambda encoder, decoder: written(encoder, decoder)[0], gradient, **players)
    for got, expected in zip(returned, written(*players.values()), strict=True):
        agree("loss", got, expected)
    return rows


CURES: dict[str, dict] = {  # name -> the settings of a round with it, other than those of the plain game
    "r1": {"r1": 1.5},
    "wgan-gp": {"wgan_gp": 1.5},
    "spectral": {"spectral": True},
    "spectral, r1": {"spectral": True, "r1": 1.5},
    "label-smoothing": {"label_smoothing": 0.1},
    "packing": {"packing": 2},
    "conditional": {"conditional": True},
    "conditional, r1": {"conditional": True, "r1": 1.5},
    "conditional, packing, wgan-gp": {"conditional": True, "packing": 2, "wgan_gp": 1.5},
    "dropout": {"dropout": 0.4, "input_dropout": 0.2},
    "maxout": {"maxout": 2},
    "batchnorm": {"g_batchnorm": 1, "d_batchnorm": 1, "batchnorm_eps": 0.1},
    "sigmoid": {"output": "sigmoid"},
}
FLAGS = {"NonSaturating": "non-saturating", "Minimax": "minimax", "LeastSquares": "least-squares"}


def label_smoothing(n, n_in, n_out, rng):
    """Of each objective that has a target for real samples, against L_D as it is written for the target t."""
    rows = []
    for name in FLAGS:
        eps = rng.random()
        s_real, s_fake = MODERATE * rng.standard_normal((2, n, 1))
        t, smoothed = 1.0 - eps, LabelSmoothing(OBJECTIVES[name][0](), eps)
        if name == "LeastSquares":  # but for a constant
            written = ((s_real - t) ** 2 / 2.0 + (1.0 - t * t) / 2.0).mean() + (s_fake**2 / 2.0).mean()
        else:
            written = (t * softplus(-s_real) + eps * softplus(s_real)).mean() + softplus(s_fake).mean()
        agree("L_D", smoothed.d(s_real, s_fake)[0], written)
        rows += check_objective(smoothed, s_real, s_fake)
    return rows


def cure(flags, n, n_in, n_out, rng, name=None):
    """Both steps of a round with some cures, on the networks that train would make, against their losses.

    flags: their settings. name: the objective, by default a random one that allows the cures.
    """
    labelled = "label_smoothing" in flags
    name = name or rng.choice([key for key in OBJECTIVES if not labelled or key in FLAGS])
    bound = {"clip": 9.0} if name == "Wasserstein" and not {"r1", "wgan_gp", "spectral"} & set(flags) else {}
    settings = Settings(
        **{"objective": FLAGS.get(name, name.lower()), "latent_dim": n_in, "g_hidden": (2,), "d_hidden": (3,)}
        | {"g_slope": 0.1, "seed": 1} | bound | flags
    )  # fmt: skip
    k, m = 3 if settings.conditional else 0, settings.packing
    data = SimpleNamespace(n_x=n_out, n_classes=k, is_images=True)
    G = generator(settings, data, rng).astype(np.float64)
    D = discriminator(settings, data, rng, np.random.default_rng(rng.integers(2**32))).astype(np.float64)
    for network in (G, D):
        for array in windows(network, "").values():
            array[...] = rng.uniform(-1.2, 1.2, array.shape)
        for layer in network.layers:
            if isinstance(layer, BatchNorm):  # or all it puts out may be on one side of the kink behind it: a constant
                layer.gamma += 0.5 * np.sign(layer.gamma)
                layer.beta *= 0.1
        power_iteration(network)
    rows = m * (n + (3 if D.mixes_samples else 1))
    x_real, z = rng.standard_normal((rows, n_out + k)), rng.standard_normal((rows, n_in + k))
    objective, seed = OBJECTIVES[name][0](), rng.integers(2**32)
    objective = LabelSmoothing(objective, settings.label_smoothing) if labelled else objective

    def of_d(D, G):
        x_fake, _ = G.forward(z)
        value, s_real, s_fake = loss_of_d(objective, D, x_real, x_fake, settings.r1)
        if settings.wgan_gp:
            e = np.random.default_rng(seed).random((len(s_real), 1), np.float32).repeat(m, axis=0)
            s, caches = D.forward(e * x_real + (1.0 - e) * x_fake)
            slopes = input_gradient(D, caches, np.ones_like(s)).reshape(len(s), -1)
            value = value + PENALTIES["wgan_gp"][1](slopes, settings.wgan_gp)
        return value, s_real, s_fake

    def of_g(G, D):
        s_fake = D.forward(G.forward(z)[0])[0]
        return objective.g(s_fake)[0], s_fake

    def step_of_d(D, G, optimizer):
        penalty = penalty_of(settings, np.random.default_rng(seed))
        return d_step(D, G, objective, optimizer, x_real, z, penalty)

    of_both = check_step(step_of_d, of_d, D=D, G=G)
    return of_both + check_step(lambda G, D, optimizer: g_step(D, G, objective, optimizer, z), of_g, G=G, D=D)


def sgd(theta, grads, lr, momentum):
    v = 0.0
    for g in grads:
        v = momentum * v + g
        theta -= lr * v
    return theta


def rmsprop(theta, grads, lr, rho, eps):
    v = 0.0
    for g in grads:
        v = rho * v + (1 - rho) * g**2
        theta -= lr * g / (math.sqrt(v) + eps)
    return theta


def adam(theta, grads, lr, beta1, beta2, eps):
    m = v = 0.0
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        theta -= lr * (m / (1 - beta1**t)) / (math.sqrt(v / (1 - beta2**t)) + eps)
    return theta


def decay(rng):
    return rng.uniform(0.0, 0.999)


def eps(rng):
    return float(rng.choice([1e-8, 1e-3]))


REFERENCES: dict[str, tuple[Any, ...]] = {  # name -> (optimizer, the same as its paper has it, makers of its options)
    "SGD": (SGD, sgd, (decay,)),
    "RMSProp": (RMSProp, rmsprop, (decay, eps)),
    "Adam": (Adam, adam, (decay, decay, eps)),
}


def optimizer(name, n, n_in, n_out, rng):
    """Up to 60 steps on random gradients against the reference, one number at a time."""
    fast, reference, makers = REFERENCES[name]
    options = [make(rng) for make in makers]
    theta, grads = rng.standard_normal(n_in * n_out), rng.standard_normal((rng.integers(1, 61), n_in * n_out))
    expected = [reference(float(theta[i]), grads[:, i], 0.01, *options) for i in range(len(theta))]
    moved = fast(theta, 0.01, *options)
    moved.pieces = [slice(i, i + 4) for i in range(0, len(theta), 4)]  # several, the last one short
    for g in grads:
        moved.step(g)
    return agree("theta", theta, np.array(expected))


def average(n, n_in, n_out, rng):
    """update_average over some rounds against its definition."""
    G, slow = stack(["ReLU"], [n_in, 2, n_out], rng), stack(["ReLU"], [n_in, 2, n_out], rng)
    expected, start, decay = slow.theta.copy(), int(rng.choice([0, 10**6])), rng.random()
    for t in range(start, start + n):
        G.theta += rng.standard_normal(G.theta.shape)
        update_average(slow, G, t, decay)
        share = min(decay, (1 + t) / (6 + t))
        expected = share * expected + (1 - share) * G.theta
    return agree("average", slow.theta, expected)


def batchnorm_averages(n, n_in, n_out, rng):
    """BatchNorm's running averages, which backward gathers; variances with N - 1, as for a sample of a population."""
    layer, x = BatchNorm(n_in), rng.standard_normal((n + 1, n_in))
    network = Network([layer], dtype=np.float64)
    network.theta[...] = rng.uniform(0.5, 2.0, network.theta.shape)
    expected = 0.9 * layer.mean + 0.1 * x.mean(axis=0), 0.9 * layer.var + 0.1 * x.var(axis=0, ddof=1)
    network.backward(x, network.forward(x)[1])
    return agree("mean, var", np.concatenate([layer.mean, layer.var]), np.concatenate(expected))


def labels(n, n_in, n_out, rng):
    """Labels: the derivatives are those by the sample, and 0 by its label; in packs of two."""
    m, width = 2, n_in + n_out
    D = stack(["Tanh"], [m * width, 3, 1], rng)
    network = Network([Labels(n_in, n_out), *D.layers], dtype=np.float64)
    network.theta[...] = D.theta
    x, dy = rng.standard_normal((n * m, width)), rng.standard_normal((n, 1))
    t = rng.standard_normal((n, m * width))

    def value(sample):
        packs = np.concatenate([sample, x[:, n_in:]], axis=1).reshape(n, -1)
        return (dy * network.forward(packs)[0]).sum()

    def backward(sample):
        _, caches = network.forward(x.reshape(n, -1))
        dx, above = (net.backward(dy, caches[-len(net.layers) :], input_grad=True) for net in (network, D))
        agree("<dx, t> and <dy, jvp>", (dx * t).sum(), (above * network.layers[0].jvp(t, caches[0])).sum())
        dx = dx.reshape(x.shape)
        agree("gradient by the label", dx[:, n_in:], 0.0)
        return {"sample": dx[:, :n_in]}

    return check(value, backward, sample=x[:, :n_in])


def points_between(n, n_in, n_out, rng):
    """between: each point divides its line in a ratio in 0..1, the samples of a pack in the same one."""
    a, b = rng.standard_normal((2, 2 * n, n_in))
    share = (between(a, b, n, rng) - b) / (a - b)
    if share.min() < 0.0 or share.max() > 1.0:
        raise GradientError("between goes beyond its ends.")
    return agree("the ratio of a pack", share, share.reshape(n, -1).mean(axis=1).repeat(2)[:, None])


def clipped(n, n_in, n_out, rng):
    """clip_weights moves every parameter into its bounds, and no statistic."""
    D = stack(["BatchNorm"], [n_in, 2, n_out], rng)
    expected, c = {name: np.clip(w, -0.5, 0.5) for name, w in windows(D, "D").items()}, 0.5
    statistics = [D.layers[1].mean.copy(), D.layers[1].var.copy()]
    clip_weights(D, c)
    agree("statistics", np.stack([D.layers[1].mean, D.layers[1].var]), np.stack(statistics))
    return max(agree(name, w, expected[name]) for name, w in windows(D, "D").items())


def largest_stretch(n, n_in, n_out, rng):
    """power_iteration brings sigma to the largest singular value, here 2 or more times the next."""
    D = Network([SpectralDense(n_in, n_out)], rng, np.float64)
    v, values, u = np.linalg.svd(rng.standard_normal((n_in, n_out)), full_matrices=False)
    values[0] *= 2.0
    D.layers[0].W[...] = v * values @ u
    for _ in range(60):
        power_iteration(D)
    return agree("sigma", D.layers[0].sigma, values[0])


DERIVATIVES = {
    **{name: partial(layer, name) for name in LAYERS},
    "Labels": labels,
    **{name: partial(loss, name) for name in LOSSES},
    **{name: partial(objective, name) for name in OBJECTIVES},
    "LabelSmoothing": label_smoothing,
    **{name: partial(penalty, name) for name in PENALTIES},
    "Network": whole_network,
    **{f"d_step, {name}": partial(step_of_d, name) for name in OBJECTIVES},
    **{f"g_step, {name}": partial(step_of_g, name) for name in OBJECTIVES},
    **{f"g_step, {name}, after 20 rounds": partial(step_of_g, name, rounds=20) for name in OBJECTIVES},
    **{f"both steps, {name}": partial(cure, flags) for name, flags in CURES.items()},
    "vae_step": step_of_vae,
}
REFERENCED = {
    **{name: partial(optimizer, name) for name in REFERENCES},
    "update_average": average,
    "BatchNorm, running averages": batchnorm_averages,
    "power_iteration": largest_stretch,
    "between": points_between,
    "clip_weights": clipped,
}
