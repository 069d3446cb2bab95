"""The random streams of a run, the inputs of G and D, and the samples of G."""

import numpy as np
import pytest

from minigan.recipes import sampling
from minigan.recipes.settings import Settings
from minigan.training import Training

TINY = {"batch_size": 4, "latent_dim": 3, "g_hidden": (5, 6), "d_hidden": (7, 5), "epochs": 2, "seed": 5}


def test_each_stream_is_a_sequence_of_its_own():
    draws = {name: tuple(rng.random(3)) for name, rng in sampling.streams(7).items()}
    assert len(set(draws.values())) == len(draws) == 7
    assert draws == {name: tuple(rng.random(3)) for name, rng in sampling.streams(7).items()}
    assert not set(draws.values()) & {tuple(rng.random(3)) for rng in sampling.streams(8).values()}


def test_normal_and_uniform_noise_have_variance_1(rng):
    for noise in ("normal", "uniform"):
        z = sampling.latent_noise(Settings(noise=noise, latent_dim=50), 2000, rng)
        assert z.dtype == np.float32 and z.std() == pytest.approx(1.0, rel=0.01)
        assert (np.abs(z).max() < 3**0.5 + 1e-6) == (noise == "uniform")


def test_a_sigmoid_generator_trains_on_0_to_1_and_its_samples_are_scaled_to_minus_1_to_1(data):
    training = Training(Settings(**TINY | {"output": "sigmoid"}), data)
    batch, x = training.data.batch(slice(None)), data.batch(slice(None))
    assert (batch.min(), batch.max()) == (0.0, 1.0)
    np.testing.assert_allclose(2 * batch - 1, x, atol=1e-6)
    z = sampling.latent_noise(training.settings, 50, training.streams["grid"])
    np.testing.assert_allclose(sampling.generate(training.settings, data, training.G, z), 2 * training.G(z) - 1)


def test_labels_follow_real_samples_fake_samples_and_noise(data):
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
    twos = sampling.generator_input(settings, data, 5, training.streams["grid"], label=2)
    np.testing.assert_array_equal(twos[:, 3:], np.eye(3)[[2] * 5])
    assert sampling.generate(settings, data, training.G, twos).shape == (5, 9)
