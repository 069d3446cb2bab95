"""Begins a run or continues one: from flags to a Training that is ready for its next round."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minigan.data import Dataset, is_folder, load
from minigan.ground.backend import library
from minigan.ground.errors import ArgumentError, CheckpointError, DataError, brief
from minigan.recipes.builders import discriminator, generator
from minigan.recipes.presets import PRESETS
from minigan.recipes.settings import Settings
from minigan.runs import checkpoint, metrics, threads
from minigan.runs.folder import Lock
from minigan.training import Training


@dataclass
class Resumed:
    """What a run that continues takes over from its folder."""

    lock: Lock | None  # None in all processes but the first
    arrays: dict
    meta: dict
    rows: list  # of metrics.csv, up to the round of the checkpoint
    sums: Any  # see Metrics
    count: int
    best: float  # see Saver
    best_epoch: int
    environment: dict  # of the run until now; see checkpoint.environment


class Run(NamedTuple):
    """A run that is ready to train."""

    out: Path
    preset: str
    data: Dataset  # on the host
    training: Training
    resumed: Resumed | None
    threads: str  # what was measured to choose the number of threads, in words


def prepare(preset=None, out=None, resume=None, comm=None, dataset=None, **given):
    """The Run that the flags of train ask for. Nothing has been written yet.

    preset: a name. out: Path of a new folder. resume: Path of the run to continue. comm: MPI's communicator, if several
    processes train together. dataset: a Dataset that takes the place of what --data names. given: Settings by name.
    Raises ArgumentError, DataError, DeviceError, and CheckpointError if the run cannot be continued.
    """
    if resume and (preset or out):
        flag = "--preset" if preset else "--out"
        raise ArgumentError(f"--resume continues {resume} as it began; drop {flag}.")
    if resume:
        preset, settings, data, resumed = continued(resume, given, comm, dataset)
    else:
        preset, settings, data = begun(preset, given, dataset)
        resumed = None
    settings, measured = threads.settled(settings, data, given, bool(resumed), bool(comm))
    training = Training(settings, data, library(settings.device))
    if resumed:
        checkpoint.restore(training, resumed.arrays, resumed.meta)
    out = resume or out or Path("runs", f"{datetime.now():%Y%m%d-%H%M%S}-{preset}")
    return Run(out, preset, data, training, resumed, measured)


def begun(preset, given, dataset):
    """(name of the preset, Settings, Dataset) of a new run with these flags."""
    of_data = {name: given[name] for name in ("data", "device", *Settings().of_data) if name in given}
    settings = PRESETS[preset or "minigan"].with_flags(**of_data)
    library(settings.device)  # raises DeviceError if there is none, before any work is done
    data = dataset or load(settings.data, **settings.of_data)
    preset = preset or fitting(data)
    settings = replace(PRESETS[preset].with_flags(**given), data=data.name)
    check_size(settings, data)
    if settings.conditional and data.labels is None:
        if given.get("conditional"):
            raise ArgumentError(
                "--conditional needs a label for each sample: whole numbers, called 'labels' in an .npz file. "
                f"Here: {data.note}."
            )
        settings = replace(settings, conditional=False)
        data = replace(data, note=f"{data.note}; no labels, so not conditional")
    return preset, settings, data


def fitting(data):
    """The name of the preset for these data, if none is given."""
    if data.name == "stacked":
        return "stacked"
    if not data.is_images:
        return "toy"
    return "pictures" if len(data.shape) == 3 or data.name == "fashion" or is_folder(data.name) else "minigan"


def check_size(settings, data):
    """Raise ArgumentError unless the data has enough samples for a round."""
    if settings.samples_per_round > len(data.x):
        raise ArgumentError(
            f"--batch-size {settings.batch_size} with --packing {settings.packing} and --d-steps {settings.d_steps} "
            f"needs {settings.samples_per_round} samples per round, but the data has only {len(data.x)}; "
            "choose a smaller --batch-size."
        )


def continued(run, given, comm, dataset):
    """(name of the preset, Settings, Dataset, Resumed) of the run in a folder, which is locked and checked."""
    fixed = sorted(set(given) - {"epochs", "data", "data_dir", "device", "threads"})
    if fixed:
        raise ArgumentError(f"--{fixed[0].replace('_', '-')} cannot be changed when a run continues; drop it.")
    if not run.is_dir():
        raise ArgumentError(f"--resume needs the folder of a run, but there is no folder {run}.")
    lock = None if comm and comm.rank else Lock(run)  # before anything is read
    try:
        return restored(run, given, dataset, lock)
    except BaseException:
        if lock:
            lock.release()  # now: the traceback keeps it alive, for long in a notebook
        raise


def restored(run, given, dataset, lock):
    """What `continued` returns, from the files of the run."""
    arrays, meta = checkpoint.load(run)
    try:
        preset, settings, done = str(meta["preset"]), Settings(**meta["settings"]), int(meta["round"])
        sha256, was, recorder = str(meta["data"]), dict(meta["environment"]), meta["recorder"]
        count, best_epoch = int(recorder["count"]), int(recorder["best_epoch"])
        best = float(recorder["best"]) if best_epoch else np.inf
        sums = arrays["sums"].reshape(len(metrics.FIGURES)) if count else None
    except (KeyError, TypeError, ValueError, OverflowError, ArgumentError) as error:
        raise CheckpointError(f"this version of minigan cannot continue the run in {run} ({brief(error)}).") from None
    figures = run / "metrics.csv"
    rows = [row for row in metrics.read(figures) if row["round"] <= done] if figures.exists() else []
    settings = replace(settings, **given)
    library(settings.device)
    data = dataset or load(settings.data, **settings.of_data)
    if data.sha256 != sha256:
        raise DataError(f"the run in {run} was trained on other samples than {data.note}; it needs the same ones.")
    check_size(settings, data)
    D = discriminator(settings, data, dropout_rng=np.random.default_rng(0))
    for network, name in ((generator(settings, data), "average"), (D, "D")):
        checkpoint.fits(network.theta, arrays.get(name), name)  # zeros so far, which take no memory
    if done > settings.epochs * (len(data.x) // settings.samples_per_round):
        raise ArgumentError(f"the run in {run} has done more than {settings.epochs} epochs; increase --epochs.")
    resumed = Resumed(lock, arrays, meta, rows, sums, count, best, best_epoch, was)
    return preset, settings, data, resumed
