"""The metrics: closed forms where there are any, the right order of better and worse, a cache that is never wrong."""

import inspect
import math
import os

import numpy as np
import pytest

from minigan.data import Dataset, mnist, toy
from minigan.data.drawn import draw
from minigan.metrics import modes
from minigan.metrics.frechet import Classifier, Judge, frechet_distance


def gaussian(rng, m, C, n=200):
    """n samples whose mean is exactly m and whose covariance is exactly C."""
    x = rng.standard_normal((n, len(m)))
    x -= x.mean(axis=0)
    whiten = np.linalg.inv(np.linalg.cholesky(np.cov(x, rowvar=False)))
    return m + x @ whiten.T @ np.linalg.cholesky(C).T


def test_frechet_distance_of_two_gaussians_in_the_plane(rng):
    """There tr M^1/2 = sqrt(tr M + 2 sqrt(det M)), with M = C_a C_b, also where the two do not commute."""
    C_a, C_b = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([[1.0, -0.7], [-0.7, 3.0]])
    M = C_a @ C_b
    root = math.sqrt(np.trace(M) + 2.0 * math.sqrt(np.linalg.det(M)))
    expected = 3.0**2 + 4.0**2 + np.trace(C_a + C_b) - 2.0 * root
    a, b = gaussian(rng, [1.0, 2.0], C_a), gaussian(rng, [4.0, -2.0], C_b, n=500)
    assert frechet_distance(a, b) == pytest.approx(expected, abs=1e-6)
    assert frechet_distance(b, a) == pytest.approx(expected, abs=1e-6)


def test_frechet_distance_of_64_features_is_the_formula_as_written(rng):
    a, b = (rng.standard_normal((n, 64)) @ rng.standard_normal((64, 64)) for n in (300, 400))
    C_a, C_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = np.sqrt(np.linalg.eigvals(C_a @ C_b).real).sum()
    expected = ((a.mean(axis=0) - b.mean(axis=0)) ** 2).sum() + np.trace(C_a + C_b) - 2.0 * root
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_without_correlations(rng):
    """Where both covariances are diagonal it is the distance of the means and of the standard deviations."""
    sigma_a, sigma_b = np.array([1.0, 2.0, 3.0]), np.array([1.5, 0.5, 3.0])
    a, b = gaussian(rng, np.zeros(3), np.diag(sigma_a**2)), gaussian(rng, np.ones(3), np.diag(sigma_b**2))
    assert frechet_distance(a, b) == pytest.approx(3.0 + 0.5**2 + 1.5**2, abs=1e-6)


@pytest.mark.parametrize(("n", "rank"), [(500, 64), (500, 3), (500, 0), (10, 64)])
def test_frechet_distance_of_the_same_samples_is_0(rng, n, rank):
    """Also where features are constant, repeat each other, or are more than the samples."""
    a = (100.0 * rng.standard_normal((n, rank)) @ rng.standard_normal((rank, 64)) + 7.0).astype(np.float32)
    assert abs(frechet_distance(a, rng.permutation(a))) < 1e-6


def test_frechet_distance_of_two_needles_at_right_angles(rng):
    x = gaussian(rng, [0.0, 0.0], np.eye(2))
    assert frechet_distance(x * [2.0, 0.0], x * [0.0, 3.0]) == pytest.approx(4.0 + 9.0)


@pytest.mark.parametrize("wrong", [np.zeros((1, 3)), np.full((5, 3), np.nan), np.full((5, 3), np.inf)])
def test_frechet_distance_refuses(wrong):
    for a, b in ((wrong, np.eye(3)), (np.eye(3), wrong)):
        with pytest.raises(ValueError, match="two or more samples on either side, all finite"):
            frechet_distance(a, b)


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


def test_the_distance_grows_with_noise(digits, rng):
    judge, _, samples, _ = digits
    noise = rng.standard_normal(samples.shape, dtype=np.float32)
    noisy = [np.clip(samples + level * noise, -1.0, 1.0) for level in (0.0, 0.1, 0.2, 0.4, 0.8)]
    scores = [judge.score(x) for x in (*noisy, np.clip(noise, -1.0, 1.0))]
    distances, confidences = [s.distance for s in scores], [s.confidence for s in scores]
    floor, ceiling = (judge.score(x).distance for x in (judge.real(2000), judge.noise(2000)))
    assert distances == sorted(distances)
    assert confidences == sorted(confidences, reverse=True)
    assert distances[0] < 2.0 * floor < 0.1 * ceiling
    assert distances[-1] == pytest.approx(ceiling, rel=0.05)


