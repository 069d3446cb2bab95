"""The experiments of the lab do what their words claim."""

from typing import NamedTuple

import numpy as np
import pytest

from minigan.lab import view
from minigan.lab.experiments import EXPERIMENTS
from minigan.lab.trainer import Trainer
from minigan.metrics import modes
from minigan.recipes.presets import PRESETS


class Figures(NamedTuple):
    found: int  # modes
    near: float  # the share of samples near a mode
    slope: float  # the mean length of D's gradient at fake samples


@pytest.fixture
def trainer():
    made = Trainer(PRESETS["toy"].with_flags())
    yield made
    made.close()


def measured(trainer, rounds):
    for _ in range(rounds):
        trainer.round()
    assert trainer.note == ""
    t = trainer.training
    x = t.average(trainer.z)
    score = modes.score(x, "ring")
    return Figures(score.found, score.high_quality, np.linalg.norm(view.slope(t, t.D, x[:200]), axis=1).mean())


CLAIMS = {
    "The gradient vanishes": lambda ill, cured: ill.slope < 1e-6 and ill.found == 0 and cured.found >= 6,
    "Modes collapse": lambda ill, cured: ill.found <= 3 and cured.found > ill.found,
    "D takes many steps": lambda ill, cured: ill.slope > 10 * cured.slope and cured.near > 0.2 > 2 * ill.near,
    "WGAN without a bound": lambda ill, cured: ill.slope > 1000 and cured.slope < 20 and cured.found == 8,
    "Why the average is better": lambda ill, cured: ill.near < 0.6 and cured.near > 0.8 and cured.found == 8,
}
ROUNDS = {"D takes many steps": (300, 3000)}  # without and with the cure; for the others (1000, 1500)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(EXPERIMENTS)), ids=[e.title for e in EXPERIMENTS])
def test_an_experiment_fails_and_its_cure_cures(trainer, number):
    title = EXPERIMENTS[number].title
    trainer.experiment([number, False])
    before, after = ROUNDS.get(title, (1000, 1500))
    ill = measured(trainer, before)
    trainer.experiment([number, True])
    assert trainer.training.rounds_done > 0  # with the same networks
    cured = measured(trainer, after)
    assert CLAIMS[title](ill, cured), (ill, cured)


def test_every_experiment_has_a_claim_and_two_sentences_or_three():
    assert [e.title for e in EXPERIMENTS] == list(CLAIMS)
    for e in EXPERIMENTS:
        assert 1 <= e.words.count(". ") <= 2 and e.cure_words.endswith(".")


@pytest.mark.parametrize("number", range(len(EXPERIMENTS)))
def test_an_experiment_begins_anew_and_its_cure_goes_on(trainer, number):
    trainer.round()
    trainer.experiment([number, False])
    assert trainer.training.rounds_done == 0 and trainer.playing
    trainer.round()
    G = trainer.training.G.theta.copy()
    trainer.experiment([number, True])
    assert trainer.training.rounds_done == 1 and (trainer.training.G.theta == G).all()
