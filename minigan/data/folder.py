"""A folder of pictures becomes a Dataset of small square images. Its subfolders become labels.

picture.py reads a single file. What was read is kept in minigan's cache folder, so that the next run starts at once.
"""

import contextlib
import hashlib
import json
import os
import re
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
LONGEST = 60  # letters of the name of a class
DARK = 64


class Pictures(NamedTuple):
    """What was read from a folder."""

    images: Any  # uint8 (n, size, size) or (n, size, size, 3)
    kept: list[int]  # which of the folder's picture files they are
    done: dict[str, int]  # what was done to pictures, in words, and to how many
    unreadable: dict[str, str]  # name -> why the file cannot be used
    lasting: bool  # whether reading again would give the same; not if the system failed, for example


def from_folder(folder, size=28, colour=False):
    """Read the picture files in a folder, and in all folders below it, as images of size x size pixels.

    Without `colour`, the pictures become grey. `picture.read_picture` says what else is done to them.

    The label of a file is the subfolder that it is in; if that is inside another one, the outermost counts. Labels are
    numbered in the order of their names, which are the Dataset's `classes`. There are no labels if there is only one
    subfolder, if there are more than 1,000, or if some files are in none.

    Files that cannot be read are left out: the Dataset's note names the first, and `left_out` all. Raises DataError if
    no file can be used, if all pixels have the same value, or if the subfolders are parts for training and testing.
    """
    names, left_out, others = find(folder)
    if os.curdir in left_out:
        raise DataError(f"{folder} cannot be read: {left_out[os.curdir]}.")
    tops = {name.split(os.sep)[0] for name in names if os.sep in name}
    if len(tops) > 1 and {top.lower() for top in tops} <= PARTS:
        raise DataError(f"{folder} is divided into {' and '.join(sorted(tops))}; give one of these folders as --data.")
    if not names:
        raise DataError(f"{folder} holds no picture file{counted(others, ', but ')}; give a folder of .png or .jpg.")
    names = [names[i] for i in np.random.default_rng(2).permutation(len(names))]  # see Dataset.shuffled
    path = cached(folder, names, size, colour)
    found = restored(path, len(names), size, colour)
    if not found:
        found = read(folder, names, size, colour)
        if found.lasting and cached(folder, names, size, colour) == path:  # else a file has changed meanwhile
            keep(path, found)
    left_out = dict(sorted((left_out | found.unreadable).items()))
    if not found.kept:
        raise DataError(f"none of the picture files in {folder} can be used{listed(left_out, ': ')}.")
    if found.images.min() == found.images.max():
        raise DataError(f"all pictures in {folder} have the same single colour; a GAN needs images that differ.")
    labels, classes, words = labels_of([names[i] for i in found.kept])
    done = "".join(f", {n} {how}" for how, n in found.done.items())
    bright = found.images.max()
    dark = f"; very dark: no value above {bright} of 255" if bright < DARK else ""
    out = listed(left_out, "; left out: ") + counted(others, "; passed over: ")
    note = brief(f"the folder {folder}, {words}{done}{dark}{out}", 1000)
    return from_images(found.images, note, labels, classes=classes, left_out=left_out)


def find(folder):
    """(the picture files in a folder and below, as sorted paths relative to it; why folders cannot be read, by name;
    how many other files there are, by ending).

    Hidden files and folders are passed over, and so are runs, as their pictures are G's own. Links are followed, except
    those that lead out of the folder upwards. No folder is visited twice.
    """
    endings, root, seen, names, unreadable = picture.endings(), os.path.realpath(folder), set(), [], {}
    others = Counter[str]()

    def failed(error):
        unreadable[os.path.relpath(error.filename, folder)] = error.strerror

    for where, folders, files in os.walk(folder, onerror=failed, followlinks=True):
        here = os.path.realpath(where)
        above = here != root and os.path.join(root, "").startswith(os.path.join(here, ""))
        if here in seen or above or {"config.json", "metrics.csv"} <= set(files):
            folders.clear()
            continue
        seen.add(here)
        inside = sorted(name for name in folders if not name.startswith("."))
        links = {name for name in inside if os.path.islink(os.path.join(where, name))}
        folders[:] = [*(name for name in inside if name not in links), *sorted(links)]  # a link may lead to the others
        for name in files:
            path, ending = os.path.join(where, name), os.path.splitext(name)[1].lower()
            if name.startswith(".") or not (os.path.isfile(path) or os.path.islink(path)):
                continue  # a pipe, for example, would wait for ever
            if ending in endings:
                names.append(os.path.relpath(path, folder))
            else:
                others[ending or "without an ending"] += 1
    return sorted(names), unreadable, others


