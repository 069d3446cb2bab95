"""The cures: every one in a round of training with every objective, what each does, and which do not go together.

Their derivatives: test_derivatives.py.
"""

from itertools import product

import numpy as np
import pytest

from minigan.data import Dataset
from minigan.gan.penalties import R1
from minigan.gan.relativistic import R2, Penalties, Relativistic
from minigan.gan.steps import d_step, g_step
from minigan.gan.wgan import WganGP, clip_weights
from minigan.nn.initial import BIASED, INITIAL, initialise
from minigan.nn.layers import Dense
from minigan.nn.losses import sigmoid
from minigan.nn.network import Network
from minigan.nn.optim import SGD
from minigan.nn.spectral import SpectralDense
from minigan.recipes import sampling
from minigan.recipes.settings import OBJECTIVES, Settings
from minigan.runs import checkpoint
from minigan.training import Training

TINY = {"batch_size": 4, "latent_dim": 3, "g_hidden": (5, 6), "d_hidden": (7, 5), "epochs": 2, "seed": 5}
CURES = {
    "none": {}, "r1": {"r1": 1.0}, "r2": {"r2": 1.0},
    "r1, r2": {"r1": 1.0, "r2": 0.5, "r1_every": 2}, "wgan-gp": {"wgan_gp": 1.0}, "clip": {"clip": 0.1},
    "spectral": {"spectral": True},
    "dropout": {"dropout": 0.5, "input_dropout": 0.2}, "label smoothing": {"label_smoothing": 0.1},
    "packing": {"packing": 2}, "k steps": {"d_steps": 2, "g_steps": 3}, "two rates": {"d_lr": 0.1},
    "linear decay": {"lr_decay": 1.0}, "ema": {"ema": 0.5}, "shared noise": {"shared_noise": True},
    "simultaneous": {"simultaneous": True}, "gaussian": {"init": "gaussian"}, "glorot": {"init": "glorot"},
    "he": {"init": "he", "d_init": "uniform.005"}, "conditional": {"conditional": True}, "maxout": {"maxout": 2},
    "batchnorm": {"g_batchnorm": 2, "d_batchnorm": 1}, "uniform noise": {"noise": "uniform"},
    "sigmoid": {"output": "sigmoid"}, "rmsprop": {"optimizer": "rmsprop"},
    "sgd": {"optimizer": "sgd", "momentum": 0.5, "final_momentum": 0.7, "lr_factor": 0.99},
}  # fmt: skip


@pytest.fixture
def data(rng):
    x = rng.integers(0, 256, (24, 9)).astype(np.uint8)
    return Dataset(x, (3, 3), "", labels=np.arange(24) % 3)


@pytest.mark.parametrize(
    ("objective", "cure"),
    [
        (o, c)
        for o, c in product(OBJECTIVES, CURES)
        if c != "label smoothing" or o not in ("wasserstein", "hinge", "relativistic")
    ],
)
def test_a_round_of_every_objective_with_every_cure(objective, cure, data):
    flags = CURES[cure]
    if objective == "wasserstein" and not {"r1", "r2", "wgan_gp", "clip", "spectral"} & set(flags):
        flags = flags | {"clip": 0.1}
    training = Training(Settings(**TINY | {"objective": objective} | flags), data)
    before = {name: array.copy() for name, array in checkpoint.of(training)[0].items()}
    figures = next(iter(training.epoch()))
    assert figures.shape == (4,) and figures.dtype == np.float32 and np.isfinite(figures).all()
    for name in ("G", "D", "average"):
        after = checkpoint.of(training)[0][name]
        assert np.isfinite(after).all() and (after != before[name]).any()


def test_power_iteration_runs_after_each_step_of_d(data):
    training = Training(Settings(**TINY | {"spectral": True}), data)
    u = training.D.layers[2].u.copy()
    x = training.data.batch(np.arange(4))
    training.D.forward(x)
    np.testing.assert_array_equal(training.D.layers[2].u, u)  # using a network never changes it
    training.round([x])
    assert (training.D.layers[2].u != u).any()
    for layer in training.D.layers[::2]:
        largest = np.linalg.svd(layer.W, compute_uv=False)[0]
        assert layer.sigma == pytest.approx(largest, rel=0.02)


