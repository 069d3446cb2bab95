"""How long does a round take? python demos/benchmark.py [--preset wide] [--batch-size 128] [--repeats 9]

Times a full training round (one step of D, one of G, no penalty) against the same round as blog posts write it in
NumPy: arrays kept on the layers, D run on real and fake apart and differentiated in its weights in G's step as well,
masks by np.where, one Adam per parameter array. Both are float32, and must first agree on every gradient.
Repeats are interleaved; the ratio of two repeats side by side holds where the machine's speed drifts.
"""

import argparse
import os
import platform
import statistics
import time

import numpy as np

from minigan import cli
from minigan.activations import LeakyReLU, Tanh
from minigan.data import Dataset
from minigan.gan import d_step, g_step
from minigan.layers import Dense, Dropout
from minigan.models import discriminator, generator, streams
from minigan.objectives import NonSaturating
from minigan.optim import SGD, Adam
from minigan.presets import PRESETS

SECONDS = 2.0  # of rounds in each repeat; small networks timed in short bursts flip between two speeds


class BlogLayer:
    """One Dense layer with its activation and dropout, as blog posts write it."""

    def __init__(self, dense, kind, alpha=0.0, rate=0.0):
        self.W, self.b = dense.W.copy(), dense.b.copy()
        self.kind, self.alpha, self.rate = kind, alpha, rate
        self.moments = [np.zeros_like(a) for a in (self.W, self.W, self.b, self.b)]
        self.t = 0

    def forward(self, x):
        self.x = x
        self.s = np.dot(x, self.W) + self.b
        if self.kind == "slope":
            y = np.where(self.s > 0, self.s, np.float32(self.alpha) * self.s)
        else:
            y = np.tanh(self.s) if self.kind == "tanh" else self.s
        self.y = y
        if self.rate:
            self.mask = (np.random.rand(*y.shape) >= self.rate).astype(np.float32) / np.float32(1 - self.rate)
            y = y * self.mask
        return y

    def backward(self, dy):
        if self.rate:
            dy = dy * self.mask
        if self.kind == "slope":
            dy = np.where(self.s > 0, dy, np.float32(self.alpha) * dy)
        elif self.kind == "tanh":
            dy = dy * (1 - self.y**2)
        self.dW, self.db = np.dot(self.x.T, dy), np.sum(dy, axis=0)
        return np.dot(dy, self.W.T)

    def step(self, lr, b1=0.5, b2=0.999, eps=1e-8):
        self.t += 1
        for i, (theta, g) in enumerate(((self.W, self.dW), (self.b, self.db))):
            m, v = self.moments[2 * i : 2 * i + 2]
            m = self.moments[2 * i] = b1 * m + (1 - b1) * g
            v = self.moments[2 * i + 1] = b2 * v + (1 - b2) * g**2
            theta -= lr * (m / (1 - b1**self.t)) / (np.sqrt(v / (1 - b2**self.t)) + eps)


class BlogGAN:
    """The same networks and weights, trained the blog's way."""

    def __init__(self, G, D, lr):
        self.G, self.D, self.lr = self.copy(G), self.copy(D), lr

    @staticmethod
    def copy(network):
        layers = []
        for layer in network.layers:
            if isinstance(layer, Dense):
                layers.append(BlogLayer(layer, "linear"))
            elif isinstance(layer, Dropout):
                layers[-1].rate = layer.threshold / 65536
            else:
                layers[-1].kind = "tanh" if isinstance(layer, Tanh) else "slope"
                layers[-1].alpha = getattr(layer, "alpha", 0.0)
                assert isinstance(layer, (LeakyReLU, Tanh))
        return layers

    @staticmethod
    def through(layers, x):
        for layer in layers:
            x = layer.forward(x)
        return x

    @staticmethod
    def back(layers, dy):
        for layer in reversed(layers):
            dy = layer.backward(dy)
        return dy

    def d_gradient(self, x_real, z):
        n = np.float32(len(x_real))
        x_fake = self.through(self.G, z)
        p = 1 / (1 + np.exp(-self.through(self.D, x_real)))
        self.back(self.D, (p - 1) / n)
        real = [(layer.dW, layer.db) for layer in self.D]
        p = 1 / (1 + np.exp(-self.through(self.D, x_fake)))
        self.back(self.D, p / n)
        for layer, (dW, db) in zip(self.D, real, strict=True):
            layer.dW, layer.db = layer.dW + dW, layer.db + db

    def g_gradient(self, z):
        p = 1 / (1 + np.exp(-self.through(self.D, self.through(self.G, z))))
        self.back(self.G, self.back(self.D, (p - 1) / np.float32(len(z))))

    def round(self, x_real, z, z_again):
        self.d_gradient(x_real, z)
        for layer in self.D:
            layer.step(self.lr)
        self.g_gradient(z_again)
        for layer in self.G:
            layer.step(self.lr)


