"""The server of the lab: it hands out the page and takes its commands, on this machine alone.

The address holds a random token. A request without it, for another host, or sent by a page of another origin is
refused, so that no other web page can drive the training.
"""

import io
import json
import secrets
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote

import numpy as np

from minigan.data import from_file
from minigan.data.own import ENDINGS
from minigan.ground.errors import DataError, MiniganError
from minigan.lab.controls import DRAWN, described

HOST = "127.0.0.1"
LARGEST = {"do": 200_000, "file": 64_000_000}  # bytes of a command, and of a file of data
ALIVE = 5.0  # seconds after which a silent stream sends an empty line, to find out whether the page is still open


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, trainer, port=0):
        """port: 0 for any free one."""
        super().__init__((HOST, port), Handler)
        self.trainer, self.token = trainer, secrets.token_urlsafe(16)

    @property
    def address(self):
        return f"http://{HOST}:{self.server_port}/{self.token}/"

    def handle_error(self, request, client_address):
        """A page that is closed breaks its stream; that is no error."""


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        """Print nothing for each request."""

    def do_GET(self):
        if not self.allowed():
            return
        match self.path.removeprefix(f"/{self.server.token}"):
            case "/":
                page = resources.files("minigan.lab").joinpath("page.html").read_bytes()
                self.answer(page, "text/html; charset=utf-8")
            case "/about":
                self.answer(json.dumps(described(self.server.trainer)).encode())
            case path if path == f"/{DRAWN}":
                file = io.BytesIO()
                np.save(file, self.server.trainer.data.x)
                self.answer(file.getvalue(), "application/octet-stream")
            case "/states":
                self.stream()
            case _:
                self.refuse(HTTPStatus.NOT_FOUND, "there is nothing at this address.")

    def do_POST(self):
        if not self.allowed():
            return
        place, _, name = self.path.removeprefix(f"/{self.server.token}/").partition("/")
        if place not in LARGEST:
            self.refuse(HTTPStatus.NOT_FOUND, "commands go to the address that ends in /do.")
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST[place]:
            self.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a command has at most {LARGEST['do']} bytes, a file "
                        f"{LARGEST['file']}.")  # fmt: skip
            return
        try:
            if place == "file":
                name, value = "points", self.uploaded(Path(unquote(name)).name or "the file", int(length))
            else:
                name, value = json.loads(self.rfile.read(int(length)))
            answer = self.server.trainer.do(str(name), value)
        except MiniganError as error:
            self.answer(json.dumps({"error": str(error)}).encode())
        except (ValueError, TypeError, RecursionError):
            self.refuse(HTTPStatus.BAD_REQUEST, "a command is a JSON list of its name and its value.")
        else:
            self.answer(json.dumps({"answer": answer}).encode())

    def uploaded(self, name, length):
        """The file in the body of the request as a Dataset. Raises DataError if minigan cannot train on it."""
        with TemporaryDirectory(prefix="minigan-lab-") as folder:
            path = Path(folder, "data" + Path(name).suffix * name.lower().endswith(ENDINGS))
            path.write_bytes(self.rfile.read(length))
            try:
                data = from_file(path)
            except DataError as error:
                raise DataError(str(error).replace(str(path), name)) from None
        return replace(data, name=name, note=data.note.replace(str(path), name))

    def allowed(self):
        """Whether the request comes from the lab's own page; if not, refuse it."""
        hosts = [f"{name}:{self.server.server_port}" for name in (HOST, "localhost")]
        origin = self.headers.get("Origin")
        if self.headers.get("Host") not in hosts or origin not in (None, *(f"http://{host}" for host in hosts)):
            self.refuse(HTTPStatus.FORBIDDEN, "the lab answers its own page only.")
        elif not secrets.compare_digest(self.path.split("/")[1].encode(), self.server.token.encode()):
            self.refuse(HTTPStatus.FORBIDDEN, "open the address that the lab has printed.")
        elif self.command == "POST" and origin is None:
            self.refuse(HTTPStatus.FORBIDDEN, "the lab answers its own page only.")
        else:
            return True
        return False

    def stream(self):
        """Send each new state of the training as a server-sent event, until the page is closed."""
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        trainer, seen = self.server.trainer, 0
        with trainer.changed:
            trainer.viewers += 1
        try:
            while not trainer.ended:
                with trainer.changed:
                    new = trainer.changed.wait_for(lambda seen=seen: trainer.version > seen or trainer.ended, ALIVE)
                    seen, state = trainer.version, trainer.state
                self.wfile.write(f"data: {state}\n\n".encode() if new else b":\n\n")
                self.wfile.flush()
        except OSError:
            pass  # the page was closed
        finally:
            with trainer.changed:
                trainer.viewers -= 1
        self.close_connection = True

    def answer(self, body, kind="application/json", status=HTTPStatus.OK):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", "default-src 'self' 'unsafe-inline'; img-src 'self' data: blob:")
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, sentence):
        self.close_connection = True  # what it may still send is not read
        self.answer(json.dumps({"error": sentence}).encode(), status=status)
