"""Gradient checks: is this backward pass really the derivative of that forward pass?

Two independent oracles compute dL/dx from the forward pass alone, one entry at a time:

    complex step          Im L(x + ih) / h                 h = 1e-30                        (1)
    centred difference    (L(x + h) - L(x - h)) / (2h)     h = 1e-5                         (2)

Both come from Taylor's formula; (1) from L(x + ih) = L(x) + ih L'(x) - h^2/2 L''(x) ...: its imaginary part holds L'
without subtracting two nearly equal numbers, so h can be tiny and the answer is exact to rounding (Squire and Trapp
1998). (2) loses a third of the digits but needs no complex arithmetic. Where a kink of a ReLU lies within h of a value,
(2) is wrong, and is taken again with a smaller h; (1) never crosses a kink. On a kink there is no derivative to check.

The error is scaled: max |analytic - numeric| over an array, divided by the largest of max |numeric|, 1e-3 times the
largest gradient in the whole check (a bias in front of a BatchNorm has gradient 0) and 1e-3 |L| (below that, (2) drowns
in the rounding of L). Above 1e-10 against (1), or 1e-6 against (2), GradientError is raised.

`python -m minigan.gradcheck` checks everything public, by cases.py. Next on the reader's path: nn/optim.py
"""

from copy import copy
from dataclasses import dataclass

import numpy as np

from minigan.nn.network import Network

COMPLEX_TOLERANCE, CENTRED_TOLERANCE = 1e-10, 1e-6


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
        alone = self.complex_error > COMPLEX_TOLERANCE and self.centred_error <= CENTRED_TOLERANCE
        return (
            f"{self.name}[{entry}]: analytic {self.analytic:.9g}, complex step {self.complex_step:.9g} "
            f"(scaled error {self.complex_error:.1e}), centred difference {self.centred:.9g} "
            f"(scaled error {self.centred_error:.1e})" + "; does forward hold for complex x?" * alone
        )


def complex_step(f, x, h=1e-30):
    """The gradient of f() in every entry of x, a complex array that f reads."""
    grad = np.empty_like(x.real)
    for i in np.ndindex(x.shape):
        value = x[i]
        x[i] = value + 1j * h
        grad[i] = f().imag / h  # (1)
        x[i] = value
    return grad


def centred_difference(f, x, h=1e-5):
    """The gradient of f() in every entry of x, a real array that f reads."""
    grad = np.empty_like(x)
    for i in np.ndindex(x.shape):
        value = x[i]
        x[i] = value + h
        above = f()
        x[i] = value - h
        grad[i] = (above - f()) / (2.0 * h)  # (2)
        x[i] = value
    return grad


def windows(network, label, d=""):
    """Name, such as "<label> 0 Dense.W", -> array, for every parameter of a network; with d="d" its gradient."""
    return {
        f"{label} {i} {type(layer).__name__}.{name}": getattr(layer, d + name)
        for i, layer in enumerate(network.layers)
        for name in layer.shapes
    }


