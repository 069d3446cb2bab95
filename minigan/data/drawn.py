"""Drawn digits: a stand-in for MNIST that needs no download.

Each digit is a few pen strokes from a table. They are bent, slanted and inked at random, and then scaled and centred
as in MNIST: 28x28 pixels, white ink on black.
"""

import numpy as np

# Three styles of each digit from 0 to 9: people write an open or a closed 4, and a 7 with or without a bar.
# A stroke is a row of points "x,y" in percent of the digit's height, with y downwards, joined by a smooth curve.
# "|" begins the next stroke: at the same point it makes a sharp corner, elsewhere the pen is lifted.
# fmt: off
GLYPHS = [
    ["42,2 20,8 4,35 4,68 20,95 42,97 62,78 68,45 60,15 40,1",
     "35,0 14,14 4,45 14,88 36,100 58,84 64,45 52,12 35,0",
     "60,10 36,2 10,22 0,55 10,88 36,98 64,80 74,46 62,14 40,8 26,18"],
    ["35,0 35,100", "16,22 36,0 | 36,0 35,100", "20,16 36,0 | 36,0 35,100 | 12,100 58,100"],
    ["6,22 16,5 38,0 58,10 60,32 42,60 20,82 4,98 | 4,98 30,96 66,98",
     "6,18 24,2 46,2 58,16 56,40 38,76 18,97 2,94 2,77 18,63 38,71 56,91 80,90",
     "4,18 26,0 52,8 50,38 24,76 2,98 | 2,98 34,86 90,94"],
    ["8,12 28,0 52,6 54,28 24,46 | 24,46 52,52 64,74 48,96 22,100 4,88",
     "6,4 30,0 50,10 46,32 26,46 24,50 32,50 56,60 58,84 36,100 4,94",
     "6,2 60,2 | 60,2 28,40 | 28,40 58,52 62,80 38,100 4,92"],
    ["12,8 8,30 6,52 30,56 66,50 | 58,2 54,50 50,100", "46,0 2,62 | 2,62 70,62 | 46,0 46,100",
     "14,0 0,52 | 0,52 34,60 80,52 | 74,4 60,50 50,100"],
    ["62,2 18,4 | 18,4 12,42 | 12,42 40,38 62,58 58,86 32,100 6,90",
     "60,2 22,6 14,28 24,42 50,52 58,74 40,96 6,94", "84,0 38,8 | 38,8 24,40 | 24,40 46,48 54,70 36,96 0,90"],
    ["50,0 22,24 6,60 14,92 38,100 58,84 54,62 34,56 12,72",
     "30,0 12,36 6,74 20,98 46,96 56,76 42,60 20,68 10,82",
     "22,0 4,40 4,80 26,100 56,92 70,66 56,46 34,56 24,84"],
    ["4,8 60,4 | 60,4 40,50 28,100 | 22,52 62,48", "0,26 4,6 | 4,6 62,6 | 62,6 46,48 40,100",
     "4,18 16,4 40,6 64,4 50,44 30,100"],
    ["58,12 36,0 12,12 16,34 40,50 60,70 50,96 24,100 6,84 16,62 44,42 58,24 56,8",
     "64,10 40,0 16,14 28,40 46,66 38,94 16,98 8,80 24,58 50,38 64,10",
     "60,9 42,0 22,12 24,34 44,60 42,90 20,100 8,84 24,62 52,40 80,12"],
    ["58,14 36,0 12,12 8,38 26,50 50,38 58,14 | 58,14 62,60 46,92 22,100 6,92",
     "62,12 34,2 4,24 10,46 38,42 64,12 | 64,12 50,50 30,100",
     "44,4 20,6 10,24 20,42 42,36 48,10 40,2 | 48,10 52,56 52,100"],
]
# fmt: on
POINTS = 96  # on each skeleton: about .6 pixels apart, so that their blots of ink run together
SHARPNESS = 2  # a blot of ink fades as exp(-SHARPNESS * distance ** 2), with the distance in pixels
LIFT = 0.1  # a longer step from one point to the next is not drawn, because the pen is lifted
CHUNK = 200  # images that are drawn at once, to bound the memory; each chunk has its own random numbers


def steps(points):
    """Distances between neighbouring points of a path: (..., k, 2) to (..., k - 1)."""
    return np.linalg.norm(np.diff(points, axis=-2), axis=-1)


def curve(knots):
    """The Catmull-Rom curve through all `knots` (k, 2), as 20 points for each pair of neighbours."""
    knots = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    a, b, c, d = knots[:-3, None], knots[1:-2, None], knots[2:-1, None], knots[3:, None]
    t = np.linspace(0, 1, 20)[:, None]
    return (b + t / 2 * (c - a + t * (2*a - 5*b + 4*c - d + t * (3*b - 3*c + d - a)))).reshape(-1, 2)  # fmt: skip