def networks(settings):
    data = Dataset(np.zeros((1, 784), np.uint8), (28, 28), "")
    rng = streams(settings.seed)
    return generator(settings, data, rng["init"]), discriminator(settings, data, rng["init"], rng["dropout"])


def agree(settings, x_real, z):
    """Raise AssertionError unless both ways give the same gradients (without dropout, whose draws differ)."""
    G, D = networks(settings)
    blog, objective = BlogGAN(G, D, settings.lr), NonSaturating()
    d_step(D, G, objective, SGD(D.theta, 0.0), x_real, z)
    g_step(D, G, objective, SGD(G.theta, 0.0), z)
    blog.d_gradient(x_real, z)
    pairs = [(layer.dW, theirs.dW) for layer, theirs in zip(D.layers[::2], blog.D, strict=True)]
    blog.g_gradient(z)
    pairs += [(layer.dW, theirs.dW) for layer, theirs in zip(G.layers[::2], blog.G, strict=True)]
    for ours, theirs in pairs:
        assert np.abs(ours - theirs).max() <= 1e-5 * np.abs(ours).max()


def rounds_per_second(one_round):
    start, count = time.perf_counter(), 0
    while (passed := time.perf_counter() - start) < SECONDS:
        one_round()
        count += 1
    return count / passed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=("small", "wide"), default="wide")
    parser.add_argument("--batch-size", type=cli.whole(1), default=128)
    parser.add_argument("--repeats", type=cli.whole(1), default=9)
    given = parser.parse_args()

    np.empty(24 << 20, np.uint8)  # as train does; see backend.py
    settings = PRESETS[given.preset].with_flags(batch_size=given.batch_size)
    n, rng = settings.batch_size, np.random.default_rng(0)
    x = np.tanh(rng.standard_normal((n, 784), dtype=np.float32))
    agree(
        PRESETS[given.preset].with_flags(dropout=0.0),
        x,
        rng.standard_normal((n, settings.latent_dim), dtype=np.float32),
    )

    G, D = networks(settings)
    blog, objective = BlogGAN(G, D, settings.lr), NonSaturating()
    d_optimizer, g_optimizer = (Adam(net.theta, settings.lr, settings.beta1, settings.beta2) for net in (D, G))

    def noise():
        return rng.standard_normal((n, settings.latent_dim), dtype=np.float32)

    def minigan():
        d_step(D, G, objective, d_optimizer, x, noise())
        g_step(D, G, objective, g_optimizer, noise())

    pairs = []
    for _ in range(given.repeats + 1):
        pairs.append((rounds_per_second(minigan), rounds_per_second(lambda: blog.round(x, noise(), noise()))))
    pairs = pairs[1:]  # the first one warms up
    ratios = sorted(ours / theirs for ours, theirs in pairs)
    blas = {k: v for k, v in os.environ.items() if "BLAS" in k or k == "OMP_NUM_THREADS"}
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {os.cpu_count()} cores, environment {blas}")
    print(f"preset {given.preset}, batch {n}, {given.repeats} interleaved repeats of {SECONDS:g} s, gradients agree")
    for name, column in (("minigan", 0), ("blog-style NumPy", 1)):
        print(f"  {name:18s} {1e3 / statistics.median(pair[column] for pair in pairs):7.2f} ms a round")
    print(f"  ratio {statistics.median(ratios):.2f} (from {ratios[0]:.2f} to {ratios[-1]:.2f})")


if __name__ == "__main__":
    cli.main(main)
