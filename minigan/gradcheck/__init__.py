"""The proof: is a backward pass really the derivative of its forward pass?

    oracles.py    two ways to measure a gradient from the forward pass alone, and a first check in 15 lines
    check.py      the general check, for any function of arrays and networks
    apply.py      the check applied to a network, a layer, a loss, an objective
    cases/        one random case for everything in minigan that has a derivative
    mutants.py    minigan's code with small mistakes in it: do the checks notice them?

`python -m minigan.gradcheck` runs all cases and prints the errors. oracles.py and check.py are on the reader's path.
"""

from minigan.gradcheck.apply import check_layer, check_loss, check_network, check_objective
from minigan.gradcheck.check import (
    CENTRED_TOLERANCE,
    COMPLEX_TOLERANCE,
    GradientError,
    Row,
    check,
    windows,
)
from minigan.gradcheck.oracles import centred_difference, complex_step

__all__ = [
    "CENTRED_TOLERANCE", "COMPLEX_TOLERANCE", "GradientError", "Row", "centred_difference", "check", "check_layer",
    "check_loss", "check_network", "check_objective", "complex_step", "windows",
]  # fmt: skip
