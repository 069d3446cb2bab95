"""The two steps against the written objective, through both networks; the R1 penalty; who may move what."""

from itertools import chain

import numpy as np
import pytest
from cases import OBJECTIVES, PIECEWISE_LINEAR, stack
from hypothesis import given
from hypothesis import strategies as st

from minigan.data import Dataset
from minigan.gan import d_step, g_step, update_average
from minigan.gradcheck import check, parameters, rewinder
from minigan.models import Settings
from minigan.optim import SGD, Adam
from minigan.penalties import r1
from minigan.train import Training

seeds = st.integers(0, 2**32 - 1)
objectives = st.sampled_from(sorted(OBJECTIVES))
layers = st.sampled_from(["ReLU", "LeakyReLU", "Tanh", "Sigmoid", "BatchNorm", "Dropout"])
N_X, N_Z = 4, 3


def players(g_layer, d_layer, seed, depth=2):
    G = stack([g_layer] * depth, [N_Z] + [5] * depth + [N_X], seed)
    D = stack([d_layer] * depth, [N_X] + [5] * depth + [1], seed + 1)
    rng = np.random.default_rng(seed)
    return G, D, rng.standard_normal((6, N_X)), rng.standard_normal((6, N_Z))


def still(network):
    """An optimizer that does not move, so that the gradient of a step can be compared where it was taken."""
    return SGD(network.theta, lr=0.0)


def d_loss(D, G, objective, x_real, z):
    """D's loss as it is written: two separate passes, nothing shared."""
    x_fake = G.forward(z)[0]
    if D.mixes_samples:
        return objective.d(D.forward(x_real)[0], D.forward(x_fake)[0])[0]
    s = D.forward(np.concatenate([x_real, x_fake]))[0]  # one pass, so that Dropout makes the same draw
    return objective.d(s[: len(x_real)], s[len(x_real) :])[0]


@given(g_layer=layers, d_layer=layers, objective=objectives, seed=seeds)
def test_d_step_follows_the_gradient_of_its_objective(g_layer, d_layer, objective, seed):
    G, D, x_real, z = players(g_layer, d_layer, seed)
    objective = OBJECTIVES[objective]()
    rewind = rewinder(G, D)
    d_step(D, G, objective, still(D), x_real, z)

    def problem(dtype):
        D_twin, G_twin = D.astype(dtype), G.astype(dtype)

        def loss():
            rewind()
            return d_loss(D_twin, G_twin, objective, x_real.astype(dtype), z.astype(dtype))

        return loss, parameters(D_twin)[0]

    check(parameters(D)[1], problem)


@given(g_layer=layers, d_layer=layers, objective=objectives, seed=seeds)
def test_g_step_follows_the_gradient_of_its_objective_through_d(g_layer, d_layer, objective, seed):
    G, D, _, z = players(g_layer, d_layer, seed)
    objective = OBJECTIVES[objective]()
    rewind = rewinder(G, D)
    g_step(D, G, objective, still(G), z)

    def problem(dtype):
        D_twin, G_twin = D.astype(dtype), G.astype(dtype)

        def loss():
            rewind()
            return objective.g(D_twin.forward(G_twin.forward(z.astype(dtype))[0])[0])[0]

        return loss, parameters(G_twin)[0]

    check(parameters(G)[1], problem)


def r1_by_definition(D, x, gamma):
    """gamma/2 mean |dD/dx|^2 by one ordinary backward pass, in D's dtype."""
    s, caches = D.forward(x)
    g = D.backward(np.ones_like(s), caches, param_grads=False, input_grad=True)
    return 0.5 * gamma * (g * g).sum() / len(x)


@given(layer=st.sampled_from(PIECEWISE_LINEAR), seed=seeds, depth=st.integers(0, 4))
def test_r1_is_the_gradient_of_its_value(layer, seed, depth):
    _, D, x, _ = players(layer, layer, seed, depth)
    rewind = rewinder(D)
    _, caches = D.forward(x)
    D.grad[...] = 0.0
    value = r1(D, caches, gamma=3.0)
    rewind()
    assert value == pytest.approx(r1_by_definition(D, x, 3.0), rel=1e-12)

    def problem(dtype):
        twin = D.astype(dtype)

        def penalty():
            rewind()
            return r1_by_definition(twin, x.astype(dtype), 3.0)

        return penalty, parameters(twin)[0]

    check(parameters(D)[1], problem)


def test_d_step_adds_r1_of_the_real_half(rng):
    G, D, x_real, z = players("LeakyReLU", "LeakyReLU", 0)
    objective = OBJECTIVES["NonSaturating"]()
    plain_loss, *_ = d_step(D, G, objective, still(D), x_real, z)
    plain = D.grad.copy()
    loss, *_ = d_step(D, G, objective, still(D), x_real, z, r1_gamma=3.0)
    both = D.grad.copy()
    _, caches = D.forward(x_real)
    D.grad[...] = 0.0
    value = r1(D, caches, 3.0)
    np.testing.assert_allclose(both, plain + D.grad, rtol=1e-10, atol=1e-14)
    assert loss == pytest.approx(plain_loss + value)


