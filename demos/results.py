"""Figures and a picture of every preset, each trained for all its epochs.

    python demos/results.py
    python demos/results.py --only wgan --seeds 3

Each trial is a run of `python -m minigan.train`, and its figures become a row of results/rows.csv, beside the command
that made them. results/README.md is written from all rows. PacGAN's rows come from tables.csv, see tables.py.

All of it takes about eight hours on two cores. You can stop at any time: trials that have a row are not run again, and
a trial that was stopped continues where it was. --processes trainings run side by side, on one thread each.
"""

import argparse
from functools import cache
from pathlib import Path

import numpy as np
import tables
import trials

from minigan.data import load, split, toy
from minigan.ground import cli
from minigan.metrics.frechet import Judge
from minigan.metrics.tables import N_STACKED, StackedDigits
from minigan.recipes.presets import PRESETS
from minigan.recipes.sampling import draw_samples
from minigan.runs import images
from minigan.runs.load import load_generator

N = 10_000  # samples; N_STACKED of stacked digits, and 2,500 points
NO_MLP = "nothing for an MLP on MNIST"
NOTES = {  # preset and flags -> (what its source reports of samples like these, what one sees)
    "minigan": ("", "Digits of every kind; a few are ragged"),
    "large": ("", "Digits of every kind, hardly a ragged one"),
    "pictures": ("", "Digits of every kind; a few are ragged"),
    "minigan-0.1": ("", "Digits of every kind; a few are ragged"),
    "small": ("", "Digits, many of them blurred or broken"),
    "wide": ("", "Digits with speckles, and too many 1s"),
    "article-a": ("", "Digits, some of them broken"),
    "article-b": ("", "Noise where digits should be: D wins"),
    "article-c": ("", "The same speckles for every noise: D wins at once"),
    "article-d": ("", "The same blot for every noise: mode collapse"),
    "article-e": ("", "Digits, too many of them 1s"),
    "goodfellow2014": (
        "225 nats (Parzen windows), see [the papers' tables](../RESULTS.md)",
        "Digits of every kind; some are broken",
    ),
    "pytorch-gan": ("a picture of digits", "Mostly 1s, and the same speckles again and again: mode collapse"),
    "wgan": (NO_MLP, "Digits, most of them broken"),
    "wgan-gp": (NO_MLP, "Digits of every kind; some are broken"),
    "sngan": (NO_MLP, "Digits of every kind; some are broken"),
    "r3gan": (NO_MLP, "Digits of every kind; some are broken"),
    "stacked": ("", "Digits in three colours, some of them hard to read"),
    "toy": ("", "All 8 modes, a little too narrow"),
    "toy --data grid": ("", "All 25 modes, a little too narrow"),
}
CONTROLS = ("training images", "noise", "stacked test images", "stacked noise")
PACGAN = {  # recipe of tables.py -> what one sees
    "pacgan-ring --packing 1 --epochs 400": "6 of 8 modes: mode collapse",
    "pacgan-ring": "7 of 8 modes: the one at the top is lost",
    "pacgan-ring --packing 4 --epochs 1600": "All 8 modes, and a few points on the circle between them",
    "pacgan-grid --packing 1 --epochs 400": "18 of 25 modes, and lines between them: mode collapse",
    "pacgan-grid": "All 25 modes, and a few points on the lines between them",
    "pacgan-grid --packing 4 --epochs 1600": "24 of 25 modes, and a few points on the lines between them",
}
FORMS = {  # figure -> (its factor, its format)
    "distance": (1.0, ".1f"), "confidence": (100.0, ".0f"), "rarest": (100.0, ".1f"), "sure": (100.0, ".1f"),
    "modes": (1.0, ".0f"), "high_quality": (100.0, ".1f"), "reverse_kl": (1.0, ".3f"), "sigma_ratio": (1.0, ".2f"),
}  # fmt: skip
COLUMNS = ("preset", "seed", "epochs", "seconds", *FORMS, "command", "versions")
PAGE = """# Every preset

Written by `python demos/results.py` from [rows.csv](rows.csv), which holds every trial, its seconds on one thread of a
busy machine, and its command.

Every recipe was trained for all its epochs. Many are MLPs where the source has convolutions, or leave settings open
that we had to choose; `python -m minigan.train --list-presets` says what. Where there are several seeds, the table has
the lowest and the highest figure, and the picture is of seed 0.

Digits: the Frechet distance between 10,000 samples and the 10,000 test images, on the features of a classifier that
reads 98.3 % of them correctly; the classifier's mean confidence in the likeliest digit; the share of samples of which
it is surer than .9; and the share of the digit that is drawn least. Noise is there for comparison; it is not the worst
that is possible, and some rows are further away.
{missing}
| preset | samples | distance | confidence | surer than .9 | rarest | epochs | seeds | the source | what one sees |
|---|---|---|---|---|---|---|---|---|---|
{images}

Points: 2,500 samples; the modes with a sample within 3 standard deviations; the share of samples that are that near to
a mode (98.9 % if they were perfect); the reverse KL divergence over the modes; and sigma ratio, the spread around a
mode divided by that of the data (1 if it were perfect). PacGAN's rows come from [the papers' tables](../RESULTS.md).

| preset | samples | modes | high quality | reverse KL | sigma ratio | epochs | seeds | the source | what one sees |
|---|---|---|---|---|---|---|---|---|---|
{points}

Stacked MNIST: 26,000 samples; the combinations of three digits that a classifier of the channels finds among them; the
reverse KL divergence from equal shares of the 1,000 combinations; and the share of the channels in which the classifier
is surer of a digit than .9. The classifier sees digits in noise, too, but it is rarely sure of them.

| preset | samples | modes | reverse KL | surer than .9 | epochs | seeds | the source | what one sees |
|---|---|---|---|---|---|---|---|---|
{stacked}
"""
OF = {
    "images": ("distance", "confidence", "sure", "rarest"),
    "points": tables.POINTS,
    "stacked": ("modes", "reverse_kl", "sure"),
}


