"""A GAN in the plane: healthy, collapsing, and cured.

    python demos/ring.py
    python demos/ring.py --data spiral

Trains three GANs from the same initial weights and draws them into a GIF. Each frame shows what D says of every place
(blue: fake, red: real), the modes or some real samples as circles, and G's samples as black dots. Green arrows show
where D's gradient sends some of these samples. Thin lines are what G makes of a square grid of noise: you can see how G
folds the plane.
"""

import argparse
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.animation import PillowWriter
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from tqdm import tqdm

from minigan.data import POINTS, load, toy
from minigan.ground import cli
from minigan.lab import plane
from minigan.metrics import modes
from minigan.nn.losses import sigmoid
from minigan.recipes.presets import PRESETS
from minigan.recipes.sampling import generator_input
from minigan.training import Training

FRAMES, REST, N_SAMPLES, N_ARROWS, RESOLUTION = 60, 15, 500, 40, 100
COLLAPSING = {"r1": 0.0, "lr": 0.002, "beta1": 0.9}
GAMES = {"healthy": {}, "collapsing": COLLAPSING, "cured": COLLAPSING | {"beta1": 0.0}}
WORDS = {"healthy": "preset toy", "collapsing": "lr .002, momentum .9, no R1", "cured": "the same without momentum"}


class Panel:
    """One GAN in training, and its part of the picture."""

    def __init__(self, axes, name, given, data):
        settings = PRESETS["toy"].with_flags(data=given.data, seed=given.seed, epochs=1, **GAMES[name])
        rounds_per_epoch = len(data.x) // settings.samples_per_round
        settings = replace(settings, epochs=math.ceil(given.rounds / rounds_per_epoch))
        self.name, self.training = name, Training(settings, data)
        self.rounds = (figures for _ in range(settings.epochs) for figures in self.training.epoch())
        self.z = generator_input(settings, data, N_SAMPLES, self.training.streams["grid"])
        self.limit = limit = plane.limit(data)
        self.places = plane.square(limit, RESOLUTION)
        colours = colormaps["coolwarm"].resampled(24)  # few colours make a small GIF
        blank, box = np.zeros((RESOLUTION, RESOLUTION)), (-limit, limit, -limit, limit)
        self.opinion = axes.imshow(blank, cmap=colours, vmin=0.0, vmax=1.0, extent=box, origin="lower")
        if given.data in toy.STD:
            axes.plot(*toy.centres(given.data).T, "o", mfc="none", mec="0.2", markersize=9)
        else:
            axes.plot(*data.x[:400].T, "o", mfc="none", mec="0.4", markersize=2, mew=0.4)
        self.folds = axes.add_collection(LineCollection([], colors="0.25", linewidths=0.4))
        (self.cloud,) = axes.plot([], [], ".", color="black", markersize=2)
        self.arrows = axes.quiver(
            *np.zeros((4, N_ARROWS)), color="darkgreen", angles="xy", scale_units="xy", scale=1.0, width=0.006
        )
        axes.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=[], yticks=[], aspect="equal")
        axes.set_title(f"{name}: {WORDS[name]}", fontsize=8)

    def draw(self):
        G, D = self.training.average, self.training.D
        self.opinion.set_data(sigmoid(D(self.places)).reshape(RESOLUTION, RESOLUTION))
        image = G(plane.square(2.0, 97)).reshape(97, 97, 2)
        self.folds.set_segments([*image[::8], *image.swapaxes(0, 1)[::8]])
        self.cloud.set_data(*G(self.z).T)
        x = G(self.z[:N_ARROWS])
        self.arrows.set_offsets(x)
        self.arrows.set_UVC(*plane.arrows(self.training, D, x, self.limit).T)

    def score(self, data):
        s = modes.score(self.training.average(self.z), data)
        return f"{self.name} {s.found} of {s.n_modes} modes"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", choices=POINTS, default="ring", help="points to learn (default: ring)")
    parser.add_argument("--rounds", type=cli.whole(1), default=3000, help="training rounds (default: 3000)")
    parser.add_argument("--seed", type=cli.whole(0), default=0, help="random seed (default: 0)")
    parser.add_argument(
        "--out", type=cli.output(".gif"), default=Path("ring.gif"), help="GIF to write (default: ring.gif)"
    )
    parser.add_argument("--frames", type=Path, help="folder that gets every frame as a .png, too")
    given = parser.parse_args()
    if given.frames:
        given.frames.mkdir(parents=True, exist_ok=True)

    data = load(given.data, seed=given.seed)
    figure = Figure(figsize=(8.1, 2.95), layout="constrained")
    FigureCanvasAgg(figure)
    panels = [Panel(axes, name, given, data) for axes, name in zip(figure.subplots(1, 3), GAMES, strict=True)]
    frame_at = {int(given.rounds * (i / (FRAMES - 1)) ** 2) for i in range(FRAMES)}  # most happens early
    writer = PillowWriter(fps=10)
    with writer.saving(figure, given.out, dpi=80):
        for round_ in tqdm(range(given.rounds + 1), unit="round", disable=None):
            if round_ in frame_at:
                for panel in panels:
                    panel.draw()
                figure.supxlabel(f"round {round_}", fontsize=9)
                writer.grab_frame()
                if given.frames:
                    figure.savefig(given.frames / f"round_{round_:06d}.png", dpi=160)
            if round_ < given.rounds:
                for panel in panels:
                    next(panel.rounds)
        for _ in range(REST):  # a pause before the GIF starts again
            writer.grab_frame()
    scores = [panel.score(given.data) for panel in panels if given.data in toy.STD]
    print(f"{given.out}: {', '.join(scores) or f'{given.data} has no modes to count'}")


if __name__ == "__main__":
    cli.main(main)
