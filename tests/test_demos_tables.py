"""demos/tables.py: a trial is run once, its row holds its figures, and the page is made of the rows alone."""

import csv

import pytest
import tables

from minigan.presets import PRESETS

ROW = dict.fromkeys(tables.COLUMNS, "") | {"table": "ring", "recipe": "pacgan-ring", "own_epochs": "800"}


def test_every_recipe_is_a_preset_or_a_control():
    for recipes in tables.RECIPES.values():
        assert all(name.split()[0] in PRESETS or name in tables.CONTROLS for name in recipes)


def test_own_epochs():
    assert tables.own_epochs("toy --data grid") == PRESETS["toy"].settings["epochs"]
    assert tables.own_epochs("pacgan-ring --packing 4 --epochs 1600") == 1600


def test_trials_are_added_one_by_one_and_never_run_again(tmp_path, monkeypatch):
    ran = []

    def trial(table, recipe, seed, epochs, folder):
        if len(ran) == 3:
            raise KeyboardInterrupt
        ran.append(seed)
        row = ROW | {"table": table, "recipe": recipe, "epochs": 7, "seed": seed, "modes": seed, "seconds": 1}
        return row | dict.fromkeys(("high_quality", "reverse_kl", "sigma_ratio"), 0.5)

    monkeypatch.setattr(tables, "trial", trial)
    words = ["tables", "ring", "--only", "pacgan-ring --packing 4", "--epochs", "7", "--trials", "5"]
    monkeypatch.setattr("sys.argv", [*words, "--out", str(tmp_path)])
    with pytest.raises(KeyboardInterrupt):
        tables.main()
    with open(tmp_path / "tables.csv", newline="", encoding="utf-8") as file:
        assert [row["seed"] for row in csv.DictReader(file)] == ["0", "1", "2"]
    ran.clear()
    tables.main()
    assert ran == [3, 4]
    text = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "| 7 of 800 | 5 | 2.0 +- 0.7 | 50.0 +- 0.0 | 0.500 +- 0.000 | 0.50 +- 0.00 | 7.8 +- 0.1" in text
    tables.main()
    assert ran == [3, 4]


def test_a_trial_is_a_run_of_the_command_line(tmp_path, in_process):
    row = tables.trial("ring", "toy --batch-size 5000", 3, 1, tmp_path / "trial")
    assert row["command"] == "python -m minigan.train --preset toy --batch-size 5000 --seed 3 --epochs 1"
    assert (row["epochs"], row["own_epochs"], row["seed"]) == (1, tables.own_epochs("toy"), 3)
    assert 0 <= row["modes"] <= 8 and 0.0 <= row["high_quality"] < 1.0
    assert set(row) <= set(tables.COLUMNS)


def test_what_is_not_a_number_does_not_count():
    rows = [ROW | {"reverse_kl": value} for value in ("nan", "0.25", "0.75")]
    assert tables.summary(rows, "reverse_kl", ".2f") == "0.50 +- 0.25"
    assert tables.summary(rows[:1], "reverse_kl", ".2f") == "-"
    assert tables.summary(rows[1:2], "reverse_kl", ".2f") == "0.25"
