"""Scores samples of data whose modes are known: the ring, the grid and stacked digits.

The measures are those of PacGAN, which takes 2,500 points or 26,000 stacked images (Lin et al. 2018, section 4).
"""

import math
from typing import NamedTuple

import numpy as np

from minigan.data import toy
from minigan.metrics.classifier import SURE

RADIUS = 3.0  # in standard deviations: a sample this near to a mode is of high quality


def reverse_kl(modes, n_modes):
    """The KL divergence, in nats, from the shares q_k of the modes to equal shares:

        sum_k q_k log(q_k n_modes)                                                          (1)
    modes: the mode of each sample (N,), whole numbers from 0. Equal shares have 0, a single mode has log n_modes. Of N
    perfect samples, the modes do not get exactly equal shares; their divergence is about (n_modes - 1) / 2N.
    """
    count = np.bincount(modes)
    q = count[count > 0] / count.sum()
    return float((q * np.log(q * n_modes)).sum())  # (1)


class Score(NamedTuple):
    """The score of perfect samples is in brackets. The last two are nan if no sample is of high quality."""

    found: int  # modes with at least one sample of high quality (all)
    n_modes: int  # 8 for "ring", 25 for "grid"
    high_quality: float  # share of samples (.989)
    reverse_kl: float  # nats, see `reverse_kl` (about (n_modes - 1) / 2N)
    sigma_ratio: float  # spread around the modes, divided by that of the data (1)


def score(points, name):
    """The Score of points (N, 2) as samples of `name`, which is "ring" or "grid".

    Only samples of high quality count: those within R sigma of a mode, where sigma is the standard deviation of the
    data around its modes and R = RADIUS. Let d be their distance from the mode:
        sigma_ratio^2 = mean d^2 / (2 sigma^2 c),  c = 1 - (R^2/2) / (exp(R^2/2) - 1)       (1)
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
    found, kl = len(np.unique(nearest[good])), reverse_kl(nearest[good], len(means))
    c = 1.0 - half / math.expm1(half)
    ratio = np.sqrt((d[good] ** 2).mean() / (2.0 * sigma**2 * c))  # (1)
    return Score(found, len(means), float(good.mean()), kl, float(ratio))


class StackedScore(NamedTuple):
    """The score of perfect samples is in brackets."""

    found: int  # combinations of three digits that at least one sample shows (1,000)
    n_modes: int  # 1,000
    reverse_kl: float  # nats, see `reverse_kl` (.019 for 26,000 samples, and .004 because MNIST has more 1s than 5s)
    sure: float  # share of the channels in which the classifier is surer than SURE of a digit (that of test images)


def score_stacked(parts, classifier):
    """The StackedScore of stacked images, which come in parts: arrays (N, 3d) in -1..1, see data/stacked.py.

    classifier: a Classifier of single digits. It reads every channel of every image, whatever the channel shows. So
    noise reaches some modes, too; the share of channels of which the classifier is sure tells the difference.
    """
    modes, sure = [], []
    for x in parts:
        channels = x.reshape(len(x), -1, 3)
        p = np.stack([classifier.probabilities(classifier.features(channels[:, :, c])) for c in range(3)])
        n_digits = p.shape[2]
        modes.append(np.ravel_multi_index(tuple(p.argmax(axis=2)), (n_digits,) * 3))
        sure.append(p.max(axis=2) > SURE)
    of_all = np.concatenate(modes)
    share = float(np.concatenate(sure, axis=1).mean())
    return StackedScore(len(np.unique(of_all)), n_digits**3, reverse_kl(of_all, n_digits**3), share)
