"""The gradient check applied to a network, a layer, a loss, or an objective."""

from copy import copy

import numpy as np

from minigan.gan.relativistic import Relativistic
from minigan.gradcheck.check import check, windows
from minigan.nn.network import Network


def check_network(network, x, rng, train=True):
    """Check dL/dx and the gradient of every parameter, for L = sum(dy * y). Returns Rows.

    x is (N, n_in). The upstream gradient dy is random, because dy = 1 would not see a backward pass that forgets dy. A
    wrong dx spoils the gradients of all layers before it. So look at the last layer named, and at the layers without
    parameters that follow it.
    """
    dy = rng.standard_normal((len(x), network(x.copy()).shape[1]))
    dy.flags.writeable = False  # a layer that modifies x or dy is wrong, too
    first = f"input of layer 0 {type(network.layers[0]).__name__}"

    def loss(network, x):
        return (dy * network.forward(x, train)[0]).sum()

    def backward(network, x):
        x.flags.writeable = False
        network.grad[...] = 7.0  # backward has to overwrite all of it
        dx = network.backward(dy, network.forward(x, train)[1], input_grad=True)
        return {first: dx} | windows(network.astype(np.float64), "layer", "d")  # what stands in network.grad itself

    return check(loss, backward, layer=network, **{first: x})


def check_layer(layer, x, rng, train=True):
    """check_network for one layer, with random parameters: a bias of 0 or a gamma of 1 could hide mistakes."""
    network = Network([copy(layer)], rng, np.float64)
    for array in windows(network, "").values():
        array[...] = rng.standard_normal(array.shape)
    return check_network(network, x, rng, train)


def check_loss(loss, s, *target):
    """Check the ds of a loss (L, ds) = loss(s, *target). Returns Rows."""
    return check(lambda s: loss(s, *target)[0], lambda s: {"s": loss(s, *target)[1]}, s=s)


def rivals(objective, real):
    """What a relativistic objective compares G's samples with: [real]. For others [] is enough."""
    return [real] if isinstance(objective, Relativistic) else []


def check_objective(objective, s_real, s_fake):
    """Check both gradients of D's loss, and that of G's loss. Returns Rows."""

    def backward(s_real, s_fake):
        _, ds_real, ds_fake = objective.d(s_real, s_fake)
        return {"s_real": ds_real, "s_fake": ds_fake}

    rows = check(lambda s_real, s_fake: objective.d(s_real, s_fake)[0], backward, s_real=s_real, s_fake=s_fake)
    return rows + check_loss(objective.g, s_fake, *rivals(objective, s_real))
