"""The cures: every one in a round of training with every objective, what each does, and which do not go together.

Their derivatives: test_derivatives.py.
"""

from itertools import product

import numpy as np
import pytest

from minigan.data import Dataset
from minigan.errors import ArgumentError
from minigan.gan.conditional import Conditional, Labels
from minigan.gan.more_objectives import LabelSmoothing
from minigan.gan.packing import Packed
from minigan.gan.steps import d_step, g_step
from minigan.gan.wgan import clip_weights
from minigan.nn.initial import BIASED, INITIAL, initialise
from minigan.nn.layers import Dense, Dropout
from minigan.nn.losses import sigmoid
from minigan.nn.maxout import Maxout
from minigan.nn.network import Network
from minigan.nn.optim import SGD, Adam
from minigan.nn.rmsprop import RMSProp
from minigan.nn.spectral import SpectralDense
from minigan.recipes import sampling
from minigan.recipes.presets import PRESETS, row, table
from minigan.recipes.schedule import anneal
from minigan.recipes.settings import OBJECTIVES, Settings
from minigan.runs import checkpoint
from minigan.training import Training

TINY = {"batch_size": 4, "latent_dim": 3, "g_hidden": (5, 6), "d_hidden": (7, 5), "epochs": 2, "seed": 5}
CURES = {
    "none": {}, "r1": {"r1": 1.0}, "wgan-gp": {"wgan_gp": 1.0}, "clip": {"clip": 0.1}, "spectral": {"spectral": True},
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
    [(o, c) for o, c in product(OBJECTIVES, CURES) if c != "label smoothing" or o not in ("wasserstein", "hinge")],
)
def test_a_round_of_every_objective_with_every_cure(objective, cure, data):
    flags = CURES[cure]
    if objective == "wasserstein" and not {"r1", "wgan_gp", "clip", "spectral"} & set(flags):
        flags = flags | {"clip": 0.1}
    training = Training(Settings(**TINY | {"objective": objective} | flags), data)
    before = {name: array.copy() for name, array in checkpoint.of(training)[0].items()}
    figures = next(iter(training.epoch()))
    assert figures.shape == (4,) and figures.dtype == np.float32 and np.isfinite(figures).all()
    for name in ("G", "D", "average"):
        after = checkpoint.of(training)[0][name]
        assert np.isfinite(after).all() and (after != before[name]).any()


