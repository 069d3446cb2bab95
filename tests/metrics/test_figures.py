"""The tables of evaluate: each figure is the right one of the right images, and stands in its column."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from minigan.data import toy
from minigan.ground.errors import ArgumentError
from minigan.metrics import frechet, modes, neighbours, parzen, tables
from minigan.metrics.untrained import Untrained
from minigan.nn.activations import ReLU
from minigan.nn.layers import Dense
from minigan.nn.network import Network
from minigan.recipes.settings import Settings


def in_full(columns):
    return {name: dict(figures) for name, figures in columns.items()}


def test_the_figures_of_images_are_those_of_samples_of_real_images_and_of_noise(small, rng, monkeypatch):
    monkeypatch.setattr(neighbours.score, "__defaults__", (1, 2))  # neighbours; there are few images
    judge = tables.Images(*small)
    assert judge.most == judge.held == 33
    assert judge.data == "40 small images; 10 test images"
    x = rng.uniform(-1.0, 1.0, (12, 4)).astype(np.float32)
    table = in_full(judge.columns(x))
    assert list(table) == ["samples", "real", "noise"]
    assert [[name for name in column if name != "shares"] for column in table.values()] == [list(judge.kinds)] * 3
    for name, images in (("samples", x), ("real", judge.real(12)), ("noise", judge.noise(12))):
        column, s = table[name], judge.score(images)
        assert (
            column["Frechet distance"]
            == s.distance
            == pytest.approx(frechet.frechet_distance(images[:, :2], judge.test[:, :2]))
        )
        assert column["precision"] == neighbours.score(images[:, :2], judge.test[:, :2]).precision
        assert column["confidence"] == s.confidence and column["shares"] == s.shares
        assert column["KL of the classes"] == pytest.approx(sum(p * math.log(2 * p) for p in s.shares if p))
        validation = small[0].batch(slice(33, 40))
        expected = parzen.score((images + 1) / 2, (validation + 1) / 2, (judge.test + 1) / 2).mean
        assert column["Parzen log-likelihood"] == pytest.approx(expected)
        unseen = judge.test if name == "real" else images  # training images would find themselves
        distances = neighbours.nearest(unseen, small[0])[1]
        assert column["nearest in training"] == pytest.approx(np.quantile(distances, 0.1))
    assert table["samples"]["surer than .9"] == judge.score(x).sure
    assert table["real"]["surer than .9"] == judge.sure  # of test images


def test_a_class_without_samples_counts_nothing_in_the_divergence(small):
    judge = tables.Images(*small)
    x = np.full((12, 4), -0.5, np.float32) + np.linspace(0.0, 0.1, 12)[:, None]
    assert dict(judge.figures(x, x))["KL of the classes"] == pytest.approx(math.log(2))


def test_the_parzen_windows_stand_on_samples_in_0_to_1_and_learn_their_width_on_1000_images(small, rng, monkeypatch):
    train, test = small
    pixels = rng.integers(0, 256, (12_000, 4)).astype(np.uint8)
    judge = tables.Images(replace(train, x=pixels, labels=np.arange(12_000) % 2), test)
    given = []
    monkeypatch.setattr(parzen, "score", lambda *a: given.extend(a) or parzen.Score(-7.0, 0.0, 0.1))
    assert judge.parzen(np.array([[-1.0, 0.0, 0.5, 1.0]])) == -7.0
    centres, validation, tests = given
    np.testing.assert_array_equal(centres, [[0.0, 0.5, 0.75, 1.0]])
    np.testing.assert_allclose(validation, pixels[10_000:11_000] / 255.0, atol=1e-6)
    np.testing.assert_allclose(tests, test.x / 255.0, atol=1e-6)


def test_nearest_looks_at_1000_samples_and_real_images_at_1000_of_the_test_images(small, monkeypatch):
    looked = []
    monkeypatch.setattr(neighbours, "nearest", lambda x, data: looked.append(len(x)) or (0, np.arange(11.0)))
    judge = tables.Images(*small)
    assert judge.nearest(np.zeros((1001, 4))) == 1.0
    monkeypatch.setattr(judge, "figures", lambda x, unseen, sure=None: len(unseen))
    judge.test = np.zeros((3000, 4))
    assert judge.columns(np.zeros((5, 4)))["real"] == 1000
    judge.test = np.zeros((30, 4))
    assert judge.columns(np.zeros((5, 4)))["real"] == 30
    assert looked == [1000]


def test_images_without_labels_have_the_figures_that_need_none(small, rng, monkeypatch):
    monkeypatch.setattr(neighbours.score, "__defaults__", (1, 2))
    train, test = (replace(data, labels=None) for data in small)
    judge = tables.Unlabelled(train, test)
    x = rng.uniform(-1.0, 1.0, (12, 4)).astype(np.float32)
    table = in_full(judge.columns(x))
    assert [list(column) for column in table.values()] == [list(tables.OF_UNLABELLED)] * 3
    samples = table["samples"]
    assert samples["Frechet, untrained"] == judge.distance(x)
    variance = [sum((a - b) ** 2 for a in x for b in x).sum() / len(x) ** 2 for x in (x, judge.test)]
    assert samples["diversity"] == pytest.approx(math.sqrt(variance[0] / variance[1]), rel=1e-5)
    assert samples["Parzen log-likelihood"] == judge.parzen(x)
    assert samples["nearest in training"] == judge.nearest(x)
    assert table["real"]["nearest in training"] == judge.nearest(judge.test)
    assert tables.spread(np.array([[0.0, 1.0], [2.0, 1.0]])) == 1.0  # two samples at a distance of 2


def test_the_untrained_network_is_always_the_same_and_its_features_have_unit_variance(rng):
    images = rng.uniform(-1.0, 1.0, (2500, 6)).astype(np.float32)
    eyes = Untrained(images)
    features = eyes.features(images)
    assert features.shape == (2500, 64) and features.var(axis=0).mean() == pytest.approx(1.0, rel=1e-4)
    layers = [Dense(6, 512, math.sqrt(2.0)), ReLU(), Dense(512, 64, math.sqrt(2.0)), ReLU()]
    expected = Network(layers, np.random.default_rng(0))(images)
    np.testing.assert_allclose(features, expected / math.sqrt(expected.var(axis=0).mean()), rtol=1e-4, atol=1e-5)
    assert np.isfinite(Untrained(np.zeros((9, 6), np.float32)).features(images)).all()  # which do not vary at all


@pytest.fixture
def stacked(small):
    train, test = small
    images = SimpleNamespace(digits=train, note="stacked", n_x=12)
    return tables.StackedDigits(images, SimpleNamespace(digits=test, batch=lambda rows: (rows.start, rows.stop)))


def test_stacked_digits_come_in_parts_of_1000(stacked):
    assert list(stacked.real(2300)) == [(0, 1000), (1000, 2000), (2000, 2300)]
    parts = list(stacked.noise(2300))
    assert [part.shape for part in parts] == [(1000, 12), (1000, 12), (300, 12)]
    expected = np.random.default_rng(0).standard_normal((2300, 12), dtype=np.float32)
    np.testing.assert_array_equal(np.concatenate(parts), np.clip(expected, -1.0, 1.0))


def test_the_figures_of_stacked_digits_are_those_of_the_modes(stacked, rng, monkeypatch):
    assert stacked.data == "stacked; 10 test digits" and stacked.about.startswith("a classifier, ")
    x = rng.uniform(-1.0, 1.0, (9, 12)).astype(np.float32)
    expected = modes.score_stacked([x], stacked.classifier)
    assert list(stacked.figures([x])) == [
        ("modes", expected.found), ("reverse KL", expected.reverse_kl), ("surer than .9", expected.sure),
    ]  # fmt: skip
    monkeypatch.setattr(stacked, "figures", list)
    columns = stacked.columns(x)
    assert columns["samples"] == [x] and columns["real"] == [(0, 9)] and columns["noise"][0].shape == (9, 12)


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_the_figures_of_points_are_those_of_the_modes(name):
    judge, (x, _) = tables.Points(name), getattr(toy, name)(300, seed=5)
    table = in_full(judge.columns(x))
    real, _ = getattr(toy, name)(300, seed=1)
    noise = real.std() * np.random.default_rng(0).standard_normal((300, 2))
    for column, points in (("samples", x), ("real", real), ("noise", noise)):
        s = modes.score(points, name)
        assert list(table[column].values()) == [s.found, s.high_quality, s.reverse_kl, s.sigma_ratio]
        assert list(table[column]) == list(tables.OF_POINTS)
    assert judge.name == judge.data == name


def test_what_measures_samples_follows_from_their_shape_and_the_data(small):
    train, test = small
    whole = replace(train, held=lambda: test, name="mine")
    settings = Settings(data="mnist")
    assert isinstance(tables.judge_for((2, 2), settings, whole), tables.Images)
    plain = replace(whole, labels=None, held=lambda: replace(test, labels=None))
    assert type(tables.judge_for((2, 2), settings, plain)) is tables.Unlabelled
    assert tables.judge_for((2,), Settings(data="grid")).name == "grid"
    digits = SimpleNamespace(
        shape=(2, 2), name="stacked", digits=train, note="", held=lambda: SimpleNamespace(digits=test)
    )
    assert isinstance(tables.judge_for((2, 2), settings, digits), tables.StackedDigits)
    with pytest.raises(ArgumentError, match="whose modes are known"):
        tables.judge_for((2,), Settings(data="moons"))
    with pytest.raises(ArgumentError, match="the samples are 3x3, but those of mine are 2x2"):
        tables.judge_for((3, 3), settings, whole)


def test_a_table_is_measured_and_written_a_figure_a_line(monkeypatch):
    told = []

    class Bar:
        def __init__(self, total, **_):
            told.append(total)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        update = told.append

    monkeypatch.setattr("tqdm.tqdm", Bar)
    kinds = {"modes": (".0f", "how many"), "ratio": (".2f", "how wide")}
    columns = {
        "samples": [("modes", 8), ("shares", (0.25, 0.75)), ("ratio", 0.5)],
        "real": [("modes", 9), ("ratio", 1.0)],
        "noise": [("modes", 0), ("ratio", 9.0)],
    }
    judge = SimpleNamespace(kinds=kinds, columns=lambda x: columns, train=SimpleNamespace(classes=()))
    table = tables.measure(judge, None)
    assert table == {"samples": {"modes": 8, "shares": (0.25, 0.75), "ratio": 0.5}, "real": {"modes": 9, "ratio": 1.0},
                     "noise": {"modes": 0, "ratio": 9.0}}  # fmt: skip
    assert told == [6, True, False, True, True, True, True, True]
    text = tables.as_text(table, judge)
    assert [line.split() for line in text.splitlines()] == [
        ["samples", "real", "noise"], ["modes", "8", "9", "0", "how", "many"],
        ["ratio", "0.50", "1.00", "9.00", "how", "wide"],
        ["share", "of", "each", "class", "25.0", "75.0", "%"],
    ]  # fmt: skip
    judge.train.classes = ("cat", "dog")
    assert tables.as_text(table, judge).endswith("25.0 % cat, 75.0 % dog")
    table["samples"]["shares"] = (1 / 28,) * 28
    assert tables.as_text(table, judge).endswith(" and 2 more")
    table["samples"]["shares"] = (1 / 26,) * 26
    assert "more" not in tables.as_text(table, judge)
