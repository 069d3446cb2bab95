"""The rules of the doctor: each finds its problem in a real run that has it, and none finds one in a healthy run."""

import re

import clinic
import numpy as np
import pytest

from minigan import doctor, train
from minigan.recipes.settings import Settings
from minigan.runs import diagnosis, images, metrics
from minigan.runs.load import load_generator

RULES = {rule.__name__.replace("_", " ") for rule in diagnosis.RULES}


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clinic")
    clinic.save_digits(folder)
    return str(folder / "digits.npz")


@pytest.fixture
def examined(command, monkeypatch, digits):
    """examined(flags, name): train with these flags in the folder `name`; rule -> words of the doctor."""
    blank = np.zeros((1, 8, 8))
    monkeypatch.setattr(images, "save_points", lambda path, *_: images.save_grid(path, blank))  # quicker
    monkeypatch.setattr(images, "save_curves", lambda *_: None)

    def run(flags, name="run"):
        code, out, _ = command(train.main, *flags.replace("digits.npz", digits).split(), "--out", name)
        assert code == 0
        code, text, _ = command(doctor.main, name)
        assert code == 0
        _, settings, _ = load_generator(name)
        notes = diagnosis.notes(metrics.read(f"{name}/metrics.csv"), settings)
        lines = [f"after round {note.round}: {note.words}" for note in notes]
        assert [f"doctor   {line}" for line in lines] == [x for x in out.splitlines() if x.startswith("doctor")]
        paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
        assert lines == paragraphs[1:-1]  # the vital signs come first, the verdict last
        assert bool(lines) == (paragraphs[-1] != "No problems found.")
        return {note.rule: note.words for note in notes}

    return run


@pytest.mark.parametrize("name", clinic.HEALTHY)
def test_no_rule_speaks_in_a_healthy_run(examined, name):
    assert examined(clinic.HEALTHY[name]) == {}


def test_the_clinic_has_a_failure_for_each_rule():
    assert set(clinic.ILL) == RULES


def provoked(examined, rule):
    """The flags of a run in which the rule speaks, and its words.

    Several seeds are tried: training is chaotic, so rounding errors decide on each machine which of them goes wrong.
    """
    for seed in range(4):
        flags = f"{clinic.ILL[rule]} --seed {seed}"
        notes = examined(flags, f"seed {seed}")
        if rule in notes:
            return flags, notes[rule]
    raise AssertionError(f"nothing provokes {rule}")


@pytest.mark.parametrize("rule", ["D wins", "G learns nothing"])  # the slow test below provokes all failures
def test_each_rule_finds_its_failure(examined, rule):
    provoked(examined, rule)


@pytest.mark.slow
@pytest.mark.parametrize("rule", clinic.ILL)
def test_the_advice_of_each_rule_helps(examined, rule):
    flags, words = provoked(examined, rule)
    assert rule not in examined(f"{flags} {clinic.remedy(words)}", "healed")


def test_a_resumed_run_does_not_repeat_what_the_doctor_said(command):
    words = f"{clinic.RING} --g-hidden 8 --d-hidden 8 --lr 0.5".split()
    _, out, _ = command(train.main, *words, "--out", "run")
    assert "doctor   after round" in out
    _, again, _ = command(train.main, "--resume", "run", "--epochs", 2)
    said = [re.findall("(?m)^doctor .*: (.{20})", text) for text in (out, again)]
    assert said[0] and not set(said[0]) & set(said[1])


@pytest.mark.parametrize(("eps", "loss"), [(0.0, 0.1), (0.1, 0.4), (0.3, 0.7)])
def test_D_wins_is_found_with_label_smoothing_too(eps, loss):
    """D's least loss is then not 0 but an entropy: .325 with .1, .611 with .3."""
    row = {"d_accuracy": 1.0, "d_loss": loss}
    settings = Settings(label_smoothing=eps)
    for more, words in ((0.0, "D wins"), (0.2, None)):
        rows = [{**row, "round": i, "d_loss": loss + more} for i in (50, 100, 150)]
        assert (diagnosis.D_wins(rows, settings) or "").startswith(words or "")
        assert bool(diagnosis.D_wins(rows, settings)) == bool(words)
