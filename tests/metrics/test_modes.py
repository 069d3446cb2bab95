"""The modes of the ring, the grid and stacked digits: perfect, collapsed and other samples get the right scores."""

import math

import numpy as np
import pytest

from minigan.data import toy
from minigan.metrics import modes


@pytest.mark.parametrize(("name", "n_modes"), [("ring", 8), ("grid", 25)])
def test_samples_of_the_data_itself_score_perfectly(name, n_modes):
    result = modes.score(getattr(toy, name)(50_000, seed=1)[0], name)
    assert (result.found, result.n_modes) == (n_modes, n_modes)
    assert result.high_quality == pytest.approx(1.0 - math.exp(-4.5), abs=0.002)  # 98.89 %
    assert result.reverse_kl == pytest.approx((n_modes - 1) / 100_000, rel=0.7)
    assert result.sigma_ratio == pytest.approx(1.0, abs=0.005)
    few = modes.score(getattr(toy, name)(2500, seed=2)[0], name)
    assert few.found == n_modes
    assert few.high_quality == pytest.approx(0.989, abs=0.005)


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_collapsed_samples_lose_modes(name):
    centres = toy.centres(name)
    one = modes.score(np.tile(centres[3], (100, 1)), name)
    assert one == (1, len(centres), 1.0, pytest.approx(math.log(len(centres))), 0.0)
    uneven = modes.score(centres[[1, 1, 1, 4]], name)
    expected = 0.75 * math.log(0.75 * len(centres)) + 0.25 * math.log(0.25 * len(centres))
    assert (uneven.found, uneven.reverse_kl) == (2, pytest.approx(expected))


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_samples_that_vary_too_little_show_in_the_ratio_alone(name):
    points, labels = getattr(toy, name)(20_000)
    centres = toy.centres(name)[labels]
    result = modes.score(centres + 0.5 * (points - centres), name)
    assert result.high_quality > 0.999
    assert result.sigma_ratio == pytest.approx(0.5 / math.sqrt(1.0 - 4.5 / math.expm1(4.5)), rel=0.02)


def test_the_sigma_ratio_is_the_root_mean_square_over_that_of_the_cut_data():
    """...whose variance in each direction is 1 - x / (exp(x) - 1) of the whole, x = 4.5, if it ends at 3 sigma."""
    distances = np.array([0.5, 1.0, 2.0]) * toy.STD["ring"]
    points = toy.centres("ring")[0] + distances[:, None] * [1.0, 0.0]
    kept = 1.0 - 4.5 / (math.exp(4.5) - 1.0)
    expected = math.sqrt((0.25 + 1.0 + 4.0) / 3.0 / (2.0 * kept))
    assert modes.score(points, "ring").sigma_ratio == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_high_quality_ends_at_3_standard_deviations(name):
    step = np.array([[0.6, 0.8]]) * toy.STD[name]
    near, far = toy.centres(name)[:3] + 2.99 * step, toy.centres(name)[3:] + 3.01 * step
    result = modes.score(np.concatenate([near, far]), name)
    assert (result.found, result.high_quality) == (3, 3 / result.n_modes)
    assert result.reverse_kl == pytest.approx(math.log(result.n_modes / 3))  # the far ones are no mode's
    nothing = modes.score(far, name)
    assert nothing[:3] == (0, result.n_modes, 0.0)
    assert math.isnan(nothing.reverse_kl) and math.isnan(nothing.sigma_ratio)


class Reader:
    """Stands in for a classifier: the brightness of an image is its digit, and only digits below 5 are clear."""

    def features(self, x):
        assert x.ndim == 2 and (x == x[:, :1]).all()  # one channel of each image
        return np.rint((x[:, 0] + 1.0) * 4.5).astype(int)

    def probabilities(self, digits):
        p = np.full((len(digits), 10), 0.01)
        p[np.arange(len(digits)), digits] = np.where(digits < 5, 0.91, np.where(digits < 9, 0.89, modes.SURE))
        return p


def stacked(digits):
    """Images (N, 4 * 3) whose channels have the brightness of these digits (N, 3)."""
    return np.tile(np.asarray(digits) / 4.5 - 1.0, 4)


def test_perfect_stacked_digits_reach_every_mode_in_nearly_equal_shares(rng):
    digits = rng.integers(0, 10, (26_000, 3))
    s = modes.score_stacked([stacked(digits)], Reader())
    assert (s.found, s.n_modes) == (1000, 1000)
    assert s.reverse_kl == pytest.approx(999 / 52_000, abs=0.002)  # .019
    assert s.sure == (digits < 5).mean()
    parts = np.split(stacked(digits), [7, 3000])
    assert modes.score_stacked(iter(parts), Reader()) == s
    every = stacked(np.stack(np.unravel_index(np.arange(1000), (10, 10, 10)), axis=1))
    assert modes.score_stacked([every], Reader()) == (1000, 1000, pytest.approx(0.0, abs=1e-12), 0.5)


def test_collapsed_stacked_digits_lose_modes():
    one = modes.score_stacked([stacked([[7, 2, 9]] * 50)], Reader())
    assert one == (1, 1000, pytest.approx(math.log(1000)), pytest.approx(1 / 3))
    orders = [[1, 2, 3], [3, 2, 1], [1, 2, 3], [2, 1, 3]]  # which digit is in which channel matters
    expected = 0.5 * math.log(500) + 0.5 * math.log(250)
    assert modes.score_stacked([stacked(orders)], Reader()) == (3, 1000, pytest.approx(expected), 1.0)
