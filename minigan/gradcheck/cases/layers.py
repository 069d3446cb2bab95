"""Cases of layers: one alone, as the input of a penalty needs it, and in a random network."""

from copy import copy

import numpy as np

from minigan.gan.conditional import Labels
from minigan.gradcheck import GradientError, check, check_layer, check_network, windows
from minigan.gradcheck.cases.shared import LAYERS, agree, stack
from minigan.nn.network import Network


def layer_case(name, n, n_in, n_out, rng):
    """backward, jvp and tangent_grads of one layer, with train=True and train=False."""
    layer, rows = LAYERS[name](n_in, n_out, rng), []
    width = n_in * getattr(layer, "pieces", 1)
    x, t = rng.standard_normal((2, n + layer.mixes_samples, width))  # BatchNorm raises ValueError for one sample
    for train in (True, False):
        rows += check_layer(layer, x, rng, train)
        rows += check_tangents(layer, x, t, rng, train)
    return rows


def check_tangents(layer, x, t, rng, train):
    """Check jvp, which is the derivative of forward along t, and tangent_grads, which is the gradient of jvp.

    backward computes J^T dy and jvp computes J t, with the same Jacobian J. So <dy, J t> = <J^T dy, t>, to rounding.
    Also checked: backward writes no gradient with param_grads=False, and returns none with input_grad=False.
    """
    name, network = type(layer).__name__, Network([copy(layer)], dtype=np.float64)
    label = f"tangent_grads of {name}:"
    network.theta[...] = rng.uniform(0.5, 2.0, network.theta.shape)
    dy = rng.standard_normal((len(x), network(x).shape[1]))

    def along_t(h, network):
        return (dy * network.forward(x + h * t, train)[0]).sum()

    def jvp(h, network):
        _, (cache,) = network.forward(x, train)
        forwards = (dy * network.layers[0].jvp(t, cache)).sum()
        before = network.theta.copy()
        network.grad[...] = 7.0
        backwards = (network.layers[0].backward(dy, cache, param_grads=False) * t).sum()
        agree("<dy, J t> by jvp, against <J^T dy, t> by backward", forwards, backwards)
        agree("grad after backward with param_grads=False", network.grad, 7.0)
        agree("theta after backward with param_grads=False", network.theta, before)
        if network.layers[0].backward(dy, cache, input_grad=False) is not None:
            raise GradientError("backward returns dx although input_grad=False.")
        return {f"jvp of {name}": np.full(1, forwards)}

    def tangent(network, x):
        return (dy * network.layers[0].jvp(t, network.forward(x, train)[1][0])).sum()

    def tangent_grads(network, x):
        dq_dx = network.layers[0].tangent_grads(t, dy, network.forward(x, train)[1][0])
        return windows(network, label, "d") | {f"{label} x": np.zeros_like(x) if dq_dx is None else dq_dx}

    rows = check(along_t, jvp, **{f"jvp of {name}": np.zeros(1)}, network=network)
    return rows if layer.mixes_samples else rows + check(tangent, tangent_grads, **{label: network, f"{label} x": x})


def network_case(n, n_in, n_out, rng):
    """A random stack of one to four Dense layers, with random layers between them."""
    names = rng.choice(list(LAYERS), rng.integers(4))
    network, x = stack(names, [n_in, *rng.integers(1, 5, len(names)), n_out], rng), rng.standard_normal((n + 1, n_in))
    y, caches = network.forward(x)
    if network.backward(y, caches) is not None:
        raise GradientError("Network.backward returns dx, although input_grad was not given.")
    agree("network(x)", network(x), network.forward(x, train=False)[0])
    return check_network(network, x, rng, bool(rng.integers(2)))


def labels_case(n, n_in, n_out, rng):
    """Labels in front of a D that sees packs of two: the gradient with respect to the sample, and 0 for its label."""
    m, width = 2, n_in + n_out
    D = stack(["Tanh"], [m * width, 3, 1], rng)
    network = Network([Labels(n_in, n_out), *D.layers], dtype=np.float64)
    network.theta[...] = D.theta
    x, dy = rng.standard_normal((n * m, width)), rng.standard_normal((n, 1))
    t = rng.standard_normal((n, m * width))

    def value(sample):
        packs = np.concatenate([sample, x[:, n_in:]], axis=1).reshape(n, -1)
        return (dy * network.forward(packs)[0]).sum()

    def backward(sample):
        _, caches = network.forward(x.reshape(n, -1))
        dx, above = (net.backward(dy, caches[-len(net.layers) :], input_grad=True) for net in (network, D))
        agree("<dx, t>, against <dy, jvp>", (dx * t).sum(), (above * network.layers[0].jvp(t, caches[0])).sum())
        dx = dx.reshape(x.shape)
        agree("gradient with respect to the label", dx[:, n_in:], 0.0)
        return {"sample": dx[:, :n_in]}

    return check(value, backward, sample=x[:, :n_in])
