"""The worked example: every gradient agrees with its centred difference, and a wrong one would not."""

import numpy as np
import pytest

from minigan import explain
from minigan.nn.layers import Dense

PAIRS = 2 * 7 + (4 + 8 + 8) + (2 + 4 + 4 + 2) + (4 + 4)  # of weights; of layers in D's step, in D during G's step, in G


def pairs(out):
    """Every printed pair (gradient, centred difference)."""
    for line in out.splitlines():
        if "|" in line:
            left, right = (half.split() for half in line[23:].split("|"))
            yield from zip(map(float, left), map(float, right), strict=True)


def test_every_gradient_stands_beside_its_centred_difference(command):
    code, out, err = command(explain.main)
    assert (code, err) == (0, "")
    gradients, differences = np.transpose(list(pairs(out)))
    np.testing.assert_allclose(gradients, differences, atol=1.01e-4)  # one unit in the last printed digit
    assert len(gradients) == PAIRS and (np.abs(gradients) > 0.005).all()  # 0 = 0 would prove nothing
    assert out.endswith("those above: 0e+00\n")
    assert all(len(line) <= 120 for line in out.splitlines())


@pytest.mark.parametrize("wrong", ["dW", "db", "dx"])
def test_a_wrong_backward_pass_disagrees_with_the_centred_differences(command, monkeypatch, wrong):
    right = Dense.backward

    def backward(layer, dy, cache, param_grads=True, input_grad=True):
        dx = right(layer, dy, cache, param_grads, input_grad)
        if wrong != "dx":
            getattr(layer, wrong)[...] *= 1.1
        return 1.1 * dx if input_grad and wrong == "dx" else dx

    monkeypatch.setattr(Dense, "backward", backward)
    gradients, differences = np.transpose(list(pairs(command(explain.main)[1])))
    assert np.abs(gradients - differences).max() > 1e-3


def test_each_step_lowers_the_loss_of_its_player(command):
    _, out, _ = command(explain.main)
    for player in ("L_D", "L_G"):
        before, after = (float(line.split()[1]) for line in out.splitlines() if line.strip().startswith(player))
        assert after < before
