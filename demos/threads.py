"""How many BLAS threads are the fastest, and does `--threads auto` find that number?

    python demos/threads.py

It times rounds of a few presets with 1, 2, 4 ... threads and with the number that auto chooses. They take turns. Each
preset is timed with the machine as it is, and then beside a neighbour: a Python process that keeps one core busy. The
last columns show the time with auto divided by the time with the best number, and what auto chose in each turn.
"""

import argparse
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from minigan.data import load
from minigan.ground import cli
from minigan.recipes.presets import PRESETS
from minigan.runs.threads import allowed, candidates, limited, settled
from minigan.training import Training

NAMES = ("small", "minigan", "wide")
TURNS, SECONDS = 7, 1.0  # how often, and how long, each number of threads is timed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    numbers, data = candidates(allowed() or 1), load("drawn")
    print("milliseconds of a round\n")
    print(f"{'threads':22}" + "".join(f"{n:>8}" for n in [*numbers, "auto"]) + f"{'auto / best':>14}   chosen")
    for name in NAMES:
        print(row(name, numbers, data), flush=True)
        with neighbour():
            print(row(name, numbers, data, "a neighbour"), flush=True)


def row(name, numbers, data, beside=""):
    """One line of the table: the median times of the turns."""
    settings = replace(PRESETS[name].with_flags(), data="drawn", epochs=10**6)
    training = Training(settings, data)
    rounds = (figures for _ in range(settings.epochs) for figures in training.epoch())
    times: dict = {n: [] for n in [*numbers, "auto"]}
    chosen = []
    for _ in range(TURNS):
        chosen.append(settled(settings, data, {})[0].threads)
        for n in times:
            with limited(chosen[-1] if n == "auto" else n):
                times[n].append(per_round(rounds))
    medians = {n: float(np.median(seconds)) for n, seconds in times.items()}
    ratio = medians["auto"] / min(medians[n] for n in numbers)
    shown = "".join(f"{1e3 * seconds:8.2f}" for seconds in medians.values())
    return f"{name + (f', {beside}' if beside else ''):22}{shown}{ratio:14.2f}   {' '.join(map(str, chosen))}"


def per_round(rounds):
    """The mean seconds of a round, over about SECONDS."""
    start, n = time.perf_counter(), 0
    while (spent := time.perf_counter() - start) < SECONDS or not n:
        next(rounds)
        n += 1
    return spent / n


@contextmanager
def neighbour():
    """While this is open, another process keeps one core busy."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            time.sleep(0.5)  # until it has started
            yield
        finally:
            process.kill()


if __name__ == "__main__":
    cli.main(main)
