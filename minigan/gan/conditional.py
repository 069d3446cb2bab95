"""Labels for both networks: a G that is told what to make, and a D that judges whether a sample fits its label."""

import numpy as np

from minigan.backend import namespace
from minigan.nn.layers import Layer
from minigan.nn.network import Network


class Conditional(Network):
    """A G that is told what to make: z (N, n_z + k) ends in a one-hot label, which is handed on behind the sample,
    (N, n_x + k), as it stands behind a real sample. So D judges whether a sample fits its label.

    Nobody moves a label: the gradient that arrives at it ends there. Source: Mirza and Osindero 2014, eq. 2.
    """

    def __init__(self, k, layers, rng=None, dtype=np.float32, xp=np):
        super().__init__(layers, rng, dtype, xp)
        self.k = k

    def forward(self, z, train=True):
        x, caches = super().forward(z, train)
        return namespace(x).concatenate([x, z[:, -self.k :]], axis=1), caches

    def backward(self, dy, caches, param_grads=True, input_grad=False):
        return super().backward(dy[:, : -self.k], caches, param_grads, input_grad)


class Labels(Layer):
    """The input of a conditional D: y = x, of which the last k columns of each sample are its label, given and still.

    x (N, n_x + k), or packs of such rows. The derivatives are those by the sample: in dx and ty the label's columns are
    0. So R1 and WGAN-GP shape D's slope in the sample alone; R1 on labels, too, would keep D from heeding them.
    """

    def __init__(self, n_x, k):
        self.n_x, self.k = n_x, k

    def still(self, t):
        rows = t.reshape(-1, self.n_x + self.k).copy()
        rows[:, self.n_x :] = 0.0
        return rows.reshape(t.shape)

    def forward(self, x, train=True):
        return x, x

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return self.still(dy) if input_grad else None

    def jvp(self, t, cache):
        return self.still(t)

    def tangent_grads(self, t, dy, cache):
        return None


def one_hot(labels, k, like):
    """Labels (N,) in 0..k-1 as rows (N, k) of 0 and 1, of the library and dtype of the array `like`."""
    return namespace(like).eye(k, dtype=like.dtype)[labels]
