"""Every derivative of minigan on hundreds of random cases.

The cases are those of minigan/gradcheck/cases; here Hypothesis draws their shapes and seeds. More tests make sure that
nothing is left out, and that each case notices the mistakes that it is there for.
"""

import importlib
import inspect
import pkgutil
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kinks import check_kinks

import minigan
from minigan.gan import conditional, more_objectives, objectives, penalties, vae, wgan
from minigan.gan.steps import d_step, g_step
from minigan.gradcheck import GradientError
from minigan.gradcheck.cases import DERIVATIVES, REFERENCED
from minigan.gradcheck.cases import losses as loss_cases
from minigan.gradcheck.cases import penalties as penalty_cases
from minigan.gradcheck.cases import references as reference_cases
from minigan.gradcheck.cases import steps as step_cases
from minigan.gradcheck.cases.cures import CURES, cure_case
from minigan.gradcheck.cases.losses import LOSSES, OBJECTIVES, SMOOTHABLE
from minigan.gradcheck.cases.penalties import PENALTIES
from minigan.gradcheck.cases.references import OPTIMIZERS
from minigan.gradcheck.cases.shared import BETWEEN, DIFFERENTIABLE, LAYERS
from minigan.nn import activations, batchnorm, layers, losses, maxout, optim, rmsprop, softmax, spectral

shapes = st.integers(1, 6)
seeds = st.integers(0, 2**32 - 1)
random_case = given(n=shapes, n_in=shapes, n_out=shapes, seed=seeds)
EVERYTHING = DERIVATIVES | REFERENCED
STEPS = [name for name in EVERYTHING if "step" in name]  # slower than the others, as they go through whole networks


def check_one(name, n, n_in, n_out, seed):
    EVERYTHING[name](n, n_in, n_out, np.random.default_rng([seed, n, n_in, n_out]))


@pytest.mark.parametrize("name", [name for name in EVERYTHING if name not in STEPS])
@random_case
def test_every_derivative(name, n, n_in, n_out, seed):
    check_one(name, n, n_in, n_out, seed)


def test_r1_where_tanh_had_been_saturated():
    """With its first weights, 1 - tanh(x)^2 was 5e-10, of which rounding left 8 digits: too few to compare."""
    check_one("R1", 3, 4, 6, 1746546710)


@pytest.mark.parametrize("name", [name for name in STEPS if not name.startswith("both steps")])
@settings(max_examples=25)
@random_case
def test_every_step(name, n, n_in, n_out, seed):
    check_one(name, n, n_in, n_out, seed)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("layer", BETWEEN)
@settings(max_examples=30)
@random_case
def test_every_loss_after_every_layer(layer, loss, n, n_in, n_out, seed):
    loss_cases.loss_of_network_case(layer, loss, n, n_in, n_out, np.random.default_rng([seed, n, n_in, n_out]))


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize("layer", DIFFERENTIABLE)
@pytest.mark.parametrize("penalty", PENALTIES)
@settings(max_examples=10)
@random_case
def test_every_penalty_through_every_layer(penalty, layer, depth, n, n_in, n_out, seed):
    rng = np.random.default_rng([seed, n, n_in, n_out])
    penalty_cases.penalty_case(penalty, n, n_in, n_out, rng, names=[layer] * depth)


def applicable(pair):
    objective, cure = pair
    return cure != "label-smoothing" or objective in SMOOTHABLE


@pytest.mark.parametrize(("objective", "cure"), [*filter(applicable, product(OBJECTIVES, CURES))])
@settings(max_examples=6)
@random_case
def test_every_objective_with_every_cure(objective, cure, n, n_in, n_out, seed):
    rng = np.random.default_rng([seed, n, n_in, n_out])
    cure_case(cure, n, n_in, n_out, rng, name=objective)


def test_values_at_the_kinks():
    check_kinks()


