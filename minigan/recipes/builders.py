"""From settings to the objects that a run trains: networks, objective, penalty and optimizers."""

from collections.abc import Callable

import numpy as np

from minigan.gan.conditional import Conditional, Labels
from minigan.gan.more_objectives import LabelSmoothing
from minigan.gan.packing import Packed
from minigan.gan.penalties import R1
from minigan.gan.relativistic import R2, Penalties
from minigan.gan.wgan import WganGP
from minigan.nn.activations import LeakyReLU, Sigmoid, Tanh
from minigan.nn.batchnorm import BatchNorm
from minigan.nn.initial import initialise
from minigan.nn.layers import Dense, Dropout, Layer
from minigan.nn.maxout import Maxout
from minigan.nn.network import Network
from minigan.nn.optim import SGD, Adam
from minigan.nn.rmsprop import RMSProp
from minigan.nn.spectral import SpectralDense
from minigan.recipes.settings import OBJECTIVES


def generator(settings, data, rng=None, xp=np):
    """G: noise (N, latent_dim) to samples (N, n_x).

    The last layer gives images in the range of settings.output; for points it is linear. A conditional G also takes
    one-hot labels and passes them on, see gan/conditional.py. Without rng the weights are 0.
    """
    k = data.n_classes if settings.conditional else 0
    after_dense = [lambda: LeakyReLU(settings.g_slope)]
    layers = hidden(settings.latent_dim + k, settings.g_hidden, settings.g_batchnorm, settings, after_dense)
    layers.append(Dense((settings.latent_dim + k, *settings.g_hidden)[-1], data.n_x))
    if data.is_images:
        layers.append(Sigmoid() if settings.output == "sigmoid" else Tanh())
    G = Conditional(k, layers, rng, xp=xp) if k else Network(layers, rng, xp=xp)
    if rng is not None:
        initialise(G, settings.init, rng)
    return G


def discriminator(settings, data, rng=None, dropout_rng=None, xp=np):
    """D: samples (N, n_x) to logits (N, 1); with packing m, to (N / m, 1).

    There is no sigmoid at the end: the objectives take logits. A conditional D takes samples followed by their one-hot
    labels, (N, n_x + k). Without rng the weights are 0.
    """
    dense = SpectralDense if settings.spectral else Dense
    k = data.n_classes if settings.conditional else 0
    after_dense: list[Callable[[], Layer]] = [
        lambda: Maxout(settings.maxout) if settings.maxout else LeakyReLU(settings.d_slope)
    ]
    if settings.dropout:
        after_dense.append(lambda: Dropout(settings.dropout, dropout_rng))
    n_x = (data.n_x + k) * settings.packing
    layers = hidden(n_x, settings.d_hidden, settings.d_batchnorm, settings, after_dense, dense, settings.maxout or 1)
    layers.append(dense((n_x, *settings.d_hidden)[-1], 1))
    if settings.input_dropout:
        layers.insert(0, Dropout(settings.input_dropout, dropout_rng))
    if k:
        layers.insert(0, Labels(data.n_x, k))
    D = Packed(settings.packing, layers, rng, xp=xp) if settings.packing > 1 else Network(layers, rng, xp=xp)
    if rng is not None:
        initialise(D, settings.d_init or settings.init, rng)
    return D


def hidden(n_in, widths, n_batchnorm, settings, after_dense, dense=Dense, pieces=1):
    """The hidden layers of a network with n_in inputs: for each width a Dense layer and what follows it.

    n_batchnorm: how many of the last hidden layers have BatchNorm. after_dense: functions that make the layers that
    follow Dense (and BatchNorm). pieces: outputs of Dense for each unit, for a Maxout that follows.

    Dense scales its initial weights by a gain of 1. ReLU suggests sqrt(2), but that gave no better digits, since Adam
    soon sets the scale.
    """
    layers: list[Layer] = []
    for i, width in enumerate(widths):
        layers.append(dense(n_in, width * pieces))
        if i >= len(widths) - n_batchnorm:
            layers.append(BatchNorm(width * pieces, settings.batchnorm_eps))
        layers += [make() for make in after_dense]
        n_in = width
    return layers


def objective(settings):
    """The objective, with label smoothing if the settings ask for it."""
    chosen = OBJECTIVES[settings.objective]()
    return LabelSmoothing(chosen, settings.label_smoothing) if settings.label_smoothing else chosen


def penalty(settings, rng):
    """The gradient penalty as d_step takes it, or None. rng draws the points of WGAN-GP.

    As only every k-th round has the penalty, it has k times its weight (k = settings.r1_every).
    """
    r1, r2, wgan_gp = (settings.r1_every * weight for weight in (settings.r1, settings.r2, settings.wgan_gp))
    if r1 and r2:
        return Penalties(R1(r1), R2(r2))
    if r1 or r2:
        return R1(r1) if r1 else R2(r2)
    return WganGP(wgan_gp, rng) if wgan_gp else None


def optimizer(settings, theta, lr):
    """The optimizer of the parameters theta with learning rate lr."""
    match settings.optimizer:
        case "adam":
            return Adam(theta, lr, settings.beta1, settings.beta2)
        case "rmsprop":
            return RMSProp(theta, lr, settings.beta2)
        case _:
            return SGD(theta, lr, settings.momentum)
