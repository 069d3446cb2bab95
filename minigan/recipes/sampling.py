"""Noise in, samples out: the random streams of a run, the batches and noise of a round, and samples of a trained G."""

import numpy as np

from minigan.backend import namespace
from minigan.gan.conditional import one_hot
from minigan.nn.random import normal, uniform


def streams(seed):
    """Host Generators, one for each use of randomness, so that none moves another: name -> numpy Generator."""
    names = ("init", "order", "noise", "dropout", "grid", "samples", "penalty")
    return dict(zip(names, map(np.random.default_rng, np.random.SeedSequence(seed).spawn(len(names))), strict=True))


def noise(settings, n, rng, xp=np):
    """z (n, latent_dim) float32 of mean 0 and variance 1, by the host Generator rng."""
    if settings.noise == "uniform":
        return uniform(rng, -(3**0.5), 3**0.5, (n, settings.latent_dim), xp)
    return normal(rng, (n, settings.latent_dim), xp)


def batch(settings, data, rows):
    """Real samples (N, n_x) as D takes them; with their one-hot labels behind, (N, n_x + k), if it is told them."""
    x = data.batch(rows)
    if not settings.conditional:
        return x
    return namespace(x).concatenate([x, one_hot(data.labels[rows], data.n_classes, x)], axis=1)


def latent(settings, data, n, rng, label=None):
    """What G makes n samples from: noise, and for a conditional G one-hot labels, (n, latent_dim + k).

    label: one for all or an array of n; by default each in turn.
    """
    z = noise(settings, n, rng)
    if not settings.conditional:
        return z
    labels = np.arange(n) % data.n_classes if label is None else np.broadcast_to(label, n)
    return np.concatenate([z, one_hot(labels, data.n_classes, z)], axis=1)


def samples(settings, data, G, z):
    """G's samples (N, n_x) as they should be looked at: images in -1..1, points as they are."""
    x = G(z)[:, : data.n_x]
    return 2.0 * x - 1.0 if settings.output == "sigmoid" and data.is_images else x


def draw(settings, data, G, n, seed=0, label=None):
    """n samples (n, n_x) of G on the host, 1000 at a time to bound the memory; deterministic in seed.

    label: see `latent`.
    """
    z, x = latent(settings, data, n, streams(seed)["samples"], label), np.empty((n, data.n_x), np.float32)
    for start in range(0, n, 1000):
        x[start : start + 1000] = samples(settings, data, G, z[start : start + 1000])
    return x
