"""A run that is stopped and resumed equals an uninterrupted one byte for byte, except for the speed in metrics.csv."""

import math
import os
import re
import signal
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import systems
from small_runs import SMALL, contents, stop_after

from minigan import data, train
from minigan.runs import checkpoint, start
from minigan.training import Training

OPTIMIZERS = {"adam": (), "rmsprop": ("--optimizer", "rmsprop"),
              "sgd": ("--optimizer", "sgd", "--momentum", 0.5, "--final-momentum", 0.7)}  # fmt: skip
OBJECTIVES = ("non-saturating", "hinge")
CURES = [  # with and without R1, dropout and BatchNorm; R1 cannot be combined with BatchNorm in D
    (*r1, *dropout, *batchnorm)
    for r1, dropout, batchnorm in product(
        [("--r1", 0), ("--r1", 1)], [(), ("--dropout", 0.5)], [(), ("--g-batchnorm", 1), ("--d-batchnorm", 1)]
    )
    if r1[1] == 0 or "--d-batchnorm" not in batchnorm
]
ROUNDS = {"the first": 1, "in an epoch": 7, "the last of an epoch": 10, "the last but one": 14}  # of 3 epochs of 5


def go_through(command, monkeypatch, words, n, signum=signal.SIGINT):
    """Train without a stop to the folder "one", and with a stop in round n to "two". Compare the folders."""
    assert command(train.main, *SMALL, "--epochs", 3, *words, "--out", "one")[0] == 0
    with monkeypatch.context() as patch:
        stop_after(patch, n, signum)
        code, _, err = command(train.main, *SMALL, "--epochs", 3, *words, "--out", "two")
    assert code == 128 + signum
    how = "To continue: python -m minigan.train --resume two"
    assert err == f"minigan: stopped after round {n} of 15, and saved. {how}\n"
    code, out, err = command(train.main, "--resume", "two")
    assert (code, err) == (0, "")
    assert f"resumed  after round {n}\n" in out
    one, two = contents("one"), contents("two")
    assert sorted(one) == sorted(two)
    assert [name for name in one if one[name] != two[name]] == []


@pytest.mark.parametrize("where", ROUNDS)
def test_a_resumed_run_equals_an_uninterrupted_one(command, own, monkeypatch, where):
    words = ("--r1", 1, "--dropout", 0.5, "--g-batchnorm", 1, "--d-steps", 1, "--g-steps", 2, "--spectral")
    go_through(command, monkeypatch, words, ROUNDS[where])


@pytest.mark.parametrize("words", [
    (*OPTIMIZERS["sgd"], "--r1", 0, "--packing", 1, "--simultaneous", "--shared-noise", "--noise", "uniform"),
    (*OPTIMIZERS["rmsprop"], "--objective", "wasserstein", "--wgan-gp", 10, "--r1", 0, "--lr-factor", 0.99),
    ("--maxout", 2, "--input-dropout", 0.5, "--no-conditional", "--lr-decay", 1),
    ("--evaluate-every", 1),
])  # fmt: skip
def test_other_recipes_resume_as_if_they_had_never_stopped(command, own, monkeypatch, tmp_path, words):
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache")
    go_through(command, monkeypatch, words, 8, signal.SIGTERM)


@pytest.mark.slow
@pytest.mark.parametrize("where", ROUNDS)
@pytest.mark.parametrize("cures", CURES, ids=lambda words: " ".join(map(str, words)))
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_recipe_stopped_at_every_place(command, own, monkeypatch, optimizer, objective, cures, where):
    go_through(command, monkeypatch, (*OPTIMIZERS[optimizer], "--objective", objective, *cures), ROUNDS[where])


@pytest.fixture
def stopped(command, own, monkeypatch):
    """A run of three epochs that has been stopped after 7 of its 15 rounds."""
    with monkeypatch.context() as patch:
        stop_after(patch, 7)
        assert command(train.main, *SMALL, "--epochs", 3, "--out", "run")[0] == 130
    return contents("run")


