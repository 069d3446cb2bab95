"""Optimizers: how a gradient becomes a step. Each works in place on one flat vector theta, given its flat gradient.

Next on the reader's path: gan/objectives.py
"""

import math

import numpy as np

from minigan.backend import fused, namespace

PIECE = 1 << 17  # theta is walked in pieces of 512 kB, so that the processor's cache holds it from line to line


class Optimizer:
    """theta: the flat vector to move. `state` names the arrays that, with theta and t, make the next step."""

    state: tuple[str, ...] = ()

    def __init__(self, theta, lr):
        xp = namespace(theta)
        self.theta, self.lr, self.t = theta, lr, 0
        for name in self.state:
            setattr(self, name, xp.zeros_like(theta))
        size = PIECE if xp is np else max(theta.size, 1)  # on a GPU one launch over everything is best
        self.pieces = [slice(i, i + size) for i in range(0, theta.size, size)]

    def step(self, grad):
        """Move theta one step along -grad, in the method's own way; t counts the steps."""
        self.t += 1
        for piece in self.pieces:
            self.move(self.theta[piece], grad[piece], *(getattr(self, name)[piece] for name in self.state))

    def move(self, theta, g, *state):
        """Update one piece of theta, and of the state, in place."""
        raise NotImplementedError


class SGD(Optimizer):
    """Stochastic gradient descent with momentum mu.

        v <- mu v + g                                                                       (1)
        theta <- theta - lr v                                                               (2)
    Source: Polyak 1964; in this form Sutskever et al. 2013 with lr taken out of v.
    """

    state = ("v",)

    def __init__(self, theta, lr=0.01, momentum=0.0):
        super().__init__(theta, lr)
        self.momentum = momentum

    def move(self, theta, g, v):
        v *= self.momentum
        v += g  # (1)
        theta -= self.lr * v  # (2)


class Adam(Optimizer):
    """Running averages of the gradient and of its square; the step is their ratio, corrected for starting at 0.

        m <- beta1 m + (1 - beta1) g,     mhat = m / (1 - beta1^t)
        v <- beta2 v + (1 - beta2) g^2,   vhat = v / (1 - beta2^t)
        theta <- theta - lr mhat / (sqrt(vhat) + eps)
    The factors of g and the corrections are the same for every entry. Keeping m and v as sums without them,
        m <- beta1 m + g                                                                    (1)
        v <- beta2 v + g^2                                                                  (2)
    and putting a = (1 - beta1) / (1 - beta1^t), b = sqrt((1 - beta2) / (1 - beta2^t)) where they are used,
        theta <- theta - lr a m / (b sqrt(v) + eps) = theta - (lr a / b) m / (sqrt(v) + eps / b)       (3)
    is the same step with four passes over memory less. So the arrays m and v here are larger than Kingma's by a factor.
    A GAN's usual beta1 is .5 or 0: the game turns, and a long average points where the opponent was.
    Source: Kingma and Ba 2015, algorithm 1.
    """

    state = ("m", "v")

    def __init__(self, theta, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(theta, lr)
        self.beta1, self.beta2, self.eps = beta1, beta2, eps

    def move(self, theta, g, m, v):
        a = (1.0 - self.beta1) / (1.0 - self.beta1**self.t)
        b = math.sqrt((1.0 - self.beta2) / (1.0 - self.beta2**self.t))
        self.update(theta, g, m, v, self.beta1, self.beta2, self.lr * a / b, self.eps / b)

    @staticmethod
    @fused
    def update(theta, g, m, v, beta1, beta2, rate, eps):
        m *= beta1
        m += g  # (1)
        v *= beta2
        v += g * g  # (2)
        theta -= rate * m / (namespace(g).sqrt(v) + eps)  # (3)
