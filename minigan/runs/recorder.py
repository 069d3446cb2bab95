"""The folder of a run: what it was asked (config.json), its figures (metrics.csv), pictures and the last checkpoint."""

import contextlib
import csv
import json
import math
import os
import shutil
import signal
import time
from dataclasses import asdict
from typing import Any, NamedTuple

from minigan.backend import namespace, to_host
from minigan.errors import ArgumentError, CheckpointError, MiniganError, brief
from minigan.recipes import sampling
from minigan.runs import checkpoint, diagnosis, images, metrics, vitals

try:
    import fcntl
except ImportError:  # Windows has none
    fcntl = None  # type: ignore[assignment]

FIGURES = ("d_loss", "g_loss", "d_real", "d_fake")  # d_real is the mean of D(x), d_fake that of D(G(z))
BEST = "best.npz"  # the checkpoint whose samples came nearest
COLUMNS = ("round", "epoch", "images", *FIGURES, "rounds_per_second", *vitals.VITALS)


class Diverged(MiniganError):
    """The losses or the weights are no longer finite numbers."""

    exit_code = 4


class Stopped(MiniganError):
    """The run was asked to stop, by Ctrl-C or by the system, and has saved what it did."""

    def __init__(self, signum, message):
        super().__init__(message)
        self.exit_code = 128 + signum


class Lock:
    """Keeps a second run out of a folder, while it is held. Where there is no flock, on Windows, it does nothing."""

    def __init__(self, folder):
        self.file = None
        if fcntl:
            self.file = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ArgumentError(f"another run is writing to {folder}; wait for it, or take another.") from None

    def release(self):
        if self.file is not None:
            os.close(self.file)
            self.file = None

    __del__ = release


class Kept(NamedTuple):
    """What a run that goes on begins with; changed: what is not as it was, in words."""

    lock: Any  # a Lock
    arrays: dict
    meta: dict
    changed: str


