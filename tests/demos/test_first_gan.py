"""Step 0, the GAN that is written out in one file, takes the steps that the package takes, and learns the ring."""

import first_gan
import numpy as np

from minigan import Adam, Dense, LeakyReLU, Network, NonSaturating, ReLU, d_step, g_step


def test_its_steps_are_d_step_and_g_step():
    *_, x = first_gan.train(shown=(0, 5), seed=1)
    rng = np.random.default_rng(1)
    G = Network([Dense(2, 128), ReLU(), Dense(128, 128), ReLU(), Dense(128, 2)], rng)
    D = Network([Dense(2, 128), LeakyReLU(0.2), Dense(128, 128), LeakyReLU(0.2), Dense(128, 1)], rng)
    g_adam, d_adam = (Adam(network.theta, lr=0.001, beta1=0.0, beta2=0.99) for network in (G, D))
    shown = first_gan.noise(1000, rng)
    for _ in range(5):
        z = first_gan.noise(first_gan.N, rng)
        d_step(D, G, NonSaturating(), d_adam, first_gan.real_points(first_gan.N, rng), z)
        g_step(D, G, NonSaturating(), g_adam, first_gan.noise(first_gan.N, rng))
    np.testing.assert_allclose(G(shown), x, atol=1e-3)


def test_it_finds_all_eight_clusters(tmp_path):
    shown = (0, 1500)
    start, end = first_gan.train(shown)
    angle = np.arange(8) * np.pi / 4
    centres = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    distances = [np.linalg.norm(x[:, None] - centres, axis=2) for x in (start, end)]
    near = [set(d.argmin(axis=1)[d.min(axis=1) < 0.15]) for d in distances]
    assert len(near[0]) < 4 and near[1] == set(range(8))
    assert (distances[1].min(axis=1) < 0.15).mean() > 0.5
    first_gan.draw([start, end], tmp_path / "first_gan.png", shown)
    assert (tmp_path / "first_gan.png").stat().st_size > 5000
