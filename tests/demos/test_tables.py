"""demos/tables.py: a trial is run once, its row holds its figures, and the page is made from the rows."""

import csv
import os
import re
import signal
import threading
import time
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tables
import trials

from minigan.ground import cli
from minigan.ground.errors import ArgumentError
from minigan.recipes.option import options
from minigan.recipes.presets import PRESETS
from minigan.recipes.settings import Settings
from minigan.runs.metrics import COLUMNS
from minigan.runs.signals import Stopped
from minigan.training import Training

ROW = dict.fromkeys(tables.COLUMNS, "") | {"table": "ring", "recipe": "pacgan-ring"}


def given(folder):
    return SimpleNamespace(out=folder, runs=folder / "runs")


def test_every_recipe_is_a_preset_with_valid_flags_or_a_control():
    parser = cli.Parser("", "")
    parser.add_argument("--preset", choices=PRESETS)
    parser.add_options(options(Settings), Settings())
    for recipes in tables.RECIPES.values():
        for name in recipes:
            assert name in tables.CONTROLS or parser.parse_args(["--preset", *name.split()]).preset == name.split()[0]


def test_a_trial_that_diverges_becomes_a_row_without_figures(tmp_path, monkeypatch):
    for code, expected in ((4, None), (3, ArgumentError)):
        monkeypatch.setattr("subprocess.run", lambda words, code=code, **_: SimpleNamespace(returncode=code))
        with pytest.raises(expected) if expected else nullcontext():
            row = tables.trial("ring", "toy", 0, 1, given(tmp_path))
            other = tables.trial("ring", "toy --batch-size 5000", 3, 1, given(tmp_path))
    assert other["command"] == "python -m minigan.train --preset toy --batch-size 5000 --threads 1 --seed 3 --epochs 1"
    assert (other["epochs"], other["seed"]) == (1, 3)
    assert not any(row[name] for name in (*tables.POINTS, *tables.DIGITS))
    text = tables.page([row | {"epochs": "1"}])
    assert "| diverged | diverged | diverged | diverged |" in text and "![" not in text
    assert not (tmp_path / "tables").exists()


@pytest.mark.skipif("MINIGAN_DATA" not in os.environ, reason="needs MNIST: set MINIGAN_DATA to its folder")
def test_controls_are_scored_and_drawn_like_samples(tmp_path, monkeypatch):
    scored = []
    monkeypatch.setattr(tables.parzen, "score", lambda *a: scored.append(a) or tables.parzen.Score(0.0, 0.0, 0.1))
    for name in tables.CONTROLS:
        row = tables.trial("digits", name, 0, 0, given(tmp_path))
        assert (tmp_path / "tables" / f"{tables.name(row)}.png").read_bytes().startswith(b"\x89PNG")
        tables.trial("digits", name, 1, 0, given(tmp_path / "others"))
    assert not (tmp_path / "others").exists()  # only seed 0 has a picture
    (images, validation, test), _, (blurred, *_), _, (noise, *_), _ = scored
    assert images.shape == blurred.shape == noise.shape == test.shape == (10_000, 784) and len(validation) == 1000
    assert all(x.min() >= 0.0 and x.max() <= 1.0 for x in (images, blurred, noise, validation, test))
    np.testing.assert_allclose(images.mean(axis=0).sum(), blurred.mean(axis=0).sum(), rtol=1e-4)
    assert images.max(axis=0).mean() > blurred.max(axis=0).mean()


def test_epochs_of_a_recipe_come_from_its_flags_or_its_preset():
    assert tables.own_epochs("toy --data grid") == PRESETS["toy"].settings["epochs"]
    assert tables.own_epochs("pacgan-ring --packing 4 --epochs 1600") == 1600


