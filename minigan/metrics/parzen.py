"""The Parzen-window log-likelihood of Goodfellow et al. 2014, Table 1: how GANs on MNIST were compared at first.

It rewards blur. The centres of k-means score better than the training images (Theis et al. 2016), and so do the
training images themselves after a little blurring. So never read it alone, but beside the figure of real images.
"""

import math
from typing import NamedTuple

import numpy as np

from minigan.metrics.neighbours import squared_distances

SIGMAS = np.logspace(-1.0, 0.0, 10)


def log_likelihoods(x, centres, sigmas):
    """The log-likelihood of each image x_n, in nats, under a mixture of M equal Gaussians, one around each centre c_m:

        log p(x_n) = log 1/M sum_m exp(-|x_n - c_m|^2 / (2 sigma^2)) - d/2 log(2 pi sigma^2)    (1)
    x: images (N, d) in 0..1. centres: (M, d). Returns an array (number of sigmas, N).
    Evaluated literally, exp underflows to 0 for every m. Factor out the largest term, that of the nearest centre: its
    exponent is added after the logarithm.
    """
    d, logs = x.shape[1], np.empty((len(sigmas), len(x)))
    for rows, squared in squared_distances(x, centres):
        smallest = squared.min(axis=1, keepdims=True)
        squared -= smallest
        for i, sigma in enumerate(sigmas):
            two = 2.0 * sigma**2
            mean = np.exp(squared / -two).mean(axis=1)
            logs[i, rows] = np.log(mean) - smallest[:, 0] / two - d / 2.0 * math.log(math.pi * two)  # (1)
    return logs


class Score(NamedTuple):
    mean: float  # log-likelihood of the test images, in nats
    error: float  # its standard error over the test images
    sigma: float  # standard deviation of the Gaussians


def score(centres, validation, test):
    """The Score of samples (M, d), which become the centres; validation and test: images (N, d). All are in 0..1.

    The protocol of 2014: take 10,000 samples. Of 10 values of sigma from .1 to 1, choose the one that gives 1,000
    validation images the largest mean. Report the mean over the 10,000 test images, and its standard error.
    """
    sigma = float(SIGMAS[log_likelihoods(validation, centres, SIGMAS).mean(axis=1).argmax()])
    logs = log_likelihoods(test, centres, [sigma])[0]
    return Score(float(logs.mean()), float(logs.std() / math.sqrt(len(logs))), sigma)
