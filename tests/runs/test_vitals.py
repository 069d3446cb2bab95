"""The vital signs: what is measured equals what is computed by hand, and measuring changes nothing."""

from types import SimpleNamespace

import numpy as np
import pytest
from small_runs import small

from minigan.nn.activations import LeakyReLU, ReLU
from minigan.nn.layers import Dense
from minigan.nn.network import Network
from minigan.recipes.sampling import generator_input, real_batch
from minigan.runs.vitals import VITALS, dead, measure, variance
from minigan.training import Training


def test_vital_signs_of_two_tiny_networks_by_hand():
    """G has two ReLU units, one of them dead. D scores the sum of a sample's two pixels."""
    G = Network([Dense(1, 2), ReLU(), Dense(2, 2)])
    D = Network([LeakyReLU(0.5), Dense(2, 1)])
    G.layers[0].W[...], G.layers[0].b[...] = [[1.0, -1.0]], [0.0, -9.0]
    G.layers[2].W[...] = [[0.5, 0.5], [7.0, 7.0]]
    D.layers[1].W[...] = 1.0
    G.grad[:4], D.grad[:4] = 3.0, -2.0
    z = np.array([[2.0], [1.0], [-1.0], [1.998]], np.float32)  # x: 1, .5, 0, .999, each twice
    x_real = np.array([[0.2, 0.2], [3.0, 3.0], [-3.0, -3.0], [0.7, 0.7]], np.float32)
    training = SimpleNamespace(
        G=G, D=D, data=SimpleNamespace(n_x=2, is_images=True), xp=np, settings=SimpleNamespace(output="tanh")
    )
    before = G.theta.copy(), D.theta.copy(), G.grad.copy(), D.grad.copy()
    v = dict(zip(VITALS, measure(training, z, x_real).tolist(), strict=True))
    assert v["d_accuracy"] == (1 + 4 + 0 + 2) / 16
    assert (v["g_gradient"], v["d_gradient"]) == (6.0, 4.0)
    assert (v["g_weights"], v["d_weights"]) == (
        pytest.approx((1 + 1 + 81 + 0.5 + 98) ** 0.5),
        pytest.approx(2**0.5),
    )
    assert (v["g_dead"], v["d_dead"]) == (0.5, 0.0)
    assert v["saturated"] == 0.5
    x = np.array([1.0, 0.5, 0.0, 0.999])
    assert v["diversity"] == pytest.approx(x.std() / x_real[:, 0].std())
    for array, was in zip((G.theta, D.theta, G.grad, D.grad), before, strict=True):
        np.testing.assert_array_equal(array, was)


def measured(preset, **given):
    """(Training, G's samples without labels, real samples, vital signs) of a new training, on 30 of its samples."""
    settings, data = small(preset, **given)
    training = Training(settings, data)
    z = generator_input(settings, data, 30, np.random.default_rng(1))
    x_real = real_batch(settings, training.data, slice(30))
    signs = dict(zip(VITALS, measure(training, z, x_real).tolist(), strict=True))
    n_x = training.data.n_x
    return training, training.G(z)[:, :n_x].astype(float), x_real[:, :n_x].astype(float), signs


def distance(x):
    """The mean squared distance of two different or equal samples, by a loop."""
    return np.mean([((a - b) ** 2).sum() for a in x for b in x])


@pytest.mark.parametrize(("preset", "given"), [
    ("minigan", {"conditional": True}), ("minigan", {"output": "sigmoid", "conditional": False}),
    ("minigan", {"g_batchnorm": 1, "dropout": 0.5, "batch_size": 10}), ("toy", {}),
])  # fmt: skip
def test_diversity_is_the_ratio_of_two_root_mean_square_distances(preset, given):
    """Without the labels: these are as different as those of real samples."""
    _, x, real, signs = measured(preset, **given)
    assert signs["diversity"] == pytest.approx(np.sqrt(distance(x) / distance(real)), rel=1e-4)
    assert variance(x) == pytest.approx(distance(x) / 2)


def test_samples_that_are_all_alike_have_no_diversity():
    x, real = np.ones((4, 2), np.float32), np.zeros((4, 2), np.float32)
    assert variance(x) == 0.0
    G, D = Network([Dense(1, 2)]), Network([Dense(2, 1)])
    training = SimpleNamespace(
        G=G, D=D, data=SimpleNamespace(n_x=2, is_images=False), xp=np, settings=SimpleNamespace(output="tanh")
    )
    v = dict(zip(VITALS, measure(training, np.ones((4, 1), np.float32), real).tolist(), strict=True))
    assert v["diversity"] == 0.0  # and not nan, although real samples are all alike, too
    assert v["d_accuracy"] == 0.0  # no score is higher than another
    G.layers[0].W[...] = 1.0
    v = dict(zip(VITALS, measure(training, np.arange(4.0, dtype=np.float32)[:, None], real).tolist(), strict=True))
    assert 1e3 < v["diversity"] < np.inf


@pytest.mark.parametrize(("output", "images", "share"), [
    ("tanh", True, 0.5), ("sigmoid", True, 0.75), ("tanh", False, 0.0), ("sigmoid", False, 0.0),
])  # fmt: skip
def test_a_pixel_is_saturated_where_at_most_a_hundredth_of_the_gradient_passes(output, images, share):
    """That of tanh is 1 - x^2, that of a sigmoid 4 x (1 - x), relative to the one in the middle."""
    x = {"tanh": [0.0, 0.9947, -0.9952, 0.9952], "sigmoid": [0.9973, 0.9976, 0.0024, 0.0]}[output]
    x = np.array(x, np.float32)[:, None] * np.ones((1, 2), np.float32)
    slope = 1 - x[:, 0] ** 2 if output == "tanh" else 4 * x[:, 0] * (1 - x[:, 0])
    G, D = Network([Dense(2, 2)]), Network([Dense(2, 1)])
    G.layers[0].W[...] = np.eye(2)
    training = SimpleNamespace(
        G=G, D=D, data=SimpleNamespace(n_x=2, is_images=images), xp=np, settings=SimpleNamespace(output=output)
    )
    v = dict(zip(VITALS, measure(training, x, x[::-1]).tolist(), strict=True))
    assert v["saturated"] == share == ((slope <= 0.01).mean() if images else 0.0)


def test_a_unit_is_dead_if_no_sample_passes_it():
    x = np.array([[1.0, -1.0, -1.0, 2.0], [-1.0, -1.0, -1.0, 2.0]], np.float32)
    network = Network([ReLU(), LeakyReLU(0.5), ReLU()])
    caches = network.forward(x, train=False)[1]
    assert dead(network, caches) == 0.5  # 2 of 4 twice
    assert dead(Network([LeakyReLU(0.5)]), [x]) == 0.0


def test_measuring_draws_nothing_and_changes_nothing():
    given = {"dropout": 0.5, "g_batchnorm": 1, "conditional": True}
    training, *_ = measured("minigan", **given)
    fresh = Training(*small("minigan", **given))
    for name, stream in fresh.streams.items():
        assert training.streams[name].bit_generator.state == stream.bit_generator.state
    for one, other in ((training.G, fresh.G), (training.D, fresh.D)):
        assert one.theta.tobytes() == other.theta.tobytes() and one.grad.tobytes() == other.grad.tobytes()
