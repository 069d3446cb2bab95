"""Reads IDX, the format of MNIST and its relatives: a header of big-endian integers, then one byte for each value.

The header of images is 2051, count, rows, columns; that of labels is 2049, count. The files are usually gzipped.
"""

import gzip
import struct
import zlib

import numpy as np

from minigan.ground.errors import DataError

ROLES = {2051: ("images", 3), 2049: ("labels", 1)}  # first number of the header: content, number of dimensions
PIXELS = 28 * 28  # of an image; some have fewer, none has more


def read_idx(path, role, most=60_000):
    """The array in an IDX file, gzipped or not: uint8 (n, rows, columns) for role "images", (n,) for "labels".

    most: samples that the file can have.

    Raises DataError if the file is anything else, and says what it seems to be. Never reads more than one byte beyond
    the size that the header gives.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(64)
            file.seek(0)
            with gzip.open(file) if start[:2] == b"\x1f\x8b" else file as stream:
                return _parse(stream, path, role, start, most)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is cut short or damaged ({error}); delete it and download it again.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None


def _parse(stream, path, role, start, most):
    head = stream.read(4)
    magic = struct.unpack(">i", head)[0] if len(head) == 4 else None
    if magic not in ROLES:
        raise DataError(f"{path} is not an IDX file but {_what(start)}; delete it and download it again.")
    found, n_dims = ROLES[magic]
    if found != role:
        raise DataError(f"{path} holds {found} where {role} were expected; were two files swapped?")
    shape_bytes = stream.read(4 * n_dims)
    if len(shape_bytes) < 4 * n_dims:
        raise DataError(f"{path} is cut short inside its header; delete it and download it again.")
    shape = struct.unpack(f">{n_dims}i", shape_bytes)
    size = int(np.prod(shape, dtype=object))
    if min(shape) < 1 or shape[0] > most or size > most * PIXELS:
        raise DataError(
            f"{path} claims to hold an array of shape {shape}, which is impossible for this set; download it again."
        )
    data = stream.read(size + 1)
    if len(data) != size:
        more = "more than" if len(data) > size else f"only {len(data)} of"
        raise DataError(f"{path} holds {more} the {size} bytes that its header promises; download it again.")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _what(start):
    text = start.lstrip().lower()
    if not start:
        return "empty"
    if text.startswith((b"<", b"{")):
        return "a web page (the download was probably refused)"
    if text.startswith(b"version https://git-lfs") or text.startswith(b"/annex") or b".git/annex" in text:
        return "a pointer to a file that is stored elsewhere (Git LFS or git-annex)"
    return "of some other kind (its first number is wrong)"
