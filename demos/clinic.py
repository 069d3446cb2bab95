"""Every failure that the doctor knows: provoked, diagnosed and treated.

    python demos/clinic.py

Trains small GANs that each go wrong in one way, and prints at which round each of the doctor's rules first fires. Then
it follows the doctor's first advice about that failure and trains again. It takes a minute.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from minigan.data import drawn
from minigan.ground import cli
from minigan.ground.errors import ArgumentError
from minigan.runs import diagnosis, metrics
from minigan.runs.load import load_generator

RING = "--preset toy --epochs 1 --log-every 20"
DIGITS = "--preset small --data digits.npz --epochs 8 --log-every 20 --g-hidden 64 64 --d-hidden 64 64"
HEALTHY = {"healthy, ring": RING, "healthy, digits": DIGITS}
ILL = {  # the rule that should fire -> the flags that provoke it
    "learning rate": f"{RING} --lr 0.1",
    "D wins": f"{DIGITS} --d-lr 0.003",
    "G learns nothing": f"{DIGITS} --objective minimax --d-lr 0.003",
    "collapse": f"{RING} --r1 0 --g-steps 10 --lr-decay 0 --g-hidden 64 64 --d-hidden 64 64",
    "saturation": f"{DIGITS} --lr 0.2",
    "dead units": f"{RING} --d-slope 0 --g-slope 0.2 --lr 0.03",
    "oscillation": f"{RING} --r1 0 --beta1 0.9 --lr-decay 0",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, help="new folder that keeps the runs and their reports (default: none)")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        if runs and runs.exists():
            raise ArgumentError(f"--runs {runs} exists already; give a new folder.")
        examine_all(runs or Path(folder))


def examine_all(runs):
    save_digits(runs)
    print("first round after which each rule fires (. means never)\n")
    line("", {rule: rule for rule in ILL})
    for name, flags in (HEALTHY | ILL).items():
        notes = examined(runs, name, flags)
        line(name, {rule: note.round for rule, note in notes.items()})
        if name in ILL and name not in notes:
            print("  not provoked: on this machine, rounding differs in the last digits", flush=True)
        elif name in ILL:
            cure = remedy(notes[name].words)
            cured = examined(runs, f"{name}, cured", f"{flags} {cure}")
            line(f"  with {cure}", {rule: note.round for rule, note in cured.items()})


def line(head, cells):
    """Print a row of the table. cells: rule -> the text in its column."""
    print(f"{head:33}" + "".join(f"{cells.get(rule, '.'):>{len(rule) + 2}}" for rule in ILL), flush=True)


def save_digits(runs):
    runs.mkdir(parents=True, exist_ok=True)
    digits, labels = drawn.draw(5000)
    np.savez(runs / "digits.npz", images=digits, labels=labels)


def remedy(words):
    """The flag that a note of the doctor recommends."""
    return words.partition("Try ")[2].partition(",")[0].removesuffix(".")


def examined(runs, name, flags):
    """Train with these flags; return the doctor's notes: {rule: Note}."""
    run = runs / re.sub(r"\W+", "-", name)
    words = flags.replace("digits.npz", str(runs / "digits.npz")).split()
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}  # results are reproducible for a fixed number of threads
    command = [sys.executable, "-m", "minigan.train", *words, "--out", str(run)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=one_thread)
    _, settings, _ = load_generator(run)
    return {note.rule: note for note in diagnosis.notes(metrics.read(run / "metrics.csv"), settings)}


if __name__ == "__main__":
    cli.main(main)
