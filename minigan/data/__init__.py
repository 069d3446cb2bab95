"""The data sets. Each becomes a Dataset, whose batches are in the range that G can reach.

Read dataset.py first: it is what training takes. Then read the source that interests you:

    toy.py      points in the plane: a ring, a grid, a spiral, two moons, a line, and a single point
    drawn.py    digits drawn from pen strokes: they need no download
    mnist.py    finds or downloads MNIST; idx.py reads its files
    stacked.py  three of these digits in the colour channels of one image
    own.py      your own .npy or .npz file; npy.py reads it

This file has the two functions that the commands call: `load` and `split`.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from minigan.data import drawn, mnist, toy
from minigan.data.dataset import Dataset, from_images
from minigan.data.own import ENDINGS, from_file
from minigan.data.stacked import stack
from minigan.ground.errors import DataError, did_you_mean

__all__ = ["NAMES", "POINTS", "Dataset", "from_file", "load", "split"]

POINTS = ("ring", "grid", "spiral", "moons", "line", "point")
NAMES = ("auto", "mnist", "drawn", "stacked", *POINTS)
N_DRAWN, N_TEST = 60_000, 10_000  # as many as MNIST has
N_POINTS, N_STACKED = 100_000, 128_000


def load(name, data_dir=None, seed=0, vary=0.6):
    """Return the training data called `name`, as a Dataset.

    name: one of NAMES, or the path of a .npy or .npz file. "auto" is MNIST if it can be found or downloaded, and
        otherwise the drawn digits; the Dataset's note says which, and why. "stacked" takes its digits from there.
    data_dir: the folder that holds MNIST's files; see mnist.py.
    seed: of the drawn digits, of the digits that are stacked, and of the points.
    vary: how much the drawn digits differ from each other, from 0 to 1; see drawn.py.

    Raises DataError if there is no such data set, or if its files are missing or damaged.
    """
    if name in ("auto", "mnist"):
        try:
            images, labels, folder = mnist.load_mnist("train", data_dir)
            return from_images(images, f"MNIST, from {folder}", labels, "mnist")
        except mnist.MnistNotFound as error:
            if name == "mnist":
                raise
            return _drawn(seed, vary, f"; MNIST was not found: {error.reason}")
    if name == "drawn":
        return _drawn(seed, vary)
    if name == "stacked":
        return stack(load("auto", data_dir, seed, vary), N_STACKED, seed)
    if name in POINTS:
        points, labels = getattr(toy, name)(N_POINTS, seed)
        note = f"{name}, {N_POINTS} points" + (f" around {len(toy.centres(name))} centres" if name in toy.STD else "")
        return Dataset(points, (2,), note, labels, name=name)
    if Path(name).suffix.lower() not in ENDINGS:
        close = did_you_mean(name, NAMES)
        raise DataError(f"no data set is called {name}: choose {', '.join(NAMES)}, or give a .npy or .npz file{close}")
    return replace(from_file(Path(name)), name=name)


def split(train, data_dir=None, seed=0, vary=0.6):
    """Return (training data, test data) as Datasets. `train` is what `load` returned for the same arguments.

    MNIST has a test set of its own. For the drawn digits, 10,000 more are drawn. Stacked test images consist of test
    digits. From any other data, a random sixth is held out; a GAN that was trained on all of it has seen that sixth,
    too. Raises DataError as `load` does.
    """
    if train.name == "mnist":
        images, labels, folder = mnist.load_mnist("test", data_dir)
        return train, from_images(images, f"MNIST's test set, from {folder}", labels, "mnist")
    if train.name == "drawn":
        images, labels = (array[N_DRAWN:] for array in drawn.draw(N_DRAWN + N_TEST, seed, vary))
        return train, from_images(images, "drawn digits, for testing", labels, "drawn")
    if train.name == "stacked":
        return train, stack(split(train.digits, data_dir, seed, vary)[1], N_STACKED, seed)
    held_out = np.random.default_rng(0).permutation(len(train.x)) % 6 == 0
    return train.subset(~held_out), train.subset(held_out)


def _drawn(seed, vary, why=""):
    images, labels = drawn.draw(N_DRAWN, seed, vary)
    return from_images(images, f"drawn digits, generated from pen strokes{why}", labels, "drawn")
