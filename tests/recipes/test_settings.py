"""Which settings are valid, and which contradict each other."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

import pytest

from minigan.ground.errors import ArgumentError
from minigan.recipes.option import Limit, option, options
from minigan.recipes.presets import PRESETS
from minigan.recipes.settings import OBJECTIVES, Settings

TINY = {"batch_size": 4, "latent_dim": 3, "g_hidden": (5, 6), "d_hidden": (7, 5), "epochs": 2, "seed": 5}
REJECTED = {
    "a number for text": ({"data": 3}, "--data must be text, not 3"),
    "text for a number": ({"lr": "fast"}, "--lr must be a number, not 'fast'"),
    "a fraction for a count": ({"latent_dim": 2.5}, "--latent-dim must be a whole number, not 2.5"),
    "True for a count": ({"epochs": True}, "--epochs must be a whole number, not True"),
    "1 for True": ({"conditional": 1}, "--conditional must be True or False, not 1"),
    "None for a number": ({"lr": None}, "--lr must be a number, not None"),
    "one width, not in a tuple": ({"g_hidden": 5}, "--g-hidden must be a list of values, not 5"),
    "a width of 0": ({"g_hidden": (5, 0)}, "--g-hidden must be from 1 to 1000000, not 0"),
    "two penalties": ({"r1": 1.0, "wgan_gp": 1.0}, "choose one"),
    "r2, wgan-gp": ({"r2": 1.0, "wgan_gp": 1.0}, "choose one"),
    "pairs without targets": ({"objective": "relativistic", "label_smoothing": 0.1}, "has no targets"),
    "wgan-gp, batchnorm": ({"wgan_gp": 1.0, "d_batchnorm": 1}, "mixes the samples"),
    "r1, batchnorm": ({"r1": 1.0, "d_batchnorm": 1}, "mixes the samples"),
    "spectral, batchnorm": ({"spectral": True, "d_batchnorm": 1}, "--d-batchnorm rescales"),
    "clip, wgan-gp": ({"clip": 0.1, "wgan_gp": 1.0}, "--clip keeps D's gradient below"),
    "clip, spectral": ({"clip": 0.1, "spectral": True}, "--clip has no effect with --spectral"),
    "unbounded wasserstein": ({"objective": "wasserstein"}, "grows without limit"),
    "smoothing, wasserstein": ({"objective": "wasserstein", "clip": 0.1, "label_smoothing": 0.1}, "has no targets"),
    "smoothing, hinge": ({"objective": "hinge", "label_smoothing": 0.1}, "has no targets"),
    "simultaneous, two steps": ({"simultaneous": True, "d_steps": 2}, "one step of D and one of G"),
    "too many batchnorms in G": ({"g_batchnorm": 3}, "at most the number of hidden layers, 2"),
    "too many batchnorms in D": ({"d_batchnorm": 3}, "at most the number of hidden layers, 2"),
    "batchnorm, a batch of one": ({"g_batchnorm": 1, "batch_size": 1}, "--batch-size of 2"),
    "batchnorm, one pack": ({"d_batchnorm": 1, "batch_size": 1, "packing": 2}, "--batch-size of 2"),
    "momentum": ({"momentum": 1.0}, "--momentum must be"),
    "init": ({"init": "zeros"}, "--init must be one of lecun, he"),
    "d-init": ({"d_init": "zeros"}, "--d-init must be one of lecun, he"),
    "momentum of adam": ({"momentum": 0.5}, "need --optimizer sgd"),
    "final momentum of adam": ({"final_momentum": 0.5}, "need --optimizer sgd"),
    "lr factor": ({"lr_factor": 0.0}, "--lr-factor must be above 0"),
    "packing": ({"packing": 0}, "--packing must be from 1"),
    "a misspelt choice": ({"objective": "wasserstien"}, r"not wasserstien; did you mean wasserstein\?"),
}


@pytest.mark.parametrize("case", REJECTED)
def test_invalid_or_contradictory_settings_are_rejected_in_one_sentence(case):
    flags, message = REJECTED[case]
    with pytest.raises(ArgumentError, match=message) as info:
        Settings(**TINY | flags)
    assert "\n" not in str(info.value)


@pytest.mark.parametrize("preset", PRESETS)
def test_settings_survive_json(preset):
    """A checkpoint stores them as JSON, in which tuples become lists."""
    settings = asdict(PRESETS[preset].with_flags())
    stored = json.loads(json.dumps(settings))
    assert json.loads(json.dumps(asdict(Settings(**stored)))) == stored
    assert {type(value) for value in settings.values()} >= {str, float, int, bool, tuple}


def test_settings_of_a_group_stand_together():
    groups = [o.group for o in options(Settings)]
    assert list(dict.fromkeys(groups)) == ["data", "networks", "objective", "cures", "optimisation", "run"]
    assert groups == sorted(groups, key=list(dict.fromkeys(groups)).index)


def test_a_word_of_the_command_line_becomes_a_value_of_the_right_type():
    by_name = {o.name: o for o in options(Settings)}
    for name, word, value in (("lr", "1", 1.0), ("d_lr", "2e-4", 2e-4), ("g_hidden", "7", 7), ("d_init", "he", "he")):
        parsed = by_name[name].parse(word)
        assert (parsed, type(parsed)) == (value, type(value))


def test_batchnorm_needs_two_samples_in_a_batch_of_g_and_two_packs_in_one_of_d():
    Settings(g_batchnorm=1, d_batchnorm=1, batch_size=2)
    Settings(g_batchnorm=1, batch_size=1, packing=2)


def test_d_gives_probabilities_with_the_objectives_of_cross_entropy():
    bounded = {"clip": 0.01}
    probable = {name: Settings(objective=name, **bounded).probable for name in OBJECTIVES}
    assert probable == {name: name in ("non-saturating", "minimax") for name in OBJECTIVES}


def test_an_option_tells_its_flag_and_which_values_it_takes():
    @dataclass
    class Own:
        share: float = option("some", 0.5, "a share", Limit(lambda v: v < 1, "below 1"))
        step_sizes: tuple[int, ...] = option("some", (1,), "several")
        threads: int | Literal["auto"] = option("other", "auto", "a number", metavar="N")
        colour: str | None = option("other", None, "a choice", choices=iter(["red", "blue"]))

    own = {o.name: o for o in options(Own)}
    assert Own() == Own(0.5, (1,), "auto", None)
    assert [o.flag for o in own.values()] == ["--share", "--step-sizes", "--threads", "--colour"]
    assert [o.several for o in own.values()] == [False, True, False, False]
    assert [o.type for o in own.values()] == [float, int, int, str]
    assert [o.group for o in own.values()] == ["some", "some", "other", "other"]
    assert own["threads"].kind == "auto or a whole number" and own["threads"].metavar == "N"
    assert own["threads"].parse("auto") == "auto" and own["threads"].parse("3") == 3
    for name, word, reason in (
        ("share", "2", "--share must be below 1, not 2.0"),
        ("share", "much", "--share must be a number, not much"),
        ("threads", "few", "--threads must be auto or a whole number, not few"),
        ("colour", "green", "--colour must be one of red, blue, not green"),
    ):
        with pytest.raises(ArgumentError, match=reason):
            own[name].parse(word)
    own["colour"].check("blue")
    own["colour"].check(None)
