"""Your own files: a .npy or .npz file becomes a Dataset.

A .npz file may also hold labels. Its arrays are called "images" and "labels", or as in Keras's files "x_train" and
"y_train", or "x" and "y". If it holds a single array, the name does not matter.
"""

import os
import zipfile
from dataclasses import replace

import numpy as np

from minigan.data import npy
from minigan.data.dataset import MAX_CLASSES, Dataset, from_images
from minigan.ground.errors import DataError, brief

ENDINGS = (".npy", ".npz")


def from_file(path):
    """Read a Dataset from the file at `path`, a pathlib.Path.

    The file holds grey images (n, height, width), square ones with one image in a row (n, height * height), colour
    images (n, height, width, 3), or points (n, 2). Pixels may be integers in 0..255, or floats in 0..1 or in -1..1.
    Integers in 0..1 become 0 and 255, black and white. Other ranges raise DataError instead of being rescaled by
    guesswork: G's tanh reaches -1..1, so a wrong guess would train on values that G cannot make.

    Labels must be integers in 0..999, one for each sample. Others are ignored, and the note says so. Samples that are
    sorted by their labels are shuffled.
    Raises DataError if the file is missing or damaged, or if minigan cannot train on what it holds.
    """
    x, labels = _read(path)
    data = _from_array(x, path)
    wrong = _wrong(labels, len(x))
    if wrong:
        return replace(data, note=f"{data.note}; its labels are ignored: they are {wrong}")
    return _with_labels(data, labels)


def from_arrays(x, labels=None):
    """A Dataset of the array x, and of labels if they are given. Both must be as in a file, see `from_file`.

    Raises DataError if minigan cannot train on them.
    """
    x, labels = np.asarray(x), None if labels is None else np.asarray(labels)
    data = replace(_from_array(x, "the array"), name="array")
    wrong = _wrong(labels, len(x))
    if wrong:
        raise DataError(f"the labels are {wrong}.")
    return _with_labels(data, labels)


def _wrong(labels, n):
    """What is wrong with the labels of n samples, in words; None if nothing is."""
    if labels is None:
        return None
    if labels.dtype.kind in "iu" and labels.shape == (n,) and labels.min() >= 0 and labels.max() < MAX_CLASSES:
        return None
    return f"{labels.dtype} of shape {labels.shape}, not whole numbers 0..{MAX_CLASSES - 1} of shape ({n},)"


def _with_labels(data, labels):
    if labels is None:
        return data
    missing = sorted(set(range(labels.max())) - set(np.unique(labels).tolist()))
    words = f"; no sample has label {', '.join(map(str, missing))}" if missing else ""
    data = replace(data, labels=labels, note=data.note + words)
    return data.shuffled() if (labels[1:] >= labels[:-1]).all() else data


def _from_array(x, path):
    if x.dtype.kind not in "biuf" or x.size == 0:
        raise DataError(f"{path} holds {brief(x.dtype)} of shape {x.shape}; it must hold numbers, at least one sample.")
    with np.errstate(over="ignore"):
        finite = x.dtype.kind != "f" or np.isfinite(x.astype(np.float32)).all()
    if not finite:
        raise DataError(f"{path} holds NaN, infinite or overlarge values; remove those samples first.")
    if x.ndim == 2 and x.shape[1] == 2:
        return Dataset(x.astype(np.float32), (2,), f"{len(x)} points from {path}")
    side = round(x.shape[1] ** 0.5) if x.ndim == 2 else 0
    if side >= 8 and side * side == x.shape[1]:  # smaller squares are more likely labels (1) or one-hot labels (9)
        x = x.reshape(-1, side, side)
    if x.ndim not in (3, 4) or min(x.shape[1:3]) < 2 or x.shape[3:] not in ((), (3,)):
        raise DataError(
            f"{path} has shape {x.shape}; minigan takes images (n, height, width), in colour (n, height, width, 3), or "
            "points (n, 2)."
        )
    return from_images(*_pixels(x, path))


def _pixels(x, path):
    """(x as uint8 pixels in 0..255, the file and the range of values that was recognised)."""
    low, high = x.min(), x.max()
    if low == high:
        raise DataError(f"{path} holds only the value {low}; a GAN needs images that differ.")
    integers, margin = x.dtype.kind in "biu", 1e-3  # resampled images may lie slightly outside their range
    if integers and low >= 0 and high <= 1:
        return x.astype(np.uint8) * np.uint8(255), f"{path}, values 0..1"
    if integers and low >= 0 and high <= 255:
        return x.astype(np.uint8), f"{path}, values 0..255"
    if low >= -margin and high <= 1 + margin:
        return np.rint(np.clip(x, 0, 1) * 255.0).astype(np.uint8), f"{path}, values 0..1"
    if -1 - margin <= low < -0.5 and high <= 1 + margin:
        return np.rint((np.clip(x, -1, 1) + 1.0) * 127.5).astype(np.uint8), f"{path}, values -1..1"
    raise DataError(
        f"{path} has values from {low:g} to {high:g} as {x.dtype}; "
        "scale them to 0..1 or -1..1, or to whole numbers in 0..255, first."
    )


def _read(path):
    """(the samples, the labels or None), as they are in the file."""
    if path.suffix.lower() not in ENDINGS:
        raise DataError(f"{path} is not a .npy or .npz file; convert it to one with np.save or np.savez.")
    try:
        with open(path, "rb") as file:
            is_zip, size = file.read(2) == b"PK", file.seek(0, os.SEEK_END)
            file.seek(0)
            if not is_zip:
                return npy.read(file, size), None
            with zipfile.ZipFile(file) as archive:
                parts = npy.parts(archive, size)
                labels = next((name for name in ("labels", "y_train", "y") if name in parts), None)
                images = next((name for name in ("images", "x_train", "x", *parts) if name in parts), None)
                if (len(parts) > 1 and images not in ("images", "x_train", "x")) or not images:
                    raise DataError(f"{path} holds {brief(', '.join(parts) or 'nothing')}; call the array 'images'.")
                return npy.part(archive, parts[images]), labels and npy.part(archive, parts[labels])
    except FileNotFoundError:
        raise DataError(f"there is no file {path}.") from None
    except DataError:
        raise
    except Exception as error:  # zipfile and zlib raise exceptions of their own for damaged archives
        raise DataError(f"{path} is not a readable {path.suffix} file ({brief(error)}).") from None
