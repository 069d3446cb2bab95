"""Points in the plane lie where their formulas say."""

import numpy as np
import pytest

from minigan.data import N_POINTS, POINTS, load, toy


@pytest.mark.parametrize(("name", "modes", "std"), [("ring", 8, 0.01), ("grid", 25, 0.05)])
def test_ring_and_grid_have_their_modes_and_spread(name, modes, std):
    points, labels = getattr(toy, name)(50_000, seed=1)
    assert points.dtype == np.float32
    between = np.linalg.norm(toy.centres(name)[:, None] - toy.centres(name), axis=2)
    assert between[~np.eye(modes, dtype=bool)].min() > 0.5  # no two modes coincide
    offsets = points - toy.centres(name)[labels]
    np.testing.assert_allclose(offsets.std(axis=0), std, rtol=0.02)
    assert np.bincount(labels).min() > 0.9 * 50_000 / modes
    np.testing.assert_array_equal(points, getattr(toy, name)(50_000, seed=1)[0])


def test_ring_has_radius_1():
    np.testing.assert_allclose(np.linalg.norm(toy.centres("ring"), axis=1), 1.0)


def test_the_spiral_winds_and_is_seeded():
    points, labels = toy.spiral(2000, 1)
    r, angle = np.linalg.norm(points, axis=1), np.arctan2(points[:, 1], points[:, 0])
    assert points.dtype == np.float32 and points.shape == (2000, 2) and not labels.any()
    assert 0.1 < r.min() < 0.25 and 0.95 < r.max() < 1.1
    turn = np.angle(np.exp(1j * (4.0 * np.pi * r - angle)))  # 0 on the line
    assert np.abs(turn).std() < 0.3 and abs(turn.mean()) < 0.02
    np.testing.assert_array_equal(points, toy.spiral(2000, 1)[0])
    assert (points != toy.spiral(2000, 2)[0]).any()


def test_the_moons_reach_into_each_other():
    points, labels = toy.moons(4000, 1)
    assert points.dtype == np.float32 and points.shape == (4000, 2) and 0.4 < labels.mean() < 0.6
    for sign, moon in ((1.0, points[labels == 0]), (-1.0, points[labels == 1])):
        x, y = (1.5 * sign * moon).T
        radius = np.hypot(x + 0.5, y + 0.25)  # of the circle, before the scale of 2/3
        assert abs(radius.mean() - 1.0) < 0.01 and 0.03 < radius.std() < 0.06 and (y > -0.45).all()
        assert abs(moon.mean(axis=0)[0] + sign / 3) < 0.05
    assert (np.abs(points).max(axis=0) < 1.15).all()
    np.testing.assert_array_equal(points, toy.moons(4000, 1)[0])
    assert (points != toy.moons(4000, 2)[0]).any()


def test_the_line_is_straight():
    points, labels = toy.line(2000, 1)
    assert points.dtype == np.float32 and points.shape == (2000, 2) and not labels.any()
    x, y = points.T
    assert np.abs(y - x / 2).std() < 0.03 and 0.95 < np.abs(x).max() < 1.1 and abs(x.mean()) < 0.05
    np.testing.assert_array_equal(points, toy.line(2000, 1)[0])
    assert (points != toy.line(2000, 2)[0]).any()


def by_hand(name, n, seed):
    """The points without noise as complex numbers, their labels, and the noise, with the same random numbers."""
    rng, labels = np.random.default_rng(seed), np.zeros(n, int)
    if name == "ring":
        labels = rng.integers(8, size=n)
        z, std = np.exp(0.25j * np.pi * labels), 0.01
    elif name == "grid":
        labels = rng.integers(25, size=n)
        z, std = [complex(2 * (label % 5) - 4, 2 * (label // 5) - 4) for label in labels], 0.05
    elif name == "spiral":
        t = rng.uniform(0.04, 1.0, n) ** 0.5
        z, std = t * np.exp(4j * np.pi * t), 0.02
    elif name == "moons":
        labels = rng.integers(2, size=n)
        z, std = (np.exp(1j * rng.uniform(0.0, np.pi, n)) - 0.5 - 0.25j) * (1 - 2 * labels) / 1.5, 0.03
    else:
        z, std = rng.uniform(-1.0, 1.0, n) * (1 + 0.5j), 0.02
    return np.stack([np.real(z), np.imag(z)], axis=1) + std * rng.standard_normal((n, 2)), labels


@pytest.mark.parametrize("name", ["ring", "grid", "spiral", "moons", "line"])
def test_points_follow_their_formula_and_stay_the_same_in_every_version(name):
    """A resumed run recognises its data by a hash, so the random numbers must not change either."""
    points, labels = getattr(toy, name)(300, seed=5)
    right, right_labels = by_hand(name, 300, 5)
    np.testing.assert_allclose(points, right, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(labels, right_labels)


@pytest.mark.parametrize("name", POINTS)
def test_points_are_loaded_with_their_name(name):
    data, (points, labels) = load(name, seed=3), getattr(toy, name)(N_POINTS, 3)
    assert (data.name, data.shape, data.low, data.held) == (name, (2,), -1.0, None)
    np.testing.assert_array_equal(data.x, points)
    np.testing.assert_array_equal(data.labels, labels)
    centres = {"ring": " around 8 centres", "grid": " around 25 centres"}.get(name, "")
    assert data.note == f"{name}, 100000 points{centres}"


def test_a_point_is_always_the_same_point():
    points, labels = toy.point(7)
    assert points.dtype == np.float32 and points.tolist() == [[0.5, 0.5]] * 7 and labels.tolist() == [0] * 7
