"""Points in the plane. Their distribution is known, so you can see whether a GAN misses one of its modes."""

import math

import numpy as np

STD = {"ring": 0.01, "grid": 0.05}  # standard deviation of each Gaussian


def centres(name):
    """The means of the Gaussians, (n_modes, 2): "ring" has 8 on the unit circle, "grid" 25 on {-4, -2, 0, 2, 4}^2."""
    if name == "ring":  # without endpoint=False the first and the last mean would coincide and leave 7 modes
        angle = np.linspace(0.0, 2.0 * math.pi, 8, endpoint=False)
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)
    axis = np.arange(-4.0, 5.0, 2.0)
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


def ring(n, seed=0):
    """(points (n, 2) float32, labels (n,)): 8 Gaussians of standard deviation .01 (Lin et al. 2018, section 4.1)."""
    return _mixture("ring", n, seed)


def grid(n, seed=0):
    """(points (n, 2) float32, labels (n,)): 25 Gaussians of standard deviation .05 (Lin et al. 2018, section 4.1)."""
    return _mixture("grid", n, seed)


def spiral(n, seed=0):
    """(points (n, 2) float32, labels (n,), all 0): a line that winds around 0 about 1.6 times, from radius .2 to 1,
    with noise of standard deviation .02. It has no modes."""
    rng = np.random.default_rng(seed)
    t = np.sqrt(rng.uniform(0.04, 1.0, n))  # nearly uniform along the line
    angle = 4.0 * math.pi * t
    points = np.stack([t * np.cos(angle), t * np.sin(angle)], axis=1) + 0.02 * rng.standard_normal((n, 2))
    return points.astype(np.float32), np.zeros(n, int)


def moons(n, seed=0):
    """(points (n, 2) float32, labels (n,)): two half circles of radius 2/3 that reach into each other, with noise of
    standard deviation .03. The label says which one."""
    rng = np.random.default_rng(seed)
    labels, angle = rng.integers(2, size=n), rng.uniform(0.0, math.pi, n)
    upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=1)
    points = 2 / 3 * np.where(labels[:, None] == 0, upper, -upper) + 0.03 * rng.standard_normal((n, 2))
    return points.astype(np.float32), labels


def line(n, seed=0):
    """(points (n, 2) float32, labels (n,), all 0): uniform on the line from (-1, -.5) to (1, .5), with noise of
    standard deviation .02."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(-1.0, 1.0, n)[:, None] * [1.0, 0.5] + 0.02 * rng.standard_normal((n, 2))
    return points.astype(np.float32), np.zeros(n, int)


def point(n, seed=0):
    """(points (n, 2) float32, labels (n,), all 0): n times the point (.5, .5), as in the Dirac GAN of Mescheder et al.
    2018, section 2."""
    return np.full((n, 2), 0.5, np.float32), np.zeros(n, int)


def _mixture(name, n, seed):
    rng, means = np.random.default_rng(seed), centres(name)
    labels = rng.integers(len(means), size=n)
    points = means[labels] + STD[name] * rng.standard_normal((n, 2))
    return points.astype(np.float32), labels
