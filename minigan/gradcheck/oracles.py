"""Two oracles for gradients, that is, two independent ways to measure one. They use the forward pass alone, so they
share no mistake with the backward pass.

For a loss L and one entry x of its input:

    complex step          Im L(x + ih) / h                 h = 1e-30                        (1)
    centred difference    (L(x + h) - L(x - h)) / (2h)     h = 1e-5                         (2)

Both follow from Taylor's formula, L(x + ih) = L(x) + ih L'(x) - h^2/2 L''(x) ... The imaginary part is h L'(x), up to a
term in h^3. Nothing is subtracted, so h can be tiny, and the result is exact up to rounding (Squire and Trapp 1998).
Equation (2) subtracts two nearly equal numbers and loses a third of the digits. But it needs no complex arithmetic, so
it can serve as a second opinion.

At the kink of a ReLU there is no derivative. If a kink lies within h of x, (2) is wrong. (1) never crosses a kink,
because comparisons look at the real part, which does not move. Next on the reader's path: gradcheck/check.py
"""

import numpy as np

from minigan.nn.layers import Dense
from minigan.nn.network import Network


def complex_step(f, x, h=1e-30):
    """The gradient of f() with respect to every entry of x, a complex array that f reads."""
    grad = np.empty_like(x.real)
    for i in np.ndindex(x.shape):
        value = x[i]
        x[i] = value + 1j * h
        grad[i] = f().imag / h  # (1)
        x[i] = value
    return grad


def centred_difference(f, x, h=1e-5):
    """The gradient of f() with respect to every entry of x, a real array that f reads."""
    grad = np.empty_like(x)
    for i in np.ndindex(x.shape):
        value = x[i]
        x[i] = value + h
        above = f()
        x[i] = value - h
        grad[i] = (above - f()) / (2.0 * h)  # (2)
        x[i] = value
    return grad


def check_one_dense_layer(rng):
    """A first check, of the dW of a Dense layer. Returns (dW by backward, by complex step, by centred difference)."""
    network = Network([Dense(3, 2)], rng, np.float64)
    x, dy = rng.standard_normal((4, 3)), rng.standard_normal((4, 2))

    def loss(network):  # its gradient with respect to y is dy
        y, _ = network.forward(x)
        return (dy * y).sum()

    _, caches = network.forward(x)
    network.backward(dy, caches)
    twin = network.astype(np.complex128)
    exact = complex_step(lambda: loss(twin), twin.layers[0].W)
    centred = centred_difference(lambda: loss(network), network.layers[0].W)
    return network.layers[0].dW, exact, centred
