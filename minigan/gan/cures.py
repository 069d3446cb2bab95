"""Cures: what the literature prescribes where the plain game collapses or runs away. Each is off unless asked for.

They speak the protocols of the files on the reader's path, so that none of those has to know them: label smoothing is
an objective, WGAN-GP a penalty, spectral normalisation a layer, packing and conditioning are networks. Those that are
a line or two of the training loop (several steps a turn, shared noise, simultaneous steps) stand in training.py.
"""

import math
from typing import Any

import numpy as np

from minigan.backend import namespace
from minigan.gan.penalties import add_gradient, input_gradient
from minigan.nn.layers import Dense, Layer
from minigan.nn.network import Network


class LabelSmoothing:
    """An objective whose D is to answer 1 - eps to real samples, and still 0 to fake ones: one-sided.

    Cross-entropy against a target t is t softplus(-s) + (1-t) softplus(s) = softplus(-s) + (1-t) s, as softplus(s) -
    softplus(-s) = s; and (s-t)^2/2 is (s-1)^2/2 + (1-t) s, but for a constant. So for both, with t = 1 - eps,
        L_D = the objective's + eps mean s_real                                             (1)
        ds_real = the objective's + eps / N                                                 (2)
    D gains nothing by growing s_real without end, and its gradient stays alive. Smoothed fakes would hold G where it
    is. Source: Salimans et al. 2016, section 3.4.
    """

    def __init__(self, objective, eps):
        self.objective, self.eps = objective, eps
        self.g = objective.g

    def d(self, s_real, s_fake):
        n = len(s_real)
        loss, ds_real, ds_fake = self.objective.d(s_real, s_fake)
        return loss + self.eps * s_real.sum() / n, ds_real + self.eps / n, ds_fake  # (1), (2)


def wgan_gp(D, caches, weight):
    """Add the gradient of WGAN-GP's penalty to D.grad and return the penalty's value; g_n as in penalties.py.

        GP  = weight mean_n (|g_n| - 1)^2                                                   (1)
        u_n = dGP/dg_n = 2 weight/N (|g_n| - 1) g_n / |g_n|                                 (2)
    and 0 where g_n = 0: there |g| has a kink. caches: D.forward's at N points between real and fake, see `between`.
    Source: Gulrajani et al. 2017, algorithm 1.
    """
    g, deltas = input_gradient(D, caches)
    length = namespace(g).sqrt((g * g).sum(axis=1, keepdims=True))
    excess = length - 1.0
    u = (2.0 * weight / len(g)) * excess / (length + (length == 0.0)) * g  # (2)
    add_gradient(D, caches, deltas, u)
    return weight * (excess * excess).sum() / len(g)  # (1)


