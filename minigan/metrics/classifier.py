"""A small classifier of the data's classes, whose features serve the Frechet distance and the neighbours.

It is trained once for each data set and kept in minigan's cache folder.
"""

import contextlib
import hashlib
import math
import os
from pathlib import Path

import numpy as np

from minigan.data import Dataset
from minigan.nn.activations import ReLU
from minigan.nn.layers import Dense, Dropout
from minigan.nn.network import Network
from minigan.nn.optim import Adam
from minigan.nn.softmax import softmax_cross_entropy

SURE = 0.9  # Where the likeliest class has a smaller probability than this, the image is often ragged.
RECIPE = 1  # Raise it when you change how the classifier is built or trained: old files are then left alone.


class Classifier:
    """An MLP n_x-512-64-n_classes, trained on images (n, height, width) or (n, n_x), uint8, with labels (n,) from 0.

    On MNIST training takes half a minute and gets 98.3 % of the test images right. The weights are kept in a file,
    named by a hash of the data and the recipe; a damaged file is replaced. Raises ValueError if images are not uint8.
    """

    def __init__(self, images, labels, epochs=15):
        if images.dtype != np.uint8:
            raise ValueError(f"the classifier takes pixels as uint8, not {images.dtype}.")
        import pooch

        self.data = Dataset(images.reshape(len(images), -1), images.shape[1:], "training images")
        rng, gain = np.random.default_rng(0), math.sqrt(2.0)
        hidden = [Dense(self.data.n_x, 512, gain), ReLU(), Dropout(0.3, rng), Dense(512, 64, gain), ReLU()]
        self.network = Network([*hidden, Dense(64, int(labels.max()) + 1)], rng)
        recipe = repr((RECIPE, epochs, self.data.x.shape, labels.dtype))
        name = hashlib.sha256(recipe.encode() + images.tobytes() + labels.tobytes()).hexdigest()[:16]
        path = Path(pooch.os_cache("minigan"), f"classifier-{name}.npz")
        if not self._load(path):
            self._train(labels, epochs, rng)
            self._save(path)

    def _train(self, labels, epochs, rng):
        from tqdm import tqdm

        optimizer = Adam(self.network.theta)
        order = np.concatenate([rng.permutation(len(labels)) for _ in range(epochs)])
        for start in tqdm(range(0, len(order), 128), "classifier", leave=False, mininterval=0.5, disable=None):
            rows = order[start : start + 128]
            s, caches = self.network.forward(self.data.batch(rows))
            _, ds = softmax_cross_entropy(s, labels[rows])
            self.network.backward(ds, caches)
            optimizer.lr = 0.001 * (1.0 - start / len(order))
            optimizer.step(self.network.grad)

    def _load(self, path):
        with contextlib.suppress(Exception):  # no file or a damaged one; zipfile and zlib raise many classes
            with open(path, "rb") as file:
                theta = np.load(file, allow_pickle=False)["theta"]
            if theta.shape == self.network.theta.shape and np.isfinite(theta).all():
                self.network.theta[...] = theta
                return True
        return False

    def _save(self, path):
        partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
        with contextlib.suppress(OSError):  # if it cannot be saved, it will be trained again next time
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(partial, "wb") as file:
                np.savez(file, theta=self.network.theta)
            os.replace(partial, path)

    @property
    def hash(self):
        """A hash of the weights. Figures of two machines can be compared if it is the same on both."""
        return hashlib.sha256(self.network.theta.tobytes()).hexdigest()[:12]

    def features(self, x):
        """The features (N, 64) of samples x (N, n_x) in -1..1: the input of the last layer."""
        chunks = (x[start : start + 1000] for start in range(0, len(x), 1000))  # to bound the memory
        # forward returns (y, caches), and the cache of a Dense layer is its input
        return np.concatenate([self.network.forward(chunk, train=False)[1][-1] for chunk in chunks])

    def probabilities(self, features):
        """The probability of each class (N, n_classes), for samples with these features (N, 64)."""
        s, _ = self.network.layers[-1].forward(features)
        p = np.exp(s - s.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)
