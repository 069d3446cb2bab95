"""Samples of the ring or the grid against the truth. PacGAN takes 2,500 samples (Lin et al. 2018, section 4.1)."""

import math
from typing import NamedTuple

import numpy as np

from minigan.data import toy

RADIUS = 3.0  # a sample is of high quality within so many standard deviations of the nearest mode


class Score(NamedTuple):
    """In brackets what perfect samples score. The last two are nan where no sample is of high quality."""

    found: int  # modes with at least one sample of high quality (all)
    n_modes: int  # 8 for "ring", 25 for "grid"
    high_quality: float  # share of samples (.989)
    reverse_kl: float  # nats, from the samples of high quality to equal shares (by chance (n_modes - 1) / 2N, else 0)
    sigma_ratio: float  # spread of the samples of high quality over that of the data (1)


def score(points, name):
    """The Score of points (N, 2) as samples of the set called `name`, "ring" or "grid".

    With q_k the share of mode k, d the distance from the mode and the mean over the samples of high quality,
        reverse_kl    = sum_k q_k log(q_k n_modes)                                          (1)
        sigma_ratio^2 = mean d^2 / (2 sigma^2 c),  c = 1 - (R^2/2) / (exp(R^2/2) - 1)       (2)
    where c is what is left of the data's variance when it is cut off at R sigma, as the samples' is here: so perfect
    samples have ratio 1. It stands beside the high quality because that flatters samples that are colder than the
    data. Above 1 the cut compresses it; 1.54 are samples spread evenly over the discs.
    """
    means, sigma, half = toy.centres(name), toy.STD[name], RADIUS**2 / 2.0
    distance = np.linalg.norm(points[:, None] - means, axis=2)
    nearest, d = distance.argmin(axis=1), distance.min(axis=1)
    good = d <= RADIUS * sigma
    if not good.any():
        return Score(0, len(means), 0.0, math.nan, math.nan)
    count = np.bincount(nearest[good])
    q = count[count > 0] / count.sum()
    kl = (q * np.log(q * len(means))).sum()  # (1)
    c = 1.0 - half / math.expm1(half)
    ratio = np.sqrt((d[good] ** 2).mean() / (2.0 * sigma**2 * c))  # (2)
    return Score(len(q), len(means), float(good.mean()), float(kl), float(ratio))
