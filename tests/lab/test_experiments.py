"""The experiments of the lab do what their words claim."""

from typing import NamedTuple

import numpy as np
import pytest

from minigan.lab import commands, plane
from minigan.lab.experiments import EXPERIMENTS
from minigan.lab.trainer import Trainer
from minigan.metrics import modes


class Figures(NamedTuple):
    found: int  # modes
    near: float  # the share of samples near a mode
    slope: float  # the mean length of D's gradient at fake samples
    farthest: float  # in the last 200 rounds, from the mean of the samples to the point (.5, .5)


@pytest.fixture
def trainer():
    made = Trainer()
    yield made
    made.close()


def measured(trainer, rounds):
    farthest = 0.0
    for i in range(rounds):
        trainer.round()
        if i > rounds - 200:
            farthest = max(farthest, np.linalg.norm(trainer.training.average(trainer.view.z).mean(axis=0) - 0.5))
    assert trainer.note == ""
    t = trainer.training
    x = t.average(trainer.view.z)
    score, slopes = modes.score(x, "ring"), plane.slope(t, t.D, x[:200])
    return Figures(score.found, score.high_quality, np.linalg.norm(slopes, axis=1).mean(), farthest)


CLAIMS = {
    "The gradient vanishes": lambda ill, cured: ill.slope < 1e-3 and ill.found == 0 and cured.found >= 5,
    "Modes collapse": lambda ill, cured: ill.found <= 1 and cured.found >= 5,
    "G and D chase each other": lambda ill, cured: ill.farthest > 0.5 and cured.farthest < 0.05,
    "D takes many steps": lambda ill, cured: ill.slope > 10 * cured.slope and cured.near > 0.2 > 2 * ill.near,
    "WGAN without a bound": lambda ill, cured: ill.slope > 1000 and cured.slope < 5,
    "Why the average is better": lambda ill, cured: ill.near < 0.4 and cured.near > 0.6,
}
ROUNDS = {"D takes many steps": (300, 3000)}  # without and with the cure; for the others (1000, 2000)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(EXPERIMENTS)), ids=[e.title for e in EXPERIMENTS])
def test_an_experiment_fails_and_its_cure_cures(trainer, number):
    title = EXPERIMENTS[number].title
    commands.experiment(trainer, [number, False])
    before, after = ROUNDS.get(title, (1000, 2000))
    ill = measured(trainer, before)
    commands.experiment(trainer, [number, True])
    cured = measured(trainer, after)
    assert CLAIMS[title](ill, cured), (ill, cured)


def test_every_experiment_has_a_claim_and_two_sentences_or_three():
    assert [e.title for e in EXPERIMENTS] == list(CLAIMS)
    for e in EXPERIMENTS:
        assert 1 <= e.words.count(". ") <= 2 and e.cure_words.endswith(".")


@pytest.mark.parametrize("number", range(len(EXPERIMENTS)))
def test_an_experiment_begins_anew_and_its_cure_goes_on(trainer, number):
    trainer.round()
    commands.experiment(trainer, [number, False])
    assert trainer.training.rounds_done == 0 and trainer.playing
    trainer.round()
    G = trainer.training.G.theta.copy()
    commands.experiment(trainer, [number, True])
    kept = "packing" not in EXPERIMENTS[number].cure
    assert trainer.training.rounds_done == kept and (trainer.training.G.theta == G).all() == kept
