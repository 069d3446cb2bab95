"""Every public derivative on hundreds of random cases: minigan/gradcheck/cases, with shapes and seeds drawn here."""

import importlib
import inspect
import pkgutil
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigan
from minigan.gan import conditional, more_objectives, objectives, penalties, vae, wgan
from minigan.gan.steps import d_step, g_step
from minigan.gradcheck import GradientError, cases
from minigan.nn import activations, batchnorm, layers, losses, maxout, optim, rmsprop, softmax, spectral

shapes = st.integers(1, 6)
seeds = st.integers(0, 2**32 - 1)
random_case = given(n=shapes, n_in=shapes, n_out=shapes, seed=seeds)
EVERYTHING = cases.DERIVATIVES | cases.REFERENCED
STEPS = [name for name in EVERYTHING if "step" in name]  # of whole networks: slower, and made of the others


def check_one(name, n, n_in, n_out, seed):
    EVERYTHING[name](n, n_in, n_out, np.random.default_rng([seed, n, n_in, n_out]))


@pytest.mark.parametrize("name", [name for name in EVERYTHING if name not in STEPS])
@random_case
def test_every_derivative(name, n, n_in, n_out, seed):
    check_one(name, n, n_in, n_out, seed)


@pytest.mark.parametrize("name", [name for name in STEPS if not name.startswith("both steps")])
@settings(max_examples=25)
@random_case
def test_every_step(name, n, n_in, n_out, seed):
    check_one(name, n, n_in, n_out, seed)


@pytest.mark.parametrize("loss", cases.LOSSES)
@pytest.mark.parametrize("layer", cases.BETWEEN)
@settings(max_examples=30)
@random_case
def test_every_loss_behind_every_activation(layer, loss, n, n_in, n_out, seed):
    cases.loss_behind(layer, loss, n, n_in, n_out, np.random.default_rng([seed, n, n_in, n_out]))


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize("layer", cases.DIFFERENTIABLE)
@pytest.mark.parametrize("penalty", cases.PENALTIES)
@settings(max_examples=10)
@random_case
def test_every_penalty_through_every_activation(penalty, layer, depth, n, n_in, n_out, seed):
    cases.penalty(penalty, n, n_in, n_out, np.random.default_rng([seed, n, n_in, n_out]), names=[layer] * depth)


def applicable(pair):
    objective, cure = pair
    return cure != "label-smoothing" or objective in cases.FLAGS


@pytest.mark.parametrize(("objective", "cure"), [*filter(applicable, product(cases.OBJECTIVES, cases.CURES))])
@settings(max_examples=6)
@random_case
def test_every_objective_with_every_cure(objective, cure, n, n_in, n_out, seed):
    rng = np.random.default_rng([seed, n, n_in, n_out])
    cases.cure(cases.CURES[cure], n, n_in, n_out, rng, name=objective)


BASES = {"Layer", "Slope", "Optimizer"}  # of others; none is of use by itself
PARTS = {
    "positive_part",
    "magnitude",
    "softplus",
    "sigmoid",
    "leaky_slope",
    "times_tanh_slope",
    "times_sigmoid_slope",
    "classify",
    "pieces",
    "input_gradient",
    "add_gradient",
    "kl_to_normal",
}  # of what is in the table
UNDER_A_FLAG = {
    "Packed": "packing",
    "Conditional": "conditional",
    "WganGP": "wgan-gp",
}  # networks, in the table as a cure
BY_TEST_CURES = {"bound", "one_hot", "initialise", "anneal"}


