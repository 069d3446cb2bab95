"""demos/results.py: every preset has a row; a row has its picture and figures, and is not trained twice."""

import results

from minigan.recipes.presets import PRESETS

NAME = "toy --data grid --batch-size 5000"


def test_every_preset_has_a_row():
    assert {name.split()[0] for name in results.EPOCHS} == set(PRESETS)


def test_a_row_is_trained_once_and_says_how_many_epochs_of_how_many(tmp_path, monkeypatch, in_process):
    monkeypatch.setitem(results.EPOCHS, NAME, 1)
    line = results.row(NAME, tmp_path / "runs", tmp_path, None)
    assert line.startswith(f"| `{NAME}` | ![samples](toy-data-grid-batch-size-5000.png) | ")
    assert " of 25 | " in line and line.endswith("| 1 of 14 |")
    assert not (tmp_path / "runs/toy-data-grid-batch-size-5000.partial").exists()
    assert (tmp_path / "toy-data-grid-batch-size-5000.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr(results.subprocess, "run", None)
    assert results.row(NAME, tmp_path / "runs", tmp_path, None) == line
