"""One source, two devices. What runs on a GPU is proven here without one: on fake_device.py, a stand-in for CuPy that
allows less than CuPy, every recipe gives the bytes that NumPy gives, and never waits for the device."""

import inspect
import json
import sys
import textwrap
from contextlib import contextmanager

import fake_device
import numpy as np
import pytest
from random_draws import same_numbers
from small_runs import SMALL, contents, small

from minigan import sample, train
from minigan.data import Dataset
from minigan.gan import penalties
from minigan.gan import steps as gan
from minigan.gan.wgan import between
from minigan.ground.backend import to_host
from minigan.nn import activations, losses, optim
from minigan.nn.layers import Dropout
from minigan.recipes import sampling
from minigan.recipes.presets import PRESETS
from minigan.runs import checkpoint
from minigan.runs.recorder import Recorder
from minigan.training import Training


@same_numbers()
def same_on_both(preset, **given):
    """Train on NumPy and on the stand-in. Raises AssertionError where they differ, or one waits."""
    settings, data = small(preset, **given)
    host, there = Training(settings, data), Training(settings, data, fake_device)
    if settings.conditional:
        assert there.data.n_classes == 3  # which waits, once
    fake_device.reset()
    for _ in range(settings.epochs):
        for ours, theirs in zip(host.epoch(), there.epoch(), strict=True):
            assert fake_device.COUNTS["waits"] == 0
            assert ours.tobytes() == to_host(theirs).tobytes()
            fake_device.COUNTS["waits"] = 0
    one, two = checkpoint.of(host), checkpoint.of(there)
    assert one[1] == two[1]
    assert {name: a.tobytes() for name, a in one[0].items()} == {k: to_host(a).tobytes() for k, a in two[0].items()}
    assert {np.dtype(np.float32)} == fake_device.DTYPES


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_computes_the_same(preset):
    same_on_both(preset)


def test_least_squares_which_no_preset_has_computes_the_same():
    same_on_both("small", objective="least-squares")


@pytest.mark.parametrize(("preset", "launches"), [("small", 101), ("wide", 147)])
def test_a_round_takes_few_launches_and_sends_nothing(preset, launches):
    """...to the device but, once an epoch, the order. Small networks wait for launches, of some microseconds each."""
    there = Training(*small(preset), fake_device)
    fake_device.reset()
    assert len(list(there.epoch())) == there.rounds_per_epoch
    assert fake_device.COUNTS["launches"] == launches * there.rounds_per_epoch
    assert fake_device.COUNTS["bytes to device"] == 8 * len(there.data.x)


def test_a_row_of_figures_waits_once(tmp_path):
    settings, data = small("minigan", log_every=3, epochs=1, batch_size=6)
    training = Training(settings, data, fake_device)
    with Recorder(tmp_path / "run", "minigan", training, data) as recorder:
        recorder.begin()
        recorder.epoch()
        assert training.data.n_classes == 3  # which waits, once
        fake_device.reset()
        for i, figures in enumerate(training.epoch(), start=1):
            recorder.round(figures)
            assert fake_device.COUNTS["waits"] == i // 3


@same_numbers()
def test_a_run_on_the_device_is_a_run(command, own, monkeypatch):
    """...its files are those of one on the host, and what one began the other ends."""
    monkeypatch.setitem(sys.modules, "cupy", fake_device)
    words = (*SMALL, "--lr-decay", 0, "--r1", 1, "--ema", 0.9, "--dropout", 0.2, "--conditional")
    for device in ("cpu", "gpu"):
        assert command(train.main, *words, "--epochs", 3, "--device", device, "--out", device)[0] == 0
        assert command(train.main, *words, "--epochs", 2, "--device", device, "--out", f"{device} first")[0] == 0
    one, two = contents("cpu"), contents("gpu")
    assert sorted(one) == sorted(two)
    assert sorted(name for name in one if one[name] != two[name]) == ["checkpoint.npz", "config.json"]
    assert json.loads(two["config.json"])["device"] == "gpu"
    expected, _ = checkpoint.load("cpu")
    for first, other in (("cpu first", "gpu"), ("gpu first", "cpu")):
        code, out, err = command(train.main, "--resume", first, "--epochs", 3, "--device", other)
        assert (code, err) == (0, "") and f"device {other}, not {first.split()[0]}" in out
        arrays, _ = checkpoint.load(first)
        assert {name: a.tobytes() for name, a in arrays.items()} == {k: a.tobytes() for k, a in expected.items()}
    for run in ("cpu", "gpu"):
        assert command(sample.main, run, "-n", 5, "--out", f"{run}.npy")[0] == 0
    np.testing.assert_array_equal(np.load("cpu.npy"), np.load("gpu.npy"))


