"""Spectral normalisation: a Dense layer that stretches no input, so that D cannot become steep."""

from typing import Any

import numpy as np

from minigan.nn.layers import Dense


class SpectralDense(Dense):
    """A Dense layer with W divided by sigma, its largest singular value (up to a percent or two).

    Forward. Unit vectors v (n_in,) and u (n_out,) point in the directions of the largest stretch, see `iterate`:
        sigma = sum_ij v_i W_ij u_j                                                         (1)
        y_nj  = sum_i x_ni W_ij / sigma + b_j                                               (2)
    Backward. Let A_ij = sum_n x_ni dy_nj, the gradient with respect to W / sigma. W_ij occurs in (2), and in sigma:
        dW_ij = (A_ij - v_i u_j sum_kl A_kl W_kl / sigma) / sigma                           (3)
        dx_ni = sum_j dy_nj W_ij / sigma,  db as for Dense                                  (4)
    Tangent: (2) without b. Its gradient with respect to W is (3) with t for x              (5)

    v and u are buffers, which (3) holds fixed. W changes slowly, so one iteration after each step keeps them current.
    If no layer between has a slope above 1, |ds/dx| is at most 1, up to those percents.
    Source: Miyato et al. 2018, eq. 8 and 12, algorithm 1.
    """

    u: Any
    v: Any

    def __init__(self, n_in, n_out):
        super().__init__(n_in, n_out)  # no gain: sigma would divide it away
        self.buffers = {"v": (n_in,), "u": (n_out,)}

    def init(self, rng):
        super().init(rng)
        self.u[...] = rng.standard_normal(self.u.shape)
        self.iterate(15)

    def iterate(self, times=1):
        """Power iteration: v <- W u / |W u|, u <- W^T v / |W^T v|."""
        for _ in range(times):
            v = self.W @ self.u
            self.v[...] = v / np.sqrt((v * v).sum())
            u = self.v @ self.W
            self.u[...] = u / np.sqrt((u * u).sum())

    @property
    def sigma(self):
        return self.v @ self.W @ self.u  # (1)

    def weight_grad(self, A):
        """The gradient with respect to W, given A, the gradient with respect to W / sigma."""
        sigma = self.sigma
        along = (A * self.W).sum() / sigma
        return (A - along * self.v[:, None] * self.u) / sigma  # (3)

    def forward(self, x, train=True):
        y = self.jvp(x, x)
        y += self.b  # (2)
        return y, x

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        x = cache
        if param_grads:
            self.dW[...] = self.weight_grad(x.T @ dy)
            dy.sum(axis=0, out=self.db)
        return dy @ self.W.T / self.sigma if input_grad else None  # (4)

    def jvp(self, t, cache):
        return t @ self.W / self.sigma  # (5)

    def tangent_grads(self, t, dy, cache):
        self.dW += self.weight_grad(t.T @ dy)  # (5)


def power_iteration(D):
    """Bring the v and u of D's SpectralDense layers up to date, after a step of D."""
    for layer in D.layers:
        if isinstance(layer, SpectralDense):
            layer.iterate()
