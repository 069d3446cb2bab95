"""Reads NumPy's .npy and .npz files without trusting them. There is no pickle, so no code from a file can run.

np.load allocates whatever size a header claims. Here a size is compared with the size of the file before anything is
allocated.
"""

import math
import warnings
import zipfile

import numpy as np

# A zip may unpack to MIN_LIMIT bytes, or to MAX_RATIO times its own size if that is more.
MIN_LIMIT, MAX_RATIO = 5_000_000, 100


def read(stream, size):
    """The array in a stream of `size` bytes, read-only. Raises ValueError, before it reads anything large."""
    if stream.read(8) != b"\x93NUMPY\x01\x00":
        raise ValueError("it does not begin like a .npy file of version 1.0")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about headers that were written by Python 2
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    except Exception:  # the header is parsed as a Python literal, which fails in many ways
        raise ValueError("its header cannot be read") from None
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are never loaded")
    if math.prod(shape) * dtype.itemsize != size - stream.tell():
        raise ValueError(f"its header says {dtype} of shape {shape}, which is not the size of the data after it")
    return np.frombuffer(stream.read(), dtype).reshape(shape, order="F" if fortran else "C")


def parts(archive, size):
    """{name: ZipInfo} of the .npy files in an open ZipFile of `size` bytes.

    Raises ValueError if it holds anything else, or if it would unpack to far more than its size.
    """
    infos = archive.infolist()
    if sum(info.file_size for info in infos) > max(MIN_LIMIT, MAX_RATIO * size):
        raise ValueError(f"it unpacks to more than {MAX_RATIO} times its size")
    if any(info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for info in infos):
        raise ValueError("it is compressed by a method that NumPy does not use")
    found = {info.filename.removesuffix(".npy"): info for info in infos if info.filename.endswith(".npy")}
    if len(found) < len(infos):
        raise ValueError("it holds something other than arrays, or two arrays with one name")
    return found


def part(archive, info):
    """One array of the archive, read-only. Raises ValueError, or an exception of zipfile or zlib if it is damaged."""
    with archive.open(info) as stream:
        return read(stream, info.file_size)
