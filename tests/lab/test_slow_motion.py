"""Slow motion: a filmed round is the round, and the film shows all of its lines, with the code's own numbers."""

import json
import sys

import numpy as np
import pytest

from minigan.data import load
from minigan.lab.slow_motion import ALL_NUMBERS, ROOT, Film, shown
from minigan.recipes.presets import PRESETS
from minigan.training import Training

SMALL = {"batch_size": 3, "g_hidden": (4,), "d_hidden": (4,)}
RECIPES = {
    "toy": {},
    "WGAN-GP, two steps": {"objective": "wasserstein", "r1": 0.0, "wgan_gp": 10.0, "d_steps": 2},
    "everything": {"dropout": 0.2, "packing": 2, "spectral": True, "ema": 0.9, "shared_noise": True},
}


@pytest.fixture(scope="module")
def data():
    return load("ring")


def training(data, recipe="toy"):
    return Training(PRESETS["toy"].with_flags(**SMALL | RECIPES[recipe]), data)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_filmed_round_computes_the_same_bytes(data, recipe):
    filmed, plain = training(data, recipe), training(data, recipe)
    rounds, others = filmed.epoch(), plain.epoch()
    for _ in range(2):
        assert (Film(filmed).record(rounds) == next(others)).all()
    for name in ("G", "D", "average"):
        assert (getattr(filmed, name).theta == getattr(plain, name).theta).all()
    assert sys.gettrace() is None or "coverage" in str(sys.gettrace())


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_line_that_runs_is_in_the_film_in_its_order(data, recipe):
    """...against a tracer that is written in another way: it keeps the line numbers alone."""
    ran, t = [], training(data, recipe)
    rounds = t.epoch()

    def trace(frame, event, _):
        path = frame.f_code.co_filename
        inside = any(path.startswith(str(ROOT / folder)) for folder in ("gan", "nn"))
        if not inside or path.endswith("random.py") or frame.f_code.co_name.startswith("<"):
            return None
        if event == "line":
            ran.append((frame.f_code.co_qualname, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    next(rounds)
    sys.settrace(before)
    film = Film(training(data, recipe))
    film.record(film.training.epoch())
    filmed = [(film.codes[s["code"]]["name"], s["line"]) for s in film.shots]
    filmed = [(name, line) for name, line in filmed if (name, line) not in heads(film)]
    assert sorted(filmed) == sorted(ran)
    assert [shot for shot in filmed if shot[0] == "g_step"] == [shot for shot in ran if shot[0] == "g_step"]
    names = {code["name"] for code in film.codes}
    assert {"d_step", "g_step", "Dense.forward", "Dense.backward", "Network.backward", "Adam.update"} <= names


def heads(film):
    return {(code["name"], code["first"]) for code in film.codes}


def test_the_numbers_are_those_of_the_code(data):
    t = training(data)
    figures, film = None, Film(t)
    figures = film.record(t.epoch())

    def last(who, function, variable):
        return [shot["made"][variable] for shot in film.shots if shot["who"] == who and variable in shot["made"]
                and film.codes[shot["code"]]["name"] == function][-1]  # fmt: skip

    first = t.G.layers[0]
    assert last("G, layer 0: Dense", "Dense.backward", "self.dW") == shown(first.dW)
    assert len(shown(first.dW)["numbers"]) == first.dW.size <= ALL_NUMBERS
    assert last("", "g_step", "loss") == {"number": float(f"{figures[1]:.4g}")}
    dx = last("", "g_step", "dx_fake")
    assert dx == last("D, layer 0: Dense", "Dense.backward", "dy") or dx["shape"] == [3, 2]
    into_G = [s["made"]["dy"] for s in film.shots if s["who"] == "G" and "dy" in s["made"]]
    assert into_G[0] == dx  # it leaves D's input and enters G's output


def test_an_array_changed_in_place_appears_again(data):
    """y = x @ self.W makes y, and y += self.b changes it."""
    film = Film(training(data))
    film.record(film.training.epoch())
    forward = [s for s in film.shots if film.codes[s["code"]]["name"] == "Dense.forward"]
    assert ["y" in s["made"] for s in forward[:4]] == [False, True, True, False]


def test_the_source_is_that_of_the_files_with_its_equations(data):
    film = Film(training(data))
    film.record(film.training.epoch())
    for code in film.codes:
        lines = (ROOT / code["file"]).read_text(encoding="utf-8").splitlines()
        assert code["lines"] == lines[code["first"] - 1 : code["first"] - 1 + len(code["lines"])]
    dense = next(code for code in film.codes if code["name"] == "Dense.backward")
    assert [words for _, words in sorted(dense["equations"].items())][2][0].startswith("dx_ni = sum_j dy_nj W_ij")
    json.dumps([film.codes, film.shots], allow_nan=False)


def test_the_halves_are_the_networks_after_each_step(data):
    t = training(data)
    film = Film(t)
    before = t.G.theta.copy()
    film.record(t.epoch())
    (first, (d, g, _)), (second, (d_end, g_end, _)) = film.halves
    assert (first, second) == ("d_step", "g_step")
    assert (g == before).all() and (d == d_end).all() and (g_end == t.G.theta).all() and (g != g_end).any()
    assert not np.shares_memory(d, t.D.theta)
