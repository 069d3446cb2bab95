"""python -m minigan.evaluate, and the distance that --evaluate-every measures during training."""

import csv
import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigan import evaluate, train
from minigan.data import load, split, toy
from minigan.data.drawn import draw
from minigan.data.stacked import stack
from minigan.metrics import tables
from minigan.recipes import sampling
from minigan.recipes.settings import Settings
from minigan.runs import checkpoint, images
from minigan.runs.load import load_generator

SMALL = ("--batch-size", 20, "--g-hidden", 16, "--d-hidden", 16, "--latent-dim", 3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def cache(monkeypatch, folder):
    """One cache for all tests in this file, so that the classifier of the same data is trained once."""
    monkeypatch.setattr("pooch.os_cache", lambda project: folder / project)


@pytest.fixture
def digits(tmp_path):
    """A file of 1,500 labelled drawn digits."""
    x, labels = draw(1500, vary=0.5)
    np.savez(tmp_path / "digits.npz", images=x, labels=labels)
    return "digits.npz"


def test_perfect_samples_are_as_good_as_real_ones(command, digits):
    np.save("samples.npy", draw(200, seed=1, vary=0.5)[0])
    code, out, err = command(evaluate.main, "samples.npy", "--data", digits, "--json")
    assert (code, err) == (0, "nearest  nearest.png: samples, each above the 3 training images nearest to it\n")
    result = json.loads(out)
    assert result["n"] == 200
    assert "1250 of 1500 images 28x28" in result["data"] and "250 test images" in result["data"]
    samples, real, noise = (result["figures"][column] for column in ("samples", "real", "noise"))
    assert list(samples) == list(real) == list(noise)
    assert set(samples) == {*tables.OF_IMAGES, "shares"}
    for name in tables.OF_IMAGES:
        assert abs(samples[name] - real[name]) < 0.35 * abs(noise[name] - real[name]), name
    assert sum(samples["shares"]) == pytest.approx(1.0)
    assert len(samples["shares"]) == 10
    assert Path("nearest.png").read_bytes().startswith(b"\x89PNG")


def test_every_figure_is_printed_beside_real_images_and_noise(command, digits):
    command(train.main, "--data", digits, "--epochs", 2, "--out", "run", *SMALL)
    code, out, _ = command(evaluate.main, "run", "-n", 100, "--out", "copies.png")
    assert code == 0
    assert os.path.exists("copies.png")
    for name, (_, words) in tables.OF_IMAGES.items():
        (line,) = [line for line in out.splitlines() if line.startswith(name)]
        figures = line.removeprefix(name).removesuffix(words).split()
        assert all(map(np.isfinite, map(float, figures))) and len(figures) == 3
    assert "100 of run" in out and "% of the test images right, weights " in out and "share of each class" in out


def test_copies_of_training_images_are_found(command, digits):
    np.save("samples.npy", draw(1500, vary=0.5)[0][1:400])
    _, out, _ = command(evaluate.main, "samples.npy", "--data", digits, "--json")
    figures = json.loads(out)["figures"]
    assert figures["samples"]["nearest in training"] < 1e-3 < 1.0 < figures["real"]["nearest in training"]


def test_the_nearest_training_images_are_drawn_below_their_samples(command, digits, monkeypatch):
    drawn = []
    monkeypatch.setattr(images, "save_grid", lambda path, x, columns: drawn.append(x))
    np.save("samples.npy", split(load(digits))[0].x[:200].reshape(-1, 28, 28))
    command(evaluate.main, "samples.npy", "--data", digits)
    (grid,) = drawn
    grid = grid.reshape(2, 4, 10, 28, 28)
    np.testing.assert_allclose(grid[:, 0].reshape(20, 28, 28), np.load("samples.npy")[:20] / 255.0, atol=1e-6)
    np.testing.assert_allclose(grid[:, 0], grid[:, 1], atol=1e-6)
    assert (grid[:, 1] != grid[:, 2]).any(axis=(-1, -2)).all()


def test_the_clear_share_of_real_images_is_that_of_test_images(digits, tmp_path):
    judge = tables.judge_for((28, 28), Settings(data=str(tmp_path / digits)))
    x = judge.real(300)
    table = tables.measure(judge, x)
    p = judge.eyes.probabilities(judge.features).max(axis=1)
    assert table["real"]["surer than .9"] == (p > 0.9).mean() < table["samples"]["surer than .9"] == judge.score(x).sure


@pytest.fixture
def colours(tmp_path):
    """A file of 1,500 coloured drawn digits without labels: each has one colour of its own."""
    x, _ = draw(1500, vary=0.5)
    tint = np.random.default_rng(3).integers(80, 256, (1500, 1, 1, 3))
    np.save(tmp_path / "colours.npy", (x[..., None] * tint // 255).astype(np.uint8))
    return "colours.npy"


def test_without_labels_the_table_says_what_it_cannot_tell(command, colours):
    train_set, test_set = split(load(colours))
    rng, x = np.random.default_rng(0), train_set.x.reshape(-1, 28, 28, 3)
    fakes = {  # file -> samples
        "perfect": test_set.x.reshape(-1, 28, 28, 3),
        "half": x[train_set.x.reshape(-1, 28, 28, 3).max(axis=(1, 2)).argmax(axis=1) == 0][:250],  # mostly red
        "alike": x[rng.integers(3, size=250)],
        "noise": rng.integers(0, 256, (250, 28, 28, 3)).astype(np.uint8),
    }
    found = {}
    for name, samples in fakes.items():
        np.save(f"{name}.npy", samples)
        code, out, _ = command(evaluate.main, f"{name}.npy", "--data", colours, "--json")
        result = json.loads(out)
        assert code == 0 and "no labels; so it cannot tell how clear a sample is" in result["judge"]
        assert set(result["figures"]["samples"]) == set(tables.OF_UNLABELLED)
        found[name] = result["figures"]["samples"]
    distances = {name: figures["Frechet, untrained"] for name, figures in found.items()}
    assert distances["perfect"] < distances["half"] / 3 < distances["noise"] and distances["perfect"] < 0.001
    assert distances["perfect"] < result["figures"]["real"]["Frechet, untrained"] < distances["half"]
    assert found["alike"]["diversity"] < 0.9 < found["perfect"]["diversity"] == pytest.approx(1.0)
    assert found["alike"]["coverage"] < 0.2 and found["alike"]["nearest in training"] < 1e-3
    out = command(evaluate.main, "perfect.npy", "--data", colours)[1]
    for name, (_, words) in tables.OF_UNLABELLED.items():
        assert re.search(rf"^{re.escape(name)} .* {re.escape(words)}$", out, re.MULTILINE)


def test_without_labels_the_distance_is_measured_while_training(command, colours):
    words = ("--data", colours, "--epochs", 2, "--evaluate-every", 1, "--out", "run", *SMALL)
    assert command(train.main, *words)[0] == 0
    first, last = (float(row["distance"]) for row in read_csv("run/metrics.csv") if row["distance"])
    assert np.isfinite([first, last]).all() and os.path.exists("run/best.npz")
    out = command(evaluate.main, "run", "-n", 250, "--json")[1]
    assert json.loads(out)["figures"]["samples"]["Frechet, untrained"] == pytest.approx(last, rel=1e-3)


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_perfect_and_far_points_are_scored_as_such(command, name):
    np.save("points.npy", getattr(toy, name)(2000, seed=5)[0])
    code, out, err = command(evaluate.main, "points.npy", "--data", name, "--json")
    assert (code, err) == (0, "")
    figures = json.loads(out)["figures"]
    assert set(figures["samples"]) == set(tables.OF_POINTS)
    assert figures["samples"]["modes"] == figures["real"]["modes"] == len(toy.centres(name))
    assert figures["samples"]["high quality"] == pytest.approx(0.989, abs=0.01)
    assert figures["noise"]["high quality"] < 0.1
    command(train.main, "--data", name, "--epochs", 0, "--out", "run")
    code, out, err = command(evaluate.main, "run")
    assert (code, err) == (0, "")
    assert "2500 of run" in out and "modes" in out
    np.save("far.npy", np.full((2000, 2), 99.0) + np.arange(4000).reshape(2000, 2))
    figures = json.loads(command(evaluate.main, "far.npy", "--data", name, "--json")[1])["figures"]["samples"]
    assert figures == {"modes": 0, "high quality": 0.0, "reverse KL": None, "sigma ratio": None}


def test_stacked_digits_are_scored_by_their_modes(command, no_mnist, monkeypatch):
    monkeypatch.setattr("minigan.data.N_DRAWN", 1500)
    monkeypatch.setattr("minigan.data.N_TEST", 300)
    monkeypatch.setattr("minigan.data.N_STACKED", 2500)
    perfect = stack(split(load("drawn", seed=1))[1], 2000, seed=2)
    np.save("perfect.npy", perfect.stored(slice(None)).reshape(-1, 28, 28, 3))
    np.save("swapped.npy", np.load("perfect.npy")[..., [0, 0, 0]])
    code, out, err = command(evaluate.main, "perfect.npy", "--data", "stacked", "--json")
    assert (code, err) == (0, "nearest  nearest.png: samples, each above the 3 training images nearest to it\n")
    with Image.open("nearest.png") as picture:
        assert (picture.mode, picture.size) == ("RGB", (600, 480))
    result = json.loads(out)
    assert result["n"] == 2000 and "in colour" in result["data"] and "300 test digits" in result["data"]
    samples, real, noise = (result["figures"][column] for column in ("samples", "real", "noise"))
    assert set(samples) == set(tables.OF_STACKED)
    for name in tables.OF_STACKED:
        assert abs(samples[name] - real[name]) < 0.2 * abs(noise[name] - real[name]), name
    assert samples["modes"] > 800
    out = command(evaluate.main, "swapped.npy", "--data", "stacked", "--json")[1]
    assert json.loads(out)["figures"]["samples"]["modes"] == 10
    judge = tables.judge_for((28, 28, 3), Settings(data="stacked"))
    assert [len(part) for part in judge.real(1030)] == [len(part) for part in judge.noise(1030)] == [1000, 30]
    words = ("--data", "stacked", "--epochs", 0, "--g-hidden", 5, "--d-hidden", 5, "--out", "run")
    assert command(train.main, *words)[0] == 0
    code, out, _ = command(evaluate.main, "run", "-n", 1030)
    assert code == 0 and "1030 of run" in out
    for name, (_, meaning) in tables.OF_STACKED.items():
        assert re.search(rf"^{name} .* {re.escape(meaning)}$", out, re.MULTILINE)
    code, _, err = command(train.main, *words[:-1], "other", "--evaluate-every", 1)
    assert code == 2 and "drop it" in err and not os.path.exists("other")


WRONG = {
    ("nothing", ): "no checkpoint",
    ("samples.npy", "--data", "nothing.npz"): "no file nothing.npz",
    ("samples.npy", "--data", "small.npz"): "28x28, but those of small.npz are 8x8",
    ("points.npy",): "--data ring or --data grid",
    ("points.npy", "--data", "small.npz"): "--data ring or --data grid",
    ("samples.npy", "--data", "ring"): "28x28, but those of ring are 2;",
    ("samples.npy", "-n", "3"): r"must be from 10 to 1000000000",
    ("few.npy", "--data", "labelled.npz"): "at least 10",
    ("samples.npy", "--data", "few.npz"): "9 of 50 images .* too few test images",
    ("samples.npy", "--data", "labelled.npz", "--out", "x.txt"): ".png",
}  # fmt: skip


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_what_cannot_be_evaluated_ends_in_one_sentence(command, words, rng):
    x = rng.integers(0, 256, (60, 28, 28)).astype(np.uint8)
    np.save("samples.npy", x)
    np.save("few.npy", x[:9])
    np.save("points.npy", rng.standard_normal((50, 2)))
    np.savez("labelled.npz", images=x, labels=np.arange(60) % 3)
    np.savez("few.npz", images=x[:50], labels=np.arange(50) % 3)
    np.savez("small.npz", images=x[:, :8, :8], labels=np.arange(60) % 3)
    code, out, err = command(evaluate.main, *words)
    assert (code in (2, 3), out) == (True, "")
    assert err.count("\n") == 1
    assert re.search(WRONG[words], err)


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_measuring_the_distance_does_not_change_the_training(command, digits):
    words = ("--data", digits, "--epochs", 5, "--log-every", 25, *SMALL)  # 75 rounds an epoch
    command(train.main, *words, "--out", "plain")
    code, out, _ = command(train.main, *words, "--evaluate-every", 2, "--out", "run")
    assert code == 0
    arrays, meta = checkpoint.load("run")
    for name, array in checkpoint.load("plain")[0].items():
        np.testing.assert_array_equal(arrays[name], array)
    rows, plain = read_csv("run/metrics.csv"), read_csv("plain/metrics.csv")
    assert "distance" not in plain[0] and [r["round"] for r in rows] == [r["round"] for r in plain]
    distances = {float(row["epoch"]): float(row["distance"]) for row in rows if row["distance"]}
    assert list(distances) == [2.0, 4.0]
    best = min(distances, key=distances.get)
    _, meta = checkpoint.load("run/best.npz")
    assert meta["round"] == 75 * best
    assert f"distance {distances[best]:.2f} after epoch {best:.0f}" in out
    assert not os.path.exists("plain/best.npz")
    _, out, _ = command(evaluate.main, "run/best.npz", "-n", 250, "--json")
    assert json.loads(out)["figures"]["samples"]["Frechet distance"] == pytest.approx(distances[best], rel=1e-3)
    load_generator("run/best.npz")


def test_measuring_the_distance_in_training_needs_images_and_enough_of_them(command, rng):
    code, _, err = command(train.main, "--data", "ring", "--evaluate-every", 1, "--out", "run", *SMALL)
    assert code == 2 and "needs images" in err and not os.path.exists("run")
    np.savez("few.npz", images=rng.integers(0, 256, (40, 6, 6)).astype(np.uint8), labels=np.arange(40) % 3)
    code, _, err = command(train.main, "--data", "few.npz", "--evaluate-every", 1, "--out", "run", *SMALL)
    assert code == 3 and "too few" in err and not os.path.exists("run")


def test_divergence_is_reported_even_if_the_samples_cannot_be_evaluated(command, digits):
    words = ("--data", digits, "--epochs", 2, "--evaluate-every", 1, "--log-every", 1000, "--out", "run", *SMALL)
    for lr in (1e30, 1e17):
        code, _, err = command(train.main, *words, "--lr", lr)
        assert (code, err.count("\n")) == (4, 1) and "no longer finite" in err and "after round 0" in err
        shutil.rmtree("run")


def test_part_of_a_sorted_file_still_has_every_digit(command, digits):
    x, labels = draw(1500, vary=0.5)
    np.save("sorted.npy", x[labels.argsort(kind="stable")])
    result = json.loads(command(evaluate.main, "sorted.npy", "--data", digits, "--json", "-n", 300)[1])
    assert result["n"] == 300 and min(result["figures"]["samples"]["shares"]) > 0.05
    result = json.loads(command(evaluate.main, "sorted.npy", "--data", digits, "--json")[1])
    assert result["n"] == 1041  # five sixths of the 1,250 training images, the most that can be compared with them


def test_a_conditional_run_gets_labels_in_the_proportions_of_the_data(command, rng):
    labels = np.repeat([1, 3], [80, 40])
    np.savez("odd.npz", images=rng.integers(0, 256, (120, 6, 6)).astype(np.uint8), labels=labels)
    command(train.main, "--data", "odd.npz", "--epochs", 0, "--out", "run", *SMALL)
    seen = []
    plain = evaluate.draw_samples
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "draw_samples", lambda *a: seen.append(a[-1]) or plain(*a))
        assert command(evaluate.main, "run", "-n", 60)[0] == 0
    assert set(seen[0]) == {1, 3} and 20 < (seen[0] == 1).sum() < 60


def test_samples_of_a_sigmoid_generator_are_scaled_like_any_others(command, digits):
    command(train.main, "--data", digits, "--epochs", 1, "--output", "sigmoid", "--out", "run", *SMALL)
    G, settings, data = load_generator("run")
    x = sampling.draw_samples(settings, data, G, 300)
    assert x.min() < -0.5 and x.max() <= 1.0  # black is -1, although G ends in 0..1
    assert command(evaluate.main, "run", "-n", 100)[0] == 0
