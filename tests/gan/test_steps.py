"""The two steps: who may move what, in which dtype; the penalties. Their derivatives: test_derivatives.py."""

from itertools import chain

import numpy as np
import pytest

from minigan.data import Dataset
from minigan.gan.objectives import NonSaturating
from minigan.gan.packing import Packed
from minigan.gan.penalties import R1
from minigan.gan.relativistic import R2, Penalties
from minigan.gan.steps import d_step, g_step, update_average
from minigan.gan.wgan import WganGP, wgan_gp
from minigan.gradcheck import windows
from minigan.gradcheck.apply import rivals
from minigan.gradcheck.cases.losses import OBJECTIVES
from minigan.gradcheck.cases.penalties import PENALTIES
from minigan.gradcheck.cases.shared import BETWEEN, DIFFERENTIABLE, stack
from minigan.nn.layers import Dropout
from minigan.nn.optim import SGD, Adam
from minigan.nn.rmsprop import RMSProp
from minigan.recipes import builders
from minigan.recipes.presets import PRESETS
from minigan.recipes.sampling import streams
from minigan.recipes.settings import Settings
from minigan.training import Training

N_X, N_Z = 4, 3


def players(g_layer, d_layer, rng):
    G = stack([g_layer] * 2, [N_Z, 5, 5, N_X], rng)
    D = stack([d_layer] * 2, [N_X, 5, 5, 1], rng)
    return G, D, rng.standard_normal((6, N_X)), rng.standard_normal((6, N_Z))


def still(network):
    """An optimizer that does not move, so that the gradient of a step can be compared where it was taken."""
    return SGD(network.theta, lr=0.0)


@pytest.mark.parametrize("name", PENALTIES)
def test_a_penalty_names_a_layer_without_a_second_derivative(name, rng):
    D = stack(["ReLU", "BatchNorm"], [3, 4, 4, 1], rng)
    _, caches = D.forward(rng.standard_normal((5, 3)))
    with pytest.raises(NotImplementedError, match="BatchNorm"):
        PENALTIES[name][0](D, caches, 1.0)


def test_d_step_rejects_r1_with_batchnorm_and_changes_nothing(rng):
    G, D, x_real, z = players("ReLU", "BatchNorm", rng)
    before = D.theta.copy()
    with pytest.raises(ValueError, match="BatchNorm"):
        d_step(D, G, NonSaturating(), Adam(D.theta), x_real, z, R1(2.0))
    np.testing.assert_array_equal(D.theta, before)


@pytest.mark.parametrize("layer", DIFFERENTIABLE)
@pytest.mark.parametrize(("name", "value"), [("R1", 0.0), ("wgan_gp", 3.0)])
def test_the_penalty_of_a_constant_d_is_finite_and_its_gradient_0(name, value, layer, rng):
    D = stack([layer, layer], [3, 4, 4, 1], rng).astype(np.float32)
    D.layers[-1].W[...] = 0.0
    D.grad[...] = 0.0
    _, caches = D.forward(rng.standard_normal((5, 3), dtype=np.float32))
    assert PENALTIES[name][0](D, caches, 3.0) == value
    np.testing.assert_array_equal(D.grad, 0.0)


