"""What keeps D's slope near 1 in a Wasserstein GAN: clipped weights, or the penalty of WGAN-GP."""

import numpy as np

from minigan.backend import namespace
from minigan.gan.penalties import add_gradient, input_gradient


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


def clip_weights(D, c):
    """Force every parameter of D into -c..c, after a step of D. Source: Arjovsky, Chintala and Bottou 2017, alg. 1."""
    for layer in D.layers:
        for name in layer.shapes:
            w = getattr(layer, name)
            namespace(w).clip(w, -c, c, out=w)
