"""Your own files: a .npy or .npz file becomes a Dataset."""

import os
import zipfile
from dataclasses import replace

import numpy as np

from minigan.data import npy
from minigan.data.dataset import Dataset, from_images
from minigan.errors import DataError, brief


ENDINGS = (".npy", ".npz")


def from_file(path):
    """A Dataset of the user's own: images (n, h, w), images of one row each (n, h * h), or points (n, 2).

    Pixels may be whole numbers 0..255, or floats within 0..1 or -1..1; a range that fits none of these is refused
    rather than guessed at, because a generator that ends in tanh could never reach it. Raises DataError.
    """
    x, labels = _read(path)
    data = _from_array(x, path)
    if labels is None:
        return data
    if labels.dtype.kind not in "iu" or labels.shape != (len(x),) or labels.min() < 0 or labels.max() >= 1000:
        found = f"{labels.dtype} of shape {labels.shape}"
        return replace(data, note=f"{data.note}; its labels are {found}, not whole numbers 0..999 of shape ({len(x)},)")
    missing = sorted(set(range(labels.max())) - set(np.unique(labels).tolist()))
    words = f"; no sample has label {', '.join(map(str, missing))}" if missing else ""
    return replace(data, labels=labels, note=data.note + words)


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
    if side >= 8 and side * side == x.shape[1]:  # 1x1 would be labels, 3x3 one-hot labels
        x = x.reshape(-1, side, side)
    if x.ndim != 3 or min(x.shape[1:]) < 2:
        raise DataError(f"{path} has shape {x.shape}; minigan takes grey images (n, height, width) or points (n, 2).")
    low, high = x.min(), x.max()
    if low == high:
        raise DataError(f"{path} holds the value {low} only.")
    if x.dtype.kind in "iu" and low >= 0 and 1 < high <= 255:
        return from_images(x.astype(np.uint8), f"{path}, values 0..255")
    if x.dtype.kind in "biu" and low >= 0 and high <= 1:
        return from_images(x.astype(np.uint8) * np.uint8(255), f"{path}, values 0..1")
    near = 1e-3  # resampled images overshoot a little
    if low >= -near and high <= 1 + near:
        return from_images(np.rint(np.clip(x, 0, 1) * 255.0).astype(np.uint8), f"{path}, values 0..1")
    if -1 - near <= low < -0.5 and high <= 1 + near:
        return from_images(np.rint((np.clip(x, -1, 1) + 1.0) * 127.5).astype(np.uint8), f"{path}, values -1..1")
    raise DataError(
        f"{path} has values from {low:g} to {high:g} as {x.dtype}; scale them to 0..1, -1..1 or whole 0..255 first."
    )


def _read(path):
    if path.suffix.lower() not in ENDINGS:
        raise DataError(f"{path} must be a .npy or .npz file.")
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
    except Exception as error:  # zipfile and zlib raise classes of their own for damaged archives
        raise DataError(f"{path} is not a readable {path.suffix} file ({brief(error)}).") from None
