"""Losses and objectives: gradients, values by their textbook forms, and no logit that breaks them."""

import numpy as np
import pytest
from cases import LOSSES, OBJECTIVES
from hypothesis import given
from hypothesis import strategies as st

from minigan.gradcheck import check_loss, check_objective
from minigan.losses import bce_with_logits, sigmoid, softmax_cross_entropy, softplus

seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("name", LOSSES)
@given(n=st.integers(1, 9), seed=seeds)
def test_gradient_of_every_loss(name, n, seed):
    check_loss(*LOSSES[name](np.random.default_rng(seed), n))


@pytest.mark.parametrize("name", OBJECTIVES)
@given(n=st.integers(1, 9), m=st.integers(1, 9), seed=seeds)
def test_gradient_of_every_objective(name, n, m, seed):
    rng = np.random.default_rng(seed)
    check_objective(OBJECTIVES[name](), 3 * rng.standard_normal((n, 1)), 3 * rng.standard_normal((m, 1)))


@given(n=st.integers(1, 9), seed=seeds)
def test_values_are_the_textbook_ones(n, seed):
    rng = np.random.default_rng(seed)
    s, r = 3 * rng.standard_normal((2, n, 1))
    target, labels, scores = rng.random((n, 1)), rng.integers(4, size=n), rng.standard_normal((n, 4))
    D, D_real = 1 / (1 + np.exp(-s)), 1 / (1 + np.exp(-r))
    bce = np.mean(-target * np.log(D) - (1 - target) * np.log(1 - D))
    assert bce_with_logits(s, target)[0] == pytest.approx(bce)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert softmax_cross_entropy(scores, labels)[0] == pytest.approx(-np.log(p[np.arange(n), labels]).mean())
    for objective in OBJECTIVES.values():
        assert objective().d(r, s)[0] == pytest.approx(-np.log(D_real).mean() - np.log(1 - D).mean())
    assert OBJECTIVES["NonSaturating"]().g(s)[0] == pytest.approx(-np.log(D).mean())
    assert OBJECTIVES["Minimax"]().g(s)[0] == pytest.approx(np.log(1 - D).mean())


@pytest.mark.parametrize("size", [0.0, 1e-30, 1.0, 20.0, 90.0, 1e4, 1e30])
def test_any_float32_logit_gives_finite_numbers_of_its_dtype(size):
    s = np.array([[size], [-size]], np.float32)
    for f in (softplus, sigmoid):
        assert f(s).dtype == np.float32
        assert np.isfinite(f(s)).all()
    exact = s.astype(np.float64)
    np.testing.assert_allclose(softplus(s), np.logaddexp(0.0, exact), rtol=5e-7, atol=1e-38)
    np.testing.assert_allclose(sigmoid(s), np.exp(-np.logaddexp(0.0, -exact)), rtol=5e-7, atol=1e-38)
    results = [bce_with_logits(s, np.ones_like(s)), softmax_cross_entropy(s, np.array([0, 0]))]
    for objective in OBJECTIVES.values():
        results += [objective().d(s, s), objective().g(s)]
    for loss, *grads in results:
        for value in (loss, *grads):
            assert np.isfinite(value).all()
            assert value.dtype == np.float32
        assert all(np.abs(grad).max() <= 0.5 for grad in grads)  # 1/N at most


@pytest.mark.parametrize("labels", [np.zeros((5, 1), int), np.zeros(4, int)])
def test_labels_of_another_shape_are_refused(labels):
    with pytest.raises(ValueError, match=r"must be \(5,\)"):
        softmax_cross_entropy(np.zeros((5, 3)), labels)


def test_targets_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"\(5, 1\) but targets \(5,\)"):
        bce_with_logits(np.zeros((5, 1)), np.zeros(5))
