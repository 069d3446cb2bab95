"""Reads the binary files of CIFAR-10: records of 3,073 bytes, a label and then 32x32 pixels for each of three colours.

The files that hold the same images as Python objects ("pickles") are not read, because opening them may run code.
"""

import numpy as np

from minigan.ground.errors import DataError

RECORD, MAX_RECORDS = 1 + 3 * 32 * 32, 10_000  # a file has 10,000 of them


def read_cifar(paths):
    """(images (n, 32, 32, 3), labels (n,)), both uint8, from the files at these paths, one after the other.

    Raises DataError if one of them is not such a file.
    """
    records = np.concatenate([_records(path) for path in paths])
    return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0]


def _records(path):
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_RECORDS * RECORD + 1)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
    if not content or len(content) % RECORD:
        raise DataError(f"{path} is cut short, or not a binary file of CIFAR-10; delete it and download it again.")
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    if records[:, 0].max() > 9:
        raise DataError(f"{path} is not a binary file of CIFAR-10: it has a label of {records[:, 0].max()}.")
    return records
