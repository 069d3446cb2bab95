"""Who draws good digits first? For benchmark.py.

Each contender trains until the Frechet distance of its samples falls below twice that of real images. One judge,
minigan's, measures them all, several times an epoch. The clock runs only while a contender trains: not while its
samples are measured, and not before its first rounds are done, when some libraries compile.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from contenders import dense
from contenders.processes import Process, that_agree

from minigan.data import load
from minigan.recipes.builders import generator
from minigan.recipes.presets import PRESETS
from minigan.runs.distance import Distance

DEFAULT, OLD, TEXTBOOK = "the default", "the default of version 0.1", "the textbook's, without an end"
RUNNERS = (
    (DEFAULT, "minigan"), (DEFAULT, "PyTorch, expert"), (DEFAULT, "PyTorch, tutorial"), (DEFAULT, "JAX, jit"),
    (OLD, "minigan"), (OLD, "PyTorch, expert"), (TEXTBOOK, "minigan"),
)  # fmt: skip
TIMES_THE_FLOOR, PER_EPOCH = 2.0, 4  # the goal, and how often it is measured
PAUSE = 0.1  # seconds: for a while, the threads of a matrix product wait busily for the next one


def recipes(seed):
    """{name: Settings}. The textbook's rate never falls, so its training may go on."""
    return {
        DEFAULT: PRESETS["minigan"].with_flags(seed=seed),
        OLD: PRESETS["minigan-0.1"].with_flags(seed=seed),
        TEXTBOOK: PRESETS["small"].with_flags(seed=seed, epochs=10**6),
    }


def race(seeds, limit):
    """Run the race once for each seed, each contender for at most `limit` seconds of training, and print the times."""
    data = load("auto")
    judges = {recipe: Distance(settings, data) for recipe, settings in recipes(0).items()}
    goal = TIMES_THE_FLOOR * judges[DEFAULT].floor
    print(f"\n{data.note}\nThe distance of real images is {goal / TIMES_THE_FLOOR:.2f}; the race is to {goal:.2f}.")
    able = {}
    for recipe, settings in recipes(0).items():
        print(f"checking the gradients of {recipe}")
        able[recipe] = that_agree(settings, [name for r, name in RUNNERS if r == recipe])
    runners = [(recipe, name) for recipe, name in RUNNERS if name in able[recipe]]
    times: dict[tuple[str, str], list[Time]] = {runner: [] for runner in runners}
    for seed in seeds:
        for recipe, name in runners:
            times[recipe, name].append(run(name, recipes(seed)[recipe], judges[recipe], goal, limit))
            print(f"  seed {seed}  {label(recipe, name)}  {times[recipe, name][-1]}", flush=True)
    print("\nseconds of training for each seed, and their ratio to those of minigan's default: median (range)")
    for runner, own in times.items():
        print(f"  {label(*runner)}  {', '.join(map(str, own)):60s}  {ratio(own, times[RUNNERS[0]])}")


def label(recipe, name):
    return f"{name + ': ' + recipe:50s}"


class Time(NamedTuple):
    seconds: float  # of training
    epochs: float
    arrived: bool  # whether the distance fell below the goal

    def __str__(self):
        return f"{self.seconds:.1f} s ({self.epochs:.1f} epochs)" if self.arrived else f"not in {self.seconds:.0f} s"


def ratio(own, first):
    """How many times as long it took, as text. Where a contender never arrived, it is a lower bound."""
    if not all(t.arrived for t in first):
        return ""
    ratios = sorted(a.seconds / b.seconds for a, b in zip(own, first, strict=True))
    above = "" if all(t.arrived for t in own) else "more than "
    return f"{above}{statistics.median(ratios):.2f}  ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def run(name, settings, distance, goal, limit):
    """Train one contender, and return its Time."""
    rounds_per_epoch = len(distance.data.x) // settings.samples_per_round
    step, G = max(1, rounds_per_epoch // PER_EPOCH), generator(settings, distance.data)
    process, seconds = Process(name, settings, "real"), 0.0
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder, "weights.npz"))
            done = 1 + settings.r1_every
            process.ask("train", done - 1, path)  # after the first round, one without R1, if there are any
            while seconds < limit and done < settings.epochs * rounds_per_epoch:
                time.sleep(PAUSE)
                seconds += process.ask("train", step, path)
                done += step
                time.sleep(PAUSE)
                fill(G, path)
                if distance(G.theta) < goal:
                    return Time(seconds, done / rounds_per_epoch, True)
    finally:
        process.end()
    return Time(seconds, done / rounds_per_epoch, False)


def fill(G, path):
    """Set G's weights to those in a file of contenders/__main__.py."""
    with np.load(path) as file:
        arrays = iter([file[part] for part in file.files])
    for layer in dense(G):
        layer.W[...], layer.b[...] = next(arrays), next(arrays)
