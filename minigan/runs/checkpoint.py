"""Checkpoints: everything that the next round of a training depends on, in one file.

The file is an uncompressed .npz of named arrays and a JSON text. It contains no pickle, so loading one runs no code.
A new checkpoint is first written to another file and read back. Only then does it replace the last one, so that one of
the two survives if the machine dies. Nothing from a loaded checkpoint is used before all of it has been checked.
"""

import contextlib
import hashlib
import io
import json
import os
import platform
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np

from minigan import __version__
from minigan.data import npy
from minigan.ground.backend import namespace, to_host
from minigan.ground.errors import CheckpointError, MiniganError, brief
from minigan.runs import parallel

FORMAT = 2
NAME = "checkpoint.npz"
META, MAX_META = "__meta__", 500_000  # bytes; usually it has a few thousand, and more with the names of many classes
DRAWN = ("noise", "dropout", "penalty")  # the random streams that rounds draw from


def save(path, arrays, meta):
    """Write arrays (name -> array, on host or device) and meta (a dict that JSON can represent) to `path`.

    Raises CheckpointError if the file cannot be written or if an array is not finite. The last checkpoint is then kept.
    """
    path, arrays = Path(path), {name: to_host(array) for name, array in arrays.items()}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise CheckpointError(f"{path} was not written, because {name} is not finite.")
    meta = meta | {"format": FORMAT, "arrays": described(arrays)}
    text = json.dumps(meta | {"sha256": digest(arrays, meta)})
    partial = path.with_name(path.name + ".partial")
    try:
        with open(partial, "wb") as file:
            parts: dict = {META: np.frombuffer(text.encode(), np.uint8)} | arrays
            packed = io.BytesIO()  # where NumPy 2.0 fails to write to a file, Python prints a traceback, too
            np.savez(packed, **parts)
            file.write(packed.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        load(partial)
        os.replace(partial, path)
        sync(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        last = "the last checkpoint is unharmed" if path.exists() else "there is no other checkpoint"
        raise CheckpointError(f"{path} cannot be written: {error.strerror}; {last}.") from None


class Diverged(MiniganError):
    """The losses, the weights or the samples are not finite any more."""

    exit_code = 4

    def __init__(self, what, training, run):
        where = f"after {training.rounds_done} rounds"
        super().__init__(f"the {what} were no longer finite {where}; {last_saved(run)}. Try a smaller --lr.")


def last_saved(run):
    """What the checkpoint in the folder of a run holds, in words."""
    try:
        return f"{run / NAME} holds the networks after round {load(run)[1]['round']}"
    except CheckpointError:
        return "nothing has been saved"


def sync(folder):
    """Write the names of a folder's files to the disk now. If the system cannot, it does so later by itself."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def described(arrays):
    """The dtype and shape of each array, as JSON can represent them."""
    return {name: [a.dtype.str, list(a.shape)] for name, a in arrays.items()}


def digest(arrays, meta):
    """The SHA-256 of all arrays and of meta without its own entry "sha256"."""
    sha = hashlib.sha256(json.dumps({name: meta[name] for name in meta if name != "sha256"}, sort_keys=True).encode())
    for name in sorted(arrays):
        sha.update(arrays[name].tobytes())
    return sha.hexdigest()


def load(path):
    """(arrays, meta) of a checkpoint, or of the one in the folder of a run. Raises CheckpointError."""
    path = Path(path)
    path = path / NAME if path.is_dir() else path
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            parts = npy.parts(archive, file.seek(0, os.SEEK_END))
            if parts[META].file_size > MAX_META:
                raise ValueError(f"its {META} is too large")
            meta = json.loads(npy.part(archive, parts.pop(META)).tobytes())
            if meta["format"] != FORMAT:
                raise ValueError(f"it has format {meta['format']}, but this version of minigan reads format {FORMAT}")
            arrays = {name: npy.part(archive, info) for name, info in parts.items()}
        if meta["arrays"] != described(arrays):
            raise ValueError("its arrays do not match its list of arrays")
        if digest(arrays, meta) != meta["sha256"]:
            raise ValueError("its SHA-256 does not match")
    except FileNotFoundError:
        raise CheckpointError(f"there is no checkpoint {path}; give the folder of a run.") from None
    except Exception as error:  # zipfile and zlib raise exceptions of their own for damaged archives
        raise CheckpointError(f"{path} is not a minigan checkpoint, or it is damaged ({brief(error)}).") from None
    return arrays, meta


def fits(target, array, name):
    """Raise CheckpointError unless the values of a loaded array can replace those of target.

    array: None if the checkpoint has none of that name.
    """
    if array is None or array.shape != target.shape or array.dtype != target.dtype:
        found = "missing" if array is None else f"{array.dtype} {array.shape}"
        raise CheckpointError(f"the checkpoint's {name} is {found}, not {target.dtype} {target.shape}.")
    if not np.isfinite(array).all():
        raise CheckpointError(f"the checkpoint's {name} is not finite, so its training had diverged.")


def fill(target, array, name):
    """Copy a loaded array into target, in place. Raises CheckpointError unless it fits."""
    fits(target, array, name)
    target[...] = namespace(target).asarray(array)


def environment(settings):
    """Everything that may change what a resumed run computes: name -> text."""
    versions = {"minigan": __version__, "NumPy": np.__version__, "Python": platform.python_version()}
    here = {"system": f"{platform.system()} {platform.machine()}", "processes": str(parallel.n_processes())}
    threads = {} if settings.threads == "auto" else {"BLAS threads": str(settings.threads)}
    return versions | here | threads | {"device": settings.device}


def changes(was, settings):
    """How the environment differs from that of a checkpoint, in words. What only one of them knows is left out."""
    now = environment(settings)
    return "; ".join(
        f"{name} {now[name]}, not {brief(was[name])}" for name in now if was.get(name, now[name]) != now[name]
    )


def of(training):
    """(arrays, meta) of a Training: everything that its next round depends on."""
    arrays = {"G": training.G.theta, "D": training.D.theta, "average": training.average.theta}
    for name, optimizer in (("G", training.g_optimizer), ("D", training.d_optimizer)):
        arrays |= {f"{name}.{state}": getattr(optimizer, state) for state in optimizer.state}
    streams = {name: training.streams[name].bit_generator.state for name in DRAWN}
    return arrays, {"settings": asdict(training.settings), "round": training.rounds_done, "streams": streams}


def restore(training, arrays, meta):
    """Set a new Training to the state in a checkpoint. If that raises CheckpointError, the training is unchanged."""
    targets, _ = of(training)
    for name, target in targets.items():
        fits(target, arrays.get(name), name)
    try:
        done, states = int(meta["round"]), {name: meta["streams"][name] for name in DRAWN}
        if not 0 <= done <= training.rounds:
            raise ValueError(f"round {done} of {training.rounds}")
        for rng, state in zip(np.random.default_rng(0).spawn(len(states)), states.values(), strict=True):
            rng.bit_generator.state = state  # a rehearsal, which raises if the state is invalid
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(f"the checkpoint does not say how far its run was ({brief(error)}).") from None
    for name, target in targets.items():
        fill(target, arrays[name], name)
    for name, state in states.items():
        training.streams[name].bit_generator.state = state
    for _ in range(done // training.rounds_per_epoch):
        training.streams["order"].permutation(len(training.data.x))  # the orders of the epochs that are over
    training.g_optimizer.t, training.d_optimizer.t = done * training.settings.g_steps, done * training.settings.d_steps
    training.rounds_done = done
