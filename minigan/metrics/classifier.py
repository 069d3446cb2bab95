"""How far samples are from real images: the Frechet distance between what a classifier sees in them.

FID takes its features from a network for photographs; minigan trains a small one on the data itself, once, and keeps
it. So its distances compare with each other, not with a published FID: read each between the floor and the ceiling
that stand beside it.
"""

import contextlib
import hashlib
import inspect
import math
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minigan.data import Dataset
from minigan.errors import DataError
from minigan.nn.activations import ReLU
from minigan.nn.layers import Dense, Dropout
from minigan.nn.network import Network
from minigan.nn.optim import Adam
from minigan.nn.softmax import softmax_cross_entropy


class Classifier:
    """An MLP of n_x-512-64-n_classes, trained on images (n, height, width) or (n, n_x), uint8, and labels (n,) from 0.

    On MNIST: 98.3 % of the test images right, after half a minute. It is kept in minigan's cache folder, under a name
    that is a hash of the data and of this class; a damaged file is trained anew. Raises ValueError for other pixels.
    """

    def __init__(self, images, labels, epochs=15):
        if images.dtype != np.uint8:
            raise ValueError(f"the classifier takes pixels as uint8, not {images.dtype}.")
        import pooch

        self.data = Dataset(images.reshape(len(images), -1), images.shape[1:], "training images")
        rng, gain = np.random.default_rng(0), math.sqrt(2.0)
        hidden = [Dense(self.data.n_x, 512, gain), ReLU(), Dropout(0.3, rng), Dense(512, 64, gain), ReLU()]
        self.network = Network([*hidden, Dense(64, int(labels.max()) + 1)], rng)
        recipe = inspect.getsource(Classifier) + repr((epochs, self.data.x.shape, labels.dtype))
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
        with contextlib.suppress(Exception):  # no file, or a damaged one: zipfile and zlib raise classes of their own
            with open(path, "rb") as file:
                theta = np.load(file, allow_pickle=False)["theta"]
            if theta.shape == self.network.theta.shape and np.isfinite(theta).all():
                self.network.theta[...] = theta
                return True
        return False

    def _save(self, path):
        partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
        with contextlib.suppress(OSError):  # a folder that cannot be written to costs time only
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(partial, "wb") as file:
                np.savez(file, theta=self.network.theta)
            os.replace(partial, path)

    @property
    def hash(self):
        """Of the weights: two people's figures compare where these do."""
        return hashlib.sha256(self.network.theta.tobytes()).hexdigest()[:12]

    def features(self, x):
        """What the last layer is given, and so has as its cache, for samples x (N, n_x) in -1..1: (N, 64)."""
        chunks = (x[start : start + 1000] for start in range(0, len(x), 1000))  # to bound the memory
        return np.concatenate([self.network.forward(chunk, train=False)[1][-1] for chunk in chunks])

    def probabilities(self, features):
        """Of every class, for samples with these features (N, 64): (N, n_classes)."""
        s, _ = self.network.layers[-1].forward(features)
        p = np.exp(s - s.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)


def frechet_distance(a, b):
    """The squared Frechet distance between two Gaussians that have the moments of a (N, d) and b (M, d):

        |m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^1/2),    m mean, C covariance
    An eigenvalue of C that should be 0 is 1e-16 after rounding, and its root 1e-8. So C is never formed, but only R,
        C = R'R,    from the QR decomposition of the centred samples / sqrt(N - 1)          (1)
    C_a C_b = R_a' (R_a R_b' R_b) has the eigenvalues of R_a R_b' R_b R_a', which are squares of singular values:
        |m_a - m_b|^2 + |R_a|^2 + |R_b|^2 - 2 sum of the singular values of R_a R_b'        (2)
    Raises ValueError unless there are two or more samples on either side, all finite.
    Source: Dowson and Landau 1982; on features Heusel et al. 2017, eq. 6.
    """
    (m_a, R_a), (m_b, R_b) = _moments(a), _moments(b)
    shared = np.linalg.svd(R_a @ R_b.T, compute_uv=False).sum()
    return float(((m_a - m_b) ** 2).sum() + (R_a**2).sum() + (R_b**2).sum() - 2.0 * shared)  # (2)


def _moments(x):
    if len(x) < 2 or not np.isfinite(x).all():
        raise ValueError("the Frechet distance takes two or more samples on either side, all finite.")
    x = x.astype(np.float64)
    m = x.mean(axis=0)
    return m, np.linalg.qr((x - m) / math.sqrt(len(x) - 1), mode="r")  # (1)


class Score(NamedTuple):
    distance: float  # between the samples and the test images
    confidence: float  # mean of what the classifier gives to the likeliest class
    shares: tuple[float, ...]  # of the samples that fall to each class


class Judge:
    """What samples of images are measured against: test images, and a classifier of the training images, Datasets.

    Raises DataError where there are no labels to learn, or hardly any test images.
    """

    def __init__(self, train, test):
        if train.labels is None:
            raise DataError(f"{train.note}: no labels for a classifier to learn; put them into an .npz, as 'labels'.")
        if len(test.x) < 10:
            raise DataError(f"{test.note}: too few to test against; 10 are the least, 10000 are better.")
        self.train, self.test = train, test.batch(slice(None))
        self.classifier = Classifier(train.x.reshape(-1, *train.shape), train.labels)
        self.features = self.classifier.features(self.test)
        right = self.classifier.probabilities(self.features).argmax(axis=1) == test.labels
        self.accuracy = float(right.mean())
        self.held = len(train.x) * 5 // 6  # 50,000 of MNIST: behind them are the validation images of 2014

    def score(self, x):
        """The Score of samples (N, n_x) in -1..1. N enters: fewer samples are farther away; take 10,000."""
        features = self.classifier.features(x)
        p = self.classifier.probabilities(features)
        shares = np.bincount(p.argmax(axis=1), minlength=p.shape[1]) / len(p)
        distance = frechet_distance(features, self.features)
        return Score(distance, float(p.max(axis=1).mean()), tuple(shares.tolist()))

    def real(self, n):
        """n training images, in -1..1: their distance is the floor, below which there is nothing to be gained."""
        return self.train.batch(np.random.default_rng(0).permutation(self.held)[:n])

    def noise(self, n):
        """n images of noise, clipped to -1..1: their distance is the ceiling."""
        noise = np.random.default_rng(0).standard_normal((n, self.train.n_x), dtype=np.float32)
        return np.clip(noise, -1.0, 1.0, out=noise)