def test_d_step_gives_penalties_their_own_rows_of_different_batches(rng):
    """6 real and 2 fake samples: R1 of a pass over the real ones, R2 of a pass over the fake ones."""
    G, D, x_real, z = players("LeakyReLU", "LeakyReLU", rng)
    twin, (x_fake, _) = D.astype(np.float64), G.forward(z[:2])
    loss = d_step(D, G, NonSaturating(), still(D), x_real, z[:2], Penalties(R1(2.0), R2(0.7)))[0]
    expected = d_step(twin, G, NonSaturating(), still(twin), x_real, z[:2])[0]
    for penalty, x in ((R1(2.0), x_real), (R1(0.7), x_fake)):
        expected = expected + penalty(twin, x, None, twin.forward(x)[1], None)
    np.testing.assert_allclose(loss, expected, rtol=1e-12)
    np.testing.assert_allclose(D.grad, twin.grad, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("m", [1, 2])
@pytest.mark.parametrize("layer", ["LeakyReLU", "BatchNorm"])
def test_d_step_takes_batches_of_different_sizes(layer, m, rng):
    """6 real and 2 fake samples, one by one or in packs of 2: the scores and gradients of two separate passes."""
    G = stack(["ReLU"], [N_Z, 5, N_X], rng)
    D = Packed(m, stack([layer], [m * N_X, 5, 1], rng).layers, rng, np.float64)
    x_real, z = rng.standard_normal((4 * m, N_X)), rng.standard_normal((2 * m, N_Z))
    twin, (x_fake, _), objective = D.astype(np.float64), G.forward(z), NonSaturating()
    loss, s_real, s_fake = d_step(D, G, objective, still(D), x_real, z)
    passes = [twin.forward(x) for x in (x_real, x_fake)]
    expected, *gradients = objective.d(*(s for s, _ in passes))
    grad = 0.0
    for ds, (_, caches) in zip(gradients, passes, strict=True):
        twin.backward(ds, caches)
        grad = grad + twin.grad
    for got, right in ((loss, expected), (s_real, passes[0][0]), (s_fake, passes[1][0]), (D.grad, grad)):
        np.testing.assert_allclose(got, right, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    "penalty", [R1(2.0), R2(2.0), WganGP(10.0, np.random.default_rng(0))], ids=["R1", "R2", "WganGP"]
)
def test_exported_penalties_can_be_passed_to_d_step(penalty, rng):
    G, D, x_real, z = players("LeakyReLU", "LeakyReLU", rng)
    plain = d_step(D, G, NonSaturating(), still(D), x_real, z)[0]
    grad = D.grad.copy()
    assert d_step(D, G, NonSaturating(), still(D), x_real, z, penalty)[0] > plain
    assert (D.grad != grad).any()


@pytest.mark.parametrize("layer", ["LeakyReLU", "BatchNorm", "Dropout"])
def test_each_step_changes_its_own_network_and_no_bit_of_the_other(layer, rng):
    G, D, x_real, z = players(layer, layer, rng)
    objective = NonSaturating()
    g_theta, d_theta = G.theta.copy(), D.theta.copy()
    d_step(D, G, objective, Adam(D.theta), x_real, z)
    np.testing.assert_array_equal(G.theta, g_theta)
    assert (D.theta != d_theta).any()
    d_theta = D.theta.copy()
    g_step(D, G, objective, Adam(G.theta), z)
    np.testing.assert_array_equal(D.theta, d_theta)
    assert (G.theta != g_theta).any()


class Watched(np.ndarray):
    """An array that, like every array computed from it, notes its dtype, and that cannot become a Python number."""

    __module__ = "numpy"  # where backend.namespace looks
    dtypes = set()

    def __array_finalize__(self, parent):
        self.dtypes.add(self.dtype)

    def __float__(self):
        raise AssertionError("on a GPU this would wait for all work before it")

    __bool__ = __int__ = item = tolist = __float__


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("layer", BETWEEN)
def test_a_float32_round_stays_in_float32_and_never_waits_for_a_number(objective, layer, rng):
    *networks, x_real, z = players(layer, layer, rng)
    G, D = (network.astype(np.float32) for network in networks)
    average = G.astype(np.float32)
    for network in (G, D, average):
        network._bind(network.theta.view(Watched), network.grad.view(Watched))
    x_real, z = x_real.astype(np.float32).view(Watched), z.astype(np.float32).view(Watched)
    Watched.dtypes.clear()
    for make in (SGD, RMSProp, Adam):
        objective_ = OBJECTIVES[objective][0]()
        d_step(D, G, objective_, make(D.theta), x_real, z, R1(2.0) if layer in DIFFERENTIABLE else None)
        g_step(D, G, objective_, make(G.theta), z, None, *rivals(objective_, x_real))
        update_average(average, G, 3, 0.9)
    if layer in DIFFERENTIABLE:
        _, caches = D.forward(x_real)
        wgan_gp(D, caches, 10.0)
    numbers = {dtype for dtype in Watched.dtypes if dtype.kind not in "bi"}  # not what is compared or an index
    assert numbers == {np.dtype(np.float32)}


@pytest.mark.parametrize("preset", PRESETS)
def test_float32_gradients_agree_with_float64_gradients(preset, rng):
    settings = PRESETS[preset].with_flags()
    shape = (28, 28) if settings.data == "auto" else (2,)
    data = Dataset(rng.integers(0, 256, (1, *shape)).astype(np.uint8), shape, "", labels=np.array([9]))
    training = Training(settings, data)
    labels = np.eye(10)[rng.integers(0, 10, 64)][:, : 10 * settings.conditional]
    x_real, z = np.tanh(rng.standard_normal((64, data.n_x))), rng.standard_normal((64, settings.latent_dim))
    x_real, z = (np.concatenate([a, labels], axis=1) for a in (x_real, z))
    grads = {}
    for dtype in (np.float32, np.float64):
        G, D = training.G.astype(dtype), training.D.astype(dtype)
        for layer in D.layers:
            if isinstance(layer, Dropout):
                layer.rng = np.random.default_rng(0)
        penalty = builders.penalty(settings, np.random.default_rng(0))
        d_step(D, G, training.objective, still(D), x_real.astype(dtype), z.astype(dtype), penalty)
        compared = rivals(training.objective, x_real.astype(dtype))
        g_step(D, G, training.objective, still(G), z.astype(dtype), None, *compared)
        grads[dtype] = windows(D, "D", "d") | windows(G, "G", "d")
    largest = {net: max(np.abs(g).max() for name, g in grads[np.float64].items() if name[0] == net) for net in "DG"}
    for name, exact in grads[np.float64].items():
        scale = max(np.abs(exact).max(), 1e-2 * largest[name[0]])  # a bias in front of a BatchNorm has gradient 0
        assert np.abs(grads[np.float32][name] - exact).max() <= 1e-3 * scale, name


def test_a_round_updates_d_then_g_then_the_average(rng):
    data = Dataset(rng.integers(0, 256, (40, 9)).astype(np.uint8), (3, 3), "")
    settings = Settings(batch_size=8, g_hidden=(5,), d_hidden=(5,), latent_dim=2, r1=2.0, ema=0.999)
    training, by_hand = Training(settings, data), Training(settings, data)
    start = training.average.theta.copy()
    np.testing.assert_array_equal(start, training.G.theta)
    x = data.batch(np.arange(8))
    figures = training.round([x])
    d_loss, s_real, s_fake = d_step(
        by_hand.D, by_hand.G, by_hand.objective, by_hand.d_optimizer, x, by_hand.noise(8), R1(2.0)
    )
    g_loss, _ = g_step(by_hand.D, by_hand.G, by_hand.objective, by_hand.g_optimizer, by_hand.noise(8))
    np.testing.assert_array_equal(training.G.theta, by_hand.G.theta)
    np.testing.assert_array_equal(training.D.theta, by_hand.D.theta)
    np.testing.assert_allclose(training.average.theta, 1 / 6 * start + 5 / 6 * by_hand.G.theta, rtol=1e-6, atol=1e-9)
    answers = [1 / (1 + np.exp(-s)) for s in (s_real, s_fake)]
    np.testing.assert_allclose(figures, [d_loss, g_loss, *(a.mean() for a in answers)], rtol=1e-6)


def test_rounds_with_labels_shared_noise_and_a_lazy_penalty_are_the_steps_by_hand(rng):
    """G's steps take the noise and the labels of D's last step. R1 is in every second round, with twice its weight."""
    data = Dataset(rng.integers(0, 256, (8, 9)).astype(np.uint8), (3, 3), "", labels=np.arange(8) % 3)
    settings = Settings(batch_size=4, g_hidden=(5,), d_hidden=(5,), latent_dim=2, conditional=True, shared_noise=True,
                        d_steps=2, g_steps=2, r1=2.0, r1_every=2)  # fmt: skip
    training, hand = Training(settings, data), Training(settings, data)
    x = np.concatenate([data.batch(np.arange(8)), np.eye(3, dtype=np.float32)[data.labels]], axis=1)
    for penalty in (R1(4.0), None, R1(4.0)):
        training.round([x[:4], x[4:]])
        for x_real in (x[:4], x[4:]):
            z = hand.noise(4, x_real[:, 9:])
            d_step(hand.D, hand.G, hand.objective, hand.d_optimizer, x_real, z, penalty)
        for _ in range(2):
            g_step(hand.D, hand.G, hand.objective, hand.g_optimizer, z)
    np.testing.assert_array_equal(training.D.theta, hand.D.theta)
    np.testing.assert_array_equal(training.G.theta, hand.G.theta)


def test_an_epoch_uses_every_sample_once_in_a_new_order(rng, monkeypatch):
    data = Dataset(np.arange(20, dtype=np.uint8)[:, None], (1, 1), "")
    training, seen = Training(Settings(batch_size=6, g_hidden=(2,), d_hidden=(2,)), data), []
    monkeypatch.setattr(
        training, "round", lambda xs: seen.append(((xs[0][:, 0] + 1) * 127.5).round().astype(int).tolist())
    )
    list(training.epoch())
    list(training.epoch())
    assert [len(batch) for batch in seen] == [6] * 6  # the last two samples of an epoch are left out
    first, second = list(chain(*seen[:3])), list(chain(*seen[3:]))
    assert len(set(first)) == len(set(second)) == 18
    assert first != second


@pytest.mark.parametrize("flags", [{}, {"d_steps": 2}, {"packing": 2}])
def test_an_epoch_takes_whole_rounds_in_the_order_of_the_stream_and_a_resumed_one_takes_the_rest(flags, monkeypatch):
    """The order must not change, or a new version would not continue a run of an old one."""
    settings = Settings(batch_size=3, g_hidden=(2,), d_hidden=(2,), seed=4, **flags)
    size = settings.samples_per_round
    data = Dataset(np.arange(3 * size - 1, dtype=np.uint8)[:, None], (1, 1), "")
    fresh, resumed = Training(settings, data), Training(settings, data)
    resumed.rounds_done = 1
    for training, done in ((fresh, 0), (resumed, 1)):
        seen = []
        monkeypatch.setattr(training, "round", lambda batches, seen=seen: seen.append(batches))
        order = streams(4)["order"].permutation(len(data.x))
        list(training.epoch())
        assert len(seen) == training.rounds_per_epoch - done == 2 - done
        assert [len(batches) for batches in seen] == [settings.d_steps] * len(seen)
        expected = data.batch(order[size * done : 2 * size])
        np.testing.assert_array_equal(np.concatenate([batch for batches in seen for batch in batches]), expected)


def test_the_average_starts_quickly_and_can_be_switched_off(rng):
    G, average = stack(["ReLU"], [2, 3, 2], rng), stack(["ReLU"], [2, 3, 2], rng)
    start = average.theta.copy()
    update_average(average, G, rounds_done=0, decay=0.999)
    np.testing.assert_allclose(average.theta, 1 / 6 * start + 5 / 6 * G.theta)
    update_average(average, G, rounds_done=10**6, decay=0.0)
    np.testing.assert_array_equal(average.theta, G.theta)
