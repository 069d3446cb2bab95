"""RMSProp: Adam without momentum and without its correction for starting at 0. WGAN was trained with it."""

import numpy as np

from minigan.nn.optim import Optimizer


class RMSProp(Optimizer):
    """Divide the gradient by a running root mean square of itself, entry by entry.

        v <- rho v + (1 - rho) g^2                                                          (1)
        theta <- theta - lr g / (sqrt(v) + eps)                                             (2)
    Source: Tieleman and Hinton 2012, lecture 6.5.
    """

    state = ("v",)

    def __init__(self, theta, lr=0.01, rho=0.99, eps=1e-8):
        super().__init__(theta, lr)
        self.rho, self.eps = rho, eps

    def move(self, theta, g, v):
        v *= self.rho
        v += (1.0 - self.rho) * g * g  # (1)
        theta -= self.lr * g / (np.sqrt(v) + self.eps)  # (2)
