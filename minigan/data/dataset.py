"""Dataset: samples in memory, and the batches that training takes from them."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from minigan.backend import fused


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

    def subset(self, kept):
        """The samples for which kept (n,), of bools, is True."""
        labels = None if self.labels is None else self.labels[kept]
        return replace(self, x=self.x[kept], labels=labels, note=f"{kept.sum()} of {self.note}")


@fused
def scaled(pixels, factor, low):
    x = pixels.astype(np.float32)
    x *= factor
    x += low
    return x


def from_images(images, source, labels=None, name=""):
    n, height, width = images.shape
    note = f"{n} images {height}x{width}: {source}"
    return Dataset(images.reshape(n, -1), (height, width), note, labels, name=name)
