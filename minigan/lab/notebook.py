"""What the lab remembers of a training: its rows of metrics.csv, what the doctor finds there, and how to save it."""

import queue
import threading
from dataclasses import replace
from datetime import datetime
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from minigan.ground.errors import ArgumentError, MiniganError
from minigan.recipes.sampling import generator_input, streams
from minigan.runs import diagnosis, page
from minigan.runs.distance import Distance
from minigan.runs.folder import claim
from minigan.runs.metrics import Metrics, probe_size
from minigan.runs.recorder import Recorder
from minigan.runs.start import Resumed


class Notebook:
    """notes: what the doctor has found so far, name of the rule -> (round, words).

    z: what G makes samples from, the same as in train's pictures. ruler: a Ruler, or None.
    """

    def __init__(self, training, data, before=None, kept=False):
        """before: the Notebook of the training until now. kept: whether that one goes on with other settings."""
        self.training, self.data, self.notes = training, data, {}
        self.folder = TemporaryDirectory(prefix="minigan-lab-")
        settings, n = training.settings, probe_size(training.settings, data)
        n_samples = max(100 if data.is_images else 2000, n)
        self.z = generator_input(settings, data, n_samples, streams(settings.seed)["grid"])
        rows = before.metrics.rows if kept else []
        self.metrics = Metrics(Path(self.folder.name), training, self.z[:n], (), self.resumed(None, rows))
        self.ruler: Any = None
        if settings.evaluate_every:
            same = before and before.ruler and before.data.sha256 == data.sha256
            self.ruler = before.ruler if same else Ruler(data)

    def resumed(self, lock, rows):
        """A run that continues with these rows, as Metrics and the Recorder take it."""
        return Resumed(lock, {}, {}, rows, 0.0, 0, inf, 0, {})

    def round(self, figures):
        """Note the figures of a round, and write a row whenever train does."""
        self.metrics.add(figures)
        training, settings = self.training, self.training.settings
        epoch, rest = divmod(training.rounds_done, training.rounds_per_epoch)
        if rest == 0 or self.metrics.count >= settings.log_every:
            self.row()
        if self.ruler and rest == 0 and epoch % settings.evaluate_every == 0:
            self.ruler.jobs.put((settings, training.average.theta.copy(), self.metrics.rows[-1]))

    def row(self):
        """Write a row, and ask the doctor."""
        self.metrics.write()
        row = self.metrics.rows[-1]
        for rule, words in diagnosis.examine(self.metrics.rows, self.training.settings).items():
            self.notes.setdefault(rule, (int(row["round"]), words))

    def distance(self):
        """The last distance that was measured, and that of real images, by name; {} if there is none."""
        found = [row["distance"] for row in self.metrics.rows if "distance" in row]
        return {"distance": found[-1], "floor": self.ruler.distance.floor} if found and self.ruler.distance else {}

    def save(self, preset, sent):
        """Save the training as a run in a new folder, which sample, evaluate, report and train --resume take.

        sent: whether the data came from the page and must be saved, too. Returns the Path of the folder. Raises
        ArgumentError if there is nothing to save or if the folder cannot be written.
        """
        training = self.training
        if not training.rounds_done or not all(np.isfinite(n.theta).all() for n in (training.G, training.D)):
            raise ArgumentError("there is nothing to save yet: train at least one round, without an overflow.")
        if self.metrics.count:
            self.row()
        if self.ruler:
            self.ruler.jobs.join()
        out = Path("runs", f"{datetime.now():%Y%m%d-%H%M%S}-lab")
        try:
            lock = claim(out)
            if sent:
                training.settings = replace(training.settings, data=str(self.write_data(out)))
            resumed = self.resumed(lock, self.metrics.rows)
            distance = self.ruler.distance if self.ruler else None
            recorder = Recorder(out, preset, training, self.data, distance, resumed, quiet=True)
            recorder.pictures.draw(training.rounds_done // training.rounds_per_epoch)
            recorder.saver.save()
            recorder.pictures.draw_curves(self.metrics.rows, distance.floor if distance else None)
            page.write(out, self.data)
            recorder.metrics.close()
            lock.release()
        except OSError as error:
            raise ArgumentError(f"{error.filename or out} cannot be written: {error.strerror}.") from None
        return out

    def write_data(self, out):
        """Write the data into a folder, so that --data takes them. Returns the Path of their file."""
        data = self.data
        if not data.is_images:
            np.save(out / "points.npy", data.x)
            return out / "points.npy"
        labels = {} if data.labels is None else {"labels": data.labels}
        np.savez(out / "images.npz", images=data.x.reshape(-1, *data.shape), **labels)
        return out / "images.npz"

    def close(self, heir=None):
        """heir: the Notebook that takes over, if there is one."""
        if self.ruler and not (heir and heir.ruler is self.ruler):
            self.ruler.jobs.put(None)
        self.metrics.close()
        self.folder.cleanup()


class Ruler(threading.Thread):
    """Measures the Frechet distance after an epoch while training goes on: its classifier takes some seconds to learn.

    jobs: of (settings, averaged weights of G, the row of metrics that the distance goes into); None ends the thread.
    distance: a Distance, or None before the first job.
    """

    def __init__(self, data):
        super().__init__(daemon=True)
        self.data, self.distance, self.jobs = data, None, queue.Queue[Any]()
        self.start()

    def run(self):
        while job := self.jobs.get():
            settings, weights, row = job
            try:
                if not self.distance or self.distance.settings != settings:
                    self.distance = Distance(settings, self.data, self.distance and self.distance.judge)
                row["distance"] = self.distance(weights)
            except (MiniganError, ValueError):
                pass  # too few test images, or samples that overflow: there is no distance
            finally:
                self.jobs.task_done()
