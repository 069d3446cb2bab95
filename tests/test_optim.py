"""Every optimizer against a slow reference that follows its paper one number at a time."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigan import optim
from minigan.optim import SGD, Adam, RMSProp


def sgd(theta, grads, lr, momentum):
    v = 0.0
    for g in grads:
        v = momentum * v + g
        theta -= lr * v
    return theta


def rmsprop(theta, grads, lr, rho, eps):
    v = 0.0
    for g in grads:
        v = rho * v + (1 - rho) * g**2
        theta -= lr * g / (math.sqrt(v) + eps)
    return theta


def adam(theta, grads, lr, beta1, beta2, eps):
    m = v = 0.0
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        theta -= lr * (m / (1 - beta1**t)) / (math.sqrt(v / (1 - beta2**t)) + eps)
    return theta


decay = st.floats(0.0, 0.999)
CASES = {
    "SGD": (SGD, sgd, st.tuples(decay)),
    "RMSProp": (RMSProp, rmsprop, st.tuples(decay, st.sampled_from([1e-8, 1e-3]))),
    "Adam": (Adam, adam, st.tuples(decay, decay, st.sampled_from([1e-8, 1e-3]))),
}


@pytest.mark.parametrize("name", CASES)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1), size=st.integers(1, 9), steps=st.integers(1, 20))
def test_optimizer_is_its_reference(name, data, seed, size, steps):
    fast, reference, options = CASES[name]
    options = data.draw(options)
    rng = np.random.default_rng(seed)
    theta, grads = rng.standard_normal(size), rng.standard_normal((steps, size))
    expected = [reference(float(theta[i]), grads[:, i], 0.01, *options) for i in range(size)]
    whole = optim.PIECE
    optim.PIECE = 4  # so that several pieces are walked, the last one short
    optimizer = fast(theta, 0.01, *options)
    optim.PIECE = whole
    for g in grads:
        optimizer.step(g)
    np.testing.assert_allclose(theta, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", CASES)
def test_float32_stays_float32_and_the_gradient_unharmed(name, rng):
    theta, g = rng.standard_normal((2, 100), dtype=np.float32)
    g.flags.writeable = False
    optimizer = CASES[name][0](theta)
    optimizer.step(g)
    assert {getattr(optimizer, state).dtype for state in optimizer.state} == {np.dtype(np.float32)}
    assert theta.dtype == np.float32


@pytest.mark.parametrize("name", CASES)
def test_it_finds_a_minimum(name):
    theta = np.array([3.0, -2.0])
    optimizer = CASES[name][0](theta, lr=0.05)
    for _ in range(1000):
        optimizer.step(2.0 * (theta - 1.0))
    np.testing.assert_allclose(theta, 1.0, atol=0.05)
