"""The settings of a run, the presets, and the networks that they describe."""

import math
from dataclasses import dataclass, field, fields
from itertools import pairwise

import numpy as np

from minigan.activations import LeakyReLU, Tanh
from minigan.errors import ArgumentError
from minigan.layers import Dense, Dropout
from minigan.network import Network
from minigan.objectives import Minimax, NonSaturating

OBJECTIVES = {"non-saturating": NonSaturating, "minimax": Minimax}


COUNT = (lambda v: v >= 1, "at least 1")
NOT_NEGATIVE = (lambda v: 0 <= v < math.inf, "0 or more")
POSITIVE = (lambda v: 0 < v < math.inf, "above 0")
DECAY = (lambda v: 0 <= v < 1, "at least 0 and below 1")


def setting(default, help, limit=None):
    """A field of Settings: its help text, and its choices or (test, the test in words)."""
    return field(default=default, metadata={"help": help, "limit": limit})


@dataclass(frozen=True)
class Settings:
    """Everything that decides a run's result; each field is a flag of train. The defaults are the preset `minigan`."""

    data: str = setting("auto", "auto, mnist, drawn, ring, grid, or a .npy or .npz file of your own")
    data_dir: str | None = setting(None, "folder that holds MNIST's files")
    vary: float = setting(0.6, "how much the drawn digits vary, 0 to 1", (lambda v: 0 <= v <= 1, "in 0..1"))
    epochs: int = setting(12, "passes over the data; 0 writes the untrained samples", NOT_NEGATIVE)
    batch_size: int = setting(128, "samples a step", COUNT)
    lr: float = setting(1e-3, "Adam's learning rate, for both networks", POSITIVE)
    beta1: float = setting(0.0, "decay of Adam's average of gradients", DECAY)
    beta2: float = setting(0.99, "decay of Adam's average of squared gradients", DECAY)
    objective: str = setting("non-saturating", "what G minimises", tuple(OBJECTIVES))
    r1: float = setting(2.0, "weight of the R1 penalty on D's slope at real samples; 0 is none", NOT_NEGATIVE)
    ema: float = setting(0.999, "decay of the average of G's weights that draws the samples; 0 is none", DECAY)
    latent_dim: int = setting(32, "length of the noise z", COUNT)
    g_hidden: tuple[int, ...] = setting((384, 384), "widths of G's hidden layers", COUNT)
    d_hidden: tuple[int, ...] = setting((192, 192), "widths of D's hidden layers", COUNT)
    g_slope: float = setting(0.05, "slope of G's LeakyReLU below 0; 0 makes it a ReLU", DECAY)
    d_slope: float = setting(0.05, "the same for D", DECAY)
    dropout: float = setting(0.0, "dropout rate behind D's hidden layers", DECAY)
    log_every: int = setting(100, "rounds between rows of metrics.csv", COUNT)
    device: str = setting("cpu", "where the arrays live", ("cpu", "gpu"))
    seed: int = setting(0, "seed of all randomness", NOT_NEGATIVE)

    def __post_init__(self):
        for f in fields(self):
            value, limit = getattr(self, f.name), f.metadata["limit"]
            values = value if isinstance(value, (tuple, list)) else (value,)
            flag = f"--{f.name.replace('_', '-')}"
            if limit and callable(limit[0]):
                test, words = limit
                if not all(map(test, values)):
                    raise ArgumentError(f"{flag} must be {words}, not {value}.")
            elif limit and value not in limit:
                raise ArgumentError(f"{flag} must be one of {', '.join(limit)}, not {value}.")


TEXTBOOK = {"beta1": 0.5, "beta2": 0.999, "r1": 0.0, "ema": 0.0, "latent_dim": 100, "g_slope": 0.0, "d_slope": 0.2}
PRESETS: dict[str, dict] = {
    # Ours: small networks and a brisk Adam without momentum, held stable by R1; samples from the average of weights.
    "minigan": {},
    # The textbook recipe, without a penalty or an average: compare its digits after the same time.
    "small": TEXTBOOK | {"lr": 3e-4, "g_hidden": (256, 256), "d_hidden": (256, 256)},
    # The sizes and dropout of the widely copied PyTorch tutorial.
    "wide": TEXTBOOK | {"lr": 2e-4, "g_hidden": (256, 512, 1024), "d_hidden": (1024, 512, 256), "dropout": 0.3},
    # For points in the plane; chosen by itself for --data ring, grid and files of points.
    "toy": {"data": "ring", "epochs": 13, "r1": 0.02, "latent_dim": 2, "g_slope": 0.0, "d_slope": 0.2,
            "g_hidden": (128, 128, 128), "d_hidden": (128, 128, 128)},
}  # fmt: skip


def streams(seed):
    """Host Generators, one for each use of randomness, so that none moves another: name -> numpy Generator."""
    names = ("init", "order", "noise", "dropout", "grid", "samples")
    return dict(zip(names, map(np.random.default_rng, np.random.SeedSequence(seed).spawn(len(names))), strict=True))


def generator(settings, data, rng=None, xp=np):
    """G: noise (N, latent_dim) to samples (N, n_x); ends in tanh for images, whose range is -1..1, else linearly."""
    widths = (settings.latent_dim, *settings.g_hidden)
    layers = hidden(widths, lambda: LeakyReLU(settings.g_slope))
    layers += [Dense(widths[-1], data.n_x)] + [Tanh()] * data.is_images
    return Network(layers, rng, xp=xp)


def discriminator(settings, data, rng=None, dropout_rng=None, xp=np):
    """D: samples (N, n_x) to logits (N, 1). No sigmoid at the end: objectives.py works on logits."""
    widths = (data.n_x, *settings.d_hidden)
    more = (lambda: Dropout(settings.dropout, dropout_rng),) if settings.dropout else ()
    return Network([*hidden(widths, lambda: LeakyReLU(settings.d_slope), *more), Dense(widths[-1], 1)], rng, xp=xp)


def hidden(widths, *makers):
    """Dense layers from width to width, each followed by a new layer from each of makers.

    Their gain is 1: sqrt(2), which the slopes would suggest, gave no better digits, as Adam soon sets the scale.
    """
    layers = []
    for n_in, n_out in pairwise(widths):
        layers += [Dense(n_in, n_out), *(make() for make in makers)]
    return layers
