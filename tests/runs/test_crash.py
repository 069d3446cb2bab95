"""Nothing is lost: not by SIGKILL in the middle of a save, not by a signal at any time, not by a full disk.

Processes are killed by kill_processes.py, which runs in a process of its own.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import kill_processes
import numpy as np
import pytest
import systems
from local_server import Server
from small_runs import SMALL, contents

from minigan import train
from minigan.data.sets import SETS
from minigan.runs import checkpoint
from minigan.training import Training

pytestmark = systems.linux_only
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}  # to fork, a process should have one thread
CODES = {"SIGKILL": 137, "SIGINT": 130, "SIGTERM": 143}
SOON = 10.0  # seconds from the signal to the end: .01 on an idle machine, 2.9 once on a busy one


def ended(*words):
    done = subprocess.run(
        [sys.executable, kill_processes.__file__, *map(str, words)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def everyday_and_slow(n, all):
    return pytest.mark.parametrize("n", [n, pytest.param(all, marks=pytest.mark.slow)])


@everyday_and_slow(2, 25)
def test_sigkill_during_a_save_leaves_the_old_or_the_new_checkpoint(command, n):
    found = ended("saves", "ours", n)
    assert {point: set(rounds) for point, rounds in found.items() if point != "random"} == {
        point: {0} if point in ("in its place", "there for good") else {1} for point in kill_processes.POINTS
    }
    assert set(found["random"]) <= {0, 1} and len(found["random"]) == 4 * n
    assert None in ended("saves", "naive", n)["partly written"]  # the harness does notice a damaged file


@pytest.mark.parametrize(("signum", "rounds", "n"), [
    ("SIGKILL", "one an epoch", 2),
    ("SIGINT", "five an epoch", 2),
    *(pytest.param(signum, rounds, 20, marks=pytest.mark.slow)
      for signum in ("SIGKILL", "SIGINT", "SIGTERM") for rounds in ("one an epoch", "five an epoch")),
])  # fmt: skip
def test_a_run_interrupted_many_times_equals_a_whole_one(command, own, monkeypatch, signum, rounds, n):
    """If an epoch is one round, most signals arrive during a save."""
    words = [*SMALL, "--epochs", 200, *(["--batch-size", 63] if rounds == "one an epoch" else [])]
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert command(train.main, *words, "--out", "whole")[0] == 0
    *ends, (last, _) = ended("run", signum, n, "train", *words, "--out", "run")
    code = CODES[signum]
    assert {end for end, _ in ends} <= {code, 0} and ends[0][0] == code and last == 0
    assert max(seconds for _, seconds in ends) < SOON
    one, two = contents("whole"), contents("run")
    assert sorted(one) == sorted(two)
    assert [name for name in one if one[name] != two[name]] == []


@everyday_and_slow(2, 20)
@pytest.mark.parametrize("signum", ["SIGINT", pytest.param("SIGTERM", marks=pytest.mark.slow)])
def test_signals_while_sampling(command, own, signum, n):
    assert command(train.main, *SMALL, "--epochs", 1, "--out", "run")[0] == 0
    *ends, (last, _) = ended("run", signum, n, "sample", "run", "-n", 200_000, "--out", "many.npy")
    assert {end for end, _ in ends} <= {CODES[signum], 0} and last == 0
    assert max(seconds for _, seconds in ends) < SOON
    assert np.load("many.npy").shape == (200_000, 4, 4)


@everyday_and_slow(2, 20)
@pytest.mark.parametrize(
    "signum", [*(pytest.param(s, marks=pytest.mark.slow) for s in ("SIGINT", "SIGTERM")), "SIGKILL"]
)
def test_signals_while_downloading(server, monkeypatch, tmp_path, signum, n):
    monkeypatch.setattr(Server, "wrong", staticmethod(Server.dripping))
    *ends, _ = ended("run", signum, n, "download", f"{server}first-mnist/", tmp_path / "kept")
    assert {end for end, _ in ends} == {CODES[signum]}
    assert max(seconds for _, seconds in ends) < SOON
    assert not {path.name for path in (tmp_path / "kept").rglob("*")} & set(SETS["mnist"].published)


def full(size, *words):
    """python -m minigan.train WORDS where no file can become larger than size bytes: (exit code, stderr)."""
    limit = f"import resource as r; r.setrlimit(r.RLIMIT_FSIZE, ({size}, {size}))"
    main = "import sys; from minigan import ground, train; sys.argv[0] = 'train'; ground.cli.main(train.main)"
    done = subprocess.run(
        [sys.executable, "-c", f"{limit}; {main}", *map(str, words)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(("size", "epochs"), [
    (0, 4), (1000, 4), (5000, 4),
    pytest.param(20_000, 130, marks=pytest.mark.slow), pytest.param(24_000, 80, marks=pytest.mark.slow),
])  # fmt: skip
def test_a_full_disk_costs_nothing_that_was_saved(command, own, size, epochs):
    """Too large are: metrics.csv when it is rewritten, config.json, the checkpoint, a late row, curves.png."""
    words = (*SMALL, "--lr-decay", 0, "--out")
    assert command(train.main, *words, "run", "--epochs", 2)[0] == 0
    assert command(train.main, *words, "whole", "--epochs", epochs)[0] == 0
    code, err = full(size, "--resume", "run", "--epochs", epochs)
    assert code == 3 and err.count("\n") == 1 and "File too large" in err
    done = checkpoint.load("run")[1]["round"]
    assert done == 10 if size < 20_000 else done > 10
    assert f"run/checkpoint.npz holds the networks after round {done}.\n" in err or size == 5000
    assert [path.name for path in Path("run").iterdir() if "partial" in path.name] == []
    assert json.loads(Path("run/config.json").read_text())["batch_size"] == 12
    assert command(train.main, "--resume", "run", "--epochs", epochs)[0] == 0
    assert contents("run") == contents("whole")


def test_a_folder_that_is_removed_during_the_run(command, own, monkeypatch):
    whole = Training.round

    def round(self, batches):
        if self.rounds_done == 7:
            shutil.rmtree("run")
        return whole(self, batches)

    monkeypatch.setattr(Training, "round", round)
    code, _, err = command(train.main, *SMALL, "--epochs", 3, "--out", "run")
    assert (code, err.count("\n")) == (3, 1)
    assert "run/samples/epoch_0002.png cannot be written: No such file" in err and "nothing" in err


@pytest.mark.parametrize(("where", "code", "said"), [
    ("> /dev/full", 3, "minigan: the output cannot be written: No space left on device; {kept}.\n"),
    pytest.param("| true", 3, "minigan: the output cannot be written: Broken pipe; {kept}.\n", marks=pytest.mark.slow),
    pytest.param(">&-", 0, "", marks=pytest.mark.slow),
    pytest.param("2>&-", 0, "", marks=pytest.mark.slow),
    pytest.param(">&- 2>&-", 0, "", marks=pytest.mark.slow),
])  # fmt: skip
def test_output_that_cannot_be_written_during_a_run(tmp_path, own, where, code, said):
    words = " ".join(map(str, [*SMALL, "--epochs", 150, "--out", "run"]))
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -m minigan.train {words} {where}"],
        cwd=tmp_path, env=ENVIRONMENT | {"PYTHONUNBUFFERED": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    _, meta = checkpoint.load(tmp_path / "run")
    assert (done.returncode, done.stderr) == (
        code,
        said.format(kept=f"run/checkpoint.npz holds the networks after round {meta['round']}"),
    )
    assert (meta["round"] == 750) == (code == 0)


@pytest.mark.parametrize(("words", "where", "code"), [("--epochs 1", "| true", 3), ("--lr 0", "2> /dev/full", 2)])
def test_output_that_cannot_be_written_from_the_start(tmp_path, own, words, where, code):
    words = " ".join(map(str, [*SMALL, words, "--out", "run"]))
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -u -m minigan.train {words} {where}"],
        cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code
    assert done.stderr in ("", "minigan: the output cannot be written: Broken pipe; nothing has been saved.\n")
