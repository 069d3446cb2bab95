"""Figures and a picture of every preset.

    python demos/results.py --out demos/results

Trains each preset by `python -m minigan.train`, many of them for fewer epochs than they have, which the table says.
Then it draws 10,000 images or 2,500 points of each and scores them. All this takes about an hour on two cores. Finished
runs are kept in --runs and are not trained again. The table, README.md, and its pictures are written to --out.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from minigan.data import load, split, toy
from minigan.ground import cli
from minigan.metrics import modes
from minigan.metrics.frechet import Judge
from minigan.metrics.tables import N_STACKED, StackedDigits
from minigan.recipes.presets import PRESETS
from minigan.recipes.sampling import draw_samples
from minigan.runs import images
from minigan.runs.load import load_generator

N = 10_000  # samples; N_STACKED of stacked digits
EPOCHS = {  # preset and flags -> epochs; None: as many as the preset has
    "minigan": None, "large": None, "pictures": None, "minigan-0.1": None,
    "small": None, "wide": 4,
    "article-a": 20, "article-b": 20, "article-c": 20, "article-d": 4, "article-e": 30,
    "goodfellow2014": 6, "pytorch-gan": 6, "wgan": 10, "wgan-gp": 10, "sngan": 24, "r3gan": 12,
    "stacked": None,
    "toy": None, "toy --data grid": None,
    "pacgan-ring --packing 1": 6, "pacgan-ring": 12, "pacgan-ring --packing 4": 24,
    "pacgan-grid --packing 1": 6, "pacgan-grid": 12, "pacgan-grid --packing 4": 24,
}  # fmt: skip
PAGE = """# Every preset

Written by `python demos/results.py`; {versions}.

Most recipes were trained for fewer epochs than their sources train them, as the last column says, so these are not the
best figures that they can reach. Training took 30 seconds for `toy`, 75 seconds for `minigan` and 212 seconds for
`large`, on two cores ([RESULTS.md](../RESULTS.md)).

Digits: the Frechet distance between 10,000 samples and the 10,000 test images, on the features of a classifier that is
right on {accuracy} of them; the classifier's mean confidence in the likeliest digit; and the share of the digit that is
drawn least. Noise is there for comparison; it is not the worst that is possible, and some rows are further away.

| preset | samples | distance | confidence | rarest digit | epochs |
|---|---|---|---|---|---|
{images}

Points: 2,500 samples; the modes with a sample within 3 standard deviations; the share of samples that are that near to
a mode (98.9 % if they were perfect); the reverse KL divergence over the modes; and sigma ratio, the spread around a
mode divided by that of the data (1 if it were perfect). PacGAN's own table takes 400 epochs of 100,000 packs.

| preset | samples | modes | high quality | reverse KL | sigma ratio | epochs |
|---|---|---|---|---|---|---|
{points}

Stacked MNIST: 26,000 samples; the combinations of three digits that a classifier of the channels finds among them; the
reverse KL divergence from equal shares of the 1,000 combinations; and the share of the channels in which the classifier
is surer of a digit than .9. The classifier sees digits in noise, too, but it is rarely sure of them.

| preset | samples | modes | reverse KL | surer than .9 | epochs |
|---|---|---|---|---|---|
{stacked}
"""


def run(name, folder, n_epochs):
    """Train the preset and flags in `name` by the command line, unless the folder already holds the finished run."""
    if not folder.exists():
        preset, *flags = name.split()
        epochs = ["--epochs", str(n_epochs)] if n_epochs else []
        partial = folder.with_name(folder.name + ".partial")  # delete what an interrupted run left
        shutil.rmtree(partial, ignore_errors=True)
        words = ["-m", "minigan.train", "--preset", preset, *flags, *epochs, "--out", str(partial)]
        print("python", *words, flush=True)
        subprocess.run([sys.executable, *words], check=True)
        partial.rename(folder)


def of_images(s):
    return f"{s.distance:.1f} | {100 * s.confidence:.0f} % | {100 * min(s.shares):.1f} %"


def of_stacked(s):
    return f"{s.found} of {s.n_modes} | {s.reverse_kl:.3f} | {100 * s.sure:.1f} %"


def row(name, runs, out, judge):
    """One row of a table. Also writes the row's picture into the folder `out`."""
    file = name.replace(" --", "-").replace(" ", "-")
    run(name, runs / file, EPOCHS[name])
    G, settings, data = load_generator(runs / file)
    preset = PRESETS[name.split()[0]].with_flags()
    own = preset.epochs * settings.packing // preset.packing  # PacGAN counts its epochs in packs
    epochs = f"{settings.epochs}" if settings.epochs == own else f"{settings.epochs} of {own}"
    real = None if data.is_images else load(settings.data).x[:2500]
    x = draw_samples(settings, data, G, 40 if data.is_images else 2500)
    images.save_samples(out / f"{file}.png", x, data.shape, real, columns=10)
    if settings.data == "stacked":
        figures = of_stacked(judge.score([draw_samples(settings, data, G, N_STACKED)]))
    elif data.is_images:
        figures = of_images(judge.score(draw_samples(settings, data, G, N, label=judge.train.some_labels(N))))
    else:
        m = modes.score(x, settings.data)
        figures = f"{m.found} of {m.n_modes} | {100 * m.high_quality:.1f} % | {m.reverse_kl:.3f} | {m.sigma_ratio:.2f}"
    return f"| `{name}` | ![samples]({file}.png) | {figures} | {epochs} |"


def page(rows, versions, accuracy):
    """README.md. rows: preset and flags, or what images are compared with -> a row of one of the tables."""
    tables: dict[str, list] = {"images": [], "points": [], "stacked": []}
    for name, line in rows.items():
        data = PRESETS[name.split()[0]].with_flags().data if name in EPOCHS else name.split()[0]
        tables["points" if data in toy.STD else "stacked" if data == "stacked" else "images"].append(line)
    return PAGE.format(versions=versions, accuracy=accuracy, **{name: "\n".join(t) for name, t in tables.items()})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("results"), help="folder for README.md and the pictures")
    parser.add_argument("--runs", type=Path, default=Path("runs", "results"), help="folder that keeps the runs")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)

    judge, stacked = Judge(*split(load("mnist"))), StackedDigits(*split(load("stacked")))
    rows = {name: row(name, given.runs, given.out, stacked if name == "stacked" else judge) for name in EPOCHS}
    others = {
        "training images": of_images(judge.score(judge.real(N))),
        "noise": of_images(judge.score(judge.noise(N))),
        "stacked test images": of_stacked(stacked.score(stacked.real(N_STACKED))),
        "stacked noise": of_stacked(stacked.score(stacked.noise(N_STACKED))),
    }
    rows |= {name: f"| {name}, for comparison | | {figures} | |" for name, figures in others.items()}
    versions = f"NumPy {np.__version__}, Python {platform.python_version()}, {os.cpu_count()} cores"
    (given.out / "README.md").write_text(page(rows, versions, f"{100 * judge.accuracy:.1f} %"), encoding="utf-8")
    print(given.out / "README.md")


if __name__ == "__main__":
    cli.main(main)
