"""The VAE: its loss in closed form, what a step moves, that it learns. Its derivatives: test_derivatives.py."""

import math

import numpy as np
import pytest

from minigan.gan.vae import kl_to_normal, vae_step
from minigan.gradcheck import centred_difference
from minigan.gradcheck.cases.shared import stack
from minigan.nn.activations import Tanh
from minigan.nn.layers import Dense
from minigan.nn.losses import sigmoid
from minigan.nn.network import Network
from minigan.nn.optim import SGD, Adam

N_X, N_Z = 6, 2


def step(encoder, decoder, x, eps, lr=0.0):
    return vae_step(encoder, decoder, SGD(encoder.theta, lr), SGD(decoder.theta, lr), x, eps)


@pytest.fixture
def made(rng):
    """(encoder, decoder, x, eps), of a VAE in float64; nobody may write into x or eps."""
    encoder, decoder = stack(["Tanh"], [N_X, 4, 2 * N_Z], rng), stack(["Tanh"], [N_Z, 4, N_X], rng)
    x, eps = rng.random((5, N_X)), rng.standard_normal((5, N_Z))
    x.flags.writeable = eps.flags.writeable = False
    return encoder, decoder, x, eps


def test_the_kl_of_a_standard_normal_is_0_and_so_is_its_gradient():
    for array in kl_to_normal(np.zeros((3, 2)), np.zeros((3, 2))):
        np.testing.assert_array_equal(array, 0.0)


def test_the_kl_of_known_gaussians():
    """KL(N(3, 1) || N(0, 1)) = 9/2, KL(N(0, 4) || N(0, 1)) = (4 - 1 - log 4) / 2; entries add up, samples average."""
    log_4 = math.log(4.0)
    assert kl_to_normal(np.array([[3.0]]), np.array([[0.0]]))[0] == pytest.approx(4.5)
    assert kl_to_normal(np.array([[0.0]]), np.array([[log_4]]))[0] == pytest.approx((3.0 - log_4) / 2.0)
    kl, dmean, dlog_var = kl_to_normal(np.array([[3.0, 0.0], [0.0, 0.0]]), np.array([[0.0, log_4], [0.0, 0.0]]))
    assert kl == pytest.approx((4.5 + (3.0 - log_4) / 2.0) / 2.0)
    np.testing.assert_allclose(dmean, [[1.5, 0.0], [0.0, 0.0]])
    np.testing.assert_allclose(dlog_var, [[0.0, 0.75], [0.0, 0.0]])


def test_the_kl_is_the_mean_difference_of_log_densities(rng):
    mean, log_var = np.array([[0.7, -1.2]]), np.array([[0.5, -2.0]])
    eps = rng.standard_normal((400_000, 2))
    z = mean + np.exp(log_var / 2.0) * eps
    sampled = 0.5 * (z * z - log_var - eps * eps).sum(axis=1)
    assert sampled.mean() == pytest.approx(kl_to_normal(mean, log_var)[0], abs=5.0 * sampled.std() / len(z) ** 0.5)


def test_the_kl_is_accurate_for_a_variance_near_1():
    log_var = np.full((1, 1), 1e-5, np.float32)
    _, _, dlog_var = kl_to_normal(np.zeros_like(log_var), log_var)
    assert dlog_var[0, 0] == pytest.approx(0.5 * math.expm1(float(log_var[0, 0])), rel=1e-6)


def test_the_loss_equals_its_formula(made):
    encoder, decoder, x, eps = made
    loss, kl = step(*made)
    h = encoder.forward(x)[0]
    mean, std = h[:, :N_Z], np.exp(h[:, N_Z:]) ** 0.5
    p = 1.0 / (1.0 + np.exp(-decoder.forward(mean + std * eps)[0]))
    expected = [0.0, 0.0]
    for n in range(len(x)):
        expected[0] -= sum(x[n, i] * math.log(p[n, i]) + (1.0 - x[n, i]) * math.log(1.0 - p[n, i]) for i in range(N_X))
        expected[1] += sum((mean[n, k] ** 2 + std[n, k] ** 2 - 1.0) / 2.0 - math.log(std[n, k]) for k in range(N_Z))
    assert loss == pytest.approx(sum(expected) / len(x), rel=1e-12)
    assert kl == pytest.approx(expected[1] / len(x), rel=1e-12)


