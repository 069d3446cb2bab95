"""Packing: a D that judges several samples at once. A G that makes only one sample gives itself away."""

import numpy as np

from minigan.nn.network import Network


class Packed(Network):
    """A D that scores packs of m samples, laid side by side: x (N, n_x) gives scores (N / m, 1).

    Its layers, and so a penalty, see packs. Source: Lin et al. 2018, section 2.
    """

    def __init__(self, m, layers, rng=None, dtype=np.float32, xp=np):
        super().__init__(layers, rng, dtype, xp)
        self.m = m

    def forward(self, x, train=True):
        return super().forward(x.reshape(len(x) // self.m, -1), train)

    def backward(self, dy, caches, param_grads=True, input_grad=False):
        dx = super().backward(dy, caches, param_grads, input_grad)
        return dx.reshape(len(dx) * self.m, -1) if input_grad else None
