"""The layers: what each one computes, and how its derivative follows.

A layer is a pair of functions. `forward` maps x to y. It also returns a cache: whatever the derivative will need.
`backward` maps dL/dy to dL/dx and writes the gradients of the layer's parameters. The cache belongs to the pass, never
to the layer. A GAN sends several batches through one discriminator, and a cache kept on the layer would mix them up.

Throughout, N samples are N rows: x (N, n_in), y (N, n_out). For one scalar loss L, dx = dL/dx and dy = dL/dy.

A layer does not own its parameters. A Network (network.py) holds all parameters in one vector theta, and all gradients
in one vector grad. It gives each layer views of these vectors as W, b, dW, db ..., and the layer writes into them.

In these files, anything named jvp or tangent is only for gan/penalties.py. Ignore it until then.
Next on the reader's path: nn/activations.py
"""

import math
from typing import Any

import numpy as np

from minigan.ground.backend import fused
from minigan.nn.random import keep_mask, keep_rate


class Layer:
    """What every layer offers. A layer writes only into its own views, and never modifies x, dy or a cache."""

    parameters: dict[str, tuple[int, ...]] = {}  # name -> shape; for "W" the Network sets W and dW
    buffers: dict[str, tuple[int, ...]] = {}  # name -> shape of what is stored but not trained; it has no gradient
    mixes_samples = False  # whether a row of y depends on other rows of x

    def init(self, rng):
        """Fill the parameters in place with initial values, drawn from the NumPy Generator rng."""

    def forward(self, x, train=True):
        """Return (y, cache). With train=False, behave as when samples are drawn: no dropout.

        Must also work for complex x, see losses.py. Where no sample affects another, the cache is one array with a row
        per sample, so that the first n rows are the cache of the first n samples.
        """
        raise NotImplementedError

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        """Overwrite dW, db ... if param_grads; return dx if input_grad, else None."""
        raise NotImplementedError

    def jvp(self, t, cache):
        """Jacobian-vector product: how y moves, to first order, when x moves by t (N, n_in)."""
        raise NotImplementedError(f"A gradient penalty cannot go through {type(self).__name__}.")

    def tangent_grads(self, t, dy, cache):
        """For q = sum(dy * jvp(t)), with t and dy held fixed: add dq/dW to dW ..., return dq/dx, or None if it is 0."""
        raise NotImplementedError(f"A gradient penalty cannot go through {type(self).__name__}.")

    def __getattr__(self, name):  # called only for what has not been set
        if name.removeprefix("d") in self.parameters | self.buffers:
            raise AttributeError(f"{type(self).__name__}.{name} is not set: put the layer into a Network first.")
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}.")


class Dense(Layer):
    """y = x W + b, from every input to every output: x (N, n_in), W (n_in, n_out), b (n_out,), y (N, n_out).

    Forward
        y_nj  = sum_i x_ni W_ij + b_j                                                       (1)
    Backward
        dW_ij = sum_n x_ni dy_nj      because W_ij appears in y_nj for every sample n       (2)
        db_j  = sum_n dy_nj           because b_j does too, with factor 1                   (3)
        dx_ni = sum_j dy_nj W_ij      because x_ni appears in y_nj for every output j       (4)
    Matrix products compute these sums. There is no division by N here, since the loss has it.

    Tangent: b is constant, so when x moves by t, y moves by
        ty_nj = sum_i t_ni W_ij                                                             (5)
    This is (1) with t for x and without b, so the gradient of sum_nj dy_nj ty_nj is (2) with t for x:
        dW_ij += sum_n t_ni dy_nj                                                           (6)

    W starts uniform in +-gain sqrt(3 / n_in), which has variance gain^2 / n_in. With gain 1, a sum over n_in inputs is
    about as large as one input. Gain sqrt(2) makes up for the half that a ReLU sets to 0 (He et al. 2015, eq. 10).
    b starts at 0. Source: Rumelhart, Hinton and Williams 1986.
    """

    W: Any
    b: Any
    dW: Any
    db: Any

    def __init__(self, n_in, n_out, gain=1.0):
        self.parameters = {"W": (n_in, n_out), "b": (n_out,)}
        self.gain = gain

    def init(self, rng):
        n_in, _ = self.W.shape
        bound = self.gain * math.sqrt(3.0 / n_in)
        self.W[...] = rng.uniform(-bound, bound, self.W.shape)
        self.b[...] = 0.0

    def forward(self, x, train=True):
        y = x @ self.W
        y += self.b  # (1)
        return y, x

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        x = cache
        if param_grads:
            np.matmul(x.T, dy, out=self.dW)  # (2)
            dy.sum(axis=0, out=self.db)  # (3)
        return dy @ self.W.T if input_grad else None  # (4)

    def jvp(self, t, cache):
        return t @ self.W  # (5)

    def tangent_grads(self, t, dy, cache):
        self.dW += t.T @ dy  # (6)


class Slope(Layer):
    """y = x * slope, elementwise, where the slope stays the same when x moves a little: ReLU, LeakyReLU, Dropout.

    Forward: each layer has its own. Its cache is the slope of every entry, in x's real dtype.
    Backward: y_ni depends on x_ni alone, with a constant factor
        dx_ni = dy_ni slope_ni                                                              (1)
    Tangent
        ty_ni = t_ni slope_ni                                                               (2)
    The second derivative is 0, so these layers add no term of their own to the gradient of a penalty.
    """

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        slope = cache
        return dy * slope if input_grad else None  # (1)

    def jvp(self, t, cache):
        slope = cache
        return t * slope  # (2)

    def tangent_grads(self, t, dy, cache):
        return None  # no parameters, and x does not occur in (2)


class Dropout(Slope):
    """While training, set each entry to 0 with probability `rate` and multiply the others by 1 / (1 - rate).

        slope_ni = 0 with probability rate, else 1 / (1 - rate)                             (1)
    so that the mean of y_ni is x_ni. With train=False, y = x. Backward is Slope's, with the same draw.

    In plain NumPy the draw is rng.random(x.shape) >= rate. keep_mask does the same from 16 random bits per entry, which
    is several times faster; keep_rate rounds the rate to fit. rng is a NumPy Generator that nothing else uses.
    Raises ValueError for a rate outside [0, 1). Source: Srivastava et al. 2014.
    """

    def __init__(self, rate, rng):
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"Dropout's rate must be in [0, 1), not {rate}.")
        self.rate, self.rng = keep_rate(rate, rng), rng

    def draw(self, shape, like):
        return keep_mask(self.rng, self.rate, shape, like)

    def forward(self, x, train=True):
        if not train:
            return x, np.ones_like(x.real[:, :1])  # one slope per row: 1 for all of its entries
        return self.masked(x, self.draw(x.shape, x), 1.0 / (1.0 - self.rate))

    @staticmethod
    @fused
    def masked(x, keep, factor):
        slope = keep.astype(np.real(x).dtype) * factor  # (1)
        return x * slope, slope
