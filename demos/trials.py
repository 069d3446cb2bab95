"""Trainings that a table is made of. results.py, tables.py and articles.py share it.

A trial is a run of `python -m minigan.train`. If it is stopped, it goes on from its last checkpoint when it is started
again. When it ends, its figures become a row of a CSV file, and it is not run again.
"""

import csv
import os
import platform
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from minigan.ground import cli
from minigan.ground.errors import ArgumentError
from minigan.runs import metrics
from minigan.runs.checkpoint import NAME

WRITING = threading.Lock()


def versions():
    return f"NumPy {np.__version__}, Python {platform.python_version()}"


def train(words, folder):
    """Run python with these words, a training, to its end in this folder. Returns (seconds, whether it diverged).

    The seconds are those of the whole training, over all its parts. What it prints goes to a file beside the folder,
    since others may train at the same time. Raises SystemExit if it was stopped, and ArgumentError if it failed.
    """
    start, log = time.perf_counter() - spent(folder), folder.with_name(f"{folder.name}.log")
    print("python", *words, "  to", log, flush=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [*words[:2], "--resume", str(folder)] if (folder / NAME).exists() else [*words, "--out", str(folder)]
    with open(log, "a", encoding="utf-8") as file:
        code = subprocess.run([sys.executable, *words], check=False, stdout=file, stderr=file).returncode
    if code in (130, 143):  # stopped by Ctrl-C or a signal: stop here, too
        sys.exit(code)
    if code not in (0, 4):  # 4: diverged, which is a result
        raise ArgumentError(f"python {' '.join(words)} ended with {code}; {log} says why.")
    return round(time.perf_counter() - start), code == 4


def spent(folder):
    """The seconds that a trial had trained for when it was stopped."""
    path = folder / "metrics.csv"
    return metrics.seconds(metrics.read(path)) if path.exists() else 0.0


def kept(path):
    """The rows of a CSV file, or none if there is no such file."""
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def carry_out(due, trial, path, columns, processes):
    """Call trial for each item of `due`, in so many threads, and append the row that it returns to a CSV file at once.

    Each trial trains in a process of its own, so threads are enough to keep several at work.
    """

    def one(item):
        row = trial(item)
        with WRITING:
            new = not path.exists()
            with open(path, "a", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, columns)
                if new:
                    writer.writeheader()
                writer.writerow(row)

    with ThreadPoolExecutor(processes) as pool:
        try:
            list(pool.map(one, due))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def add_flag(parser):
    """--processes."""
    parser.add_argument(
        "--processes",
        type=cli.whole(1),
        default=os.cpu_count(),
        help="trainings at a time (default: one for each core)",
    )
