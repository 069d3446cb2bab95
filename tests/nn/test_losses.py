"""Losses and objectives: values by their textbook forms, and no logit that breaks them."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minigan.gan.more_objectives import Hinge, Wasserstein
from minigan.gan.objectives import Minimax, NonSaturating
from minigan.nn.losses import bce_with_logits, sigmoid, softplus
from minigan.nn.softmax import softmax_cross_entropy

seeds = st.integers(0, 2**32 - 1)


@given(n=st.integers(1, 9), seed=seeds)
def test_losses_equal_their_textbook_formulas(n, seed):
    rng = np.random.default_rng(seed)
    s, r = 3 * rng.standard_normal((2, n, 1))
    target, labels, scores = rng.random((n, 1)), rng.integers(4, size=n), rng.standard_normal((n, 4))
    D, D_real = 1 / (1 + np.exp(-s)), 1 / (1 + np.exp(-r))
    bce = np.mean(-target * np.log(D) - (1 - target) * np.log(1 - D))
    assert bce_with_logits(s, target)[0] == pytest.approx(bce)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert softmax_cross_entropy(scores, labels)[0] == pytest.approx(-np.log(p[np.arange(n), labels]).mean())
    for objective in (NonSaturating, Minimax):
        assert objective().d(r, s)[0] == pytest.approx(-np.log(D_real).mean() - np.log(1 - D).mean())
    assert NonSaturating().g(s)[0] == pytest.approx(-np.log(D).mean())
    assert Minimax().g(s)[0] == pytest.approx(np.log(1 - D).mean())


logits = st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=1, max_size=4)  # up to 1.3e30
FEW_ULP = {"rtol": 4 * np.finfo(np.float32).eps, "atol": 1e-38}  # below 1e-38 float32 has fewer digits


def assert_right(result, value, grad):
    """A float32 result (L, ds) is the float64 one to a few ulp; ds is within [-1, 1] / N."""
    assert result[0].dtype == result[1].dtype == np.float32
    np.testing.assert_allclose(result[0], value, **FEW_ULP)
    np.testing.assert_allclose(result[1], grad, **FEW_ULP)
    assert np.abs(result[1]).max() <= 1.0 / len(grad)


@given(real=logits, fake=logits)
@example([1e30], [-1e30])
@example([0.0, -0.0], [1e-45, -1e-45])
def test_losses_are_right_for_any_float32_logit(real, fake):
    assert_all_right(real, fake)


def test_losses_are_right_for_logits_of_every_common_size():
    for s in np.linspace(-110.0, 110.0, 441):
        assert_all_right([s], [s])


def assert_all_right(real, fake):
    real, fake = (np.array(s, np.float32)[:, None] for s in (real, fake))
    r, f = real.astype(np.float64), fake.astype(np.float64)

    def plus(s):
        return np.logaddexp(0.0, s)

    def answer(s):
        return np.exp(-plus(-s))

    assert_right((softplus(real), sigmoid(real) / len(r)), plus(r), answer(r) / len(r))
    ones = np.ones_like(real)
    assert_right(bce_with_logits(real, ones), plus(-r).mean(), -answer(-r) / len(r))
    assert_right(bce_with_logits(real, 0 * ones), plus(r).mean(), answer(r) / len(r))
    soft = bce_with_logits(real, ones / 4)  # here ds is a difference: right to a few ulp of what is subtracted
    np.testing.assert_allclose(soft[0], (plus(-r) / 4 + 3 * plus(r) / 4).mean(), **FEW_ULP)
    np.testing.assert_allclose(soft[1], (answer(r) - 0.25) / len(r), rtol=0.0, atol=FEW_ULP["rtol"] / len(r))
    for objective in (NonSaturating, Minimax):
        loss, ds_real, ds_fake = objective().d(real, fake)
        value = plus(-r).mean() + plus(f).mean()
        assert_right((loss, ds_real), value, -answer(-r) / len(r))
        assert_right((loss, ds_fake), value, answer(f) / len(f))
    hinge, value = Hinge().d(real, fake), np.maximum(0, 1 - r).mean() + np.maximum(0, 1 + f).mean()
    assert_right(hinge[:2], value, -1.0 * (r < 1) / len(r))
    assert_right(hinge[::2], value, 1.0 * (f > -1) / len(f))
    assert_right(Wasserstein().g(fake), -f.mean(), -np.ones_like(f) / len(f))
    assert_right(NonSaturating().g(fake), plus(-f).mean(), -answer(-f) / len(f))
    assert_right(Minimax().g(fake), -plus(f).mean(), -answer(f) / len(f))


@given(real=logits)
def test_cross_entropy_is_finite_for_any_float32_logit(real):
    s = np.array([real, real[::-1]], np.float32)
    loss, ds = softmax_cross_entropy(s, np.array([0, len(real) - 1]))
    assert np.isfinite(loss) and loss.dtype == ds.dtype == np.float32
    assert np.abs(ds).max() <= 0.5 + 1e-6  # softmax minus one-hot, over N = 2, and rounding


@pytest.mark.parametrize("labels", [np.zeros((5, 1), int), np.zeros(4, int)])
def test_labels_of_the_wrong_shape_raise_an_error(labels):
    with pytest.raises(ValueError, match=r"must be \(5,\)"):
        softmax_cross_entropy(np.zeros((5, 3)), labels)


def test_targets_of_the_wrong_shape_raise_an_error():
    with pytest.raises(ValueError, match=r"\(5, 1\) but targets \(5,\)"):
        bce_with_logits(np.zeros((5, 1)), np.zeros(5))
