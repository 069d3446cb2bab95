"""Batch normalisation: a layer in which the samples of a batch depend on each other."""

from typing import Any

import numpy as np

from minigan.nn.layers import Layer


class BatchNorm(Layer):
    """Normalise every feature to mean 0 and variance 1 over the batch; scale it by a learned gamma, shift it by beta.

    Forward, for each feature i; sums and means run over the N samples
        m_i    = mean_n x_ni,  v_i = mean_n (x_ni - m_i)^2                                  (1)
        r_i    = 1 / sqrt(v_i + eps)                                                        (2)
        xhat_ni = (x_ni - m_i) r_i                                                          (3)
        y_ni   = gamma_i xhat_ni + beta_i                                                   (4)
    Tangent: moving x by t moves m by mean_k t_k, v by 2 mean_k (x_k - m) t_k, and r by (-1/2) r^3 times that. So
        ty_ni  = gamma_i r_i (t_ni - mean_k t_ki - xhat_ni mean_k xhat_ki t_ki)             (5)
    Backward: (5) maps t_k to ty_n just as it maps t_n to ty_k, so it is its own transpose:
        dx_ni  = (5) with dy in place of t                                                  (6)
        dgamma_i = sum_n dy_ni xhat_ni,  dbeta_i = sum_n dy_ni   as for a Dense weight      (7)

    With train=False, m and v are running averages over past batches, and (3) is affine. The averages are updated in
    backward, if param_grads, so D's do not change in G's step. So forward stays pure: using a network never changes it.

    Caveat: each row of y depends on the whole batch. So D sees real and fake samples in separate batches (forward_both
    in gan/steps.py), and gradient penalties, which are sums over samples, are undefined. Raises ValueError for a
    training batch of one sample. Source: Ioffe and Szegedy 2015, algorithms 1 and 2.
    """

    mixes_samples = True
    gamma: Any
    beta: Any
    dgamma: Any
    dbeta: Any
    mean: Any
    var: Any

    def __init__(self, n, eps=1e-5, momentum=0.1):
        self.parameters = {"gamma": (n,), "beta": (n,)}
        self.buffers = {"mean": (n,), "var": (n,)}
        self.eps, self.momentum = eps, momentum

    def init(self, rng):
        self.gamma[...] = 1.0
        self.beta[...] = 0.0
        self.mean[...] = 0.0
        self.var[...] = 1.0

    def forward(self, x, train=True):
        if train and self.count(x) < 2:
            raise ValueError("BatchNorm cannot train on a batch of one sample, which has no variance.")
        mean = self.mean_over(x) if train else self.mean
        centred = x - mean
        var = self.mean_over(centred * centred) if train else self.var  # (1)
        r = 1.0 / np.sqrt(var + self.eps)  # (2)
        xhat = centred * r  # (3)
        return self.gamma * xhat + self.beta, (xhat, r, mean, var, train)  # (4)

    def mean_over(self, a):
        """The mean over the samples of a (N, n). runs/parallel.py replaces it with the mean over all processes."""
        return a.sum(axis=0) / len(a)  # a.mean would do its last division in float64

    def count(self, a):
        """N, which runs/parallel.py replaces in the same way."""
        return len(a)

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        xhat, _, mean, var, train = cache
        if param_grads:
            (dy * xhat).sum(axis=0, out=self.dgamma)
            dy.sum(axis=0, out=self.dbeta)  # (7)
            if train:
                n = self.count(dy)
                self.mean += self.momentum * (mean - self.mean)
                self.var += self.momentum * (var * (n / (n - 1)) - self.var)
        return self.jvp(dy, cache) if input_grad else None  # (6)

    def jvp(self, t, cache):
        xhat, r, _, _, train = cache
        if train:
            t = t - self.mean_over(t) - xhat * self.mean_over(t * xhat)
        return self.gamma * r * t  # (5)
