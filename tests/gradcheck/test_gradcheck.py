"""The gradient check itself: it catches wrong derivatives, says where they are, and raises no false alarm."""

import error_vs_h
import numpy as np
import pytest

import minigan
from minigan.gradcheck import (
    CENTRED_TOLERANCE,
    COMPLEX_TOLERANCE,
    GradientError,
    centred_difference,
    check,
    check_layer,
    check_network,
    check_objective,
    complex_step,
)
from minigan.nn.activations import LeakyReLU, Tanh
from minigan.nn.layers import Dense, Dropout
from minigan.nn.network import Network


class WeightsForgetUpstream(Dense):
    def backward(self, dy, cache, param_grads=True, input_grad=True):
        super().backward(np.ones_like(dy), cache, True, False)
        return dy @ self.W.T


class OneSampleForTheBias(Dense):
    def backward(self, dy, cache, param_grads=True, input_grad=True):
        dx = super().backward(dy, cache, param_grads, input_grad)
        self.db[...] = dy[0]
        return dx


class WrongSign(Dense):
    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return -super().backward(dy, cache, param_grads, input_grad)


class AddsUp(Dense):
    def backward(self, dy, cache, param_grads=True, input_grad=True):
        self.dW += cache.T @ dy
        self.db[...] = dy.sum(axis=0)
        return dy @ self.W.T


class RebindsItsWindow(Dense):
    """The optimizer reads the flat vector of gradients, which this layer does not write to."""

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        self.dW = cache.T @ dy
        self.db[...] = dy.sum(axis=0)
        return dy @ self.W.T


@pytest.mark.parametrize("bug", [WeightsForgetUpstream, OneSampleForTheBias, WrongSign, AddsUp, RebindsItsWindow])
def test_the_check_finds_bugs_in_a_dense_layer(bug, rng):
    with pytest.raises(GradientError):
        check_layer(bug(4, 4), rng.standard_normal((5, 4)), rng)


def test_a_relative_error_of_1e_7_in_every_entry_is_caught(rng):
    class AlmostRight(Tanh):
        def backward(self, dy, cache, param_grads=True, input_grad=True):
            return super().backward(dy, cache) * (1.0 + 1e-7)

    with pytest.raises(GradientError):
        check_layer(AlmostRight(), rng.standard_normal((5, 4)), rng)


@pytest.mark.parametrize("entry", [(0, 0), (9, 9)])
def test_a_relative_error_of_1e_9_in_one_entry_is_caught(rng, entry):
    class OneEntry(Dense):
        def backward(self, dy, cache, param_grads=True, input_grad=True):
            dx = super().backward(dy, cache, param_grads, input_grad)
            self.dW[entry] += 1e-9 * np.abs(self.dW).max()
            return dx

    with pytest.raises(GradientError, match=rf"W\[{entry[0]}, {entry[1]}\]"):
        check_layer(OneEntry(10, 10), rng.standard_normal((5, 10)), rng)


def test_an_error_in_an_array_of_small_gradients_is_caught(rng):
    """Also if the gradient is a hundred times smaller than the largest one of the network."""

    class SmallBias(Dense):
        def forward(self, x, train=True):
            return x @ self.W + 0.01 * self.b, x

        def backward(self, dy, cache, param_grads=True, input_grad=True):
            dx = super().backward(dy, cache, param_grads, input_grad)
            self.db *= 0.01 * (1.0 + 1e-9)
            return dx

    with pytest.raises(GradientError, match=r"SmallBias\.b"):
        check_layer(SmallBias(4, 4), rng.standard_normal((5, 4)), rng)


def test_the_centred_difference_catches_what_the_complex_step_cannot(rng):
    class WrongInComplexNumbers(Tanh):
        """Forward and backward agree for complex x only, so the complex step finds no error."""

        def forward(self, x, train=True):
            y, cache = super().forward(x, train)
            return (1.5 * y if np.iscomplexobj(x) else y), cache

        def backward(self, dy, cache, param_grads=True, input_grad=True):
            return 1.5 * super().backward(dy, cache)

    with pytest.raises(GradientError):
        check_layer(WrongInComplexNumbers(), rng.standard_normal((5, 4)), rng)


