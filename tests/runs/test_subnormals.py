"""Numbers that are too small to be fast leave the optimizers' memory, and the run learns the same weights."""

import numpy as np
import pytest
from small_runs import small

from minigan.runs import parallel, subnormals
from minigan.runs.start import Run
from minigan.runs.subnormals import Subnormals
from minigan.train import execute
from minigan.training import Training, train

TINY = np.finfo(np.float32).tiny


@pytest.fixture
def run(tmp_path):
    """A run whose optimizers have subnormal numbers in their memory, among others."""
    settings, data = small("minigan", beta1=0.5, threads=1)
    training = Training(settings, data)
    for optimizer in (training.g_optimizer, training.d_optimizer):
        for values in (optimizer.m, optimizer.v):
            values[::2], values[1::2] = 1e-40, 2.0 * TINY
    return Run(tmp_path / "run", "minigan", data, training, None, "")


def subnormal(optimizer):
    return sum(np.count_nonzero((values != 0.0) & (abs(values) < TINY)) for values in (optimizer.m, optimizer.v))


def test_subnormal_numbers_become_0_and_all_others_stay(run):
    given = np.array([1e-40, -1e-40, 1e-45, TINY, -TINY, 0.0, 1.0, -3.0], np.float32)
    memory = [getattr(run.training.g_optimizer, name) for name in "mv"]
    for values in memory:
        values[:8] = given
    run.training.rounds_done = 199
    Subnormals(run.training).round(None)
    assert all(values[:8].tobytes() == given.tobytes() for values in memory)
    run.training.rounds_done = 200
    Subnormals(run.training).round(None)
    for values in memory:
        assert values[:8].tobytes() == np.array([0.0, 0.0, 0.0, TINY, -TINY, 0.0, 1.0, -3.0], np.float32).tobytes()


@pytest.mark.parametrize("how", [lambda run: execute(run, quiet=True), lambda run: parallel.follow(run.training)])
def test_a_run_clears_the_memory_of_both_optimizers(run, how, monkeypatch):
    monkeypatch.setattr(parallel.signal, "signal", lambda *_: None)
    monkeypatch.setattr(subnormals, "EVERY", 3)
    optimizers = run.training.g_optimizer, run.training.d_optimizer
    assert all(subnormal(optimizer) for optimizer in optimizers)
    how(run)
    assert not any(subnormal(optimizer) for optimizer in optimizers)


def test_the_weights_stay_the_same(run, monkeypatch):
    monkeypatch.setattr(subnormals, "EVERY", 3)
    plain = Training(run.training.settings, run.data)
    for optimizer, other in zip(
        (run.training.g_optimizer, run.training.d_optimizer), (plain.g_optimizer, plain.d_optimizer), strict=True
    ):
        other.m[...], other.v[...] = optimizer.m, optimizer.v
    train(run.training, Subnormals(run.training))
    train(plain)
    for network, other in ((run.training.G, plain.G), (run.training.D, plain.D)):
        np.testing.assert_allclose(network.theta, other.theta, rtol=0.0, atol=1e-30)
