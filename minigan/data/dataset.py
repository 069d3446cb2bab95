"""Dataset: samples in memory, and the batches that training takes from them."""

import hashlib
import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from minigan.ground.backend import fused

MAX_CLASSES = 1000  # each makes the networks larger


@dataclass
class Dataset:
    """Samples, one in each row.

    x: (n, d); uint8 pixels of images, or float32 coordinates of points.
    shape: of one sample: (height, width) for grey images, (height, width, 3) for colour, (2,) for points.
    note: one line that says what the data are and where they came from.
    labels: (n,) integers from 0, or None.
    low: the value of black in a batch, -1 or 0. White is 1.
    name: the name that `load` knows the data by. It is never "auto".
    classes: the names of the labels, or () if these are just numbers.
    left_out: files that could not be used, name -> why.
    held: a function that returns the Dataset of test samples, if these data have their own; see `data.split`.
    """

    x: Any
    shape: tuple[int, ...]
    note: str
    labels: Any = None
    low: float = -1.0
    name: str = ""
    classes: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    held: Any = None

    @property
    def n_x(self):
        return math.prod(self.shape)

    @property
    def is_images(self):
        return self.x.dtype == np.uint8

    @property
    def has_classes(self):
        """Whether there are labels that tell at least two classes apart."""
        return self.labels is not None and self.n_classes > 1

    @cached_property
    def n_classes(self):
        return int(self.labels.max()) + 1  # cached, because reading a number from a GPU waits for the GPU

    @cached_property
    def sha256(self):
        """The hash of samples and labels, which must be on the host. A resumed run recognises its data by it."""
        sha = hashlib.sha256(repr((self.x.shape, self.x.dtype.str, self.shape)).encode())
        sha.update(np.ascontiguousarray(self.x).data)
        sha.update(b"" if self.labels is None else np.ascontiguousarray(self.labels).data)
        return sha.hexdigest()

    def some_labels(self, n):
        """n labels, drawn with the frequencies that they have in these data; the same n labels every time."""
        return np.random.default_rng(1).choice(self.labels, n)

    def stored(self, rows):
        """The samples in these rows, as they are stored: uint8 pixels or float32 coordinates (N, n_x)."""
        return self.x[rows]

    def batch(self, rows):
        """The samples in these rows as float32 (N, n_x): pixels are scaled from 0..255 to low..1, points unchanged."""
        x = self.stored(rows)
        return scaled(x, (1.0 - self.low) / 255.0, self.low) if self.is_images else x

    def to(self, xp, low=-1.0):
        """The same data as arrays of the library xp, with `low` as the value of black."""
        labels = None if self.labels is None else xp.asarray(self.labels)
        return replace(self, x=xp.asarray(self.x), labels=labels, low=low)

    def shuffled(self):
        """The same samples in a random order, always the same one.

        Training draws orders of its own. But what looks at a part of the data, as the vital signs do, takes the first
        ones, and these should not be of a single class.
        """
        order = np.random.default_rng(2).permutation(len(self.x))  # `split` draws with the seed 0
        return replace(self, x=self.x[order], labels=None if self.labels is None else self.labels[order])

    def subset(self, kept):
        """The samples where the boolean array kept (n,) is True."""
        labels = None if self.labels is None else self.labels[kept]
        return replace(self, x=self.x[kept], labels=labels, note=f"{kept.sum()} of {self.note}")


@fused
def scaled(pixels, factor, low):
    x = pixels.astype(np.float32)
    x *= factor
    x += low
    return x


def from_images(images, source, labels=None, **more):
    """A Dataset of images uint8, (n, height, width) or (n, height, width, 3). source: their origin, for the note.

    more: further fields of the Dataset.
    """
    n, *shape = images.shape
    colour = " in colour" if len(shape) == 3 else ""
    note = f"{n} images {shape[0]}x{shape[1]}{colour}: {source}"
    return Dataset(images.reshape(n, -1), tuple(shape), note, labels, **more)
