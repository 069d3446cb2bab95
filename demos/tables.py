"""The papers' tables, trained and scored here: python demos/tables.py [ring] [grid] [digits] [--trials 10]

ring, grid: Lin et al. 2018, Table 1, by that paper's recipes and by ours; digits: Goodfellow et al. 2014, Table 1.
Each trial is a run of `python -m minigan.train` with another seed; its figures become a row of tables.csv, with the
command that made them. A trial that is there already is not run again, and one that was stopped goes on where it was,
so the work can be stopped at any time. A run of PacGAN's recipes takes 2 to 5 hours; --share 0.1 makes all runs a tenth
as long, in rows of their own. RESULTS.md is written from all the rows there are.
"""

import argparse
import csv
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import numpy as np

from minigan import cli
from minigan.data import load, split
from minigan.errors import ArgumentError
from minigan.metrics import modes, parzen
from minigan.recipes.presets import PRESETS
from minigan.recipes.sampling import draw_samples
from minigan.runs import images, metrics, parallel
from minigan.runs.checkpoint import NAME
from minigan.runs.load import load_generator

POINTS = ("modes", "high_quality", "reverse_kl", "sigma_ratio")
DIGITS = ("log_likelihood", "standard_error")
CONTROLS = ("training images", "training images, blurred", "noise")
RECIPES = {  # table -> {the words behind "train --preset": (who, the figures of the paper)}
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
TITLES = {
    "ring": "## 8 Gaussians on a ring (Lin et al. 2018, Table 1)\n",
    "grid": "## 25 Gaussians on a grid (Lin et al. 2018, Table 1)\n",
    "digits": "## Parzen-window log-likelihood on MNIST (Goodfellow et al. 2014, Table 1)\n",
}
INTRODUCTION = """# The papers' tables

Written by `python demos/tables.py` from [tables.csv](tables.csv), which holds every trial with its command. Other
presets, and other figures, are in [results](results/README.md).

Points: 2,500 samples; modes with a sample within 3 standard deviations; per cent of samples that near to one (perfect
samples: 98.9); reverse KL divergence over the modes, in nats; spread around a mode over that of the data (perfect: 1),
which the paper does not give. Mean and standard error of the trials. "6 of 400" epochs: less training than the paper's,
for want of time; such a row says how far a recipe is by then, and not whether the paper is right. The paper's GAN and
ours differ in one thing: its G ran once for each place in a pack, so that BatchNorm saw 100 rows at a time.

Digits: 10,000 samples as centres of Gaussians, by the protocol of 2014 ([parzen.py](../minigan/metrics/parzen.py)); its
standard error over the 10,000 test images. A G that is told labels is asked for each as often as MNIST has it. The last
rows show what the figure is worth: higher is not always better.
"""
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
    """A row of tables.csv; of seed 0 also a picture."""
    versions = f"NumPy {np.__version__}, Python {platform.python_version()}"
    row = dict.fromkeys(COLUMNS, "") | {"table": table, "recipe": recipe, "epochs": epochs, "seed": seed}
    row |= {"seconds": 0, "versions": versions}
    if recipe in CONTROLS:
        x = control(recipe)
    else:
        words = ["-m", "minigan.train", "--preset", *recipe.split(), "--seed", str(seed)]
        words += ["--epochs", str(epochs)] if epochs != own_epochs(recipe) else []
        row["command"] = " ".join(["python", *words])
        folder = given.runs / name(row) / str(seed)
        start = time.perf_counter() - spent(folder)
        x = trained(words, folder)
        row["seconds"] = round(time.perf_counter() - start)
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
    """What tells the rows of a recipe from others, as the name of a file."""
    return "-".join(re.findall(r"\w+", f"{row['table']} {row['recipe']} {row['epochs']}"))


def spent(folder):
    """Seconds of the rounds that a trial had done before it was stopped."""
    path = folder / "metrics.csv"
    return metrics.seconds(metrics.read(path)) if path.exists() else 0.0


def trained(words, folder):
    """Samples of a run of python with these words, as many as the papers take, or None if it diverged."""
    print("python", *words, flush=True)
    words = [*words[:2], "--resume", str(folder)] if (folder / NAME).exists() else [*words, "--out", str(folder)]
    alone = {name: value for name, value in os.environ.items() if not name.startswith(("PMI_", "PMIX_", "OMPI_"))}
    code = subprocess.run([sys.executable, *words], check=False, env=alone).returncode
    if code in (130, 143):  # as a Ctrl-C here does, too
        sys.exit(code)
    if code == 4:  # diverged, and that is a result
        return None
    if code:
        raise ArgumentError(f"python {' '.join(words)} ended with {code}.")
    return samples(*load_generator(folder))


def samples(G, settings, data):
    """10,000 images, their labels, if G is told them, as often as MNIST has them; or 2,500 points."""
    labels = load("mnist").some_labels(10_000) if settings.conditional else None
    return draw_samples(settings, data, G, 10_000 if data.is_images else 2500, label=labels)


def control(name):
    """10,000 images (n, 784) in -1..1 that are no GAN's."""
    x = load("mnist").batch(slice(10_000)).reshape(-1, 28, 28)
    if name == "training images, blurred":  # each pixel the mean of itself and its four neighbours
        x = sum(np.roll(x, shift, axis) for shift, axis in ((0, 1), (1, 1), (-1, 1), (1, 2), (-1, 2))) / 5.0
    if name == "noise":
        x = np.random.default_rng(0).uniform(-1.0, 1.0, x.shape)
    return x.reshape(-1, 784)


def figures(table, x):
    """Of samples: column -> number."""
    if table == "digits":
        train, test = split(load("mnist"))
        validation = train.batch(slice(50_000, 51_000))
        s = parzen.score(*((a + 1.0) * 0.5 for a in (x, validation, test.batch(slice(None)))))
        return {"log_likelihood": s.mean, "standard_error": s.error}
    m = modes.score(x, table)
    return {"modes": m.found, "high_quality": m.high_quality, "reverse_kl": m.reverse_kl, "sigma_ratio": m.sigma_ratio}


def summary(rows, column, form, factor=1.0):
    """Mean and standard error of a column, as text."""
    values = [factor * float(row[column]) for row in rows if row[column] not in ("", "nan")]
    if not values:
        return "diverged"
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return f"{statistics.mean(values):{form}}" + (f" +- {error:{form}}" if error == error else "")


def page(rows):
    """RESULTS.md, from all rows of tables.csv."""
    lines = [INTRODUCTION]
    for table, title in TITLES.items():
        lines += [title, HEADS[table == "digits"]]
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
    parser.add_argument("tables", nargs="*", type=a_table, help="ring, grid, digits (default: all)")
    parser.add_argument("--only", default="", help="only recipes that begin with this word or words")
    parser.add_argument("--trials", type=cli.whole(1), default=10, help="seeds of each recipe on points (default: 10)")
    parser.add_argument("--share", type=float, default=1.0, help="of every recipe's epochs (default: 1)")
    parser.add_argument("--out", type=Path, default=Path("demos"), help="folder of tables.csv and RESULTS.md")
    parser.add_argument("--runs", type=Path, default=Path("runs", "tables"))
    given = parser.parse_args()
    comm = parallel.processes()
    path, first = given.out / "tables.csv", not comm or comm.rank == 0
    if first and not path.exists():
        path.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    if comm:
        comm.Barrier()
    done = kept(given.out)
    due = [trial_of for trial_of in wanted(given) if not any(trial_of.items() <= row.items() for row in done)]
    if comm:  # each process has its trials, and adds its rows to the same file, a line at a time
        comm.Barrier()  # all have read what is done before the first adds to it
        due = due[comm.rank :: comm.size]
    for trial_of in due:
        row = trial(trial_of["table"], trial_of["recipe"], int(trial_of["seed"]), int(trial_of["epochs"]), given)
        with open(path, "a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, COLUMNS).writerow(row)
        shutil.rmtree(given.runs / name(row) / str(row["seed"]), ignore_errors=True)
    if comm:
        comm.Barrier()
    if first:
        (given.out / "RESULTS.md").write_text(page(kept(given.out)), encoding="utf-8")
        print(given.out / "RESULTS.md")
    parallel.end(comm)


def wanted(given):
    """What tells the trial's row from others, of each trial that the flags ask for."""
    for table in given.tables or RECIPES:
        for recipe, seed in product(RECIPES[table], range(1 if table == "digits" else given.trials)):
            if recipe.startswith(given.only):
                epochs = 0 if recipe in CONTROLS else max(1, round(given.share * own_epochs(recipe)))
                yield {"table": table, "recipe": recipe, "epochs": str(epochs), "seed": str(seed)}


def kept(folder):
    """The rows of tables.csv."""
    with open(folder / "tables.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    cli.main(main)
