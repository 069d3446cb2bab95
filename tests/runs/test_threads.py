"""How many BLAS threads a run uses: measured, given, saved, and taken back afterwards. No test measures for real."""

import itertools
import json
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from small_runs import SMALL, contents, small, stop_after

import minigan
from minigan import train
from minigan.ground.errors import ArgumentError
from minigan.recipes.presets import PRESETS
from minigan.recipes.settings import Settings
from minigan.runs import checkpoint, threads
from minigan.runs.checkpoint import Diverged
from minigan.training import Training

RUN = (*SMALL, "--epochs", 3)
in_blas = threads.allowed


@pytest.fixture
def four(monkeypatch):
    """A machine with four cores, on which two threads are the fastest. Lists when something was measured."""
    measured = []
    monkeypatch.setattr(threads, "allowed", lambda: 4)
    monkeypatch.setattr(threads, "measure", lambda *_: measured.append(1) or {1: 0.0041, 2: 0.0025, 4: 0.0118})
    return measured


@pytest.fixture
def used(monkeypatch):
    """Lists how many threads BLAS uses in each round."""
    whole, used = Training.round, []
    monkeypatch.setattr(Training, "round", lambda self, batches: used.append(in_blas()) or whole(self, batches))
    return used


def saved(run="run"):
    """The number of threads in the files of a run, which must agree."""
    config = json.loads(Path(run, "config.json").read_text(encoding="utf-8"))
    _, meta = checkpoint.load(run)
    assert config["threads"] == meta["settings"]["threads"]
    return config["threads"]


@pytest.mark.parametrize(("seconds", "n"), [
    ({1: 5.0, 2: 3.0}, 2), ({1: 5.0, 2: 17.0}, 1), ({1: 3.1, 2: 3.0}, 1), ({1: 9.0, 2: 6.0, 4: 4.1, 8: 4.0, 16: 30}, 4),
])  # fmt: skip
def test_the_fastest_number_wins_and_of_near_ties_the_smallest(seconds, n):
    assert threads.fastest(seconds) == n


@pytest.mark.parametrize(
    ("most", "numbers"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (64, [1, 2, 4, 8, 16, 32, 64])]
)
def test_the_candidates_are_powers_of_two_and_the_most(most, numbers):
    assert threads.candidates(most) == numbers


class Machine:
    """A clock, a BLAS and a matrix. A product takes cost(turn) seconds, where costs has a cost for each number."""

    size, shape = 6, (3, 2)

    def __init__(self, costs):
        self.costs, self.time, self.turns = costs, 0.0, []

    @contextmanager
    def limit(self, limits, user_api):
        assert user_api == "blas"
        self.turns.append(limits)
        yield

    def __matmul__(self, other):
        self.time += self.costs[self.turns[-1]](self.turns.count(self.turns[-1]))
        return 1.0

    def measure(self, n_products):
        return threads.measure([(self, self)] * n_products, list(self.costs), self, lambda: self.time)


def test_the_numbers_take_turns_and_one_disturbed_turn_changes_nothing():
    machine = Machine({1: lambda turn: 0.1 if turn == 2 else 0.001, 2: lambda turn: 0.0005})
    assert machine.measure(5) == pytest.approx({1: 5 * 0.001, 2: 5 * 0.0005})
    assert machine.turns == [1, 2] * threads.TURNS


def test_products_that_always_wait_are_seen_and_do_not_take_long():
    """Two threads beside a busy program: some products are fast, but most bursts contain a slow one."""
    waits = itertools.cycle([0.0002, 0.0002, 0.0002, 0.0002, 0.02])
    machine = Machine({1: lambda turn: 0.0004, 2: lambda turn: next(waits)})
    found = machine.measure(100)
    assert threads.fastest(found) == 1 and found[2] > 4 * found[1]
    assert machine.time < 2 * threads.TURNS * (threads.BURST + 0.02) < 0.5


def test_what_is_measured_are_the_products_of_a_run():
    settings, data = small("minigan", packing=2, g_hidden=(5,), d_hidden=(7,), batch_size=12, latent_dim=4)
    rows, k = 24, data.n_classes
    inputs = [(rows, 4 + k, 5), (rows, 5, 36), (rows, 2 * (36 + k), 7), (rows, 7, 1)]
    shapes = [(a.shape, b.shape) for a, b in threads.products(settings, data)]
    assert shapes == [pair for n, i, o in inputs for pair in (((n, i), (i, o)), ((i, n), (n, o)), ((n, o), (o, i)))]
    assert all(a.dtype == b.dtype == np.float32 for a, b in threads.products(settings, data))


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_has_products(preset):
    settings, data = small(preset)
    assert len(list(threads.products(settings, data))) == 3 * (len(settings.g_hidden) + len(settings.d_hidden) + 2)


def test_auto_measures_says_and_saves_what_is_fastest(command, own, four, used):
    code, out, err = command(train.main, *RUN, "--out", "run")
    assert (code, err) == (0, "")
    words = "the layers' matrix products take 2.5 ms, with 1 thread 4.1 ms, with 4 threads 11.8 ms"
    assert out.count(f"threads  2 of 4: {words}\n") == 1
    assert (four, set(used), saved()) == ([1], {2}, 2)


