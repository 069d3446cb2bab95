"""The rules of the doctor: what goes wrong in a run, why, and what to try.

Each rule is a function of the rows of metrics.csv (see vitals.py for its columns) and of the run's settings. It returns
a sentence or two if the problem is there at the last row, else None. The advice comes last: "Try" and a flag.
"""

import math
from itertools import chain, pairwise, takewhile
from typing import NamedTuple

from minigan.data import POINTS

# D's loss in a balanced game
BALANCE = {"non-saturating": 2 * math.log(2), "minimax": 2 * math.log(2), "least-squares": 0.25, "hinge": 2.0}


class Note(NamedTuple):
    """A problem that a rule has found."""

    round: int  # at which it was first seen
    rule: str
    words: str


def notes(rows, settings):
    """A Note for each rule that finds its problem anywhere in the rows of a run, in the order of their rounds."""
    found: dict[str, Note] = {}
    for end in range(1, len(rows) + 1):
        for rule, words in examine(rows[:end], settings).items():
            found.setdefault(rule, Note(int(rows[end - 1]["round"]), rule, words))
    return list(found.values())


def verdict(notes):
    """The sentence that follows a list of notes."""
    if not notes:
        return "No problems found."
    return (
        "Start with the first problem: it often causes the others. Try the advice in a new run; a resumed run keeps "
        "its settings."
    )


def examine(rows, settings):
    """The problems at the last of these rows: name of the rule -> what it says."""
    said = {rule.__name__.replace("_", " "): rule(rows, settings) for rule in RULES}
    return {name: words for name, words in said.items() if words}


def learning_rate(rows, settings):
    now, previous = rows[-1], rows[-2:][0]  # the same row if there is only one
    for who in "DG":
        weights, loss = f"{who.lower()}_weights", now[f"{who.lower()}_loss"]
        growth = now[weights] / (previous[weights] or math.inf) - 1.0
        if growth > 0.25 and now[weights] > usual_norm(who, settings):
            what = f"weights grew by {100 * growth:.0f} % since the previous row"
        elif settings.objective in BALANCE and loss > 30.0:
            what = f"loss is {loss:.3g}; even a losing player rarely exceeds 3"
        else:
            continue
        own_rate = who == "D" and settings.d_lr
        flag, lr = ("--d-lr", settings.d_lr) if own_rate else ("--lr", settings.lr)
        return f"The learning rate is too high: {who}'s {what}. Each step overshoots. Try {flag} {lr / 10:g}."
    return None


def usual_norm(who, settings):
    """About the norm of weights that preserve the size of the signal, such as LeCun's: variance 1 / n_in."""
    if who == "G":
        return math.sqrt(sum(settings.g_hidden))
    return math.sqrt((settings.maxout or 1) * sum(settings.d_hidden))


def D_wins(rows, settings):
    if settings.objective not in BALANCE:  # a Wasserstein critic still has a useful gradient when it wins
        return None
    e = settings.label_smoothing if settings.probable else 0.0
    least = -e * math.log(e) - (1.0 - e) * math.log(1.0 - e) if e else 0.0  # D's loss cannot fall below this entropy
    balance = BALANCE[settings.objective]
    if not lasts(rows, 100, lambda row: row["d_accuracy"] > 0.99 and row["d_loss"] < least + 0.1 * balance):
        return None
    return (
        f"D wins: its loss is {rows[-1]['d_loss']:.2g}; in a balanced game it would be {balance:.2g}. When D is "
        "certain, its output hardly changes from sample to sample, so its gradient tells G little about how to "
        "improve. Try "
        + first((settings.d_steps > 1, "--d-steps 1"), (accepts_r1(settings), "--r1 1"),
                (not settings.dropout, "--dropout 0.3"), (True, f"--d-lr {(settings.d_lr or settings.lr) / 4:g}"))
        + "."
    )  # fmt: skip


