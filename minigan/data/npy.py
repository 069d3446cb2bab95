"""Arrays in NumPy's .npy format, alone or in a zip (.npz), from files that nobody vouches for; no pickle: no code runs.

np.load makes room for what a header says. Here no size is believed before the file has been seen to hold as much.
"""

import math
import warnings
import zipfile

import numpy as np

LEAST, RATIO = 5_000_000, 100  # bytes that any zip may unpack to, and how many times its own size a large one may


def read(stream, size):
    """The array, read-only, that a stream of `size` bytes holds. Raises ValueError before anything large is read."""
    if stream.read(8) != b"\x93NUMPY\x01\x00":
        raise ValueError("it does not begin as .npy files do")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of headers that Python 2 wrote
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    except Exception:  # what is evaluated there as a Python literal can fail in many ways
        raise ValueError("its header cannot be read") from None
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are never loaded")
    if math.prod(shape) * dtype.itemsize != size - stream.tell():
        raise ValueError(f"its header says {dtype} of shape {shape}, which is not the size of what follows")
    return np.frombuffer(stream.read(), dtype).reshape(shape, order="F" if fortran else "C")


def parts(archive, size):
    """name -> ZipInfo of each .npy in an open ZipFile of `size` bytes. Raises ValueError where it is no honest one."""
    infos = archive.infolist()
    if sum(info.file_size for info in infos) > max(LEAST, RATIO * size):
        raise ValueError(f"it unpacks to more than {RATIO} times its size")
    if any(info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for info in infos):
        raise ValueError("it is packed in a way that NumPy does not use")
    found = {info.filename.removesuffix(".npy"): info for info in infos if info.filename.endswith(".npy")}
    if len(found) < len(infos):
        raise ValueError("it holds something else than arrays, or two of one name")
    return found


def part(archive, info):
    """One array of the archive, read-only. Raises ValueError, and what zipfile and zlib raise for a damaged one."""
    with archive.open(info) as stream:
        return read(stream, info.file_size)
