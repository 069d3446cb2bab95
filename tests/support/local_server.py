"""A web server on this machine with small files named as those of MNIST. It can fail in every way that a mirror can."""

import contextlib
import gzip
import http.server
import struct
import time

import numpy as np

from minigan.data import mnist

LABELS, IMAGES = np.arange(20, dtype=np.uint8) % 10, np.random.default_rng(0).integers(0, 256, (20, 28, 28))
RIGHT = {
    name: gzip.compress(struct.pack(f">{a.ndim + 1}i", magic, *a.shape) + a.astype(np.uint8).tobytes())
    for name, magic, a in zip(mnist.FILES["train"], (2051, 2049), (IMAGES, LABELS), strict=True)
}


class Server(http.server.BaseHTTPRequestHandler):
    """/right/FILE gives the right file. For /any-other-folder/FILE, the function `wrong` answers."""

    wrong = staticmethod(lambda handler, name: handler.answer(404))
    asked: list[str] = []

    def do_GET(self):
        _, folder, name = self.path.split("/")
        self.asked.append(self.path)
        if folder == "right":
            self.answer(200, RIGHT[name])
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
                self.wfile.write(RIGHT[name][i * 25 : i * 25 + 25])
                time.sleep(0.01)

    def log_message(self, *_):
        pass
