"""One table of every public layer, loss and objective; every property test runs over all of it."""

from itertools import pairwise

import numpy as np

from minigan.activations import LeakyReLU, ReLU, Sigmoid, Tanh
from minigan.layers import BatchNorm, Dense, Dropout
from minigan.losses import bce_with_logits, softmax_cross_entropy
from minigan.network import Network
from minigan.objectives import Minimax, NonSaturating

# name -> function of (number of inputs, number of outputs, seed) that makes the layer; only Dense changes the width
LAYERS = {
    "Dense": lambda n, m, seed: Dense(n, m),
    "Dropout": lambda n, m, seed: Dropout(0.3, np.random.default_rng(seed)),
    "BatchNorm": lambda n, m, seed: BatchNorm(n),
    "ReLU": lambda n, m, seed: ReLU(),
    "LeakyReLU": lambda n, m, seed: LeakyReLU(0.2),
    "Tanh": lambda n, m, seed: Tanh(),
    "Sigmoid": lambda n, m, seed: Sigmoid(),
}
PIECEWISE_LINEAR = ("Dropout", "ReLU", "LeakyReLU")  # with Dense, what R1 can go through
OBJECTIVES = {"NonSaturating": NonSaturating, "Minimax": Minimax}
# name -> function of (rng, N) that makes (loss, logits, target)
LOSSES = {
    "bce_with_logits": lambda rng, n: (bce_with_logits, 3 * rng.standard_normal((n, 1)), rng.random((n, 1))),
    "softmax_cross_entropy": lambda rng, n: (
        softmax_cross_entropy,
        3 * rng.standard_normal((n, 4)),
        rng.integers(4, size=n),
    ),
}


def stack(names, widths, seed):
    """A Network of a Dense layer from each width to the next, with the named layer behind each but the last."""
    layers = []
    for i, (n, m) in enumerate(pairwise(widths)):
        layers.append(Dense(n, m))
        if i < len(names):
            layers.append(LAYERS[names[i]](m, m, seed + i))
    return randomised(Network(layers, np.random.default_rng(seed), np.float64), seed)


def randomised(network, seed):
    """The same network with every parameter random: a bias of 0 or a gamma of 1 would hide mistakes."""
    rng = np.random.default_rng([seed, 1])
    for layer in network.layers:
        for name, shape in layer.shapes.items():
            getattr(layer, name)[...] += 0.3 * rng.standard_normal(shape)
    return network
