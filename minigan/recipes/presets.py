"""The presets: every recipe that minigan can run by name, with its source and its settings.

A setting that a preset does not name has the default of Settings: Adam(2e-4, beta1 .5, beta2 .999), batches of 128, one
step of D and one of G in each round, normal noise of length 100, ReLU in G, LeakyReLU .2 in D, and no cure. Where a
source leaves the networks or the epochs open, they are (256, 256) and 20, unless the note gives others. The notes also
say where we depart from a source. `python -m minigan.train --list-presets` prints all of this as a table.
"""

from dataclasses import dataclass, field

from minigan.ground.errors import ArgumentError
from minigan.recipes.option import flag
from minigan.recipes.settings import Settings


@dataclass(frozen=True)
class Preset:
    """source: who described it, and where. note: what it is, and what we filled in, corrected or left out."""

    source: str
    note: str
    settings: dict = field(default_factory=dict)

    def with_flags(self, **given):
        """The Settings of this preset, changed by the given flags.

        If a flag gives R1 or R2, it replaces WGAN-GP's penalty in the preset, and the other way round. Raises
        ArgumentError if the settings are not valid, contradict each other, or if a given flag has no effect.
        """
        own = dict(self.settings)
        if given.get("wgan_gp"):
            own["r1"] = own["r2"] = 0.0
        if given.get("r1") or given.get("r2"):
            own["wgan_gp"] = 0.0
        settings = Settings(**own | given)
        for name in given:
            if name in settings.without_effect():
                raise ArgumentError(f"{flag(name)} has no effect with these settings; drop it.")
        return settings


SMALL = {"g_hidden": (256, 256), "d_hidden": (256, 256)}
WIDE = {"g_hidden": (256, 512, 1024), "d_hidden": (1024, 512, 256)}
PACGAN = {
    "batch_size": 100, "lr": 1e-4, "beta1": 0.8, "simultaneous": True, "shared_noise": True, "packing": 2,
    "init": "gaussian", "latent_dim": 2, "g_hidden": (400,) * 4, "d_hidden": (200,) * 3, "g_batchnorm": 4,
    "batchnorm_eps": 1e-4, "maxout": 5, "epochs": 800,
}  # fmt: skip
WITHOUT_MOMENTUM = {"beta1": 0.0, "beta2": 0.99, "g_slope": 0.05, "d_slope": 0.05}
LAZY = WITHOUT_MOMENTUM | {"r1": 0.5, "r1_every": 4, "shared_noise": True, "output": "sigmoid"}
MINIGAN = LAZY | {"conditional": True, "lr": 2.5e-3, "lr_decay": 1.0, "latent_dim": 32}