@pytest.mark.parametrize("layer", ["Tanh", "Sigmoid"])
def test_r1_refuses_what_it_cannot_differentiate(layer):
    G, D, x_real, z = players("ReLU", layer, 0)
    before = D.theta.copy()
    with pytest.raises(NotImplementedError, match=layer):
        d_step(D, G, OBJECTIVES["NonSaturating"](), Adam(D.theta), x_real, z, r1_gamma=1.0)
    np.testing.assert_array_equal(D.theta, before)


def test_r1_refuses_batchnorm():
    G, D, x_real, z = players("ReLU", "BatchNorm", 0)
    with pytest.raises(ValueError, match="BatchNorm"):
        d_step(D, G, OBJECTIVES["NonSaturating"](), Adam(D.theta), x_real, z, r1_gamma=1.0)


@pytest.mark.parametrize("layer", ["LeakyReLU", "BatchNorm", "Dropout"])
def test_each_step_moves_its_own_network_and_leaves_the_other_bit_identical(layer):
    G, D, x_real, z = players(layer, layer, 0)
    objective = OBJECTIVES["NonSaturating"]()
    g_theta, d_theta = G.theta.copy(), D.theta.copy()
    d_step(D, G, objective, Adam(D.theta), x_real, z)
    np.testing.assert_array_equal(G.theta, g_theta)
    assert (D.theta != d_theta).any()
    d_theta = D.theta.copy()
    g_step(D, G, objective, Adam(G.theta), z)
    np.testing.assert_array_equal(D.theta, d_theta)
    assert (G.theta != g_theta).any()


@pytest.mark.parametrize(
    ("layer", "r1_gamma"), [("LeakyReLU", 1.0), ("Dropout", 1.0), ("BatchNorm", 0.0), ("Tanh", 0.0), ("ReLU", 0.0)]
)
def test_a_float32_round_makes_no_other_dtype(layer, r1_gamma):
    G, D, x_real, z = players(layer, layer, 0)
    G, D, x_real, z = G.astype(np.float32), D.astype(np.float32), x_real.astype(np.float32), z.astype(np.float32)
    x_real.flags.writeable = z.flags.writeable = False
    results = d_step(D, G, OBJECTIVES["NonSaturating"](), Adam(D.theta), x_real, z, r1_gamma)
    results += g_step(D, G, OBJECTIVES["Minimax"](), Adam(G.theta), z)
    assert {a.dtype for a in (*results, D.theta, D.grad, G.theta, G.grad)} == {np.dtype(np.float32)}


def test_a_round_steps_d_then_g_then_the_average(rng):
    data = Dataset(rng.integers(0, 256, (40, 9)).astype(np.uint8), (3, 3), "")
    settings = Settings(batch_size=8, g_hidden=(5,), d_hidden=(5,), latent_dim=2)
    training, by_hand = Training(settings, data), Training(settings, data)
    start = training.average.theta.copy()
    np.testing.assert_array_equal(start, training.G.theta)
    x = data.batch(np.arange(8))
    figures = training.round(x)
    d_loss, s_real, s_fake = d_step(
        by_hand.D, by_hand.G, by_hand.objective, by_hand.d_optimizer, x, by_hand.noise(8), 2.0
    )
    g_loss, _ = g_step(by_hand.D, by_hand.G, by_hand.objective, by_hand.g_optimizer, by_hand.noise(8))
    np.testing.assert_array_equal(training.G.theta, by_hand.G.theta)
    np.testing.assert_array_equal(training.D.theta, by_hand.D.theta)
    np.testing.assert_allclose(training.average.theta, 0.1 * start + 0.9 * by_hand.G.theta, rtol=1e-6, atol=1e-9)
    answers = [1 / (1 + np.exp(-s)) for s in (s_real, s_fake)]
    np.testing.assert_allclose(figures, [d_loss, g_loss, *(a.mean() for a in answers)], rtol=1e-6)


def test_an_epoch_is_every_sample_once_in_a_new_order(rng, monkeypatch):
    data = Dataset(np.arange(20, dtype=np.uint8)[:, None], (1, 1), "")
    training, seen = Training(Settings(batch_size=6, g_hidden=(2,), d_hidden=(2,)), data), []
    monkeypatch.setattr(training, "round", lambda x: seen.append(((x[:, 0] + 1) * 127.5).round().astype(int).tolist()))
    list(training.epoch())
    list(training.epoch())
    assert [len(batch) for batch in seen] == [6] * 6  # the last two samples of an epoch are left out
    first, second = list(chain(*seen[:3])), list(chain(*seen[3:]))
    assert len(set(first)) == len(set(second)) == 18
    assert first != second


def test_average_of_weights():
    G, average = stack(["ReLU"], [2, 3, 2], 0), stack(["ReLU"], [2, 3, 2], 1)
    start = average.theta.copy()
    update_average(average, G, t=10**6, decay=0.9)
    np.testing.assert_allclose(average.theta, 0.9 * start + 0.1 * G.theta)
    update_average(average, G, t=10**6, decay=0.0)
    np.testing.assert_array_equal(average.theta, G.theta)
    update_average(start_from_0 := stack(["ReLU"], [2, 3, 2], 1), G, t=0, decay=0.999)
    np.testing.assert_allclose(start_from_0.theta, 0.1 * start + 0.9 * G.theta)  # warmed up: forgets quickly at first
