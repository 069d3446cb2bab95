"""Every preset with its figure and its picture: python demos/results.py [--out demos/results]

Trains each preset by `python -m minigan.train` for the EPOCHS below, which take about two minutes on two cores (large:
fifteen), draws 10,000 samples of it (2,500 points) and scores them. Where those are not all the epochs of its source,
the table says so. Runs are kept in --runs; those that are there already are not run again. The table, README.md, and
its pictures go to --out.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from minigan import cli
from minigan.data import load, split
from minigan.metrics import modes
from minigan.metrics.frechet import Judge
from minigan.recipes.presets import PRESETS
from minigan.recipes.sampling import draw_samples
from minigan.runs import images
from minigan.runs.load import load_generator

N = 10_000  # samples
EPOCHS = {  # preset and flags -> epochs; nothing for the preset's own
    "minigan": None, "large": None,
    "small": None, "wide": 4,
    "article-a": 20, "article-b": 20, "article-c": 20, "article-d": 4, "article-e": 30,
    "goodfellow2014": 6, "pytorch-gan": 6, "wgan": 10, "wgan-gp": 10, "sngan": 24,
    "toy": None, "toy --data grid": None,
    "pacgan-ring --packing 1": 6, "pacgan-ring": 12, "pacgan-ring --packing 4": 24,
    "pacgan-grid --packing 1": 6, "pacgan-grid": 12, "pacgan-grid --packing 4": 24,
}  # fmt: skip
IMAGES = "| preset | samples | distance | confidence | rarest digit | epochs |\n|---|---|---|---|---|---|"
POINTS = (
    "| preset | samples | modes | high quality | reverse KL | sigma ratio | epochs |\n|---|---|---|---|---|---|---|"
)


def run(name, folder, n_epochs):
    """Train the preset and flags in `name` by the command line, unless folder holds the finished run."""
    if not folder.exists():
        preset, *flags = name.split()
        epochs = ["--epochs", str(n_epochs)] if n_epochs else []
        partial = folder.with_name(folder.name + ".partial")  # what an interrupted run left is of no use
        shutil.rmtree(partial, ignore_errors=True)
        words = ["-m", "minigan.train", "--preset", preset, *flags, *epochs, "--out", str(partial)]
        print("python", *words, flush=True)
        subprocess.run([sys.executable, *words], check=True)
        partial.rename(folder)


def of_images(s):
    return f"{s.distance:.1f} | {100 * s.confidence:.0f} % | {100 * min(s.shares):.1f} %"


def row(name, runs, out, judge):
    """One line of a table; its picture is written to out."""
    file = name.replace(" --", "-").replace(" ", "-")
    run(name, runs / file, EPOCHS[name])
    G, settings, data = load_generator(runs / file)
    preset = PRESETS[name.split()[0]].with_flags()
    own = preset.epochs * settings.packing // preset.packing  # PacGAN's epochs are of packs
    epochs = f"{settings.epochs}" if settings.epochs == own else f"{settings.epochs} of {own}"
    real = None if data.is_images else load(settings.data).x[:2500]
    x = draw_samples(settings, data, G, 40 if data.is_images else 2500)
    images.save_samples(out / f"{file}.png", x, data.shape, real, columns=10)
    if data.is_images:
        figures = of_images(judge.score(draw_samples(settings, data, G, N, label=judge.train.some_labels(N))))
    else:
        m = modes.score(x, settings.data)
        figures = f"{m.found} of {m.n_modes} | {100 * m.high_quality:.1f} % | {m.reverse_kl:.3f} | {m.sigma_ratio:.2f}"
    return f"| `{name}` | ![samples]({file}.png) | {figures} | {epochs} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--runs", type=Path, default=Path("runs", "results"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)

    judge = Judge(*split(load("mnist")))
    rows = {name: row(name, given.runs, given.out, judge) for name in EPOCHS}
    floor, ceiling = judge.score(judge.real(N)), judge.score(judge.noise(N))
    on_points = [name for name in rows if PRESETS[name.split()[0]].with_flags().data != "auto"]
    lines = [
        f"# Every preset\n\nWritten by `python demos/results.py`; NumPy {np.__version__}, Python "
        f"{platform.python_version()}, {os.cpu_count()} cores.\n",
        "Digits: the Frechet distance of 10,000 samples from the 10,000 test images, on the features of a classifier "
        f"that is right on {100 * judge.accuracy:.1f} % of them; its mean confidence in the likeliest digit; and the "
        "share of the digit that is drawn least. Read a row as what a recipe gives after about two minutes on two "
        "cores (`large`: fifteen): epochs differ in length, and few are as many as the source took.\n",
        IMAGES,
        *(rows[name] for name in rows if name not in on_points),
        f"| training images, the floor | | {of_images(floor)} | |",
        f"| noise, the ceiling | | {of_images(ceiling)} | |",
        "\nPoints, 2,500 samples: modes with a sample within 3 standard deviations; share of samples that near to one "
        "(perfect samples: 98.9 %); reverse KL divergence over the modes; spread around a mode, over that of the data. "
        "The epochs of PacGAN's table are 400 of 100,000 packs.\n",
        POINTS,
        *(rows[name] for name in on_points),
    ]
    (given.out / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(given.out / "README.md")


if __name__ == "__main__":
    cli.main(main)
