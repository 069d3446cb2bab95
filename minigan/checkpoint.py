"""A run on disk: named arrays and one JSON text in an uncompressed .npz; no pickle, so that loading runs no code."""

import json
import os
from pathlib import Path

import numpy as np

from minigan.backend import to_host
from minigan.errors import CheckpointError

FORMAT = 1
NAME = "checkpoint.npz"


def save(path, arrays, meta):
    """Write name -> array (from either device) and the JSON-able dict meta to path.

    A temporary file in the same folder takes the place of the old one only when it is complete, so a machine that
    dies while saving leaves the last checkpoint as it was. Raises CheckpointError.
    """
    path = Path(path)
    text = json.dumps({"format": FORMAT} | meta)
    partial = path.with_name(path.name + ".partial")
    try:
        with open(partial, "wb") as file:
            np.savez(file, meta=np.array(text), **{name: to_host(array) for name, array in arrays.items()})
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be written: {error.strerror}; the last one is unharmed.") from None


def load(path):
    """(arrays, meta) from a checkpoint or from the folder of its run. Raises CheckpointError."""
    path = Path(path)
    path = path / NAME if path.is_dir() else path
    try:
        with open(path, "rb") as file:
            loaded = np.load(file, allow_pickle=False)
            arrays = {name: loaded[name] for name in loaded.files}
        meta = json.loads(str(arrays.pop("meta")))
        if meta["format"] != FORMAT:
            raise CheckpointError(f"{path} has format {meta['format']}, this minigan reads {FORMAT}.")
    except FileNotFoundError:
        raise CheckpointError(f"there is no checkpoint {path}; give the folder of a finished run.") from None
    except CheckpointError:
        raise
    except Exception as error:  # zipfile and zlib raise classes of their own for damaged archives
        reason = "" if "pickle" in str(error) else f" ({error})"  # NumPy takes any text for a pickle
        raise CheckpointError(f"{path} is not a minigan checkpoint{reason}.") from None
    return arrays, meta


def fill(target, array, name):
    """Copy a loaded array into target in place; raises CheckpointError where it does not fit or is not finite."""
    if array is None or array.shape != target.shape or array.dtype != target.dtype:
        found = "missing" if array is None else f"{array.dtype} {array.shape}"
        raise CheckpointError(f"the checkpoint's {name} is {found}, not {target.dtype} {target.shape}.")
    if not np.isfinite(array).all():
        raise CheckpointError(f"the checkpoint's {name} is not finite: that training had diverged.")
    target[...] = array
