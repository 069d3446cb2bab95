"""The networks, objective, penalty and optimizers that settings describe."""

from collections.abc import Callable

import numpy as np

from minigan.gan.conditional import Conditional, Labels
from minigan.gan.more_objectives import LabelSmoothing
from minigan.gan.packing import Packed
from minigan.gan.penalties import R1
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
    """G: noise (N, latent_dim) to samples (N, n_x); images end in the range of `output`, points linearly.

    A conditional G takes and hands on one-hot labels, see conditional.py.
    """
    k = data.n_classes if settings.conditional else 0
    makers = [lambda width: LeakyReLU(settings.g_slope)]
    layers = hidden(settings.latent_dim + k, settings.g_hidden, settings.g_batchnorm, settings, makers)
    layers.append(Dense(settings.g_hidden[-1], data.n_x))
    if data.is_images:
        layers.append(Sigmoid() if settings.output == "sigmoid" else Tanh())
    G = Conditional(k, layers, rng, xp=xp) if k else Network(layers, rng, xp=xp)
    if rng is not None:
        initialise(G, settings.init, rng)
    return G


def discriminator(settings, data, rng=None, dropout_rng=None, xp=np):
    """D: samples (N, n_x), with their labels where it is conditional, to logits (N, 1); (N / m, 1) with packing m.

    No sigmoid at the end: objectives.py works on logits.
    """
    dense = SpectralDense if settings.spectral else Dense
    k = data.n_classes if settings.conditional else 0
    makers: list[Callable[[int], Layer]] = [
        lambda width: Maxout(settings.maxout) if settings.maxout else LeakyReLU(settings.d_slope)
    ]
    if settings.dropout:
        makers.append(lambda width: Dropout(settings.dropout, dropout_rng))
    n_x = (data.n_x + k) * settings.packing
    layers = hidden(n_x, settings.d_hidden, settings.d_batchnorm, settings, makers, dense, settings.maxout or 1)
    layers.append(dense(settings.d_hidden[-1], 1))
    if settings.input_dropout:
        layers.insert(0, Dropout(settings.input_dropout, dropout_rng))
    if k:
        layers.insert(0, Labels(data.n_x, k))
    D = Packed(settings.packing, layers, rng, xp=xp) if settings.packing > 1 else Network(layers, rng, xp=xp)
    if rng is not None:
        initialise(D, settings.d_init or settings.init, rng)
    return D


def hidden(n, widths, n_batchnorm, settings, makers, dense=Dense, pieces=1):
    """From n inputs a Dense layer to each width, BatchNorm behind the last n_batchnorm of them, and then a layer from
    each of makers (width). Where a Maxout follows, a Dense layer has `pieces` outputs a unit.

    The gain is 1: sqrt(2), which the slopes would suggest, gave no better digits, as Adam soon sets the scale.
    """
    layers: list[Layer] = []
    for i, width in enumerate(widths):
        layers.append(dense(n, width * pieces))
        if i >= len(widths) - n_batchnorm:
            layers.append(BatchNorm(width * pieces, settings.batchnorm_eps))
        layers += [make(width) for make in makers]
        n = width
    return layers


def objective(settings):
    made = OBJECTIVES[settings.objective]()
    return LabelSmoothing(made, settings.label_smoothing) if settings.label_smoothing else made


def penalty(settings, rng):
    """The gradient penalty as gan.d_step takes it, or None; rng draws WGAN-GP's points."""
    if settings.r1:
        return R1(settings.r1)
    return WganGP(settings.wgan_gp, rng) if settings.wgan_gp else None


def optimizer(settings, theta, lr):
    match settings.optimizer:
        case "adam":
            return Adam(theta, lr, settings.beta1, settings.beta2)
        case "rmsprop":
            return RMSProp(theta, lr, settings.beta2)
        case _:
            return SGD(theta, lr, settings.momentum)
