"""Maxout: a layer that learns its own activation, as the largest of a few linear functions. GANs began with it in D."""

from minigan.backend import namespace
from minigan.layers import Layer


class Maxout(Layer):
    """y_nj = max_p x_njp: of each unit's k pieces the largest. x (N, n k), pieces of a unit side by side; y (N, n).

    Behind a Dense layer of n k outputs each unit is the maximum of k linear functions: convex, and along any line bent
    in up to k - 1 places. ReLU is max(x, 0).

    Forward
        slope_njp = 1 for the piece p that is the largest, at a tie the first; else 0           (1)
        y_nj  = sum_p x_njp slope_njp                                                       (2)
    Backward: a small change of x changes y through the largest piece alone
        dx_njp = dy_nj slope_njp                                                            (3)
    Tangent
        ty_nj = sum_p t_njp slope_njp                                                       (4)
    Piecewise linear, so the second derivative is 0. Source: Goodfellow et al. 2013, eq. 1.
    """

    def __init__(self, pieces):
        if pieces < 1:
            raise ValueError(f"Maxout needs at least 1 piece a unit, not {pieces}.")
        self.pieces = pieces

    def apart(self, x):
        """x (N, n k) as (N, n, k)."""
        return x.reshape(len(x), -1, self.pieces)

    def forward(self, x, train=True):
        xp, pieces = namespace(x), self.apart(x)
        largest = pieces.real.argmax(axis=2)[:, :, None] == xp.arange(self.pieces)
        slope = xp.multiply(largest, 1.0, dtype=x.real.dtype).reshape(x.shape)  # (1)
        return self.jvp(x, slope), slope  # (2)

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return (dy[:, :, None] * self.apart(cache)).reshape(cache.shape) if input_grad else None  # (3)

    def jvp(self, t, cache):
        return self.apart(t * cache).sum(axis=2)  # (4)

    def tangent_grads(self, t, dy, cache):
        return None
