"""On a GPU: python -m pytest -m gpu; where there is none, each test says why it is skipped.

With the same random numbers both devices compute the same, but for the order in which a sum is added up.
"""

import numpy as np
import pytest
from random_draws import KINDS, same_numbers
from small_runs import SMALL, small

from minigan import sample, train
from minigan.gan.steps import d_step, g_step
from minigan.gradcheck.apply import rivals
from minigan.ground.backend import library, to_host
from minigan.ground.errors import DeviceError
from minigan.nn.optim import SGD
from minigan.recipes import sampling
from minigan.recipes.presets import PRESETS
from minigan.runs import checkpoint
from minigan.training import Training

pytestmark = pytest.mark.gpu


@pytest.fixture
def xp():
    try:
        return library("gpu")
    except DeviceError as error:
        pytest.skip(str(error))


def gradients(preset, xp, dtype):
    """Of a step of D and of one of G, before anything moved, on the host."""
    training = Training(*small(preset), xp)
    D, G = (network.astype(dtype) for network in (training.D, training.G))
    rows = xp.asarray(np.arange(training.settings.samples_per_step))
    x = sampling.real_batch(training.settings, training.data, rows)
    labels = x[:, training.data.n_x :] if training.settings.conditional else None
    z = sampling.latent_noise(training.settings, len(x), training.streams["noise"])
    z = xp.asarray(z)  # the same to the last bit
    z = z if labels is None else xp.concatenate([z, labels], axis=1)
    x, z = x.astype(dtype), z.astype(dtype)
    d_step(D, G, training.objective, SGD(D.theta, 0.0), x, z, training.penalty)
    g_step(D, G, training.objective, SGD(G.theta, 0.0), z, None, *rivals(training.objective, x))
    return to_host(D.grad), to_host(G.grad)


@pytest.mark.parametrize("name", KINDS)
def test_random_numbers_are_what_numpy_computes(xp, name):
    draw, _ = KINDS[name]
    there = draw(np.random.default_rng(0), (1000, 3), xp)
    with same_numbers():
        here = draw(np.random.default_rng(0), (1000, 3), np)
    assert there.dtype == here.dtype
    np.testing.assert_allclose(to_host(there), here, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-12)])
@same_numbers()
def test_gradients_are_those_of_the_host(xp, preset, dtype, tolerance):
    for ours, theirs in zip(gradients(preset, np, dtype), gradients(preset, xp, dtype), strict=True):
        assert theirs.dtype == dtype
        assert np.abs(ours - theirs).max() <= tolerance * np.abs(ours).max()


@same_numbers()
def test_losses_stay_together(xp):
    """For 200 rounds; closely at first, until rounding has made two games of one."""
    settings, data = small("minigan", epochs=200, ema=0.9)
    curves = []
    for training in (Training(settings, data), Training(settings, data, xp)):
        curves.append([to_host(figures) for _ in range(settings.epochs) for figures in training.epoch()])
    one, two = np.array(curves)
    assert len(one) == 200
    np.testing.assert_allclose(two[:20], one[:20], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(two.mean(axis=0), one.mean(axis=0), atol=0.1)


@same_numbers()
def test_a_run_begun_on_one_device_ends_on_the_other(xp, command, own):
    words = (*SMALL, "--lr-decay", 0, "--epochs")
    for first, other in (("cpu", "gpu"), ("gpu", "cpu")):
        assert command(train.main, *words, 1, "--device", first, "--out", first)[0] == 0
        code, out, err = command(train.main, "--resume", first, "--epochs", 2, "--device", other)
        assert (code, err) == (0, "") and f"device {other}, not {first}" in out
        assert command(sample.main, first, "-n", 5, "--out", f"{first}.npy")[0] == 0
    (one, _), (two, _) = checkpoint.load("cpu"), checkpoint.load("gpu")
    for name, array in one.items():
        np.testing.assert_allclose(two[name], array, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(np.load("cpu.npy"), np.load("gpu.npy"), atol=0.01)
