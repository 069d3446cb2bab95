"""A web server on this machine with the known sets, few images of each. It can fail in every way that a mirror can."""

import contextlib
import gzip
import http.server
import io
import struct
import tarfile
import time

import numpy as np

from minigan.data.sets import SETS

LABELS, IMAGES = np.arange(20, dtype=np.uint8) % 10, np.random.default_rng(0).integers(0, 256, (20, 28, 28))
COLOURED = np.random.default_rng(1).integers(0, 256, (20, 32, 32, 3)).astype(np.uint8)


def idx(array):
    """The content of an IDX file of labels or images."""
    magic = {1: 2049, 3: 2051}[array.ndim]
    return struct.pack(f">{array.ndim + 1}i", magic, *array.shape) + array.astype(np.uint8).tobytes()


def records(images, labels):
    """The content of a binary file of CIFAR-10."""
    planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    return np.concatenate([labels[:, None], planes], axis=1).astype(np.uint8).tobytes()


def labels_of(name):
    """The labels of a set. No two sets have the same ones."""
    return np.roll(LABELS, list(SETS).index(name))


def files_of(name):
    """The files of a set, name -> content. Its test set holds the first half of its training set."""
    known, labels, made = SETS[name], labels_of(name), {}
    for split, n in (("train", 20), ("test", 10)):
        if known.archive:
            parts = np.array_split(np.arange(n), len(known.files[split]))
            made |= {f: records(COLOURED[p], labels[p]) for f, p in zip(known.files[split], parts, strict=True)}
        else:
            images = IMAGES[:n].swapaxes(1, 2) if known.turned else IMAGES[:n]
            content = idx(images), idx(labels[:n] + known.first_label)
            made |= {f: gzip.compress(c, mtime=0) for f, c in zip(known.files[split], content, strict=True)}
    return made


def packed(files):
    """The content of a .tar.gz with these files in a folder."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, content in files.items():
            about = tarfile.TarInfo(f"folder/{name}")
            about.size = len(content)
            tar.addfile(about, io.BytesIO(content))
    return archive.getvalue()


RIGHT = {name: {k.archive: packed(files_of(name))} if k.archive else files_of(name) for name, k in SETS.items()}


class Server(http.server.BaseHTTPRequestHandler):
    """/right-SET/FILE gives the right file. For /any-other-folder/FILE, the function `wrong` answers."""

    wrong = staticmethod(lambda handler, name: handler.answer(404))
    asked: list[str] = []

    def do_GET(self):
        _, folder, name = self.path.split("/")
        self.asked.append(self.path)
        if folder.startswith("right-"):
            self.answer(200, RIGHT[folder.removeprefix("right-")][name])
        else:
            self.wrong(self, name)

    def answer(self, code, content=b"<html>no</html>", length=None, **headers):
        self.send_response(code)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("content-length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content)

    def endless(self, name):
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):  # the client has closed the connection
            while True:
                self.wfile.write(bytes(1 << 16))

    def dripping(self, name):
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            for i in range(100):
                self.wfile.write(RIGHT["mnist"][name][i * 25 : i * 25 + 25])
                time.sleep(0.01)

    def log_message(self, *_):
        pass