def test_the_loss_works_for_complex_x(made):
    """Its derivative by x, which no step needs, by both oracles."""
    encoder, decoder, x, eps = made
    x, networks = x.copy(), [network.astype(np.complex128) for network in (encoder, decoder)]
    centred = centred_difference(lambda: step(encoder, decoder, x, eps)[0], x)
    exact = np.empty_like(x)
    for i in np.ndindex(x.shape):
        nudge = np.zeros(x.shape, complex)
        nudge[i] = 1e-30j
        exact[i] = step(*networks, x + nudge, eps)[0].imag / 1e-30
    np.testing.assert_allclose(exact, centred, atol=1e-8)


def test_a_step_moves_each_network_by_its_own_optimizer(made):
    encoder, decoder, x, eps = made
    before = [network.theta.copy() for network in (encoder, decoder)]
    vae_step(encoder, decoder, SGD(encoder.theta, 0.1), SGD(decoder.theta, 0.3), x, eps)
    for network, theta, lr in zip((encoder, decoder), before, (0.1, 0.3), strict=True):
        np.testing.assert_allclose(network.theta, theta - lr * network.grad, rtol=1e-12)
        assert network.grad.any()


def test_a_float32_step_makes_no_float64(made):
    networks = [network.astype(np.float32) for network in made[:2]]
    x, eps = (array.astype(np.float32) for array in made[2:])
    passed = []
    for network in networks:
        network.backward = lambda dy, *args, backward=network.backward, **kw: (
            passed.append(dy.dtype) or backward(dy, *args, **kw)
        )
    loss, kl = step(*networks, x, eps, lr=0.1)
    assert [loss.dtype, kl.dtype, *passed] == [np.float32] * 4
    assert loss.shape == kl.shape == ()
    exact = step(*made)
    np.testing.assert_allclose((loss, kl), exact, rtol=1e-5)
    for network, expected in zip(networks, made[:2], strict=True):
        assert network.theta.dtype == np.float32
        np.testing.assert_allclose(network.grad, expected.grad, atol=1e-5)


@pytest.fixture(scope="module")
def bars():
    """512 images 4x4 of one bright row or column each, and a VAE trained on them: (x, encoder, decoder, losses)."""
    rng = np.random.default_rng(0)
    x = np.full((512, 4, 4), 0.05, np.float32)
    for image, k in zip(x, rng.integers(8, size=len(x)), strict=True):
        (image if k < 4 else image.T)[k % 4] = 0.95
    x = x.reshape(len(x), -1)
    encoder = Network([Dense(16, 32), Tanh(), Dense(32, 8)], rng)
    decoder = Network([Dense(4, 32), Tanh(), Dense(32, 16)], rng)
    optimizers, losses = (Adam(encoder.theta, 0.01), Adam(decoder.theta, 0.01)), []
    for _ in range(60):
        for batch in np.split(rng.permutation(x), 8):
            eps = rng.standard_normal((len(batch), 4), dtype=np.float32)
            losses.append(vae_step(encoder, decoder, *optimizers, batch, eps))
    return x, encoder, decoder, np.array(losses)


def test_training_lowers_the_loss_and_beats_the_mean_image(bars):
    """The mean image, a decoder that ignores z, has KL 0 and this cross-entropy."""
    x, _, _, losses = bars
    m = x.mean(axis=0)
    of_mean_image = -(m * np.log(m) + (1.0 - m) * np.log(1.0 - m)).sum()
    first, last = losses[:8, 0].mean(), losses[-8:, 0].mean()
    assert last < of_mean_image - 1.0 < first
    assert losses[-8:, 1].mean() > 1.0  # z is made use of: to tell 8 bars apart takes log 8 = 2.1 nats


def test_samples_look_like_the_data_and_cover_every_kind(bars):
    """Half of the samples are much nearer to one of the 8 bars than the mean image is, and each bar gets its share."""
    x, _, decoder, _ = bars
    z, kinds = np.random.default_rng(1).standard_normal((500, 4)).astype(np.float32), np.unique(x, axis=0)
    to_bars, of_mean_image = (
        np.abs(images[:, None] - kinds).mean(axis=2) for images in (sigmoid(decoder(z)), x.mean(axis=0, keepdims=True))
    )
    assert len(kinds) == 8
    assert np.median(to_bars.min(axis=1)) < 0.5 * of_mean_image.min()
    assert np.bincount(to_bars.argmin(axis=1), minlength=8).min() > 20
