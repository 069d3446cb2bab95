"""Finds the image sets that people know on this machine, or downloads them once and keeps them.

sets.py says which sets these are, what their files are called and where they are published.
"""

import hashlib
import os
import shutil
import tarfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from minigan.data.cifar import read_cifar
from minigan.data.idx import read_idx
from minigan.data.sets import SETS
from minigan.ground.errors import DataError, brief

TORCHVISION = ("data", "../data", ".")  # the folders that its examples use; the files are in a subfolder for each set
TIMEOUT = 10  # seconds without an answer, before the next mirror is tried
PATIENCE, SLOWEST = 600, 100_000  # seconds for a whole file, and one more for so many bytes of it
CHUNK = 256  # bytes; small, so that the time is checked even if the data trickle in


class NotFound(DataError):
    """A set is not on this machine and cannot be downloaded. `reason` says why; the message also says what to do."""

    def __init__(self, known, reason):
        names = ", ".join(name for split in known.files.values() for name in split)
        super().__init__(f"{reason} Put {names} into a folder and give it as --data-dir or in MINIGAN_DATA.")
        self.reason = reason


def load_known(name, split="train", data_dir=None):
    """(images (n, height, width) or (n, height, width, 3) uint8, labels (n,) uint8 from 0, the folder they came from).

    name: of a set in SETS. split: "train" or "test".
    Looks in data_dir, or else in the folder that the environment variable MINIGAN_DATA names, and in the subfolder of
    it that torchvision would use. If neither is given, looks in minigan's cache folder, then where torchvision keeps
    the set, and then downloads the files into the cache.
    Raises NotFound if that fails, and DataError if a folder that you named lacks the files or holds another set, or if
    a file is damaged: minigan never silently uses other data instead.
    """
    known, named = SETS[name], data_dir or os.environ.get("MINIGAN_DATA")
    if named:
        paths = find(known, split, Path(named)) or find(known, split, Path(named, known.torchvision))
        if paths is None:
            raise DataError(f"{named} does not hold {known.title}'s {lacking(known, split, named)}.")
    else:
        import pooch

        cache = Path(pooch.os_cache("minigan"), known.cache)
        folders = [cache, *(Path(root, known.torchvision) for root in TORCHVISION)]
        paths = next(filter(None, (find(known, split, folder) for folder in folders)), None)
        if paths is None:
            download(known, split, cache)
            paths = find(known, split, cache)
    images, labels = read(known, paths)
    found = recognised(paths[-1], labels)
    if found and found != known:
        raise DataError(f"{paths[0].parent} holds {found.title}, not {known.title}; give another --data or --data-dir.")
    return images, labels, paths[0].parent


def find(known, split, folder):
    """The Paths of the files of a split, each with or without its ending .gz; None if one is missing."""
    pairs = [(folder / name, folder / name.removesuffix(".gz")) for name in known.files[split]]
    paths = [next((path for path in pair if os.path.isfile(path)), None) for pair in pairs]
    return paths if all(paths) else None


def lacking(known, split, folder):
    """The files of a split that a folder should hold, in words, and what to do if they are there in another form."""
    *some, last = known.files[split]
    names = " and ".join(filter(None, [", ".join(some), last]))
    if known.archive and os.path.isfile(Path(folder, known.archive)):
        return f"{names}; unpack {known.archive} there first"
    if known.archive and os.path.exists(Path(folder, "cifar-10-batches-py")):
        return f"{names}; its pickles may run code when they are opened, so take {known.archive} instead"
    return names if known.archive else f"{names} (with or without the ending .gz)"


def read(known, paths):
    """(images, labels) from the files of a split. Raises DataError."""
    if known.archive:
        return read_cifar(paths)
    images, labels = (read_idx(path, role, known.most) for path, role in zip(paths, ("images", "labels"), strict=True))
    if len(images) != len(labels):
        raise DataError(
            f"{paths[0]} holds {len(images)} images but {paths[1]} {len(labels)} labels; do they belong together?"
        )
    if not known.first_label <= labels.min() <= labels.max() < known.first_label + len(known.classes):
        raise DataError(f"{paths[1]} holds a label that {known.title} does not have; it belongs to another set.")
    return np.swapaxes(images, 1, 2) if known.turned else images, labels - np.uint8(known.first_label)


def recognised(path, labels):
    """The set in SETS that a file of labels belongs to, by its hash or by the first labels; None if that is unclear."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest() if path.suffix == ".gz" else None
    first = "".join(map(str, labels[:10].tolist()))
    for known in SETS.values():
        if (known.first and known.first == first) or sha256 in [sha for _, sha in known.published.values()]:
            return known
    return None


def download(known, split, folder):
    """Download the files of a split into a folder. Each gets its name after its size and SHA-256 have been checked."""
    for name in [known.archive] if known.archive else known.files[split]:
        retrieve(known, name, folder)
    if known.archive:
        unpack(folder / known.archive, [name for names in known.files.values() for name in names])


def retrieve(known, name, folder):
    """Download one file from the first mirror that has it. Raises NotFound."""
    import pooch

    pooch.get_logger().setLevel("WARNING")
    size, sha256 = known.published[name]
    for mirror in known.mirrors:
        try:
            pooch.retrieve(mirror + name, f"sha256:{sha256}", name, folder, downloader=partial(_fetch, size))
            return
        except Exception as error:  # requests, urllib3, pooch and the file system all raise exceptions of their own
            reason = _root_cause(error)
            if isinstance(reason, KeyboardInterrupt):  # tempfile failed while it cleaned up after a Ctrl-C
                raise reason from None
    raise NotFound(known, f"downloading {name} failed ({brief(reason)}).")


def unpack(archive, names):
    """Take the files with these names out of a .tar.gz, into its folder, and remove it."""
    with tarfile.open(archive) as tar:
        for member in tar:
            path = archive.with_name(member.name.rpartition("/")[2])
            if path.name in names:
                unfinished = path.with_name(f"{path.name}.{os.getpid()}.partial")
                source: Any = tar.extractfile(member)
                with source, open(unfinished, "wb") as target:
                    shutil.copyfileobj(source, target)
                os.replace(unfinished, path)
    archive.unlink(missing_ok=True)  # another process may have done the same


def _fetch(size, url, path, _):
    """Write the file at url, of `size` bytes, to path. pooch's own downloader follows redirects to http, and sets no
    limits."""
    import requests
    from tqdm import tqdm

    with (
        requests.Session() as session,
        _answer(session, url) as answer,
        open(path, "wb") as file,
        tqdm(desc=url.rpartition("/")[2], total=size, unit="B", unit_scale=True, leave=False, disable=None) as bar,
    ):
        if answer.status_code != 200:
            raise DataError(f"{url} answered {answer.status_code} {answer.reason}")
        patience = PATIENCE + size / SLOWEST
        end = time.monotonic() + patience
        for chunk in answer.iter_content(CHUNK):
            bar.update(file.write(chunk))
            if file.tell() > size or time.monotonic() > end:
                raise DataError(f"{url} is larger than the published file or took longer than {patience:.3g} seconds")


def _answer(session, url):
    """The answer of a server, after as many as five redirects, but never to http."""
    answer = session.get(url, stream=True, timeout=TIMEOUT, allow_redirects=False)
    for _ in range(5):
        if not (answer.next and answer.next.url.startswith("https://")):
            break
        answer.close()
        answer = session.send(answer.next, stream=True, timeout=TIMEOUT, allow_redirects=False)
    return answer


def _root_cause(error):
    while error.__context__ is not None:
        error = error.__context__
    return error
