"""The tables of two papers, trained and scored here.

    python demos/tables.py
    python demos/tables.py ring --trials 2 --share 0.1

ring and grid are Table 1 of Lin et al. 2018 (PacGAN), by that paper's recipes and by minigan's. digits is Table 1 of
Goodfellow et al. 2014. Each trial is a run of `python -m minigan.train` with its own seed. Its figures become a row of
tables.csv, beside the command that made them; RESULTS.md is written from all rows.

You can stop at any time. Trials that have a row are not run again, and a trial that was stopped continues where it was.
A run of PacGAN's recipes takes 2 to 5 hours. --share 0.1 makes each run a tenth as long; such runs have their own rows.
"""

import argparse
import re
import statistics
from itertools import product
from pathlib import Path

import numpy as np
import trials

from minigan.data import load, split
from minigan.ground import cli
from minigan.metrics import modes, parzen
from minigan.recipes.presets import PRESETS
from minigan.recipes.sampling import draw_samples
from minigan.runs import images
from minigan.runs.load import load_generator

POINTS = ("modes", "high_quality", "reverse_kl", "sigma_ratio")
DIGITS = ("log_likelihood", "standard_error")
CONTROLS = ("training images", "training images, blurred", "noise")
RECIPES = {  # table -> {the words after "train --preset": (who, the figures of the paper)}
    "ring": {
        "pacgan-ring --packing 1 --epochs 400": ("GAN", "6.3 +- 0.5 / 98.2 / 0.45"),
        "pacgan-ring": ("PacGAN2", "7.9 +- 0.1 / 95.6 / 0.07"),
        "pacgan-ring --packing 4 --epochs 1600": ("PacGAN4", "7.8 +- 0.1 / 95.9 / 0.07"),
        "toy": ("minigan", ""),
    },
    "grid": {
        "pacgan-grid --packing 1 --epochs 400": ("GAN", "17.3 +- 0.8 / 94.8 / 0.70"),
        "pacgan-grid": ("PacGAN2", "23.8 +- 0.7 / 91.3 / 0.13"),
        "pacgan-grid --packing 4 --epochs 1600": ("PacGAN4", "24.8 +- 0.2 / 93.6 / 0.04"),
        "toy --data grid": ("minigan", ""),
    },
    "digits": {
        "goodfellow2014 --data mnist": ("adversarial nets", "225 +- 2"),
        "minigan --data mnist": ("minigan", ""),
        "large --data mnist": ("minigan", ""),
        **dict.fromkeys(CONTROLS, ("in place of samples", "")),
    },
}
INTRODUCTION = """# The papers' tables

Written by `python demos/tables.py` from [tables.csv](tables.csv), which holds every trial and its command. Figures of
other presets are in [results](results/README.md).

## What the figures mean

Points: 2,500 samples of each trial; the modes with a sample within 3 standard deviations; the percentage of samples
that are that near to a mode (98.9 if they were perfect); the reverse KL divergence over the modes, in nats; and sigma
ratio, the spread around a mode divided by that of the data (1 if it were perfect), which the paper does not give. Rows
of several trials have the mean and its standard error. Our recipe differs from the paper's in one way: there, G ran
once for each place in a pack, so its BatchNorm saw 100 rows at a time.

Digits: 10,000 samples are the centres of Gaussians, and the figure is the mean log-likelihood of the 10,000 test images
and its standard error, by the protocol of 2014 ([parzen.py](../minigan/metrics/parzen.py)). A conditional G is asked
for each label as often as MNIST has it.
"""
SECTIONS = {  # table -> its title, and what it shows; a test compares the figures with those in the rows
    "ring": """## 8 Gaussians on a ring (Lin et al. 2018, Table 1)

This is 1 trial of each of the paper's recipes, for all of the paper's epochs. Without packs, G loses modes, as it does
in the paper: it finds 6.0 (paper: 6.3 +- 0.5). But only 81.6 % of the samples are near one (paper: 98.2 %); the others
are mostly just beside a mode. With packs of 2, G finds 7.0 modes, with 98.5 % of the samples near one (paper: 7.9 +-
0.1 modes, 95.6 %). With packs of 4, it finds all 8.0, with 95.3 % of the samples near one (paper: 7.8 +- 0.1 modes,
95.9 %). The preset `toy` finds all modes in 10 of 10 trials.

Two of these trials were not trained by their commands alone. That of packs of 2 was interrupted after some 179,000 of
its 400,000 rounds and went on with two threads. That of packs of 4 was trained by a script that is not in this
repository and takes less time for the same formulas: for example, D's pass over the fake samples serves both steps.
Only the rounding differs, but such differences grow, so neither command alone gives exactly the same samples.
""",
    "grid": """## 25 Gaussians on a grid (Lin et al. 2018, Table 1)

This is 1 trial of each of the paper's recipes, for all of the paper's epochs; all come near the paper. Without packs, G
finds 18.0 modes, with 95.3 % of the samples near one (paper: 17.3 +- 0.8 modes, 94.8 %). With packs of 2, it finds all
25.0, with 93.6 % of the samples near one (paper: 23.8 +- 0.7 modes, 91.3 %). With packs of 4, it finds 24.0, with 93.1
% of the samples near one (paper: 24.8 +- 0.2 modes, 93.6 %). The preset `toy` finds all modes in 10 of 10 trials.

Two of these trials were not trained by their commands alone. That of packs of 2 was interrupted several times: for some
170,000 of its 400,000 rounds, another library (MKL) computed its matrix products, or two threads did. That of packs of
4 was trained by the same script as the ring's.
""",
    "digits": """## Parzen-window log-likelihood on MNIST (Goodfellow et al. 2014, Table 1)

The paper's recipe reaches 183.1 nats here and 225 in the paper; `python -m minigan.train --list-presets` says how our
preset differs from it, and [Results](../docs/results.md#two-papers-tables) that none of this explains the gap. `large`
reaches 215.6. But a higher figure does not always mean better images: blurred training images have 317.8, and the
training images themselves only 241.2.
""",
}
HEADS = (
    "| | preset | seed 0 | epochs | trials | modes | high quality, % | reverse KL | sigma ratio | paper: modes / high "
    "quality / KL | seconds |\n|---|---|---|---|---|---|---|---|---|---|---|",
    "| | preset | seed 0 | epochs | trials | nats | the paper | seconds |\n|---|---|---|---|---|---|---|---|",
)
COLUMNS = ("table", "recipe", "epochs", "seed", "seconds", *POINTS, *DIGITS, "command", "versions")


