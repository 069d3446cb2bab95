"""Runs that take about a second, how to interrupt them, and the contents of their folders."""

import csv
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np

from minigan.data import POINTS, Dataset
from minigan.data.stacked import stack
from minigan.recipes.presets import PRESETS
from minigan.training import Training

# flags of minigan.train for a small run on the images of the fixture `own`
SMALL = ("--data", "own.npz", "--batch-size", 12, "--g-hidden", 5, "--d-hidden", 5, "--latent-dim", 3, "--log-every", 2)


def small(preset, **given):
    """Settings of a preset with small networks, and data for three rounds."""
    s, rng = PRESETS[preset].with_flags(), np.random.default_rng(0)
    hidden = {name: (8,) * len(getattr(s, name)) for name in ("g_hidden", "d_hidden")}
    n = 40 // s.d_steps // s.packing
    s = replace(s, **{"batch_size": n, "epochs": 3} | hidden | given)
    if s.data in POINTS:
        return s, Dataset(rng.standard_normal((60, 2)).astype(np.float32), (2,), "")
    digits = Dataset(rng.integers(0, 256, (60, 36)).astype(np.uint8), (6, 6), "", np.arange(60) % 3)
    return s, stack(digits, 60) if s.data == "stacked" else digits


def contents(run):
    """The files of a run, as name -> bytes. metrics.csv is given as its rows, without their speed."""
    files = {str(path.relative_to(run)): path.read_bytes() for path in Path(run).rglob("*") if path.is_file()}
    with open(Path(run, "metrics.csv"), newline="", encoding="utf-8") as file:
        rows = [
            {name: value for name, value in row.items() if name != "rounds_per_second"} for row in csv.DictReader(file)
        ]
    for name in ("curves.png", "report.html"):  # made from the other files; the report shows the speed
        files.pop(name, None)
    return files | {"metrics.csv": rows}


def stop_after(monkeypatch, n, signum=signal.SIGINT):
    """Send a signal during round n."""
    whole, done = Training.round, []

    def round(self, batches):
        done.append(None)
        if len(done) == n:
            signal.raise_signal(signum)
        return whole(self, batches)

    monkeypatch.setattr(Training, "round", round)
