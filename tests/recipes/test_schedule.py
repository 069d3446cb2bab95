"""Learning rates and momentum that change during a run."""

import numpy as np
import pytest

from minigan.nn.optim import SGD, Adam
from minigan.recipes.schedule import anneal, bound
from minigan.recipes.settings import Settings
from minigan.training import Training

TINY = {"batch_size": 4, "latent_dim": 3, "g_hidden": (5, 6), "d_hidden": (7, 5), "epochs": 2, "seed": 5}


def test_learning_rates_fall_to_0_and_momentum_rises(data):
    g, d = SGD(np.zeros(2)), SGD(np.zeros(2))
    settings = Settings(lr=1.0, d_lr=3.0, lr_decay=0.5, momentum=0.5, final_momentum=0.7, optimizer="sgd")
    seen = []
    for t in (0, 50, 75, 100, 120):
        anneal(settings, g, d, t, 100)
        seen.append((g.lr, d.lr, g.momentum))
    np.testing.assert_allclose(seen[:4], [(1, 3, 0.5), (1, 3, 0.6), (0.5, 1.5, 0.65), (0, 0, 0.7)])
    assert seen[4][0] == 0.0  # also beyond the end
    anneal(settings, g, d, 1, 1)  # the end of a run of one round
    assert (g.lr, d.momentum) == (0.0, 0.7)


def test_lr_factor_multiplies_the_learning_rate_in_each_round():
    g, d = Adam(np.zeros(2)), Adam(np.zeros(2))
    anneal(Settings(lr=2.0, lr_factor=0.9), g, d, 2, 100)
    assert g.lr == d.lr == pytest.approx(2.0 * 0.81)
    anneal(Settings(lr=2.0, lr_factor=0.9, lr_decay=1.0), g, d, 2, 8)  # both at once
    assert g.lr == pytest.approx(2.0 * 0.81 * 0.75)


def test_training_sets_the_learning_rate_before_each_round(data):
    training = Training(Settings(**TINY | {"lr_decay": 1.0}), data)
    rates = [training.g_optimizer.lr for _ in range(2) for _ in training.epoch()]
    np.testing.assert_allclose(rates, 2e-4 * (1 - np.arange(12) / 12))


def test_spectral_norms_are_brought_up_to_date_after_a_step_of_d(data):
    settings = Settings(**TINY | {"spectral": True})
    D = Training(settings, data).D
    layers = D.layers[::2]
    for layer in layers:
        layer.u[...] = 1.0 / np.sqrt(len(layer.u))  # far from its place, farther than after a step
    directions = [layer.W @ layer.u for layer in layers]
    bound(D, settings)
    for layer, v in zip(layers, directions, strict=True):
        np.testing.assert_allclose(layer.v, v / np.linalg.norm(v), rtol=1e-5, atol=1e-6)
