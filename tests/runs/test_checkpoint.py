"""Checkpoints by themselves: what is written and read, what is refused, and how a Training goes on from one."""

import hashlib
import json
import math
import os
import stat
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import systems
from small_runs import small

from minigan.ground.errors import CheckpointError
from minigan.recipes.settings import Settings
from minigan.runs import checkpoint
from minigan.runs.checkpoint import NAME, Diverged, last_saved
from minigan.training import Training

RECIPES = {  # three rounds an epoch, 15 in all
    "adam": {"g_steps": 2, "d_steps": 3, "dropout": 0.5, "ema": 0.9},
    "rmsprop": {"optimizer": "rmsprop", "g_steps": 2, "d_steps": 3, "packing": 2, "ema": 0.0, "conditional": False},
    "sgd": {"optimizer": "sgd", "momentum": 0.5, "objective": "wasserstein", "r1": 0.0, "wgan_gp": 10.0},
}


def new(recipe="adam", **given):
    given = RECIPES[recipe] | given
    s, data = small("minigan", batch_size=18 // given.get("d_steps", 1) // given.get("packing", 1), epochs=5, **given)
    assert s.samples_per_round == 18
    return Training(s, data)


def train(training, until):
    while training.rounds_done < until:
        for _ in training.epoch():
            if training.rounds_done == until:
                return


def numbers(training):
    """All numbers of a Training that its rounds change, by another way than checkpoint.of."""
    found = [training.G.theta, training.D.theta, training.average.theta]
    for optimizer in (training.g_optimizer, training.d_optimizer):
        found += [a for a in vars(optimizer).values() if isinstance(a, np.ndarray)]
    counts = training.rounds_done, training.g_optimizer.t, training.d_optimizer.t
    states = {name: json.dumps(rng.bit_generator.state) for name, rng in training.streams.items()}
    return [a.copy() for a in found], counts, {name: states[name] for name in ("noise", "dropout", "penalty")}


def same(one, other):
    return all(a.tobytes() == b.tobytes() for a, b in zip(one[0], other[0], strict=True)) and one[1:] == other[1:]


@pytest.fixture
def saved(tmp_path):
    """A checkpoint of two arrays, as (path, arrays, meta)."""
    arrays, meta = {"b": np.arange(6.0).reshape(2, 3), "a": np.array([1, 2], np.float32)}, {"round": 7, "also": [1]}
    checkpoint.save(str(tmp_path / NAME), arrays, meta)
    return tmp_path / NAME, arrays, meta


@pytest.mark.parametrize("done", [1, 6, 7, 14])
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_training_goes_on_from_its_checkpoint(tmp_path, recipe, done):
    """After round 6 two epochs are over; after 7 the third has begun."""
    whole, one, two = new(recipe), new(recipe), new(recipe)
    train(one, done)
    checkpoint.save(tmp_path / NAME, *checkpoint.of(one))
    checkpoint.restore(two, *checkpoint.load(tmp_path))
    assert same(numbers(one), numbers(two))
    for training in (whole, two):
        train(training, 15)
    assert same(numbers(whole), numbers(two))


@pytest.mark.parametrize("done", [0, 15])
def test_a_checkpoint_before_the_first_or_after_the_last_round_is_restored(done):
    arrays, meta = checkpoint.of(new())
    training = new()
    checkpoint.restore(training, arrays, meta | {"round": done})
    assert training.rounds_done == done


WRONG = {
    "array missing": ({"D.v": None}, {}),
    "array too short": ({"D.v": np.zeros(3, np.float32)}, {}),
    "array of another type": ({"D.v": np.float64}, {}),
    "one number not finite": ({"D.v": math.nan}, {}),
    "round below 0": ({}, {"round": -1}),
    "round after the last": ({}, {"round": 16}),
    "round infinite": ({}, {"round": math.inf}),
    "no round": ({}, {"round": None}),
    "no streams": ({}, {"streams": {}}),
    "a stream of nothing": ({}, {"streams": {"penalty": {}}}),
    "a stream of another kind": ({}, {"streams": {"penalty": {"bit_generator": "?"}}}),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_checkpoint_that_does_not_fit_leaves_the_training_unchanged(wrong):
    source, training = new(), new()
    train(source, 4)
    arrays, meta = checkpoint.of(source)
    assert list(arrays)[-1] == "D.v"  # the last one: all others fit
    for name, change in WRONG[wrong][0].items():
        if change is None:
            del arrays[name]
        elif change is np.float64:
            arrays[name] = arrays[name].astype(change)
        elif isinstance(change, float):
            arrays[name] = arrays[name].copy()
            arrays[name][5] = change
        else:
            arrays[name] = change
    for name, change in WRONG[wrong][1].items():
        meta[name] = meta[name] | change if change and name == "streams" else change
    before = numbers(training)
    with pytest.raises(CheckpointError):
        checkpoint.restore(training, arrays, meta)
    assert same(numbers(training), before)


def test_an_array_fits_if_its_shape_and_type_do_and_all_of_it_is_finite():
    target = np.zeros((2, 3), np.float32)
    checkpoint.fits(target, np.ones((2, 3), np.float32), "G")
    for array, said in (
        (None, "the checkpoint's G is missing, not float32"),
        (np.ones((3, 2), np.float32), r"float32 \(3, 2\), not float32 \(2, 3\)"),
        (np.ones((2, 3)), r"float64 \(2, 3\), not float32 \(2, 3\)"),
        (np.array([[1, 1, 1], [1, 1, np.inf]], np.float32), "G is not finite"),
    ):
        for function in (checkpoint.fits, checkpoint.fill):
            with pytest.raises(CheckpointError, match=said):
                function(target, array, "G")
        assert not target.any()


def test_fill_copies_in_place():
    target = np.zeros(3, np.float32)
    view = target[:]
    checkpoint.fill(target, np.array([1, -2, 3], np.float32), "G")
    assert view.tolist() == [1.0, -2.0, 3.0]


def test_what_was_saved_is_read_again(saved):
    path, arrays, meta = saved
    for place in (path, str(path), path.parent):
        found, also = checkpoint.load(place)
        assert {name: a.tolist() for name, a in found.items()} == {name: a.tolist() for name, a in arrays.items()}
        assert {name: found[name].dtype for name in arrays} == {name: a.dtype for name, a in arrays.items()}
        assert also.items() >= meta.items()
    assert [p.name for p in path.parent.iterdir()] == [NAME]


def test_the_digest_is_the_sha256_of_the_sorted_description_and_of_the_sorted_arrays(saved):
    """Written a second time here: checkpoints of an older version must stay readable."""
    path, arrays, _ = saved
    found = checkpoint.load(path)[1]
    listed = {"a": ["<f4", [2]], "b": ["<f8", [2, 3]]}
    text = json.dumps({"also": [1], "arrays": listed, "format": 2, "round": 7}, sort_keys=True)
    assert found["sha256"] == hashlib.sha256(text.encode() + arrays["a"].tobytes() + arrays["b"].tobytes()).hexdigest()
    assert checkpoint.digest(arrays, found) == found["sha256"]
    turned = dict(reversed(arrays.items())), dict(reversed(found.items()))
    assert checkpoint.digest(*turned) == found["sha256"]


def test_a_checkpoint_of_another_format_or_with_another_list_or_digest_is_refused(saved, monkeypatch):
    path, arrays, meta = saved
    for name, wrong, said in (
        ("FORMAT", 3, "it has format 3, but this version of minigan reads format 2"),
        ("described", lambda arrays: {}, "its arrays do not match its list"),
        ("digest", lambda arrays, meta: "0", "its SHA-256 does not match"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(checkpoint, name, wrong)
            checkpoint.save(path, arrays, meta)
        with pytest.raises(CheckpointError, match=f"is not a minigan checkpoint, or it is damaged .{said}"):
            checkpoint.load(path)


def test_a_description_may_have_max_meta_bytes_and_no_more(saved, monkeypatch):
    path = saved[0]
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("__meta__.npy").file_size
    monkeypatch.setattr(checkpoint, "MAX_META", size)
    checkpoint.load(path)
    monkeypatch.setattr(checkpoint, "MAX_META", size - 1)
    with pytest.raises(CheckpointError, match="its __meta__ is too large"):
        checkpoint.load(path)


def test_where_there_is_no_checkpoint_the_message_says_so(tmp_path):
    for place in (tmp_path, tmp_path / NAME):
        with pytest.raises(CheckpointError, match=f"there is no checkpoint .*{NAME}; give the folder of a run"):
            checkpoint.load(place)


def test_numbers_that_are_not_finite_are_not_saved(saved):
    path, arrays, meta = saved
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match="because bad is not finite"):
        checkpoint.save(path, arrays | {"bad": np.array([1.0, np.nan])}, meta)
    assert path.read_bytes() == before


def test_a_checkpoint_that_was_written_wrongly_does_not_replace_the_last_one(saved, monkeypatch):
    path, arrays, meta = saved
    before, whole = path.read_bytes(), np.savez
    monkeypatch.setattr(np, "savez", lambda file, **parts: whole(file, **parts | {"a": parts["a"] + 1}))
    with pytest.raises(CheckpointError, match="its SHA-256 does not match"):
        checkpoint.save(path, arrays, meta)
    assert path.read_bytes() == before


def test_an_error_while_saving_leaves_no_file_and_says_what_is_left(tmp_path, monkeypatch):
    path, full = tmp_path / NAME, OSError(28, "No space left on device")

    def replaced(*_):
        raise full

    for last in ("there is no other checkpoint", "the last checkpoint is unharmed"):
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", replaced)
            with pytest.raises(CheckpointError, match=f"{NAME} cannot be written: No space left on device; {last}"):
                checkpoint.save(path, {"a": np.ones(2)}, {})
        assert not (tmp_path / f"{NAME}.partial").exists()
        checkpoint.save(path, {"a": np.ones(2)}, {})
    with pytest.raises(CheckpointError, match="No such file or directory; there is no other checkpoint"):
        checkpoint.save(tmp_path / "nowhere" / NAME, {"a": np.ones(2)}, {})


@systems.posix_only
def test_all_of_a_checkpoint_is_on_the_disk_before_it_takes_its_place_and_its_name_afterwards(tmp_path, monkeypatch):
    events, fsync, replace_ = [], os.fsync, os.replace

    def synced(descriptor):
        status = os.fstat(descriptor)
        events.append("folder" if stat.S_ISDIR(status.st_mode) else status.st_size)
        fsync(descriptor)
        open_.append(descriptor)

    def replaced(source, target):
        events.append(f"{source.name} -> {target.name}")
        replace_(source, target)

    open_: list[int] = []
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    checkpoint.save(tmp_path / NAME, {"a": np.ones(2)}, {})
    assert events == [(tmp_path / NAME).stat().st_size, f"{NAME}.partial -> {NAME}", "folder"]
    for descriptor in open_:  # all are closed
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)
    checkpoint.sync(tmp_path / "nowhere")  # no error


def test_the_message_of_a_diverged_run_says_what_is_left(tmp_path):
    training = new()
    training.rounds_done = 5
    error = Diverged("losses", training, tmp_path)
    assert error.exit_code == 4
    assert "the losses were no longer finite after 5 rounds; nothing has been saved." in str(error)
    arrays, meta = checkpoint.of(training)
    checkpoint.save(tmp_path / NAME, arrays, meta)
    assert last_saved(tmp_path) == f"{tmp_path / NAME} holds the networks after round 5"


def test_the_environment_of_a_run_and_how_it_has_changed(monkeypatch):
    monkeypatch.setattr(checkpoint.parallel, "n_processes", lambda: 3)
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "abacus")
    monkeypatch.setattr("platform.python_version", lambda: "3.99")
    monkeypatch.setattr(np, "__version__", "9.9")
    monkeypatch.setattr(checkpoint, "__version__", "7.7")
    settings = Settings(threads=2)
    environment = {"minigan": "7.7", "NumPy": "9.9", "Python": "3.99", "system": "Linux abacus", "processes": "3"}
    assert checkpoint.environment(settings) == environment | {"BLAS threads": "2", "device": "cpu"}
    assert checkpoint.environment(replace(settings, threads="auto")) == environment | {"device": "cpu"}
    assert checkpoint.changes(environment | {"more": "1"}, settings) == ""
    was = environment | {"NumPy": "9.8", "BLAS threads": "4"}
    assert checkpoint.changes(was, settings) == "NumPy 9.9, not 9.8; BLAS threads 2, not 4"
