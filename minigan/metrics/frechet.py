"""How far samples are from real images: the Frechet distance between the features that a network sees in them.

FID takes its features from a network for photographs. Here they come from a small classifier of the data itself, or
from an untrained network if the data have no labels. So distances on the same data can be compared with each other, but
not with a published FID. Read each beside two others: that of real images, the smallest that makes sense, and that of
noise. Noise is no upper limit: bad samples can be farther away.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from minigan.ground.errors import DataError
from minigan.metrics.classifier import SURE, Classifier
from minigan.metrics.untrained import Untrained


def frechet_distance(a, b):
    """The squared Frechet distance between two sets of samples, a (N, d) and b (M, d).

    Each set is replaced by the Gaussian with the same mean m and covariance C. Their squared distance is
        |m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^1/2)
    The matrix root loses precision: an eigenvalue that should be 0 is about 1e-16 after rounding, and its root 1e-8.
    So C is never computed. Let X hold the centred samples, divided by sqrt(N - 1), so that C = X'X. A QR decomposition
    X = QR gives
        C = R'R                                                                             (1)
    C_a C_b = R_a' (R_a R_b' R_b) has the same nonzero eigenvalues as (R_a R_b') (R_a R_b')', and these are the squares
    of the singular values of R_a R_b'. The distance becomes
        |m_a - m_b|^2 + |R_a|^2 + |R_b|^2 - 2 sum of the singular values of R_a R_b'        (2)
    where |R|^2 is the sum of the squares of R's entries, tr(R'R).
    Raises ValueError if a or b has fewer than two samples, or values that are not finite.
    Source: Dowson and Landau 1982; on features Heusel et al. 2017, eq. 6.
    """
    (m_a, R_a), (m_b, R_b) = _moments(a), _moments(b)
    shared = np.linalg.svd(R_a @ R_b.T, compute_uv=False).sum()
    return float(((m_a - m_b) ** 2).sum() + (R_a**2).sum() + (R_b**2).sum() - 2.0 * shared)  # (2)


def _moments(x):
    if len(x) < 2 or not np.isfinite(x).all():
        raise ValueError("the Frechet distance needs at least two samples on each side, all finite.")
    x = x.astype(np.float64)
    m = x.mean(axis=0)
    return m, np.linalg.qr((x - m) / math.sqrt(len(x) - 1), mode="r")  # (1)


class Score(NamedTuple):
    distance: float  # Frechet distance between the samples and the test images
    confidence: float  # mean probability of the class that the classifier finds most likely
    sure: float  # share of the samples in which the classifier is surer than SURE of a class
    shares: tuple[float, ...]  # share of the samples in each class


class Judge:
    """Measures images against the test images, on the features that `eyes` sees; train and test are Datasets.

    The eyes are a classifier of the training images, or, if these have no labels, an untrained network. Then there is
    a distance, but no Score.
    Raises DataError if there are fewer than 10 test images.
    """

    def __init__(self, train, test):
        if len(test.x) < 10:
            raise DataError(f"{test.note}: too few test images; at least 10 are needed, better 10000.")
        self.train, self.test = train, test.batch(slice(None))
        self.held = len(train.x) * 5 // 6  # 50,000 of MNIST; after them come the validation images of 2014
        if train.has_classes:
            self.eyes: Any = Classifier(train.x.reshape(-1, *train.shape), train.labels)
        else:
            self.eyes = Untrained(self.test)
        self.features = self.eyes.features(self.test)
        if train.has_classes:
            p = self.eyes.probabilities(self.features)
            self.accuracy = float((p.argmax(axis=1) == test.labels).mean())
            self.sure = float((p.max(axis=1) > SURE).mean())  # of test images, which the classifier has not seen before
            right = f"{100.0 * self.accuracy:.2f} % of the test images right"
            self.about = f"a classifier, {right}, weights {self.eyes.hash}"
        else:
            self.about = (
                "an untrained network, as the data have no labels; so it cannot tell how clear a sample is, or which "
                "classes are missing"
            )

    def distance(self, x):
        """The Frechet distance of samples (N, n_x) in -1..1. It grows as N falls; take 10,000 samples."""
        return frechet_distance(self.eyes.features(x), self.features)

    def score(self, x):
        """The Score of samples (N, n_x) in -1..1."""
        features = self.eyes.features(x)
        p = self.eyes.probabilities(features)
        shares = np.bincount(p.argmax(axis=1), minlength=p.shape[1]) / len(p)
        distance, likeliest = frechet_distance(features, self.features), p.max(axis=1)
        return Score(distance, float(likeliest.mean()), float((likeliest > SURE).mean()), tuple(shares.tolist()))

    def real(self, n):
        """n training images, in -1..1. A smaller distance than theirs means nothing."""
        return self.train.batch(np.random.default_rng(0).permutation(self.held)[:n])

    def noise(self, n):
        """n images of noise, clipped to -1..1, for comparison."""
        noise = np.random.default_rng(0).standard_normal((n, self.train.n_x), dtype=np.float32)
        return np.clip(noise, -1.0, 1.0, out=noise)
