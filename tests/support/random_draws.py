"""Random numbers as a GPU computes them, which NumPy can compute, too."""

import math
from unittest.mock import patch

from minigan.nn import random
from minigan.nn.random import normal, uniform

# name -> (function of (rng, shape, xp) that draws numbers, their cumulative distribution function)
KINDS = {
    "normal": (normal, lambda x: 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))),
    "uniform": (lambda rng, shape, xp: uniform(rng, -3.0, 5.0, shape, xp), lambda x: (x + 3.0) / 8.0),
}


def same_numbers():
    """Let NumPy compute its random numbers as a GPU does. Use it with `with` or as a decorator."""
    return patch.object(random, "on_host", lambda xp: False)
