"""Find MNIST on this machine, or fetch it once and keep it.

MNIST: Y. LeCun, C. Cortes, C. J. C. Burges; CC BY-SA 3.0.
"""

import os
import time
from pathlib import Path

from minigan.data.idx import read_idx
from minigan.errors import DataError, brief

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
TORCHVISION = ("data", "../data", ".")  # the roots that its examples use; the files lie in root/MNIST/raw
TIMEOUT, PATIENCE = 10, 600  # seconds without a word, and of a whole file, before the next mirror is tried
MAX_BYTES = 20_000_000  # of a file; MNIST's largest has 9.9 MB


class MnistNotFound(DataError):
    """MNIST is neither on this machine nor within reach; `reason` is why, without what to do."""

    def __init__(self, reason):
        names = ", ".join(FILES["train"] + FILES["test"])
        super().__init__(f"{reason} Put {names} into a folder, and name it by --data-dir or MINIGAN_DATA.")
        self.reason = reason


def load_mnist(split="train", data_dir=None):
    """(images (n, 28, 28) uint8, labels (n,) uint8, the folder they came from) for split "train" or "test".

    Looked for in data_dir; else in the folder that the environment variable MINIGAN_DATA names, our cache folder,
    torchvision's MNIST/raw; else downloaded into the cache. Raises MnistNotFound when there is none, DataError when a
    file is there but wrong: what a user chose is never silently passed over.
    """
    named = data_dir or os.environ.get("MINIGAN_DATA")
    if named:
        paths = _in_folder(Path(named), split) or _in_folder(Path(named, "MNIST", "raw"), split)
        if paths is None:
            raise DataError(f"{named} does not hold MNIST's {' and '.join(FILES[split])} (the .gz may be unpacked).")
    else:
        import pooch

        cache = Path(pooch.os_cache("minigan"))
        folders = [cache] + [Path(root, "MNIST", "raw") for root in TORCHVISION]
        paths = next(filter(None, (_in_folder(folder, split) for folder in folders)), None)
        if paths is None:
            paths = [download(name, cache) for name in FILES[split]]
    images, labels = read_idx(paths[0], "images"), read_idx(paths[1], "labels")
    if len(images) != len(labels):
        raise DataError(f"{paths[0]} holds {len(images)} images but {paths[1]} {len(labels)} labels; are they one set?")
    return images, labels, paths[0].parent


def _in_folder(folder, split):
    paths = [next((p for p in (folder / name, folder / name[:-3]) if os.path.isfile(p)), None) for name in FILES[split]]
    return paths if all(paths) else None


def download(name, folder):
    """Fetch one of MNIST's files into folder, its SHA-256 verified before it gets its name; returns its path."""
    import pooch

    pooch.get_logger().setLevel("WARNING")
    for mirror in MIRRORS:
        try:
            return Path(pooch.retrieve(mirror + name, "sha256:" + SHA256[name], name, folder, downloader=_fetch))
        except Exception as error:  # requests, urllib3, pooch and the file system each raise classes of their own
            reason = _root_cause(error)
            if isinstance(reason, KeyboardInterrupt):  # and tempfile failed at cleaning up after it
                raise reason from None
    raise MnistNotFound(f"downloading {name} failed ({brief(reason)}).")


def _fetch(url, path, _):
    """Write what is at url to path. pooch's own way would follow a redirect, also to http, and read without end."""
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
        for chunk in answer.iter_content(256):  # small, so that a trickle does not keep the clock from being read
            bar.update(file.write(chunk))
            if file.tell() > MAX_BYTES or time.monotonic() > end:
                raise DataError(f"{url} is larger than any file of MNIST, or takes longer than {PATIENCE} seconds")


def _root_cause(error):
    while error.__context__ is not None:
        error = error.__context__
    return error
