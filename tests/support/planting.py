"""Plant mistakes in one module, one at a time, and see whether the tests that are named for it fail.

    python tests/support/planting.py runs.checkpoint tests/runs/test_resume.py ... [--sample 20]

The tests are collected once. Then a forked process runs them on the code as it is, and notes which functions of the
module each of them calls and how long it takes. For each mutant of a function, another forked process runs the tests
that call it, the fastest first, until one fails. It prints the result as JSON.
"""

import argparse
import contextlib
import inspect
import json
import os
import resource
import signal
import sys
import tempfile
import threading
import time
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MEMORY = 6 << 30  # bytes; a mutant may ask for an array of any size
WRONG, CRASH, SURVIVED = "wrong", "crash", "survived"  # a test failed by an assertion; otherwise; none failed


def functions(module):
    """{name: function} of all functions and methods that the module defines."""
    found = {}

    def add(name, value):
        value = getattr(value, "fget", None) or getattr(value, "func", None) or getattr(value, "__func__", value)
        value = inspect.unwrap(value) if callable(value) else None
        if inspect.isfunction(value) and value.__code__.co_filename == module.__file__:
            found[name] = value

    for name, value in vars(module).items():
        if inspect.isclass(value) and value.__module__ == module.__name__:
            for attribute, part in vars(value).items():
                add(f"{name}.{attribute}", part)
        elif not inspect.isclass(value):
            add(name, value)
    return {name: f for name, f in found.items() if set(f.__code__.co_freevars) <= {"__class__"}}


class Planting:
    """A pytest plugin that plants mutants in place of running the tests once."""

    def __init__(self, module, sample):
        self.module, self.sample = import_module(f"minigan.{module}"), sample
        self.failed, self.result = [], {}

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed.append(str(report.longrepr))

    def pytest_runtestloop(self, session):
        from minigan.gradcheck.mutants import mutants

        own = functions(self.module)
        calls, clean = self.in_child(3600.0, self.trace, session, own)
        planted = [(name, mutant) for name, function in own.items() for mutant in mutants(function)]
        self.result = {"planted": 0, "wrong": 0, "crash": 0, "survivors": [], "clean": clean}
        for name, mutant in planted[:: self.sample]:
            killers = sorted((seconds, i) for i, (names, seconds) in enumerate(calls) if name in names)
            items = [session.items[i] for _, i in killers]
            patience = 20 + 10 * sum(seconds for seconds, _ in killers)
            verdict = self.in_child(patience, self.judge, own[name], mutant.code, items)
            self.result["planted"] += 1
            if verdict == SURVIVED:
                self.result["survivors"].append([name, mutant.words if mutant.line == "pass" else mutant.line])
            else:
                self.result[verdict] += 1
        return True

    def run(self, items):
        """Run tests, each to its end. Yields after each."""
        for i, item in enumerate(items):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=items[i + 1] if i + 1 < len(items) else None)
            yield i

    def trace(self, session, own):
        """([(names of the functions that a test calls, its seconds) for each test], what failed) without a mistake."""
        names, calls, seen = {f.__code__: name for name, f in own.items()}, [], set()

        def note(frame, event, _):
            if event == "call" and frame.f_code in names:
                seen.add(names[frame.f_code])

        threading.setprofile(note)
        start = time.perf_counter()
        tests = self.run(session.items)
        sys.setprofile(note)
        for _ in tests:
            calls.append((sorted(seen), time.perf_counter() - start))
            seen.clear()
            start = time.perf_counter()
        sys.setprofile(None)
        return calls, self.failed

    def judge(self, function, code, items):
        """SURVIVED if no test fails with this code in the function, else WRONG if one fails by an assertion."""
        function.__code__ = code
        for _ in self.run(items):
            if self.failed:
                return WRONG if "AssertionError" in self.failed[0] or "Failed:" in self.failed[0] else CRASH
        return SURVIVED

    def in_child(self, patience, work, *arguments):
        """What work(*arguments) returns in a forked process. CRASH if it dies or takes over `patience` seconds."""
        receive, send = os.pipe()
        child = os.fork()
        if not child:
            os.close(receive)
            os.setpgrp()
            quiet = os.open(os.devnull, os.O_RDWR)
            for stream in range(3):
                os.dup2(quiet, stream)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            try:
                answer = json.dumps(work(*arguments))
                with open(send, "w") as pipe:
                    pipe.write(answer)
            finally:
                os._exit(0)
        os.close(send)
        timer = threading.Timer(patience, os.killpg, (child, signal.SIGKILL))
        timer.start()
        try:
            with open(receive) as pipe:
                answer = pipe.read()
        finally:  # also if this process is stopped
            timer.cancel()
            with contextlib.suppress(ProcessLookupError):  # the child, and what a test has left running
                os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
        return json.loads(answer) if answer else CRASH


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module", help="without minigan, such as runs.checkpoint")
    parser.add_argument("tests", nargs="+", help="test files")
    parser.add_argument("--sample", type=int, default=1, help="plant each k-th mistake only")
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    import pytest

    planting, answer = Planting(given.module, given.sample), os.dup(1)
    os.dup2(2, 1)  # pytest's own output, of every process
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
        words = ["-p", "no:cacheprovider", "-p", "no:xdist", "--basetemp", f"{folder}/tests", *given.tests]
        pytest.main(words, plugins=[planting])
    os.write(answer, json.dumps(planting.result, indent=1).encode() + b"\n")


if __name__ == "__main__":
    main()