def kind(name):
    """The table that a row belongs to."""
    data = name.split()[0] if name in CONTROLS else PRESETS[name.split()[0]].with_flags().data
    return "points" if data in toy.STD else "stacked" if data == "stacked" else "images"


@cache
def judge(data):
    """What scores samples: of digits or of stacked digits."""
    return StackedDigits(*split(load("stacked"))) if data == "stacked" else Judge(*split(load("mnist")))


def figures(name, x):
    """The figures of samples x: {column: number}."""
    if kind(name) == "points":
        return tables.figures("grid" if "grid" in name else "ring", x)
    if kind(name) == "stacked":
        s = judge("stacked").score([x])
        return {"modes": s.found, "reverse_kl": s.reverse_kl, "sure": s.sure}
    s = judge("mnist").score(x)
    return {"distance": s.distance, "confidence": s.confidence, "sure": s.sure, "rarest": min(s.shares)}


def control(name):
    """Images to compare samples with."""
    of = judge("stacked" if kind(name) == "stacked" else "mnist")
    n = N_STACKED if kind(name) == "stacked" else N
    x = of.noise(n) if "noise" in name else of.real(n)
    return np.concatenate(list(x)) if kind(name) == "stacked" else x  # which come in parts


def file_name(name):
    return name.replace(" --", "-").replace(" ", "-")


