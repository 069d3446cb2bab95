"""A folder of coloured pictures goes through the whole house: training, resuming, samples, evaluation, report."""

import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import shapes
from PIL import Image
from small_runs import contents, stop_after
from test_page import content
from test_parallel import mpi, needs_mpi

import minigan
from minigan import evaluate, report, sample, train
from minigan.runs import checkpoint

TINY = ("--data", "shapes", "--colour", "--size", 12, "--batch-size", 20, "--g-hidden", 24, "--d-hidden", 16,
        "--latent-dim", 5, "--log-every", 2, "--epochs", 3)  # fmt: skip
KINDS = sorted(f"{colour} {shape}" for colour in shapes.HUES for shape in shapes.CORNERS)


@pytest.fixture(autouse=True)
def folder(command, monkeypatch, tmp_path):
    """The folder `shapes` with 20 pictures of each of the nine kinds."""
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.setattr(sys, "argv", ["shapes.py", "shapes", "-n", "20"])
    shapes.main()


@pytest.fixture
def run(command):
    code, out, err = command(train.main, *TINY, "--out", "run")
    assert (code, err) == (0, "")
    assert "data     180 images 12x12 in colour: the folder shapes, 9 subfolders as labels\n" in out
    return Path("run")


def test_pictures_of_a_run_are_in_colour(run, command):
    for name in ("samples.png", "samples/epoch_0003.png"):
        with Image.open(run / name) as picture:
            assert (picture.mode, picture.size) == ("RGB", (280, 280))
    assert command(sample.main, "run", "-n", 4, "--walk")[0] == 0
    with Image.open("walk.gif") as walk:
        frames = [np.asarray(walk.convert("RGB")).astype(int)]
        walk.seek(30)
        frames.append(np.asarray(walk.convert("RGB")).astype(int))
    assert all((np.ptp(frame, axis=2) > 20).any() for frame in frames) and (frames[0] != frames[1]).any()
    assert command(sample.main, "run", "--training")[0] == 0


def test_files_that_were_left_out_are_in_config_json(command):
    for i in range(9):
        Path("shapes", "red circle", f"x{i}.png").touch()
    out = command(train.main, *TINY, "--epochs", 0, "--out", "run")[1]
    assert "; left out: red circle/x0.png (no picture that Pillow knows)" in out and ", and 6 more (config.json" in out
    left_out = json.loads(Path("run/config.json").read_text())["left_out"]
    assert [Path(name).name for name in left_out] == [f"x{i}.png" for i in range(9)]


def test_samples_are_arrays_in_colour_and_labels_have_names(run, command):
    for label, out in (("blue triangle", "a.npy"), (KINDS.index("blue triangle"), "b.npy"), ("red circle", "c.npy")):
        assert command(sample.main, "run", "-n", 5, "--label", label, "--out", out)[0] == 0
    a, b, c = map(np.load, ("a.npy", "b.npy", "c.npy"))
    assert a.shape == (5, 12, 12, 3) and a.dtype == np.float32 and 0 <= a.min() < a.max() <= 1
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()
    code, _, err = command(sample.main, "run", "--label", "blue")
    assert code == 2 and "the label must be one of blue circle, blue square, " in err and err.count("\n") == 1
    gan = minigan.GAN.load("run")
    np.testing.assert_array_equal(gan.sample(5, label="blue triangle"), a)
    np.testing.assert_array_equal(gan.sample(5, label=["blue triangle"] * 5), a)