def a_table(word):
    if word not in RECIPES:
        raise argparse.ArgumentTypeError(f"must be one of {', '.join(RECIPES)}, not {word}")
    return word


def own_epochs(recipe):
    preset, *flags = recipe.split()
    return int(flags[flags.index("--epochs") + 1]) if "--epochs" in flags else PRESETS[preset].with_flags().epochs


def trial(table, recipe, seed, epochs, given):
    """Run one trial and return its row of tables.csv. The trial of seed 0 also writes a picture."""
    row = dict.fromkeys(COLUMNS, "") | {"table": table, "recipe": recipe, "epochs": epochs, "seed": seed}
    row |= {"seconds": 0, "versions": trials.versions()}
    if recipe in CONTROLS:
        x = control(recipe)
    else:
        words = ["-m", "minigan.train", "--preset", *recipe.split(), "--threads", "1", "--seed", str(seed)]
        words += ["--epochs", str(epochs)] if epochs != own_epochs(recipe) else []
        row["command"] = " ".join(["python", *words])
        folder = given.runs / name(row) / str(seed)
        row["seconds"], diverged = trials.train(words, folder)
        x = None if diverged else samples(*load_generator(folder))
    if x is not None:
        row |= figures(table, x)
        if seed == 0:
            path = given.out / "tables" / f"{name(row)}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            if table == "digits":
                images.save_samples(path, x[:40], (28, 28), columns=10)
            else:
                images.save_samples(path, x, (2,), load(table).x[:2500])
    return row


def name(row):
    """A file name that is different for each table, recipe and number of epochs."""
    return "-".join(re.findall(r"\w+", f"{row['table']} {row['recipe']} {row['epochs']}"))


def samples(G, settings, data):
    """10,000 images, or 2,500 points. A conditional G is asked for each label as often as MNIST has it."""
    labels = load("mnist").some_labels(10_000) if settings.conditional else None
    return draw_samples(settings, data, G, 10_000 if data.is_images else 2500, label=labels)


