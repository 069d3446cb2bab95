"""Step 0: a whole GAN from minigan's layers alone. `python demos/first_gan.py` draws first_gan.png in a few seconds.

G turns noise into points, and D scores points: high for real ones, low for fake ones. The real points form 8 clusters
on a circle. Both steps are written out below. In the package they are d_step and g_step (minigan/gan/steps.py), and
the gradients with respect to the scores s come from minigan/gan/objectives.py.
"""

import argparse

import numpy as np
from matplotlib.figure import Figure

from minigan import Adam, Dense, LeakyReLU, Network, ReLU
from minigan.nn.losses import sigmoid

N, SHOWN = 128, (0, 100, 500, 3000)  # samples per batch; the rounds after which the picture shows G's samples


def real_points(n, rng):
    angle = rng.integers(8, size=n) * 2.0 * np.pi / 8
    return (np.stack([np.cos(angle), np.sin(angle)], axis=1) + 0.03 * rng.standard_normal((n, 2))).astype(np.float32)


def noise(n, rng):
    return rng.standard_normal((n, 2), dtype=np.float32)


def train(shown=SHOWN, seed=0):
    """Train until the last round of `shown`. Returns 1000 samples of G after each of these rounds."""
    rng = np.random.default_rng(seed)
    G = Network([Dense(2, 128), ReLU(), Dense(128, 128), ReLU(), Dense(128, 2)], rng)
    D = Network([Dense(2, 128), LeakyReLU(0.2), Dense(128, 128), LeakyReLU(0.2), Dense(128, 1)], rng)
    g_adam = Adam(G.theta, lr=0.001, beta1=0.0, beta2=0.99)
    d_adam = Adam(D.theta, lr=0.001, beta1=0.0, beta2=0.99)
    z, snapshots = noise(1000, rng), []
    for t in range(shown[-1] + 1):
        if t in shown:
            snapshots.append(G(z))
        if t == shown[-1]:
            return snapshots

        # D's step. Its loss: the mean of -log sigmoid(s) over real points, and of -log (1 - sigmoid(s)) over fake ones.
        x_fake, _ = G.forward(noise(N, rng))
        s_real, real_caches = D.forward(real_points(N, rng))
        s_fake, fake_caches = D.forward(x_fake)
        D.backward(-sigmoid(-s_real) / N, real_caches)
        real_grad = D.grad.copy()  # the next line overwrites D.grad
        D.backward(sigmoid(s_fake) / N, fake_caches)
        d_adam.step(real_grad + D.grad)

        # G's step. Its loss is the mean of -log sigmoid(s) over fake points. The gradient goes through D into G.
        x_fake, g_caches = G.forward(noise(N, rng))
        s_fake, d_caches = D.forward(x_fake)
        dx_fake = D.backward(-sigmoid(-s_fake) / N, d_caches, param_grads=False, input_grad=True)
        G.backward(dx_fake, g_caches)
        g_adam.step(G.grad)


def draw(snapshots, path, shown=SHOWN):
    figure = Figure(figsize=(3 * len(shown), 3.3), layout="constrained")
    real = real_points(1000, np.random.default_rng(1))
    panels = figure.subplots(1, len(shown))
    for axes, x, t in zip(panels, snapshots, shown, strict=True):
        axes.plot(*real.T, ".", color="0.7", markersize=3, label="real")
        axes.plot(*x.T, ".", color="tab:red", markersize=2, label="generated")
        axes.set(xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), xticks=[], yticks=[], aspect="equal", title=f"{t} rounds")
    panels[0].legend(loc="upper left", fontsize=8)
    figure.savefig(path, dpi=80)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="first_gan.png", help="the picture to write (default: first_gan.png)")
    out = parser.parse_args().out
    draw(train(), out)
    print(f"G's samples after {', '.join(map(str, SHOWN))} rounds: {out}")


if __name__ == "__main__":
    main()