def test_a_run_that_goes_on_draws_the_devices_numbers_again(command, own, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", fake_device)
    words = (*SMALL, "--lr-decay", 0, "--dropout", 0.2, "--device", "gpu", "--epochs")
    assert command(train.main, *words, 3, "--out", "whole")[0] == 0
    assert command(train.main, *words, 2, "--out", "parts")[0] == 0
    assert command(train.main, "--resume", "parts", "--epochs", 3)[0] == 0
    (whole, _), (parts, _) = checkpoint.load("whole"), checkpoint.load("parts")
    assert all(whole[name].tobytes() == parts[name].tobytes() for name in whole)


def test_every_name_that_is_used_is_one_of_cupys():
    cupy = pytest.importorskip("cupy", reason="CuPy is not installed (it needs no GPU for this)")
    assert [name for name in fake_device.FUNCTIONS if not hasattr(cupy, name)] == []
    methods = ["get", "item", "astype", "copy", "repeat", "reshape", "sum", "mean", "max", "all"]
    assert [name for name in methods if not hasattr(cupy.ndarray, name)] == []


@contextmanager
def planted(function, old, new):
    """Another line in a running function."""
    function = inspect.unwrap(function)
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(old) == 1
    room = dict(function.__globals__, np=np)
    exec(source.replace(old, new), room)
    code, function.__code__ = function.__code__, inspect.unwrap(room[function.__name__]).__code__
    function.__globals__["np"], before = np, function.__globals__.get("np")
    try:
        yield
    finally:
        function.__code__ = code
        function.__globals__.pop("np") if before is None else None


SWAPS = {  # what goes wrong on a GPU alone, or is slow there -> (preset, function, line, what stands there instead)
    "ones of the host": ("minigan", penalties.input_gradient, "np.ones_like(caches[-1][:, :1])",
                         "np.ones((len(caches[-1]), 1), np.float32)"),
    "noise of the host": ("small", Training.noise, ", self.xp)", ", np)"),
    "rows of the host": ("small", Training.epoch, 'self.xp.asarray(self.streams["order"]', '(self.streams["order"]'),
    "a mask of the host": ("wide", Dropout.draw, ", like)\n", ", np.ones(1))\n"),
    "a scalar of the host": ("small", Dataset.batch, "(1.0 - self.low)", "np.float64(1.0 - self.low)"),
    "a function that CuPy lacks": ("small", optim.Adam.update, "np.sqrt(v)", "np.emath.sqrt(v)"),
    "a sum in a kernel": ("small", losses.softplus, "positive_part(x) +", "positive_part(x).sum() +"),
    "a choice in a kernel": ("small", activations.leaky_slope, "(x > 0).astype(x.dtype)", "1.0 if x[0, 0] > 0 else x"),
    "a float that waits": ("small", gan.g_step, "return loss,", "return loss * (1.0 if float(loss) else 1.0),"),
    "a question that waits": ("minigan", gan.update_average, "*= decay", "*= decay if G.theta[0] < 9 else 1"),
    "memory as it was found": ("small", optim.Optimizer.__init__, "np.zeros_like", "np.empty_like"),
    "float64 for a moment": ("wgan-gp", between, "dtype=np.float32", "dtype=np.float64"),
    "masked rows": ("minigan", sampling.real_batch, "x = data.batch(rows)", "x = data.batch(rows[rows >= 0])"),
    "a loop over rows": ("small", gan.g_step, "objective.g(s_fake) if", "objective.g(np.stack(list(s_fake))) if"),
    "a list of rows": ("small", gan.forward_both, "np.concatenate([x_real, x_fake])", "np.array([*x_real, *x_fake])"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", SWAPS)
def test_the_fake_device_notices_mistakes_that_only_a_gpu_would(mistake):
    preset, *change = SWAPS[mistake]
    with planted(*change), pytest.raises((TypeError, AttributeError, AssertionError, RuntimeWarning)):
        same_on_both(preset)
    same_on_both(preset)
