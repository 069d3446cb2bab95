"""The data sets: every one becomes a Dataset, whose batches are in the range the generator can reach."""

import hashlib
import os
import zipfile
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from minigan.backend import fused
from minigan.data import npy
from minigan.errors import DataError, brief

POINTS = ("ring", "grid", "spiral")
NAMES = ("auto", "mnist", "drawn", *POINTS)
N_DRAWN, N_TEST = 60_000, 10_000  # as many as MNIST has
N_POINTS = 100_000


@dataclass
class Dataset:
    """x: (n, d), uint8 pixels for images, float32 for points; shape: (height, width) of an image, (2,) for points.

    note: one line for the reader, saying what this is and where it came from. labels: (n,) whole numbers from 0, or
    None. low: what black is in a batch, -1 or 0; white is 1. name: what `load` finds it by, never "auto".
    """

    x: Any
    shape: tuple[int, ...]
    note: str
    labels: Any = None
    low: float = -1.0
    name: str = ""

    @property
    def n_x(self):
        return self.x.shape[1]

    @property
    def is_images(self):
        return self.x.dtype == np.uint8

    @cached_property
    def n_classes(self):
        return int(self.labels.max()) + 1  # waits for the device, so once

    @cached_property
    def sha256(self):
        """Of samples and labels on the host: what a run that goes on knows its data by."""
        sha = hashlib.sha256(repr((self.x.shape, self.x.dtype.str, self.shape)).encode())
        sha.update(np.ascontiguousarray(self.x).data)
        sha.update(b"" if self.labels is None else np.ascontiguousarray(self.labels).data)
        return sha.hexdigest()

    def some_labels(self, n):
        """n labels, each as often as it is in these data, but for chance; the same every time."""
        return np.random.default_rng(1).choice(self.labels, n)

    def batch(self, rows):
        """x[rows] as float32 (N, d): pixels scaled from 0..255 to low..1; points as they are."""
        x = self.x[rows]
        return scaled(x, (1.0 - self.low) / 255.0, self.low) if self.is_images else x

    def to(self, xp, low=-1.0):
        """The same data held by the array library xp, with black as low."""
        labels = None if self.labels is None else xp.asarray(self.labels)
        return replace(self, x=xp.asarray(self.x), labels=labels, low=low)


@fused
def scaled(pixels, factor, low):
    x = pixels.astype(np.float32)
    x *= factor
    x += low
    return x


def load(name, data_dir=None, seed=0, vary=0.6):
    """The data set called `name`: one of NAMES, or the path of a .npy or .npz file. Raises DataError.

    "auto" is MNIST where it is found or can be fetched, else the drawn digits; the note says which and why.
    """
    if name in ("auto", "mnist"):
        from minigan.data.mnist import MnistNotFound, load_mnist

        try:
            images, labels, folder = load_mnist("train", data_dir)
            return _images(images, f"MNIST, from {folder}", labels, "mnist")
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
    return replace(from_file(Path(name)), name=name)


def split(train, data_dir=None, seed=0, vary=0.6):
    """(training data, test data), given what `load` gave for the same arguments: of MNIST its own test set, of the
    drawn digits 10,000 more, of all else a sixth, at random, which a GAN of it has seen, too. Raises DataError."""
    if train.name == "mnist":
        from minigan.data.mnist import load_mnist

        images, labels, folder = load_mnist("test", data_dir)
        return train, _images(images, f"MNIST's test set, from {folder}", labels, "mnist")
    if train.name == "drawn":
        from minigan.data.drawn import draw

        images, labels = (a[N_DRAWN:] for a in draw(N_DRAWN + N_TEST, seed, vary))
        return train, _images(images, "drawn digits, for testing", labels, "drawn")
    held = np.random.default_rng(0).permutation(len(train.x)) % 6 == 0
    return _rows(train, ~held), _rows(train, held)


def _rows(data, rows):
    labels = None if data.labels is None else data.labels[rows]
    return replace(data, x=data.x[rows], labels=labels, note=f"{rows.sum()} of {data.note}")