def test_the_distance_grows_with_every_digit_dropped(digits):
    judge, _, samples, digit = digits
    scores = [judge.score(samples[digit < kept][:400]) for kept in (10, 8, 6, 4, 2)]
    distances, largest = [s.distance for s in scores], [max(s.shares) for s in scores]
    assert distances == sorted(distances)
    assert largest == sorted(largest)
    assert min(scores[-1].shares) < 0.01 < 0.05 < min(scores[0].shares)


def test_the_score_of_the_test_images_themselves(digits):
    judge, labels, *_ = digits
    result = judge.score(judge.test)
    p = judge.classifier.probabilities(judge.classifier.features(judge.test))
    assert abs(result.distance) < 1e-6
    assert result.confidence == pytest.approx(sum(max(row) for row in p) / 1000)
    assert result.shares == tuple((p.argmax(axis=1) == c).sum() / 1000 for c in range(10))
    assert judge.accuracy == (p.argmax(axis=1) == labels).sum() / 1000 > 0.85


def test_features_come_in_chunks_and_without_dropout(digits, monkeypatch):
    judge, _, samples, _ = digits
    classifier = judge.classifier
    features, sizes, forward = classifier.features(samples), [], classifier.network.forward
    monkeypatch.setattr(classifier.network, "forward", lambda x, train: sizes.append(len(x)) or forward(x, train))
    np.testing.assert_array_equal(classifier.features(samples), features)
    assert sizes == [1000, 1000]
    assert (features.shape, features.dtype) == ((2000, 64), np.float32)
    p = classifier.probabilities(features)
    assert features.min() == 0.0
    for times in (1.0, 1e4):
        np.testing.assert_allclose(classifier.probabilities(times * features).sum(axis=1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(np.diff(np.log(p[:9])), np.diff(classifier.network(samples[:9])), atol=1e-4)


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / project)
    return tmp_path / "minigan"


@pytest.fixture
def tiny(rng):
    """40 images 6x5 of 3 classes: in class c row c is bright."""
    images, labels = rng.integers(0, 100, (40, 6, 5)).astype(np.uint8), np.arange(40) % 3
    images[np.arange(40), labels] += 150
    return images, labels


def weights(images, labels, epochs=1):
    return Classifier(images, labels, epochs).network.theta


def test_other_images_of_other_sizes(cache, tiny):
    classifier = Classifier(*tiny, epochs=30)
    x = classifier.data.batch(slice(None))
    assert (classifier.probabilities(classifier.features(x)).argmax(axis=1) == tiny[1]).all()


def test_it_is_trained_once(cache, tiny, monkeypatch):
    first = weights(*tiny)
    monkeypatch.setattr(Classifier, "_train", lambda *_: pytest.fail("trained again"))
    np.testing.assert_array_equal(weights(*tiny), first)
    np.testing.assert_array_equal(weights(tiny[0].reshape(40, 30), tiny[1]), first)
    assert len(list(cache.iterdir())) == 1


def test_other_data_or_another_recipe_never_meet_its_file(cache, tiny, monkeypatch):
    images, labels = tiny
    other_images, other_labels = images.copy(), labels.copy()
    other_images[0, 0, 0] ^= 1
    other_labels[0] = 2
    cases = [(images, labels), (other_images, labels), (images, other_labels), (images, labels, 2)]
    blank = np.zeros(12, np.uint8)
    cases += [(blank[n:].reshape(n, -1), blank[:n]) for n in (2, 3, 4)]  # the same bytes
    for i, case in enumerate(cases, 1):
        weights(*case)
        assert len(list(cache.iterdir())) == i
    monkeypatch.setattr(inspect, "getsource", lambda _: "another recipe")
    weights(images, labels)
    assert len(list(cache.iterdir())) == len(cases) + 1


class Bomb:
    """A pickle of it makes a folder when it is loaded."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_bytes(b"<html>"),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "one bit": flip,
    "another name": lambda path: np.savez(path, x=np.load(path)["theta"]),
    "another size": lambda path: np.savez(path, theta=np.zeros(1, np.float32)),
    "nan": lambda path: np.savez(path, theta=np.load(path)["theta"] * np.nan),
    "pickle": lambda path: np.savez(path, theta=np.array([Bomb(f"{path}.bomb")]), allow_pickle=True),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_trained_anew(cache, tiny, monkeypatch, damage):
    first = weights(*tiny)
    (path,) = cache.iterdir()
    DAMAGES[damage](path)
    np.testing.assert_array_equal(weights(*tiny), first)
    monkeypatch.setattr(Classifier, "_train", lambda *_: pytest.fail("the file was not mended"))
    np.testing.assert_array_equal(weights(*tiny), first)
    assert list(cache.iterdir()) == [path]


def test_a_file_has_its_name_only_when_it_is_whole(cache, tiny, monkeypatch):
    def full_disk(file, theta):
        file.write(b"PK")
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", full_disk)
        first = weights(*tiny)
        assert list(cache.glob("*.npz")) == []
    np.testing.assert_array_equal(weights(*tiny), first)
    assert len(list(cache.glob("*.npz"))) == 1


def test_a_cache_that_cannot_be_written_costs_time_only(cache, tiny):
    first = weights(*tiny)
    (path,) = cache.iterdir()
    path.unlink()
    cache.rmdir()
    cache.write_text("a file where the folder should be")
    np.testing.assert_array_equal(weights(*tiny), first)


def test_the_classifier_refuses_pixels_that_it_would_not_scale(cache, tiny):
    with pytest.raises(ValueError, match="uint8, not float32"):
        Classifier(tiny[0].astype(np.float32), tiny[1])


@pytest.mark.skipif("MINIGAN_DATA" not in os.environ, reason="needs MNIST: set MINIGAN_DATA to its folder")
def test_the_classifier_learns_mnist(cache, rng):
    """Three epochs on 12,000 of its images are enough for 90 % of the test set (93 % when written)."""
    (images, labels, _), (test_images, test_labels, _) = mnist.load_mnist("train"), mnist.load_mnist("test")
    classifier = Classifier(images[:12_000], labels[:12_000], epochs=3)
    test = Dataset(test_images.reshape(-1, 784), (28, 28), "test").batch(slice(None))
    features = classifier.features(test)
    assert (classifier.probabilities(features).argmax(axis=1) == test_labels).mean() > 0.9
    real, noise = classifier.data.batch(slice(2000)), rng.uniform(-1.0, 1.0, (2000, 784)).astype(np.float32)
    floor, ceiling = (frechet_distance(classifier.features(x), features) for x in (real, noise))
    assert floor < 0.1 * ceiling


@pytest.mark.parametrize(("name", "n_modes"), [("ring", 8), ("grid", 25)])
def test_perfect_points(name, n_modes):
    result = modes.score(getattr(toy, name)(50_000, seed=1)[0], name)
    assert (result.found, result.n_modes) == (n_modes, n_modes)
    assert result.high_quality == pytest.approx(1.0 - math.exp(-4.5), abs=0.002)  # 98.89 %
    assert result.reverse_kl == pytest.approx((n_modes - 1) / 100_000, rel=0.7)
    assert result.sigma_ratio == pytest.approx(1.0, abs=0.005)
    few = modes.score(getattr(toy, name)(2500, seed=2)[0], name)
    assert few.found == n_modes
    assert few.high_quality == pytest.approx(0.989, abs=0.005)


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_collapsed_points(name):
    centres = toy.centres(name)
    one = modes.score(np.tile(centres[3], (100, 1)), name)
    assert one == (1, len(centres), 1.0, pytest.approx(math.log(len(centres))), 0.0)
    uneven = modes.score(centres[[1, 1, 1, 4]], name)
    expected = 0.75 * math.log(0.75 * len(centres)) + 0.25 * math.log(0.25 * len(centres))
    assert (uneven.found, uneven.reverse_kl) == (2, pytest.approx(expected))


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_colder_points_look_better_but_for_the_ratio(name):
    points, labels = getattr(toy, name)(20_000)
    centres = toy.centres(name)[labels]
    result = modes.score(centres + 0.5 * (points - centres), name)
    assert result.high_quality > 0.999
    assert result.sigma_ratio == pytest.approx(0.5 / math.sqrt(1.0 - 4.5 / math.expm1(4.5)), rel=0.02)


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
