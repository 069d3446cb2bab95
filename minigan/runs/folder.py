"""The folder of a run: one process at a time may write to it, and a file in it is replaced as a whole or not at all."""

import contextlib
import os

from minigan.ground.errors import ArgumentError

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]


class Lock:
    """Keeps other runs out of a folder until it is released. On Windows, which has no flock, it does nothing.

    Raises ArgumentError if another run holds the lock.
    """

    def __init__(self, folder):
        self.file = None
        if fcntl:
            self.file = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ArgumentError(
                    f"another run is writing to {folder}; wait for it, or choose another folder."
                ) from None

    def release(self):
        if self.file is not None:
            os.close(self.file)
            self.file = None

    __del__ = release


def claim(folder):
    """The Lock of a new run's folder, which is created if necessary.

    Raises ArgumentError if the folder is not empty, OSError if it cannot be created.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = Lock(folder)
    if any(folder.iterdir()):
        raise ArgumentError(f"{folder} is not empty, and the run would overwrite files there; choose another --out.")
    return lock


@contextlib.contextmanager
def replacing(path):
    """A text file to write to. It takes the place of `path` once all of it is on the disk."""
    partial = path.with_name(path.name + ".partial")
    try:
        with open(partial, "w", newline="", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
