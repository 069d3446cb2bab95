"""Initial weights: the distributions that papers and libraries draw them from."""

import math
from typing import Any

from minigan.ground.backend import namespace
from minigan.nn.layers import Dense
from minigan.nn.spectral import SpectralDense

INITIAL: dict[str, Any] = {  # name -> function (rng, n_in, n_out) that draws W; "lecun" is what Dense does itself
    "lecun": None,
    "he": lambda rng, n_in, n_out: rng.normal(0.0, math.sqrt(2.0 / n_in), (n_in, n_out)),  # He et al. 2015, eq. 10
    "glorot": lambda rng, n_in, n_out: rng.uniform(-1.0, 1.0, (n_in, n_out)) * math.sqrt(6.0 / (n_in + n_out)),
    "gaussian": lambda rng, n_in, n_out: rng.normal(0.0, 0.02, (n_in, n_out)),  # Radford et al. 2016, section 4
    "uniform.05": lambda rng, n_in, n_out: rng.uniform(-0.05, 0.05, (n_in, n_out)),  # G of Goodfellow et al. 2014
    "uniform.005": lambda rng, n_in, n_out: rng.uniform(-0.005, 0.005, (n_in, n_out)),  # its D
    "torch": lambda rng, n_in, n_out: rng.uniform(-1.0, 1.0, (n_in, n_out)) / math.sqrt(n_in),  # PyTorch's default
    "spread": lambda rng, n_in, n_out: rng.uniform(-1.0, 1.0, (n_in, n_out)) * math.sqrt(2.0 / n_in),
}
BIASED = ("torch", "spread")  # these also draw the biases, from the same range


def initialise(network, name, rng):
    """Draw the weights of all Dense layers anew, from one of INITIAL. "glorot" is Glorot and Bengio 2010, eq. 16.

    "spread" is for points in the plane. Without biases, the kinks of the first layer's ReLUs all pass through the
    origin, and those of the next layer nearly do. "spread" puts kinks everywhere, which a G needs to cut the plane into
    25 pieces: 94 % of its samples of the grid are then near a mode, instead of 86 %.
    """
    for layer in network.layers:
        if isinstance(layer, Dense) and name != "lecun":
            n_in, n_out = layer.W.shape
            layer.W[...] = namespace(layer.W).asarray(INITIAL[name](rng, n_in, n_out), layer.W.dtype)
            if name in BIASED:
                layer.b[...] = namespace(layer.b).asarray(INITIAL[name](rng, n_in, n_out)[0], layer.b.dtype)
            if isinstance(layer, SpectralDense):
                layer.iterate(15)
