"""Gradient checks: is this backward pass really the derivative of that forward pass?

Two independent oracles compute dL/dx from the forward pass alone, one entry at a time:

    complex step          Im L(x + ih) / h                 h = 1e-30                        (1)
    centred difference    (L(x + h) - L(x - h)) / (2h)     h = 1e-5                         (2)

Both come from Taylor's formula; (1) from L(x + ih) = L(x) + ih L'(x) - h^2/2 L''(x) ...: its imaginary part holds L'
without subtracting two nearly equal numbers, so h can be tiny and the answer is exact to rounding (Squire and Trapp
1998). (2) loses a third of the digits but needs no complex arithmetic, and so shares no mistake with (1). Where a kink
of a ReLU lies within h of a value it is wrong, and is taken again with a smaller h; (1) cannot cross a kink.

The error is scaled: max |analytic - numeric| over an array, divided by max |numeric|, or by 1e-3 times the largest
gradient in the whole check where that is more (a bias in front of a BatchNorm has gradient 0). Above 1e-10 against
(1), or 1e-6 against (2), GradientError is raised. Next on the reader's path: optim.py
"""

from dataclasses import dataclass

import numpy as np

from minigan.network import Network

COMPLEX_TOLERANCE, CENTRED_TOLERANCE, FLOOR = 1e-10, 1e-6, 1e-3


class GradientError(AssertionError):
    """A backward pass is not the derivative of its forward pass; the message names the worst entry."""


@dataclass
class Row:
    """The worst entry of one array: its gradient by backward and by both oracles, and the scaled errors."""

    name: str
    entry: tuple
    analytic: float
    complex_step: float
    centred: float
    complex_error: float
    centred_error: float

    @property
    def ok(self):  # written so that nan is not ok
        return self.complex_error <= COMPLEX_TOLERANCE and self.centred_error <= CENTRED_TOLERANCE

    def __str__(self):
        entry = ", ".join(map(str, self.entry))
        return (
            f"{self.name}[{entry}]: backward says {self.analytic:.9g}, complex step {self.complex_step:.9g} "
            f"(scaled error {self.complex_error:.1e}), centred difference {self.centred:.9g} "
            f"(scaled error {self.centred_error:.1e})"
        )


def complex_step(f, x, h=1e-30):
    """The gradient of f() in every entry of x, a complex128 array that f reads."""
    grad = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        value = x[i]
        x[i] = value + 1j * h
        grad[i] = f().imag / h  # (1)
        x[i] = value
    return grad


def centred_difference(f, x, h=1e-5):
    """The gradient of f() in every entry of x, a float64 array that f reads."""
    grad = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        value = x[i]
        x[i] = value + h
        above = f()
        x[i] = value - h
        grad[i] = (above - f()) / (2.0 * h)  # (2)
        x[i] = value
    return grad


def check(analytic, problem):
    """Compare gradients with both oracles; returns a list of Rows, raises GradientError.

    analytic: name -> gradient, as backward computed it.
    problem: a function of a dtype (complex128 or float64) that returns (f, name -> array): f() is the loss at the
    arrays' present content, in that dtype; the names are those of `analytic`.
    """
    f, arrays = problem(np.complex128)
    exact = {name: complex_step(f, arrays[name]) for name in analytic}
    f, arrays = problem(np.float64)
    floor = FLOOR * max((np.abs(a).max(initial=0.0) for a in exact.values()), default=0.0)
    rows = []
    for name, gradient in analytic.items():
        if gradient.shape != exact[name].shape:
            raise GradientError(f"{name} has shape {exact[name].shape} but its gradient {gradient.shape}.")
        difference = np.abs(gradient - exact[name])
        worst = np.unravel_index(difference.argmax(), difference.shape)
        scale = max(np.abs(exact[name]).max(), floor) or 1.0  # where every gradient is 0, the error is absolute
        for h in (1e-5, 1e-6, 1e-7):  # where a kink lies within h, try a smaller one
            centred = centred_difference(f, arrays[name], h)
            centred_error = np.abs(gradient - centred).max() / scale
            if centred_error <= CENTRED_TOLERANCE:
                break
        values = [float(a[worst]) for a in (gradient, exact[name], centred)]
        errors = [float(difference[worst] / scale), float(centred_error)]
        rows.append(Row(name, tuple(map(int, worst)), *values, *errors))
    wrong = [str(row) for row in rows if not row.ok]
    if wrong:
        raise GradientError("\n".join(wrong))
    return rows


def rewinder(*networks):
    """A function that sets Dropout's generators back to where they are now, so that every pass makes the same draw."""
    layers = [layer for network in networks for layer in network.layers if hasattr(layer, "rng")]
    states = [(layer.rng.bit_generator, layer.rng.bit_generator.state) for layer in layers]

    def rewind():
        for generator, state in states:
            generator.state = state

    return rewind


def parameters(network, prefix=""):
    """("0 Dense.W" -> the array, the same names -> its gradient) for every parameter of a network."""
    names = [(f"{prefix}{i} {type(layer).__name__}.", layer) for i, layer in enumerate(network.layers)]
    arrays = {label + name: getattr(layer, name) for label, layer in names for name in layer.shapes}
    grads = {label + name: getattr(layer, "d" + name) for label, layer in names for name in layer.shapes}
    return arrays, grads


def check_network(network, x, rng, train=True):
    """Check dL/dx and the gradient of every parameter, for L = sum(dy * y) with a random upstream gradient dy.

    x (N, n_in). An upstream of ones would not see a backward that forgets dy; hence rng. Returns Rows.
    """
    network, x = network.astype(np.float64), x.astype(np.float64)
    rewind = rewinder(network)
    x.flags.writeable = False  # a layer that modifies x or dy is an error of its own
    y, caches = network.forward(x, train)
    dy = rng.standard_normal(y.shape)
    dy.flags.writeable = False
    dx = network.backward(dy, caches, input_grad=True)

    def problem(dtype):
        twin, x_twin = network.astype(dtype), x.astype(dtype)

        def loss():
            rewind()
            return (dy * twin.forward(x_twin, train)[0]).sum()

        return loss, {"x": x_twin} | parameters(twin)[0]

    rows = check({"x": dx} | parameters(network)[1], problem)
    rewind()  # Dropout's generators are the caller's too
    return rows


def check_layer(layer, x, rng, train=True):
    """check_network for one layer, with random parameters: a bias of 0 or a gamma of 1 would hide mistakes."""
    network = Network([layer], rng, np.float64)
    for name, shape in layer.shapes.items():
        getattr(layer, name)[...] = rng.standard_normal(shape)
    return check_network(network, x, rng, train)


def check_loss(loss, s, *target):
    """Check ds of a loss (L, ds) = loss(s, *target)."""

    def problem(dtype):
        s_twin = s.astype(dtype)
        return lambda: loss(s_twin, *target)[0], {"s": s_twin}

    return check({"s": loss(s, *target)[1]}, problem)


def check_objective(objective, s_real, s_fake):
    """Check both of D's gradients and G's."""

    def problem(dtype):
        real, fake = s_real.astype(dtype), s_fake.astype(dtype)
        return lambda: objective.d(real, fake)[0], {"d: s_real": real, "d: s_fake": fake}

    _, ds_real, ds_fake = objective.d(s_real, s_fake)
    rows = check({"d: s_real": ds_real, "d: s_fake": ds_fake}, problem)
    return rows + check_loss(objective.g, s_fake)
