"""Scores samples of the ring and the grid, whose modes are known.

The measures are those of PacGAN, which takes 2,500 samples (Lin et al. 2018, section 4.1).
"""

import math
from typing import NamedTuple

import numpy as np

from minigan.data import toy

RADIUS = 3.0  # in standard deviations: a sample this near to a mode is of high quality


class Score(NamedTuple):
    """The score of perfect samples is in brackets. The last two are nan if no sample is of high quality."""

    found: int  # modes with at least one sample of high quality (all)
    n_modes: int  # 8 for "ring", 25 for "grid"
    high_quality: float  # share of samples (.989)
    reverse_kl: float  # nats, from the shares of the modes to equal shares (0, plus about (n_modes - 1) / 2N by chance)
    sigma_ratio: float  # spread around the modes, divided by that of the data (1)


def score(points, name):
    """The Score of points (N, 2) as samples of `name`, which is "ring" or "grid".

    Only samples of high quality count: those within R sigma of a mode, where sigma is the standard deviation of the
    data around its modes and R = RADIUS. Let q_k be the share of them at mode k, and d their distance from the mode:
        reverse_kl    = sum_k q_k log(q_k n_modes)                                          (1)
        sigma_ratio^2 = mean d^2 / (2 sigma^2 c),  c = 1 - (R^2/2) / (exp(R^2/2) - 1)       (2)
    c is the fraction of the variance that remains when the data is cut off at R sigma, so perfect samples have ratio 1.
    The ratio shows what the share of high quality hides: samples that vary less than the data score well there, but
    have a ratio below 1. The cut-off limits ratios above 1; samples spread evenly over the discs have 1.54.
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
