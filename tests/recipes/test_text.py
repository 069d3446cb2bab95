"""The presets as a table, and the command that runs given settings."""

from minigan.recipes.presets import PRESETS
from minigan.recipes.text import command, row, table


def test_the_table_has_every_preset_and_every_setting_of_it():
    text = table()
    assert all(f"\n{name}" in text for name in PRESETS)
    assert row("wgan")[1:-1] == ("wasserstein", "100-512-512-512 relu", "512-512-512 relu", "rmsprop 5e-05 0.99", "64",
                                 "100")  # fmt: skip
    assert row("wgan")[-1] == "init torch, d-steps 5, clip 0.01"
    assert row("goodfellow2014")[1:] == (
        "non-saturating", "100-1200-1200 relu", "240-240 maxout 5", "sgd 0.1 0.5", "100", "250", "noise uniform, "
        "output sigmoid, init uniform.05, d-init uniform.005, simultaneous, shared-noise, dropout 0.5, "
        "input-dropout 0.2, d-lr 0.05, lr-factor 0.999996, final-momentum 0.7",
    )  # fmt: skip
    assert row("pytorch-gan")[1:] == (
        "non-saturating", "100-128-256-512-1024 leaky 0.2", "512-256 leaky 0.2", "adam 0.0002 0.5 0.999", "64", "200",
        "g-batchnorm 3, batchnorm-eps 0.8, init torch, simultaneous, shared-noise",
    )  # fmt: skip
    assert row("pacgan-grid")[1:] == (
        "non-saturating", "2-400-400-400-400 relu", "200-200-200 maxout 5", "adam 0.0001 0.8 0.999", "100", "800",
        "data grid, g-batchnorm 4, batchnorm-eps 0.0001, init gaussian, simultaneous, shared-noise, packing 2",
    )  # fmt: skip
    assert row("wgan-gp")[1] == "wasserstein" and row("wgan-gp")[4:] == (
        "adam 0.0001 0 0.9", "64", "100", "init he, d-steps 5, wgan-gp 10"
    )  # fmt: skip
    for name, preset in PRESETS.items():
        assert preset.source and preset.note.endswith(".")
        assert len({row(name)[1:], row("small")[1:]}) == (1 if name == "small" else 2)


def test_the_command_has_a_flag_for_each_setting_that_differs_from_the_preset():
    def flags(preset, **given):
        return command(preset, PRESETS[preset].with_flags(**given)).removeprefix("python -m minigan.train ")

    assert flags("minigan") == "--preset minigan"
    assert flags("minigan", wgan_gp=10.0) == "--preset minigan --r1 0.0 --wgan-gp 10.0"
    assert flags("wgan-gp", r2=0.5) == "--preset wgan-gp --r2 0.5 --wgan-gp 0.0"
    assert flags("toy", g_hidden=(3, 4), spectral=True) == "--preset toy --g-hidden 3 4 --spectral"
    assert flags("minigan", conditional=False, d_hidden=()) == "--preset minigan --no-conditional --d-hidden"
    assert flags("pictures", data="my pictures") == "--preset pictures --data 'my pictures'"
