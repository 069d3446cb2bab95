"""The data sets. Each becomes a Dataset, whose batches are in the range that G can reach.

Read dataset.py first (what training takes), then one of the sources:

    toy.py      points in the plane: ring, grid and spiral
    drawn.py    digits drawn from pen strokes, so that you need no download
    mnist.py    finds or downloads MNIST; idx.py reads its files
    own.py      your own .npy or .npz file; npy.py reads it

This file has the two functions that the commands call: `load` and `split`.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from minigan.data.dataset import Dataset, from_images
from minigan.data.own import ENDINGS, from_file
from minigan.errors import DataError

__all__ = ["NAMES", "POINTS", "DataError", "Dataset", "from_file", "load", "split"]

POINTS = ("ring", "grid", "spiral")
NAMES = ("auto", "mnist", "drawn", *POINTS)
N_DRAWN, N_TEST = 60_000, 10_000  # as many as MNIST has
N_POINTS = 100_000


def load(name, data_dir=None, seed=0, vary=0.6):
    """The data set called `name`: one of NAMES, or the path of a .npy or .npz file. Raises DataError.

    "auto" is MNIST where it is found or can be fetched, else the drawn digits; the note says which and why.
    """
    if name in ("auto", "mnist"):
        from minigan.data.mnist import MnistNotFound, load_mnist

        try:
            images, labels, folder = load_mnist("train", data_dir)
            return from_images(images, f"MNIST, from {folder}", labels, "mnist")
        except MnistNotFound as error:
            if name == "mnist":
                raise
            return _drawn(seed, vary, f"; MNIST is not here: {error.reason}")
    if name == "drawn":
        return _drawn(seed, vary)
    if name in POINTS:
        from minigan.data import toy

        points, labels = getattr(toy, name)(N_POINTS, seed)
        note = f"{name}, {N_POINTS} points" + (f" around {len(toy.centres(name))} centres" if name in toy.STD else "")
        return Dataset(points, (2,), note, labels, name=name)
    if Path(name).suffix.lower() not in ENDINGS:
        raise DataError(f"no data set is called {name}: choose {', '.join(NAMES)}, or give a .npy or .npz file.")
    return replace(from_file(Path(name)), name=name)


def split(train, data_dir=None, seed=0, vary=0.6):
    """(training data, test data), given what `load` gave for the same arguments: of MNIST its own test set, of the
    drawn digits 10,000 more, of all else a sixth, at random, which a GAN of it has seen, too. Raises DataError."""
    if train.name == "mnist":
        from minigan.data.mnist import load_mnist

        images, labels, folder = load_mnist("test", data_dir)
        return train, from_images(images, f"MNIST's test set, from {folder}", labels, "mnist")
    if train.name == "drawn":
        from minigan.data.drawn import draw

        images, labels = (a[N_DRAWN:] for a in draw(N_DRAWN + N_TEST, seed, vary))
        return train, from_images(images, "drawn digits, for testing", labels, "drawn")
    held = np.random.default_rng(0).permutation(len(train.x)) % 6 == 0
    return train.subset(~held), train.subset(held)


def _drawn(seed, vary, why=""):
    from minigan.data.drawn import draw

    images, labels = draw(N_DRAWN, seed, vary)
    return from_images(images, f"drawn digits, made here from strokes{why}", labels, "drawn")
