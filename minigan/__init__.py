"""minigan: a GAN from scratch in NumPy, without autograd, small enough to read and checked to the last derivative."""

from typing import TYPE_CHECKING

from minigan.gan.conditional import Conditional, Labels
from minigan.gan.more_objectives import Hinge, LabelSmoothing, LeastSquares, Wasserstein
from minigan.gan.objectives import Minimax, NonSaturating
from minigan.gan.packing import Packed
from minigan.gan.penalties import R1
from minigan.gan.relativistic import R2, Relativistic
from minigan.gan.steps import d_step, g_step, update_average
from minigan.gan.wgan import WganGP, clip_weights
from minigan.gradcheck import GradientError, check_layer, check_loss, check_network, check_objective
from minigan.ground.errors import MiniganError
from minigan.nn.activations import LeakyReLU, ReLU, Sigmoid, Tanh
from minigan.nn.batchnorm import BatchNorm
from minigan.nn.layers import Dense, Dropout, Layer
from minigan.nn.losses import bce_with_logits
from minigan.nn.maxout import Maxout
from minigan.nn.network import Network
from minigan.nn.optim import SGD, Adam
from minigan.nn.rmsprop import RMSProp
from minigan.nn.softmax import softmax_cross_entropy
from minigan.nn.spectral import SpectralDense

if TYPE_CHECKING:
    from minigan.estimator import GAN


def __getattr__(name):
    """Import GAN when it is first used, because layers and gradient checks need none of what it imports."""
    if name == "GAN":
        from minigan.estimator import GAN

        return GAN
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__version__ = "0.2.0.dev0"
__all__ = [
    "GAN", "R1", "R2", "SGD", "Adam", "BatchNorm", "Conditional", "Dense", "Dropout", "GradientError", "Hinge",
    "LabelSmoothing", "Labels", "Layer", "LeakyReLU", "LeastSquares", "Maxout", "MiniganError", "Minimax", "Network",
    "NonSaturating", "Packed", "RMSProp", "ReLU", "Relativistic", "Sigmoid", "SpectralDense", "Tanh", "Wasserstein",
    "WganGP", "bce_with_logits", "check_layer", "check_loss", "check_network", "check_objective", "clip_weights",
    "d_step", "g_step", "softmax_cross_entropy", "update_average",
]  # fmt: skip
