"""Random numbers as a GPU computes them: what can be drawn, and how to let NumPy compute them too."""

import math
from unittest.mock import patch

from minigan.nn import random
from minigan.nn.random import normal, uniform

# name -> (draw (rng, shape, xp), the distribution function of its numbers)
KINDS = {
    "normal": (normal, lambda x: 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))),
    "uniform": (lambda rng, shape, xp: uniform(rng, -3.0, 5.0, shape, xp), lambda x: (x + 3.0) / 8.0),
}


def same_numbers():
    """In here NumPy, too, computes its random numbers as a GPU does."""
    return patch.object(random, "on_host", lambda xp: False)
