"""Precision, recall, density and coverage: equal to their slow definitions, and better for better samples."""

import math

import numpy as np
import pytest

from minigan.data import Dataset
from minigan.metrics import neighbours, parzen


def slow_score(fake, real, k_manifold, k_density):
    """The definitions as the papers write them, a pair of points at a time."""

    def radius(x, i, k):
        return sorted(math.dist(x[i], other) for other in x)[k]  # place 0 is x_i itself

    def inside(x, centres, k):
        return [[math.dist(a, centres[i]) <= radius(centres, i, k) for i in range(len(centres))] for a in x]

    precision = np.any(inside(fake, real, k_manifold), axis=1).mean()
    recall = np.any(inside(real, fake, k_manifold), axis=1).mean()
    balls = np.array(inside(fake, real, k_density))
    return precision, recall, balls.sum() / (k_density * len(fake)), balls.any(axis=0).mean()


@pytest.mark.parametrize(("n", "m", "shift"), [(30, 40, 0.0), (40, 30, 1.0), (20, 20, 50.0)])
def test_scores_equal_the_definitions_of_the_papers(rng, n, m, shift):
    fake, real = rng.standard_normal((n, 3)) + shift, rng.standard_normal((m, 3))
    for ks in ((3, 5), (1, 2), (5, 3)):
        assert neighbours.score(fake, real, *ks) == pytest.approx(slow_score(fake, real, *ks))


def test_the_size_of_chunks_does_not_matter(rng, monkeypatch):
    fake, real = rng.standard_normal((2, 50, 4))
    expected = neighbours.score(fake, real)
    logs = parzen.log_likelihoods(fake, real, [0.3, 1.0])
    for entries in (350, 3):
        monkeypatch.setattr(neighbours, "CHUNK", entries)
        assert neighbours.score(fake, real) == expected
        assert all(d.dtype == np.float64 for _, d in neighbours.squared_distances(np.float32(fake), np.float32(real)))
        np.testing.assert_allclose(parzen.log_likelihoods(fake, real, [0.3, 1.0]), logs, rtol=1e-12)


def test_the_same_samples_score_perfectly(rng):
    x = rng.standard_normal((300, 8)).astype(np.float32)
    s = neighbours.score(x, rng.permutation(x))
    assert (s.precision, s.recall, s.coverage) == (1.0, 1.0, 1.0)
    assert s.density == pytest.approx(6 / 5, rel=0.2)  # each lies in its own ball and in about 5 others


def test_far_samples_score_0(rng):
    assert neighbours.score(rng.standard_normal((50, 4)) + 99.0, rng.standard_normal((50, 4))) == (0.0,) * 4


def test_scores_fall_with_noise_and_with_missing_modes(rng):
    centres = 6.0 * rng.standard_normal((10, 8))
    label = np.arange(600) % 10
    real, fake = (centres[label] + rng.standard_normal((600, 8)) for _ in range(2))
    noisy = [neighbours.score(fake + s * rng.standard_normal(fake.shape), real) for s in (0.0, 0.5, 1.0, 2.0, 4.0)]
    dropped = [neighbours.score(fake[label < kept], real) for kept in (10, 8, 6, 4, 2)]
    for falling in (
        [s.precision for s in noisy], [s.density for s in noisy], [s.coverage for s in noisy],
        [s.recall for s in dropped], [s.coverage for s in dropped],
    ):  # fmt: skip
        assert falling == sorted(falling, reverse=True)
        assert falling[-1] < 0.5 * falling[0]
    assert dropped[-1].precision == pytest.approx(dropped[0].precision, abs=0.1)  # which sees no missing mode


def test_a_ball_includes_its_surface():
    """The fifth neighbour of each of these points is exactly 5 away, as is the only sample between two groups."""
    real = np.array([[0.0], [5.0], [5.0], [5.0], [5.0], [5.0], [5.0]])  # the ball of the first reaches to 5
    fake = np.array([[-5.0]] * 6)
    s = neighbours.score(fake, real)
    assert (s.precision, s.density, s.coverage) == (1.0, 1 / 5, 1 / 7)
    assert neighbours.score(real, fake).recall == 1.0


@pytest.mark.parametrize("wrong", [np.zeros((5, 3)), np.where(np.eye(50, 3), np.nan, 1.0)])
def test_scores_reject_too_few_and_infinite_samples(rng, wrong):
    good = rng.standard_normal((50, 3))
    for pair in ((wrong, good), (good, wrong)):
        with pytest.raises(ValueError, match="more than 5 samples on each side, all finite"):
            neighbours.score(*pair)


def test_nearest_finds_the_nearest_training_images(rng, monkeypatch):
    parts, read = [], Dataset.stored
    monkeypatch.setattr(neighbours, "PART", 64 * 30)
    monkeypatch.setattr(Dataset, "stored", lambda self, rows: parts.append(rows) or read(self, rows))
    training = rng.integers(0, 256, (200, 30)).astype(np.uint8)
    x = rng.uniform(-1.0, 1.0, (9, 30)).astype(np.float32)
    x[:3] = training[[150, 7, 63]] / 127.5 - 1.0
    index, distance = neighbours.nearest(x, Dataset(training, (5, 6), ""), 4)
    slow = np.array([[math.dist((a + 1.0) / 2.0, b / 255.0) for b in training] for a in x.astype(np.float64)])
    np.testing.assert_array_equal(index, slow.argsort(axis=1)[:, :4])
    np.testing.assert_allclose(distance, np.sort(slow, axis=1)[:, :4], atol=1e-6)
    assert list(index[:3, 0]) == [150, 7, 63]
    assert [(part.start, part.stop) for part in parts] == [(0, 64), (64, 128), (128, 192), (192, 256)]
