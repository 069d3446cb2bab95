"""Nearest neighbours: are samples where the real ones are, and everywhere they are? And are they copies?"""

from typing import NamedTuple

import numpy as np

CHUNK = 5_000_000  # entries of a table of distances at once: 40 MB
PART = 10_000  # training images at once: all of them as float64 would take 0.4 GB


def squared_distances(a, b):
    """Yield (a slice of the rows of a, their squared distances from b (rows, M) float64), for a (N, d) and b (M, d).

        |a_n - b_m|^2 = |a_n|^2 + |b_m|^2 - 2 sum_i a_ni b_mi                               (1)
    so that all the work is one matmul; never below 0, as rounding alone would have it where points coincide.
    """
    a, b = a.astype(np.float64), b.astype(np.float64)
    squares_a, squares_b = (a * a).sum(axis=1, keepdims=True), (b * b).sum(axis=1)
    n = max(1, CHUNK // len(b))
    for start in range(0, len(a), n):
        rows = slice(start, start + n)
        d = a[rows] @ b.T
        d *= -2.0
        d += squares_a[rows]
        d += squares_b  # (1)
        yield rows, np.maximum(d, 0.0, out=d)


def radii(x, *ks):
    """Squared distances from each sample to its k-th nearest other one, an array (N,) for each k."""
    found = np.empty((len(ks), len(x)))
    for rows, d in squared_distances(x, x):
        found[:, rows] = np.partition(d, ks, axis=1)[:, list(ks)].T  # the nearest of all, place 0, is the sample itself
    return found


class Score(NamedTuple):
    precision: float  # share of the samples that lie in a ball of a real one
    recall: float  # share of the real ones that lie in a ball of a sample
    density: float  # balls of real ones that a sample lies in, over k; not bounded by 1
    coverage: float  # share of the real ones whose own ball holds a sample


def score(fake, real, k_manifold=3, k_density=5):
    """The Score of samples (N, d) against real ones (M, d); d are features, for pixels lie too far apart.

    The ball of a point reaches to its k-th nearest neighbour among its own kind; the balls of all are an estimate of
    where that kind lives. One outlier with its large ball can flatter precision and recall; density, which counts
    balls, and coverage, which asks only the balls of real ones, hold out against that.
    Source: Kynkaanniemi et al. 2019, eq. 1 and 2, k = 3; Naeem et al. 2020, eq. 3 and 4, k = 5.
    Raises ValueError unless there are more than k of either kind, all finite.
    """
    k = max(k_manifold, k_density)
    if min(len(fake), len(real)) <= k or not (np.isfinite(fake).all() and np.isfinite(real).all()):
        raise ValueError(f"precision and recall take more than {k} samples of either kind, all finite.")
    (of_fake,), (of_real, own) = radii(fake, k_manifold), radii(real, k_manifold, k_density)
    precise, recalled, covered, balls = np.zeros(len(fake), bool), 0, 0, 0
    for rows, d in squared_distances(real, fake):
        precise |= (d <= of_real[rows, None]).any(axis=0)
        recalled += (d <= of_fake).any(axis=1).sum()
        inside = d <= own[rows, None]
        balls += inside.sum()
        covered += inside.any(axis=1).sum()
    n, m = len(fake), len(real)
    return Score(*map(float, (precise.mean(), recalled / m, balls / (k_density * n), covered / m)))


def nearest(x, training, n=1):
    """(indices, distances), (N, n) each: of the n training images (M, d) uint8 nearest to each of x (N, d) in -1..1,
    the nearest first, distances as between images in 0..1."""
    x = (x + 1.0) * 0.5
    index, best = np.zeros((len(x), n), np.int64), np.full((len(x), n), np.inf)
    for start in range(0, len(training), PART):
        for rows, d in squared_distances(x, training[start : start + PART] / 255.0):
            d = np.concatenate([best[rows], d], axis=1)
            order = np.argpartition(d, range(n), axis=1)[:, :n]
            best[rows] = np.take_along_axis(d, order, axis=1)
            index[rows] = np.where(
                order < n, np.take_along_axis(index[rows], np.minimum(order, n - 1), 1), order - n + start
            )
    return index, np.sqrt(best)
