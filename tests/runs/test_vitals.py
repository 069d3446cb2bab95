"""The vital signs: what is measured equals what is computed by hand, and measuring changes nothing."""

from types import SimpleNamespace

import numpy as np
import pytest

from minigan.nn.activations import LeakyReLU, ReLU
from minigan.nn.layers import Dense
from minigan.nn.network import Network
from minigan.runs.vitals import VITALS, measure


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