PRESETS = {
    "minigan": Preset(
        "this repository",
        "The default: networks that are told the labels, Adam without momentum, with a high rate that falls all the "
        "time, R1 in every fourth round, the same noise for both steps, and an average of G's weights.",
        MINIGAN | {"epochs": 11, "ema": 0.998, "g_hidden": (512, 384), "d_hidden": (256, 256)},
    ),
    "large": Preset(
        "this repository",
        "The default with wider networks, for some minutes.",
        MINIGAN | {"epochs": 30, "ema": 0.999, "g_hidden": (512, 512), "d_hidden": (384, 384)},
    ),
    "pictures": Preset(
        "this repository",
        "The default for folders, for images in colour and for Fashion-MNIST. It is the preset minigan with a smaller "
        "learning rate, which makes large bright areas less grainy, and more epochs.",
        MINIGAN | {"lr": 5e-4, "epochs": 20, "ema": 0.998, "g_hidden": (512, 384), "d_hidden": (256, 256)},
    ),
    "minigan-0.1": Preset(
        "this repository, version 0.1",
        "The default of version 0.1. Some demos and measurements use it, so that their figures stay the same.",
        WITHOUT_MOMENTUM | {"conditional": True, "epochs": 12, "lr": 1e-3, "lr_decay": 0.5, "r1": 2.0, "ema": 0.999,
                            "latent_dim": 32, "g_hidden": (384, 384), "d_hidden": (192, 192)},
    ),
    "toy": Preset(
        "this repository",
        "For points in the plane; it is the default for them.",
        {"data": "ring", "epochs": 14, "lr": 1e-3, "beta1": 0.0, "beta2": 0.99, "lr_decay": 0.5, "r1": 0.01,
         "init": "spread", "latent_dim": 2, "g_hidden": (128,) * 3, "d_hidden": (128,) * 3},
    ),
    "stacked": Preset(
        "this repository",
        "For --data stacked, three digits in the colours of one image; it is the default for them.",
        LAZY | {"data": "stacked", "epochs": 8, "lr": 1e-3, "lr_decay": 0.8, "ema": 0.9995, "latent_dim": 64,
                "g_hidden": (512, 512), "d_hidden": (512, 512)},
    ),
    "small": Preset("the textbook", "Small networks and Adam.", SMALL | {"lr": 3e-4}),
    "wide": Preset(
        "the textbook", "The layer sizes and the dropout of a widely copied PyTorch tutorial.", WIDE | {"dropout": 0.3}
    ),
    "article-a": Preset(
        "article A, a TensorFlow 2 sketch",
        "The minimax loss in its original form, alternating steps. The article prints the second expectation over "
        "p_data; here it is over p_z, as it must be.",
        SMALL | {"objective": "minimax", "batch_size": 100, "init": "glorot"},
    ),
    "article-b": Preset(
        "article B, a TensorFlow 2 sketch",
        "Two Adams with rate 1e-4. Both gradients come from one forward pass, and then both are applied.",
        SMALL | {"lr": 1e-4, "beta1": 0.9, "simultaneous": True, "shared_noise": True, "init": "glorot"},
    ),
    "article-c": Preset(
        "article C, a TensorFlow 1 sketch",
        "Adam with its default settings, simultaneous steps. The article prints the second term of L_D with the wrong "
        "sign, which would teach D to call fakes real; here the sign is right.",
        SMALL | {"lr": 1e-3, "beta1": 0.9, "simultaneous": True, "shared_noise": True, "init": "glorot"},
    ),
    "article-d": Preset(
        "article D, in PyTorch",
        "Wide networks, dropout in D, alternating steps. The article leaves Adam's settings and the epochs open; here "
        "they are the usual ones, and 60.",
        WIDE | {"dropout": 0.3, "batch_size": 64, "init": "torch", "epochs": 60},
    ),
    "article-e": Preset(
        "article E, in PyTorch",
        "Adam with rate 3e-4 for both networks, Gaussian weights. The article's targets of shape (B,) do not fit its "
        "outputs of shape (B, 1), which today's PyTorch refuses; here they fit.",
        SMALL | {"lr": 3e-4, "beta1": 0.9, "batch_size": 100, "init": "gaussian", "epochs": 200},
    ),
    "goodfellow2014": Preset(
        "Goodfellow et al. 2014, and the settings published with it",
        "Maxout and dropout in D, a sigmoid at the end of G, SGD with rising momentum. The original halves D's loss; "
        "here D's learning rate is halved instead. It starts G's last bias at the mean image, uses 50,000 images and "
        "drops the same units of D in both steps; here the bias starts at 0, and each step drops units of its own. It "
        "leaves the epochs open; here they are 250, when the momentum stops rising.",
        {"epochs": 250, "batch_size": 100, "optimizer": "sgd", "lr": 0.1, "d_lr": 0.05, "lr_factor": 1 / 1.000004,
         "momentum": 0.5, "final_momentum": 0.7, "simultaneous": True, "shared_noise": True, "init": "uniform.05",
         "d_init": "uniform.005", "noise": "uniform", "g_hidden": (1200, 1200), "d_hidden": (240, 240), "maxout": 5,
         "dropout": 0.5, "input_dropout": 0.2, "output": "sigmoid"},
    ),
    "pytorch-gan": Preset(
        "E. Linder-Noren, PyTorch-GAN, gan.py",
        "Its BatchNorm1d(n, 0.8) sets eps, although the momentum was meant; the first layer has no BatchNorm. It steps "
        "G, and then D on the same fakes, which equals simultaneous steps with shared noise. It halves D's loss, which "
        "makes no difference to Adam.",
        {"epochs": 200, "batch_size": 64, "simultaneous": True, "shared_noise": True, "init": "torch",
         "g_hidden": (128, 256, 512, 1024), "d_hidden": (512, 256), "g_slope": 0.2, "g_batchnorm": 3,
         "batchnorm_eps": 0.8},
    ),
    "wgan": Preset(
        "Arjovsky, Chintala and Bottou 2017, algorithm 1",
        "RMSProp and clipped weights. The networks are the MLPs of its code, except that G ends in tanh. The paper "
        "leaves the epochs open; here they are 100.",
        {"epochs": 100, "batch_size": 64, "objective": "wasserstein", "optimizer": "rmsprop", "lr": 5e-5, "beta2": 0.99,
         "d_steps": 5, "clip": 0.01, "init": "torch", "g_hidden": (512,) * 3, "d_hidden": (512,) * 3, "d_slope": 0.0},
    ),
    "wgan-gp": Preset(
        "Gulrajani et al. 2017, algorithm 1",
        "A gradient penalty instead of clipping. The paper leaves the networks and the epochs of an MLP on MNIST open; "
        "here the width is 512, and the epochs are 100.",
        {"epochs": 100, "batch_size": 64, "objective": "wasserstein", "lr": 1e-4, "beta1": 0.0, "beta2": 0.9,
         "d_steps": 5, "wgan_gp": 10.0, "init": "he", "g_hidden": (512,) * 3, "d_hidden": (512,) * 3, "d_slope": 0.0},
    ),
    "sngan": Preset(
        "Miyato et al. 2018, sections 3 and 4",
        "Spectral normalisation and the hinge loss, with the Adam of the paper's ResNets. The paper leaves the width "
        "and the epochs of an MLP open; here they are 512 and 100.",
        {"epochs": 100, "batch_size": 64, "objective": "hinge", "lr": 2e-4, "beta1": 0.0, "beta2": 0.9, "d_steps": 5,
         "spectral": True, "init": "glorot", "g_hidden": (512, 512), "d_hidden": (512, 512), "d_slope": 0.1},
    ),
    "r3gan": Preset(
        "Huang et al. 2024",
        "The relativistic loss with R1 and R2, and Adam without momentum. The paper trains convolutional networks and "
        "has no MLP; here the width is 512, and the epochs are 100. During a burn-in it lowers the weight of the "
        "penalties from 1 to 0.1 and the learning rate from 2e-4 to 5e-5, and raises beta2 from 0.9 to 0.99 and the "
        "length of the average; here the first two keep their initial and beta2 its final value. Its G has no tanh.",
        {"epochs": 100, "batch_size": 512, "objective": "relativistic", "lr": 2e-4, "beta1": 0.0, "beta2": 0.99,
         "r1": 1.0, "r2": 1.0, "ema": 0.999, "init": "he", "g_hidden": (512, 512), "d_hidden": (512, 512),
         "g_slope": 0.2},
    ),
    "pacgan-ring": Preset(
        "Lin et al. 2018, section 4.1, and the settings published with it",
        "Maxout in D, BatchNorm in G, packs of 2. For the other rows of the paper's table use --packing 1 --epochs 400 "
        "or --packing 4 --epochs 1600: there, an epoch is 100,000 packs. The original ran G once for each place in a "
        "pack, so its BatchNorm saw 100 rows.",
        PACGAN | {"data": "ring"},
    ),
    "pacgan-grid": Preset(
        "Lin et al. 2018, section 4.1, and the settings published with it",
        "The same on the grid.",
        PACGAN | {"data": "grid"},
    ),
}  # fmt: skip