def test_each_trial_is_saved_when_it_ends_and_is_not_run_again(tmp_path, monkeypatch):
    ran = []

    def trial(table, recipe, seed, epochs, given):
        if len(ran) == 3:
            raise KeyboardInterrupt
        ran.append(seed)
        row = ROW | {"table": table, "recipe": recipe, "epochs": 7, "seed": seed, "modes": seed, "seconds": 1}
        return row | dict.fromkeys(("high_quality", "reverse_kl", "sigma_ratio"), 0.5)

    monkeypatch.setattr(tables, "trial", trial)
    words = [
        "tables",
        "ring",
        "--processes",
        "1",
        "--only",
        "pacgan-ring --packing 4",
        "--share",
        "0.0044",
        "--trials",
        "5",
    ]
    monkeypatch.setattr("sys.argv", [*words, "--out", str(tmp_path)])
    with pytest.raises(KeyboardInterrupt):
        tables.main()
    with open(tmp_path / "tables.csv", newline="", encoding="utf-8") as file:
        assert [row["seed"] for row in csv.DictReader(file)] == ["0", "1", "2"]
    ran.clear()
    tables.main()
    assert ran == [3, 4]
    text = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "| 7 of 1600 | 5 | 2.0 +- 0.7 | 50.0 +- 0.0 | 0.500 +- 0.000 | 0.50 +- 0.00 | 7.8 +- 0.1" in text
    tables.main()
    assert ran == [3, 4]


@pytest.mark.slow
def test_a_trial_runs_the_command_line_and_resumes_after_a_stop(tmp_path, in_process, monkeypatch):
    whole, done = Training.round, []

    def round(self, batches):
        if self.rounds_done == 12:
            signal.raise_signal(signal.SIGINT)
        done.append(None)
        return whole(self, batches)

    expected = tables.trial("ring", "toy --batch-size 5000", 0, 1, given(tmp_path / "whole"))
    assert (
        expected["command"] == "python -m minigan.train --preset toy --batch-size 5000 --threads 1 --seed 0 --epochs 1"
    )
    assert (expected["epochs"], expected["seed"]) == (1, 0)
    assert 0 <= expected["modes"] <= 8 and 0.0 <= expected["high_quality"] < 1.0
    assert list(expected) == list(tables.COLUMNS)
    assert tables.name(expected) == "ring-toy-batch-size-5000-1"
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(Training, "round", round)
        tables.trial("ring", "toy --batch-size 5000", 0, 1, given(tmp_path))
    assert len(done) == 13 < 20
    folder = tmp_path / "runs/ring-toy-batch-size-5000-1/0"
    first = dict.fromkeys(COLUMNS, "1") | {"round": "13", "rounds_per_second": "0.13"}
    (folder / "metrics.csv").write_text("\n".join(map(",".join, (COLUMNS, first.values()))) + "\n")
    start = time.perf_counter()
    row = tables.trial("ring", "toy --batch-size 5000", 0, 1, given(tmp_path))
    assert 100 < row["seconds"] <= 101 + time.perf_counter() - start
    assert {**row, "seconds": 0} == {**expected, "seconds": 0}
    assert (tmp_path / "tables/ring-toy-batch-size-5000-1.png").exists()


def test_two_trainings_at_a_time_write_whole_rows(tmp_path):
    together, running = threading.Barrier(2), []

    def trial(item):
        running.append(item)
        together.wait(timeout=10)  # which one at a time would never leave
        return {"item": item, "words": "a, b\nc" * 1000}

    trials.carry_out(range(6), trial, tmp_path / "rows.csv", ("item", "words"), processes=2)
    rows = trials.kept(tmp_path / "rows.csv")
    assert sorted(row["item"] for row in rows) == list("012345") and len({row["words"] for row in rows}) == 1


def test_summary_leaves_out_nan_and_says_diverged_if_nothing_is_left():
    rows = [ROW | {"reverse_kl": value} for value in ("nan", "0.25", "0.75")]
    assert tables.summary(rows, "reverse_kl", ".2f") == "0.50 +- 0.25"
    assert tables.summary(rows[:1], "reverse_kl", ".2f") == "diverged"
    assert tables.summary(rows[1:2], "reverse_kl", ".2f") == "0.25"


def test_the_published_page_is_made_of_the_rows_and_its_sentences_quote_them():
    folder = Path(tables.__file__).parent
    text = tables.page(trials.kept(folder / "tables.csv"))
    assert text == (folder / "RESULTS.md").read_text(encoding="utf-8")
    for section in text.split("\n## ")[2:]:
        words, _, rows = section.partition("\n| ")
        figures = re.findall(r"\d+\.\d+", words)
        assert len(figures) >= 4 and all(re.search(rf"\b{re.escape(figure)}\b", rows) for figure in figures)
