"""python -m minigan.evaluate: which samples it takes, and what it prints and draws. Stand-ins measure them."""

import json
from dataclasses import replace

import numpy as np
import pytest
from small_runs import small

from minigan import evaluate
from minigan.data import Dataset
from minigan.metrics import neighbours, tables
from minigan.recipes.sampling import draw_samples
from minigan.runs import images
from minigan.training import Training


class Judge(tables.Images):
    """Measures nothing, but remembers what it was given."""

    kinds = {"size": (".0f", "how many")}
    n, most, data, about = 50, 40, "40 images", "a stand-in"

    def __init__(self, train):
        self.train = train

    def columns(self, x):
        self.x = x
        return {"samples": [("size", len(x)), ("odd", float("nan"))], "noise": [("size", 0)]}


@pytest.fixture
def judge(monkeypatch):
    """The judge that the command uses. judge.asked: the shape of the samples and the settings it was chosen by."""
    settings, train = small("minigan")
    judge = Judge(train)
    monkeypatch.setattr(
        tables, "judge_for", lambda shape, settings: setattr(judge, "asked", (shape, settings)) or judge
    )
    G = Training(settings, train).G
    monkeypatch.setattr(evaluate, "load_generator", lambda run: (G, replace(settings, data="drawn"), train))
    monkeypatch.setattr(judge, "found", (G, settings, train), raising=False)
    return judge


def figures(command, *words):
    code, out, _ = command(evaluate.main, *words, "--json")
    assert code == 0
    return json.loads(out)


def test_a_run_is_measured_by_samples_with_the_labels_of_its_data(command, judge):
    G, settings, train = judge.found
    for words, n, seed in (((), 40, 0), (("-n", 10), 10, 0), (("-n", 99, "--seed", 3), 40, 3)):
        found = figures(command, "run", *words)
        np.testing.assert_array_equal(judge.x, draw_samples(settings, train, G, n, seed, train.some_labels(n)))
        assert found == {
            "n": n, "samples": "run", "data": "40 images", "judge": "a stand-in",
            "figures": {"samples": {"size": n, "odd": None}, "noise": {"size": 0}},
        }  # fmt: skip


def test_the_data_to_compare_with_are_those_of_the_run_or_of_the_flags(command, judge):
    figures(command, "run")
    assert judge.asked[0] == (6, 6) and judge.asked[1].data == "drawn"
    figures(command, "run", "--data", "mnist", "--data-dir", "there")
    assert (judge.asked[1].data, judge.asked[1].data_dir) == ("mnist", "there")


def test_other_labels_than_those_of_the_data_are_drawn_in_turn(command, judge):
    G, settings, train = judge.found
    judge.train = replace(train, labels=np.arange(60) % 4)
    figures(command, "run", "-n", 12)
    np.testing.assert_array_equal(judge.x, draw_samples(settings, train, G, 12))


def test_of_many_samples_in_a_file_some_are_drawn_at_random_and_few_are_all_taken(command, judge, rng):
    pixels = rng.integers(0, 256, (60, 6, 6)).astype(np.uint8)
    x = Dataset(pixels.reshape(60, 36), (6, 6), "").batch(slice(None))
    for n, words, seed in ((40, (), 0), (11, ("-n", 11), 0), (40, ("--seed", 4), 4)):
        np.save("many.NPY", pixels)
        figures(command, "many.NPY.npy", *words)
        np.testing.assert_array_equal(judge.x, x[np.random.default_rng(seed).permutation(60)[:n]])
    np.save("few.npy", pixels[:40])
    figures(command, "few.npy")
    np.testing.assert_array_equal(judge.x, x[:40])
    np.save("too few.npy", pixels[:9])
    assert "too few.npy holds 9 samples; give at least 10" in command(evaluate.main, "too few.npy")[2]
    np.save("enough.npy", pixels[:10])
    assert figures(command, "enough.npy")["n"] == 10


def test_a_file_is_compared_with_a_folder_of_pictures_of_its_own_size_and_colour(command, judge, rng, tmp_path):
    (tmp_path / "pictures").mkdir()
    for shape, colour in (((20, 6, 6), False), ((20, 6, 8, 3), True)):
        judge.train = Dataset(np.zeros((9, np.prod(shape[1:])), np.uint8), shape[1:], "")
        np.save("x.npy", rng.integers(0, 256, shape).astype(np.uint8))
        figures(command, "x.npy", "--data", "pictures")
        assert (judge.asked[1].size, judge.asked[1].colour) == (shape[1], colour)
        figures(command, "x.npy", "--data", "drawn")
        assert (judge.asked[1].size, judge.asked[1].colour) == (28, False)
    judge.train = Dataset(np.zeros((9, 2), np.uint8), (1, 2), "")
    np.save("points.npy", rng.standard_normal((20, 2)))
    figures(command, "points.npy", "--data", "pictures")
    assert judge.asked[1].size == 28


def test_the_text_says_what_was_measured_and_where_the_picture_is(command, judge, tmp_path):
    code, out, err = command(evaluate.main, "run", "-n", 20, "--seed", 0, "--out", "near.png")
    lines = out.splitlines()
    assert code == 0 and [line.split() for line in lines[:3]] == [
        ["samples", "20", "of", "run"], ["data", "40", "images"], ["judge", "a", "stand-in"],
    ]  # fmt: skip
    assert lines[4].split() == ["samples", "noise"] and lines[5].split() == ["size", "20", "0", "how", "many"]
    assert "near.png" in err and (tmp_path / "near.png").exists()


def test_each_of_20_samples_stands_above_its_3_nearest_training_images(judge, monkeypatch, rng):
    drawn, (_, _, train) = [], judge.found
    monkeypatch.setattr(images, "save_grid", lambda *a, **k: drawn.append((*a, k)))
    looked, nearest = [], neighbours.nearest
    monkeypatch.setattr(neighbours, "nearest", lambda x, *a: looked.append(len(x)) or nearest(x, *a))
    x = rng.uniform(-1.0, 1.0, (21, 36)).astype(np.float32)
    evaluate.save_nearest("near.png", x, train)
    ((path, grid, how),) = drawn
    assert path == "near.png" and how == {"columns": 10} and grid.shape == (80, 6, 6)
    assert looked == [20]
    index, _ = nearest(x, train, 3)
    for half in range(2):
        rows = grid[40 * half : 40 * half + 40].reshape(4, 10, 6, 6)
        own = slice(10 * half, 10 * half + 10)
        np.testing.assert_array_equal(rows[0], images.to_unit(x[own], (6, 6)))
        for k in range(3):
            np.testing.assert_array_equal(rows[k + 1], images.to_unit(train.batch(index[own, k]), (6, 6)))


def test_points_have_no_nearest_pictures(command, monkeypatch, rng, tmp_path):
    np.save("points.npy", rng.standard_normal((20, 2)))
    code, out, err = command(evaluate.main, "points.npy", "--data", "ring")
    assert (code, err) == (0, "") and "sigma ratio" in out and list(tmp_path.glob("*.png")) == []
