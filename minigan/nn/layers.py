"""The layers: what each computes, and how its derivative follows.

A layer is a pair of functions. `forward` maps x to y and returns, as the cache, what its derivative will need;
`backward` maps dL/dy to dL/dx and writes the gradients of its parameters. The cache belongs to the pass, never to the
layer: a GAN sends several batches through one discriminator, and a cache kept on the layer would mix them up.

Throughout: N samples, one a row; x (N, n_in), y (N, n_out); dx = dL/dx, dy = dL/dy for one scalar loss L.
All that says jvp or tangent serves penalties.py; skip it at first. Next on the reader's path: nn/activations.py
"""

import math

import numpy as np

from minigan.backend import fused, namespace
from minigan.nn.random import sixteen_bits


class Layer:
    """What every layer offers. It writes only into its own windows, and never modifies x, dy or a cache."""

    shapes: dict[str, tuple[int, ...]] = {}  # parameter -> shape: a Network gives it W and dW, windows onto its vectors
    statistics: dict[str, tuple[int, ...]] = {}  # likewise for what is remembered but not trained: no gradient
    mixes_samples = False  # True when a row of y depends on other rows of x

    def init(self, rng):
        """Fill the parameter windows in place with their starting values, drawn from the NumPy Generator rng."""

    def forward(self, x, train=True):
        """(y, cache). With train=False the layer behaves as it should when samples are drawn.

        It must also hold for complex x (gradcheck): compare x.real, no abs. In a D with a gradient penalty the cache
        must be one array with a row for each sample.
        """
        raise NotImplementedError

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        """dx, or None unless input_grad; overwrites self.dW ... if param_grads. Skip what nobody needs."""
        raise NotImplementedError

    def jvp(self, t, cache):
        """Jacobian-vector product: how y moves, to first order, when x moves by t (N, n_in)."""
        raise NotImplementedError(f"A gradient penalty cannot go through {type(self).__name__}.")

    def tangent_grads(self, t, dy, cache):
        """With q = sum_nj dy_nj jvp(t)_nj, t and dy fixed: add dq/dW to self.dW ..., return dq/dx, or None for 0."""
        raise NotImplementedError(f"A gradient penalty cannot go through {type(self).__name__}.")


class Dense(Layer):
    """y = x W + b, every input to every output: x (N, n_in), W (n_in, n_out), b (n_out,), y (N, n_out).

    Forward
        y_nj  = sum_i x_ni W_ij + b_j                                                       (1)
    Backward
        dW_ij = sum_n x_ni dy_nj      because W_ij appears in y_nj for every sample n       (2)
        db_j  = sum_n dy_nj           so does b_j, with factor 1                            (3)
        dx_ni = sum_j dy_nj W_ij      because x_ni appears in y_nj for every output j       (4)
    Tangent: (1) is linear in x, so moving x by t moves y by
        ty_nj = sum_i t_ni W_ij                                                             (5)
    which is (1) with t for x, so the gradient of sum_nj dy_nj ty_nj is (2) with t for x:
        dW_ij += sum_n t_ni dy_nj                                                           (6)

    Matrix products do the sums over n. There is no division by N: the loss has it.
    W starts uniform in +-gain sqrt(3 / n_in), variance gain^2 / n_in, which keeps the size of the signal from layer to
    layer; gain sqrt(2) makes up for the half that a ReLU cuts off (He et al. 2015, eq. 10). b starts at 0.
    Source: Rumelhart, Hinton and Williams 1986.
    """

    def __init__(self, n_in, n_out, gain=1.0):
        self.shapes = {"W": (n_in, n_out), "b": (n_out,)}
        self.gain = gain

    def init(self, rng):
        bound = self.gain * math.sqrt(3.0 / self.shapes["W"][0])
        self.W[...] = rng.uniform(-bound, bound, self.shapes["W"])
        self.b[...] = 0.0

    def forward(self, x, train=True):
        y = x @ self.W
        y += self.b  # (1)
        return y, x

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        x = cache
        if param_grads:
            namespace(dy).matmul(x.T, dy, out=self.dW)  # (2)
            dy.sum(axis=0, out=self.db)  # (3)
        return dy @ self.W.T if input_grad else None  # (4)

    def jvp(self, t, cache):
        return t @ self.W  # (5)

    def tangent_grads(self, t, dy, cache):
        self.dW += t.T @ dy  # (6)


class Slope(Layer):
    """y = x * slope elementwise, with a slope that does not change when x moves a little: ReLU, LeakyReLU, Dropout.

    Forward: each has its own, which returns as the cache the slope of every entry, of x's real dtype
    Backward: y_ni depends on x_ni alone, and slope_ni is a constant near x
        dx_ni = dy_ni slope_ni                                                              (1)
    Tangent
        ty_ni = t_ni slope_ni                                                               (2)
    The second derivative is 0, so these layers add nothing to the gradient of a gradient penalty.
    """

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return dy * cache if input_grad else None  # (1)

    def jvp(self, t, cache):
        return t * cache  # (2)

    def tangent_grads(self, t, dy, cache):
        return None  # no parameters, and x does not occur in (2)


class Dropout(Slope):
    """In training each entry is dropped with probability `rate`, others are multiplied by 1/(1-rate); else y = x.

        slope_ni = 0 with probability rate, else 1/(1-rate)                                 (1)
    so that E[y_ni] = x_ni with and without it. Backward is Slope's, by the same draw.
    rng: a NumPy Generator of its own, of a kind that makes 64-bit words, as default_rng does. 16 bits serve an entry,
    so rate is rounded to a multiple of 1/65536. Source: Srivastava et al. 2014.
    """

    def __init__(self, rate, rng):
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"Dropout's rate must be in [0, 1), not {rate}.")
        if isinstance(rng.bit_generator, np.random.MT19937):
            raise ValueError("Dropout needs a generator of 64-bit words, such as numpy.random.default_rng().")
        self.rng = rng
        self.threshold = min(round(rate * 65536), 65535)

    def draw(self, shape, xp):
        return sixteen_bits(self.rng, shape, xp)

    def forward(self, x, train=True):
        if not train:
            return x, namespace(x).ones((len(x), 1), x.real.dtype)  # 1 for all entries of a row
        return self.dropped(x, self.draw(x.shape, namespace(x)), self.threshold, 65536 / (65536 - self.threshold))

    @staticmethod
    @fused
    def dropped(x, drawn, threshold, factor):
        slope = (drawn >= threshold).astype(namespace(x).real(x).dtype) * factor  # (1)
        return x * slope, slope
