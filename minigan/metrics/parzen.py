"""The Parzen-window log-likelihood of Goodfellow et al. 2014, Table 1: what GANs on MNIST were once compared by.

It flatters what is blurred: centres of k-means beat the training images (Theis et al. 2016), and so do the training
images themselves when they are blurred a little. So read it beside their figure, never alone.
"""

import math
from typing import NamedTuple

import numpy as np

from minigan.metrics.neighbours import squared_distances

SIGMAS = np.logspace(-1.0, 0.0, 10)


def log_likelihoods(x, centres, sigmas):
    """log p(x_n) (sigmas, N), in nats, under equal Gaussians around the centres (M, d), for x (N, d) in 0..1:

        log p(x_n) = log 1/M sum_m exp(-|x_n - c_m|^2 / (2 sigma^2)) - d/2 log(2 pi sigma^2)    (1)
    exp underflows to 0 for all m at once, if the smallest distance is not taken out first; it is added back behind.
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
    sigma: float  # width of the Gaussians


def score(centres, validation, test):
    """The Score of samples (M, d) as centres, given other images (N, d), all in 0..1, by the protocol of 2014:

    10,000 samples; of 10 widths from .1 to 1 the one that gives 1,000 validation images the largest mean; then the mean
    over the 10,000 test images, and its standard error.
    """
    sigma = float(SIGMAS[log_likelihoods(validation, centres, SIGMAS).mean(axis=1).argmax()])
    logs = log_likelihoods(test, centres, [sigma])[0]
    return Score(float(logs.mean()), float(logs.std() / math.sqrt(len(logs))), sigma)
