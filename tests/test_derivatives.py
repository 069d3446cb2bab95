"""Every public derivative on hundreds of random cases: minigan/gradcheck/cases.py, with shapes and seeds drawn here."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigan
from minigan import activations, batchnorm, layers, losses, objectives, optim, penalties
from minigan.gradcheck import cases

shapes = st.integers(1, 6)
seeds = st.integers(0, 2**32 - 1)
random_case = given(n=shapes, n_in=shapes, n_out=shapes, seed=seeds)
EVERYTHING = cases.DERIVATIVES | cases.REFERENCED


@pytest.mark.parametrize("name", EVERYTHING)
@random_case
def test_every_derivative(name, n, n_in, n_out, seed):
    EVERYTHING[name](n, n_in, n_out, np.random.default_rng(seed))


@pytest.mark.parametrize("loss", cases.LOSSES)
@pytest.mark.parametrize("layer", cases.BETWEEN)
@random_case
def test_every_loss_behind_every_activation(layer, loss, n, n_in, n_out, seed):
    cases.loss_behind(layer, loss, n, n_in, n_out, np.random.default_rng(seed))


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize("layer", cases.DIFFERENTIABLE)
@pytest.mark.parametrize("penalty", cases.PENALTIES)
@settings(max_examples=50)
@random_case
def test_every_penalty_through_every_activation(penalty, layer, depth, n, n_in, n_out, seed):
    cases.penalty(penalty, n, n_in, n_out, np.random.default_rng(seed), names=[layer] * depth)


BASES = {"Layer", "Slope", "Optimizer"}  # of others; none is of use by itself
PARTS = {"softplus", "sigmoid", "input_gradient", "add_gradient"}  # of losses and penalties that are in the table


@pytest.mark.parametrize("module", [layers, activations, batchnorm, losses, objectives, optim, penalties])
def test_nothing_public_is_without_a_case(module):
    public = {
        name
        for name, value in vars(module).items()
        if (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__ == module.__name__
    }
    assert public - BASES - PARTS <= set(EVERYTHING), "give it a line in minigan/gradcheck/cases.py"


def test_nothing_that_minigan_exports_is_without_a_case():
    checks = {name for name in minigan.__all__ if name.startswith("check_")}
    assert {"d_step, NonSaturating", "g_step, NonSaturating"} <= set(EVERYTHING)
    assert set(minigan.__all__) - checks - BASES - {"d_step", "g_step"} <= set(EVERYTHING)
