"""The activations: elementwise functions that keep a stack of Dense layers from being one big Dense layer.

They are layers without parameters. y_ni depends on x_ni alone, so the derivative is one number per entry and the
backward pass one product. Comparisons look at the real part only: then the complex step (gradcheck), which nudges x
along the imaginary axis, never crosses a kink. Next on the reader's path: nn/network.py
"""

from minigan.backend import fused, namespace
from minigan.nn.layers import Layer, Slope
from minigan.nn.losses import sigmoid


class LeakyReLU(Slope):
    """y = x where x > 0, alpha x elsewhere.

        slope_ni = 1 if x_ni > 0 else alpha                                                 (1)
    Backward and tangent are Slope's. At the kink x = 0 the slope is alpha, by convention.
    With alpha > 0 no unit can die: some gradient always passes. Source: Maas, Hannun and Ng 2013.
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
        xp, real = namespace(x), namespace(x).real(x)
        # True and False become 1 and 0, and 0 becomes alpha; masks and where take ten times as long
        slope = xp.clip((real > 0).astype(real.dtype), alpha, 1.0)  # (1)
        return x * slope, slope


class ReLU(LeakyReLU):
    """y = max(x, 0): LeakyReLU with alpha = 0. A unit whose x is below 0 for every sample gets no gradient any more.

    Source: Nair and Hinton 2010.
    """

    def __init__(self):
        super().__init__(alpha=0.0)


class Tanh(Layer):
    """y = tanh x, in (-1, 1): the output of G for images scaled to that range.

    Forward
        y_ni  = tanh x_ni                                                                   (1)
    Backward, and forward for a tangent t: both are multiplied by tanh' = 1 - tanh^2
        dx_ni = dy_ni (1 - y_ni^2),  ty_ni = t_ni (1 - y_ni^2)                              (2)
    The tangent's gradient, for penalties.py: q = sum_ni dy_ni ty_ni depends on x, too; as tanh'' = -2 tanh tanh',
        dq/dx_ni = -2 y_ni (1 - y_ni^2) t_ni dy_ni                                          (3)
    The derivatives are written in y, so y is all the cache there is. Where |y| is near 1 little gradient passes.
    """

    def forward(self, x, train=True):
        y = namespace(x).tanh(x)  # (1)
        return y, y

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return self.jvp(dy, cache) if input_grad else None  # (2), next

    @staticmethod
    @fused
    def jvp(t, cache):
        return t * (1.0 - cache * cache)  # (2)

    def tangent_grads(self, t, dy, cache):
        return -2.0 * cache * (1.0 - cache * cache) * t * dy  # (3)


class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x)), in (0, 1): a probability, or G's output for images scaled to that range.

    Forward, in the stable form of losses.py
        y_ni  = sigmoid x_ni                                                                (1)
    Backward, and forward for a tangent t: both are multiplied by sigmoid' = sigmoid (1 - sigmoid)
        dx_ni = dy_ni y_ni (1 - y_ni),  ty_ni = t_ni y_ni (1 - y_ni)                        (2)
    The tangent's gradient, as for Tanh; sigmoid'' = (1 - 2 sigmoid) sigmoid'
        dq/dx_ni = (1 - 2 y_ni) y_ni (1 - y_ni) t_ni dy_ni                                  (3)
    Caveat: never end D in one and take a log of it. That loses all digits where D is sure, which is where gradients
    are needed; losses.py and objectives.py work on logits instead.
    """

    def forward(self, x, train=True):
        y = sigmoid(x)  # (1)
        return y, y

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return self.jvp(dy, cache) if input_grad else None  # (2), next

    @staticmethod
    @fused
    def jvp(t, cache):
        return t * (cache * (1.0 - cache))  # (2)

    def tangent_grads(self, t, dy, cache):
        return (1.0 - 2.0 * cache) * cache * (1.0 - cache) * t * dy  # (3)
