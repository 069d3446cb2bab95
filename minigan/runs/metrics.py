"""metrics.csv, the figures of a run: losses, D's mean outputs, speed and vital signs, one row every few rounds."""

import contextlib
import csv
import math
import os
import time
from itertools import pairwise
from typing import Any

from minigan.ground.backend import namespace, to_host
from minigan.ground.errors import CheckpointError, brief
from minigan.recipes import sampling
from minigan.runs import vitals
from minigan.runs.checkpoint import Diverged
from minigan.runs.folder import replacing

FIGURES = ("d_loss", "g_loss", "d_real", "d_fake")  # of a round; d_real is the mean of D(x), d_fake that of D(G(z))
COLUMNS = ("round", "epoch", "images", *FIGURES, "rounds_per_second", *vitals.VITALS)
FORMATS = {"round": ".0f", "epoch": ".3f", "images": ".0f"}  # the other columns have six digits


def read(path):
    """The rows of a metrics.csv, each a dict: column -> number. A last row that was cut off is left out.

    Raises CheckpointError if there is no such file, or if it is damaged.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            table = csv.DictReader(file)
            if not set(COLUMNS) <= set(table.fieldnames or COLUMNS):
                raise ValueError("its columns are not those of this minigan")
            rows = list(table)
            if rows and not rows[-1][COLUMNS[-1]]:
                rows.pop()
            if not all(row[name] for row in rows for name in COLUMNS):
                raise ValueError("a row is not whole")
            return [{name: float(text) for name, text in row.items() if text} for row in rows]
    except (FileNotFoundError, NotADirectoryError):
        raise CheckpointError(f"there is no {path}; give the folder of a run.") from None
    except (ValueError, TypeError, csv.Error) as error:
        raise CheckpointError(f"{path} is damaged ({brief(error)}); move it away to continue without it.") from None


def seconds(rows):
    """How long the rounds in these rows took to train."""
    pairs = pairwise([{"round": 0}, *rows])
    return sum((now["round"] - before["round"]) / max(now["rounds_per_second"], 1e-9) for before, now in pairs)


def probe_size(settings, data):
    """How many real and how many fake samples the vital signs are measured on: whole packs of them."""
    return max(min(vitals.N_SAMPLES, len(data.x)) // settings.packing, 1) * settings.packing


class Metrics:
    """Writes metrics.csv. A row holds the mean figures of all rounds since the row before, and the vital signs now.

    rows: what has been written, each row a dict: column -> number.
    sums, count: of the figures of the rounds that no row holds yet, and how many there are.
    """

    def __init__(self, out, training, z, more=(), resumed=None):
        """out: folder of the run. z: the inputs of G for the vital signs. more: further columns, after COLUMNS.
        resumed: the Resumed of a run that continues, or None."""
        self.out, self.training, self.z = out, training, z
        self.x_real = sampling.real_batch(training.settings, training.data, slice(len(z)))
        self.columns, self.rows = (*COLUMNS, *more), resumed.rows if resumed else []
        self.count = 0
        self.sums: Any = 0.0
        if resumed and resumed.count:
            self.count, self.sums = resumed.count, training.xp.asarray(resumed.sums)
        with replacing(out / "metrics.csv") as file:
            csv.writer(file).writerows([self.columns, *map(written, self.rows)])
        self.file = open(out / "metrics.csv", "a", newline="", encoding="utf-8")  # noqa: SIM115 (see close)
        self.restart()

    def restart(self):
        """Measure the speed from here on."""
        self.timed, self.start = 0, time.perf_counter()

    @contextlib.contextmanager
    def paused(self):
        """What happens in here does not count as training time."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.start += time.perf_counter() - start

    def add(self, figures):
        """Take the FIGURES of one round, an array on the training's device."""
        self.sums = self.sums + figures if self.count else figures
        self.count += 1
        self.timed += 1

    def write(self, **more):
        """Write a row. more: values of the further columns. Raises Diverged if the losses are not finite."""
        signs = vitals.measure(self.training, self.z, self.x_real)
        figures = namespace(signs).concatenate([self.sums / self.count, signs])
        figures = to_host(figures).tolist()  # the only wait for the device
        means, signs = figures[: len(FIGURES)], figures[len(FIGURES) :]
        speed = self.timed / (time.perf_counter() - self.start)
        if not all(map(math.isfinite, means)):
            raise Diverged("losses", self.training, self.out)
        done = self.training.rounds_done
        epochs, images = done / self.training.rounds_per_epoch, done * self.training.settings.samples_per_round
        row = dict(zip(COLUMNS, (done, epochs, images, *means, speed, *signs), strict=True)) | more
        texts = written(row)
        csv.writer(self.file).writerow(texts)
        self.file.flush()
        self.rows.append(dict(zip(row, map(float, texts), strict=True)))  # as they can be read again
        self.count = 0
        self.restart()

    def sync(self):
        """Write all rows to the disk, beyond the buffers of the system."""
        os.fsync(self.file.fileno())

    def close(self):
        with contextlib.suppress(OSError):  # the same error once more, after a row that could not be written
            self.file.close()


def written(row):
    """The numbers of a row as they are written to metrics.csv."""
    return [f"{value:{FORMATS.get(name, '.6g')}}" for name, value in row.items()]
