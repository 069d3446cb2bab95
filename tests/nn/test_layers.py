"""The laws that every layer keeps, and what is particular to each. Their derivatives: test_derivatives.py."""

import numpy as np
import pytest

from minigan.gradcheck.cases.shared import LAYERS
from minigan.nn.activations import LeakyReLU
from minigan.nn.batchnorm import BatchNorm
from minigan.nn.layers import Dense, Dropout
from minigan.nn.maxout import Maxout
from minigan.nn.network import Network

every_layer = pytest.mark.parametrize("name", LAYERS)


def make(name, n_in, n_out, dtype=np.float64):
    rng = np.random.default_rng(0)
    network = Network([LAYERS[name](n_in, n_out, rng)], rng, dtype)
    return network.layers[0], network


@every_layer
@pytest.mark.parametrize("train", [True, False])
def test_a_layer_modifies_no_input_and_keeps_the_dtype(name, train, rng):
    layer, network = make(name, 5, 3, np.float32)
    x = rng.standard_normal((4, 5 * getattr(layer, "pieces", 1)), dtype=np.float32)
    x.flags.writeable = False
    theta = network.theta.copy()
    y, cache = layer.forward(x, train)
    np.testing.assert_array_equal(theta, network.theta)
    arrays = [a for a in (cache if isinstance(cache, tuple) else (cache,)) if isinstance(a, np.ndarray)]
    dy = rng.standard_normal(y.shape, dtype=np.float32)
    for array in (dy, *arrays):
        array.flags.writeable = False
    dx = layer.backward(dy, cache)
    jt = layer.jvp(x, cache)
    assert {a.dtype for a in (y, dx, jt, network.grad, *arrays)} == {np.dtype(np.float32)}


@every_layer
def test_backward_skips_the_gradients_that_are_not_wanted(name, rng):
    layer, network = make(name, 5, 3)
    y, cache = layer.forward(rng.standard_normal((4, 5 * getattr(layer, "pieces", 1))))
    dy = rng.standard_normal(y.shape)
    network.grad[...] = 7.0
    theta = network.theta.copy()
    assert layer.backward(dy, cache, param_grads=False) is not None
    assert (network.grad == 7.0).all()
    np.testing.assert_array_equal(theta, network.theta)
    assert layer.backward(dy, cache, input_grad=False) is None


def test_dropout_drops_entries_at_its_rate_and_keeps_the_mean(rng):
    x = np.ones((1000, 200), np.float32)
    y, _ = Dropout(0.3, rng).forward(x)
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.005)
    assert y.mean() == pytest.approx(1.0, abs=0.01)
    np.testing.assert_array_equal(Dropout(0.3, rng).forward(x, train=False)[0], x)


def test_dropout_draws_entries_independently_even_at_a_tiny_rate(rng):
    kept = Dropout(0.5, rng).forward(np.ones((2000, 64)))[0] > 0
    for shift in (1, 2, 3):
        agree = (kept[:, shift:] == kept[:, :-shift]).mean()
        assert agree == pytest.approx(0.5, abs=0.01)
    y, _ = Dropout(0.001, rng).forward(np.ones((2000, 500)))
    assert (y == 0).mean() == pytest.approx(0.001, rel=0.15)
    assert np.isfinite(Dropout(0.9999999, rng).forward(np.ones((2, 2)))[0]).all()


def test_dropout_needs_a_generator_of_64_bit_words():
    with pytest.raises(ValueError, match="64-bit"):
        Dropout(0.5, np.random.Generator(np.random.MT19937(0)))


def test_the_slope_of_leaky_relu_at_0_is_alpha():
    np.testing.assert_array_equal(LeakyReLU(0.2).forward(np.array([-1.0, 0.0, 1e-30]))[1], [0.2, 0.2, 1.0])


def test_dropout_draws_a_new_mask_in_each_pass(rng):
    dropout = Dropout(0.5, rng)
    assert (dropout.forward(np.ones((9, 9)))[0] != dropout.forward(np.ones((9, 9)))[0]).any()


def batchnorm(rng):
    return Network([BatchNorm(3)], rng, np.float64).layers[0]


def test_batchnorm_starts_as_the_identity_and_cannot_train_on_one_sample(rng):
    layer = batchnorm(rng)
    x = rng.standard_normal((1, 3))
    np.testing.assert_allclose(layer.forward(x, train=False)[0], x, rtol=1e-5)
    with pytest.raises(ValueError, match="one sample"):
        layer.forward(x)
    y, cache = layer.forward(x2 := rng.standard_normal((4, 3)))
    layer.backward(y, cache)
    np.testing.assert_allclose(layer.mean, 0.1 * x2.mean(axis=0))


def test_batchnorm_normalises_and_its_averages_converge(rng):
    layer = batchnorm(rng)
    x = 5.0 + 2.0 * rng.standard_normal((4000, 3))
    for _ in range(200):
        y, cache = layer.forward(x)
        layer.backward(y, cache)
    np.testing.assert_allclose(y.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=0), 1.0, rtol=1e-4)
    np.testing.assert_allclose(layer.mean, x.mean(axis=0))
    np.testing.assert_allclose(layer.var, x.var(axis=0, ddof=1))
    np.testing.assert_allclose(layer.forward(x, train=False)[0], y, rtol=1e-3, atol=1e-3)


def test_maxout_shares_the_gradient_between_equal_pieces():
    """So that y stays the maximum and dx adds up to dy; all pieces are equal where x is 0 and the biases, too."""
    x = np.array([[2.0, 1.0, 2.0, 3.0, 0.0, 3.0]])  # 3 pieces of 2 units
    y, cache = Maxout(3).forward(x)
    np.testing.assert_array_equal(y, [[2.0, 3.0]])
    np.testing.assert_array_equal(Maxout(3).backward(np.ones((1, 2)), cache), [[0.5, 0.0, 0.5, 0.5, 0.0, 0.5]])


@pytest.mark.parametrize("layer", [Dense(3, 4), BatchNorm(3)], ids=["Dense", "BatchNorm"])
def test_a_layer_outside_a_network_says_what_to_do(layer):
    with pytest.raises(AttributeError, match="put the layer into a Network first"):
        layer.forward(np.ones((2, 3)))
    with pytest.raises(AttributeError, match="has no attribute 'weights'"):
        layer.weights  # noqa: B018
