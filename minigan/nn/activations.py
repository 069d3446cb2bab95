"""The activations: elementwise functions between Dense layers.

Without them, a stack of Dense layers could compute no more than a single Dense layer can.

They are layers without parameters. y_ni depends on x_ni alone, so the derivative is one number per entry, and the
backward pass is one product. Next on the reader's path: nn/network.py
"""

import numpy as np

from minigan.ground.backend import fused
from minigan.nn.layers import Layer, Slope
from minigan.nn.losses import sigmoid


class LeakyReLU(Slope):
    """y = x where x > 0, alpha x elsewhere.

        slope_ni = 1 if x_ni > 0 else alpha                                                 (1)
    Backward and tangent are Slope's. At the kink x = 0 the slope is alpha, by convention. With alpha > 0 some gradient
    always passes. Raises ValueError for alpha outside [0, 1]. Source: Maas, Hannun and Ng 2013.
    """

    def __init__(self, alpha=0.2):
        if not 0.0 <= alpha <= 1.0:
            raise ValueError(f"LeakyReLU's alpha must be in [0, 1], not {alpha}.")
        self.alpha = alpha

    def forward(self, x, train=True):
        return self.sloped(x, self.alpha)

    @staticmethod
    @fused
    def sloped(x, alpha):
        slope = leaky_slope(x, alpha)  # (1)
        return x * slope, slope


class ReLU(LeakyReLU):
    """y = max(x, 0): LeakyReLU with alpha = 0.

    A unit whose x is negative for every sample passes no gradient, and its own weights stop learning. It can revive
    when the layers before it change its x. Source: Nair and Hinton 2010.
    """

    def __init__(self):
        super().__init__(alpha=0.0)


@fused
def leaky_slope(x, alpha):
    """1 where x > 0, alpha elsewhere: np.where(x > 0, 1, alpha), but several times as fast."""
    x = np.real(x)
    return np.clip((x > 0).astype(x.dtype), alpha, 1.0)


class Tanh(Layer):
    """y = tanh x, in (-1, 1): the output of G for images scaled to that range.

    Forward
        y_ni  = tanh x_ni                                                                   (1)
    Backward, with tanh' = 1 - tanh^2
        dx_ni = dy_ni (1 - y_ni^2)                                                          (2)
    Tangent: y_ni moves by tanh' times what x_ni moves by
        ty_ni = t_ni (1 - y_ni^2)                                                           (3)
    so q = sum_ni dy_ni ty_ni depends on x, too. With tanh'' = -2 tanh tanh',
        dq/dx_ni = -2 y_ni (1 - y_ni^2) t_ni dy_ni                                          (4)
    All derivatives can be written in y, so y is all the cache there is. Where |y| is near 1, little gradient passes.
    """

    def forward(self, x, train=True):
        y = np.tanh(x)  # (1)
        return y, y

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return times_tanh_slope(dy, cache) if input_grad else None  # (2)

    def jvp(self, t, cache):
        return times_tanh_slope(t, cache)  # (3)

    def tangent_grads(self, t, dy, cache):
        y = cache
        return -2.0 * y * (1.0 - y * y) * t * dy  # (4)


@fused
def times_tanh_slope(a, y):
    """a tanh'(x), elementwise, for y = tanh(x)."""
    return a * (1.0 - y * y)


class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x)), in (0, 1): the output of G for images scaled to that range.

    Forward, in the stable form of losses.py
        y_ni  = sigmoid x_ni                                                                (1)
    Backward, with sigmoid' = sigmoid (1 - sigmoid)
        dx_ni = dy_ni y_ni (1 - y_ni)                                                       (2)
    Tangent
        ty_ni = t_ni y_ni (1 - y_ni)                                                        (3)
    and, with sigmoid'' = (1 - 2 sigmoid) sigmoid', the gradient of q = sum_ni dy_ni ty_ni is
        dq/dx_ni = (1 - 2 y_ni) y_ni (1 - y_ni) t_ni dy_ni                                  (4)
    Never end D in a Sigmoid and take logarithms: where D rounds to 1, log(1 - D) is -inf, and that is just where a fake
    sample fools D. losses.py and gan/objectives.py work on logits instead.
    """

    def forward(self, x, train=True):
        y = sigmoid(x)  # (1)
        return y, y

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return times_sigmoid_slope(dy, cache) if input_grad else None  # (2)

    def jvp(self, t, cache):
        return times_sigmoid_slope(t, cache)  # (3)

    def tangent_grads(self, t, dy, cache):
        y = cache
        return (1.0 - 2.0 * y) * y * (1.0 - y) * t * dy  # (4)


@fused
def times_sigmoid_slope(a, y):
    """a sigmoid'(x), elementwise, for y = sigmoid(x)."""
    return a * (y * (1.0 - y))
