"""Nearest neighbours answer three questions: do samples look real, do they cover all real ones, are they copies?"""

from typing import NamedTuple

import numpy as np

CHUNK = 5_000_000  # the most distances held at once: 40 MB
PART = 7_840_000  # pixels of training images compared at once: 63 MB; all of MNIST would take 0.4 GB


def squared_distances(a, b):
    """The squared distances between a (N, d) and b (M, d), in pieces that fit in memory.

    Yields (a slice of the rows of a, their squared distances from b (rows, M), float64).
        |a_n - b_m|^2 = |a_n|^2 + |b_m|^2 - 2 sum_i a_ni b_mi                               (1)
    In this form nearly all the work is one matrix product. Rounding could make a distance of 0 negative; it stays 0.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
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
    """The squared distance of each sample of x (N, d) to its k-th nearest neighbour: an array (N,) for each k."""
    found = np.empty((len(ks), len(x)))
    for rows, d in squared_distances(x, x):
        found[:, rows] = np.partition(d, ks, axis=1)[:, list(ks)].T  # place 0 is the sample itself
    return found


class Score(NamedTuple):
    precision: float  # share of the fake samples inside the ball of a real one
    recall: float  # share of the real samples inside the ball of a fake one
    density: float  # mean number of real balls around a fake sample, divided by k; can exceed 1
    coverage: float  # share of the real samples whose own ball holds a fake one


def score(fake, real, k_manifold=3, k_density=5):
    """The Score of fake samples (N, d) against real ones (M, d). For images take features: pixels lie too far apart.

    Around each sample imagine a ball that reaches to its k-th nearest neighbour of the same kind, fake or real.
    Together the balls of one kind estimate where that kind lies. An outlier has a large ball, and a single one can
    raise precision or recall. Density and coverage are robust against that: density counts balls, and coverage uses
    only those of real samples.
    Source: Kynkaanniemi et al. 2019, eq. 1 and 2, k = 3; Naeem et al. 2020, eq. 3 and 4, k = 5.
    Raises ValueError if there are k or fewer of either kind, or values that are not finite.
    """
    k = max(k_manifold, k_density)
    if min(len(fake), len(real)) <= k or not (np.isfinite(fake).all() and np.isfinite(real).all()):
        raise ValueError(f"precision and recall need more than {k} samples on each side, all finite.")
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


def nearest(x, data, n=1):
    """The n images of a Dataset nearest to each of the samples x (N, d) in -1..1, the nearest first.

    Returns (their indices (N, n), their distances (N, n)); the distances are those
    between images in 0..1.
    """
    x = (x + 1.0) * 0.5
    index, best = np.zeros((len(x), n), np.int64), np.full((len(x), n), np.inf)
    part = max(1, PART // data.n_x)
    for start in range(0, len(data.x), part):
        for rows, d in squared_distances(x, data.stored(slice(start, start + part)) / 255.0):
            d = np.concatenate([best[rows], d], axis=1)
            order = np.argpartition(d, range(n), axis=1)[:, :n]
            best[rows] = np.take_along_axis(d, order, axis=1)
            index[rows] = np.where(
                order < n, np.take_along_axis(index[rows], np.minimum(order, n - 1), 1), order - n + start
            )
    return index, np.sqrt(best)