def from_file(path):
    """A Dataset of the user's own: images (n, h, w), images of one row each (n, h * h), or points (n, 2).

    Pixels may be whole numbers 0..255, or floats within 0..1 or -1..1; a range that fits none of these is refused
    rather than guessed at, because a generator that ends in tanh could never reach it. Raises DataError.
    """
    x, labels = _read(path)
    data = _from_array(x, path)
    if labels is None:
        return data
    if labels.dtype.kind not in "iu" or labels.shape != (len(x),) or labels.min() < 0 or labels.max() >= 1000:
        found = f"{labels.dtype} of shape {labels.shape}"
        return replace(data, note=f"{data.note}; its labels are {found}, not whole numbers 0..999 of shape ({len(x)},)")
    missing = sorted(set(range(labels.max())) - set(np.unique(labels).tolist()))
    words = f"; no sample has label {', '.join(map(str, missing))}" if missing else ""
    return replace(data, labels=labels, note=data.note + words)


def _from_array(x, path):
    if x.dtype.kind not in "biuf" or x.size == 0:
        raise DataError(f"{path} holds {brief(x.dtype)} of shape {x.shape}; it must hold numbers, at least one sample.")
    with np.errstate(over="ignore"):
        finite = x.dtype.kind != "f" or np.isfinite(x.astype(np.float32)).all()
    if not finite:
        raise DataError(f"{path} holds NaN, infinite or overlarge values; remove those samples first.")
    if x.ndim == 2 and x.shape[1] == 2:
        return Dataset(x.astype(np.float32), (2,), f"{len(x)} points from {path}")
    side = round(x.shape[1] ** 0.5) if x.ndim == 2 else 0
    if side >= 8 and side * side == x.shape[1]:  # 1x1 would be labels, 3x3 one-hot labels
        x = x.reshape(-1, side, side)
    if x.ndim != 3 or min(x.shape[1:]) < 2:
        raise DataError(f"{path} has shape {x.shape}; minigan takes grey images (n, height, width) or points (n, 2).")
    low, high = x.min(), x.max()
    if low == high:
        raise DataError(f"{path} holds the value {low} only.")
    if x.dtype.kind in "iu" and low >= 0 and 1 < high <= 255:
        return _images(x.astype(np.uint8), f"{path}, values 0..255")
    if x.dtype.kind in "biu" and low >= 0 and high <= 1:
        return _images(x.astype(np.uint8) * np.uint8(255), f"{path}, values 0..1")
    near = 1e-3  # resampled images overshoot a little
    if low >= -near and high <= 1 + near:
        return _images(np.rint(np.clip(x, 0, 1) * 255.0).astype(np.uint8), f"{path}, values 0..1")
    if -1 - near <= low < -0.5 and high <= 1 + near:
        return _images(np.rint((np.clip(x, -1, 1) + 1.0) * 127.5).astype(np.uint8), f"{path}, values -1..1")
    raise DataError(
        f"{path} has values from {low:g} to {high:g} as {x.dtype}; scale them to 0..1, -1..1 or whole 0..255 first."
    )


def _read(path):
    if path.suffix.lower() not in (".npy", ".npz"):
        raise DataError(f"no data set is called {path}: choose {', '.join(NAMES)}, or give a .npy or .npz file.")
    try:
        with open(path, "rb") as file:
            is_zip, size = file.read(2) == b"PK", file.seek(0, os.SEEK_END)
            file.seek(0)
            if not is_zip:
                return npy.read(file, size), None
            with zipfile.ZipFile(file) as archive:
                parts = npy.parts(archive, size)
                labels = next((name for name in ("labels", "y_train", "y") if name in parts), None)
                images = next((name for name in ("images", "x_train", "x", *parts) if name in parts), None)
                if (len(parts) > 1 and images not in ("images", "x_train", "x")) or not images:
                    raise DataError(f"{path} holds {brief(', '.join(parts) or 'nothing')}; call the array 'images'.")
                return npy.part(archive, parts[images]), labels and npy.part(archive, parts[labels])
    except FileNotFoundError:
        raise DataError(f"there is no file {path}.") from None
    except DataError:
        raise
    except Exception as error:  # zipfile and zlib raise classes of their own for damaged archives
        raise DataError(f"{path} is not a readable {path.suffix} file ({brief(error)}).") from None


def _drawn(seed, vary, why=""):
    from minigan.data.drawn import draw

    images, labels = draw(N_DRAWN, seed, vary)
    return _images(images, f"drawn digits, made here from strokes{why}", labels, "drawn")


def _images(images, source, labels=None, name=""):
    n, height, width = images.shape
    note = f"{n} images {height}x{width}: {source}"
    return Dataset(images.reshape(n, -1), (height, width), note, labels, name=name)
