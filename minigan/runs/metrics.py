"""Reads the metrics.csv of a run: losses, D's mean outputs, speed and vital signs, one row every few rounds."""

import csv
from itertools import pairwise

from minigan.errors import CheckpointError, brief
from minigan.runs.vitals import VITALS


def read(path):
    """The rows of a metrics.csv, each a dict: column -> number. A last row that was cut off is left out.

    Raises CheckpointError if there is no such file, or if it is damaged.
    """
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
    """How long the rounds in these rows took to train."""
    pairs = pairwise([{"round": 0}, *rows])
    return sum((now["round"] - before["round"]) / max(now["rounds_per_second"], 1e-9) for before, now in pairs)