def check(f, backward, **inputs):
    """Compare gradients with both oracles; returns a Row for each array, raises GradientError.

    inputs: arrays and Networks, in any dtype, by the names that Rows will use.
    f(*inputs): the loss, of copies of the inputs, in float64 or complex128, in the order in which they are given.
    backward(*inputs): name -> gradient, of copies in float64; the names of arrays or of windows(network, its name).
    Dropout makes the same draw in every call, and its generators are left where they were.
    """
    networks = [value for value in inputs.values() if isinstance(value, Network)]
    generators = [layer.rng.bit_generator for net in networks for layer in net.layers if hasattr(layer, "rng")]
    states = [generator.state for generator in generators]

    def rewind():
        for generator, state in zip(generators, states, strict=True):
            generator.state = state

    def problem(dtype, f):
        """(a function that calls f on copies of the inputs in a dtype, name -> array of these copies)."""
        copies = {name: value.astype(dtype) for name, value in inputs.items()}
        arrays = dict(copies)
        for name, twin in copies.items():
            if isinstance(twin, Network):
                arrays |= windows(twin, name)

        def value():
            rewind()
            return f(*copies.values())

        return value, arrays

    analytic = problem(np.float64, backward)[0]()
    if not analytic:
        raise GradientError("backward returned no gradient, so that there is nothing to check.")
    value, arrays = problem(np.complex128, f)
    exact = {name: complex_step(value, arrays[name]) for name in analytic}
    value, arrays = problem(np.float64, f)
    floor = max(1e-3 * abs(value()), *(1e-3 * np.abs(a).max(initial=0.0) for a in exact.values()), 1e-100)  # never 0
    rows = []
    for name, gradient in analytic.items():
        if gradient.shape != exact[name].shape:
            raise GradientError(f"{name} has shape {exact[name].shape} but its gradient {gradient.shape}.")
        scale = max(np.abs(exact[name]).max(), floor)
        complex_error = np.abs(gradient - exact[name]) / scale
        for h in (1e-5, 1e-6, 1e-7):  # where a kink lies within h, try a smaller one
            centred = centred_difference(value, arrays[name], h)
            centred_error = np.abs(gradient - centred) / scale
            if centred_error.max() <= CENTRED_TOLERANCE:
                break
        worst = np.maximum(complex_error / COMPLEX_TOLERANCE, centred_error / CENTRED_TOLERANCE).argmax()
        entry = np.unravel_index(worst, gradient.shape)
        values = [float(a[entry]) for a in (gradient, exact[name], centred)]
        errors = [float(error.max()) for error in (complex_error, centred_error)]
        rows.append(Row(name, tuple(map(int, entry)), *values, *errors))
    rewind()
    wrong = [str(row) for row in rows if not row.ok]
    if wrong:
        raise GradientError("\n".join(wrong))
    return rows


def check_network(network, x, rng, train=True):
    """Check dL/dx and the gradient of every parameter, for L = sum(dy * y) with a random upstream gradient dy.

    x (N, n_in). An upstream of ones would not see a backward that forgets dy; hence rng. Returns Rows. A wrong dx
    spoils all gradients before it: look at the last layer named and, behind it, up to the next one that has parameters.
    """
    dy = rng.standard_normal((len(x), network(x.copy()).shape[1]))
    dy.flags.writeable = False  # a layer that modifies x or dy is an error of its own
    first = f"input of layer 0 {type(network.layers[0]).__name__}"

    def backward(network, x):
        x.flags.writeable = False
        network.grad[...] = 7.0  # backward is to overwrite it, all of it
        dx = network.backward(dy, network.forward(x, train)[1], input_grad=True)
        return {first: dx} | windows(network.astype(np.float64), "layer", "d")  # what stands in network.grad itself

    return check(lambda network, x: (dy * network.forward(x, train)[0]).sum(), backward, layer=network, **{first: x})


def check_layer(layer, x, rng, train=True):
    """check_network for one layer, with random parameters: a bias of 0 or a gamma of 1 would hide mistakes."""
    network = Network([copy(layer)], rng, np.float64)
    for array in windows(network, "").values():
        array[...] = rng.standard_normal(array.shape)
    return check_network(network, x, rng, train)


def check_loss(loss, s, *target):
    """Check ds of a loss (L, ds) = loss(s, *target)."""
    return check(lambda s: loss(s, *target)[0], lambda s: {"s": loss(s, *target)[1]}, s=s)


def check_objective(objective, s_real, s_fake):
    """Check both of D's gradients and G's."""

    def backward(s_real, s_fake):
        _, ds_real, ds_fake = objective.d(s_real, s_fake)
        return {"s_real": ds_real, "s_fake": ds_fake}

    rows = check(lambda s_real, s_fake: objective.d(s_real, s_fake)[0], backward, s_real=s_real, s_fake=s_fake)
    return rows + check_loss(objective.g, s_fake)
