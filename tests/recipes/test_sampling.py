"""The random streams of a run, the inputs of G and D, and the samples of G."""

from types import SimpleNamespace

import numpy as np
import pytest

from minigan.data import load
from minigan.ground.errors import ArgumentError
from minigan.recipes import sampling
from minigan.recipes.settings import Settings
from minigan.training import Training

TINY = {"batch_size": 4, "latent_dim": 3, "g_hidden": (5, 6), "d_hidden": (7, 5), "epochs": 2, "seed": 5}


def test_each_stream_is_a_sequence_of_its_own():
    draws = {name: tuple(rng.random(3)) for name, rng in sampling.streams(7).items()}
    assert len(set(draws.values())) == len(draws) == 7
    assert draws == {name: tuple(rng.random(3)) for name, rng in sampling.streams(7).items()}
    assert not set(draws.values()) & {tuple(rng.random(3)) for rng in sampling.streams(8).values()}


def test_the_streams_and_the_noise_of_a_seed_must_not_change():
    """Otherwise a new version would not continue a run of an old one, and published figures could not be repeated."""
    names = ["init", "order", "noise", "dropout", "grid", "samples", "penalty"]
    streams, own = sampling.streams(7), dict(zip(names, np.random.SeedSequence(7).spawn(7), strict=True))
    assert list(streams) == names
    for name in ("init", "order", "grid", "samples", "penalty"):
        assert streams[name].random() == np.random.default_rng(own[name]).random()
    z = sampling.latent_noise(Settings(latent_dim=5), 4, streams["noise"])
    np.testing.assert_array_equal(z, np.random.default_rng(own["noise"]).standard_normal((4, 5), np.float32))
    z = sampling.latent_noise(Settings(latent_dim=5, noise="uniform"), 4, streams["dropout"])
    uniform = np.random.default_rng(own["dropout"]).uniform(-(3**0.5), 3**0.5, (4, 5))
    np.testing.assert_array_equal(z, uniform.astype(np.float32))


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
    np.testing.assert_array_equal(sampling.generate(Settings(), data, training.G, z), training.G(z))  # tanh
    points = load("ring")
    np.testing.assert_array_equal(sampling.generate(training.settings, points, lambda z: z, z[:, :2]), z[:, :2])
    np.testing.assert_array_equal(Training(Settings(**TINY), data).data.batch(slice(None)), x)


def test_labels_follow_real_samples_fake_samples_and_noise(data):
    settings = Settings(**TINY | {"conditional": True})
    training = Training(settings, data)
    x = sampling.real_batch(settings, training.data, np.array([0, 1, 2, 4]))
    assert x.shape == (4, 12)
    np.testing.assert_array_equal(x[:, :9], data.batch([0, 1, 2, 4]))
    np.testing.assert_array_equal(x[:, 9:], np.eye(3)[[0, 1, 2, 1]])
    np.testing.assert_array_equal(sampling.real_batch(Settings(), data, slice(5)), data.batch(slice(5)))
    z = training.noise(4, x[:, 9:])
    np.testing.assert_array_equal(z[:, :3], sampling.latent_noise(settings, 4, sampling.streams(5)["noise"]))
    np.testing.assert_array_equal(z[:, 3:], x[:, 9:])
    assert z.shape == (4, 6)
    np.testing.assert_array_equal(training.G.forward(z)[0][:, 9:], x[:, 9:])
    cycle = sampling.generator_input(settings, data, 5, training.streams["grid"])
    np.testing.assert_array_equal(cycle[:, 3:].argmax(axis=1), [0, 1, 2, 0, 1])
    noise = sampling.latent_noise(settings, 5, sampling.streams(5)["grid"])
    np.testing.assert_array_equal(cycle[:, :3], noise)
    plain = sampling.generator_input(Settings(latent_dim=3), data, 5, sampling.streams(5)["grid"])
    np.testing.assert_array_equal(plain, noise)
    twos = sampling.generator_input(settings, data, 5, training.streams["grid"], label=2)
    np.testing.assert_array_equal(twos[:, 3:], np.eye(3)[[2] * 5])
    assert sampling.generate(settings, data, training.G, twos).shape == (5, 9)


def test_samples_are_drawn_in_parts_that_fit_together(data):
    settings = Settings(**TINY | {"conditional": True})
    G, labels = Training(settings, data).G, np.arange(2500) // 1000
    z = sampling.generator_input(settings, data, 2500, sampling.streams(9)["samples"], labels)
    x = sampling.draw_samples(settings, data, G, 2500, 9, labels)
    assert x.dtype == np.float32
    np.testing.assert_allclose(x, sampling.generate(settings, data, G, z), rtol=1e-5, atol=1e-6)


def test_a_label_is_a_name_or_its_number_and_names_count_first():
    def numbers(classes, *labels, n_classes=None):
        data = SimpleNamespace(classes=classes, n_classes=n_classes or len(classes))
        return [sampling.label_number(label, data) for label in labels]

    assert numbers(("cat", "dog", "owl"), "owl", "cat", 1, "0", 2) == [2, 0, 1, 0, 2]
    assert numbers(("7", "dog"), "7", 7, "dog") == [0, 0, 1]
    assert numbers((), 0, "9", n_classes=10) == [0, 9]
    assert numbers(("a", "x" * 60 + "..."), "x" * 90) == [1]  # a folder's name is cut in the same way
    for classes, label, valid in (
        (("cat", "dog"), 2, "one of cat, dog"),
        (("cat", "dog"), "cow", "one of cat, dog"),
        (("7", "dog"), 1, "one of 7, dog"),
        ((), 10, r"in 0\.\.9"),
        ((), -1, r"in 0\.\.9"),
        ((), "cat", r"in 0\.\.9"),
    ):
        with pytest.raises(ArgumentError, match=f"must be {valid}, not {label}"):
            numbers(classes, label, n_classes=len(classes) or 10)