def between(x_real, x_fake, n, rng):
    """A random point on the line from each fake sample to a real one; with n < N, samples of a pack share the e.

    x_n = e_n x_real_n + (1 - e_n) x_fake_n,  e_n uniform in 0..1, drawn from the host Generator rng
    """
    e = namespace(x_real).asarray(rng.random((n, 1), dtype=np.float32)).repeat(len(x_real) // n, axis=0)
    return x_fake + e * (x_real - x_fake)


class SpectralDense(Dense):
    """A Dense layer that stretches no x: W is divided by sigma, its largest singular value but for a percent or two.

    Forward, with unit vectors v (n_in,), u (n_out,) in the directions of the largest stretch (`iterate`)
        sigma = sum_ij v_i W_ij u_j                                                         (1)
        y_nj  = sum_i x_ni W_ij / sigma + b_j                                               (2)
    Backward: with A_ij = sum_n x_ni dy_nj, the gradient by W / sigma; W_ij is in (2) itself and, by (1), in sigma
        dW_ij = (A_ij - v_i u_j sum_kl A_kl W_kl / sigma) / sigma                           (3)
        dx_ni = sum_j dy_nj W_ij / sigma,  db as for Dense                                  (4)
    Tangent: (2) without b; its gradient by W is (3) with t for x                           (5)
    v and u are statistics, which (3) holds fixed: W changes slowly, so one iteration after each step keeps them up to
    date. With slopes of at most 1 in between, so is |dD/dx|, but for those percents. Source: Miyato et al. 2018, eq. 8
    and 12, algorithm 1.
    """

    def __init__(self, n_in, n_out, gain=1.0):
        super().__init__(n_in, n_out, gain)
        self.statistics = {"v": (n_in,), "u": (n_out,)}

    def init(self, rng):
        super().init(rng)
        self.u[...] = rng.standard_normal(self.u.shape)
        self.iterate(15)

    def iterate(self, times=1):
        """Power iteration: v <- W u / |W u|, u <- W^T v / |W^T v|."""
        sqrt = namespace(self.W).sqrt
        for _ in range(times):
            v = self.W @ self.u
            self.v[...] = v / sqrt((v * v).sum())
            u = self.v @ self.W
            self.u[...] = u / sqrt((u * u).sum())

    @property
    def sigma(self):
        return self.v @ self.W @ self.u  # (1)

    def by_W(self, A):
        """The gradient by W, given A, that by W / sigma."""
        sigma = self.sigma
        along = (A * self.W).sum() / sigma
        return (A - along * self.v[:, None] * self.u) / sigma  # (3)

    def forward(self, x, train=True):
        y = self.jvp(x, x)
        y += self.b  # (2)
        return y, x

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        if param_grads:
            self.dW[...] = self.by_W(cache.T @ dy)
            dy.sum(axis=0, out=self.db)
        return dy @ self.W.T / self.sigma if input_grad else None  # (4)

    def jvp(self, t, cache):
        return t @ self.W / self.sigma  # (5)

    def tangent_grads(self, t, dy, cache):
        self.dW += self.by_W(t.T @ dy)  # (5)


def power_iteration(D):
    """Bring the v and u of D's SpectralDense layers up to date, after a step of D."""
    for layer in D.layers:
        if isinstance(layer, SpectralDense):
            layer.iterate()


def clip_weights(D, c):
    """Force every parameter of D into -c..c, after a step of D. Source: Arjovsky, Chintala and Bottou 2017, alg. 1."""
    for layer in D.layers:
        for name in layer.shapes:
            w = getattr(layer, name)
            namespace(w).clip(w, -c, c, out=w)


def bound(D, settings):
    """What keeps D's slope bounded without a penalty, after each step of D."""
    if settings.clip:
        clip_weights(D, settings.clip)
    if settings.spectral:
        power_iteration(D)


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


INITIAL: dict[str, Any] = {  # name -> W from (rng, n_in, n_out); "lecun" is what Dense does by itself
    "lecun": None,
    "he": lambda rng, n_in, n_out: rng.normal(0.0, math.sqrt(2.0 / n_in), (n_in, n_out)),  # He et al. 2015, eq. 10
    "glorot": lambda rng, n_in, n_out: rng.uniform(-1.0, 1.0, (n_in, n_out)) * math.sqrt(6.0 / (n_in + n_out)),
    "gaussian": lambda rng, n_in, n_out: rng.normal(0.0, 0.02, (n_in, n_out)),  # Radford et al. 2016, section 4
    "uniform.05": lambda rng, n_in, n_out: rng.uniform(-0.05, 0.05, (n_in, n_out)),  # G of Goodfellow et al. 2014
    "uniform.005": lambda rng, n_in, n_out: rng.uniform(-0.005, 0.005, (n_in, n_out)),  # and its D
    "torch": lambda rng, n_in, n_out: rng.uniform(-1.0, 1.0, (n_in, n_out)) / math.sqrt(n_in),  # as PyTorch does
    "spread": lambda rng, n_in, n_out: rng.uniform(-1.0, 1.0, (n_in, n_out)) * math.sqrt(2.0 / n_in),
}
BIASED = ("torch", "spread")  # these draw the biases, too, and from the same range


def initialise(network, name, rng):
    """Draw the weights of all Dense layers anew, by one of INITIAL; Glorot and Bengio 2010, eq. 16, is "glorot".

    Without biases the kinks of a first layer's ReLUs all go through 0, and in the plane those of the next nearly so;
    "spread" puts them everywhere, which a G that has to cut the plane into 25 pieces needs: 94 % of its samples of the
    grid are near a mode then, else 86 %.
    """
    for layer in network.layers:
        if isinstance(layer, Dense) and name != "lecun":
            n_in, n_out = layer.W.shape
            layer.W[...] = namespace(layer.W).asarray(INITIAL[name](rng, n_in, n_out), layer.W.dtype)
            if name in BIASED:
                layer.b[...] = namespace(layer.b).asarray(INITIAL[name](rng, n_in, n_out)[0], layer.b.dtype)
            if isinstance(layer, SpectralDense):
                layer.iterate(15)


def anneal(settings, g_optimizer, d_optimizer, t, rounds):
    """Set learning rates and momentum for round t of `rounds`.

    The rates fall linearly to 0 over the last share lr_decay of the run, and by lr_factor in every round; momentum goes
    linearly from momentum to final_momentum.
    """
    s, done = settings, t / max(rounds, 1)
    factor = s.lr_factor**t * (min(1.0, max(0.0, 1.0 - done) / s.lr_decay) if s.lr_decay else 1.0)
    g_optimizer.lr, d_optimizer.lr = factor * s.lr, factor * (s.d_lr or s.lr)
    if s.final_momentum is not None:
        g_optimizer.momentum = d_optimizer.momentum = s.momentum + (s.final_momentum - s.momentum) * done
