"""The Parzen-window log-likelihood: equal to its definition, and flattering for blurred images, as known."""

import math
import os

import numpy as np
import pytest

from minigan.data.known import load_known
from minigan.metrics import parzen


@pytest.mark.parametrize("sigma", [0.1, 0.3, 1.0])
def test_parzen_equals_the_sum_in_the_definition(rng, sigma):
    x, centres = rng.random((7, 3)), rng.random((11, 3))
    density = [
        sum(math.exp(-(math.dist(a, c) ** 2) / (2 * sigma**2)) / (2 * math.pi * sigma**2) ** 1.5 for c in centres) / 11
        for a in x
    ]
    got = parzen.log_likelihoods(x, centres, [sigma, 0.7])[0]
    np.testing.assert_allclose(got, np.log(density), rtol=1e-9)


def test_parzen_does_not_underflow_far_from_every_centre():
    (logs,) = parzen.log_likelihoods(np.full((1, 784), 1.0), np.zeros((3, 784)), [0.1])
    assert logs[0] == pytest.approx(-784 / 0.02 - 392 * math.log(2 * math.pi * 0.01))


def test_parzen_chooses_the_width_on_the_validation_images(rng):
    centres = 0.3 * rng.standard_normal((2000, 2))
    near, far = 0.3 * rng.standard_normal((300, 2)), 2.0 + 0.3 * rng.standard_normal((300, 2))
    s = parzen.score(centres, near, far)
    logs = parzen.log_likelihoods(far, centres, parzen.SIGMAS)
    at = int(np.argmin(abs(parzen.SIGMAS - s.sigma)))
    assert 0.0 < s.sigma < 0.3 < parzen.SIGMAS[logs.mean(axis=1).argmax()]
    assert s.mean == pytest.approx(logs[at].mean())
    assert s.error == pytest.approx(logs[at].std() / math.sqrt(300))


@pytest.mark.skipif("MINIGAN_DATA" not in os.environ, reason="needs MNIST: set MINIGAN_DATA to its folder")
def test_parzen_falls_with_noise_and_missing_digits_but_rises_with_blur(rng):
    """A small part of the protocol of 2014."""
    (train, labels, _), (test, _, _) = load_known("mnist", "train"), load_known("mnist", "test")
    train, test = train / np.float32(255.0), test[:250].reshape(-1, 784) / 255.0
    centres, validation = train[:500], train[50_000:50_100].reshape(-1, 784)
    noise = rng.standard_normal(centres.shape)
    noisy = [np.clip(centres + level * noise, 0.0, 1.0) for level in (0.0, 0.1, 0.3, 0.6)]
    dropped = [train[labels < kept][:500] for kept in (10, 8, 6, 4)]
    for worse in (noisy, dropped):
        means = [parzen.score(x.reshape(-1, 784), validation, test).mean for x in worse]
        assert means == sorted(means, reverse=True)
    blurred = sum(np.roll(centres, shift, axis) for shift, axis in ((0, 1), (1, 1), (-1, 1), (1, 2), (-1, 2))) / 5.0
    assert parzen.score(blurred.reshape(-1, 784), validation, test).mean > means[0] + 50.0  # than the sharp images