def by_hand(settings, data):
    """Training, a batch, and the steps of a round that the test is to take itself."""
    training, copy = Training(settings, data), Training(settings, data)
    return training, copy, training.data.batch(np.arange(4))


def test_with_simultaneous_g_learns_from_d_before_its_step(data):
    training, hand, x = by_hand(Settings(**TINY | {"simultaneous": True, "shared_noise": True}), data)
    training.round([x])
    z, D = hand.noise(4), hand.D.astype(np.float32)
    g_step(hand.D, hand.G.astype(np.float32), hand.objective, SGD(np.zeros_like(hand.G.theta)), z)  # nothing moves
    d_step(hand.D, hand.G, hand.objective, hand.d_optimizer, x, z)
    g_step(D, hand.G, hand.objective, hand.g_optimizer, z)
    np.testing.assert_array_equal(training.D.theta, hand.D.theta)
    np.testing.assert_array_equal(training.G.theta, hand.G.theta)


def test_k_steps_of_d_use_k_batches_and_new_or_shared_noise(data):
    for shared in (False, True):
        training, hand, x = by_hand(Settings(**TINY | {"d_steps": 2, "g_steps": 2, "shared_noise": shared}), data)
        training.round([x, x[::-1].copy()])
        for batch in (x, x[::-1].copy()):
            z = hand.noise(4)
            d_step(hand.D, hand.G, hand.objective, hand.d_optimizer, batch, z)
        for _ in range(2):
            g_step(hand.D, hand.G, hand.objective, hand.g_optimizer, z if shared else hand.noise(4))
        np.testing.assert_array_equal(training.D.theta, hand.D.theta)
        np.testing.assert_array_equal(training.G.theta, hand.G.theta)
    assert len(list(training.epoch())) == 24 // (4 * 2) - 1  # the rest of the epoch that the round above began
    assert len(list(Training(Settings(**TINY | {"packing": 3}), data).epoch())) == 24 // (4 * 3)


@pytest.mark.parametrize("flags", [{}, {"simultaneous": True}, {"d_steps": 2, "g_steps": 2}, {"g_batchnorm": 2}])
def test_shared_noise_runs_g_once_for_both_steps_and_changes_no_byte(flags, data, monkeypatch):
    """Without the pass that is handed on, G computes the same again, and the run is the same to the last byte."""
    thrifty, wasteful = (Training(Settings(**TINY | {"shared_noise": True} | flags), data) for _ in range(2))
    passes = []
    monkeypatch.setattr(thrifty.G, "forward", lambda *args, own=thrifty.G.forward: passes.append(1) or own(*args))
    figures = list(thrifty.epoch())
    rounds, d_steps, g_steps = len(figures), flags.get("d_steps", 1), flags.get("g_steps", 1)
    assert len(passes) == rounds * (d_steps + g_steps - 1)  # the first step of G uses the pass of the last step of D
    for name, step in (("d_step", d_step), ("g_step", g_step)):
        monkeypatch.setattr(f"minigan.training.{name}", lambda *args, step=step, at=7 - 2 * (name == "g_step"): step(
            *args[:at], None, *args[at + 1 :]
        ))  # fmt: skip
    np.testing.assert_array_equal(figures, list(wasteful.epoch()))
    for name, array in checkpoint.of(thrifty)[0].items():
        np.testing.assert_array_equal(array, checkpoint.of(wasteful)[0][name], err_msg=name)


@pytest.mark.parametrize(
    ("flags", "penalty_of"),
    [
        ({"r1": 2.0, "r2": 0.5}, lambda rng: Penalties(R1(6.0), R2(1.5))),
        ({"wgan_gp": 2.0}, lambda rng: WganGP(6.0, rng)),
    ],
)
def test_r1_every_applies_the_penalties_in_every_kth_round_with_k_times_their_weights(flags, penalty_of, data):
    training, hand, x = by_hand(Settings(**TINY | flags | {"r1_every": 3}), data)
    own = penalty_of(hand.streams["penalty"])
    for t in range(7):
        training.round([x])
        penalty = own if t in (0, 3, 6) else None
        d_step(hand.D, hand.G, hand.objective, hand.d_optimizer, x, hand.noise(4), penalty)
        g_step(hand.D, hand.G, hand.objective, hand.g_optimizer, hand.noise(4))
    np.testing.assert_array_equal(training.D.theta, hand.D.theta)
    np.testing.assert_array_equal(training.G.theta, hand.G.theta)


