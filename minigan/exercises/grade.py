"""Judges a learner's file, in a process of its own: python -m minigan.exercises.grade NAME FILE

The file's functions take the place of minigan's, and the cases of the gradient check run. The last line of the output
is the verdict, as JSON.
"""

import contextlib
import io
import itertools
import json
import os
import sys
import threading
import time
from pathlib import Path

from minigan.exercises.catalogue import BY_NAME
from minigan.exercises.diagnosis import diagnose, of_another_kind
from minigan.exercises.pieces import PieceError, guarded, load, originals, replaced
from minigan.exercises.record import PRECISION, close, kinds, record, run, side_by_side

SEEDS = 20
PATIENCE = 2.0  # seconds that one call may take; a right one takes less than a thousandth


class Clock:
    """Ends the process with a verdict if one call of the learner's code takes too long."""

    def __init__(self, out):
        self.out, self.since, self.what = out, None, ""
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while True:
            time.sleep(0.1)
            since = self.since
            if since is not None and time.monotonic() - since > PATIENCE:
                words = f"{self.what} has not ended after {PATIENCE:g} seconds. Does a loop in it run for ever?"
                say(self.out, right=False, words=[words])
                os._exit(0)

    @contextlib.contextmanager
    def on(self, what):
        if self.since is not None:  # a function of the learner's that calls another one
            yield
            return
        self.what, self.since = what, time.monotonic()
        try:
            yield
        finally:
            self.since = None

    def timed(self, name, function):
        def call(*args, **kwargs):
            with self.on(name):
                return function(*args, **kwargs)

        return call


def say(out, **verdict):
    print("\n" + json.dumps(verdict), file=out, flush=True)


def grade(exercise, path, clock):
    """The verdict: {"right": bool, "words": sentences, "likely": the mistakes that it may be}."""
    try:
        with clock.on("Reading your file"):
            pieces = load(exercise, path)
    except PieceError as error:
        return {"right": False, "words": [str(error)]}
    return judge(exercise, {name: clock.timed(name, guarded(f)) for name, f in pieces.items()}, path)


def judge(exercise, pieces, path):
    """The verdict on functions (name -> function) from the file at path."""
    for seed in range(SEEDS):
        for case in exercise.cases:
            with replaced(exercise, pieces):
                error = run(case, seed)
            if error is not None:
                with contextlib.redirect_stdout(io.StringIO()):  # what it prints has been seen once
                    words, likely = diagnose(exercise, pieces, path, case, seed)
                return {"right": False, "words": words, "likely": likely}
    if fault := carelessness(exercise, pieces):
        return {"right": False, "words": [fault]}
    return {"right": True, "words": [f"{SEEDS * len(exercise.cases)} random cases, all right."]}


def carelessness(exercise, pieces):
    """A sentence on what no case may have noticed: another kind of result, a damaged array, another dtype; or None."""
    records = [pairs(exercise, pieces, case, seed) for case in exercise.cases for seed in (3, 4, 5)]
    single = pairs(exercise, pieces, PRECISION, 3)
    for call, ours in itertools.chain(*records, single):
        if call.rebound or kinds(call.result) != kinds(ours.result):
            return of_another_kind(exercise, call, ours)
    moved = {name for record in records for _, ours in record for name, before in ours.inputs.items()
             if name in exercise.private or not close(ours.outputs[name], before)}  # fmt: skip
    for call, _ in itertools.chain(*records):
        for name in sorted(call.inputs.keys() - moved):
            if not close(call.outputs[name], call.inputs[name]):
                return f"{call.name} changes {name}, which should stay as it was."
    for call, ours in single:
        for name, array in ours.outputs.items():
            if call.outputs[name].dtype != array.dtype:
                return (f"{call.name}: the numbers of {name} are right, but it is {call.outputs[name].dtype} where the "
                        f"input is {array.dtype}. bool / float, np.where(mask, 1.0, a) and np.ones make float64: add "
                        ".astype(x.real.dtype).")  # fmt: skip
    return None


def pairs(exercise, pieces, case, seed):
    """The calls of a learner's functions and of minigan's in one case, side by side."""
    versions = pieces, originals(exercise)
    (calls, _), (right, _) = (record(exercise, version, case, seed, 20) for version in versions)
    return side_by_side(calls, right)


def main():
    name, path = sys.argv[1:]
    out, printed = sys.stdout, io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            verdict = grade(BY_NAME[name], Path(path), Clock(out))
        except Exception as error:
            words = f"The check itself has failed ({error!r}). Please report it, with your file: minigan is to blame."
            verdict = {"right": False, "words": [words]}
    say(out, **verdict, printed=printed.getvalue()[:2000])


if __name__ == "__main__":
    main()