@contextlib.contextmanager
def replacing(path):
    """A text file to write, which takes the place of path when all of it is on the disk."""
    partial = path.with_name(path.name + ".partial")
    try:
        with open(partial, "w", newline="", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


class Recorder:
    """Writes down a run as it goes and shows a progress bar; a context manager.

    Within it SIGINT (Ctrl-C) and SIGTERM let the round end, save, and raise Stopped; a second one acts at once.
    """

    def __init__(self, out, preset, training, data, distance=None, floor=None, kept=None):
        """data: that of training, on the host. distance: a function from the arrays of a checkpoint to a figure for
        metrics.csv, the smaller, the better; floor: how small it can be. kept: the Kept of the run in out, if it is
        one that goes on. Raises ArgumentError when out cannot be written, or is another run's."""
        self.kept, self.out, self.preset, self.training, self.data, self.settings = (
            kept,
            out,
            preset,
            training,
            data,
            training.settings,
        )
        self.distance, self.floor, self.n_samples = distance, floor, 100 if data.is_images else 2000
        packs = max(min(vitals.N_SAMPLES, len(data.x)) // self.settings.packing, 1)
        self.probe = sampling.real_batch(self.settings, training.data, slice(packs * self.settings.packing))
        z = sampling.generator_input(
            self.settings, data, max(self.n_samples, len(self.probe)), training.streams["grid"]
        )
        self.z = training.xp.asarray(z)
        self.sums: Any = None  # of the figures of `count` rounds that are not in a row yet, `timed` of them since start
        self.count, self.timed, self.best, self.best_epoch = 0, 0, math.inf, 0
        self.signal = 0
        try:
            out.mkdir(parents=True, exist_ok=True)
            self.lock = kept.lock if kept else Lock(out)
            if not kept and any(out.iterdir()):
                raise ArgumentError(f"{out} is not empty, and a run would overwrite files there; give another --out.")
            rows = self._go_on(kept) if kept else []
            (out / "samples").mkdir(exist_ok=True)
            config = {"preset": preset, **asdict(self.settings), "data_note": data.note}
            config["environment"] = checkpoint.environment(self.settings.device)
            with replacing(out / "config.json") as file:
                file.write(json.dumps(config, indent=2) + "\n")
            self.columns = [*COLUMNS, *(["distance"] if distance else [])]
            with replacing(out / "metrics.csv") as file:
                csv.writer(file).writerows([self.columns, *rows])
            self.rows = metrics.read(out / "metrics.csv")
            self.said = {note.rule for note in diagnosis.notes(self.rows, self.settings)}
            self.file = open(out / "metrics.csv", "a", newline="", encoding="utf-8")  # noqa: SIM115 (__exit__ closes it)
        except OSError as error:
            if kept:
                raise self._unwritten(error) from None
            raise ArgumentError(f"--out {out} cannot be written: {error.strerror}; give another folder.") from None
        self.table = csv.writer(self.file)

    def _go_on(self, kept):
        """Be where the checkpoint was. Returns the rows of metrics.csv up to there."""
        try:
            was = kept.meta["recorder"]
            self.count, self.best_epoch = int(was["count"]), int(was["best_epoch"])
            self.best = float(was["best"]) if self.best_epoch else math.inf
            if self.count:
                self.sums = self.training.xp.asarray(kept.arrays["sums"].reshape(len(FIGURES)))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise CheckpointError(
                f"the checkpoint of {self.out} holds no run to go on with ({brief(error)})."
            ) from None
        path, rows = self.out / "metrics.csv", []
        if not path.exists():
            return []
        try:
            with open(path, newline="", encoding="utf-8") as file:
                table = csv.reader(file)
                if tuple(next(table, COLUMNS)[: len(COLUMNS)]) != COLUMNS:
                    raise ValueError("its columns are not those of this minigan")
                for row in table:
                    if len(row) >= len(COLUMNS) and row[0].isdecimal() and int(row[0]) <= self.training.rounds_done:
                        rows.append(row)
                        list(map(float, filter(None, row)))  # raises where one is no number
        except (ValueError, csv.Error) as error:
            raise CheckpointError(f"{path} is damaged ({brief(error)}); move it away to go on without it.") from None
        return rows

    def __enter__(self):
        from tqdm import tqdm

        done, total = self.training.rounds_done, self.training.rounds
        self.bar = tqdm(
            initial=done, total=total, unit="round", mininterval=0.5, disable=None, leave=False, dynamic_ncols=True
        )
        self.handlers = {signum: signal.signal(signum, self._asked) for signum in (signal.SIGINT, signal.SIGTERM)}
        self.start = time.perf_counter()
        return self

    def begin(self):
        """Say what is going on."""
        if self.kept:
            changed = f"; what follows may differ: {self.kept.changed}" if self.kept.changed else ""
            done, rounds = self.training.rounds_done, self.training.rounds
            over = ", its last; --epochs makes it longer" if done == rounds else ""
            print(f"resumed  after round {done}{over}{changed}")
        print(f"data     {self.data.note}")
        print(f"writing  {self.out}/")

    def _asked(self, signum, frame):
        self.signal = signum
        self._leave_signals()  # so that the next one acts at once

    def _leave_signals(self):
        for signum, handler in self.handlers.items():
            signal.signal(signum, handler)

    def round(self, figures):
        """Take one round's FIGURES, an array on its device; every log_every rounds their means become a row."""
        self.sums = self.sums + figures if self.count else figures
        self.count += 1
        self.timed += 1
        self.bar.update()
        if self.training.rounds_done % self.training.rounds_per_epoch:  # else epoch() does the rest
            if self.count == self.settings.log_every:
                self._row()
            if self.signal:
                self._save()
                raise self._stopped()

    def epoch(self):
        """Save, and picture samples, always from the same noise: after an epoch, or after 0 rounds."""
        epoch = self.training.rounds_done // max(self.training.rounds_per_epoch, 1)
        arrays, _ = self._state()
        due = self.distance and epoch and epoch % self.settings.evaluate_every == 0
        evaluated = self._evaluate(arrays) if due else None
        if self.count:
            self._row(evaluated)
        if evaluated is not None and evaluated < self.best:
            self.best, self.best_epoch = evaluated, epoch
            self._save(BEST)
        picture = self.out / "samples" / f"epoch_{epoch:04d}.png"
        samples = to_host(sampling.generate(self.settings, self.data, self.training.average, self.z[: self.n_samples]))
        images.save_samples(picture, samples, self.data.shape, real=self.data.x[: self.n_samples])
        shutil.copyfile(picture, self.out / "samples.png")
        self._save()
        if epoch:
            self.bar.write(f"epoch {epoch:3d}/{self.settings.epochs}  {self.words}")
        if self.signal and self.training.rounds_done < self.training.rounds:
            raise self._stopped()
        self.timed, self.start = 0, time.perf_counter()

    def end(self):
        """Draw the curves, and say where everything is."""
        images.save_curves(self.out / "curves.png", self.rows, self.settings.probable, self.floor)
        self.bar.close()
        if self.best_epoch:
            print(f"best     {self.out / BEST}: distance {self.best:.2f} after epoch {self.best_epoch}")
        print(f"samples  {self.out / 'samples.png'}   (curves.png: the losses; samples/: one picture an epoch)")
        print(f"more     python -m minigan.sample {self.out} -n 100 --seed 1")

    def _state(self):
        arrays, meta = checkpoint.of(self.training)
        if not all(namespace(a).isfinite(a).all() for a in arrays.values()):
            raise self._diverged("weights")
        return arrays, meta

    def _save(self, name=checkpoint.NAME):
        arrays, meta = self._state()
        if self.count:
            arrays["sums"] = self.sums
            if not namespace(self.sums).isfinite(self.sums).all():
                raise self._diverged("losses")
        meta |= {"preset": self.preset, "shape": self.data.shape, "data": self.data.sha256,
                 "environment": checkpoint.environment(self.settings.device),
                 "recorder": {"count": self.count, "best": self.best if self.best_epoch else None,
                              "best_epoch": self.best_epoch}}  # fmt: skip
        if self.settings.conditional:
            meta["n_classes"] = self.data.n_classes
        os.fsync(self.file.fileno())  # a row that the checkpoint counts as written is on the disk
        checkpoint.save(self.out / name, arrays, meta)

    def _evaluate(self, arrays):
        start = time.perf_counter()
        try:
            return self.distance(arrays)
        except ValueError:  # of samples that are not finite, although the weights are
            raise self._diverged("samples") from None
        finally:
            self.start += time.perf_counter() - start  # so that rounds_per_second is about training alone

    def _row(self, evaluated=None):
        signs = vitals.measure(self.training, self.z[: len(self.probe)], self.probe)
        figures = to_host(namespace(signs).concatenate([self.sums / self.count, signs]))  # the only wait for the device
        means, signs = figures[: len(FIGURES)].tolist(), figures[len(FIGURES) :].tolist()
        speed = self.timed / (time.perf_counter() - self.start)
        if not all(map(math.isfinite, means)):
            raise self._diverged("losses")
        done = self.training.rounds_done
        place = [done, f"{done / self.training.rounds_per_epoch:.3f}", done * self.settings.samples_per_round]
        figures = [*means, speed, *signs, *([] if evaluated is None else [evaluated])]
        row = [*place, *(f"{x:.6g}" for x in figures)]
        self.table.writerow(row)
        self.file.flush()
        self.rows.append(dict(zip(self.columns, map(float, row), strict=False)))
        for rule, words in diagnosis.examine(self.rows, self.settings).items():
            if rule not in self.said:
                self.said.add(rule)
                self.bar.write(f"doctor   after round {done}: {words}")
        d_loss, g_loss, d_real, d_fake = (f"{x:.3f}" for x in means)
        real, fake = ("D(x)", "D(G(z))") if self.settings.probable else ("score(x)", "score(G(z))")
        self.words = f"d_loss {d_loss}  g_loss {g_loss}  {real} {d_real}  {fake} {d_fake}  {speed:.0f} rounds/s"
        self.words += "" if evaluated is None else f"  distance {evaluated:.2f}"
        self.bar.set_postfix_str(f"d_loss {d_loss} g_loss {g_loss}", refresh=False)
        self.count, self.timed, self.start = 0, 0, time.perf_counter()

    def _diverged(self, what):
        where = f"after {self.training.rounds_done} rounds"
        return Diverged(f"the {what} were no longer finite {where}; {self._kept}. Try a smaller --lr.")

    @property
    def _kept(self):
        path = self.out / checkpoint.NAME
        try:
            return f"{path} holds the networks after round {checkpoint.load(path)[1]['round']}"
        except CheckpointError:
            return "nothing had been saved"

    def _unwritten(self, error):
        what = f"{error.filename or 'the output'} cannot be written: {error.strerror}"
        return MiniganError(f"{what}; {self._kept}.")

    def _stopped(self):
        where = f"stopped after round {self.training.rounds_done} of {self.training.rounds}, and saved; "
        return Stopped(self.signal, f"{where}python -m minigan.train --resume {self.out} goes on.")

    def __exit__(self, kind, error, trace):
        self._leave_signals()
        self.bar.close()
        with contextlib.suppress(OSError):  # again, after a row that could not be written
            self.file.close()
        self.lock.release()
        if isinstance(error, KeyboardInterrupt):
            print(f"stopped  {self._kept}")
        if isinstance(error, OSError):
            raise self._unwritten(error) from None