def test_a_run_in_colour_is_evaluated_and_reported(run, command):
    code, out, _ = command(evaluate.main, "run", "-n", 100, "--json")
    found = json.loads(out)
    assert (
        code == 0
        and "150 of 180 images 12x12 in colour" in found["data"]
        and len(found["figures"]["real"]["shares"]) == 9
    )
    assert min(found["figures"]["real"]["shares"]) > 0.02  # drawn from all kinds, although the folder is sorted
    with Image.open("nearest.png") as picture:
        assert picture.mode == "RGB"
    out = command(evaluate.main, "run", "-n", 100)[1]
    assert re.search(r"^share of each class   \d+\.\d % blue circle, .* % red triangle$", out, re.MULTILINE)
    command(sample.main, "run", "-n", 50, "--out", "fifty.npy")
    code, out, _ = command(evaluate.main, "fifty.npy", "--data", "shapes", "--json")
    assert code == 0 and json.loads(out)["n"] == 50  # size and colour are those of the samples
    command(report.main, "run")
    page = content(run)
    assert (page["shape"], page["labels"]) == ([12, 12, 3], KINDS)
    assert page["facts"]["command"].startswith(
        "python -m minigan.train --preset pictures --data shapes --size 12 --colour"
    )


def test_a_run_in_colour_is_continued_byte_for_byte(command, monkeypatch, run):
    with monkeypatch.context() as patch:
        stop_after(patch, 13)
        assert command(train.main, *TINY, "--out", "other")[0] == 130
    assert command(train.main, "--resume", "other")[0] == 0
    assert contents("other") == contents("run")
    shutil.move("shapes", "moved")
    assert command(train.main, "--resume", "other", "--epochs", 4)[0] == 3
    assert command(train.main, "--resume", "other", "--epochs", 4, "--data", "moved")[0] == 0
    Path("moved/red circle/0000.png").unlink()
    code, _, err = command(train.main, "--resume", "other", "--epochs", 5, "--data", "moved")
    assert code == 3 and "was trained on other samples" in err


def test_the_distance_in_colour_is_measured_with_and_without_labels(command):
    assert command(train.main, *TINY, "--evaluate-every", 3, "--out", "labels")[0] == 0
    Path("flat").mkdir()
    for i, path in enumerate(sorted(Path("shapes").rglob("*.*"))):
        shutil.copy(path, f"flat/{i}{path.suffix}")
    code, out, _ = command(train.main, *TINY, "--data", "flat", "--evaluate-every", 3, "--out", "none")
    assert code == 0 and "no subfolders; no labels, so not conditional" in out
    for name in ("labels", "none"):
        assert (Path(name) / "best.npz").exists()
    assert "no labels; so it cannot tell" in command(evaluate.main, "none", "-n", 100)[1]


def test_from_python_a_folder_is_learned_in_colour(tmp_path):
    gan = minigan.GAN(epochs=1, size=10, colour=True, g_hidden=(8,), d_hidden=(8,), batch_size=30).fit("shapes")
    assert gan.sample(3, label="green square").shape == (3, 10, 10, 3)
    gan.save(tmp_path / "saved")
    assert minigan.GAN.load(tmp_path / "saved").fit("shapes").sample(2).shape == (2, 10, 10, 3)


def test_nine_of_nine_kinds_are_in_the_data():
    """A classifier can tell the kinds apart, so that it can count those among the samples."""
    data = minigan.data.load("shapes", size=12, colour=True)
    x = data.x.reshape(-1, 12, 12, 3).astype(int)
    assert data.classes == tuple(KINDS) and np.bincount(data.labels).tolist() == [20] * 9
    hue = x.reshape(180, -1, 3).sum(axis=1).argmax(axis=1)
    assert [("red", "green", "blue")[h] for h in hue] == [data.classes[label].split()[0] for label in data.labels]


@needs_mpi
def test_two_processes_train_in_colour(command, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    words = [*TINY, "--epochs", 2]
    code, out, err = mpi(2, "-m", "minigan.train", *words, "--out", "two")
    assert (code, err) == (0, "") and out.count("180 images 12x12 in colour") == 1
    code, _, err = mpi(2, "-m", "minigan.train", "--resume", "two", "--epochs", 3)
    assert (code, err) == (0, "")
    _, meta = checkpoint.load("two")
    assert meta["round"] == 27 and meta["shape"] == [12, 12, 3] and meta["classes"] == KINDS