def read(folder, names, size, colour):
    """The Pictures with these names. Shows a progress bar in a terminal."""
    from tqdm import tqdm

    images = np.empty((len(names), size, size, 3) if colour else (len(names), size, size), np.uint8)
    kept: list[int] = []
    formats, done, unreadable, lasting = picture.formats(), Counter[str](), {}, True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow, about odd files; those that it cannot read raise
        for i, name in enumerate(tqdm(names, "pictures", leave=False, mininterval=0.5, disable=None)):
            try:
                images[len(kept)], words = picture.read_picture(os.path.join(folder, name), size, colour, formats)
            except MemoryError:
                raise
            except Exception as error:  # Pillow's readers raise exceptions of many classes for a damaged file
                unreadable[name] = picture.why(error)
                lasting = lasting and getattr(error, "errno", None) is None
                continue
            kept.append(i)
            done.update(words)
    return Pictures(images[: len(kept)], kept, dict(done), unreadable, lasting)


def labels_of(names):
    """(labels (n,) of files with these names, the names of the classes, both in words); labels may be None."""
    tops = [name.split(os.sep)[0] if os.sep in name else "" for name in names]
    classes = sorted(set(tops), key=natural)
    if classes == [""]:
        return None, (), "no subfolders"
    if len(classes) == 1:
        deeper = any(name.count(os.sep) > 1 for name in names)
        return None, (), "one subfolder" + f"; if its subfolders are the labels, give {classes[0]} as --data" * deeper
    if "" in classes:
        return None, (), f"its subfolders are no labels, as {brief(names[tops.index('')], LONGEST)} is in none"
    if len(classes) > MAX_CLASSES:
        return None, (), f"{len(classes)} subfolders, but labels can have at most {MAX_CLASSES} values"
    numbers = {name: i for i, name in enumerate(classes)}
    return np.array([numbers[top] for top in tops]), distinct(classes), f"{len(classes)} subfolders as labels"


def natural(name):
    """A key that sorts 2 before 10."""
    return [
        (not part.isdecimal(), int(part) if part.isdecimal() else part) for part in re.split(r"(\d+)", name) if part
    ]


def distinct(names):
    """These names, short and printable, and still different from each other."""
    made: list[str] = []
    for name in names:
        own, n = brief(name, LONGEST), 1
        while own in made:
            n += 1
            own = f"{brief(name, LONGEST)} ({n})"
        made.append(own)
    return tuple(made)


def listed(left_out, before):
    """How many files were left out, which, and why, in words after the word `before`; "" if there are none."""
    if not left_out:
        return ""
    some = [f"{brief(name, LONGEST)} ({why})" for name, why in list(left_out.items())[:NAMED]]
    more = [f"and {len(left_out) - NAMED} more (config.json of the run has all)"] if len(left_out) > NAMED else []
    return before + ", ".join(some + more)


def counted(others, before):
    """How many other files there are, by ending, in words after the word `before`; "" if there are none."""
    some = ", ".join(f"{n} {brief(ending, 20)}" for ending, n in others.most_common(NAMED))
    more = f" and {len(others) - NAMED} more endings" if len(others) > NAMED else ""
    return before + some + more if others else ""


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
        found = Pictures(images, words["kept"], words["done"], words["unreadable"], True)
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
    except OSError:
        pass  # the pictures are read again next time
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