@pytest.mark.parametrize(
    "module",
    [
        layers,
        activations,
        batchnorm,
        maxout,
        spectral,
        losses,
        softmax,
        objectives,
        more_objectives,
        optim,
        rmsprop,
        penalties,
        wgan,
        conditional,
        vae,
    ],
)
def test_nothing_public_is_without_a_case(module):
    public = {
        name
        for name, value in vars(module).items()
        if (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__ == module.__name__
    }
    public -= BASES | PARTS | BY_TEST_CURES | {name for name, flag in UNDER_A_FLAG.items() if flag in cases.CURES}
    assert public <= set(EVERYTHING), "give it a line in minigan/gradcheck/cases"


def test_every_case_is_of_the_class_that_it_is_named_after(rng):
    for name, make in cases.LAYERS.items():
        assert type(make(3, 2, rng)).__name__ == name
    for name, (made, *_) in (cases.OBJECTIVES | cases.LOSSES | cases.REFERENCES).items():
        assert made.__name__ == name


def test_no_layer_and_no_optimizer_of_any_module_is_without_a_case():
    for module in pkgutil.walk_packages(minigan.__path__, "minigan."):
        for value in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(value) and issubclass(value, (layers.Layer, optim.Optimizer)):
                assert value.__name__ in BASES | set(EVERYTHING)


def test_nothing_that_minigan_exports_is_without_a_case():
    checks = {"GradientError", *(name for name in minigan.__all__ if name.startswith("check_"))}
    assert {"d_step, NonSaturating", "g_step, NonSaturating"} <= set(EVERYTHING)
    assert set(minigan.__all__) - checks - BASES - {"d_step", "g_step"} - set(UNDER_A_FLAG) <= set(EVERYTHING)


def scaled(factor, when=lambda *args: True):
    """What turns a method into one whose result is wrong by a factor on some calls."""

    def wrong(method):
        return lambda *args, **kw: method(*args, **kw) * (factor if when(*args) else 1.0)

    return wrong


def after(action):
    """What turns a function into one that also does something else."""

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


DUTIES = {  # what a case is to notice -> (the case, where a mistake is planted, what it does there)
    "jvp": ("LeakyReLU", layers.Slope, "jvp", scaled(1.0 + 1e-9)),
    "adjoint": ("LeakyReLU", layers.Slope, "jvp", scaled(1.0 + 2e-11)),
    "jvp of BatchNorm, train=False": ("BatchNorm", batchnorm.BatchNorm, "jvp", scaled(1.1, lambda *a: not a[2][-1])),
    "jvp of BatchNorm, train=True": ("BatchNorm", batchnorm.BatchNorm, "jvp", scaled(1.1, lambda *a: a[2][-1])),
    "tangent_grads": ("Sigmoid", activations.Sigmoid, "tangent_grads", scaled(1.001)),
    "grad declined": ("Dense", layers.Dense, "backward", after(lambda dx, layer, *_: write(layer.db))),
    "value of a loss": ("bce_with_logits", cases, "softplus", scaled(1.001)),
    "value of an objective": ("Minimax", cases, "softplus", scaled(1.001)),
    "value of r1": ("R1", cases, "input_gradient", scaled(1.001)),
    "size of a step": ("g_step, Minimax", optim.SGD, "step", after(restep)),
    "D's step leaves G": ("d_step, Minimax", cases, "d_step", after(lambda _, D, G, *__: write(G.theta))),
    "returned logits": ("d_step, Minimax", cases, "d_step", after(lambda r, *_: (r[0], r[1] + 1.0, r[2]))),
    "returned loss": ("d_step, Minimax", cases, "d_step", after(lambda r, *_: (r[0] + 1.0, *r[1:]))),
    "Adam": ("Adam", optim.Adam, "step", after(restep)),
    "update_average": ("update_average", cases, "update_average", after(lambda _, average, *__: write(average.theta))),
}


@pytest.mark.parametrize("duty", DUTIES)
def test_each_case_does_its_duty(duty, monkeypatch):
    name, owner, attribute, wrong = DUTIES[duty]
    monkeypatch.setattr(owner, attribute, wrong(getattr(owner, attribute)))
    with pytest.raises(GradientError):
        for seed in range(10):
            EVERYTHING[name](4, 3, 2, np.random.default_rng(seed))


def test_the_case_of_gs_step_notices_that_d_is_touched(rng):
    step = after(lambda _, D, *__: write(D.grad))(g_step)
    with pytest.raises(GradientError, match="grad of the other network"):
        cases.step_of_g("Minimax", 4, 3, 2, rng, step=step)


def test_the_case_after_20_rounds_has_trained_for_20_rounds(monkeypatch, rng):
    rounds = []
    monkeypatch.setattr(cases, "d_step", lambda *args: rounds.append(d_step(*args)))
    cases.DERIVATIVES["g_step, Minimax, after 20 rounds"](3, 2, 2, rng)
    assert len(rounds) == 20
