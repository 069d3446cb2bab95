"""A folder of pictures becomes a Dataset of small square images. Its subfolders become labels.

picture.py reads a single file. What was read is kept in minigan's cache folder, so that the next run starts at once.
"""

import contextlib
import hashlib
import json
import os
import warnings
from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from minigan.data import picture
from minigan.data.dataset import MAX_CLASSES, from_images
from minigan.ground.errors import DataError, brief

RECIPE = 1  # Raise it when you change how a file becomes an image: what is in the cache is then left alone.
PARTS = {"train", "training", "test", "testing", "val", "valid", "validation"}  # subfolders that are not labels
NAMED = 3  # a sentence names as many of the files that were left out


class Pictures(NamedTuple):
    """What was read from a folder."""

    images: Any  # uint8 (n, size, size) or (n, size, size, 3)
    kept: list[int]  # which of the folder's picture files they are
    done: dict[str, int]  # what was done to pictures, in words, and to how many
    unreadable: dict[str, str]  # name -> why the file cannot be used


def from_folder(folder, size=28, colour=False):
    """Read the picture files in a folder, and in all folders below it, as images of size x size pixels.

    Without `colour`, the pictures become grey. `picture.read_picture` says what else is done to them.

    The label of a file is the subfolder that it is in; if that is inside another one, the outermost counts. Labels are
    numbered in the order of their names, which are the Dataset's `classes`. There are no labels if there is only one
    subfolder, if there are more than 1,000, or if some files lie beside the subfolders.

    Files that cannot be read are left out: the Dataset's note names the first, and `left_out` all. Raises DataError if
    no file can be used, if all pixels have the same value, or if the subfolders are parts for training and testing.
    """
    names, left_out = find(folder)
    tops = {name.split(os.sep)[0] for name in names if os.sep in name}
    if len(tops) > 1 and {top.lower() for top in tops} <= PARTS:
        raise DataError(f"{folder} is divided into {' and '.join(sorted(tops))}; give one of these folders as --data.")
    if not names:
        raise DataError(f"{folder} holds no picture file{listed(left_out, ', but ')}; give a folder of .png or .jpg.")
    names = [names[i] for i in np.random.default_rng(2).permutation(len(names))]  # see Dataset.shuffled
    path = cached(folder, names, size, colour)
    found = restored(path, len(names), size, colour)
    if not found:
        found = read(folder, names, size, colour)
        keep(path, found)
    left_out = dict(sorted((left_out | found.unreadable).items()))
    if not found.kept:
        raise DataError(f"none of the picture files in {folder} can be used{listed(left_out, ': ')}.")
    if found.images.min() == found.images.max():
        raise DataError(f"all pictures in {folder} have the same single colour; a GAN needs images that differ.")
    labels, classes, words = labels_of([names[i] for i in found.kept])
    done = "".join(f", {n} {how}" for how, n in found.done.items())
    note = f"the folder {folder}, {words}{done}{listed(left_out, '; left out: ')}"
    return from_images(found.images, note, labels, classes=classes, left_out=left_out)


def find(folder):
    """(the picture files in a folder and below, as sorted paths relative to it; why folders cannot be read, by name).

    Hidden files and folders are passed over. Links are followed, but no folder is visited twice.
    """
    endings, seen, names, unreadable = picture.endings(), set(), [], {}

    def failed(error):
        unreadable[os.path.relpath(error.filename, folder)] = error.strerror

    for where, folders, files in os.walk(folder, onerror=failed, followlinks=True):
        status = os.stat(where)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            path = os.path.join(where, name)
            is_picture = os.path.splitext(name)[1].lower() in endings and not name.startswith(".")
            if is_picture and (os.path.isfile(path) or not os.path.exists(path)):  # no pipe: it would wait for ever
                names.append(os.path.relpath(path, folder))
    return sorted(names), unreadable


def read(folder, names, size, colour):
    """The Pictures with these names. Shows a progress bar in a terminal."""
    from tqdm import tqdm

    images = np.empty((len(names), size, size, 3) if colour else (len(names), size, size), np.uint8)
    kept: list[int] = []
    formats, done, unreadable = picture.formats(), Counter[str](), {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow, about odd files; those that it cannot read raise
        for i, name in enumerate(tqdm(names, "pictures", leave=False, mininterval=0.5, disable=None)):
            try:
                images[len(kept)], words = picture.read_picture(os.path.join(folder, name), size, colour, formats)
            except Exception as error:  # Pillow's readers raise exceptions of many classes for a damaged file
                unreadable[name] = brief(getattr(error, "strerror", None) or error, 80)
                continue
            kept.append(i)
            done.update(words)
    return Pictures(images[: len(kept)], kept, dict(done), unreadable)


def labels_of(names):
    """(labels (n,) of files with these names, the names of the classes, both in words); labels may be None."""
    tops = [name.split(os.sep)[0] if os.sep in name else "" for name in names]
    classes, labels = np.unique(tops, return_inverse=True)
    n = len(classes)
    if n == 1:
        return None, (), "no subfolders" if classes[0] == "" else "one subfolder, so no labels"
    if "" in classes:
        return None, (), f"no labels, because {tops.count('')} pictures lie beside the subfolders"
    if n > MAX_CLASSES:
        return None, (), f"no labels, because {n} subfolders are more than {MAX_CLASSES}"
    return labels, tuple(brief(name, 40) for name in classes.tolist()), f"{n} subfolders as labels"


def listed(left_out, before):
    """How many files were left out, which, and why, in words after the word `before`; "" if there are none."""
    if not left_out:
        return ""
    some = [f"{brief(name, 60)} ({why})" for name, why in list(left_out.items())[:NAMED]]
    more = [f"and {len(left_out) - NAMED} more (config.json of the run has all)"] if len(left_out) > NAMED else []
    return before + ", ".join(some + more)


def cached(folder, names, size, colour):
    """The Path of the file in the cache for these pictures. Its name is a hash of all that they contain."""
    import pooch
    from tqdm import tqdm

    sha = hashlib.sha256(repr((RECIPE, size, colour)).encode())
    for name in tqdm(names, "looking", leave=False, mininterval=0.5, delay=1, disable=None):
        try:
            with open(os.path.join(folder, name), "rb") as file:
                content = hashlib.file_digest(file, "sha256").digest()
        except OSError as error:
            content = str(error.strerror).encode()
        sha.update(repr((name, content)).encode())
    return pooch.os_cache("minigan") / f"pictures-{sha.hexdigest()[:16]}.npz"


def restored(path, n, size, colour):
    """The Pictures in the cache, of n files; None if there are none, or if they are damaged.

    A newer Pillow may be able to read what an older one could not.
    """
    import PIL

    with contextlib.suppress(Exception):  # zipfile and zlib raise many classes for a damaged file
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as parts:
            images, words = parts["images"], json.loads(str(parts["words"]))
        found = Pictures(images, words["kept"], words["done"], words["unreadable"])
        fits = images.shape[1:] == ((size, size, 3) if colour else (size, size)) and len(images) == len(found.kept)
        if fits and len(found.kept) + len(found.unreadable) == n and words["pillow"] in (PIL.__version__, None):
            return found
    return None


def keep(path, found):
    """Write Pictures to the cache."""
    import PIL

    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    pillow = PIL.__version__ if found.unreadable else None
    words = {"kept": found.kept, "done": found.done, "unreadable": found.unreadable, "pillow": pillow}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(partial, "wb") as file:
            np.savez(file, images=found.images, words=json.dumps(words))
        os.replace(partial, path)
    except OSError:  # the pictures are read again next time
        with contextlib.suppress(OSError):
            partial.unlink()
