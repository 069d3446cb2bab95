"""The general gradient check: compare a backward pass with both oracles, entry by entry.

The error of an array is scaled: the largest |analytic - numeric|, divided by the largest |numeric|. The divisor is at
least 1e-3 times the largest gradient of the whole check, because some true gradients are 0 (a bias before a BatchNorm).
It is also at least 1e-3 |L|, because below that the centred difference drowns in the rounding of L. A check raises
GradientError for an error above 1e-10 (complex step) or 1e-6 (centred difference).

apply.py has the usual checks: of a layer, a network, a loss, an objective. gradcheck/cases checks all of minigan.
Next on the reader's path: nn/optim.py
"""

from dataclasses import dataclass

import numpy as np

from minigan.gradcheck.oracles import centred_difference, complex_step
from minigan.nn.network import Network

COMPLEX_TOLERANCE, CENTRED_TOLERANCE = 1e-10, 1e-6


class GradientError(AssertionError):
    """A backward pass is not the derivative of its forward pass. The message names the worst entry."""


@dataclass
class Row:
    """The worst entry of one array: its gradient by backward and by both oracles, and the array's scaled errors."""

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
        only_complex_failed = self.complex_error > COMPLEX_TOLERANCE and self.centred_error <= CENTRED_TOLERANCE
        hint = "; does forward work for complex x?" if only_complex_failed else ""
        return (
            f"{self.name}[{entry}]: analytic {self.analytic:.9g}, complex step {self.complex_step:.9g} "
            f"(scaled error {self.complex_error:.1e}), centred difference {self.centred:.9g} "
            f"(scaled error {self.centred_error:.1e}){hint}"
        )


def check(f, backward, **inputs):
    """Compare gradients with both oracles. Returns a Row for each array; raises GradientError if one is wrong.

    inputs: arrays and Networks, in any dtype, under the names that the Rows should have.
    f(*inputs): the loss. It is called with copies of the inputs, in float64 or complex128, in the order given.
    backward(*inputs): a dict name -> gradient, of copies in float64. The names are those of input arrays, or of
    `windows` for a Network. Dropout makes the same draw in every call.
    """
    in_complex, in_real = Call(f, inputs, np.complex128), Call(f, inputs, np.float64)
    analytic = Call(backward, inputs, np.float64)()
    if not analytic:
        raise GradientError("backward returned no gradient, so there is nothing to check.")
    exact = {name: complex_step(in_complex, in_complex.arrays[name]) for name in analytic}
    largest = max(np.abs(gradient).max(initial=0.0) for gradient in exact.values())
    floor = max(1e-3 * largest, 1e-3 * abs(in_real()), 1e-100)
    rows = [compare(name, analytic[name], exact[name], in_real, floor) for name in analytic]
    in_real.rewind()  # leaves the caller's generators as they were
    wrong = [str(row) for row in rows if not row.ok]
    if wrong:
        raise GradientError("\n".join(wrong))
    return rows


class Call:
    """f on copies of the inputs in one dtype. Every call starts from the same state of Dropout's generators."""

    def __init__(self, f, inputs, dtype):
        self.f, self.copies = f, {name: value.astype(dtype) for name, value in inputs.items()}
        self.arrays, self.states = dict(self.copies), []  # all that can be varied, by name
        for name, value in self.copies.items():
            if isinstance(value, Network):
                self.arrays |= windows(value, name)
                generators = [layer.rng.bit_generator for layer in value.layers if hasattr(layer, "rng")]
                self.states += [(generator, generator.state) for generator in generators]

    def rewind(self):
        for generator, state in self.states:
            generator.state = state

    def __call__(self):
        self.rewind()
        return self.f(*self.copies.values())


def compare(name, gradient, exact, in_real, floor):
    """The Row of one array."""
    if gradient.shape != exact.shape:
        raise GradientError(f"{name} has shape {exact.shape} but its gradient {gradient.shape}.")
    scale = max(np.abs(exact).max(), floor)
    complex_error = np.abs(gradient - exact) / scale
    for h in (1e-5, 1e-6, 1e-7):  # if a kink lies within h, try a smaller one
        centred = centred_difference(in_real, in_real.arrays[name], h)
        centred_error = np.abs(gradient - centred) / scale
        if centred_error.max() <= CENTRED_TOLERANCE:
            break
    worst = np.maximum(complex_error / COMPLEX_TOLERANCE, centred_error / CENTRED_TOLERANCE).argmax()
    entry = tuple(map(int, np.unravel_index(worst, gradient.shape)))
    numbers = gradient[entry], exact[entry], centred[entry], complex_error.max(), centred_error.max()
    return Row(name, entry, *map(float, numbers))


def windows(network, label, d=""):
    """The parameters of a network by name, such as "<label> 0 Dense.W"; with d="d", their gradients."""
    return {
        f"{label} {i} {type(layer).__name__}.{name}": getattr(layer, d + name)
        for i, layer in enumerate(network.layers)
        for name in layer.parameters
    }
