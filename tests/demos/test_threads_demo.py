"""demos/threads.py: the ratio is that of auto to the best number, and the neighbour is there and goes away."""

import subprocess

import pytest
import threads

from minigan.data import Dataset
from minigan.runs import threads as of_runs


def test_a_row_compares_auto_with_the_best_number(monkeypatch, rng):
    data = Dataset(rng.integers(0, 256, (200, 784)).astype("uint8"), (28, 28), "", rng.integers(0, 10, 200))
    monkeypatch.setattr(of_runs, "allowed", lambda: 2)
    monkeypatch.setattr(of_runs, "measure", lambda *_: {1: 1.0, 2: 3.0})
    times = iter([0.004, 0.002, 0.003] * threads.TURNS)  # with 1 and 2 threads, and with auto
    monkeypatch.setattr(threads, "per_round", lambda rounds: next(times))
    words = threads.row("small", [1, 2], data, "a neighbour").split()
    assert words == ["small,", "a", "neighbour", "4.00", "2.00", "3.00", "1.50", *["1"] * threads.TURNS]


def test_a_time_per_round_is_a_mean(monkeypatch):
    monkeypatch.setattr(threads, "SECONDS", 1.0)
    clock = iter([0.0, 0.0, 0.6, 1.2])
    monkeypatch.setattr(threads.time, "perf_counter", lambda: next(clock))
    assert threads.per_round(iter(range(9))) == pytest.approx(0.6)


def test_the_neighbour_is_busy_until_it_is_ended(monkeypatch):
    monkeypatch.setattr(threads.time, "sleep", lambda seconds: None)
    started, whole = [], subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(whole(*a, **k)) or started[0])
    with threads.neighbour():
        assert started[0].poll() is None
    assert started[0].poll() is not None
