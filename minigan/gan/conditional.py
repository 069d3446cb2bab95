"""Labels for both networks: G is told what to make, and D judges whether a sample fits its label.

A label is a one-hot row of k numbers, appended to the noise for G and to the sample for D.
"""

import numpy as np

from minigan.ground.backend import namespace
from minigan.nn.layers import Layer
from minigan.nn.network import Network


class Conditional(Network):
    """A G that is told what to make: it maps z (N, n_z + k), with the labels last, to samples (N, n_x + k).

    It appends the same labels to its samples, just as they are appended to real samples, so that D sees both alike. No
    gradient passes through the labels. Source: Mirza and Osindero 2014, eq. 2.
    """

    def __init__(self, k, layers, rng=None, dtype=np.float32, xp=np):
        super().__init__(layers, rng, dtype, xp)
        self.k = k

    def forward(self, z, train=True):
        x, caches = super().forward(z, train)
        return np.concatenate([x, z[:, -self.k :]], axis=1), caches

    def backward(self, dy, caches, param_grads=True, input_grad=False):
        return super().backward(dy[:, : -self.k], caches, param_grads, input_grad)


class Labels(Layer):
    """The first layer of a conditional D: y = x, where the last k columns of each sample are its label, held fixed.

    x is (N, n_x + k), or packs of such rows. Derivatives are taken with respect to the sample only: in dx and ty the
    label's columns are 0. So R1 and WGAN-GP shape D's slope in the sample alone. With R1 on the labels, too, D would
    learn to ignore them.
    """

    def __init__(self, n_x, k):
        self.n_x, self.k = n_x, k

    def without_labels(self, t):
        rows = t.reshape(-1, self.n_x + self.k).copy()
        rows[:, self.n_x :] = 0.0
        return rows.reshape(t.shape)

    def forward(self, x, train=True):
        return x, x

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return self.without_labels(dy) if input_grad else None

    def jvp(self, t, cache):
        return self.without_labels(t)

    def tangent_grads(self, t, dy, cache):
        return None


def one_hot(labels, k, like):
    """Labels (N,) in 0..k-1 as rows (N, k) of zeros and ones, in the library and dtype of the array `like`."""
    return namespace(like).eye(k, dtype=like.dtype)[labels]
