"""demos/benchmark.py counts the multiplications of a round, and compares only what finds the same gradients."""

from types import SimpleNamespace

import benchmark
import contenders
import numpy as np
import pytest

from minigan.nn.layers import Dense
from minigan.recipes.presets import PRESETS

SMALL = {"batch_size": 6, "latent_dim": 3, "g_hidden": (7, 5), "d_hidden": (4, 8)}


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
    one_round = benchmark.rounds(benchmark.training_of(settings, n_classes))
    monkeypatch.setattr(Dense, "forward", counting_forward)
    monkeypatch.setattr(Dense, "backward", counting_backward)
    one_round()
    assert sum(done) == benchmark.flops(settings, n_classes)


def test_minigan_and_blog_style_numpy_find_the_same_gradients():
    s = SimpleNamespace(**SMALL, lr=1e-3, beta1=0.5, beta2=0.999, dropout=0.3, d_slope=0.2)
    weights = contenders.weights(3, 7, 5, 784), contenders.weights(784, 4, 8, 1)
    data, x = contenders.pixels()[:20], contenders.normal(6, 784)
    ours, theirs = (
        contenders.CONTENDERS[name](*weights, s, data).gradients(x, contenders.normal(6, 3))
        for name in ("minigan", "blog-style NumPy")
    )
    for a, b in zip(ours[0] + ours[1], theirs[0] + theirs[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5 * np.abs(a).max())


def test_a_contender_with_different_gradients_raises(monkeypatch):
    monkeypatch.setattr(contenders, "CONTENDERS", dict.fromkeys(["minigan", "another"], contenders.Contender))
    monkeypatch.setattr(benchmark, "gradients", lambda name, _: [np.ones(3) + 1e-4 * (name == "another")])
    with pytest.raises(AssertionError, match="another finds different gradients"):
        benchmark.that_agree({})


def test_contenders_that_are_missing_or_fail_are_reported_and_left_out(monkeypatch, capsys):
    class Missing(contenders.Contender):
        needs = "a_package_that_nobody_has"

    monkeypatch.setattr(contenders, "CONTENDERS", {"minigan": contenders.Minigan, "a": Missing, "b": contenders.Blog})
    monkeypatch.setitem(contenders.CONTENDERS, "c", contenders.Contender)  # the process of c cannot find it
    settings = SMALL | {"lr": 1e-3, "beta1": 0.5, "beta2": 0.999, "dropout": 0.0, "d_slope": 0.2}
    monkeypatch.setattr(benchmark, "gradients", fails_for("b", benchmark.gradients))
    with pytest.raises(RuntimeError, match="KeyError: 'c'"):
        benchmark.gradients("c", settings)
    assert benchmark.that_agree(settings) == ["minigan"]
    assert capsys.readouterr().out == "  a: not installed\n  b: it fails\n  c: KeyError: 'c'\n"


def fails_for(which, gradients):
    def found(name, settings):
        if name == which:
            raise RuntimeError("it fails")
        return gradients(name, settings)

    return found


def test_the_table_has_a_row_for_each_contender_and_each_part(monkeypatch, capsys, command):
    monkeypatch.setattr(benchmark, "SIDE", 64)
    monkeypatch.setattr(benchmark, "BIG", 1000)
    monkeypatch.setattr(benchmark, "SECONDS", 0.01)
    monkeypatch.setattr(benchmark.seconds, "__defaults__", (0.0,))
    monkeypatch.delitem(contenders.CONTENDERS, "PyTorch, tutorial")
    for name in ("PyTorch, expert", "torch.compile", "JAX, jit"):
        monkeypatch.delitem(contenders.CONTENDERS, name)
    code, out, err = command(benchmark.main, "--preset", "small", "--batch-size", 2, "--laps", 1)
    assert (code, err) == (0, "")
    rows = {line.split("  ")[1]: line for line in out.splitlines() if line.startswith("  ")}
    assert {"minigan", "blog-style NumPy"} < set(rows)
    for part in ("matrix products", "Adam", "random numbers", "Python", "the rest"):
        assert f"%  {part}" in out
