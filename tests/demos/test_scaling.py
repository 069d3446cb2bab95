"""demos/scaling.py: computed speed-ups follow the formula, and a measurement has all its figures."""

import json

import pytest
import scaling

from minigan.data import Dataset


def test_computed_speed_up_follows_the_formula():
    assert scaling.speed(1.0, 4e6, 10, 1) == 1.0
    assert scaling.speed(1.0, 0.0, 10, 4) == pytest.approx(4.0, rel=1e-3)  # nothing to sum, but latency remains
    sums = 2 * 3 / 4 * 1e9 / 1.25e9 + 12 * scaling.LATENCY  # 1 GB over 10 Gbit/s among 4
    assert scaling.speed(2.0, 1e9, 10, 4) == pytest.approx(2.0 / (2.0 / 4 + sums))
    assert scaling.speed(2.0, 1e9, 10, 4) < 2.0 < scaling.speed(2.0, 1e9, 100, 4)
    slow = [scaling.speed(0.002, 1e6, 10, n) for n in scaling.MACHINES]
    assert max(slow) < 2.0 and slow[-1] < slow[1]  # more machines no longer help


def test_a_measurement_has_times_and_counts(monkeypatch, capsys, rng):
    data = Dataset(rng.integers(0, 256, (200, 784)).astype("uint8"), (28, 28), "", rng.integers(0, 10, 200))
    monkeypatch.setattr(scaling, "load", lambda name: data)
    for name, value in (("NAMES", ("minigan",)), ("BATCHES", (64, 128)), ("SECONDS", 0.01)):
        monkeypatch.setattr(scaling, name, value)
    scaling.measure()
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["minigan, 64", "minigan, 128"]
    for cell in found.values():
        assert cell["round"] > 0.0 and cell["sums"] == 0.0 and 780_000 < cell["numbers"] < 800_000
