"""Optimizers: how a gradient becomes a step. Each moves one flat vector theta in place, given its gradient.

Next on the reader's path: gan/objectives.py
"""

import math

import numpy as np

from minigan.ground.backend import fused


class Optimizer:
    """theta is the vector to move. `state` names the arrays of the same size that the method remembers."""

    state: tuple[str, ...] = ()

    def __init__(self, theta, lr):
        self.theta, self.lr, self.t = theta, lr, 0
        for name in self.state:
            setattr(self, name, np.zeros_like(theta))
        self.pieces = pieces(theta)

    def step(self, grad):
        """Move theta one step, given its gradient; t counts the steps."""
        self.t += 1
        for piece in self.pieces:
            self.move(self.theta[piece], grad[piece], *(getattr(self, name)[piece] for name in self.state))

    def move(self, theta, grad, *state):
        """Update theta and the state in place. Entries are independent, so `step` calls this piece by piece."""
        raise NotImplementedError


class SGD(Optimizer):
    """Stochastic gradient descent with momentum mu.

        v <- mu v + grad                                                                    (1)
        theta <- theta - lr v                                                               (2)
    Source: Polyak 1964; in this form Sutskever et al. 2013, with lr taken out of v.
    """

    state = ("v",)

    def __init__(self, theta, lr=0.01, momentum=0.0):
        super().__init__(theta, lr)
        self.momentum = momentum

    def move(self, theta, grad, v):
        v *= self.momentum
        v += grad  # (1)
        theta -= self.lr * v  # (2)


class Adam(Optimizer):
    """Divide a running average of the gradient by the root of a running average of its square, entry by entry.

    The t-th step, as the paper has it:
        m <- beta1 m + (1 - beta1) grad,     mhat = m / (1 - beta1^t)
        v <- beta2 v + (1 - beta2) grad^2,   vhat = v / (1 - beta2^t)
        theta <- theta - lr mhat / (sqrt(vhat) + eps)
    The averages start at 0; mhat and vhat correct for that. The factors 1 - beta and 1 - beta^t are the same for
    every entry, so we leave them out of the arrays,
        m <- beta1 m + grad                                                                 (1)
        v <- beta2 v + grad^2                                                               (2)
    and put them into the step. Let a = (1 - beta1) / (1 - beta1^t) and b = sqrt((1 - beta2) / (1 - beta2^t)). Then the
    paper's mhat is a m, its sqrt(vhat) is b sqrt(v), and
        theta <- theta - lr a m / (b sqrt(v) + eps)
               = theta - (lr a / b) m / (sqrt(v) + eps / b)                                 (3)
    This is the same step with four fewer passes over memory. The m and v here are the paper's, divided by 1 - beta1 and
    by 1 - beta2.

    GANs use beta1 = .5 or 0. The best direction changes as the opponent learns, and a long average still follows old
    ones. Source: Kingma and Ba 2015, algorithm 1.
    """

    state = ("m", "v")

    def __init__(self, theta, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(theta, lr)
        self.beta1, self.beta2, self.eps = beta1, beta2, eps

    def move(self, theta, grad, m, v):
        a = (1.0 - self.beta1) / (1.0 - self.beta1**self.t)
        b = math.sqrt((1.0 - self.beta2) / (1.0 - self.beta2**self.t))
        if self.beta1 == 0.0:
            m = grad  # (1), without the passes over m
        else:
            m *= self.beta1
            m += grad  # (1)
        self.update(theta, grad, m, v, self.beta2, self.lr * a / b, self.eps / b)

    @staticmethod
    @fused
    def update(theta, grad, m, v, beta2, rate, eps):
        v *= beta2
        v += grad * grad  # (2)
        theta -= rate * m / (np.sqrt(v) + eps)  # (3)


PIECE = 1 << 17  # entries: 512 kB in float32, so that a piece stays in the processor's cache from line to line


def pieces(theta):
    """Slices that cut theta into pieces on the CPU. On a GPU one launch for all of it is fastest."""
    size = PIECE if isinstance(theta, np.ndarray) else max(theta.size, 1)
    return [slice(start, start + size) for start in range(0, theta.size, size)]
