"""Packing: a D that judges several samples at once and so sees when G makes one sample only."""

import numpy as np

from minigan.nn.network import Network


class Packed(Network):
    """A D that scores m samples at once, laid side by side: x (N, n_x), scores (N / m, 1).

    A G that makes one sample only is found out by any D that sees two of them. Its layers, and so a penalty, see packs.
    Source: Lin et al. 2018, section 2.
    """

    def __init__(self, m, layers, rng=None, dtype=np.float32, xp=np):
        super().__init__(layers, rng, dtype, xp)
        self.m = m

    def forward(self, x, train=True):
        return super().forward(x.reshape(len(x) // self.m, -1), train)

    def backward(self, dy, caches, param_grads=True, input_grad=False):
        dx = super().backward(dy, caches, param_grads, input_grad)
        return dx.reshape(len(dx) * self.m, -1) if input_grad else None
