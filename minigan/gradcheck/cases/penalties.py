"""Cases of penalties: the gradient of a gradient, through a random D."""

import numpy as np

from minigan.gan.penalties import R1
from minigan.gan.relativistic import R2
from minigan.gan.wgan import wgan_gp
from minigan.gradcheck import check, windows
from minigan.gradcheck.cases.shared import DIFFERENTIABLE, agree, stack
from minigan.nn.activations import Sigmoid, Tanh


def r1(D, caches, gamma):
    """R1 with the arguments of wgan_gp."""
    return R1(gamma)(D, None, None, caches, None)


def r2(D, caches, gamma):
    """R2, in the same way."""
    return R2(gamma)(D, None, None, None, caches)


PENALTIES = {  # name -> (penalty, its formula, as a function of the slopes g (N, n_x) and a weight)
    "R1": (r1, lambda g, weight: weight / 2.0 * (g * g).sum() / len(g)),
    "R2": (r2, lambda g, weight: weight / 2.0 * (g**2).sum(axis=1).mean()),
    "wgan_gp": (wgan_gp, lambda g, weight: weight * ((np.sqrt((g * g).sum(axis=1)) - 1.0) ** 2).sum() / len(g)),
}


def slopes(D, caches, mask):
    """ds/dx (N, n_x), by an ordinary backward pass. mask (N, 1) is 1 for the rows that are wanted and 0 for others."""
    return D.backward(mask, caches, param_grads=False, input_grad=True)


def saturated(D, x):
    """Whether an output of a Tanh or Sigmoid in D lies within 1e-5 of 1 or -1."""
    bounded = [y for layer, y in zip(D.layers, D.forward(x)[1], strict=True) if isinstance(layer, Tanh | Sigmoid)]
    return any(np.abs(y).max() > 1.0 - 1e-5 for y in bounded)


def penalty_case(name, n, n_in, n_out, rng, names=None):
    """The gradient of a penalty with respect to the parameters of D, a random stack or one with the layers `names`."""
    penalty, formula = PENALTIES[name]
    names = rng.choice([*DIFFERENTIABLE, "Dense"], rng.integers(1, 5)) if names is None else names
    widths = [n_in, *rng.integers(1, n_out + 1, len(names)), 1]
    D = stack(names, widths, rng)
    x, ones, weight = rng.standard_normal((n, n_in)), np.ones((n, 1)), rng.uniform(0.5, 3.0)
    while saturated(D, x):  # 1 - tanh^2 subtracts nearly equal numbers there, in backward and in both oracles
        D = stack(names, widths, rng)

    def by_hand(D):
        _, caches = D.forward(x)
        expected = formula(slopes(D, caches, ones), weight)
        D.grad[...] = 0.0
        for _ in range(2):  # a penalty adds to D.grad, so that two calls give twice the gradient
            agree("penalty", penalty(D, caches, weight), expected)
        D.grad /= 2.0
        return windows(D, "D", "d")

    return check(lambda D: formula(slopes(D, D.forward(x)[1], ones), weight), by_hand, D=D)
