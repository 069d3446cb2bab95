"""Optimizers: dtypes, and that they find a minimum. Against their papers: test_derivatives.py."""

from inspect import signature

import numpy as np
import pytest

from minigan.nn.optim import PIECE, SGD, Adam
from minigan.nn.rmsprop import RMSProp

every_optimizer = pytest.mark.parametrize("optimizer", [SGD, RMSProp, Adam])


@every_optimizer
def test_an_optimizer_keeps_float32_and_does_not_modify_the_gradient(optimizer, rng):
    theta, g = rng.standard_normal((2, 100), dtype=np.float32)
    g.flags.writeable = False
    moved = optimizer(theta)
    moved.step(g)
    assert {getattr(moved, state).dtype for state in moved.state} == {np.dtype(np.float32)}
    assert theta.dtype == np.float32


@every_optimizer
def test_an_optimizer_finds_a_minimum(optimizer):
    theta = np.array([3.0, -2.0])
    moved = optimizer(theta, lr=0.05)
    for _ in range(1000):
        moved.step(2.0 * (theta - 1.0))
    np.testing.assert_allclose(theta, 1.0, atol=0.05)


def test_the_defaults_of_optimizers_are_the_usual_ones():
    defaults = [tuple(p.default for p in signature(f).parameters.values())[1:] for f in (SGD, RMSProp, Adam)]
    assert defaults == [(0.01, 0.0), (0.01, 0.99, 1e-8), (0.001, 0.9, 0.999, 1e-8)]


@every_optimizer
def test_all_pieces_of_a_long_theta_are_moved(optimizer):
    theta = np.zeros(2 * PIECE + 3, np.float32)
    optimizer(theta).step(np.ones_like(theta))
    assert (theta == theta[0]).all() and theta[0] < 0
