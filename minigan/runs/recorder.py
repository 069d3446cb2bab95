"""Records a training in the folder of its run: config.json, metrics.csv, pictures, checkpoints and the report.

Classes of their own write these files. The Recorder says what happens when.
"""

import json
from dataclasses import asdict

from minigan.ground.errors import ArgumentError, MiniganError
from minigan.recipes import sampling
from minigan.runs import checkpoint, page
from minigan.runs.checkpoint import Diverged, last_saved
from minigan.runs.folder import claim, replacing
from minigan.runs.metrics import Metrics, probe_size
from minigan.runs.pictures import Pictures
from minigan.runs.progress import Progress
from minigan.runs.saver import BEST, Saver
from minigan.runs.signals import Signals, Stopped


class Recorder:
    """A listener of `training.train`, and a context manager.

    While it is open, SIGINT (Ctrl-C) and SIGTERM let the training finish the current round and save; then the Recorder
    raises Stopped. A second signal acts at once.
    """

    def __init__(self, out, preset, training, data, distance=None, resumed=None, quiet=False):
        """out: Path of the folder. preset: its name. data: that of training, on the host. distance: a Distance, or
        None. resumed: the Resumed of a run that continues, or None. quiet: see Progress.

        Raises ArgumentError if nothing can be written to out, or if it belongs to another run.
        """
        self.out, self.training, self.settings, self.data = out, training, training.settings, data
        self.distance, self.resumed, self.signals = distance, resumed, Signals()
        n_samples, n_probe = 100 if data.is_images else 2000, probe_size(self.settings, data)
        z = sampling.generator_input(self.settings, data, max(n_samples, n_probe), training.streams["grid"])
        z = training.xp.asarray(z)
        try:
            self.lock = resumed.lock if resumed else claim(out)
            (out / "samples").mkdir(exist_ok=True)
            config = {"preset": preset, **asdict(self.settings), "data_note": data.note}
            config["environment"] = checkpoint.environment(self.settings)
            if data.left_out:
                config["left_out"] = data.left_out
            with replacing(out / "config.json") as file:
                file.write(json.dumps(config, indent=2) + "\n")
            self.metrics = Metrics(out, training, z[:n_probe], ["distance"] if distance else [], resumed)
        except OSError as error:
            if resumed:
                raise self._unwritten(error) from None
            raise ArgumentError(f"--out {out} cannot be written: {error.strerror}; choose another folder.") from None
        self.pictures = Pictures(out, training, data, z[:n_samples])
        self.saver = Saver(out, preset, training, data, self.metrics, resumed)
        self.progress = Progress(training, self.metrics.rows, quiet)

    def __enter__(self):
        self.progress.open()
        self.signals.catch()
        self.metrics.restart()
        return self

    def begin(self):
        """Say which run begins, or continues."""
        self.progress.begin(self.out, self.data, self.resumed)

    def round(self, figures):
        """Note the figures of a round. Every log_every rounds, write a row of metrics.csv."""
        self.metrics.add(figures)
        self.progress.round()
        if self.training.rounds_done % self.training.rounds_per_epoch == 0:
            return  # the epoch is over: epoch() does the rest
        if self.metrics.count == self.settings.log_every:
            self._write_row()
        if self.signals.received:
            self.saver.save()
            raise self._stopped()

    def epoch(self):
        """Write a row, a picture and a checkpoint: before the first round and after each epoch."""
        training = self.training
        epoch = training.rounds_done // max(training.rounds_per_epoch, 1)
        self.saver.state()  # raises Diverged before anything is written
        measured = {}
        if self.distance and epoch and epoch % self.settings.evaluate_every == 0:
            measured["distance"] = self._measure_distance()
        if self.metrics.count:
            self._write_row(**measured)
        if measured:
            self.saver.compare(measured["distance"], epoch)
        self.pictures.draw(epoch)
        self.saver.save()
        if epoch:
            self.progress.epoch(epoch, self.metrics.rows[-1])
        if self.signals.received and training.rounds_done < training.rounds:
            raise self._stopped()
        self.metrics.restart()

    def end(self):
        """Draw the curves, write the report, and say where everything is."""
        self.pictures.draw_curves(self.metrics.rows, self.distance.floor if self.distance else None)
        page.write(self.out, self.data)
        best, epoch = self.saver.best, self.saver.best_epoch
        self.progress.end(self.out, f"{self.out / BEST}: distance {best:.2f} after epoch {epoch}" if epoch else None)

    def _write_row(self, **more):
        self.metrics.write(**more)
        self.progress.row(self.metrics.rows)

    def _measure_distance(self):
        with self.metrics.paused():
            try:
                return self.distance(self.training.average.theta)
            except ValueError:  # samples may overflow although the weights are finite
                raise Diverged("samples", self.training, self.out) from None

    def _stopped(self):
        done, rounds = self.training.rounds_done, self.training.rounds
        return Stopped(
            self.signals.received,
            f"stopped after round {done} of {rounds}, and saved. To continue: "
            f"python -m minigan.train --resume {self.out}",
        )

    def _unwritten(self, error):
        what = f"{error.filename or 'the output'} cannot be written: {error.strerror}"
        return MiniganError(f"{what}; {last_saved(self.out)}.")

    def __exit__(self, kind, error, trace):
        self.signals.release()
        self.progress.close()
        self.metrics.close()
        self.lock.release()
        if isinstance(error, KeyboardInterrupt):
            self.progress.say(f"stopped  {last_saved(self.out)}")
        if isinstance(error, OSError):
            raise self._unwritten(error) from None
