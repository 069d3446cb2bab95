"""demos/results.py: every preset has a row with its picture and figures; the published page is made of the rows."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import results
import tables
import trials

from minigan.recipes.presets import PRESETS

NAME = "toy --data grid --batch-size 5000 --epochs 1"
FOLDER = Path(results.__file__).parent / "results"


def row(name, seed=0, **figures):
    return dict.fromkeys(results.COLUMNS, "") | {"preset": name, "seed": str(seed), "epochs": "20"} | figures


def test_every_preset_has_a_note():
    assert {name.split()[0] for name in (*results.NOTES, *results.PACGAN)} == set(PRESETS)


@pytest.mark.slow
def test_a_trial_writes_its_picture_and_its_row(tmp_path, in_process):
    given = SimpleNamespace(out=tmp_path, runs=tmp_path / "runs")
    found = results.trial(NAME, 0, given)
    assert found["command"] == f"python -m minigan.train --preset {NAME} --threads 1 --seed 0"
    assert 0 <= found["modes"] <= 25 and 0.0 <= found["high_quality"] < 1.0 and found["distance"] == ""
    picture = tmp_path / "toy-data-grid-batch-size-5000-epochs-1.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    picture.unlink()
    other = results.trial(NAME, 1, given)
    assert other["seed"] == 1 and other["sigma_ratio"] != found["sigma_ratio"] and not picture.exists()


def test_controls_are_scored(monkeypatch):
    ones, scored = np.ones((1, 4)), []
    judge = SimpleNamespace(noise=lambda n: [n * ones, 2 * n * ones], real=lambda n: [-n * ones], score=lambda x: (
        scored.append(x) or SimpleNamespace(distance=1.5, confidence=0.5, sure=0.25, shares=np.array([0.9, 0.1]),
                                            found=7, reverse_kl=0.5)))  # fmt: skip
    monkeypatch.setattr(results, "judge", lambda data: judge)
    row = results.trial("noise", 0, None)
    assert (row["distance"], row["rarest"], row["modes"]) == (1.5, 0.1, "") and len(scored[0]) == 2
    assert results.trial("training images", 0, None)["sure"] == 0.25 and scored[1][0][0, 0] == -10_000
    row = results.trial("stacked noise", 0, None)
    assert (row["distance"], row["modes"]) == ("", 7)
    np.testing.assert_array_equal(scored[2], [[26_000 * ones[0], 52_000 * ones[0]]])


def test_a_row_has_the_range_over_the_seeds():
    some = [row("small", 0, distance="43.06"), row("small", 1, distance="41"), row("small", 2, distance="42")]
    assert results.cell(some, "distance") == "41.0 to 43.1"
    assert results.cell([row("small", sure="0.98765")], "sure") == "98.8 %"
    assert results.cell([row("small")], "sure") == "diverged"
    page = results.page(some, trials.kept(Path(tables.__file__).with_name("tables.csv")))
    assert "| `small` | ![samples](small.png) | 41.0 to 43.1 | diverged | diverged | diverged | 20 | 3 |" in page


def test_trials_with_a_row_are_not_run_again(tmp_path, monkeypatch):
    ran = []

    def trial(name, seed, given):
        ran.append((name, seed))
        return row(name, seed)

    monkeypatch.setattr(results, "trial", trial)
    words = ["results", "--only", "article", "--out", str(tmp_path), "--processes", "1", "--seeds"]
    monkeypatch.setattr("sys.argv", [*words, "1"])
    results.main()
    monkeypatch.setattr("sys.argv", [*words, "2"])
    results.main()
    assert ran == [(f"article-{letter}", seed) for seed in range(2) for letter in "abcde"]


def test_the_published_page_is_made_of_the_rows():
    pacgan = trials.kept(Path(tables.__file__).with_name("tables.csv"))
    rows = trials.kept(FOLDER / "rows.csv")
    assert results.page(rows, pacgan) == (FOLDER / "README.md").read_text(encoding="utf-8")
    trained = {row["preset"] for row in rows if row["seed"] == "0"}
    assert set(results.CONTROLS) <= trained <= {*results.NOTES, *results.CONTROLS}
    for name in trained - set(results.CONTROLS):
        assert results.NOTES[name][1], f"{name}: say in NOTES what one sees"
    assert set(results.PACGAN) == {name for of in tables.RECIPES.values() for name in of if name.startswith("pacgan")}
    for found in rows:
        preset = PRESETS.get(found["preset"].split()[0])
        assert found["preset"] in results.CONTROLS or int(found["epochs"]) == preset.with_flags().epochs