def skeleton(glyph):
    """(POINTS, 2): points (x, y) at equal distances along the strokes of a glyph of height 1."""
    strokes = [np.array(stroke.replace(",", " ").split(), float) for stroke in glyph.split("|")]
    path = np.concatenate([curve(stroke.reshape(-1, 2) / 100) for stroke in strokes])
    drawn = np.append(0, np.cumsum(np.where(steps(path) < LIFT, steps(path), 0)))
    at = np.linspace(0, drawn[-1], POINTS)
    return np.stack([np.interp(at, drawn, path[:, 0]), np.interp(at, drawn, path[:, 1])], axis=1)


SKELETONS = np.array([[skeleton(glyph) for glyph in styles] for styles in GLYPHS])


def draw(n, seed=0, vary=1.0):
    """Draw `n` digits: images (n, 28, 28) from 0 (paper) to 255 (ink), and labels (n,), both uint8.

    Labels are uniformly random. The same `seed` gives the same digits; a larger `n` adds digits and leaves the first
    ones as they are. `vary` scales all differences between two drawings of one style: 1 is closest to MNIST, .6 is
    neater, and 0 draws each style in exactly one way. Raises ValueError if n < 1 or if `vary` is not in 0 to 1.
    """
    if n < 1:
        raise ValueError(f"cannot draw {n} digits: n must be at least 1")
    if not 0 <= vary <= 1:
        raise ValueError(f"vary must lie between 0 and 1, not {vary}")
    chunks = range(-(-n // CHUNK))
    images, labels = zip(*(draw_chunk(np.random.default_rng([seed, i]), vary) for i in chunks), strict=True)
    return np.concatenate(images)[:n], np.concatenate(labels)[:n]


def draw_chunk(rng, vary):
    """The images and labels of CHUNK digits; see `draw`."""

    def normal(spread, *shape):
        return vary * spread * rng.standard_normal((CHUNK, *shape))

    labels = rng.integers(10, size=CHUNK, dtype=np.uint8)
    points = SKELETONS[labels, rng.integers(SKELETONS.shape[1], size=CHUNK)]
    pen_down = steps(points)[..., None] < LIFT

    # Bend the whole paper in waves, rather than each stroke, so that strokes that meet still meet afterwards.
    for _ in range(3):
        wave, phase = rng.uniform(-7, 7, (CHUNK, 2, 1)), rng.uniform(0, 2 * np.pi, (CHUNK, 1, 1))
        points = points + normal(0.06, 1, 2) * np.sin(points @ wave + phase)
    x, y = points[..., 0], points[..., 1]
    stretch, slant, turn = np.exp(normal(0.2, 1)), 0.1 + normal(0.25, 1), normal(0.1, 1)
    points = np.stack([stretch * x - (slant + turn) * y, y + turn * x], axis=2)

    # As in MNIST, the ink fits into a box of 20 pixels, and its centre of mass is the centre of the image.
    radius = 1.3 + vary * rng.uniform(-0.6, 0.7, (CHUNK, 1, 1))
    points *= (20 - 2 * radius) / np.ptp(points, axis=1, keepdims=True).max(axis=2, keepdims=True)
    ink = steps(points)[..., None] * pen_down
    points = (points[:, 1:] + points[:, :-1]) / 2
    points += 14 - (points * ink).sum(axis=1, keepdims=True) / ink.sum(axis=1, keepdims=True)
    points += vary * rng.uniform(-1.2, 1.2, (CHUNK, 1, 2))

    # Blots along a straight line add up to exp(-SHARPNESS * distance ** 2), up to a constant factor, where distance is
    # that of a pixel from the line. So the logarithm of the sum gives the distance from the stroke, without a search
    # for the nearest point. A blot is a factor in x times a factor in y, so the sum over points is a matrix product.
    pixel = np.arange(28, dtype=np.float32)
    blots = np.exp(-SHARPNESS * (points[..., None].astype(np.float32) - pixel) ** 2)
    ink = (ink * np.sqrt(SHARPNESS / np.pi)).astype(np.float32)
    total = (ink * blots[:, :, 1]).transpose(0, 2, 1) @ blots[:, :, 0]  # (CHUNK, 28 down, 28 across)
    distance = np.sqrt(np.maximum(-np.log(total + 1e-30) / SHARPNESS, 0))
    return (255 * np.clip((radius - distance) / 1.2 + 0.5, 0, 1)).astype(np.uint8), labels