def trial(name, seed, given):
    """Run a trial and return its row of rows.csv. The trial of seed 0 also writes a picture."""
    row = dict.fromkeys(COLUMNS, "") | {"preset": name, "seed": seed, "versions": trials.versions()}
    if name in CONTROLS:
        return row | {"epochs": 0, "seconds": 0} | figures(name, control(name))
    words = ["-m", "minigan.train", "--preset", *name.split(), "--threads", "1", "--seed", str(seed)]
    folder = given.runs / file_name(name) / str(seed)
    row |= {"epochs": PRESETS[name.split()[0]].with_flags().epochs, "command": " ".join(["python", *words])}
    row["seconds"], diverged = trials.train(words, folder)
    if diverged:
        return row
    G, settings, data = load_generator(folder)
    n = {"points": 2500, "stacked": N_STACKED, "images": N}[kind(name)]
    label = judge("mnist").train.some_labels(n) if kind(name) == "images" else None
    x = draw_samples(settings, data, G, n, label=label)
    if seed == 0:
        real = load(settings.data).x[:2500] if kind(name) == "points" else None
        shown = x if kind(name) == "points" else draw_samples(settings, data, G, 40)
        images.save_samples(given.out / f"{file_name(name)}.png", shown, data.shape, real, columns=10)
    return row | figures(name, x)


def cell(rows, figure):
    """A figure of some trials: the number, or the lowest and the highest."""
    factor, form = FORMS[figure]
    values = sorted(float(row[figure]) for row in rows if row[figure])
    ends = [f"{factor * value:{form}}" for value in values[:1] + values[1:][-1:]]
    return " to ".join(dict.fromkeys(ends)) + " %" * (factor > 1.0) if values else "diverged"


def page(rows, pacgan):
    """README.md, from the rows of rows.csv and of tables.csv."""
    lines: dict[str, list] = {table: [] for table in OF}

    def add(name, some, picture, epochs, n, reported, seen):
        cells = [f"`{name}`", f"![samples]({picture})", *(cell(some, figure) for figure in OF[kind(name)])]
        lines[kind(name)].append("| " + " | ".join([*cells, epochs, n, reported, seen]) + " |")

    trained = {row["preset"] for row in rows}
    missing = ", ".join(f"`{name}`" for name in NOTES if name not in trained)
    for name, (reported, seen) in NOTES.items():
        some = [row for row in rows if row["preset"] == name]
        if some:
            add(name, some, f"{file_name(name)}.png", some[0]["epochs"], str(len(some)), reported, seen)
    for name, seen in PACGAN.items():
        of_recipe = [row for row in pacgan if row["recipe"] == name]
        most = max(int(row["epochs"]) for row in of_recipe)
        some = [row for row in of_recipe if int(row["epochs"]) == most]
        whole = tables.own_epochs(name)
        epochs = str(whole) if most == whole else f"{most} of {whole}"
        reported = "modes / high quality / KL: " + tables.RECIPES[some[0]["table"]][name][1]
        add(name, some, f"../tables/{tables.name(some[0])}.png", epochs, str(len(some)), reported, seen)
    for row in rows:
        if (name := row["preset"]) in CONTROLS:
            cells = [f"{name}, for comparison", "", *(cell([row], figure) for figure in OF[kind(name)])]
            lines[kind(name)].append("| " + " | ".join([*cells, "", "", "", ""]) + " |")
    return PAGE.format(
        missing=f"\nNot trained yet: {missing}.\n" * bool(missing),
        **{table: "\n".join(of_table) for table, of_table in lines.items()},
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="only the presets that begin with this text")
    parser.add_argument("--seeds", type=cli.whole(1), default=1, help="trials of each preset (default: 1)")
    parser.add_argument("--out", type=Path, default=Path("demos", "results"), help="folder for rows.csv and README.md")
    parser.add_argument("--runs", type=Path, default=Path("runs", "results"), help="folder that keeps the runs")
    trials.add_flag(parser)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    path = given.out / "rows.csv"
    wanted = [(name, seed) for name in NOTES for seed in range(given.seeds)] + [(name, 0) for name in CONTROLS]
    done = {(row["preset"], int(row["seed"])) for row in trials.kept(path)}
    due = [key for key in wanted if key not in done and key[0].startswith(given.only)]
    trials.carry_out(due, lambda key: trial(key[0], key[1], given), path, COLUMNS, given.processes)
    text = page(trials.kept(path), trials.kept(Path(__file__).with_name("tables.csv")))
    (given.out / "README.md").write_text(text, encoding="utf-8")
    print(given.out / "README.md")


if __name__ == "__main__":
    cli.main(main)
