"""demos/anomaly.py and demos/augmentation.py: the gradient of the noise, AUC, shifts and mixed batches."""

import anomaly
import augmentation
import numpy as np
import pytest

from minigan.data import Dataset
from minigan.gradcheck import check
from minigan.nn.activations import LeakyReLU, Tanh
from minigan.nn.layers import Dense
from minigan.nn.network import Network
from minigan.recipes.settings import Settings
from minigan.training import Training


@pytest.fixture
def G(rng):
    network = Network([Dense(3, 6), LeakyReLU(0.1), Dense(6, 5), Tanh()], rng, np.float64)
    network.theta[...] = rng.standard_normal(network.theta.shape)
    return network


@pytest.mark.parametrize("n", [1, 4])
def test_the_gradient_with_respect_to_the_noise(G, rng, n):
    x, z = rng.uniform(-1.0, 1.0, (n, 5)), rng.standard_normal((n, 3))

    def written(z):
        first, _, last, _ = G.layers
        s = z @ first.W + first.b
        y = np.tanh(np.where(s.real > 0, s, 0.1 * s) @ last.W + last.b)
        return ((y - x) ** 2).sum() + anomaly.PRIOR * (z**2).sum()

    assert anomaly.PRIOR > 0.0
    assert anomaly.misfit(G, x, z)[0].sum() == pytest.approx(written(z))
    check(written, lambda z: {"z": anomaly.misfit(G, x, z)[1]}, z=z)


def test_inversion_recovers_samples_of_g_and_changes_neither_weights_nor_other_samples(G, rng, monkeypatch):
    monkeypatch.setattr(anomaly, "PRIOR", 0.0)
    monkeypatch.setattr(anomaly, "STEPS", 300)
    hidden = rng.standard_normal((4, 3))
    x, z, theta = G(hidden), hidden + 0.3 * rng.standard_normal((4, 3)), G.theta.copy()
    start = z.copy()
    loss, y = anomaly.invert(G, x, z)
    assert (anomaly.misfit(G, x, z)[0] > 1e-4).all() and (loss < 1e-5).all()
    np.testing.assert_allclose(((y - x) ** 2).sum(axis=1), loss)
    np.testing.assert_array_equal(z, start)
    np.testing.assert_array_equal(G.theta, theta)
    np.testing.assert_allclose(anomaly.invert(G, x[1:2], z[1:2])[1], y[1:2], rtol=1e-6)


def test_auc_counts_pairs_and_counts_ties_half(rng):
    assert anomaly.auc(np.array([1.0, 2.0]), np.array([3.0, 4.0])) == 1.0
    assert anomaly.auc(np.array([3.0, 4.0]), np.array([1.0, 2.0])) == 0.0
    assert anomaly.auc(np.ones(3), np.ones(5)) == 0.5
    assert anomaly.auc(np.array([2.0, 0.0]), np.array([1.0, 2.0, 3.0])) == (0.0 + 1.0 + 0.5 + 1.0 + 1.0 + 1.0) / 6
    normal, odd = rng.integers(0, 10, 30), rng.integers(3, 13, 20)
    pairs = (odd[:, None] > normal) + 0.5 * (odd[:, None] == normal)
    assert anomaly.auc(normal, odd) == pytest.approx(pairs.mean())


def test_nearest_finds_the_distance_and_the_row(rng):
    x, others = rng.standard_normal((600, 4)), rng.standard_normal((50, 4))  # more than one part
    squares = ((x[:, None] - others) ** 2).sum(axis=2)
    distance, rows = anomaly.nearest(x, others)
    np.testing.assert_allclose(distance, squares.min(axis=1), atol=1e-12)
    np.testing.assert_array_equal(rows, squares.argmin(axis=1))


def test_shifted_moves_whole_images_and_fills_with_black(rng):
    x = np.full((400, 7, 7), -1.0, np.float32)
    x[:, 2, 3], x[:, 0, 0] = 1.0, 0.5
    moved, labels = augmentation.shifted(x.reshape(400, -1), np.arange(400), rng)
    moved = moved.reshape(x.shape)
    np.testing.assert_array_equal(labels, np.arange(400))
    _, rows, columns = np.nonzero(moved == 1.0)
    k = augmentation.SHIFT
    assert moved.dtype == np.float32 and len(rows) == 400
    assert set(zip(rows, columns, strict=True)) == {(2 + i, 3 + j) for i in range(-k, k + 1) for j in range(-k, k + 1)}
    inside = (rows >= 2) & (columns >= 3)
    np.testing.assert_array_equal(moved[inside, rows[inside] - 2, columns[inside] - 3], 0.5)
    assert (np.delete(np.unique(moved), [1, 2]) == [-1.0]).all()


def test_few_balances_classes_and_mixed_keeps_samples_with_their_labels(rng):
    labels = rng.permutation(np.arange(60) % 3)
    x = (80 * labels[:, None] + rng.integers(0, 5, (60, 9))).astype(np.uint8)
    data = augmentation.few(Dataset(x, (3, 3), "", labels=labels), 4, rng)
    np.testing.assert_array_equal(data.labels, np.repeat([0, 1, 2], 4))
    np.testing.assert_array_equal(data.x[:, 0] // 80, data.labels)

    training = Training(Settings(conditional=True, latent_dim=3, g_hidden=(5,), d_hidden=(5,)), data)
    for layer in training.average.layers:  # a G whose brightness depends only on the label
        for name in layer.parameters:
            getattr(layer, name)[...] = 0.0
    first, _, last, _ = training.average.layers
    first.W[3:, 0], last.W[0] = [0.0, 1.0, 2.0], 0.1
    real = rng.uniform(-1.0, 1.0, (8, 9)).astype(np.float32)
    mixed, classes = augmentation.mixed(training, 0.75)(real, np.arange(8), rng)
    np.testing.assert_array_equal(classes, [0, 1, 2, 0, 1, 2, 6, 7])
    np.testing.assert_allclose(mixed[:6, 0], np.tanh(0.1 * classes[:6]), rtol=1e-6)
    np.testing.assert_array_equal(mixed[6:], real[6:])
