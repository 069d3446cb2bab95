"""demos/benchmark.py counts the multiplications of a round, and compares only what finds the same gradients."""

import contextlib

import benchmark
import contenders
import numpy as np
import pytest
import race
import roofline
from contenders import processes

from minigan.data import Dataset, load
from minigan.gan.conditional import one_hot
from minigan.nn.layers import Dense
from minigan.nn.random import normal
from minigan.recipes.presets import PRESETS
from minigan.recipes.sampling import streams
from minigan.training import Training

SMALL = {"batch_size": 6, "latent_dim": 3, "g_hidden": (7, 5), "d_hidden": (4, 8)}
KINDS = (
    {"output": "tanh", "shared_noise": False, "r1_every": 1},
    {"output": "sigmoid", "shared_noise": True, "r1_every": 3},
)


@pytest.mark.parametrize("n_classes", [0, 10])
def test_the_counted_multiplications_are_those_of_a_round(monkeypatch, n_classes):
    done, forward, backward = [], Dense.forward, Dense.backward

    def counting_forward(self, x, train=True):
        done.append(2 * len(x) * self.W.size)
        return forward(self, x, train)

    def counting_backward(self, dy, cache, param_grads=True, input_grad=True):
        done.append(2 * len(dy) * self.W.size * (param_grads + input_grad))
        return backward(self, dy, cache, param_grads, input_grad)

    settings = PRESETS["small"].with_flags(**SMALL, conditional=n_classes > 0)
    one_round = contenders.rounds(contenders.training_of(settings, n_classes or 10))
    monkeypatch.setattr(Dense, "forward", counting_forward)
    monkeypatch.setattr(Dense, "backward", counting_backward)
    one_round()
    assert sum(done) == roofline.flops(settings, n_classes)


def test_minigan_and_blog_style_numpy_find_the_same_gradients():
    settings = PRESETS["small"].with_flags(**SMALL, dropout=0.3)
    x, z = contenders.normal(6, 784), contenders.normal(6, 3)
    mine, theirs = (
        contenders.make(name, contenders.training_of(settings)).gradients(x, None, z)
        for name in ("minigan", "blog-style NumPy")
    )
    assert len(mine) == 9
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5 * np.abs(a).max())


@pytest.mark.parametrize("flags", KINDS, ids=str)
def test_the_gradients_of_the_default_recipe_are_the_slopes_of_its_written_losses(flags):
    """Of D with labels, with R1 and without, and of G. The labels are no part of the slope that R1 penalises."""
    settings = PRESETS["minigan"].with_flags(**SMALL | flags)
    contender, gamma = contenders.make("minigan", contenders.training_of(settings)), settings.r1 * settings.r1_every
    x, y, z = contenders.normal(6, 784), one_hot(np.arange(6), 10, np.float32([0])), contenders.normal(6, 3)
    found = contender.gradients(x, y, z)
    G, D = ([(W.astype(float), b.astype(float)) for W, b in contenders.weights(net)]
            for net in (contender.training.G, contender.training.D))  # fmt: skip

    def output(net, x, leak):
        """The network's output for x with labels, and the slopes of its outputs' sum with respect to x."""
        x, masks = np.concatenate([x, y], axis=1), []
        for W, b in net[:-1]:
            a = x @ W + b
            masks.append(np.where(a > 0, 1.0, leak))
            x = a * masks[-1]
        slope = np.ones((len(x), net[-1][0].shape[1])) @ net[-1][0].T
        for (W, _), mask in zip(net[-2::-1], reversed(masks), strict=True):
            slope = (slope * mask) @ W.T
        return x @ net[-1][0] + net[-1][1], slope[:, :784]

    def fake():
        a = output(G, z, settings.g_slope)[0]
        return np.tanh(a) if settings.output == "tanh" else 1.0 / (1.0 + np.exp(-a))

    def d_loss(penalised):
        s_real, slope = output(D, x, settings.d_slope)
        loss = np.logaddexp(0.0, -s_real).mean() + np.logaddexp(0.0, output(D, fake(), settings.d_slope)[0]).mean()
        return loss + penalised * gamma / 2 * (slope**2).sum(axis=1).mean()

    def g_loss():
        return np.logaddexp(0.0, -output(D, fake(), settings.d_slope)[0]).mean()

    cases = [(D, lambda: d_loss(True)), (D, lambda: d_loss(False)), (G, g_loss)]
    matrices = [(W, loss) for net, loss in cases for W, _ in net]
    assert np.abs(found[0] - found[3]).max() > 1e-3 * np.abs(found[0]).max()  # R1 counts
    rng, h = np.random.default_rng(0), 1e-5
    for (W, loss), dW in zip(matrices, found, strict=True):
        direction = rng.standard_normal(W.shape)
        direction *= np.linalg.norm(dW) / np.linalg.norm(direction)
        direction += dW  # so that the slope in this direction is not small
        W += h * direction
        above = loss()
        W -= 2 * h * direction
        below = loss()
        W += h * direction
        np.testing.assert_allclose((above - below) / (2 * h), (dW * direction).sum(), rtol=2e-4)


