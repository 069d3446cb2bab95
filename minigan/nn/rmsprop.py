"""RMSProp: Adam without momentum and without its correction for starting at 0. WGAN was trained with it."""

import numpy as np

from minigan.nn.optim import Optimizer


class RMSProp(Optimizer):
    """Divide the gradient by a running root mean square of itself, entry by entry.

        v <- rho v + (1 - rho) grad^2                                                       (1)
        theta <- theta - lr grad / (sqrt(v) + eps)                                          (2)
    Source: Tieleman and Hinton 2012, lecture 6.5.
    """

    state = ("v",)

    def __init__(self, theta, lr=0.01, rho=0.99, eps=1e-8):
        super().__init__(theta, lr)
        self.rho, self.eps = rho, eps

    def move(self, theta, grad, v):
        v *= self.rho
        v += (1.0 - self.rho) * grad * grad  # (1)
        theta -= self.lr * grad / (np.sqrt(v) + self.eps)  # (2)
