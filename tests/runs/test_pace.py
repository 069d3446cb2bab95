"""A run that becomes slow says so once. The clock is a fake, so that no second passes."""

import re
import time
from types import SimpleNamespace

import pytest
from small_runs import SMALL

from minigan import train
from minigan.recipes.settings import Settings
from minigan.runs import pace
from minigan.runs.pace import Pace
from minigan.runs.progress import Progress
from minigan.training import Training


class Clock:
    """A run whose rounds take as long as the test says. said: what its Pace has said."""

    def __init__(self):
        self.time, self.said = 100.0, []
        self.pace = Pace(lambda *speeds: self.said.append(speeds), lambda: self.time)

    def train(self, seconds, per_round):
        for _ in range(round(seconds / per_round)):
            self.time += per_round
            self.pace.round(None)

    def pause(self, seconds):
        self.time += seconds
        self.pace.epoch()


@pytest.fixture
def clock():
    return Clock()


def test_a_run_below_half_of_its_speed_says_so_once(clock):
    clock.train(10, 0.025)
    clock.train(60, 0.08)
    assert clock.said == [pytest.approx((12.5, 40.0), rel=0.1)]


def test_every_slowdown_is_said_but_only_after_a_recovery(clock):
    for _ in range(3):
        clock.train(10, 0.025)
        clock.train(10, 0.08)
        clock.train(2, 0.025)  # too short for a recovery
        clock.train(10, 0.08)
    assert len(clock.said) == 3


def test_short_or_small_slowdowns_are_not_said(clock):
    for _ in range(5):
        clock.train(10, 0.025)
        clock.train(3, 0.2)
    clock.train(60, 0.045)
    assert clock.said == []


def test_the_first_seconds_and_slow_starts_are_not_said(clock):
    clock.train(4, 1.0)
    clock.train(30, 0.025)
    assert clock.said == []


def test_pauses_for_pictures_and_evaluation_are_not_slow(clock):
    clock.train(10, 0.025)
    for _ in range(30):
        clock.train(0.5, 0.025)
        clock.pause(10.0)
    assert clock.said == []


def test_short_epochs_are_watched_too(clock):
    for per_round in (0.025, 0.08):
        for _ in range(40):
            clock.train(0.4, per_round)
            clock.pause(1.0)
    assert len(clock.said) == 1


def test_a_machine_that_slept_is_not_slow(clock):
    clock.train(10, 0.025)
    clock.time += 3600
    clock.train(10, 0.025)
    assert clock.said == []


def test_a_run_is_watched(command, own, monkeypatch):
    whole = Training.round

    def round(self, batches):
        time.sleep(0.05 * (self.rounds_done > 5))
        return whole(self, batches)

    monkeypatch.setattr(Training, "round", round)
    monkeypatch.setattr(pace, "WINDOW", 0.0)  # each round is a window
    _, out, _ = command(train.main, *SMALL, "--epochs", 3, "--out", "run")
    assert len(re.findall(r"^slow     \d\S* rounds/s, \d\S* before: ", out, re.MULTILINE)) == 1


@pytest.mark.parametrize(("threads", "quiet", "said"), [
    (2, False, "slow     12.3 rounds/s, 40 before: another program may be busy. Stop it; or stop this run with Ctrl-C "
     "and continue it with --resume runs/x --threads auto.\n"),
    (1, False, "slow     12.3 rounds/s, 40 before: another program may be busy. Stop it.\n"),
    ("auto", False, "slow     12.3 rounds/s, 40 before: another program may be busy. Stop it.\n"),
    (2, True, ""),
])  # fmt: skip
def test_the_line_says_what_to_do(capsys, threads, quiet, said):
    training = SimpleNamespace(settings=Settings(threads=threads), rounds_done=0, rounds=9)
    progress = Progress(training, [], quiet)
    progress.open()
    progress.begin("runs/x", SimpleNamespace(note="none"), None)
    capsys.readouterr()
    progress.slow(12.34, 40.0)
    assert capsys.readouterr().out == said
