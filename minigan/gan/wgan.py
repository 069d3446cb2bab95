"""Bounds on D's slope for a Wasserstein GAN: the penalty of WGAN-GP, and the clipped weights of the first WGAN."""

import numpy as np

from minigan.gan.penalties import add_gradient, input_gradient
from minigan.ground.backend import namespace


class WganGP:
    """WGAN-GP's penalty on D's slope between real and fake samples, as d_step takes it. rng draws the points."""

    def __init__(self, weight, rng):
        self.weight, self.rng = weight, rng

    def __call__(self, D, x_real, x_fake, real_caches, fake_caches):
        n = len(real_caches[-1])
        _, caches = D.forward(between(x_real, x_fake, n, self.rng))
        return wgan_gp(D, caches, self.weight)


def wgan_gp(D, caches, weight):
    """Add the gradient of WGAN-GP's penalty to D.grad and return the penalty. g_n are D's slopes, see penalties.py.

        GP  = weight mean_n (|g_n| - 1)^2                                                   (1)
        u_n = dGP/dg_n = 2 weight/N (|g_n| - 1) g_n / |g_n|                                 (2)
    At g_n = 0, where |g| has a kink, u_n = 0. caches are D.forward's for N points between real and fake samples.
    Source: Gulrajani et al. 2017, algorithm 1.
    """
    g, deltas = input_gradient(D, caches)
    length = np.sqrt((g * g).sum(axis=1, keepdims=True))
    excess = length - 1.0
    u = (2.0 * weight / len(g)) * excess / (length + (length == 0.0)) * g  # (2)
    add_gradient(D, caches, deltas, u)
    return weight * (excess * excess).sum() / len(g)  # (1)


def between(x_real, x_fake, n, rng):
    """A random point on the line from each fake sample to a real one.

        x_i = e_i x_real_i + (1 - e_i) x_fake_i,    e_i uniform in 0..1, drawn by the NumPy Generator rng
    n: how many e to draw. If D scores packs of samples, the samples of a pack share one.
    """
    e = namespace(x_real).asarray(rng.random((n, 1), dtype=np.float32)).repeat(len(x_real) // n, axis=0)
    return x_fake + e * (x_real - x_fake)


def clip_weights(D, c):
    """Clip every parameter of D to -c..c, after a step of D. Source: Arjovsky et al. 2017, algorithm 1."""
    for layer in D.layers:
        for name in layer.parameters:
            w = getattr(layer, name)
            np.clip(w, -c, c, out=w)
