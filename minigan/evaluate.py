"""Measures how good samples are, beside real ones and noise: python -m minigan.evaluate RUN|SAMPLES.npy

The figures are computed in metrics/tables.py, which also says what each of them can tell.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from minigan.data import from_file, is_folder
from minigan.ground import cli
from minigan.ground.errors import ArgumentError
from minigan.metrics import neighbours, tables
from minigan.recipes.sampling import draw_samples
from minigan.recipes.settings import Settings
from minigan.runs import images
from minigan.runs.load import load_generator


def main():
    parser = cli.Parser("python -m minigan.evaluate", cli.COMMANDS["evaluate"], "RUN|SAMPLES.npy")
    parser.add_argument(
        "samples", type=Path, metavar="RUN|SAMPLES.npy", help="folder of a run, a checkpoint, or a .npy of images or "
        "points"
    )  # fmt: skip
    parser.add_argument(
        "-n", type=cli.whole(10), help="number of samples (default: 10000 images, 26000 of stacked digits, 2500 points)"
    )
    parser.add_argument("--seed", type=cli.whole(0), default=0, help="seed of the samples from a run (default: 0)")
    parser.add_argument("--data", help="data to compare with (default: what the run was trained on; for a .npy: auto)")
    parser.add_argument("--data-dir", metavar="FOLDER", help="folder with the files of MNIST")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument(
        "--out", type=cli.output(".png"), default=Path("nearest.png"), help="picture of samples, each above the 3 "
        "training images nearest to it (default: nearest.png)"
    )  # fmt: skip
    given = parser.parse_args()
    judge, x = judge_and_samples(given)
    if len(x) < 10:
        raise ArgumentError(f"{given.samples} holds {len(x)} samples; give at least 10, better 10000.")
    table = tables.measure(judge, x)
    if given.json:
        table = {c: {k: v if v == v else None for k, v in figures.items()} for c, figures in table.items()}  # no NaN
        about = {"n": len(x), "samples": str(given.samples), "data": judge.data, "judge": judge.about}
        print(json.dumps(about | {"figures": table}, indent=2))
    else:
        print(f"samples  {len(x)} of {given.samples}")
        print(f"data     {judge.data}")
        print(f"judge    {judge.about}\n")
        print(tables.as_text(table, judge), end="\n\n")
    if not isinstance(judge, tables.Points):
        save_nearest(given.out, x, judge.train)
        print(f"nearest  {given.out}: samples, each above the 3 training images nearest to it", file=sys.stderr)


def judge_and_samples(given):
    """(what measures the samples, as tables.judge_for returns it; the samples (N, n_x), images in -1..1)."""
    if given.samples.suffix.lower() == ".npy":
        G, settings, made = None, Settings(), from_file(given.samples)
        if given.data and is_folder(given.data) and made.is_images:
            settings = replace(settings, size=made.shape[0], colour=len(made.shape) == 3)
    else:
        G, settings, made = load_generator(given.samples)
    settings = replace(settings, data=given.data or settings.data, data_dir=given.data_dir or settings.data_dir)
    judge = tables.judge_for(made.shape, settings)
    n = min(given.n or judge.n, judge.most or sys.maxsize)
    if G is not None:
        return judge, draw_samples(settings, made, G, n, given.seed, labels_for(judge, settings, made, n))
    rows = np.arange(len(made.x))
    return judge, made.batch(np.random.default_rng(given.seed).permutation(rows)[:n] if len(rows) > n else rows)


def labels_for(judge, settings, made, n):
    """n labels for a conditional G, in the proportions of the training data; None where there are none to take."""
    images_with_labels = isinstance(judge, tables.Images) and settings.conditional
    return judge.train.some_labels(n) if images_with_labels and made.n_classes == judge.train.n_classes else None


def save_nearest(path, x, train):
    """Draw the first 20 samples in two rows, and below each sample its 3 nearest training images."""
    index, _ = neighbours.nearest(x[:20], train, 3)
    rows = [train.batch(near) for near in index.T]
    grid = [a[i : i + 10] for i in (0, 10) for a in (x[:20], *rows)]
    images.save_grid(path, images.to_unit(np.concatenate(grid), train.shape), columns=10)


if __name__ == "__main__":
    cli.main(main)
