"""demos/results.py: every preset has a row with its picture and figures; the published page is what it writes."""

from pathlib import Path

import pytest
import results

from minigan.recipes.presets import PRESETS

NAME = "toy --data grid --batch-size 5000"


def test_every_preset_has_a_row():
    assert {name.split()[0] for name in results.EPOCHS} == set(PRESETS)


@pytest.mark.slow
def test_a_row_is_trained_once_and_says_its_epochs_and_those_of_the_preset(tmp_path, monkeypatch, in_process):
    monkeypatch.setitem(results.EPOCHS, NAME, 1)
    line = results.row(NAME, tmp_path / "runs", tmp_path, None)
    assert line.startswith(f"| `{NAME}` | ![samples](toy-data-grid-batch-size-5000.png) | ")
    assert " of 25 | " in line and line.endswith("| 1 of 14 |")
    assert not (tmp_path / "runs/toy-data-grid-batch-size-5000.partial").exists()
    assert (tmp_path / "toy-data-grid-batch-size-5000.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr(results.subprocess, "run", None)
    assert results.row(NAME, tmp_path / "runs", tmp_path, None) == line


def test_the_published_page_is_what_the_program_writes():
    text = Path(results.__file__).parent.joinpath("results/README.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| preset")]
    rows = {line.split(" | ")[0].strip("| `"): line for line in lines}
    assert set(results.EPOCHS) < set(rows)
    assert text == results.page(rows, "NumPy 2.4.6, Python 3.11.7, 2 cores", "98.3 %")
