"""Cases without a derivative: code that moves parameters or averages, against a slow version that is easy to read."""

import copy
import math
from typing import Any

import numpy as np

from minigan.gan.steps import update_average
from minigan.gan.wgan import between, clip_weights
from minigan.gradcheck import GradientError, windows
from minigan.gradcheck.cases.shared import LAYERS, agree, stack
from minigan.nn.batchnorm import BatchNorm
from minigan.nn.network import Network
from minigan.nn.optim import SGD, Adam
from minigan.nn.rmsprop import RMSProp
from minigan.nn.spectral import SpectralDense, power_iteration


def sgd(theta, grads, lr, momentum):
    """One number theta after a step for each gradient; so are the next two functions."""
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
    return float(rng.choice([0.0, rng.uniform(0.0, 0.999)]))  # Adam has lines of its own for beta1 = 0


def eps(rng):
    return float(rng.choice([1e-8, 1e-3]))


OPTIMIZERS: dict[str, tuple[Any, ...]] = {  # name -> (optimizer, the paper's version, functions that draw its options)
    "SGD": (SGD, sgd, (decay,)),
    "RMSProp": (RMSProp, rmsprop, (decay, eps)),
    "Adam": (Adam, adam, (decay, decay, eps)),
}


def optimizer_case(name, n, n_in, n_out, rng):
    """Up to 60 steps of an optimizer on random gradients."""
    fast, paper, draws = OPTIMIZERS[name]
    options = [draw(rng) for draw in draws]
    theta, grads = rng.standard_normal(n_in * n_out), rng.standard_normal((rng.integers(1, 61), n_in * n_out))
    expected = [paper(float(theta[i]), grads[:, i], 0.01, *options) for i in range(len(theta))]
    moved = fast(theta, 0.01, *options)
    moved.pieces = [slice(i, i + 4) for i in range(0, len(theta), 4)]  # several, the last one shorter
    for g in grads:
        moved.step(g)
    return agree("theta", theta, np.array(expected))


FORWARD = {  # layer -> its formula, for a layer with parameters and a batch x
    "Dense": lambda layer, x: np.einsum("ni,ij->nj", x, layer.W) + layer.b,
    "LeakyReLU": lambda layer, x: np.where(x > 0.0, x, layer.alpha * x),
    "Tanh": lambda layer, x: (np.exp(2.0 * x) - 1.0) / (np.exp(2.0 * x) + 1.0),
}


def forward_case(name, n, n_in, n_out, rng):
    """The forward pass of a layer. (The gradient check asks whether backward fits to forward, be it right or wrong.)"""
    network, x = Network([LAYERS[name](n_in, n_out, rng)], rng, np.float64), rng.standard_normal((n, n_in))
    network.theta[...] = rng.uniform(-1.2, 1.2, network.theta.shape)
    return agree("y", network.forward(x)[0], FORWARD[name](network.layers[0], x))


def dropout_case(n, n_in, n_out, rng):
    """Dropout keeps what the layer's draw keeps, divided by the share that it keeps; nothing happens if train=False."""
    layer, x = LAYERS["Dropout"](n_in, n_out, rng), rng.standard_normal((n, n_in))
    keep = copy.deepcopy(layer).draw(x.shape, x)
    agree("y with train=False", layer.forward(x, train=False)[0], x)
    return agree("y", layer.forward(x)[0], np.where(keep, x / (1.0 - layer.rate), 0.0))


def average_case(n, n_in, n_out, rng):
    """update_average over n rounds, early or late in training."""
    G, slow = stack(["ReLU"], [n_in, 2, n_out], rng), stack(["ReLU"], [n_in, 2, n_out], rng)
    expected, start, decay = slow.theta.copy(), int(rng.choice([0, 10**6])), rng.random()
    for t in range(start, start + n):
        G.theta += rng.standard_normal(G.theta.shape)
        update_average(slow, G, t, decay)
        share = min(decay, (1 + t) / (6 + t))
        expected = share * expected + (1 - share) * G.theta
    return agree("average", slow.theta, expected)


def batchnorm_averages_case(n, n_in, n_out, rng):
    """BatchNorm's running averages, which backward updates. Its variances divide by N - 1."""
    layer, x = BatchNorm(n_in), rng.standard_normal((n + 1, n_in))
    network = Network([layer], dtype=np.float64)
    network.theta[...] = rng.uniform(0.5, 2.0, network.theta.shape)
    expected = 0.9 * layer.mean + 0.1 * x.mean(axis=0), 0.9 * layer.var + 0.1 * x.var(axis=0, ddof=1)
    network.backward(x, network.forward(x)[1])
    return agree("mean, var", np.concatenate([layer.mean, layer.var]), np.concatenate(expected))


def power_iteration_case(n, n_in, n_out, rng):
    """power_iteration brings sigma to the largest singular value, here at least twice the second one."""
    D = Network([SpectralDense(n_in, n_out)], rng, np.float64)
    v, values, u = np.linalg.svd(rng.standard_normal((n_in, n_out)), full_matrices=False)
    values[0] *= 2.0
    D.layers[0].W[...] = v * values @ u
    for _ in range(60):
        power_iteration(D)
    return agree("sigma", D.layers[0].sigma, values[0])


def between_case(n, n_in, n_out, rng):
    """between gives points on lines between samples. The samples of a pack have the same position on their lines."""
    a, b = rng.standard_normal((2, 2 * n, n_in))
    position = (between(a, b, n, rng) - b) / (a - b)
    if position.min() < 0.0 or position.max() > 1.0:
        raise GradientError("between returns a point outside of its line.")
    return agree("the position of a pack", position, position.reshape(n, -1).mean(axis=1).repeat(2)[:, None])


def clip_weights_case(n, n_in, n_out, rng):
    """clip_weights clips every parameter to its bounds and leaves BatchNorm's averages alone."""
    D = stack(["BatchNorm"], [n_in, 2, n_out], rng)
    expected, c = {name: np.clip(w, -0.5, 0.5) for name, w in windows(D, "D").items()}, 0.5
    averages = [D.layers[1].mean.copy(), D.layers[1].var.copy()]
    clip_weights(D, c)
    agree("averages", np.stack([D.layers[1].mean, D.layers[1].var]), np.stack(averages))
    return max(agree(name, w, expected[name]) for name, w in windows(D, "D").items())