REFUSED = {
    "no folder": (("--resume", "nowhere"), 2, "--resume needs the folder of a run, but there is no folder nowhere."),
    "no run": (("--resume", "."), 3, "there is no checkpoint checkpoint.npz; give the folder of a run."),
    "preset": (("--resume", "run", "--preset", "toy"), 2, "--resume continues run as it began; drop --preset."),
    "out": (("--resume", "run", "--out", "other"), 2, "--resume continues run as it began; drop --out."),
    "rate": (("--resume", "run", "--lr", 1), 2, "--lr cannot be changed when a run continues; drop it."),
    "done": (("--resume", "run", "--epochs", 1), 2, "the run in run has done more than 1 epochs; increase --epochs."),
}  # fmt: skip


@pytest.mark.parametrize("wrong", REFUSED)
def test_a_rejected_resume_changes_nothing(command, stopped, wrong):
    words, expected, reason = REFUSED[wrong]
    code, _, err = command(train.main, *words)
    assert (code, err) == (expected, f"minigan: {reason}\n")
    assert contents("run") == stopped


def test_a_run_cannot_be_resumed_with_other_data(command, stopped):
    with np.load("own.npz") as file:
        images, labels = file["images"], file["labels"]
    reshaped = images.reshape(63, 2, 8)
    for other in ((images ^ 1, labels), (images, labels[::-1]), (reshaped, labels)):
        np.savez("own.npz", images=other[0], labels=other[1])
        code, _, err = command(train.main, "--resume", "run")
        assert code == 3 and "the run in run was trained on other samples than " in err
        assert contents("run") == stopped


@pytest.mark.parametrize(("entry", "wrong"), [
    ("round", 16), ("round", -1), ("round", None), ("streams", {}), ("streams", {"noise": {"bit_generator": "?"}}),
    ("round", math.inf), ("settings", {}), ("settings", {"lr": 0}),
    ("recorder", {"count": math.inf, "best_epoch": 0}), ("recorder", {}), ("environment", 7),
    ("preset", ...), ("data", ...),
    *(("settings", {name: wrong}) for name, wrong in {
        "batch_size": [12], "data": 5, "data_dir": 5, "lr": [0.1], "seed": 1.5, "latent_dim": [3], "g_hidden": [10**18],
        "epochs": 3.5, "conditional": 1, "d_hidden": [10**6, 10**6],
    }.items()),
    ("settings", {"latent_dim": 10**6}), ("settings", {"batch_size": 1000}),
    ("settings", {"data": "\x1b[31m\nall is well"}),
])  # fmt: skip
def test_a_checkpoint_that_cannot_be_resumed_changes_nothing(command, stopped, entry, wrong):
    arrays, meta = checkpoint.load("run")
    meta[entry] = meta["settings"] | wrong if entry == "settings" and wrong else wrong
    checkpoint.save("run/checkpoint.npz", arrays, {name: part for name, part in meta.items() if part is not ...})
    before = contents("run")
    code, _, err = command(train.main, "--resume", "run")
    assert code in (2, 3) and err.startswith("minigan: ") and err.count("\n") == 1
    assert contents("run") == before


def test_a_finished_run_can_be_resumed_for_more_epochs(command, own):
    assert command(train.main, *SMALL, "--epochs", 2, "--out", "run", "--lr-decay", 0)[0] == 0
    assert command(train.main, *SMALL, "--epochs", 3, "--out", "long", "--lr-decay", 0)[0] == 0
    code, _, err = command(train.main, "--resume", "run", "--epochs", 3)
    assert (code, err) == (0, "")
    assert contents("run")["checkpoint.npz"] == contents("long")["checkpoint.npz"]


def test_resuming_a_finished_run_changes_nothing(command, own):
    command(train.main, *SMALL, "--epochs", 2, "--out", "run")
    before = contents("run")
    code, out, err = command(train.main, "--resume", "run")
    assert (code, err) == (0, "")
    assert "resumed  after round 10 (this run is finished; add --epochs 4 to train longer)\n" in out
    assert contents("run") == before


