"""metrics.csv: what its rows hold, and how it is read, also where it is damaged or cut off."""

import math
import os
from pathlib import Path
from types import SimpleNamespace

import clinic
import fake_device
import numpy as np
import pytest
from small_runs import small

from minigan import doctor, report, train
from minigan.ground.backend import to_host
from minigan.ground.errors import CheckpointError
from minigan.recipes.sampling import real_batch
from minigan.runs import metrics, vitals
from minigan.runs.checkpoint import Diverged
from minigan.runs.metrics import COLUMNS, FIGURES, Metrics
from minigan.training import Training


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


def test_reading_leaves_nothing_out_but_a_last_row_that_is_not_whole(tmp_path):
    path, header, whole = tmp_path / "metrics.csv", ",".join(COLUMNS), "1," * 16 + "1\n"
    for content, numbers in (
        ("", []),
        (f"{header}\n", []),
        (f"{header}\n{whole}{whole}{whole}", [17] * 3),
        (f"{header}\n{whole}{whole}{'1,' * 16}\n", [17] * 2),  # the last number is missing
        (f"{header},distance\n{whole.strip()},\n{whole.strip()},7\n", [17, 18]),
        (f"{header}\n{'1,' * 15},1\n", None),
        (f"{header}\n{whole}{',1' * 16}\n", None),
        (f"{header}\n{'1,' * 15},1\n{whole}", None),
        (f"{header.removesuffix(',diversity')}\n{'1,' * 15}1\n", None),
    ):
        path.write_text(content)
        if numbers is None:
            with pytest.raises(CheckpointError, match="is damaged"):
                metrics.read(path)
        else:
            assert [len(row) for row in metrics.read(path)] == numbers
            assert all(set(row.values()) <= {1.0, 7.0} for row in metrics.read(path))


def test_how_long_the_rounds_took_is_the_sum_over_the_rows():
    rows = [{"round": n, "rounds_per_second": speed} for n, speed in ((10, 5.0), (40, 10.0), (41, 0.25))]
    assert metrics.seconds(rows) == pytest.approx(2.0 + 3.0 + 4.0)
    assert metrics.seconds([]) == 0
    assert math.isfinite(metrics.seconds([{"round": 1, "rounds_per_second": 0.0}]))


@pytest.mark.parametrize(("n", "packing", "size"), [
    (1000, 1, 256), (1000, 3, 255), (100, 1, 100), (100, 3, 99), (5, 8, 8), (256, 2, 256),
])  # fmt: skip
def test_vital_signs_are_measured_on_whole_packs(n, packing, size):
    assert metrics.probe_size(SimpleNamespace(packing=packing), SimpleNamespace(x=np.zeros((n, 2)))) == size


@pytest.fixture
def clock(monkeypatch):
    """A clock that only the test moves, by clock.time."""
    clock = SimpleNamespace(time=100.0)
    monkeypatch.setattr(metrics, "time", SimpleNamespace(perf_counter=lambda: clock.time))
    return clock


def new(folder, more=(), resumed=None, xp=np, preset="minigan", **given):
    settings, data = small(preset, **{"batch_size": 12} | given)
    training = Training(settings, data, xp)
    return Metrics(folder, training, xp.asarray(noise(settings)), more, resumed)


def noise(settings):
    return np.random.default_rng(0).standard_normal((8, settings.latent_dim + 3)).astype(np.float32)


