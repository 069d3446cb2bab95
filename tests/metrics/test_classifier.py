"""The classifier: it learns, it is trained once for each data set, and damaged files do no harm."""

import math
import os

import numpy as np
import pytest

from minigan.data import Dataset
from minigan.data.drawn import draw
from minigan.data.known import load_known
from minigan.metrics import classifier
from minigan.metrics.classifier import Classifier
from minigan.metrics.frechet import frechet_distance
from minigan.nn.activations import ReLU
from minigan.nn.layers import Dense, Dropout
from minigan.nn.network import Network
from minigan.nn.optim import Adam


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "new" / project)
    return tmp_path / "new" / "minigan"


def test_features_come_in_chunks_and_without_dropout(cache, monkeypatch):
    x, labels = draw(2000, vary=0.5)
    C = Classifier(x, labels, epochs=1)
    samples = C.data.batch(slice(None))
    features, sizes, forward = C.features(samples), [], C.network.forward
    monkeypatch.setattr(C.network, "forward", lambda x, train: sizes.append(len(x)) or forward(x, train))
    np.testing.assert_array_equal(C.features(samples), features)
    assert sizes == [1000, 1000]
    assert (features.shape, features.dtype) == ((2000, 64), np.float32)
    p = C.probabilities(features)
    assert features.min() == 0.0
    for times in (1.0, 1e4):
        np.testing.assert_allclose(C.probabilities(times * features).sum(axis=1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(np.diff(np.log(p[:9])), np.diff(C.network(samples[:9])), atol=1e-4)


@pytest.fixture
def tiny(rng):
    """40 images 6x5 of 3 classes: in class c row c is bright."""
    images, labels = rng.integers(0, 100, (40, 6, 5)).astype(np.uint8), np.arange(40) % 3
    images[np.arange(40), labels] += 150
    return images, labels


def test_the_recipe_is_that_of_all_published_distances(cache, tiny, monkeypatch):
    """Another network, seed, order, batch or learning rate would change all distances that were ever published."""
    steps, whole = [], Adam.step
    batches, loss = [], classifier.softmax_cross_entropy
    monkeypatch.setattr(Adam, "step", lambda self, grad: steps.append(self.lr) or whole(self, grad))
    monkeypatch.setattr(classifier, "softmax_cross_entropy", lambda s, t: batches.append(t) or loss(s, t))
    monkeypatch.setattr("tqdm.tqdm", lambda starts, *_, **__: starts)
    rng = np.random.default_rng(0)
    layers = [Dense(30, 512, math.sqrt(2.0)), ReLU(), Dropout(0.3, rng), Dense(512, 64, math.sqrt(2.0)), ReLU()]
    initial = Network([*layers, Dense(64, 3)], rng)
    with monkeypatch.context() as patch:
        patch.setattr(Classifier, "_train", lambda *_: None)
        untrained = Classifier(*tiny, epochs=0).network
        np.testing.assert_array_equal(untrained.theta, initial.theta)
        rates, expected = ([getattr(layer, "rate", None) for layer in N.layers] for N in (untrained, initial))
        assert rates == expected
    Classifier(*tiny, epochs=7)  # 280 images
    assert steps == [0.001, 0.001 * (1.0 - 128 / 280), 0.001 * (1.0 - 256 / 280)]
    order = np.concatenate([rng.permutation(40) for _ in range(7)])  # the network drew its weights before
    assert [list(batch) for batch in batches] == [list(tiny[1][order[i : i + 128]]) for i in (0, 128, 256)]


def weights(images, labels, epochs=1):
    return Classifier(images, labels, epochs).network.theta


def test_the_classifier_learns_images_of_any_size(cache, tiny):
    C = Classifier(*tiny, epochs=30)
    x = C.data.batch(slice(None))
    assert (C.probabilities(C.features(x)).argmax(axis=1) == tiny[1]).all()
    before = C.hash
    C.network.theta[0] += 1.0
    assert len(before) == len(C.hash) == 12 and before != C.hash  # figures by other weights cannot be compared


def test_the_same_data_trains_the_classifier_only_once(cache, tiny, monkeypatch):
    first = weights(*tiny)
    monkeypatch.setattr(Classifier, "_train", lambda *_: pytest.fail("trained again"))
    np.testing.assert_array_equal(weights(*tiny), first)
    np.testing.assert_array_equal(weights(tiny[0].reshape(40, 30), tiny[1]), first)
    assert len(list(cache.iterdir())) == 1


def test_other_data_or_another_recipe_get_files_of_their_own(cache, tiny, monkeypatch):
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
    monkeypatch.setattr(classifier, "RECIPE", "another")
    weights(images, labels)
    assert len(list(cache.iterdir())) == len(cases) + 1


class Bomb:
    """An object whose pickle makes a folder when it is loaded."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_bytes(b"<html>"),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "one bit": flip_a_bit,
    "another name": lambda path: np.savez(path, x=np.load(path)["theta"]),
    "another size": lambda path: np.savez(path, theta=np.zeros(1, np.float32)),
    "one number not finite": lambda path: np.savez(
        path, theta=np.append(np.load(path)["theta"][:-1], [np.float32("nan")])
    ),
    "pickle": lambda path: np.savez(path, theta=np.array([Bomb(f"{path}.bomb")]), allow_pickle=True),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_replaced(cache, tiny, monkeypatch, damage):
    first = weights(*tiny)
    (path,) = cache.iterdir()
    DAMAGES[damage](path)
    np.testing.assert_array_equal(weights(*tiny), first)
    monkeypatch.setattr(Classifier, "_train", lambda *_: pytest.fail("the file was not replaced"))
    np.testing.assert_array_equal(weights(*tiny), first)
    assert list(cache.iterdir()) == [path]


def test_a_full_disk_leaves_no_damaged_file(cache, tiny, monkeypatch):
    def full_disk(file, theta):
        file.write(b"PK")
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", full_disk)
        first = weights(*tiny)
        assert list(cache.glob("*.npz")) == []
    np.testing.assert_array_equal(weights(*tiny), first)
    assert len(list(cache.glob("*.npz"))) == 1


def test_a_cache_that_cannot_be_written_is_no_error(cache, tiny):
    first = weights(*tiny)
    (path,) = cache.iterdir()
    path.unlink()
    cache.rmdir()
    cache.write_text("a file where the folder should be")
    np.testing.assert_array_equal(weights(*tiny), first)


def test_the_classifier_rejects_pixels_that_are_not_uint8(cache, tiny):
    with pytest.raises(ValueError, match="uint8, not float32"):
        Classifier(tiny[0].astype(np.float32), tiny[1])


@pytest.mark.skipif("MINIGAN_DATA" not in os.environ, reason="needs MNIST: set MINIGAN_DATA to its folder")
def test_the_classifier_learns_mnist(cache, rng):
    """Three epochs on 12,000 of its images are enough for 90 % of the test set (93 % when written)."""
    (images, labels, _), (test_images, test_labels, _) = load_known("mnist", "train"), load_known("mnist", "test")
    C = Classifier(images[:12_000], labels[:12_000], epochs=3)
    test = Dataset(test_images.reshape(-1, 784), (28, 28), "test").batch(slice(None))
    features = C.features(test)
    assert (C.probabilities(features).argmax(axis=1) == test_labels).mean() > 0.9
    real, noise = C.data.batch(slice(2000)), rng.uniform(-1.0, 1.0, (2000, 784)).astype(np.float32)
    of_real, of_noise = (frechet_distance(C.features(x), features) for x in (real, noise))
    assert of_real < 0.1 * of_noise