EAGER = ["PyTorch, tutorial", "PyTorch, expert", "JAX, jit"]  # compiling takes half a minute


@pytest.mark.parametrize("preset", ["small", "wide", "minigan"])
@pytest.mark.parametrize("name", EAGER)
def test_other_libraries_find_minigans_gradients(preset, name):
    pytest.importorskip(contenders.CONTENDERS[name][-1])
    settings = PRESETS[preset].with_flags(**SMALL)
    x, z = contenders.normal(6, 784), contenders.normal(6, 3)
    y = np.eye(6, 10, dtype=np.float32) if settings.conditional else None
    both = (contenders.make(n, contenders.training_of(settings)).gradients(x, y, z) for n in ("minigan", name))
    for a, b in zip(*both, strict=True):
        assert np.abs(a - b).max() <= 1e-5 * np.abs(a).max()


@pytest.mark.parametrize("flags", KINDS, ids=str)
@pytest.mark.parametrize("name", EAGER)
def test_other_libraries_train_as_minigan_does_on_the_same_batches_and_noise(monkeypatch, rng, name, flags):
    """Adam, R1 in some rounds, the falling rate and the average: after 8 rounds the averages of G are the same."""
    pytest.importorskip(contenders.CONTENDERS[name][-1])
    settings = PRESETS["minigan"].with_flags(**SMALL | flags, epochs=1)
    data = Dataset(rng.integers(0, 256, (48, 784)).astype(np.uint8), (28, 28), "", np.arange(48) % 10)
    data.x.flags.writeable = data.labels.flags.writeable = False  # as MNIST's are
    mine, theirs = (contenders.make(n, Training(settings, data)) for n in ("minigan", name))
    before = mine.sampler()
    for _ in range(8):
        mine.round()
    draws = streams(settings.seed)
    theirs.rows = iter(draws["order"].permutation(48).reshape(8, 6))
    with the_noise_of(draws["noise"], theirs, monkeypatch):
        for _ in range(8):
            theirs.round()
    for (start, _), (W, b), (V, c) in zip(before, mine.sampler(), theirs.sampler(), strict=True):
        assert np.linalg.norm(W - V) <= 0.01 * np.linalg.norm(W - start)
        assert np.linalg.norm(b - c) <= 0.01 * np.linalg.norm(b)


def the_noise_of(rng, contender, monkeypatch):
    """A context in which the contender's noise comes from this Generator, as minigan draws it."""
    if hasattr(contender, "noise"):
        import torch

        monkeypatch.setattr(contender, "noise", lambda: torch.from_numpy(normal(rng, (6, 3), np)))
        return contextlib.nullcontext()
    import jax

    monkeypatch.setattr(jax.random, "normal", lambda key, shape: jax.numpy.asarray(normal(rng, shape, np)))
    return jax.disable_jit()


def test_a_contender_with_different_gradients_raises(monkeypatch):
    monkeypatch.setattr(contenders, "CONTENDERS", dict.fromkeys(["minigan", "another"], ("ours", "Minigan", "numpy")))
    monkeypatch.setattr(processes, "gradients", lambda name, _: [np.ones(3) + 1e-4 * (name == "another")])
    with pytest.raises(AssertionError, match="another finds different gradients"):
        processes.that_agree(PRESETS["small"].with_flags(**SMALL))


def test_contenders_that_are_missing_or_fail_are_reported_and_left_out(monkeypatch, capsys):
    monkeypatch.setitem(contenders.CONTENDERS, "a", ("ours", "Minigan", "a_package_that_nobody_has"))
    monkeypatch.setitem(contenders.CONTENDERS, "b", ("ours", "Minigan", "numpy"))  # the process of b cannot find it
    settings = PRESETS["small"].with_flags(**SMALL, ema=0.9)
    with pytest.raises(RuntimeError, match="KeyError: 'b'"):
        processes.gradients("b", settings)
    assert processes.that_agree(settings, ["minigan", "a", "b", "blog-style NumPy"]) == ["minigan"]
    assert capsys.readouterr().out.splitlines() == [
        "  a: not installed",
        "  b: KeyError: 'b'",
        "  blog-style NumPy: NotImplementedError: it has no ema",
    ]


