"""Features of images that need no labels: those of a network that has learned nothing."""

import math

import numpy as np

from minigan.nn.activations import ReLU
from minigan.nn.layers import Dense
from minigan.nn.network import Network


class Untrained:
    """An MLP n_x-512-64 with random weights, the same ones every time.

    Each feature is a random mixture of pixels, bent twice. So two sets of images with different features do differ. But
    unlike a classifier, it does not know what matters in an image: it takes a change of the brightness as seriously as
    a missing stroke. On MNIST, it orders runs as the classifier does.
    """

    def __init__(self, images):
        """images: (n, n_x) in -1..1. Features are scaled to unit variance over them, taken together."""
        rng, gain = np.random.default_rng(0), math.sqrt(2.0)
        n_x = images.shape[1]
        self.network = Network([Dense(n_x, 512, gain), ReLU(), Dense(512, 64, gain), ReLU()], rng)
        self.scale = 1.0
        self.scale = 1.0 / math.sqrt(self.features(images).var(axis=0).mean() + 1e-12)

    def features(self, x):
        """The features (N, 64) of samples x (N, n_x) in -1..1."""
        return self.scale * np.concatenate([self.network(x[i : i + 1000]) for i in range(0, len(x), 1000)])
