"""Drawn digits look as a slow program draws them, one pixel after the other, from the same random numbers."""

import math
from itertools import pairwise

import numpy as np
import pytest

from minigan.data.drawn import GLYPHS, LIFT, SKELETONS, curve, draw, skeleton


def test_drawn_digits_are_seeded_centred_images_of_every_digit():
    images, labels = draw(1000, seed=3)
    assert images.shape == (1000, 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    assert np.bincount(labels, minlength=10).min() > 60
    assert images.max() == 255
    assert 0.05 < (images > 127).mean() < 0.25
    np.testing.assert_array_equal(images, draw(1000, seed=3)[0])
    assert (images != draw(1000, seed=4)[0]).any()
    y = (images.sum(axis=2) * np.arange(28)).sum(axis=1) / images.sum(axis=(1, 2))
    assert abs(y.mean() - 14.0) < 0.2  # the centre of mass, as in MNIST


def test_a_larger_vary_makes_drawn_digits_differ_more():
    def spread(vary):
        images, labels = draw(2000, seed=0, vary=vary)
        return np.mean([images[labels == c].astype(float).std(axis=0).mean() for c in range(10)])

    assert spread(0.2) < spread(0.6) < spread(1.0)


@pytest.mark.parametrize(("n", "vary"), [(0, 0.5), (5, -0.1), (5, 1.1)])
def test_draw_raises_for_wrong_arguments(n, vary):
    with pytest.raises(ValueError, match="must"):
        draw(n, vary=vary)


def test_a_curve_goes_through_its_knots_as_catmull_and_rom_say(rng):
    knots = rng.random((5, 2))
    points = curve(knots).reshape(4, 20, 2)
    np.testing.assert_allclose(points[:, 0], knots[:-1])
    np.testing.assert_allclose(points[:, -1], knots[1:])
    matrix = np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]) / 2
    around = [2 * knots[0] - knots[1], *knots, 2 * knots[-1] - knots[-2]]
    for i in range(4):
        for j in range(20):
            t = j / 19
            np.testing.assert_allclose(points[i, j], [1, t, t**2, t**3] @ matrix @ around[i : i + 4])


def test_a_skeleton_has_points_at_equal_distances_and_lifts_the_pen_between_strokes():
    at = np.arange(96) / 95
    np.testing.assert_allclose(skeleton("0,10 50,10 100,10"), np.stack([at, 0 * at + 0.1], axis=1))
    x, y = skeleton("0,0 20,0 40,0 | 40,40 20,40 0,40").T  # to the right, and below it back
    np.testing.assert_allclose(x, np.where(at < 0.5, 0.8 * at, 0.8 - 0.8 * at), atol=1e-12)
    np.testing.assert_allclose(y, np.where(at < 0.5, 0.0, 0.4), atol=1e-12)
    x, y = skeleton("0,0 20,0 40,0 | 40,0 40,20 40,40").T  # a corner
    np.testing.assert_allclose(x, np.minimum(0.8 * at, 0.4), atol=1e-12)
    np.testing.assert_allclose(y, np.maximum(0.8 * at - 0.4, 0.0), atol=1e-12)
    assert np.array_equal(SKELETONS, [[skeleton(glyph) for glyph in styles] for styles in GLYPHS])


def by_hand(seed, vary, n):
    """The first n digits with plain loops: (pixels before they are cut to whole numbers, labels)."""
    rng, many = np.random.default_rng([seed, 0]), 200
    labels, styles = rng.integers(10, size=many, dtype=np.uint8), rng.integers(3, size=many)
    bends = [(rng.uniform(-7, 7, (many, 2)), rng.uniform(0, 2 * math.pi, many), rng.standard_normal((many, 2)))
             for _ in range(3)]  # fmt: skip
    stretches, slants, turns = (rng.standard_normal(many) for _ in range(3))
    pens, shifts = rng.uniform(-0.6, 0.7, many), rng.uniform(-1.2, 1.2, (many, 2))
    images = []
    for i in range(n):
        radius, points, bones = 1.3 + vary * pens[i], [], SKELETONS[labels[i], styles[i]]
        drawn = [math.dist(a, b) < LIFT for a, b in pairwise(bones)]
        for x, y in bones:
            for wave, phase, bend in bends:
                height = vary * 0.06 * math.sin(x * wave[i, 0] + y * wave[i, 1] + phase[i])
                x, y = x + height * bend[i, 0], y + height * bend[i, 1]
            turn = vary * 0.1 * turns[i]
            across = x * math.exp(vary * 0.2 * stretches[i]) - y * (0.1 + vary * 0.25 * slants[i] + turn)
            points.append((across, y + turn * x))
        points = np.array(points)
        points *= (20 - 2 * radius) / max(points.max(axis=0) - points.min(axis=0))
        ink = np.array([math.dist(a, b) for a, b in pairwise(points)]) * drawn
        middle = (points[:-1] + points[1:]) / 2
        middle += 14 - np.average(middle, axis=0, weights=ink) + vary * shifts[i]
        image = np.zeros((28, 28))
        for down in range(28):
            for across in range(28):
                squares = ((middle - [across, down]) ** 2).sum(axis=1)
                total = (ink * np.exp(-2 * squares)).sum() * math.sqrt(2 / math.pi)
                distance = math.sqrt(max(-math.log(total) / 2, 0.0)) if total > 1e-20 else math.inf
                image[down, across] = 255 * min(max((radius - distance) / 1.2 + 0.5, 0.0), 1.0)
        images.append(image)
    return np.array(images), labels[:n]


def test_digits_are_what_a_slow_program_draws_and_stay_the_same_in_every_version():
    """A resumed run recognises its data by a hash, so the random numbers must not change either."""
    images, labels = draw(12, seed=4, vary=0.7)
    right, right_labels = by_hand(4, 0.7, 12)
    np.testing.assert_array_equal(labels, right_labels)
    cut = right - images  # pixels are cut to whole numbers
    assert cut.min() > -0.01 and cut.max() < 1.01
    grey = (images > 0) & (images < 255)
    assert grey.sum() > 500 and abs(cut[grey].mean() - 0.5) < 0.05


def test_a_larger_n_adds_digits():
    images, labels = draw(450, seed=3)
    assert len(images) == len(labels) == 450
    for n in (1, 200, 201):
        fewer, few_labels = draw(n, seed=3)
        np.testing.assert_array_equal(fewer, images[:n])
        np.testing.assert_array_equal(few_labels, labels[:n])
    assert len(np.unique(images.reshape(450, -1), axis=0)) == 450


def test_without_variation_each_style_is_drawn_in_exactly_one_way():
    images, labels = draw(1000, vary=0)
    for digit in range(10):
        assert len(np.unique(images[labels == digit].reshape(-1, 784), axis=0)) == 3
