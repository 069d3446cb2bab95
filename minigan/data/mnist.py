"""Finds MNIST on this machine, or downloads it once and keeps it.

MNIST: Y. LeCun, C. Cortes, C. J. C. Burges; CC BY-SA 3.0.
"""

import os
import time
from pathlib import Path

from minigan.data.idx import read_idx
from minigan.ground.errors import DataError, brief

FILES = {"train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
         "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")}  # fmt: skip
SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
TORCHVISION = ("data", "../data", ".")  # the folders that its examples use; the files are in FOLDER/MNIST/raw
TIMEOUT, PATIENCE = 10, 600  # seconds without an answer, and for a whole file, before the next mirror is tried
MAX_BYTES = 20_000_000  # of a file; MNIST's largest has 9.9 million


class MnistNotFound(DataError):
    """MNIST is not on this machine and cannot be downloaded. `reason` says why; the message also says what to do."""

    def __init__(self, reason):
        names = ", ".join(FILES["train"] + FILES["test"])
        super().__init__(f"{reason} Put {names} into a folder and give it as --data-dir or in MINIGAN_DATA.")
        self.reason = reason


def load_mnist(split="train", data_dir=None):
    """(images (n, 28, 28) uint8, labels (n,) uint8, the folder they came from) of the split "train" or "test".

    Looks in data_dir, or else in the folder that the environment variable MINIGAN_DATA names. If neither is given,
    looks in minigan's cache folder, then in torchvision's MNIST/raw, and then downloads the files into the cache.
    Raises MnistNotFound if that fails, and DataError if a folder that you named lacks the files or if a file is
    damaged: minigan never silently uses other data instead.
    """
    named = data_dir or os.environ.get("MINIGAN_DATA")
    if named:
        paths = _in_folder(Path(named), split) or _in_folder(Path(named, "MNIST", "raw"), split)
        if paths is None:
            raise DataError(
                f"{named} does not hold MNIST's {' and '.join(FILES[split])} (with or without the ending .gz)."
            )
    else:
        import pooch

        cache = Path(pooch.os_cache("minigan"))
        folders = [cache] + [Path(root, "MNIST", "raw") for root in TORCHVISION]
        paths = next(filter(None, (_in_folder(folder, split) for folder in folders)), None)
        if paths is None:
            paths = [download(name, cache) for name in FILES[split]]
    images, labels = read_idx(paths[0], "images"), read_idx(paths[1], "labels")
    if len(images) != len(labels):
        raise DataError(
            f"{paths[0]} holds {len(images)} images but {paths[1]} {len(labels)} labels; do they belong together?"
        )
    return images, labels, paths[0].parent


def _in_folder(folder, split):
    paths = [next((p for p in (folder / name, folder / name[:-3]) if os.path.isfile(p)), None) for name in FILES[split]]
    return paths if all(paths) else None


def download(name, folder):
    """Download one of MNIST's files into folder and return its path. Its SHA-256 is checked before it gets its name."""
    import pooch

    pooch.get_logger().setLevel("WARNING")
    for mirror in MIRRORS:
        try:
            return Path(pooch.retrieve(mirror + name, "sha256:" + SHA256[name], name, folder, downloader=_fetch))
        except Exception as error:  # requests, urllib3, pooch and the file system all raise exceptions of their own
            reason = _root_cause(error)
            if isinstance(reason, KeyboardInterrupt):  # tempfile failed while it cleaned up after a Ctrl-C
                raise reason from None
    raise MnistNotFound(f"downloading {name} failed ({brief(reason)}).")


def _fetch(url, path, _):
    """Write the file at url to path. pooch's own downloader follows redirects, even to http, and sets no limits."""
    import requests
    from tqdm import tqdm

    with (
        requests.get(url, stream=True, timeout=TIMEOUT, allow_redirects=False) as answer,
        open(path, "wb") as file,
        tqdm(unit="B", unit_scale=True, leave=False, disable=None) as bar,
    ):
        end, bar.total = time.monotonic() + PATIENCE, int(answer.headers.get("content-length", 0))
        if answer.status_code != 200:
            raise DataError(f"{url} answered {answer.status_code} {answer.reason}")
        for chunk in answer.iter_content(256):  # small, so that the time is checked even if the data trickle in
            bar.update(file.write(chunk))
            if file.tell() > MAX_BYTES or time.monotonic() > end:
                raise DataError(f"{url} is larger than any file of MNIST or took longer than {PATIENCE} seconds")


def _root_cause(error):
    while error.__context__ is not None:
        error = error.__context__
    return error
