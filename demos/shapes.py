"""Draws a folder of pictures to try minigan on: circles, squares and triangles in red, green and blue.

    python demos/shapes.py shapes
    python -m minigan.train --data shapes --colour --epochs 100

Each of the nine kinds has a subfolder, whose name becomes a label. The pictures have different sizes and formats, as
one's own have.
"""

import argparse
import colorsys
import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

CORNERS = {"circle": 60, "square": 4, "triangle": 3}
HUES = {"red": 0.0, "green": 1 / 3, "blue": 2 / 3}
FORMATS = (".png", ".jpg", ".webp")
LARGE = 4  # a shape is drawn so many times larger, and then made smaller, so that its edges are smooth


def main():
    parser = argparse.ArgumentParser("python demos/shapes.py", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder for the pictures")
    parser.add_argument("-n", type=int, default=600, help="pictures of each kind (default: 600)")
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    for colour, hue in HUES.items():
        for shape, corners in CORNERS.items():
            inside = given.folder / f"{colour} {shape}"
            inside.mkdir(parents=True)
            for i in range(given.n):
                draw(rng, corners, hue).save(inside / f"{i:04}{FORMATS[i % len(FORMATS)]}", quality=95)
    print(f"{len(HUES) * len(CORNERS) * given.n} pictures in {given.folder}")


def draw(rng, corners, hue):
    """One picture of a regular polygon of about this hue, at a random place on a dark background."""
    side = int(rng.integers(40, 80))
    picture = Image.new("RGB", (side * LARGE, side * LARGE), colour(hue, 0.6, rng.uniform(0.0, 0.15)))
    radius = side * rng.uniform(0.25, 0.38)
    x, y = side / 2 + rng.uniform(-0.1, 0.1, 2) * side
    upright = math.pi / 4 if corners == 4 else -math.pi / 2
    angles = upright + rng.uniform(-0.2, 0.2) + 2.0 * math.pi * np.arange(corners) / corners
    points = [(LARGE * (x + radius * math.cos(a)), LARGE * (y + radius * math.sin(a))) for a in angles]
    fill = colour(hue + rng.uniform(-0.04, 0.04), rng.uniform(0.7, 1.0), rng.uniform(0.7, 1.0))
    ImageDraw.Draw(picture).polygon(points, fill)
    return picture.resize((side, side), Image.Resampling.BOX)


def colour(hue, saturation, value):
    return tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue % 1.0, saturation, value))


if __name__ == "__main__":
    main()
