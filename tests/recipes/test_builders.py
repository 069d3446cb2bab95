"""Every setting reaches the network, the optimizer or the objective that it describes."""

import numpy as np

from minigan.gan.conditional import Conditional, Labels
from minigan.gan.more_objectives import LabelSmoothing
from minigan.gan.packing import Packed
from minigan.nn.layers import Dense, Dropout
from minigan.nn.maxout import Maxout
from minigan.nn.optim import SGD
from minigan.nn.rmsprop import RMSProp
from minigan.nn.spectral import SpectralDense
from minigan.recipes.settings import OBJECTIVES, Settings
from minigan.training import Training

TINY = {"batch_size": 4, "latent_dim": 3, "g_hidden": (5, 6), "d_hidden": (7, 5), "epochs": 2, "seed": 5}


def test_every_setting_reaches_what_it_describes(data):
    made = Training(Settings(**TINY | {"packing": 2, "maxout": 3, "input_dropout": 0.5, "conditional": True}), data)
    assert type(made.D) is Packed and type(made.G) is Conditional
    assert [type(layer) for layer in made.D.layers] == [Labels, Dropout, Dense, Maxout, Dense, Maxout, Dense]
    assert [layer.parameters["W"] for layer in made.D.layers if "W" in layer.parameters] == [(24, 21), (7, 15), (5, 1)]
    assert made.G.layers[0].parameters["W"] == (6, 5)
    spectral = Training(Settings(**TINY | {"spectral": True, "d_batchnorm": 0, "g_batchnorm": 1}), data)
    assert [type(layer) for layer in spectral.D.layers[::2]] == [SpectralDense] * 3
    assert [type(layer).__name__ for layer in spectral.G.layers[2:5]] == ["Dense", "BatchNorm", "LeakyReLU"]
    assert not any(layer.buffers for layer in spectral.G.layers[:2])
    rates = Training(Settings(**TINY | {"lr": 0.3, "d_lr": 0.2, "optimizer": "sgd", "momentum": 0.1}), data)
    assert (rates.g_optimizer.lr, rates.d_optimizer.lr, rates.d_optimizer.momentum) == (0.3, 0.2, 0.1)
    assert type(rates.g_optimizer) is SGD
    rho = Training(Settings(**TINY | {"optimizer": "rmsprop", "beta2": 0.7}), data).d_optimizer
    assert type(rho) is RMSProp and rho.rho == 0.7
    smoothed = Training(Settings(**TINY | {"label_smoothing": 0.2, "objective": "least-squares"}), data).objective
    assert type(smoothed) is LabelSmoothing and smoothed.eps == 0.2
    assert type(smoothed.objective) is OBJECTIVES["least-squares"]
    flags = {"init": "uniform.05", "d_init": "uniform.005", "g_batchnorm": 1, "batchnorm_eps": 0.8, "dropout": 0.5}
    made = Training(Settings(**TINY | flags | {"packing": 2}), data)
    assert 0.005 < np.abs(made.G.layers[0].W).max() <= 0.05 and np.abs(made.D.layers[0].W).max() <= 0.005
    assert [layer.eps for layer in made.G.layers if hasattr(layer, "eps")] == [0.8]
    assert [layer.rate for layer in made.D.layers if type(layer) is Dropout] == [0.5] * 2
    penalised = Training(Settings(**TINY | {"wgan_gp": 1.0}), data)
    noise = penalised.streams["noise"].bit_generator.state
    penalised.penalty(penalised.D, *(data.batch(np.arange(4)),) * 2, penalised.D.forward(data.batch(np.arange(4)))[1])
    assert penalised.streams["noise"].bit_generator.state == noise  # the penalty draws its points from its own stream
    clipped = Training(Settings(**TINY | {"clip": 1e-3}), data)
    clipped.round([clipped.data.batch(np.arange(4))])
    assert np.abs(clipped.D.theta).max() == np.float32(1e-3)
    assert np.abs(clipped.G.theta).max() > 1e-3