def G_learns_nothing(rows, settings):
    if settings.objective != "minimax" or not lasts(rows, 100, lambda row: row["d_fake"] < 0.05):
        return None
    return (
        f"G learns almost nothing: D(G(z)) is {rows[-1]['d_fake']:.2g}, and the gradient of G's minimax loss is "
        "proportional to it. Try --objective non-saturating, whose gradient is large when D rejects G's samples."
    )


def collapse(rows, settings):
    least = 0.5 if settings.data in POINTS else 0.12  # images have much in common, and G learns that first
    recovering = rows[-1]["diversity"] > 1.25 * rows[-3:][0]["diversity"]
    if recovering or not lasts(rows, 500, lambda row: row["diversity"] < least):
        return None
    return (
        f"G has collapsed: its samples are only {100 * rows[-1]['diversity']:.2g} % as far apart as real ones. G is "
        "rewarded for every sample that D accepts, even if all of them are alike. Try "
        + first((settings.g_steps > 1, "--g-steps 1"), (accepts_r1(settings), "--r1 1"),
                (settings.packing == 1, "--packing 2"), (True, f"--lr {settings.lr / 4:g}"))
        + "."
    )  # fmt: skip


def saturation(rows, settings):
    if not lasts(rows, 100, lambda row: row["saturated"] > 0.98):
        return None
    return (
        f"G is saturated: {100 * rows[-1]['saturated']:.1f} % of its pixels are fully black or white. There its "
        f"{settings.output} is flat and passes almost no gradient. Its weights have grown too large. "
        f"Try --lr {settings.lr / 30:.1g}."
    )


def dead_units(rows, settings):
    for who in "DG":
        column = f"{who.lower()}_dead"
        if lasts(rows, 100, lambda row, column=column: row[column] > 0.5):
            return (
                f"{100 * rows[-1][column]:.0f} % of {who}'s ReLU units are dead: they output 0 for every sample, so no "
                "gradient reaches their weights. Steps that are too large have pushed them there. "
                f"Try --{who.lower()}-slope 0.2, so that a gradient always passes."
            )
    return None


def oscillation(rows, settings):
    outputs = [row["d_fake"] for row in rows[-10:]]
    swings = [b - a for a, b in pairwise(outputs)]
    if len(rows) < 10 or rows[-1]["round"] - rows[-10]["round"] < 90 or not settings.probable:
        return None
    turns = sum(a * b < 0 and min(abs(a), abs(b)) > 0.1 for a, b in pairwise(swings))
    if turns < 3:
        return None
    return (
        f"The game goes in circles: D(G(z)) swung between {min(outputs):.2f} and {max(outputs):.2f} in the last rows. "
        "Each player reacts to where the other one was before. Try "
        + first((settings.beta1 > 0.5 and settings.optimizer == "adam", "--beta1 0.5"),
                (settings.momentum > 0, "--momentum 0"), (accepts_r1(settings), "--r1 1"),
                (True, f"--lr {settings.lr / 4:g}"))
        + "."
    )  # fmt: skip


# The thresholds separate runs that went wrong from runs that did not: those of demos/clinic.py, and presets on MNIST.
RULES = (learning_rate, D_wins, G_learns_nothing, collapse, saturation, dead_units, oscillation)


def lasts(rows, rounds, is_ill):
    """Whether every row of the last `rounds` rounds is ill, at least the last three; False in a shorter run."""
    since = rows[-1]["round"] - rounds
    recent = takewhile(lambda row: row["round"] > since, reversed(rows))
    return len(rows) >= 3 and since >= 0 and all(map(is_ill, chain(rows[-3:], recent)))


def accepts_r1(settings):
    """Whether R1 can be added: there is no gradient penalty yet, and no BatchNorm in D, which excludes one."""
    return not (settings.r1 or settings.r2 or settings.wgan_gp or settings.d_batchnorm)


def first(*remedies):
    """The first flag whose condition holds."""
    return next(flag for condition, flag in remedies if condition)