def test_a_layer_that_modifies_its_input_raises_value_error(rng):
    class InPlace(LeakyReLU):
        def forward(self, x, train=True):
            _, slope = super().forward(x, train)
            x *= slope
            return x, slope

    with pytest.raises(ValueError, match="read-only"):
        check_layer(InPlace(), rng.standard_normal((5, 4)), rng)


@pytest.mark.parametrize("wrong", ["s_real", "s_fake", "g"])
def test_every_gradient_of_an_objective_is_checked(wrong, rng):
    class Wrong(minigan.NonSaturating):
        def d(self, s_real, s_fake):
            loss, ds_real, ds_fake = super().d(s_real, s_fake)
            return loss, ds_real * (1.0 + 1e-9 * (wrong == "s_real")), ds_fake * (1.0 + 1e-9 * (wrong == "s_fake"))

        def g(self, s_fake):
            loss, ds_fake = super().g(s_fake)
            return loss, ds_fake * (1.0 + 1e-9 * (wrong == "g"))

    with pytest.raises(GradientError, match="s_real" if wrong == "s_real" else "s"):
        check_objective(Wrong(), *rng.standard_normal((2, 5, 1)))


@pytest.mark.parametrize(("relative", "dtype"), [(2e-10, np.complex128), (2e-6, np.float64)])
def test_each_oracle_has_its_own_tolerance(relative, dtype):
    """An error just above the tolerance, in one entry, that only one of the oracles sees."""
    assert (COMPLEX_TOLERANCE, CENTRED_TOLERANCE) == (1e-10, 1e-6)
    weights, x = np.array([1.0, 2.0, 3.0]), np.ones(3)

    def compare(error):
        off = 1.0 + error * np.array([0.0, 0.0, 1.0])
        return check(lambda x: (weights * x * (off if x.dtype == dtype else 1.0)).sum(), lambda x: {"x": weights}, x=x)

    compare(0.4 * relative)
    with pytest.raises(GradientError, match=r"x\[2\]"):
        compare(relative)


def test_a_gradient_of_the_wrong_shape_raises_an_error():
    with pytest.raises(GradientError, match=r"x has shape \(2,\) but its gradient \(1,\)"):
        check(lambda x: x.sum(), lambda x: {"x": np.ones(1)}, x=np.ones(2))


def test_the_message_suspects_a_forward_that_fails_for_complex_x(rng):
    class Abs(Tanh):
        def forward(self, x, train=True):
            return np.abs(x), np.sign(x)

        def backward(self, dy, cache, param_grads=True, input_grad=True):
            return dy * cache

    with pytest.raises(GradientError, match=r"does forward work for complex x\?"):
        check_layer(Abs(), rng.standard_normal((5, 4)), rng)


def test_the_message_names_a_wrong_entry(rng):
    with pytest.raises(GradientError, match=r"layer 0 LeakyReLU\[0, 1\]: .*difference [^ ]* \(scaled error [1-9]"):
        check_layer(LeakyReLU(), np.array([[0.3, 0.0, -2.0]]), rng)  # there is no derivative at the kink, x = 0


def test_a_check_without_any_gradient_raises_an_error(rng):
    with pytest.raises(GradientError, match="nothing to check"):
        check(lambda x: x.sum(), lambda x: {}, x=np.ones(2))


def test_a_check_does_not_change_the_network_of_a_layer(rng):
    network = Network([Dense(3, 2)], rng)
    theta = network.theta.copy()
    check_layer(network.layers[0], rng.standard_normal((4, 3)), rng)
    assert np.shares_memory(network.layers[0].W, network.theta)
    np.testing.assert_array_equal(network.theta, theta)


def test_a_check_restores_the_generator_of_dropout(rng):
    own = np.random.default_rng(1)
    state = own.bit_generator.state
    check_layer(Dropout(0.5, own), rng.standard_normal((5, 4)), rng)
    assert own.bit_generator.state == state