@pytest.mark.parametrize("xp", [np, fake_device], ids=["host", "device"])
def test_a_row_holds_the_mean_figures_of_its_rounds_and_the_vital_signs(tmp_path, clock, xp):
    kept = new(tmp_path, ["distance"], xp=xp)
    rounds = np.array([[1, 2, 3, 4], [2, 2, 5, 0], [6, 2, 1, 2]], np.float32)
    for figures in rounds:
        kept.add(xp.asarray(figures))
    kept.training.rounds_done = 8  # of 5 in an epoch
    clock.time += 0.5
    with kept.paused():
        clock.time += 9.0
    clock.time += 1.0
    x_real = real_batch(kept.training.settings, kept.training.data, slice(8))
    np.testing.assert_array_equal(to_host(kept.z), noise(kept.training.settings))
    signs = to_host(vitals.measure(kept.training, kept.z, x_real)).tolist()
    kept.write()
    kept.add(xp.asarray(rounds[0]))
    kept.training.rounds_done = 10
    clock.time += 0.25
    kept.write(distance=7.25)
    kept.sync()
    rows = metrics.read(tmp_path / "metrics.csv")
    assert rows == kept.rows and len(rows) == 2
    assert [list(row) for row in rows] == [list(COLUMNS), [*COLUMNS, "distance"]]
    expected = [8, 1.6, 96, *rounds.mean(axis=0), 3 / 1.5, *signs]
    assert list(rows[0].values()) == pytest.approx(expected, rel=1e-5)
    assert list(rows[1].values()) == pytest.approx([10, 2.0, 120, *rounds[0], 4.0, *signs, 7.25], rel=1e-5)
    kept.close()
    assert kept.file.closed


def test_a_pause_that_ends_in_an_error_is_no_training_time_either(tmp_path, clock):
    kept = new(tmp_path)
    with pytest.raises(ZeroDivisionError), kept.paused():
        clock.time += 9.0
        raise ZeroDivisionError
    kept.add(np.ones(4, np.float32))
    clock.time += 0.5
    kept.write()
    kept.close()
    assert kept.rows[0]["rounds_per_second"] == 2.0


def test_the_speed_is_measured_from_the_restart(tmp_path, clock):
    kept = new(tmp_path)
    for _ in range(3):
        kept.add(np.ones(4, np.float32))
    clock.time += 5.0
    kept.restart()
    kept.add(np.ones(4, np.float32))
    clock.time += 0.5
    kept.write()
    kept.close()
    assert kept.rows[0]["rounds_per_second"] == 2.0 and kept.rows[0]["d_loss"] == 1.0


@pytest.mark.parametrize("which", range(4))
def test_losses_that_are_not_finite_are_not_written(tmp_path, clock, which):
    kept = new(tmp_path)
    figures = np.ones(len(FIGURES), np.float32)
    figures[which] = np.nan
    kept.add(figures)
    clock.time += 1.0
    with pytest.raises(Diverged, match="the losses were no longer finite"):
        kept.write()
    assert kept.rows == metrics.read(tmp_path / "metrics.csv") == []
    kept.close()


def test_a_resumed_run_goes_on_with_its_rows_and_figures(tmp_path, clock):
    first = new(tmp_path)
    assert (first.count, first.rows, list(first.columns)) == (0, [], list(COLUMNS))
    first.add(np.full(4, 2.0, np.float32))
    clock.time += 1.0
    first.write()
    first.close()
    sums = np.full(4, 3.0, np.float32)
    second = new(tmp_path, resumed=SimpleNamespace(rows=first.rows, count=2, sums=sums))
    assert second.count == 2
    second.add(np.full(4, 6.0, np.float32))
    clock.time += 0.5
    second.write()
    second.close()
    rows = metrics.read(tmp_path / "metrics.csv")
    assert [row["d_loss"] for row in rows] == [2.0, 3.0] and [row["rounds_per_second"] for row in rows] == [1.0, 2.0]
    third = new(tmp_path, resumed=SimpleNamespace(rows=rows[:1], count=0, sums=None))
    third.close()
    assert third.count == 0 and metrics.read(tmp_path / "metrics.csv") == rows[:1]  # what came later is gone


def test_a_row_is_in_the_file_at_once_and_on_the_disk_after_a_sync(tmp_path, clock, monkeypatch):
    kept, synced = new(tmp_path), []
    monkeypatch.setattr(os, "fsync", synced.append)
    kept.add(np.ones(4, np.float32))
    clock.time += 1.0
    kept.write()
    assert metrics.read(tmp_path / "metrics.csv") == kept.rows and synced == []
    kept.sync()
    assert synced == [kept.file.fileno()]
    kept.close()