def test_a_given_number_is_used_without_measuring(command, own, four, used):
    code, out, _ = command(train.main, *RUN, "--threads", 3, "--out", "run")
    assert code == 0 and "threads  " not in out
    assert (four, set(used), saved()) == ([], {3}, 3)


def test_one_thread_has_no_rival(command, own, four, monkeypatch):
    monkeypatch.setattr(threads, "allowed", lambda: 1)
    _, out, _ = command(train.main, *RUN, "--out", "run")
    assert (four, saved()) == ([], 1) and "threads  " not in out


@pytest.fixture
def stopped(command, own, four, monkeypatch):
    """A run that chose two threads and has been stopped after 7 of its 15 rounds; and a whole one beside it."""
    assert command(train.main, *RUN, "--threads", 2, "--out", "whole")[0] == 0
    with monkeypatch.context() as patch:
        stop_after(patch, 7)
        assert command(train.main, *RUN, "--out", "run")[0] == 130
    four.clear()


def test_a_resumed_run_uses_its_number_again(command, stopped, four, used):
    code, out, _ = command(train.main, "--resume", "run")
    assert code == 0 and "resumed  after round 7\n" in out and "threads  " not in out
    assert (four, set(used)) == ([], {2})
    assert contents("run") == contents("whole")


def test_a_resumed_run_uses_fewer_threads_where_there_are_no_more(command, stopped, used, monkeypatch):
    monkeypatch.setattr(threads, "allowed", lambda: 1)
    _, out, _ = command(train.main, "--resume", "run")
    assert "resumed  after round 7; results may differ: BLAS threads 1, not 2\n" in out
    assert (set(used), saved()) == ({1}, 1)


@pytest.mark.parametrize(("word", "n", "measured"), [("1", 1, []), ("8", 8, []), ("auto", 2, [1])])
def test_a_resumed_run_may_be_given_another_number(command, stopped, four, used, word, n, measured):
    _, out, _ = command(train.main, "--resume", "run", "--threads", word)
    assert ("results may differ" in out) == (n != 2)
    assert (four, set(used), saved()) == (measured, {n}, n)


def test_a_run_from_before_this_setting_uses_the_threads_of_blas(command, stopped, four, used, monkeypatch):
    arrays, meta = checkpoint.load("run")
    del meta["settings"]["threads"]
    checkpoint.save("run/checkpoint.npz", arrays, meta)
    monkeypatch.setattr(threads, "allowed", lambda: 2)
    _, out, _ = command(train.main, "--resume", "run")
    assert "resumed  after round 7\n" in out
    assert (four, set(used)) == ([], {2})
    assert contents("run") == contents("whole")


def test_an_unknown_blas_and_a_gpu_are_left_alone(command, own, four, used, monkeypatch):
    settings, data = small("minigan", device="gpu")
    assert threads.settled(settings, data, {}) == (settings, "")
    monkeypatch.setattr(threads, "allowed", lambda: None)
    assert command(train.main, *RUN, "--out", "run")[0] == 0
    assert (four, len(set(used)), saved()) == ([], 1, "auto")
    monkeypatch.setattr(threads, "allowed", lambda: 2)
    _, out, _ = command(train.main, "--resume", "run")
    assert "resumed  after round 15" in out and "results may differ" not in out


def test_processes_that_share_a_machine_do_not_measure(four):
    settings, data = small("minigan")
    settled, words = threads.settled(settings, data, {}, shared=True)
    assert (settled.threads, words, four) == (4, "", [])


def test_fit_takes_a_number_and_gives_the_threads_back(own, four, used, tmp_path):
    with threads.limited(5):
        gan = minigan.GAN(threads=3, batch_size=12, epochs=1, g_hidden=(5,), d_hidden=(5,)).fit(tmp_path / "own.npz")
        with pytest.raises(Diverged):
            minigan.GAN(lr=1e30, batch_size=12, epochs=1, g_hidden=(5,), d_hidden=(5,)).fit(tmp_path / "own.npz")
        assert (used[0], used[-1], in_blas()) == (3, 2, 5)
    assert gan.sample(2).shape == (2, 4, 4)


@pytest.mark.parametrize(("word", "why"), [
    ("two", "auto or a whole number, not two"), ("1.5", "auto or a whole number, not 1.5"), ("0", "from 1 to 1000000"),
])  # fmt: skip
def test_a_wrong_number_is_one_sentence(command, word, why):
    code, _, err = command(train.main, "--threads", word)
    assert code == 2 and err.startswith(f"minigan: --threads must be {why}") and err.count("\n") == 1


def test_a_setting_may_be_a_word_or_a_number():
    assert [Settings(threads=value).threads for value in ("auto", 3)] == ["auto", 3]
    for wrong in ("many", True, 2.5, None):
        with pytest.raises(ArgumentError, match="--threads must be auto or a whole number, not "):
            Settings(threads=wrong)
