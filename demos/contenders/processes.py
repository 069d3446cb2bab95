"""Starts contenders, each in a process of its own, and checks that they find the same gradients."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from subprocess import PIPE
from typing import Any

import numpy as np

import contenders


class Process:
    """A process that runs one contender. `first`: seconds from its start to the end of its first round."""

    def __init__(self, name, settings, images="noise"):
        start = time.time()
        self.process: Any = subprocess.Popen(
            words(name, settings, images), stdin=PIPE, stdout=PIPE, text=True, env=environment()
        )
        self.first = self.ask("first") - start

    def ask(self, *what):
        """Call a function of contenders/__main__.py: its name and its arguments. Returns its answer."""
        print(json.dumps(what), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.kill()
        self.process.communicate()


def words(name, settings, images="noise"):
    return [sys.executable, "-m", "contenders", name, json.dumps(asdict(settings)), images]


def environment():
    """The environment in which Python finds the package contenders."""
    paths = [str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def gradients(name, settings):
    """The gradients [dW, ...] that a contender finds. Raises RuntimeError if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "gradients.npz"))
        line = json.dumps(["gradients", path])
        done = subprocess.run(
            words(name, settings), input=line, capture_output=True, text=True, check=False, env=environment()
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip().splitlines()[-1][:100])
        with np.load(path) as file:
            return [file[part] for part in file.files]


def that_agree(settings, names=None):
    """Those of the contenders `names` (default: all) that are installed and can do what the settings ask for.

    Raises AssertionError unless all of them find the same gradients as minigan.
    """
    agree, expected = ["minigan"], gradients("minigan", settings)
    for name in names or contenders.CONTENDERS:
        if name in agree:
            continue
        if not importlib.util.find_spec(contenders.CONTENDERS[name][-1]):
            print(f"  {name}: not installed")
            continue
        try:
            found = gradients(name, settings)
        except RuntimeError as error:
            print(f"  {name}: {error}")
            continue
        for ours, theirs in zip(expected, found, strict=True):
            assert np.abs(ours - theirs).max() <= 1e-5 * np.abs(ours).max(), f"{name} finds different gradients"
        agree.append(name)
    return agree