def test_a_gradient_of_nan_is_wrong(rng):
    class Nan(Tanh):
        def backward(self, dy, cache, param_grads=True, input_grad=True):
            return dy * np.nan

    with pytest.raises(GradientError):
        check_layer(Nan(), rng.standard_normal((5, 4)), rng)


def test_the_message_names_the_layer_the_parameter_and_the_entry(rng):
    class OneEntry(Dense):
        def backward(self, dy, cache, param_grads=True, input_grad=True):
            dx = super().backward(dy, cache, param_grads, input_grad)
            self.dW[2, 1] += 0.5
            return dx

    network = Network([Dense(3, 3), Tanh(), OneEntry(3, 2)], rng)
    with pytest.raises(GradientError, match=r"layer 2 OneEntry\.W\[2, 1\]: analytic .*complex step .*centred") as info:
        check_network(network, rng.standard_normal((4, 3)), rng)
    assert len(str(info.value).splitlines()) == 1  # the other arrays are right, so they are not listed


def test_errors_of_correct_code_are_ten_times_below_the_tolerances(rng):
    network = Network([Dense(5, 6), LeakyReLU(), Dense(6, 2), Tanh()], rng)
    rows = check_network(network, rng.standard_normal((7, 5)), rng)
    assert max(row.complex_error for row in rows) < 1e-11
    assert max(row.centred_error for row in rows) < 1e-7


def test_a_kink_near_the_input_causes_no_false_alarm(rng):
    x = np.array([[3e-6, 1.0, -1.0]])  # nearer to the kink of LeakyReLU than the first h of the centred difference
    kinked = np.array([[0.9, 0.9, -0.1]])
    f = lambda: (np.where(x > 0, x, 0.2 * x) * kinked).sum()  # noqa: E731
    assert np.abs(centred_difference(f, x) - [[0.9, 0.9, -0.02]]).max() > 0.1
    check_layer(LeakyReLU(0.2), x, rng)


def test_both_oracles_find_the_derivative_of_exp():
    x = np.array([0.3, -2.0])
    z = x.astype(complex)
    np.testing.assert_allclose(complex_step(lambda: np.exp(z).sum(), z), np.exp(x), rtol=1e-15)
    np.testing.assert_allclose(centred_difference(lambda: np.exp(x).sum(), x), np.exp(x), rtol=1e-9)
    np.testing.assert_array_equal(x, [0.3, -2.0])  # the oracles restore it


def test_the_command_says_what_is_wrong_and_exits_with_1(monkeypatch, capsys):
    from minigan.gradcheck import __main__ as command

    monkeypatch.setattr(command, "CASES", 2)
    monkeypatch.setattr("sys.argv", ["gradcheck"])
    with pytest.raises(SystemExit, match="0"):
        command.main()
    assert capsys.readouterr().out.endswith("All gradients are right.\n")
    with monkeypatch.context() as planted:
        planted.setattr(minigan.RMSProp, "move", lambda *_: None)
        with pytest.raises(SystemExit, match="1"):
            command.main()
        assert "1 of 71 lines are wrong. Start" in capsys.readouterr().out
    monkeypatch.setattr(Tanh, "backward", lambda self, dy, cache, *_: dy * cache)
    with pytest.raises(SystemExit, match="1"):
        command.main()
    out = capsys.readouterr().out
    assert "Tanh  " in out and "  WRONG\n    GradientError: input of layer 0 Tanh[" in out
    assert "ReLU    " in out and "All gradients" not in out


@pytest.mark.slow
def test_error_vs_h_draws_its_picture(tmp_path, monkeypatch, capsys):
    picture = tmp_path / "v.png"
    monkeypatch.setattr("sys.argv", ["error_vs_h.py", "--out", str(picture)])
    error_vs_h.main()
    out = capsys.readouterr().out
    assert "centred difference, float64: 1e-10 at best, with h = 1e-05;" in out
    assert picture.stat().st_size > 10_000
