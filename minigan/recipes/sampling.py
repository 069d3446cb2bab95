"""From random numbers to samples: the random streams of a run, the inputs of both networks, and the samples of G."""

import numpy as np

from minigan.gan.conditional import one_hot
from minigan.ground.backend import namespace
from minigan.ground.errors import ArgumentError, brief
from minigan.nn.random import normal, uniform


def streams(seed):
    """One host Generator for each use of randomness: name -> numpy Generator.

    Drawing from one stream never changes what another one gives.
    """
    names = ("init", "order", "noise", "dropout", "grid", "samples", "penalty")
    return dict(zip(names, map(np.random.default_rng, np.random.SeedSequence(seed).spawn(len(names))), strict=True))


def latent_noise(settings, n, rng, xp=np):
    """z (n, latent_dim), float32 of mean 0 and variance 1, drawn by the host Generator rng."""
    if settings.noise == "uniform":
        return uniform(rng, -(3**0.5), 3**0.5, (n, settings.latent_dim), xp)
    return normal(rng, (n, settings.latent_dim), xp)


def real_batch(settings, data, rows):
    """The real samples in these rows of the data, as D takes them.

    Shape (N, n_x); if D is conditional, one-hot labels follow the pixels: (N, n_x + k).
    """
    x = data.batch(rows)
    if not settings.conditional:
        return x
    return namespace(x).concatenate([x, one_hot(data.labels[rows], data.n_classes, x)], axis=1)


def generator_input(settings, data, n, rng, label=None):
    """What G needs to make n samples: noise, followed by one-hot labels if G is conditional, (n, latent_dim + k).

    label: one label for all samples, or an array of n labels. By default 0, 1, ... k - 1 in turn.
    """
    z = latent_noise(settings, n, rng)
    if not settings.conditional:
        return z
    labels = np.arange(n) % data.n_classes if label is None else np.broadcast_to(label, n)
    return np.concatenate([z, one_hot(labels, data.n_classes, z)], axis=1)


def label_number(label, data):
    """The number of a label that is given by its name or by its number. Where names are numbers, the name counts.

    data: has n_classes, and classes, the names. Raises ArgumentError if there is no such label.
    """
    name = brief(label, 60)  # as data.folder makes them
    if name in data.classes:
        return data.classes.index(name)
    if name.isdecimal() and int(name) < data.n_classes and not any(one.isdecimal() for one in data.classes):
        return int(name)
    names = f"one of {brief(', '.join(data.classes), 600)}" if data.classes else f"in 0..{data.n_classes - 1}"
    raise ArgumentError(f"the label must be {names}, not {label}.")


def generate(settings, data, G, z):
    """G's samples (N, n_x) for the inputs z, without their labels: images in -1..1, points as they are."""
    x = G(z)[:, : data.n_x]
    return 2.0 * x - 1.0 if settings.output == "sigmoid" and data.is_images else x


def draw_samples(settings, data, G, n, seed=0, label=None):
    """n samples (n, n_x) of G on the host. The same seed gives the same samples.

    label: see `generator_input`.
    """
    z, x = generator_input(settings, data, n, streams(seed)["samples"], label), np.empty((n, data.n_x), np.float32)
    for start in range(0, n, 1000):  # 1000 at a time, to bound the memory
        x[start : start + 1000] = generate(settings, data, G, z[start : start + 1000])
    return x
