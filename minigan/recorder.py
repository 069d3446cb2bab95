"""The folder of a run: what it was asked (config.json), its figures (metrics.csv), pictures and the last checkpoint."""

import csv
import json
import math
import platform
import shutil
import time
from dataclasses import asdict
from typing import Any

import numpy as np

from minigan import __version__, checkpoint, images
from minigan.backend import namespace, to_host
from minigan.errors import ArgumentError, MiniganError

FIGURES = ("d_loss", "g_loss", "d_real", "d_fake")  # d_real is the mean of D(x), d_fake that of D(G(z))
BEST = "best.npz"  # the checkpoint whose samples came nearest
COLUMNS = ("round", "epoch", "images", *FIGURES, "rounds_per_second")


class Diverged(MiniganError):
    """The losses or the weights are no longer finite numbers."""

    exit_code = 4


class Recorder:
    """Writes down a run as it goes and shows a progress bar; a context manager."""

    def __init__(self, out, preset, settings, data, distance=None, floor=None):
        """distance: a function from the arrays of a checkpoint to a figure for metrics.csv, the smaller, the better;
        floor: how small it can be. Raises ArgumentError when out cannot be a new run's folder."""
        self.out, self.settings, self.data = out, settings, data
        self.n_samples = 100 if data.is_images else 2000
        self.rounds_per_epoch = len(data.x) // settings.samples_a_round
        self.distance, self.floor, self.best = distance, floor, math.inf
        self.rounds = self.count = 0
        self.sums: Any = None
        self.saved: int | None = None  # the epoch that the checkpoint holds
        try:
            if out.is_dir() and any(out.iterdir()):
                raise ArgumentError(f"{out} is not empty, and a run would overwrite files there; give another --out.")
            (out / "samples").mkdir(parents=True, exist_ok=True)
            versions = {"minigan": __version__, "numpy": np.__version__, "python": platform.python_version()}
            config = {"preset": preset, **asdict(settings), "data_note": data.note, "versions": versions}
            (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
            self.file = open(out / "metrics.csv", "w", newline="", encoding="utf-8")  # noqa: SIM115 (__exit__ closes it)
        except OSError as error:
            raise ArgumentError(f"--out {out} cannot be written: {error.strerror}; give another folder.") from None
        self.table = csv.writer(self.file)
        self.table.writerow([*COLUMNS, *(["distance"] if distance else [])])

    def __enter__(self):
        from tqdm import tqdm

        print(f"data     {self.data.note}")
        print(f"writing  {self.out}/")
        total = self.settings.epochs * self.rounds_per_epoch
        self.bar = tqdm(total=total, unit="round", mininterval=0.5, disable=None, leave=False, dynamic_ncols=True)
        self.start = time.perf_counter()
        return self

    def round(self, figures):
        """Take one round's FIGURES, an array on its device; every log_every rounds their means become a row."""
        self.sums = self.sums + figures if self.count else figures
        self.count += 1
        self.rounds += 1
        self.bar.update()
        if self.count == self.settings.log_every and self.rounds % self.rounds_per_epoch:  # else epoch() does it
            self._row()

    def epoch(self, epoch, arrays, samples):
        """Save the arrays and picture the samples (N, n_x) as they are after an epoch; 0 is before training."""
        if not all(namespace(a).isfinite(a).all() for a in arrays.values()):
            raise self._diverged("weights")
        evaluated = (
            self._evaluate(arrays) if self.distance and epoch and epoch % self.settings.evaluate_every == 0 else None
        )
        if self.count:
            self._row(evaluated)
        meta = {"settings": asdict(self.settings), "shape": self.data.shape, "epoch": epoch, "round": self.rounds}
        if self.settings.conditional:
            meta["n_classes"] = self.data.n_classes
        checkpoint.save(self.out / checkpoint.NAME, arrays, meta)
        self.saved = epoch
        if evaluated is not None and evaluated < self.best:
            checkpoint.save(self.out / BEST, arrays, meta)
            self.best, self.best_epoch = evaluated, epoch
        picture = self.out / "samples" / f"epoch_{epoch:04d}.png"
        images.save_samples(picture, samples, self.data.shape, real=self.data.x[: self.n_samples])
        shutil.copyfile(picture, self.out / "samples.png")
        if epoch:
            self.bar.write(f"epoch {epoch:3d}/{self.settings.epochs}  {self.words}")
        self.start = time.perf_counter()

    def _evaluate(self, arrays):
        start = time.perf_counter()
        try:
            return self.distance(arrays)
        except ValueError:  # of samples that are not finite, although the weights are
            raise self._diverged("samples") from None
        finally:
            self.start += time.perf_counter() - start  # so that rounds_per_second is about training alone

    def _row(self, evaluated=None):
        means = [float(x) for x in to_host(self.sums) / self.count]  # the only place that waits for the device
        speed = self.count / (time.perf_counter() - self.start)
        if not all(map(math.isfinite, means)):
            raise self._diverged("losses")
        epoch = f"{self.rounds / self.rounds_per_epoch:.3f}"
        images_seen = self.rounds * self.settings.samples_a_round
        figures = [*means, speed] if evaluated is None else [*means, speed, evaluated]
        self.table.writerow([self.rounds, epoch, images_seen, *(f"{x:.6g}" for x in figures)])
        self.file.flush()
        d_loss, g_loss, d_real, d_fake = (f"{x:.3f}" for x in means)
        real, fake = ("D(x)", "D(G(z))") if self.settings.probable else ("score(x)", "score(G(z))")
        self.words = f"d_loss {d_loss}  g_loss {g_loss}  {real} {d_real}  {fake} {d_fake}  {speed:.0f} rounds/s"
        self.words += "" if evaluated is None else f"  distance {evaluated:.2f}"
        self.bar.set_postfix_str(f"d_loss {d_loss} g_loss {g_loss}", refresh=False)
        self.count, self.start = 0, time.perf_counter()

    def _diverged(self, what):
        return Diverged(
            f"the {what} were no longer finite after {self.rounds} rounds, so training stopped; "
            f"{self.out / checkpoint.NAME} holds the networks after epoch {self.saved}. Try a smaller --lr."
        )

    def __exit__(self, kind, error, trace):
        self.bar.close()
        self.file.close()
        if kind is None:
            images.save_curves(self.out / "curves.png", self.out / "metrics.csv", self.settings.probable, self.floor)
            if self.best < math.inf:
                print(f"best     {self.out / BEST}: distance {self.best:.2f} after epoch {self.best_epoch}")
            print(f"samples  {self.out / 'samples.png'}   (curves.png: the losses; samples/: one picture an epoch)")
            print(f"more     python -m minigan.sample {self.out} -n 100 --seed 1")
        elif kind is KeyboardInterrupt and self.saved is not None:
            print(f"stopped  {self.out / checkpoint.NAME} holds the networks after epoch {self.saved}")
