"""The Frechet distance: its closed form where there is one, and larger for worse samples."""

import math
from dataclasses import replace

import numpy as np
import pytest

from minigan.data import Dataset
from minigan.data.drawn import draw
from minigan.ground.errors import DataError
from minigan.metrics.frechet import Judge, frechet_distance
from minigan.metrics.untrained import Untrained


def gaussian(rng, m, C, n=200):
    """n samples whose mean is exactly m and whose covariance is exactly C."""
    x = rng.standard_normal((n, len(m)))
    x -= x.mean(axis=0)
    whiten = np.linalg.inv(np.linalg.cholesky(np.cov(x, rowvar=False)))
    return m + x @ whiten.T @ np.linalg.cholesky(C).T


def test_frechet_distance_of_two_gaussians_in_the_plane(rng):
    """In two dimensions tr M^1/2 = sqrt(tr M + 2 sqrt(det M)); M = C_a C_b, which need not commute."""
    C_a, C_b = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([[1.0, -0.7], [-0.7, 3.0]])
    M = C_a @ C_b
    root = math.sqrt(np.trace(M) + 2.0 * math.sqrt(np.linalg.det(M)))
    expected = 3.0**2 + 4.0**2 + np.trace(C_a + C_b) - 2.0 * root
    a, b = gaussian(rng, [1.0, 2.0], C_a), gaussian(rng, [4.0, -2.0], C_b, n=500)
    assert frechet_distance(a, b) == pytest.approx(expected, abs=1e-6)
    assert frechet_distance(b, a) == pytest.approx(expected, abs=1e-6)


def test_frechet_distance_equals_the_textbook_formula(rng):
    a, b = (rng.standard_normal((n, 64)) @ rng.standard_normal((64, 64)) for n in (300, 400))
    C_a, C_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = np.sqrt(np.linalg.eigvals(C_a @ C_b).real).sum()
    expected = ((a.mean(axis=0) - b.mean(axis=0)) ** 2).sum() + np.trace(C_a + C_b) - 2.0 * root
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_without_correlations(rng):
    """If both covariances are diagonal, it is the distance of the means plus that of the standard deviations."""
    sigma_a, sigma_b = np.array([1.0, 2.0, 3.0]), np.array([1.5, 0.5, 3.0])
    a, b = gaussian(rng, np.zeros(3), np.diag(sigma_a**2)), gaussian(rng, np.ones(3), np.diag(sigma_b**2))
    assert frechet_distance(a, b) == pytest.approx(3.0 + 0.5**2 + 1.5**2, abs=1e-6)


@pytest.mark.parametrize(("n", "rank"), [(500, 64), (500, 3), (500, 0), (10, 64)])
def test_frechet_distance_of_the_same_samples_is_0(rng, n, rank):
    """Also if features are constant or repeat each other, or if there are more features than samples."""
    a = (100.0 * rng.standard_normal((n, rank)) @ rng.standard_normal((rank, 64)) + 7.0).astype(np.float32)
    assert abs(frechet_distance(a, rng.permutation(a))) < 1e-6


def test_frechet_distance_of_two_lines_at_right_angles(rng):
    x = gaussian(rng, [0.0, 0.0], np.eye(2))
    assert frechet_distance(x * [2.0, 0.0], x * [0.0, 3.0]) == pytest.approx(4.0 + 9.0)


@pytest.mark.parametrize("wrong", [np.zeros((1, 3)), np.diag([np.nan, 1, 1]), np.diag([np.inf, 1, 1])])
def test_frechet_distance_rejects_single_and_infinite_samples(wrong):
    for a, b in ((wrong, np.eye(3)), (np.eye(3), wrong)):
        with pytest.raises(ValueError, match="at least two samples on each side, all finite"):
            frechet_distance(a, b)


def test_two_samples_on_each_side_are_enough():
    """Both Gaussians lie on a line: 0 +- sqrt(2) and 5 +- sqrt(8)."""
    a, b = np.array([[-1.0, 0.0], [1.0, 0.0]]), np.array([[3.0, 0.0], [7.0, 0.0]])
    assert frechet_distance(a, b) == pytest.approx(5.0**2 + (math.sqrt(8.0) - math.sqrt(2.0)) ** 2)


