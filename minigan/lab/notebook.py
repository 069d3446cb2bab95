"""What the lab remembers of a training: its rows of metrics.csv, what the doctor finds there, and how to save it."""

from dataclasses import replace
from datetime import datetime
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from minigan.errors import ArgumentError
from minigan.lab.controls import DRAWN
from minigan.recipes.sampling import generator_input
from minigan.runs import diagnosis, page
from minigan.runs.folder import claim
from minigan.runs.metrics import Metrics, probe_size
from minigan.runs.recorder import Recorder
from minigan.runs.start import Resumed

N_SAMPLES = 2000  # as many as train draws of points


class Notebook:
    """notes: what the doctor has found so far, name of the rule -> (round, words)."""

    def __init__(self, training, data, before=None):
        """before: the Notebook of the same training until now, if only its settings have changed."""
        self.training, self.data, self.notes = training, data, {}
        self.folder = TemporaryDirectory(prefix="minigan-lab-")
        # the same z as in a run of train, whose rows are then the same
        z = generator_input(training.settings, data, N_SAMPLES, training.streams["grid"])
        rows = before.metrics.rows if before else []
        self.metrics = Metrics(Path(self.folder.name), training, z[: probe_size(training.settings, data)], (),
                               self.resumed(None, rows))  # fmt: skip

    def resumed(self, lock, rows):
        """A run that continues with these rows, as Metrics and the Recorder take it."""
        return Resumed(lock, {}, {}, rows, 0.0, 0, inf, 0, {})

    def round(self, figures):
        """Note the figures of a round. After every log_every rounds, write a row, and ask the doctor."""
        self.metrics.add(figures)
        if self.metrics.count >= self.training.settings.log_every:
            self.row()

    def row(self):
        self.metrics.write()
        row = self.metrics.rows[-1]
        for rule, words in diagnosis.examine(self.metrics.rows, self.training.settings).items():
            self.notes.setdefault(rule, (int(row["round"]), words))

    def save(self):
        """Save the training as a run in a new folder, which sample, evaluate, report and train --resume take.

        Returns its Path. Raises ArgumentError if there is nothing to save or if the folder cannot be written.
        """
        training = self.training
        if not training.rounds_done or not all(np.isfinite(n.theta).all() for n in (training.G, training.D)):
            raise ArgumentError("there is nothing to save yet: train at least one round, without an overflow.")
        if self.metrics.count:
            self.row()
        out = Path("runs", f"{datetime.now():%Y%m%d-%H%M%S}-lab")
        try:
            lock = claim(out)
            if training.settings.data == DRAWN:
                np.save(out / DRAWN, self.data.x)
                training.settings = replace(training.settings, data=str(out / DRAWN))
            resumed = self.resumed(lock, self.metrics.rows)
            recorder = Recorder(out, "toy", training, self.data, None, resumed, quiet=True)
            recorder.pictures.draw(training.rounds_done // training.rounds_per_epoch)
            recorder.saver.save()
            recorder.pictures.draw_curves(self.metrics.rows)
            page.write(out, self.data)
            recorder.metrics.close()
            lock.release()
        except OSError as error:
            raise ArgumentError(f"{error.filename or out} cannot be written: {error.strerror}.") from None
        return out

    def close(self):
        self.metrics.close()
        self.folder.cleanup()
