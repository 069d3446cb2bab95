"""Reading metrics.csv: what is damaged or cut off, and numbers that are 0."""

from pathlib import Path

import clinic

from minigan import doctor, report, train
from minigan.runs import metrics
from minigan.runs.metrics import COLUMNS


def test_a_norm_or_a_speed_of_0_is_no_division_by_0(command):
    command(train.main, *clinic.RING.split(), "--epochs", 0, "--out", "run")
    row = dict.fromkeys(COLUMNS, "1") | {"d_weights": "0", "rounds_per_second": "0"}
    Path("run/metrics.csv").write_text("\n".join(",".join(line) for line in (COLUMNS, row.values())) + "\n")
    for main in (doctor.main, report.main):
        assert command(main, "run")[0] == 0


def test_a_metrics_file_that_cannot_be_read_ends_in_one_sentence(command):
    command(train.main, *clinic.RING.split(), "--epochs", 0, "--out", "run")
    assert command(doctor.main, "run")[:2] == (0, "run/metrics.csv has no rows yet.\n")
    assert "there is no run/checkpoint.npz/metrics.csv" in command(doctor.main, "run/checkpoint.npz")[2]
    path, header = Path("run/metrics.csv"), ",".join(COLUMNS)
    for content, why in (
        ("round,epoch\n1,2\n", "columns are not those"),
        (f"{header}\n{'x,' * 16}1\n", "could not convert"),
        (f"{header}\n{'1,' * 8},{'1,' * 7}1\n", "a row is not whole"),
        (f"{header}\n1,2\n{'1,' * 16}1\n", "a row is not whole"),
    ):
        path.write_text(content)
        code, _, err = command(doctor.main, "run")
        assert code == 3 and why in err and err.count("\n") == 1
    path.unlink()
    assert "there is no run/metrics.csv" in command(doctor.main, "run")[2]


def test_a_last_row_that_was_cut_off_is_left_out(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text(f"{','.join(COLUMNS)}\n{'1,' * 16}1\n2,2,2\n")
    assert [row["round"] for row in metrics.read(path)] == [1.0]
