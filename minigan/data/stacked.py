"""Stacked MNIST: colour images with a digit in each of the three channels. It shows how many modes a GAN misses.

Three digits make 10 x 10 x 10 = 1,000 combinations, the modes. metrics/modes.py counts how many of them samples reach.
Source: Metz et al. 2017; Lin et al. 2018, section 4.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from minigan.data.dataset import Dataset


@dataclass
class Stacked(Dataset):
    """Images that are put together when a batch asks for them, so they take no more memory than the digits do.

    x: (n, 3); the rows of `digits` that are the red, the green and the blue channel.
    shape: (height, width, 3).
    digits: a Dataset of grey images (height, width).
    """

    digits: Any = None

    @property
    def is_images(self):
        return True

    @cached_property
    def sha256(self):
        """The hash of the rows and of the digits, which must be on the host."""
        sha = hashlib.sha256(np.ascontiguousarray(self.x).data)
        sha.update(self.digits.sha256.encode())
        return sha.hexdigest()

    def stored(self, rows):
        """The images in these rows, uint8 (N, n_x); the three channels of a pixel follow each other."""
        chosen = self.x[rows]
        return np.stack([self.digits.x[chosen[:, c]] for c in range(3)], axis=2).reshape(len(chosen), -1)

    def to(self, xp, low=-1.0):
        return replace(super().to(xp, low), digits=self.digits.to(xp))


def stack(digits, n, seed=0):
    """A Stacked of n images, each with three random digits. digits: a Dataset of grey images.

    There are no labels: a GAN has to find the modes itself. Of 128,000 images, which `load` takes, about 128 fall on
    each mode, and 1,000 batches of 128 are an epoch. The literature takes 100,000 and more.
    """
    rows = np.random.default_rng(seed).integers(len(digits.x), size=(n, 3))
    height, width = digits.shape
    note = f"{n} images {height}x{width} in colour, a digit in each channel: {digits.note}"
    return Stacked(rows, (height, width, 3), note, name="stacked", digits=digits)
