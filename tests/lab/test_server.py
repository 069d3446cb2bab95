"""The lab's server: it answers its own page, and refuses everybody else in a sentence."""

import http.client
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from minigan.lab import __main__ as lab
from minigan.lab.experiments import EXPERIMENTS
from minigan.lab.server import Server
from minigan.lab.trainer import Trainer
from minigan.recipes.presets import PRESETS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server():
    trainer = Trainer()
    trainer.start()
    trainer.do("pause")
    made = Server(trainer)
    threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()
    trainer.close()


def ask(server, method="GET", path="", body=None, **headers):
    """(status, content type, body) of an answer. In a path, TOKEN stands for the token."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path.replace("TOKEN", server.token), body, headers)
    response = connection.getresponse()
    answer = response.status, response.getheader("Content-Type"), response.read()
    connection.close()
    return answer


def do(server, command, **headers):
    own = {"Origin": f"http://127.0.0.1:{server.server_port}"}
    return ask(server, "POST", "/TOKEN/do", json.dumps(command), **own | headers)


def test_the_page_its_controls_and_its_commands(server):
    status, kind, page = ask(server, path="/TOKEN/")
    assert (status, kind) == (200, "text/html; charset=utf-8") and b"<h1>The lab of minigan</h1>" in page
    assert not re.search(rb"https?://", page)  # it needs no network
    assert json.loads(ask(server, path="/TOKEN/about")[2])["controls"]
    assert do(server, ["round", None])[::2] == (200, b'{"answer": null}')
    assert do(server, ["set", ["lr", "0.01"]])[::2] == (200, b'{"answer": {"kept": true}}')
    assert server.trainer.training.rounds_done == 1
    points = np.load(io.BytesIO(ask(server, path="/TOKEN/points.npy")[2]))
    assert (points == server.trainer.data.x).all()


file = io.BytesIO()
np.save(file, np.full((1000, 2), np.nan))
NAN = file.getvalue()
REFUSED = {
    "no token": (403, {"path": "/"}),
    "a wrong token": (403, {"path": "/abc/"}),
    "a wrong command address": (404, {"method": "POST", "path": "/TOKEN/dance", "Origin": "own"}),
    "nothing there": (404, {"path": "/TOKEN/../../etc/passwd"}),
    "another host": (403, {"path": "/TOKEN/", "Host": "evil.example"}),
    "another origin": (403, {"method": "POST", "path": "/TOKEN/do", "Origin": "https://evil.example", "body": "[]"}),
    "no origin": (403, {"method": "POST", "path": "/TOKEN/do", "body": '["play", null]'}),
    "100 MB": (413, {"method": "POST", "path": "/TOKEN/do", "Origin": "own", "Content-Length": "100000000"}),
    "a file of 100 MB": (
        413,
        {"method": "POST", "path": "/TOKEN/file/a.npy", "Origin": "own", "Content-Length": "100000000"},
    ),
    "a file of text": (200, {"method": "POST", "path": "/TOKEN/file/a.npy", "Origin": "own", "body": "text"}),
    "no file of data": (200, {"method": "POST", "path": "/TOKEN/file/..%2Fa.txt", "Origin": "own", "body": "text"}),
    "no name of a file": (200, {"method": "POST", "path": "/TOKEN/file/", "Origin": "own", "body": "text"}),
    "points that are NaN": (200, {"method": "POST", "path": "/TOKEN/file/a.npy", "Origin": "own", "body": NAN}),
    "no length": (413, {"method": "POST", "path": "/TOKEN/do", "Origin": "own", "Content-Length": "x"}),
    "no JSON": (400, {"method": "POST", "path": "/TOKEN/do", "Origin": "own", "body": "{"}),
    "no list": (400, {"method": "POST", "path": "/TOKEN/do", "Origin": "own", "body": "3"}),
    "too deep": (400, {"method": "POST", "path": "/TOKEN/do", "Origin": "own", "body": "[" * 90_000}),
    "no such command": (200, {"method": "POST", "path": "/TOKEN/do", "Origin": "own", "body": '["dance", 1]'}),
    "NaN": (200, {"method": "POST", "path": "/TOKEN/do", "Origin": "own", "body": '["pace", NaN]'}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_bad_request_is_refused_in_a_sentence_and_training_goes_on(server, what):
    expected, request = REFUSED[what]
    request = {name: f"http://127.0.0.1:{server.server_port}" if value == "own" else value
               for name, value in request.items()}  # fmt: skip
    status, _, body = ask(server, **request)
    assert status == expected
    assert json.loads(body)["error"].endswith(".") and "/tmp" not in json.loads(body)["error"]
    assert not server.trainer.playing
    assert do(server, ["round", None])[0] == 200 and server.trainer.training.rounds_done == 1


def test_several_pages_see_the_same_and_a_closed_one_is_noticed(server):
    streams = []
    for _ in range(2):
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
        connection.request("GET", f"/{server.token}/states")
        streams.append((connection, connection.getresponse()))
    do(server, ["round", None])
    seen = []
    for _, stream in streams:
        while not (line := stream.readline()).startswith(b"data:") or json.loads(line[5:])["round"] != 1:
            pass
        seen.append(line)
    assert seen[0] == seen[1] and server.trainer.viewers == 2
    for connection, stream in streams:
        stream.close()
        connection.close()
    deadline = time.monotonic() + 15
    while server.trainer.viewers and time.monotonic() < deadline:
        do(server, ["round", None])
        time.sleep(0.1)
    assert server.trainer.viewers == 0


def test_the_command_prints_its_address_and_ends_with_ctrl_c():
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "minigan.lab", "--no-browser"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        line = process.stdout.readline()
        assert re.fullmatch(r"lab      http://127\.0\.0\.1:\d+/[\w-]{22}/   \(Ctrl-C ends it\)\n", line)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=10) == ("lab      ended\n", "") and process.returncode == 0


def test_the_lab_begins_with_the_flags_that_are_given(command, monkeypatch):
    begun = []
    monkeypatch.setattr(lab, "serve", lambda server, browser: begun.append((server.trainer.training.settings, browser)))
    words = ["--data", "moons", "--g-hidden", "16", "8", "--seed", "3", "--no-browser"]
    assert command(lab.main, *words) == (0, "", "")
    assert begun == [(PRESETS["toy"].with_flags(data="moons", g_hidden=[16, 8], seed=3, threads=1), False)]
    np.save("points.npy", np.random.default_rng(0).standard_normal((1000, 2)))
    assert command(lab.main, "--data", "points.npy") == (0, "", "")
    assert begun[1][0].data == "points.npy" and begun[1][1]


def as_words(trainer):
    return json.dumps(asdict(trainer.training.settings))  # a tuple and a list read the same


@pytest.mark.parametrize("number", range(len(EXPERIMENTS)))
def test_the_command_that_opens_the_lab_opens_it_with_the_same_settings(server, command, monkeypatch, number):
    server.trainer.do("experiment", [number, False])
    shown = json.loads(server.trainer.state)["command"]
    begun = []
    monkeypatch.setattr(lab, "serve", lambda server, browser: begun.append(as_words(server.trainer)))
    assert command(lab.main, *shown.partition("--preset toy")[2].split())[0] == 0
    assert begun == [as_words(server.trainer)]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [("--conditional", "the lab shows points without their labels; drop --conditional."),
     ("--data drawn --evaluate-every x", "--evaluate-every must be a whole number, not x."),
     ("--data none.npy", "there is no file none.npy."),
     ("--g-hidden 5000", "the lab takes at most 8 hidden layers of at most 1024 units, and as long a z."),
     ("--clip 1 --wgan-gp 1", "--clip keeps D's gradient below the size that --wgan-gp aims for; drop one."),
     ("--batch-size 4000 --d-steps 50", "--batch-size 4000 with --packing 1 and --d-steps 50 needs 200000 samples per "
      "round, but the data has only 100000; choose a smaller --batch-size.")],
)  # fmt: skip
def test_flags_that_the_lab_cannot_show_are_refused_in_a_sentence(command, words, sentence):
    code, out, err = command(lab.main, *words.split())
    assert code in (2, 3) and (out, err) == ("", f"minigan: {sentence}\n")


def test_a_port_that_is_taken_is_refused(server, command):
    code, _, err = command(lab.main, "--no-browser", "--port", server.server_port)
    assert (code, err) == (2, f"minigan: --port {server.server_port} cannot be used; choose another one, or none.\n")
