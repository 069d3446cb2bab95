"""The doctor: says in plain words what goes wrong in a run, why, and what to try. python -m minigan.doctor RUN

With every row of metrics.csv a run writes down its vital signs, taken on the same noise and the same real samples each
time. The rules read nothing but those rows; a run in training is told what they say, and so is its report.
"""

import csv
import math
from itertools import chain, pairwise, takewhile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minigan import cli
from minigan.backend import namespace
from minigan.data import POINTS
from minigan.errors import CheckpointError, brief
from minigan.runs.load import load_generator

N = 256  # samples of each kind that vital signs are taken on
VITALS = {  # column of metrics.csv -> what it is
    "d_accuracy": "share of pairs, real and fake, in which D scores the real one higher; guessing is .5",
    "d_gradient": "length of D's gradient in the last round",
    "g_gradient": "length of G's gradient in the last round",
    "d_weights": "length of D's vector of weights",
    "g_weights": "length of G's vector of weights",
    "d_dead": "share of D's ReLU units that answer 0 to every sample",
    "g_dead": "share of G's ReLU units that answer 0 to every z",
    "saturated": "share of G's pixels so black or white that at most 1 % of the gradient passes; of points 0",
    "diversity": "how far G's samples are from each other, over how far real ones are",
}
DRAW = {"non-saturating": 2 * math.log(2), "minimax": 2 * math.log(2), "least-squares": 0.25, "hinge": 2.0}  # D's loss
ADVICE = "The first of these is often the cause of the others. The advice is for a new run: one keeps its settings."
HEALTHY = "Nothing to complain of."


class Note(NamedTuple):
    round: int  # where a rule first spoke
    rule: str
    words: str


def notes(rows, settings):
    """A Note for each rule that speaks in a run's rows (see `read`), at the first row where it does."""
    found: dict[str, Note] = {}
    for end in range(1, len(rows) + 1):
        for rule, words in examine(rows[:end], settings).items():
            found.setdefault(rule, Note(int(rows[end - 1]["round"]), rule, words))
    return list(found.values())


def examine(rows, settings):
    """What is wrong at the last of these rows: rule -> words."""
    said = {rule.__name__.replace("_", " "): rule(rows, settings) for rule in RULES}
    return {name: words for name, words in said.items() if words}


def lasting(rows, rounds, ill):
    """Whether all rows of the last so many rounds are ill, and the last three rows in any case."""
    since = rows[-1]["round"] - rounds
    recent = takewhile(lambda row: row["round"] > since, reversed(rows))
    return len(rows) >= 3 and since >= 0 and all(map(ill, chain(rows[-3:], recent)))


def learning_rate(rows, s):
    now, before = rows[-1], rows[-2:][0]  # the row before, or the same where there is none
    pieces = {"d": s.maxout or 1, "g": 1}
    for who, lr, hidden in (("d", s.d_lr or s.lr, s.d_hidden), ("g", s.lr, s.g_hidden)):
        growth = now[f"{who}_weights"] / (before[f"{who}_weights"] or math.inf) - 1.0
        usual = math.sqrt(pieces[who] * sum(hidden))  # of weights that keep the size of the signal, as LeCun's do
        if growth > 0.25 and now[f"{who}_weights"] > usual:
            what = f"weights grew by {100 * growth:.0f} % since the row before"
        elif s.objective in DRAW and now[f"{who}_loss"] > 30.0:
            what = f"loss is {now[f'{who}_loss']:.3g}, ten times what a loser has"
        else:
            continue
        flag = "--d-lr" if who == "d" and s.d_lr else "--lr"
        return f"The learning rate is too high: {who.upper()}'s {what}. Steps land too far. Try {flag} {lr / 10:g}."
    return None


