"""Maxout: a layer that learns its own activation, as the largest of a few linear functions. The first GAN had it."""

import numpy as np

from minigan.nn.layers import Layer


class Maxout(Layer):
    """y_nj = max_p x_npj: the largest of the k pieces of each unit.

    x is (N, k n): the first pieces of all n units, then all second pieces, and so on. y is (N, n). After a Dense layer
    with k n outputs, each unit is the maximum of k linear functions. That is a convex function with up to k - 1 kinks
    along any line. ReLU is the special case max(x, 0).

    Forward
        slope_npj = 1 for the piece p that is largest, else 0; tied pieces share the 1      (1)
        y_nj  = sum_p x_npj slope_npj                                                       (2)
    Backward: a small change of x changes y through the largest piece alone
        dx_npj = dy_nj slope_npj                                                            (3)
    Tangent
        ty_nj = sum_p t_npj slope_npj                                                       (4)
    It is piecewise linear, so the second derivative is 0. Raises ValueError for fewer than 1 piece.
    Source: Goodfellow et al. 2013, eq. 1.
    """

    def __init__(self, pieces):
        if pieces < 1:
            raise ValueError(f"Maxout needs at least 1 piece per unit, not {pieces}.")
        self.pieces = pieces

    def apart(self, x):
        """x (N, k n) as (N, k, n)."""
        return x.reshape(len(x), self.pieces, -1)

    def forward(self, x, train=True):
        pieces = self.apart(x)
        largest = pieces.real == pieces.real.max(axis=1, keepdims=True)
        slope = np.multiply(largest, 1.0, dtype=x.real.dtype)
        slope = (slope / slope.sum(axis=1, keepdims=True)).reshape(x.shape)  # (1)
        return self.jvp(x, slope), slope  # (2)

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return (dy[:, None] * self.apart(cache)).reshape(cache.shape) if input_grad else None  # (3)

    def jvp(self, t, cache):
        return self.apart(t * cache).sum(axis=1)  # (4)

    def tangent_grads(self, t, dy, cache):
        return None