def control(name):
    """10,000 images (n, 784) in -1..1 to compare a GAN's samples with."""
    x = load("mnist").batch(slice(10_000)).reshape(-1, 28, 28)
    if name == "training images, blurred":  # each pixel the mean of itself and its four neighbours
        x = sum(np.roll(x, shift, axis) for shift, axis in ((0, 1), (1, 1), (-1, 1), (1, 2), (-1, 2))) / 5.0
    if name == "noise":
        x = np.random.default_rng(0).uniform(-1.0, 1.0, x.shape)
    return x.reshape(-1, 784)


def figures(table, x):
    """The figures of samples x: {column: number}."""
    if table == "digits":
        train, test = split(load("mnist"))
        validation = train.batch(slice(50_000, 51_000))
        s = parzen.score(*((a + 1.0) * 0.5 for a in (x, validation, test.batch(slice(None)))))
        return {"log_likelihood": s.mean, "standard_error": s.error}
    m = modes.score(x, table)
    return {"modes": m.found, "high_quality": m.high_quality, "reverse_kl": m.reverse_kl, "sigma_ratio": m.sigma_ratio}


def summary(rows, column, form, factor=1.0):
    """Mean and standard error of a column, as text; "diverged" if no row has a number."""
    values = [factor * float(row[column]) for row in rows if row[column] not in ("", "nan")]
    if not values:
        return "diverged"
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return f"{statistics.mean(values):{form}}" + (f" +- {error:{form}}" if error == error else "")


def page(rows):
    """RESULTS.md, from all rows of tables.csv."""
    lines = [INTRODUCTION]
    for table, section in SECTIONS.items():
        lines += [section, HEADS[table == "digits"]]
        for recipe, (who, paper) in RECIPES[table].items():
            of_recipe = [row for row in rows if (row["table"], row["recipe"]) == (table, recipe)]
            for epochs in sorted({row["epochs"] for row in of_recipe}, key=int):
                some = [row for row in of_recipe if row["epochs"] == epochs]
                own = 0 if recipe in CONTROLS else own_epochs(recipe)
                share = epochs if int(epochs) == own else f"{epochs} of {own}"
                if table == "digits":
                    values = [f"{summary(some, 'log_likelihood', '.1f')} +- {summary(some, 'standard_error', '.1f')}"]
                else:
                    values = [summary(some, "modes", ".1f"), summary(some, "high_quality", ".1f", 100.0),
                              summary(some, "reverse_kl", ".3f"), summary(some, "sigma_ratio", ".2f")]  # fmt: skip
                shown = "" if "diverged" in values else f"![samples](tables/{name(some[0])}.png)"
                seconds = f"{statistics.mean(float(row['seconds']) for row in some):.0f}"
                lines.append(
                    "| "
                    + " | ".join([who, f"`{recipe}`", shown, share, str(len(some)), *values, paper, seconds])
                    + " |"
                )
        lines.append("")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", type=a_table, help="ring, grid or digits (default: all)")
    parser.add_argument("--only", default="", help="only the recipes that begin with this text")
    parser.add_argument("--trials", type=cli.whole(1), default=10, help="trials of each recipe on points (default: 10)")
    parser.add_argument(
        "--share", type=float, default=1.0, help="train for this share of the recipe's epochs (default: 1)"
    )
    parser.add_argument("--out", type=Path, default=Path("demos"), help="folder with tables.csv and RESULTS.md")
    parser.add_argument("--runs", type=Path, default=Path("runs", "tables"), help="folder that keeps the runs")
    trials.add_flag(parser)
    given = parser.parse_args()
    path = given.out / "tables.csv"
    done = trials.kept(path)
    due = [trial_of for trial_of in wanted(given) if not any(trial_of.items() <= row.items() for row in done)]
    trials.carry_out(
        due,
        lambda of: trial(of["table"], of["recipe"], int(of["seed"]), int(of["epochs"]), given),
        path,
        COLUMNS,
        given.processes,
    )
    (given.out / "RESULTS.md").write_text(page(trials.kept(path)), encoding="utf-8")
    print(given.out / "RESULTS.md")


def wanted(given):
    """The trials that the flags ask for, each as the columns that identify its row."""
    for table in given.tables or RECIPES:
        for recipe, seed in product(RECIPES[table], range(1 if table == "digits" else given.trials)):
            if recipe.startswith(given.only):
                epochs = 0 if recipe in CONTROLS else max(1, round(given.share * own_epochs(recipe)))
                yield {"table": table, "recipe": recipe, "epochs": str(epochs), "seed": str(seed)}


if __name__ == "__main__":
    cli.main(main)