def D_wins(rows, s):
    if s.objective not in DRAW:  # a critic may be as sure as it likes, its gradient stays
        return None
    e = s.label_smoothing if s.probable else 0.0  # with which the least loss is an entropy, not 0
    least = -e * math.log(e) - (1.0 - e) * math.log(1.0 - e) if e else 0.0
    if not lasting(rows, 100, lambda r: r["d_accuracy"] > 0.99 and r["d_loss"] < least + 0.1 * DRAW[s.objective]):
        return None
    return (
        f"D wins: its loss is {rows[-1]['d_loss']:.2g}, at a draw it would be {DRAW[s.objective]:.2g}. A D that has no "
        "doubt tells G little of what would be better. Try "
        + first((s.d_steps > 1, "--d-steps 1"), (takes_r1(s), "--r1 1"),
                (not s.dropout, "--dropout 0.3"), (True, f"--d-lr {(s.d_lr or s.lr) / 4:g}"))
        + "."
    )  # fmt: skip


def G_learns_nothing(rows, s):
    if s.objective != "minimax" or not lasting(rows, 100, lambda r: r["d_fake"] < 0.05):
        return None
    return (
        f"G learns next to nothing: D(G(z)) is {rows[-1]['d_fake']:.2g}, and minimax's gradient is in proportion. "
        "Try --objective non-saturating."
    )


def collapse(rows, s):
    least = 0.5 if s.data in POINTS else 0.12  # images have more in common, and G learns that first
    rising = rows[-1]["diversity"] > 1.25 * rows[-3:][0]["diversity"]
    if rising or not lasting(rows, 500, lambda r: r["diversity"] < least):
        return None
    return (
        f"G collapses: its samples are {100 * rows[-1]['diversity']:.2g} % as far from each other as real ones. One "
        "sample that D takes for real is all that it needs, as D looks at one at a time. Try "
        + first((s.g_steps > 1, "--g-steps 1"), (takes_r1(s), "--r1 1"),
                (s.packing == 1, "--packing 2"), (True, f"--lr {s.lr / 4:g}"))
        + "."
    )  # fmt: skip


def saturation(rows, s):
    if not lasting(rows, 100, lambda r: r["saturated"] > 0.98):
        return None
    return (
        f"G is saturated: {100 * rows[-1]['saturated']:.1f} % of its pixels are black or white, where its {s.output} "
        f"is flat and no gradient passes. Its weights have become too large. Try --lr {s.lr / 30:.1g}."
    )


def dead_units(rows, s):
    for who in "DG":
        column = f"{who.lower()}_dead"
        if lasting(rows, 100, lambda r, column=column: r[column] > 0.5):
            return (
                f"{100 * rows[-1][column]:.0f} % of {who}'s ReLU units are dead: they answer 0 to everything, so no "
                "gradient reaches them. Too large a step has pushed them there. "
                f"Try --{who.lower()}-slope 0.2, with which none can die."
            )
    return None


def oscillation(rows, s):
    answers = [r["d_fake"] for r in rows[-10:]]
    swings = [b - a for a, b in pairwise(answers)]
    if len(rows) < 10 or rows[-1]["round"] - rows[-10]["round"] < 90 or not s.probable:
        return None
    turns = sum(a * b < 0 and min(abs(a), abs(b)) > 0.1 for a, b in pairwise(swings))
    if turns < 3:
        return None
    return (
        f"The game goes in circles: D(G(z)) went up and down between {min(answers):.2f} and {max(answers):.2f} in the "
        "last rows. Each answers where the other was. Try "
        + first((s.beta1 > 0.5 and s.optimizer == "adam", "--beta1 0.5"), (s.momentum > 0, "--momentum 0"),
                (takes_r1(s), "--r1 1"), (True, f"--lr {s.lr / 4:g}"))
        + "."
    )  # fmt: skip


# Their bounds lie between runs that went wrong and runs that did not: those of demos/clinic.py, and presets on MNIST.
RULES = (learning_rate, D_wins, G_learns_nothing, collapse, saturation, dead_units, oscillation)


