"""A preset with flags: which of the two wins, and which flags are rejected."""

import numpy as np
import pytest

from minigan.data import Dataset
from minigan.ground.errors import ArgumentError
from minigan.recipes.presets import PRESETS
from minigan.runs.start import fitting


def test_a_flag_replaces_the_setting_of_the_preset():
    assert PRESETS["minigan-0.1"].with_flags().epochs == 12
    assert PRESETS["minigan-0.1"].with_flags(epochs=3).epochs == 3


def test_the_given_penalty_replaces_the_one_of_the_preset():
    assert PRESETS["minigan"].with_flags().r1 > 0
    assert PRESETS["minigan"].with_flags(wgan_gp=10.0).r1 == 0
    assert PRESETS["wgan-gp"].with_flags(r1=1.0).wgan_gp == 0
    with pytest.raises(ArgumentError, match="choose one"):
        PRESETS["minigan"].with_flags(wgan_gp=10.0, r1=1.0)


WITHOUT_EFFECT = {
    "beta1": {"optimizer": "rmsprop", "beta1": 0.5},
    "beta2": {"optimizer": "sgd", "beta2": 0.5},
    "d-slope": {"maxout": 2, "d_slope": 0.1},
    "batchnorm-eps": {"batchnorm_eps": 0.1},
    "r1-every": {"r1": 0.0, "r1_every": 2},
    "vary": {"data": "mnist", "vary": 0.5},
    "data-dir": {"data": "drawn", "data_dir": "."},
    "size": {"data": "mnist", "size": 32},
    "colour": {"data": "own.NPZ", "colour": True},
}
WITH_EFFECT = {
    "r1-every": {"wgan_gp": 10.0, "r1_every": 2},
    "beta1": {"optimizer": "adam", "beta1": 0.5},
    "beta2": {"optimizer": "rmsprop", "beta2": 0.5},
    "d-slope": {"d_slope": 0.1},
    "batchnorm-eps": {"g_batchnorm": 1, "batchnorm_eps": 0.1},
    "vary": {"data": "drawn", "vary": 0.5},
    "data-dir": {"data": "mnist", "data_dir": "."},
    "size": {"data": "my_pictures", "size": 32},
    "colour": {"data": "my_pictures", "colour": True},
}


@pytest.mark.parametrize("name", WITHOUT_EFFECT)
def test_a_flag_without_effect_is_rejected(name):
    with pytest.raises(ArgumentError, match=f"--{name} has no effect"):
        PRESETS["minigan"].with_flags(**WITHOUT_EFFECT[name])
    PRESETS["minigan"].with_flags(**WITH_EFFECT[name])


def test_data_bring_the_preset_that_fits_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mnist").mkdir()  # the folder of its files, perhaps: the set counts

    def image(*shape, name="own.npz"):
        return Dataset(np.zeros((1, 1), np.uint8), shape, "", name=name)

    expected = {
        "minigan": [image(28, 28), image(28, 28, name="mnist"), image(28, 28, name="kmnist")],
        "pictures": [image(28, 28, 3), image(28, 28, name="fashion"), image(9, 9, name=str(tmp_path)),
                     image(32, 32, 3, name="cifar10")],
        "stacked": [image(28, 28, 3, name="stacked")],
        "toy": [Dataset(np.zeros((1, 2), np.float32), (2,), "")],
    }  # fmt: skip
    assert {name: [fitting(data) for data in datas] for name, datas in expected.items()} == {
        name: [name] * len(datas) for name, datas in expected.items()
    }
