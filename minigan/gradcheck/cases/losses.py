"""Cases of losses and objectives: value and gradient, against the formula as a textbook has it."""

import math
from typing import Any

import numpy as np

from minigan.gan.more_objectives import Hinge, LabelSmoothing, LeastSquares, Wasserstein
from minigan.gan.objectives import Minimax, NonSaturating
from minigan.gan.relativistic import Relativistic
from minigan.gradcheck import check, check_loss, check_objective, windows
from minigan.gradcheck.apply import rivals
from minigan.gradcheck.cases.shared import agree, stack
from minigan.nn.losses import bce_with_logits, sigmoid
from minigan.nn.losses import softplus as our_softplus
from minigan.nn.softmax import softmax_cross_entropy


def softplus(s):
    """log(1 + exp(s)), by NumPy's own function, so that the formulas below share no mistake with losses.py."""
    return np.logaddexp(0.0, s)


ELEMENTWISE = {  # name -> (function, the same for one number, its derivative)
    "softplus": (our_softplus, lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))), sigmoid),
    "sigmoid": (
        sigmoid,
        lambda x: math.exp(min(x, 0.0)) / (1.0 + math.exp(-abs(x))),
        lambda x: sigmoid(x) * sigmoid(-x),
    ),
}
MODERATE = 3.0
SIZES = (MODERATE, 1000.0)  # of scores; exp(1000) overflows if a loss computes it
LOSSES = {  # name -> (loss, its formula, function of (N, n_in, rng) that makes logits and target)
    "bce_with_logits": (
        bce_with_logits,
        lambda s, target: (target * softplus(-s) + (1.0 - target) * softplus(s)).mean(),
        lambda n, n_in, rng: (rng.standard_normal((n, 1)), rng.random((n, 1))),
    ),
    "softmax_cross_entropy": (
        softmax_cross_entropy,
        lambda s, labels: (np.logaddexp.reduce(s, axis=1) - s[range(len(s)), labels]).mean(),
        lambda n, n_in, rng: (rng.standard_normal((n, n_in)), rng.integers(n_in, size=n)),
    ),
}
# name -> (objective, formula of L_D (s_real, s_fake), formula of L_G (s_fake, and what `rivals` gives))
OBJECTIVES: dict[str, tuple[Any, ...]] = {
    "NonSaturating": (
        NonSaturating,
        lambda s_real, s_fake: softplus(-s_real).mean() + softplus(s_fake).mean(),
        lambda s_fake: softplus(-s_fake).mean(),
    ),
    "Minimax": (
        Minimax,
        lambda s_real, s_fake: softplus(-s_real).mean() + softplus(s_fake).mean(),
        lambda s_fake: -softplus(s_fake).mean(),
    ),
    "LeastSquares": (
        LeastSquares,
        lambda s_real, s_fake: ((s_real - 1.0) ** 2).mean() / 2.0 + (s_fake**2).mean() / 2.0,
        lambda s_fake: ((s_fake - 1.0) ** 2).mean() / 2.0,
    ),
    "Wasserstein": (
        Wasserstein,
        lambda s_real, s_fake: s_fake.mean() - s_real.mean(),
        lambda s_fake: -s_fake.mean(),
    ),
    "Hinge": (
        Hinge,
        lambda s_real, s_fake: np.maximum(0.0, 1.0 - s_real).mean() + np.maximum(0.0, 1.0 + s_fake).mean(),
        lambda s_fake: -s_fake.mean(),
    ),
    "Relativistic": (
        Relativistic,
        lambda s_real, s_fake: softplus(s_fake - s_real).mean(),
        lambda s_fake, s_real: softplus(s_real - s_fake).mean(),
    ),
}
SMOOTHABLE = ("NonSaturating", "Minimax", "LeastSquares")  # objectives with a target for real samples


def elementwise_case(name, n, n_in, n_out, rng):
    """softplus or sigmoid: the values, to the last digits of the smallest one, and the derivative."""
    function, of_one_number, derivative = ELEMENTWISE[name]
    x = rng.standard_normal((n, n_in))
    values = np.vectorize(of_one_number, otypes=[float])
    for size in (MODERATE, 100.0):
        agree(f"{name}, divided by its right value", function(size * x) / values(size * x), 1.0)
    agree(f"{name} of large numbers", function(1000.0 * x), values(1000.0 * x))  # exp(1000) is too large for a float
    return check(lambda x: function(x).sum(), lambda x: {"x": derivative(x)}, x=x)


def loss_case(name, n, n_in, n_out, rng):
    """The value of a loss for moderate and for huge logits, and its gradient."""
    loss, formula, make = LOSSES[name]
    s, target = make(n, n_in, rng)
    for size in SIZES:
        agree("loss", loss(size * s, target)[0], formula(size * s, target))
    return check_loss(loss, MODERATE * s, target)


def loss_of_network_case(layer, name, n, n_in, n_out, rng):
    """A loss of the output of a Dense layer and one more layer: the gradients of all parameters."""
    loss, _, make = LOSSES[name]
    x = rng.standard_normal((n + 1, n_in))
    s, target = make(n + 1, n_out, rng)

    def backward(network):
        s, caches = network.forward(x)
        network.backward(loss(s, target)[1], caches)
        return windows(network, "network", "d")

    network = stack([layer], [n_in, s.shape[1]], rng)
    return check(lambda network: loss(network.forward(x)[0], target)[0], backward, network=network)


def objective_case(name, n, n_in, n_out, rng):
    """Both values of an objective for moderate and for huge scores, and their gradients."""
    make, formula_d, formula_g = OBJECTIVES[name]
    objective = make()
    s_real = rng.standard_normal((n, 1))
    s_fake = rng.standard_normal((n if rivals(objective, s_real) else n_in, 1))
    for size in SIZES:
        agree("L_D", objective.d(size * s_real, size * s_fake)[0], formula_d(size * s_real, size * s_fake))
        scores = [size * s for s in (s_fake, *rivals(objective, s_real))]
        agree("L_G", objective.g(*scores)[0], formula_g(*scores))
    return check_objective(objective, MODERATE * s_real, MODERATE * s_fake)


def label_smoothing_case(n, n_in, n_out, rng):
    """LabelSmoothing of each objective that allows it, against the formula of L_D with the target t = 1 - eps."""
    rows = []
    for name in SMOOTHABLE:
        eps = rng.random()
        s_real, s_fake = MODERATE * rng.standard_normal((2, n, 1))
        t, smoothed = 1.0 - eps, LabelSmoothing(OBJECTIVES[name][0](), eps)
        if name == "LeastSquares":  # up to a constant
            expected = ((s_real - t) ** 2 / 2.0 + (1.0 - t * t) / 2.0).mean() + (s_fake**2 / 2.0).mean()
        else:
            expected = (t * softplus(-s_real) + eps * softplus(s_real)).mean() + softplus(s_fake).mean()
        agree("L_D", smoothed.d(s_real, s_fake)[0], expected)
        rows += check_objective(smoothed, s_real, s_fake)
    return rows
