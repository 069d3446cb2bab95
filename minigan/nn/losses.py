"""Losses on logits, with their gradients, in forms that stay finite and accurate for every finite logit.

A logit s is a score before the sigmoid: the probability is sigmoid(s). Every loss returns (L, ds): the mean over the
batch, and dL/ds. The 1/N of the mean is already in ds, so no layer divides by N again.

gan/objectives.py builds a GAN's losses from softplus and sigmoid. bce_with_logits is the textbook way to write the loss
of D; softmax.py has the loss of a classifier.

Two conventions of all files begin here. `@fused` marks a function of elementwise arithmetic: on a GPU it runs as
one kernel, on a CPU it changes nothing (ground/backend.py). And every forward pass must also work for complex numbers,
because the gradient check feeds them in: comparisons look at the real part, and nothing takes an absolute value.

Next on the reader's path: nn/layers.py
"""

import numpy as np

from minigan.ground.backend import fused


@fused
def positive_part(x):
    """max(x, 0), elementwise. As a product it also works for complex x, where the real part decides."""
    return x * (np.real(x) > 0)


@fused
def magnitude(x):
    """|x|, elementwise, as 2 max(x, 0) - x. For complex x the real part decides the sign."""
    return 2.0 * positive_part(x) - x


@fused
def softplus(x):
    """log(1 + exp(x)), elementwise: a smooth max(x, 0). Its derivative is exp(x) / (1 + exp(x)) = sigmoid(x).

    Evaluated literally, exp overflows near x = 89 (float32). Take max(x, 0) out of the logarithm:
        softplus(x) = max(x, 0) + log(1 + exp(-|x|))                                        (1)
    Now the exponential is never above 1.
    """
    return positive_part(x) + np.log1p(np.exp(-magnitude(x)))  # (1)


@fused
def sigmoid(x):
    """1 / (1 + exp(-x)), elementwise: a score as a probability. 1 - sigmoid(x) is sigmoid(-x).

    Evaluated literally, exp overflows near x = -89 (float32). Multiply numerator and denominator by exp(min(x, 0)):
        sigmoid(x) = exp(min(x, 0)) / (1 + exp(-|x|))                                       (1)
    No exponent is above 0, and the result is accurate for large positive and negative x. min(x, 0) is x - max(x, 0).
    """
    return np.exp(x - positive_part(x)) / (1.0 + np.exp(-magnitude(x)))  # (1)


def bce_with_logits(s, target):
    """Binary cross-entropy of sigmoid(s) against probabilities: s and target have the same shape. Returns (L, ds).

    With D = sigmoid(s) and the mean taken over all n entries, the textbook form is
        L    = mean_i [-target_i log D_i - (1 - target_i) log(1 - D_i)]
    It is infinite or nan once D rounds to 0 or 1. But -log D = log(1 + exp(-s)) = softplus(-s), and, as 1 - D is
    sigmoid(-s), -log(1 - D) = softplus(s). So
        L    = mean_i [target_i softplus(-s_i) + (1 - target_i) softplus(s_i)]              (1)
        ds_i = ((1 - target_i) sigmoid(s_i) - target_i sigmoid(-s_i)) / n                   (2)
    (2) equals (sigmoid(s_i) - target_i) / n, but keeps all digits where that difference would round to 0.
    Raises ValueError if the shapes differ: (N,) against (N, 1) would broadcast to (N, N) and train on nonsense.
    """
    if s.shape != target.shape:
        raise ValueError(f"logits have shape {s.shape} but targets {target.shape}; they must agree.")
    loss = (target * softplus(-s) + (1.0 - target) * softplus(s)).sum() / s.size  # (1)
    return loss, ((1.0 - target) * sigmoid(s) - target * sigmoid(-s)) / s.size  # (2)