def test_a_different_environment_is_reported(command, stopped, monkeypatch):
    monkeypatch.setattr(checkpoint, "__version__", "77")
    code, out, _ = command(train.main, "--resume", "run")
    assert code == 0
    assert re.search(r"^resumed  after round 7; results may differ: minigan 77, not \d\S+$", out, re.M)


@systems.posix_only
def test_two_runs_cannot_write_to_one_folder(command, stopped):
    from minigan.runs.folder import Lock

    held = Lock("run")
    for words in (("--resume", "run"), (*SMALL, "--out", "run")):
        code, _, err = command(train.main, *words)
        assert (code, err) == (
            2,
            "minigan: another run is writing to run; wait for it, or choose another folder.\n",
        )
    assert contents("run") == stopped
    held.release()
    assert command(train.main, "--resume", "run")[0] == 0


@systems.posix_only
def test_a_resumed_run_is_locked_before_it_is_read(command, stopped, monkeypatch):
    """Otherwise a slow resume could start from a state that another process has already continued."""
    from minigan.ground.errors import ArgumentError
    from minigan.runs.folder import Lock

    def slow(*args, **kwargs):
        with pytest.raises(ArgumentError, match="another run is writing"):
            Lock("run")
        return data.load(*args, **kwargs)

    monkeypatch.setattr(start, "load", slow)
    assert command(train.main, "--resume", "run")[0] == 0


def test_the_data_of_a_resumed_run_may_have_moved(command, stopped):
    os.rename("own.npz", "elsewhere.npz")
    assert command(train.main, "--resume", "run")[2] == "minigan: there is no file own.npz.\n"
    assert command(train.main, "--resume", "run", "--data", "elsewhere.npz")[0] == 0


@pytest.mark.parametrize("content", [b"\xff\xfer\0o\0u\0n\0d\0", b"1,1,1,n.a.,1,1,1,1\n", b"1,1," + b"9" * 200_000])
def test_a_damaged_metrics_file_is_named(command, stopped, content):
    figures = Path("run/metrics.csv").read_bytes()
    Path("run/metrics.csv").write_bytes(content)
    code, _, err = command(train.main, "--resume", "run")
    assert code == 3 and "run/metrics.csv is damaged" in err and err.count("\n") == 1
    Path("run/metrics.csv").write_bytes(figures)
    assert contents("run") == stopped
    assert command(train.main, "--resume", "run")[0] == 0


def test_a_resumed_run_remembers_the_best_distance(command, own, monkeypatch, tmp_path):
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache")
    with monkeypatch.context() as patch:
        stop_after(patch, 8)
        command(train.main, *SMALL, "--epochs", 3, "--evaluate-every", 1, "--out", "run")
    arrays, meta = checkpoint.load("run")
    meta["recorder"]["best"] = -1.0
    checkpoint.save("run/checkpoint.npz", arrays, meta)
    best = contents("run")["best.npz"]
    _, out, _ = command(train.main, "--resume", "run")
    assert "distance -1.00 after epoch 1\n" in out
    assert contents("run")["best.npz"] == best


def test_a_second_signal_acts_at_once_and_loses_nothing_saved(command, own, monkeypatch):
    """The checkpoint is of round 5, but metrics.csv already has a row of round 9. The row must not be written twice."""
    whole = Training.round

    def round(self, batches):
        if self.rounds_done == 9:
            for _ in range(2):
                signal.raise_signal(signal.SIGINT)
        return whole(self, batches)

    assert command(train.main, *SMALL, "--epochs", 3, "--out", "whole")[0] == 0
    with monkeypatch.context() as patch:
        patch.setattr(Training, "round", round)
        code, out, err = command(train.main, *SMALL, "--epochs", 3, "--out", "run")
    assert (code, err) == (130, "\nminigan: stopped.\n")
    assert out.splitlines()[-1] == "stopped  run/checkpoint.npz holds the networks after round 5"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert contents("run")["metrics.csv"][-1]["round"] == "9"
    assert command(train.main, "--resume", "run")[0] == 0
    assert contents("run") == contents("whole")
