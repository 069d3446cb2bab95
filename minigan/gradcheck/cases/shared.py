"""Random networks to check, and the comparison of two arrays: what all cases share."""

import math
from itertools import pairwise

import numpy as np

from minigan.gradcheck import GradientError, windows
from minigan.nn.activations import LeakyReLU, ReLU, Sigmoid, Tanh
from minigan.nn.batchnorm import BatchNorm
from minigan.nn.layers import Dense, Dropout, Layer
from minigan.nn.maxout import Maxout
from minigan.nn.network import Network
from minigan.nn.spectral import SpectralDense, power_iteration

LAYERS = {  # name -> function of (n_in, n_out, rng) that makes the layer
    "Dense": lambda n_in, n_out, rng: Dense(n_in, n_out),
    "ReLU": lambda n_in, n_out, rng: ReLU(),
    "LeakyReLU": lambda n_in, n_out, rng: LeakyReLU(rng.random()),
    "Tanh": lambda n_in, n_out, rng: Tanh(),
    "Sigmoid": lambda n_in, n_out, rng: Sigmoid(),
    "Dropout": lambda n_in, n_out, rng: Dropout(0.3, np.random.default_rng(rng.integers(2**32))),
    "BatchNorm": lambda n_in, n_out, rng: BatchNorm(n_in, eps=0.1),  # 1e-5 loses digits if samples are alike
    "Maxout": lambda n_in, n_out, rng: Maxout(int(rng.integers(1, 4))),  # maps n_in * pieces to n_in
    "SpectralDense": lambda n_in, n_out, rng: SpectralDense(n_in, n_out),
}
BETWEEN = [name for name in LAYERS if name != "Dense"]  # layers that can follow a Dense layer
DIFFERENTIABLE = [name for name in BETWEEN if name != "BatchNorm"]  # those that a gradient penalty can go through


def stack(names, widths, rng):
    """A random float64 Network: a Dense layer from each width to the next, with the layer names[i] after the i-th."""
    layers: list[Layer] = []
    for i, (n_in, n_out) in enumerate(pairwise(widths)):
        following = [LAYERS[name](n_out, n_out, rng) for name in names[i : i + 1]]
        layers += [Dense(n_in, n_out * math.prod(getattr(f, "pieces", 1) for f in following)), *following]
    network = Network(layers, rng, np.float64)
    for array in windows(network, "").values():
        array[...] = rng.uniform(-1.2, 1.2, array.shape)  # a bias of 0 or a gamma of 1 could hide mistakes
    power_iteration(network)
    return network


def players(n_z, n_x, rng):
    """A random small G (n_z inputs, n_x outputs) and D (n_x inputs, one score)."""
    g_layer, d_layer = rng.choice(BETWEEN, 2)
    # The mean of a BatchNorm's output is constant. Without a Tanh after it, Wasserstein's loss would be constant, too.
    names = [d_layer, "Tanh"] if d_layer == "BatchNorm" else [d_layer]
    return stack([g_layer], [n_z, 3, n_x], rng), stack(names, [n_x, *[4] * len(names), 1], rng)


def agree(what, got, expected):
    """Return max |got - expected|, divided by max |expected| if that is above 1. Raises GradientError above 1e-12."""
    error = float(np.abs(got - expected).max(initial=0.0) / np.abs(expected).max(initial=1.0))
    if not error <= 1e-12:
        raise GradientError(f"{what}: {got}, but it should be {expected}.")
    return error
