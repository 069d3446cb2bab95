"""minigan: a GAN from scratch in NumPy, without autograd, small enough to read and checked to the last derivative."""

from minigan.activations import LeakyReLU, ReLU, Sigmoid, Tanh
from minigan.batchnorm import BatchNorm
from minigan.gan import d_step, g_step, update_average
from minigan.gradcheck import check_layer, check_loss, check_network, check_objective
from minigan.layers import Dense, Dropout, Layer
from minigan.losses import bce_with_logits, softmax_cross_entropy
from minigan.network import Network
from minigan.objectives import Minimax, NonSaturating
from minigan.optim import SGD, Adam, RMSProp
from minigan.penalties import r1, wgan_gp

__version__ = "0.1.0"
__all__ = [
    "SGD", "Adam", "BatchNorm", "Dense", "Dropout", "Layer", "LeakyReLU", "Minimax", "Network", "NonSaturating",
    "RMSProp", "ReLU", "Sigmoid", "Tanh", "bce_with_logits", "check_layer", "check_loss", "check_network",
    "check_objective", "d_step", "g_step", "r1", "softmax_cross_entropy", "update_average", "wgan_gp",
]  # fmt: skip