def takes_r1(s):
    """Whether R1 can be added to what there is."""
    return not (s.r1 or s.wgan_gp or s.d_batchnorm)


def first(*remedies):
    """The first flag whose condition holds."""
    return next(flag for condition, flag in remedies if condition)


def vitals(training, z, x_real):
    """The VITALS of a Training, in their order, as an array on its device, from latent z and as many real samples as D
    takes them. It leaves no trace: no random number is drawn, nothing is written."""
    G, D, data, xp = training.G, training.D, training.data, training.xp
    x_fake, g_caches = G.forward(z, train=False)
    s, d_caches = D.forward(xp.concatenate([x_real, x_fake]), train=False)
    s_real, s_fake = s[: len(s) // 2], s[len(s) // 2 :]
    x, real = x_fake[:, : data.n_x], x_real[:, : data.n_x]
    y = 2.0 * x - 1.0 if training.settings.output == "sigmoid" else x
    signs = [
        (s_real > s_fake.T).mean(),
        *(xp.sqrt(v @ v) for v in (D.grad, G.grad, D.theta, G.theta)),
        dead(D, d_caches),
        dead(G, g_caches),
        (y * y > 0.99).mean() if data.is_images else 0.0,
        xp.sqrt(variance(x) / (variance(real) + 1e-12)),
    ]
    return xp.stack([xp.asarray(sign, np.float32) for sign in signs])


def variance(x):
    """Of samples x (N, n_x): half the mean squared distance between two of them."""
    centred = x - x.sum(axis=0) / len(x)
    return (centred * centred).sum() / len(x)


def dead(network, caches):
    """The share of units, of layers with a slope of 0 below 0, whose slope is 0 for every sample."""
    idle = [~cache.any(axis=0) for layer, cache in zip(network.layers, caches, strict=True) if _relu(layer)]
    return namespace(network.theta).concatenate(idle).mean() if idle else 0.0


def _relu(layer):
    return getattr(layer, "alpha", None) == 0.0


def read(path):
    """The rows of a metrics.csv, each as name -> number, but for a last one that was not written to its end. Raises
    CheckpointError."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            table = csv.DictReader(file)
            needed = ("round", "epoch", "rounds_per_second", *VITALS)
            if not set(needed) <= set(table.fieldnames or needed):
                raise ValueError("its columns are not those of this minigan")
            rows = list(table)
            if rows and not rows[-1][needed[-1]]:
                rows.pop()
            if not all(row[name] for row in rows for name in needed):
                raise ValueError("a row is not whole")
            return [{name: float(text) for name, text in row.items() if text} for row in rows]
    except (FileNotFoundError, NotADirectoryError):
        raise CheckpointError(f"there is no {path}; give the folder of a run.") from None
    except (ValueError, TypeError, csv.Error) as error:
        raise CheckpointError(f"{path} is damaged ({brief(error)}); move it away to go on without it.") from None


def seconds(rows):
    """How long a run's rounds took."""
    pairs = pairwise([{"round": 0}, *rows])
    return sum((now["round"] - before["round"]) / max(now["rounds_per_second"], 1e-9) for before, now in pairs)


def main():
    parser = cli.Parser("python -m minigan.doctor", "Say what goes wrong in a run, why, and what to try.")
    parser.add_argument("run", type=Path, help="folder of a run")
    run = parser.parse_args().run
    rows = read(run / "metrics.csv")
    _, settings, _ = load_generator(run)
    if not rows:
        print(f"There are no figures in {run / 'metrics.csv'} yet.")
        return
    print(f"after round {rows[-1]['round']:.0f}")
    for name, words in VITALS.items():
        print(f"  {name:<12}{rows[-1][name]:>8.3g}  {words}")
    found = notes(rows, settings)
    for note in found:
        print(f"\nafter round {note.round}: {note.words}")
    print(f"\n{ADVICE if found else HEALTHY}")


if __name__ == "__main__":
    cli.main(main)
