"""Every setting reaches the network, the optimizer or the objective that it describes."""

import numpy as np
import pytest

from minigan.gan.conditional import Conditional, Labels
from minigan.gan.more_objectives import LabelSmoothing
from minigan.gan.packing import Packed
from minigan.gan.penalties import R1
from minigan.gan.relativistic import R2
from minigan.gan.wgan import WganGP
from minigan.nn.activations import LeakyReLU, Tanh
from minigan.nn.batchnorm import BatchNorm
from minigan.nn.initial import BIASED, INITIAL, initialise
from minigan.nn.layers import Dense, Dropout
from minigan.nn.maxout import Maxout
from minigan.nn.network import Network
from minigan.nn.optim import SGD, Adam
from minigan.nn.rmsprop import RMSProp
from minigan.nn.spectral import SpectralDense
from minigan.recipes import builders
from minigan.recipes.settings import OBJECTIVES, Settings
from minigan.training import Training

TINY = {"batch_size": 4, "latent_dim": 3, "g_hidden": (5, 6), "d_hidden": (7, 5), "epochs": 2, "seed": 5}


def training_with(data, **settings):
    return Training(Settings(**TINY | settings), data)


def test_packing_maxout_input_dropout_and_labels_make_the_layers_of_d(data):
    made = training_with(data, packing=2, maxout=3, input_dropout=0.5, conditional=True)
    assert type(made.D) is Packed and type(made.G) is Conditional
    assert [type(layer) for layer in made.D.layers] == [Labels, Dropout, Dense, Maxout, Dense, Maxout, Dense]
    assert [layer.parameters["W"] for layer in made.D.layers if "W" in layer.parameters] == [(24, 21), (7, 15), (5, 1)]
    assert made.G.layers[0].parameters["W"] == (6, 5)
    without = training_with(data, g_hidden=(), d_hidden=(), conditional=True)
    assert without.G.layers[0].parameters["W"] == (6, 9) and without.D.layers[1].parameters["W"] == (12, 1)
    assert type(without.D) is Network


def test_spectral_is_for_d_and_batchnorm_for_the_last_hidden_layers(data):
    made = training_with(data, spectral=True, g_batchnorm=1)
    assert [type(layer) for layer in made.D.layers[::2]] == [SpectralDense] * 3
    assert [type(layer) for layer in made.G.layers] == [Dense, LeakyReLU, Dense, BatchNorm, LeakyReLU, Dense, Tanh]
    pieces = training_with(data, d_batchnorm=2, maxout=3).D.layers
    assert [layer.parameters["gamma"] for layer in pieces if type(layer) is BatchNorm] == [(21,), (15,)]


def test_initial_weights_dropout_and_eps_reach_their_layers(data):
    made = training_with(data, init="uniform.05", d_init="uniform.005", g_batchnorm=1, batchnorm_eps=0.8, dropout=0.5)
    assert 0.005 < np.abs(made.G.layers[0].W).max() <= 0.05 and np.abs(made.D.layers[0].W).max() <= 0.005
    assert [layer.eps for layer in made.G.layers if type(layer) is BatchNorm] == [0.8]
    assert [layer.rate for layer in made.D.layers if type(layer) is Dropout] == [0.5] * 2


def test_each_optimizer_gets_its_rates(data):
    made = training_with(data, lr=0.3, d_lr=0.2, optimizer="sgd", momentum=0.1)
    assert type(made.g_optimizer) is SGD
    assert (made.g_optimizer.lr, made.d_optimizer.lr, made.d_optimizer.momentum) == (0.3, 0.2, 0.1)
    made = training_with(data, optimizer="rmsprop", beta2=0.7)
    assert type(made.d_optimizer) is RMSProp and made.d_optimizer.rho == 0.7
    made = training_with(data, beta1=0.4, beta2=0.6)
    assert type(made.d_optimizer) is Adam and (made.d_optimizer.beta1, made.d_optimizer.beta2) == (0.4, 0.6)


def test_label_smoothing_wraps_the_objective(data):
    objective = training_with(data, label_smoothing=0.2, objective="least-squares").objective
    assert type(objective) is LabelSmoothing and objective.eps == 0.2
    assert type(objective.objective) is OBJECTIVES["least-squares"]


def test_the_penalty_draws_its_points_from_its_own_stream(data):
    made, x = training_with(data, wgan_gp=1.0), data.batch(np.arange(4))
    before = {name: str(stream.bit_generator.state) for name, stream in made.streams.items()}
    made.penalty(made.D, x, x, made.D.forward(x)[1], None)
    changed = {name for name, stream in made.streams.items() if str(stream.bit_generator.state) != before[name]}
    assert changed == {"penalty"}


def test_clip_bounds_the_weights_of_d_alone(data):
    made = training_with(data, clip=1e-3)
    made.round([made.data.batch(np.arange(4))])
    assert np.abs(made.D.theta).max() == np.float32(1e-3)
    assert np.abs(made.G.theta).max() > 1e-3


def test_penalties_have_the_weights_of_the_settings_and_several_are_added(rng):
    def made(**weights):
        return builders.penalty(Settings(r1_every=3, **weights), rng)

    assert made() is None
    assert [(type(one), one.gamma) for one in made(r1=2.0, r2=0.5).penalties] == [(R1, 6.0), (R2, 1.5)]
    r1, r2, wgan_gp = made(r1=2.0), made(r2=0.5), made(wgan_gp=10.0)
    assert (type(r1), r1.gamma, type(r2), r2.gamma) == (R1, 6.0, R2, 1.5)
    assert (type(wgan_gp), wgan_gp.weight, wgan_gp.rng) == (WganGP, 30.0, rng)


@pytest.mark.parametrize("name", ["lecun", "gaussian", "torch", "spread"])
def test_initial_weights_come_from_the_stream_in_an_order_that_must_not_change(name, rng):
    """Of each layer first the weights, then, if any, the biases: the first row of as many numbers."""
    network, own = Network([Dense(6, 40), LeakyReLU(0.2), SpectralDense(40, 30)], rng), np.random.default_rng(3)
    expected = network.astype(np.float32)
    initialise(network, name, np.random.default_rng(3))
    for layer in expected.layers[::2] if name != "lecun" else ():
        shape = layer.W.shape
        layer.W[...] = INITIAL[name](own, *shape)
        if name in BIASED:
            layer.b[...] = INITIAL[name](own, *shape)[0]
    if name != "lecun":
        expected.layers[2].iterate(15)
    np.testing.assert_array_equal(network.theta, expected.theta)
