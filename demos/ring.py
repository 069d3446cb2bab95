"""A GAN learns the ring of 8 Gaussians, drawn as a GIF: python demos/ring.py [--rounds R] [--seed S] [--out ring.gif]

Each frame shows D's opinion of every place (blue: fake, red: real), the 8 modes as circles and G's samples as dots.
Watch the cloud go where D is red, and D change its mind as it arrives: at the end D is pale everywhere.
"""

import argparse
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.animation import PillowWriter
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tqdm import tqdm

from minigan import cli
from minigan.data import load, toy
from minigan.losses import sigmoid
from minigan.metrics import modes
from minigan.models import latent
from minigan.presets import PRESETS
from minigan.training import Training

FRAMES, N_SAMPLES, LIMIT, RESOLUTION = 60, 1000, 1.6, 120


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=cli.whole(1), default=3000)
    parser.add_argument("--seed", type=cli.whole(0), default=0)
    parser.add_argument("--out", type=cli.output(".gif"), default=Path("ring.gif"))
    given = parser.parse_args()

    data = load("ring", seed=given.seed)
    settings = PRESETS["toy"].with_flags(seed=given.seed, epochs=1)
    settings = replace(settings, epochs=math.ceil(given.rounds * settings.samples_a_round / len(data.x)))
    training = Training(settings, data)
    z = latent(settings, data, N_SAMPLES, training.streams["grid"])
    axis = np.linspace(-LIMIT, LIMIT, RESOLUTION, dtype=np.float32)
    places = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)

    figure = Figure(figsize=(3.8, 4.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(aspect="equal", xticks=[], yticks=[])
    box = (-LIMIT, LIMIT, -LIMIT, LIMIT)
    blank = np.zeros((RESOLUTION, RESOLUTION))
    colours = colormaps["coolwarm"].resampled(24)  # few enough for a small GIF
    opinion = axes.imshow(blank, cmap=colours, vmin=0.0, vmax=1.0, extent=box, origin="lower")
    axes.plot(*toy.centres("ring").T, "o", markerfacecolor="none", markeredgecolor="0.2", markersize=12)
    (cloud,) = axes.plot([], [], ".", color="black", markersize=2.5)

    rounds = (figures for _ in range(given.rounds) for figures in training.epoch())
    frame_at = {int(given.rounds * (i / (FRAMES - 1)) ** 2) for i in range(FRAMES)}  # most happens early
    writer = PillowWriter(fps=10)
    with writer.saving(figure, given.out, dpi=80):
        for round_ in tqdm(range(given.rounds + 1), unit="round", disable=None):
            if round_ in frame_at:
                opinion.set_data(sigmoid(training.D(places)).reshape(RESOLUTION, RESOLUTION))
                cloud.set_data(*training.average(z).T)
                axes.set_title(f"round {round_}", fontsize=10)
                writer.grab_frame()
            if round_ < given.rounds:
                next(rounds)
        for _ in range(15):  # rest on the last picture before the loop begins again
            writer.grab_frame()
    s = modes.score(training.average(z), "ring")
    print(f"{given.out}: {s.found} of 8 modes, {100 * s.high_quality:.0f} % of samples within 3 sigma of one")


if __name__ == "__main__":
    cli.main(main)
