"""Networks: one flat vector that everything is a window of. Their derivatives: test_derivatives.py."""

import numpy as np
import pytest

from minigan.gradcheck import windows
from minigan.gradcheck.cases.shared import stack
from minigan.nn.activations import LeakyReLU
from minigan.nn.batchnorm import BatchNorm
from minigan.nn.layers import Dense, Dropout
from minigan.nn.network import Network


def test_every_array_of_a_layer_is_an_aligned_view_of_the_flat_vectors(rng):
    network = Network([Dense(3, 5), BatchNorm(5), LeakyReLU(), Dense(5, 1)], rng)
    arrays, grads = windows(network, "D"), windows(network, "D", "d")
    named = ["0 Dense.W", "0 Dense.b", "1 BatchNorm.gamma", "1 BatchNorm.beta", "3 Dense.W", "3 Dense.b"]
    assert list(arrays) == [f"D {name}" for name in named]
    for array, grad in zip(arrays.values(), grads.values(), strict=True):
        assert np.shares_memory(array, network.theta)
        assert np.shares_memory(grad, network.grad)
        assert (array.ctypes.data - network.theta.ctypes.data) % 64 == 0
    network.theta += 1.0
    assert (network.layers[0].b == 1.0).all()


def test_backward_overwrites_gradients_and_a_copy_is_independent(rng):
    network = stack(["Tanh"], [3, 4, 2], rng)
    x, dy = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
    _, caches = network.forward(x)
    assert network.backward(dy, caches) is None
    once = network.grad.copy()
    network.backward(dy, caches)
    np.testing.assert_array_equal(once, network.grad)
    for dtype in (np.float32, np.float64):
        twin = network.astype(dtype)
        twin.theta[...] = 0.0
        assert twin.theta.dtype == dtype
        assert network.theta.any()
        assert np.shares_memory(network.layers[0].W, network.theta)


def test_a_network_rejects_the_same_layer_twice(rng):
    layer = Dense(2, 2)
    with pytest.raises(ValueError, match="twice"):
        Network([layer, LeakyReLU(), layer], rng)


def test_calling_a_network_draws_samples_without_dropout(rng):
    network = Network([Dense(3, 50), Dropout(0.5, rng), BatchNorm(50)], rng)
    x = rng.standard_normal((4, 3), dtype=np.float32)
    np.testing.assert_array_equal(network(x), network.forward(x, train=False)[0])
    np.testing.assert_array_equal(network(x), network(x))
    np.testing.assert_allclose(network(x)[:1], network(x[:1]), rtol=1e-5)  # no sample depends on another


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_a_network_has_the_dtype_that_was_asked_for(dtype, rng):
    network = Network([Dense(3, 2), LeakyReLU()], rng, dtype)
    y, _ = network.forward(np.ones((4, 3), dtype))
    assert y.dtype == network.theta.dtype == dtype


def test_initial_weights_have_the_documented_variance(rng):
    W = Network([Dense(400, 300, gain=2.0)], rng).layers[0].W
    assert W.var() == pytest.approx(4.0 / 400, rel=0.02)
