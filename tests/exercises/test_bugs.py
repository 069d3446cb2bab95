"""Find the bug, the game of minigan.exercises."""

import pytest

import minigan
from minigan.exercises import bugs
from minigan.exercises.buggy import BUGS
from minigan.gradcheck import GradientError

RIGHT = {name: getattr(minigan, name) for name in ("Dense", "Tanh", "LeakyReLU", "Dropout", "BatchNorm")}
RIGHT |= {"bce_": minigan.bce_with_logits, "g_step_": minigan.g_step}


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug[1].__name__)
def test_the_check_finds_the_classic_bugs(bug, rng):
    _, code, wrong, _, find = bug
    with pytest.raises(GradientError):
        find(code, rng)
    find(RIGHT[code.__name__.rstrip("0123456789")], rng)  # the right code passes the same check
    assert sum(line.strip().startswith(wrong) for line in bugs.listing(code)) == 1


def test_find_the_bug_judges_the_guesses_of_its_reader(monkeypatch, capsys):
    answers = iter(["6", "1", "", "three", "99", "", *[""] * (len(BUGS) - 4)])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda prompt: next(answers))
    bugs.play()
    out = capsys.readouterr().out
    assert "Right. dx_ni" in out
    assert "No, it is line 4." in out
    assert "It is line 3." in out
    assert out.endswith("You found 1 of 12.\n")
    assert out.count("The gradient check:\n") == len(BUGS)
    assert "nothing is wrong" not in out
