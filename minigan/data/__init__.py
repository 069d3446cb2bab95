"""The data sets. Each becomes a Dataset, whose batches are in the range that G can reach.

Read dataset.py first: it is what training takes. Then read the source that interests you:

    toy.py      points in the plane: a ring, a grid, a spiral, two moons, a line, and a single point
    drawn.py    digits drawn from pen strokes: they need no download
    known.py    finds or downloads MNIST, Fashion-MNIST and so on; sets.py lists them, idx.py and cifar.py read them
    stacked.py  three digits in the colour channels of one image
    folder.py   your own folder of pictures; picture.py reads a single one
    own.py      your own .npy or .npz file; npy.py reads it

This file has the two functions that the commands call: `load` and `split`.
"""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from minigan.data import drawn, toy
from minigan.data.dataset import Dataset, from_images
from minigan.data.folder import from_folder
from minigan.data.known import NotFound, load_known
from minigan.data.own import ENDINGS, from_file
from minigan.data.sets import DIGITS, SETS
from minigan.data.stacked import stack
from minigan.ground.errors import DataError, did_you_mean

__all__ = ["NAMES", "POINTS", "Dataset", "from_file", "is_folder", "load", "split"]

POINTS = ("ring", "grid", "spiral", "moons", "line", "point")
NAMES = ("auto", *SETS, "drawn", "stacked", *POINTS)
N_DRAWN, N_TEST = 60_000, 10_000  # as many as MNIST has
N_POINTS, N_STACKED = 100_000, 128_000


def load(name, data_dir=None, seed=0, vary=0.6, size=28, colour=False):
    """Return the training data called `name`, as a Dataset.

    name: one of NAMES, the path of a folder of pictures, or the path of a .npy or .npz file. "auto" is MNIST if it can
        be found or downloaded, and otherwise the drawn digits; the Dataset's note says which, and why. "stacked" takes
        its digits from there.
    data_dir: the folder that holds the files of MNIST, Fashion-MNIST and so on; see known.py.
    seed: of the drawn digits, of the digits that are stacked, and of the points.
    vary: how much the drawn digits differ from each other, from 0 to 1; see drawn.py.
    size, colour: of the images that the pictures of a folder become; see folder.py.

    Raises DataError if there is no such data set, or if its files are missing or damaged.
    """
    if name in ("auto", *SETS):
        try:
            return _known("mnist" if name == "auto" else name, data_dir)
        except NotFound as error:
            if name != "auto":
                raise
            return _drawn(seed, vary, f"; MNIST was not found: {error.reason}")
    if name == "drawn":
        return _drawn(seed, vary)
    if name == "stacked":
        digits = load("auto", data_dir, seed, vary)
        return replace(stack(digits, N_STACKED, seed), held=lambda: stack(digits.held(), N_STACKED, seed))
    if name in POINTS:
        points, labels = getattr(toy, name)(N_POINTS, seed)
        note = f"{name}, {N_POINTS} points" + (f" around {len(toy.centres(name))} centres" if name in toy.STD else "")
        return Dataset(points, (2,), note, labels, name=name)
    path = Path(os.path.expanduser(name))
    if is_folder(name):
        return replace(from_folder(path, size, colour), name=name)
    if path.suffix.lower() not in ENDINGS and path.is_file():
        raise DataError(f"{name} is a single file; give the folder that holds your pictures, or a .npy or .npz file.")
    if path.suffix.lower() not in ENDINGS:
        raise DataError(
            f"no data set and no folder is called {name}: choose {', '.join(NAMES)}, or give a folder of pictures, a "
            f".npy or a .npz file{did_you_mean(name, NAMES)}"
        )
    return replace(from_file(path), name=name)


def is_folder(name):
    """Whether `load` takes this name for a folder of pictures. A set goes before a folder with the same name."""
    return name not in NAMES and os.path.isdir(os.path.expanduser(name))


def split(train):
    """Return (training data, test data) as Datasets. `train` is what `load` returned.

    MNIST and the other known sets have a test set of their own. For the drawn digits, 10,000 more are drawn. Stacked
    test images consist of test digits. From any other data, a random sixth is held out; a GAN that was trained on all
    of it has seen that sixth, too. Raises DataError as `load` does.
    """
    if train.held:
        return train, train.held()
    held_out = np.random.default_rng(0).permutation(len(train.x)) % 6 == 0
    return train.subset(~held_out), train.subset(held_out)


def _known(name, data_dir, split="train"):
    images, labels, folder = load_known(name, split, data_dir)
    known, source = SETS[name], f"{SETS[name].title}{', for testing' * (split == 'test')}, from {folder}"
    classes = () if known.classes == DIGITS else known.classes
    held = (lambda: _known(name, data_dir, "test")) if split == "train" else None
    return from_images(images, source, labels, name=name, classes=classes, held=held)


def _drawn(seed, vary, why=""):
    images, labels = drawn.draw(N_DRAWN, seed, vary)

    def held():
        images, labels = (array[N_DRAWN:] for array in drawn.draw(N_DRAWN + N_TEST, seed, vary))
        return from_images(images, "drawn digits, for testing", labels, name="drawn")

    return from_images(images, f"drawn digits, generated from pen strokes{why}", labels, name="drawn", held=held)