REFUSED = {
    "penalties": ({"r1": 1.0, "wgan_gp": 1.0}, "choose one"),
    "wgan-gp, batchnorm": ({"wgan_gp": 1.0, "d_batchnorm": 1}, "D judges no sample alone"),
    "r1, batchnorm": ({"r1": 1.0, "d_batchnorm": 1}, "D judges no sample alone"),
    "spectral, batchnorm": ({"spectral": True, "d_batchnorm": 1}, "scales D's layers up again"),
    "clip, wgan-gp": ({"clip": 0.1, "wgan_gp": 1.0}, "--clip shrinks"),
    "clip, spectral": ({"clip": 0.1, "spectral": True}, "--clip would bound nothing"),
    "wasserstein": ({"objective": "wasserstein"}, "grows without end"),
    "smoothing, wasserstein": ({"objective": "wasserstein", "clip": 0.1, "label_smoothing": 0.1}, "has no targets"),
    "smoothing, hinge": ({"objective": "hinge", "label_smoothing": 0.1}, "has no targets"),
    "simultaneous, steps": ({"simultaneous": True, "d_steps": 2}, "one step of each"),
    "batchnorm in G": ({"g_batchnorm": 3}, "more than the 2 hidden layers"),
    "batchnorm in D": ({"d_batchnorm": 3}, "more than the 2 hidden layers"),
    "batch of one": ({"g_batchnorm": 1, "batch_size": 1}, "--batch-size of 2"),
    "packs of one": ({"d_batchnorm": 1, "batch_size": 1, "packing": 2}, "--batch-size of 2"),
    "momentum": ({"momentum": 1.0}, "--momentum must be"),
    "init": ({"init": "zeros"}, "--init must be one of lecun, he"),
    "d-init": ({"d_init": "zeros"}, "--d-init must be one of lecun, he"),
    "momentum of adam": ({"momentum": 0.5}, "are for --optimizer sgd"),
    "final momentum of adam": ({"final_momentum": 0.5}, "are for --optimizer sgd"),
    "lr factor": ({"lr_factor": 0.0}, "--lr-factor must be above 0"),
    "packing": ({"packing": 0}, "--packing must be in 1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_contradicting_settings_are_rejected_with_a_reason(case):
    flags, message = REFUSED[case]
    with pytest.raises(ArgumentError, match=message) as info:
        Settings(**TINY | flags)
    assert "\n" not in str(info.value)


def test_every_setting_of_a_cure_takes_effect(data):
    made = Training(Settings(**TINY | {"packing": 2, "maxout": 3, "input_dropout": 0.5, "conditional": True}), data)
    assert type(made.D) is Packed and type(made.G) is Conditional
    assert [type(layer) for layer in made.D.layers] == [Labels, Dropout, Dense, Maxout, Dense, Maxout, Dense]
    assert [layer.parameters["W"] for layer in made.D.layers if "W" in layer.parameters] == [(24, 21), (7, 15), (5, 1)]
    assert made.G.layers[0].parameters["W"] == (6, 5)
    spectral = Training(Settings(**TINY | {"spectral": True, "d_batchnorm": 0, "g_batchnorm": 1}), data)
    assert [type(layer) for layer in spectral.D.layers[::2]] == [SpectralDense] * 3
    assert [type(layer).__name__ for layer in spectral.G.layers[2:5]] == ["Dense", "BatchNorm", "LeakyReLU"]
    assert not any(layer.buffers for layer in spectral.G.layers[:2])
    rates = Training(Settings(**TINY | {"lr": 0.3, "d_lr": 0.2, "optimizer": "sgd", "momentum": 0.1}), data)
    assert (rates.g_optimizer.lr, rates.d_optimizer.lr, rates.d_optimizer.momentum) == (0.3, 0.2, 0.1)
    assert type(rates.g_optimizer) is SGD
    rho = Training(Settings(**TINY | {"optimizer": "rmsprop", "beta2": 0.7}), data).d_optimizer
    assert type(rho) is RMSProp and rho.rho == 0.7
    smoothed = Training(Settings(**TINY | {"label_smoothing": 0.2, "objective": "least-squares"}), data).objective
    assert type(smoothed) is LabelSmoothing and smoothed.eps == 0.2
    assert type(smoothed.objective) is OBJECTIVES["least-squares"]
    flags = {"init": "uniform.05", "d_init": "uniform.005", "g_batchnorm": 1, "batchnorm_eps": 0.8, "dropout": 0.5}
    made = Training(Settings(**TINY | flags | {"packing": 2}), data)
    assert 0.005 < np.abs(made.G.layers[0].W).max() <= 0.05 and np.abs(made.D.layers[0].W).max() <= 0.005
    assert [layer.eps for layer in made.G.layers if hasattr(layer, "eps")] == [0.8]
    assert [layer.rate for layer in made.D.layers if type(layer) is Dropout] == [0.5] * 2
    penalised = Training(Settings(**TINY | {"wgan_gp": 1.0}), data)
    noise = penalised.streams["noise"].bit_generator.state
    penalised.penalty(penalised.D, *(data.batch(np.arange(4)),) * 2, penalised.D.forward(data.batch(np.arange(4)))[1])
    assert penalised.streams["noise"].bit_generator.state == noise  # the points between have a stream of their own
    clipped = Training(Settings(**TINY | {"clip": 1e-3}), data)
    clipped.round([clipped.data.batch(np.arange(4))])
    assert np.abs(clipped.D.theta).max() == np.float32(1e-3)
    assert np.abs(clipped.G.theta).max() > 1e-3


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


def test_learning_rate_and_momentum_follow_their_schedules(data):
    optimizers = SGD(np.zeros(2)), SGD(np.zeros(2))
    settings = Settings(lr=1.0, d_lr=3.0, lr_decay=0.5, momentum=0.5, final_momentum=0.7, optimizer="sgd")
    seen = []
    for t in (0, 50, 75, 100, 120):
        anneal(settings, *optimizers, t, 100)
        seen.append((optimizers[0].lr, optimizers[1].lr, optimizers[0].momentum))
    np.testing.assert_allclose(seen[:4], [(1, 3, 0.5), (1, 3, 0.6), (0.5, 1.5, 0.65), (0, 0, 0.7)])
    assert seen[4][0] == 0.0  # beyond the end, too
    anneal(Settings(lr=2.0, lr_factor=0.9), *(adam := (Adam(np.zeros(2)), Adam(np.zeros(2)))), 2, 100)
    assert adam[0].lr == pytest.approx(2.0 * 0.81)
    training = Training(Settings(**TINY | {"lr_decay": 1.0}), data)
    rates = [training.g_optimizer.lr for _ in range(2) for _ in training.epoch()]
    np.testing.assert_allclose(rates, 2e-4 * (1 - np.arange(12) / 12))


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


def test_noise_of_every_distribution_has_variance_1(rng):
    for noise in ("normal", "uniform"):
        z = sampling.latent_noise(Settings(noise=noise, latent_dim=50), 2000, rng)
        assert z.dtype == np.float32 and z.std() == pytest.approx(1.0, rel=0.01)
        assert (np.abs(z).max() < 3**0.5 + 1e-6) == (noise == "uniform")


def test_a_sigmoid_generator_trains_on_0_to_1_and_returns_the_usual_range(data):
    training = Training(Settings(**TINY | {"output": "sigmoid"}), data)
    batch, x = training.data.batch(slice(None)), data.batch(slice(None))
    assert (batch.min(), batch.max()) == (0.0, 1.0)
    np.testing.assert_allclose(2 * batch - 1, x, atol=1e-6)
    z = sampling.latent_noise(training.settings, 50, training.streams["grid"])
    np.testing.assert_allclose(sampling.generate(training.settings, data, training.G, z), 2 * training.G(z) - 1)


def test_labels_are_appended_to_samples_and_to_noise(data):
    settings = Settings(**TINY | {"conditional": True})
    training = Training(settings, data)
    x = sampling.real_batch(settings, training.data, np.array([0, 1, 2, 4]))
    assert x.shape == (4, 12)
    np.testing.assert_array_equal(x[:, 9:], np.eye(3)[[0, 1, 2, 1]])
    z = training.noise(4, x[:, 9:])
    assert z.shape == (4, 6)
    np.testing.assert_array_equal(training.G.forward(z)[0][:, 9:], x[:, 9:])
    cycle = sampling.generator_input(settings, data, 5, training.streams["grid"])
    np.testing.assert_array_equal(cycle[:, 3:].argmax(axis=1), [0, 1, 2, 0, 1])
    sevens = sampling.generator_input(settings, data, 5, training.streams["grid"], label=2)
    np.testing.assert_array_equal(sevens[:, 3:], np.eye(3)[[2] * 5])
    assert sampling.generate(settings, data, training.G, sevens).shape == (5, 9)


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


def test_the_table_of_presets_shows_every_preset_and_setting():
    text = table()
    assert all(f"\n{name}" in text for name in PRESETS)
    assert row("wgan")[1:-1] == ("wasserstein", "100-512-512-512 relu", "512-512-512 relu", "rmsprop 5e-05 0.99", "64",
                                 "100")  # fmt: skip
    assert row("wgan")[-1] == "d-steps 5, clip 0.01, init torch"
    assert row("goodfellow2014")[1:] == (
        "non-saturating", "100-1200-1200 relu", "240-240 maxout 5", "sgd 0.1 0.5", "100", "250", "d-lr 0.05, lr-factor "
        "0.999996, final-momentum 0.7, simultaneous, shared-noise, init uniform.05, d-init uniform.005, noise uniform, "
        "dropout 0.5, input-dropout 0.2, output sigmoid",
    )  # fmt: skip
    assert row("pytorch-gan")[1:] == (
        "non-saturating", "100-128-256-512-1024 leaky 0.2", "512-256 leaky 0.2", "adam 0.0002 0.5 0.999", "64", "200",
        "simultaneous, shared-noise, init torch, g-batchnorm 3, batchnorm-eps 0.8",
    )  # fmt: skip
    assert row("pacgan-grid")[1:] == (
        "non-saturating", "2-400-400-400-400 relu", "200-200-200 maxout 5", "adam 0.0001 0.8 0.999", "100", "800",
        "data grid, simultaneous, shared-noise, packing 2, init gaussian, g-batchnorm 4",
    )  # fmt: skip
    assert row("wgan-gp")[1] == "wasserstein" and row("wgan-gp")[4:] == (
        "adam 0.0001 0 0.9", "64", "100", "d-steps 5, wgan-gp 10, init he"
    )  # fmt: skip
    for name, preset in PRESETS.items():
        assert preset.source and preset.note
        assert len({row(name)[1:], row("small")[1:]}) == (1 if name == "small" else 2)