def test_a_judge_reads_images_with_its_classifier(small):
    train, test = small
    judge = Judge(train, test)
    assert judge.eyes.given == ((40, 2, 2), [0, 1] * 20)
    bright = test.x[:, 0] > 127
    equal = test.x[:, 1] == 255  # to these the Reader gives .9, which is not surer than .9
    right = sum((bright | equal) == (np.arange(10) % 2)) / 10
    assert equal.any() and (judge.accuracy, judge.sure) == (right, (bright & ~equal).mean())
    assert 0.0 < right < 1.0 and 0.0 < judge.sure < 1.0
    assert judge.about == f"a classifier, {100 * right:.2f} % of the test images right, weights 0123"
    samples = train.batch(slice(30))
    samples[:10, 1] = 1.0
    s = judge.score(samples)
    assert s.distance == judge.distance(samples) == frechet_distance(samples[:, :2], judge.test[:, :2]) > 0.0
    assert s.sure == (samples[10:, 0] > 0.0).sum() / 30  # not those of which it is just as sure


def test_real_images_are_drawn_from_the_first_five_sixths(small):
    train, test = small
    judge = Judge(train, test)
    assert judge.held == 33
    expected = train.batch(slice(33))
    assert sorted(map(tuple, judge.real(33))) == sorted(map(tuple, expected))
    np.testing.assert_array_equal(judge.real(5), expected[np.random.default_rng(0).permutation(33)[:5]])


def test_noise_is_normal_and_clipped(small):
    noise = Judge(*small).noise(1000)
    expected = np.random.default_rng(0).standard_normal((1000, 4), dtype=np.float32)
    np.testing.assert_array_equal(noise, np.clip(expected, -1.0, 1.0))


def test_a_judge_needs_ten_test_images(small):
    train, test = small
    with pytest.raises(DataError, match="too few test images"):
        Judge(train, test.subset(np.arange(10) < 9))


def test_without_labels_an_untrained_network_looks(small):
    train, test = small
    judge = Judge(replace(train, labels=None), test)
    assert isinstance(judge.eyes, Untrained) and not hasattr(judge, "accuracy")
    assert "untrained network" in judge.about
    assert abs(judge.distance(judge.test)) < 1e-6 < judge.distance(judge.noise(20))


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """(a judge of drawn digits, the labels of its 1000 test images, 2000 perfect samples in -1..1, their labels)."""

    def data(n, seed):
        x, labels = draw(n, seed=seed, vary=0.5)
        return Dataset(x.reshape(-1, 784), (28, 28), "drawn", labels)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pooch.os_cache", lambda project: tmp_path_factory.mktemp("cache"))
        judge = Judge(data(3000, 0), data(1000, 1))
    samples = data(2000, 2)
    return judge, data(1000, 1).labels, samples.batch(slice(None)), samples.labels


def test_more_noise_gives_a_larger_distance(digits, rng):
    judge, _, samples, _ = digits
    noise = rng.standard_normal(samples.shape, dtype=np.float32)
    noisy = [np.clip(samples + level * noise, -1.0, 1.0) for level in (0.0, 0.1, 0.2, 0.4, 0.8)]
    scores = [judge.score(x) for x in (*noisy, np.clip(noise, -1.0, 1.0))]
    distances, confidences = [s.distance for s in scores], [s.confidence for s in scores]
    real, pure_noise = (judge.score(x).distance for x in (judge.real(2000), judge.noise(2000)))
    assert distances == sorted(distances)
    assert confidences == sorted(confidences, reverse=True)
    assert [s.sure for s in scores] == sorted([s.sure for s in scores], reverse=True)
    assert distances[0] < 2.0 * real < 0.1 * pure_noise
    assert distances[-1] == pytest.approx(pure_noise, rel=0.05)


def test_missing_digits_give_a_larger_distance(digits):
    judge, _, samples, digit = digits
    scores = [judge.score(samples[digit < kept][:400]) for kept in (10, 8, 6, 4, 2)]
    distances, largest = [s.distance for s in scores], [max(s.shares) for s in scores]
    assert distances == sorted(distances)
    assert largest == sorted(largest)
    assert min(scores[-1].shares) < 0.01 < 0.05 < min(scores[0].shares)


def test_the_score_of_the_test_images_themselves(digits):
    judge, labels, *_ = digits
    result = judge.score(judge.test)
    p = judge.eyes.probabilities(judge.eyes.features(judge.test))
    assert abs(result.distance) < 1e-6
    assert result.confidence == pytest.approx(sum(max(row) for row in p) / 1000)
    assert result.sure == judge.sure == sum(max(row) > 0.9 for row in p) / 1000
    assert result.shares == tuple((p.argmax(axis=1) == c).sum() / 1000 for c in range(10))
    assert judge.accuracy == (p.argmax(axis=1) == labels).sum() / 1000 > 0.85