BASES = {"Layer", "Slope", "Optimizer"}  # base classes, which do nothing by themselves
PARTS = {  # functions that are checked as parts of others
    *("positive_part", "magnitude", "softplus", "sigmoid", "leaky_slope", "times_tanh_slope", "times_sigmoid_slope"),
    *("classify", "pieces", "input_gradient", "add_gradient", "kl_to_normal"),
}
BY_A_CURE = {"Packed": "packing", "Conditional": "conditional", "WganGP": "wgan-gp"}  # class -> the cure that checks it
BY_OTHER_TESTS = {"bound", "one_hot", "initialise", "anneal"}  # see tests/gan/test_cures.py
MODULES = [layers, activations, batchnorm, maxout, spectral, losses, softmax, objectives, more_objectives, optim,
           rmsprop, penalties, wgan, conditional, vae]  # fmt: skip


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_has_a_case(module):
    public = {
        name
        for name, value in vars(module).items()
        if (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__ == module.__name__
    }
    public -= BASES | PARTS | BY_OTHER_TESTS | {name for name, cure in BY_A_CURE.items() if cure in CURES}
    assert public <= set(EVERYTHING), "add a case to minigan/gradcheck/cases/__init__.py"


def test_names_of_cases_are_names_of_classes_and_functions(rng):
    for name, make in LAYERS.items():
        assert type(make(3, 2, rng)).__name__ == name
    for name, (made, *_) in (OBJECTIVES | LOSSES | OPTIMIZERS).items():
        assert made.__name__ == name


def test_every_layer_and_optimizer_of_any_module_has_a_case():
    modules = [m for m in pkgutil.walk_packages(minigan.__path__, "minigan.") if m.name != "minigan.exercises.buggy"]
    for module in modules:
        for value in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(value) and issubclass(value, (layers.Layer, optim.Optimizer)):
                assert value.__name__ in BASES | set(EVERYTHING)


def test_everything_that_minigan_exports_has_a_case():
    checks = {"GradientError", "MiniganError", *(name for name in minigan.__all__ if name.startswith("check_"))}
    assert {"d_step, NonSaturating", "g_step, NonSaturating"} <= set(EVERYTHING)
    assert set(minigan.__all__) - checks - BASES - {"GAN", "d_step", "g_step"} - set(BY_A_CURE) <= set(EVERYTHING)


def scaled(factor, when=lambda *args: True):
    """Plant a mistake: the result of a method is wrong by a factor, when the condition on its arguments holds."""

    def wrong(method):
        return lambda *args, **kw: method(*args, **kw) * (factor if when(*args) else 1.0)

    return wrong


def after(action):
    """Plant a mistake: the function also does something else, which may change its result."""

    def wrong(function):
        def both(*args, **kw):
            result = function(*args, **kw)
            return action(result, *args) or result

        return both

    return wrong


def write(array):
    array += 1.0


def restep(result, optimizer, grad):
    optimizer.theta -= 0.01 * grad


PLANTED = {  # mistake -> (case that has to notice it, owner and attribute that it is planted in, how)
    "jvp": ("LeakyReLU", layers.Slope, "jvp", scaled(1.0 + 1e-9)),
    "adjoint": ("LeakyReLU", layers.Slope, "jvp", scaled(1.0 + 2e-11)),
    "jvp of BatchNorm, train=False": ("BatchNorm", batchnorm.BatchNorm, "jvp", scaled(1.1, lambda *a: not a[2][-1])),
    "jvp of BatchNorm, train=True": ("BatchNorm", batchnorm.BatchNorm, "jvp", scaled(1.1, lambda *a: a[2][-1])),
    "tangent_grads": ("Sigmoid", activations.Sigmoid, "tangent_grads", scaled(1.001)),
    "grad declined": ("Dense", layers.Dense, "backward", after(lambda dx, layer, *_: write(layer.db))),
    "value of a loss": ("bce_with_logits", loss_cases, "softplus", scaled(1.001)),
    "value of an objective": ("Minimax", loss_cases, "softplus", scaled(1.001)),
    "value of r1": ("R1", penalty_cases, "slopes", scaled(1.001)),
    "size of a step": ("g_step, Minimax", optim.SGD, "step", after(restep)),
    "D's step leaves G": ("d_step, Minimax", step_cases, "d_step", after(lambda _, D, G, *__: write(G.theta))),
    "returned logits": ("d_step, Minimax", step_cases, "d_step", after(lambda r, *_: (r[0], r[1] + 1.0, r[2]))),
    "returned loss": ("d_step, Minimax", step_cases, "d_step", after(lambda r, *_: (r[0] + 1.0, *r[1:]))),
    "Adam": ("Adam", optim.Adam, "step", after(restep)),
    "update_average": (
        "update_average",
        reference_cases,
        "update_average",
        after(lambda _, average, *__: write(average.theta)),
    ),
}


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_is_noticed_by_its_case(mistake, monkeypatch):
    name, owner, attribute, wrong = PLANTED[mistake]
    monkeypatch.setattr(owner, attribute, wrong(getattr(owner, attribute)))
    with pytest.raises(GradientError):
        for seed in range(10):
            EVERYTHING[name](4, 3, 2, np.random.default_rng(seed))


def test_the_case_of_g_step_notices_a_change_of_d(rng):
    step = after(lambda _, D, *__: write(D.grad))(g_step)
    with pytest.raises(GradientError, match="grad of the other network"):
        step_cases.g_step_case("Minimax", 4, 3, 2, rng, step=step)


def test_the_case_after_20_rounds_trains_for_20_rounds(monkeypatch, rng):
    rounds = []
    monkeypatch.setattr(step_cases, "d_step", lambda *args: rounds.append(d_step(*args)))
    DERIVATIVES["g_step, Minimax, after 20 rounds"](3, 2, 2, rng)
    assert len(rounds) == 20