def test_the_table_has_a_row_for_each_contender_and_each_part(monkeypatch, capsys, command):
    monkeypatch.setattr(roofline, "SIDE", 64)
    monkeypatch.setattr(roofline, "BIG", 1000)
    monkeypatch.setattr(benchmark, "SECONDS", 0.01)
    monkeypatch.setattr(roofline.seconds, "__defaults__", (0.0,))
    only_numpy(monkeypatch)
    code, out, err = command(benchmark.main, "--preset", "small", "minigan", "--batch-size", 2, "--laps", 1)
    assert (code, err) == (0, "")
    small, default = out.split("\nminigan, batch 2\n")
    rows = {line.split("  ")[1]: line for line in small.splitlines() if line.startswith("  ")}
    assert {"minigan", "blog-style NumPy"} < set(rows)
    for part in ("matrix products", "Adam", "random numbers", "Python", "the rest"):
        assert f"%  {part}" in small
    assert "\n  minigan  " in default and "%" not in default


def only_numpy(monkeypatch):
    for name, (*_, package) in list(contenders.CONTENDERS.items()):
        if package != "numpy":
            monkeypatch.delitem(contenders.CONTENDERS, name)


class Distance:
    """In the place of the real one: the first samples have the distance 3, and it falls by 1 with each measurement."""

    floor = 1.0

    def __init__(self, settings, data):
        self.settings, self.data, self.measured = settings, data, []

    def __call__(self, theta):
        self.measured.append(theta.copy())
        return 4.0 - len(self.measured)


@pytest.fixture
def tiny(monkeypatch, tmp_path, rng):
    """The settings of a run of 40 rounds in one epoch."""
    path = tmp_path / "own.npz"
    np.savez(path, images=rng.integers(0, 256, (240, 28, 28)).astype(np.uint8), labels=np.arange(240) % 10)
    monkeypatch.setattr(race, "PAUSE", 0.0)
    return PRESETS["minigan"].with_flags(**SMALL, data=str(path), epochs=1)


def test_a_contender_races_until_its_average_is_good_enough(tiny):
    distance = Distance(tiny, load(tiny.data))
    time, start = race.run("minigan", tiny, distance, goal=1.5, limit=60), 1 + tiny.r1_every
    assert time.arrived and 0.0 < time.seconds < 60.0 and time.epochs == (start + 30) / 40
    training = Training(tiny, distance.data)
    measured = []
    for t, _ in enumerate(training.epoch(), 1):
        if t in (start + 10, start + 20, start + 30):
            measured.append(training.average.theta.copy())
    np.testing.assert_array_equal(distance.measured, measured)


def test_a_contender_leaves_the_race_when_its_training_or_its_time_ends(tiny):
    for limit, measured in ((60, 4), (1e-9, 1)):
        distance = Distance(tiny, load(tiny.data))
        time = race.run("minigan", tiny, distance, goal=-9.0, limit=limit)
        assert not time.arrived and time.seconds > 0.0 and len(distance.measured) == measured


def test_the_table_of_the_race_has_seconds_and_ratios(monkeypatch, tiny, command):
    def run(name, settings, distance, goal, limit):
        assert goal == 2.0 and limit == 7
        if settings.latent_dim == 100:
            return race.Time(7.0, 9.0, False)
        return race.Time((2.0 + settings.seed) * (1 + (settings.g_hidden == (384, 384))), 1.25, True)

    monkeypatch.setattr(race, "run", run)
    monkeypatch.setattr(race, "load", lambda name: load(tiny.data))
    monkeypatch.setattr(race, "Distance", Distance)
    monkeypatch.setattr(race, "that_agree", lambda settings, names: ["minigan"])
    code, out, err = command(benchmark.main, "--race", "--seeds", 0, 2, "--limit", 7)
    assert (code, err) == (0, "")
    rows = [[cell.strip() for cell in line.split("  ") if cell] for line in out.split("\nseconds")[1].splitlines()[1:]]
    assert rows == [
        ["minigan: the default", "2.0 s (1.2 epochs), 4.0 s (1.2 epochs)", "1.00", "(1.00 to 1.00)"],
        ["minigan: the default of version 0.1", "4.0 s (1.2 epochs), 8.0 s (1.2 epochs)", "2.00", "(2.00 to 2.00)"],
        ["minigan: the textbook's, without an end", "not in 7 s, not in 7 s", "more than 2.62", "(1.75 to 3.50)"],
    ]
