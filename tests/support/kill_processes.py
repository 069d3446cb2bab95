"""What test_crash.py runs in a process of its own: it forks other processes and kills them while they work.

python kill_processes.py saves WRITER N
    SIGKILL at each point of N saves, and at random times in 4 N more; prints the state of the files
python kill_processes.py run SIGNAL N COMMAND ...
    interrupts that command N times, resumes it each time, and prints the exit codes
"""

import builtins
import io
import json
import os
import random
import select
import shutil
import signal
import sys
import time
from pathlib import Path

# Imported once for all the forks, and because a Ctrl-C during an import can get lost in one of Python's callbacks.
import matplotlib.figure  # noqa: F401
import numpy as np
import PIL.Image  # noqa: F401
import pooch  # noqa: F401
import requests  # noqa: F401
import tqdm  # noqa: F401

from minigan import sample, train
from minigan.data import known
from minigan.data.sets import SETS
from minigan.ground import cli
from minigan.runs import checkpoint

RUN = Path("run")


def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


class Torn(io.FileIO):
    """A file that takes a part of what is written first, and then the process ends."""

    def write(self, content):
        super().write(content[: int(random.random() * len(content))])
        die()


def then_die(function):
    return lambda *args: (function(*args), die())


POINTS = {  # point of a save -> (module and name of a function, what replaces it)
    "before the file is open": (checkpoint, "open", lambda: die),
    "open": (np, "savez", lambda: die),
    "partly written": (builtins, "open", lambda: Torn),
    "written": (os, "fsync", lambda: die),
    "on the disk": (checkpoint, "load", lambda: die),
    "read back": (os, "replace", lambda: die),
    "in its place": (os, "replace", lambda: then_die(os.replace)),
    "there for good": (os, "close", lambda: die),
}


def ours(path, arrays, meta):
    checkpoint.save(path, arrays, meta)


def naive(path, arrays, meta):
    with open(path, "wb") as file:
        np.savez(file, **arrays, __meta__=np.array(json.dumps(meta)))


def state(round):
    return {"G": np.full(20_000 + round, float(round))}, {"round": round}


def round_in(path, writer):
    """The round of the state in the file at path, or None if the file is damaged or missing."""
    try:
        if writer is ours:
            arrays, meta = checkpoint.load(path)
        else:
            with np.load(path) as file:
                arrays, meta = {"G": file["G"]}, json.loads(str(file["__meta__"]))
        np.testing.assert_array_equal(arrays["G"], state(meta["round"])[0]["G"])
        return meta["round"]
    except Exception:
        return None


def forked(work):
    """The process id of a child that calls work() and ends with its exit code.

    SIGINT is held back until the child has begun.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    else:
        code = 1
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
            work()
            code = 0
        except SystemExit as end:
            code = end.code
        except KeyboardInterrupt:  # before cli.main could catch it
            code = 130
        finally:
            os._exit(code)
    return child


def saves(writer, n):
    """point -> for each save, by how many rounds the file was behind the save in progress; None if it was damaged."""
    writer, path, n = globals()[writer], Path("checkpoint.npz"), int(n)

    def found(ended, *args):
        path.unlink(missing_ok=True)
        writer(path, *state(1))
        under_way = ended(writer, path, *args)
        round = round_in(path, writer)
        writer(path, *state(under_way + 1))  # leftover files do no harm
        assert round_in(path, writer) == under_way + 1
        return round and under_way - round

    at_points = {point: [found(at_a_point, *place) for _ in range(n)] for point, place in POINTS.items()}
    return at_points | {"random": [found(at_random) for _ in range(4 * n)]}


def at_a_point(writer, path, room, name, instead):
    def work():
        setattr(room, name, instead())
        writer(path, *state(2))

    os.waitpid(forked(work), 0)
    return 2


def at_random(writer, path):
    done, tell = os.pipe()

    def work():
        for round in range(2, 10**6):
            writer(path, *state(round))
            os.write(tell, b".")

    child = forked(work)
    time.sleep(random.uniform(0.0, 0.03))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    under_way = 2
    while select.select([done], [], [], 0.0)[0]:
        under_way += len(os.read(done, 1000))
    os.close(done)
    os.close(tell)
    return under_way


def run(signum, n, name, *words):
    """[exit code, seconds until it ended] of each of n interrupted commands, and of a last one that is left alone."""
    ends = []
    for i in range(int(n) + 1):
        if name == "train" and (RUN / checkpoint.NAME).exists():
            words = ("--resume", RUN)
        elif name == "train":
            shutil.rmtree(RUN, ignore_errors=True)
        child = forked(lambda words=words: command(name, words))
        if i < int(n):
            time.sleep(random.uniform(0.0, 0.15))
            os.kill(child, signal.Signals[signum])
        asked = time.perf_counter()
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        ends.append([code if code >= 0 else 128 - code, time.perf_counter() - asked])  # as a shell reports it
    return ends


def command(name, words):
    sys.argv = [name, *map(str, words)]
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    if name == "download":
        known.PATIENCE = 0.5
        published = SETS["mnist"]._replace(mirrors=words[:1])
        cli.main(lambda: known.download(published, "train", Path(words[1])))
    else:
        cli.main({"train": train.main, "sample": sample.main}[name])


if __name__ == "__main__":
    random.seed(0)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores SIGINT in background jobs
    print(json.dumps({"saves": saves, "run": run}[sys.argv[1]](*sys.argv[2:])))