def test_a_relativistic_g_is_compared_with_the_real_batch_whose_labels_it_was_given(data, monkeypatch):
    """Row n of G's samples has the label of row n of the real batch, in both steps."""
    training = Training(Settings(**TINY | {"objective": "relativistic", "conditional": True}), data)
    pairs = []
    monkeypatch.setattr(training.objective, "g", lambda s_fake, s_real: pairs.append(s_real) or Relativistic.g(
        training.objective, s_fake, s_real
    ))  # fmt: skip
    seen = []
    monkeypatch.setattr(training.D, "forward", lambda x, *how, own=training.D.forward: seen.append(x) or own(x, *how))
    next(training.epoch())
    both, fake, real = seen
    np.testing.assert_array_equal(both[:4], real)
    np.testing.assert_array_equal(fake[:, 9:], real[:, 9:])
    np.testing.assert_array_equal(both[4:, 9:], real[:, 9:])
    np.testing.assert_array_equal(pairs[0], training.D.forward(real)[0])


@pytest.mark.parametrize("objective", ["minimax", "hinge"])
def test_d_is_clipped_after_each_step_and_its_last_scores_are_returned(objective, data):
    training, hand, x = by_hand(Settings(**TINY | {"d_steps": 2, "clip": 0.05, "objective": objective}), data)
    batches = x, x[::-1].copy()
    figures = training.round(batches)
    for batch in batches:
        _, s_real, s_fake = d_step(hand.D, hand.G, hand.objective, hand.d_optimizer, batch, hand.noise(4))
        clip_weights(hand.D, 0.05)
    np.testing.assert_array_equal(training.D.theta, hand.D.theta)
    answers = [sigmoid(s).mean() if objective == "minimax" else s.mean() for s in (s_real, s_fake)]
    np.testing.assert_allclose(figures[2:], answers, rtol=1e-6)


SPREADS = {"lecun": 1 / 400, "he": 2 / 400, "glorot": 2 / 700, "gaussian": 0.02**2, "torch": 1 / 1200,
           "spread": 2 / 1200,
           "uniform.05": 0.05**2 / 3, "uniform.005": 0.005**2 / 3}  # fmt: skip


@pytest.mark.parametrize("name", INITIAL)
def test_each_initialisation_has_its_variance(name, rng):
    network = Network([Dense(400, 300), SpectralDense(400, 300)], rng)
    initialise(network, name, rng)
    for layer in network.layers:
        assert layer.W.var() == pytest.approx(SPREADS[name], rel=0.03)
        assert abs(layer.W.mean()) < 0.02 * layer.W.std()
        if name in BIASED:
            assert layer.b.var() == pytest.approx(SPREADS[name], rel=0.2) and layer.b.max() <= layer.W.max() * 1.01
        else:
            assert (layer.b == 0.0).all()
    assert network.layers[1].sigma == pytest.approx(np.linalg.svd(network.layers[1].W, compute_uv=False)[0], rel=0.05)


def test_a_conditional_gan_learns_its_labels():
    """Bright images are of class 1, dark ones of class 0: soon G draws what it is told."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 512)
    x = (100 * labels[:, None] + rng.integers(0, 100, (512, 9))).astype(np.uint8)
    data = Dataset(x, (3, 3), "", labels=labels)
    flags = {"conditional": True, "batch_size": 32, "lr": 3e-3, "beta1": 0.0, "r1": 1.0, "g_hidden": (16,)}
    training = Training(Settings(**flags | {"d_hidden": (16,), "latent_dim": 3, "epochs": 20}), data)
    for _ in range(20):
        for _ in training.epoch():
            pass
    z = sampling.generator_input(training.settings, data, 200, rng)
    brightness = sampling.generate(training.settings, data, training.G, z).mean(axis=1)
    assert brightness[1::2].mean() - brightness[::2].mean() > 0.5  # in the data .79
