"""The presets: every recipe that minigan can run by name, with its source and every setting.

What a preset does not name is at the default of Settings: Adam(2e-4, beta1 .5, beta2 .999), batch 128, one step each in
turn, fresh normal noise of length 100, ReLU in G, LeakyReLU .2 in D, and no cure at all. What a source leaves open is
filled in with the small networks (256, 256) and 20 epochs unless the note says otherwise, as where we depart from it.
`python -m minigan.train --list-presets` prints them as a table.
"""

import shlex
import textwrap
from dataclasses import dataclass, field, fields

from minigan.errors import ArgumentError
from minigan.recipes.settings import Settings


@dataclass(frozen=True)
class Preset:
    """source: who described it, where. note: what it is, what was open there, corrected or left out."""

    source: str
    note: str
    settings: dict = field(default_factory=dict)

    def with_flags(self, **given):
        """Settings of this preset, changed by the flags that were given: of two penalties, the one given takes the
        place of the preset's. Raises ArgumentError, also where a flag would change nothing."""
        own = (
            self.settings
            | ({"r1": 0.0} if given.get("wgan_gp") else {})
            | ({"wgan_gp": 0.0} if given.get("r1") else {})
        )
        s = Settings(**own | given)
        heeded = {"beta1": s.optimizer == "adam", "beta2": s.optimizer != "sgd", "d_slope": not s.maxout,
                  "batchnorm_eps": s.g_batchnorm or s.d_batchnorm, "vary": s.data in ("auto", "drawn"),
                  "data_dir": s.data in ("auto", "mnist")}  # fmt: skip
        for name in given:
            if not heeded.get(name, True):
                raise ArgumentError(f"--{name.replace('_', '-')} changes nothing with these settings; drop it.")
        return s


SMALL = {"g_hidden": (256, 256), "d_hidden": (256, 256)}
WIDE = {"g_hidden": (256, 512, 1024), "d_hidden": (1024, 512, 256)}
PACGAN = {
    "batch_size": 100, "lr": 1e-4, "beta1": 0.8, "simultaneous": True, "shared_noise": True, "packing": 2,
    "init": "gaussian", "latent_dim": 2, "g_hidden": (400,) * 4, "d_hidden": (200,) * 3, "g_batchnorm": 4, "maxout": 5,
    "epochs": 800,
}  # fmt: skip

MINIGAN = {
    "conditional": True, "epochs": 12, "lr": 1e-3, "lr_decay": 0.5, "beta1": 0.0, "beta2": 0.99, "r1": 2.0,
    "ema": 0.999, "latent_dim": 32, "g_hidden": (384, 384), "d_hidden": (192, 192), "g_slope": 0.05, "d_slope": 0.05,
}  # fmt: skip

PRESETS = {
    "minigan": Preset(
        "this repository",
        "the default: small networks that are told the labels, a brisk Adam without momentum, R1, averaged weights",
        MINIGAN,
    ),
    "large": Preset(
        "this repository", "the same, wider and for a quarter of an hour; its rate falls all the time",
        MINIGAN | {"epochs": 60, "lr_decay": 1.0, "ema": 0.9998, "g_hidden": (512, 512), "d_hidden": (384, 384)},
    ),
    "toy": Preset(
        "this repository",
        "for points in the plane, and chosen by itself for them",
        {"data": "ring", "epochs": 14, "lr": 1e-3, "beta1": 0.0, "beta2": 0.99, "lr_decay": 0.5, "r1": 0.01,
         "init": "spread", "latent_dim": 2, "g_hidden": (128,) * 3, "d_hidden": (128,) * 3},
    ),
    "small": Preset("the textbook", "small networks and Adam", SMALL | {"lr": 3e-4}),
    "wide": Preset("the textbook", "the sizes and dropout of a much copied PyTorch tutorial", WIDE | {"dropout": 0.3}),
    "article-a": Preset(
        "article A, a TensorFlow 2 sketch",
        "minimax as first written, alternating. Its second expectation is printed over p_data; it must be over p_z",
        SMALL | {"objective": "minimax", "batch_size": 100, "init": "glorot"},
    ),
    "article-b": Preset(
        "article B, a TensorFlow 2 sketch",
        "two Adams 1e-4, both gradients from one forward pass and then both applied",
        SMALL | {"lr": 1e-4, "beta1": 0.9, "simultaneous": True, "shared_noise": True, "init": "glorot"},
    ),
    "article-c": Preset(
        "article C, a TensorFlow 1 sketch",
        "Adam's defaults, simultaneous. The second term of its L_D is printed with the wrong sign, by which D would "
        "learn to call fakes real; here it is right",
        SMALL | {"lr": 1e-3, "beta1": 0.9, "simultaneous": True, "shared_noise": True, "init": "glorot"},
    ),
    "article-d": Preset(
        "article D, in PyTorch",
        "wide networks, dropout in D, alternating. Adam's settings and epochs are open there: the usual ones, and 60",
        WIDE | {"dropout": 0.3, "batch_size": 64, "init": "torch", "epochs": 60},
    ),
    "article-e": Preset(
        "article E, in PyTorch",
        "Adam 3e-4 for both, Gaussian weights. Its targets (B,) do not fit its outputs (B, 1), which today's PyTorch "
        "refuses; here they do",
        SMALL | {"lr": 3e-4, "beta1": 0.9, "batch_size": 100, "init": "gaussian", "epochs": 200},
    ),
    "goodfellow2014": Preset(
        "Goodfellow et al. 2014, and the settings published with it",
        "maxout and dropout in D, sigmoid G, SGD with rising momentum. D's loss was halved there, which is d-lr here; "
        "G's last bias began at the mean image, not at 0; 50,000 images; no last epoch, 250 is where momentum stops",
        {"epochs": 250, "batch_size": 100, "optimizer": "sgd", "lr": 0.1, "d_lr": 0.05, "lr_factor": 1 / 1.000004,
         "momentum": 0.5, "final_momentum": 0.7, "simultaneous": True, "shared_noise": True, "init": "uniform.05",
         "d_init": "uniform.005", "noise": "uniform", "g_hidden": (1200, 1200), "d_hidden": (240, 240), "maxout": 5,
         "dropout": 0.5, "input_dropout": 0.2, "output": "sigmoid"},
    ),
    "pytorch-gan": Preset(
        "E. Linder-Noren, PyTorch-GAN, gan.py",
        "its BatchNorm1d(n, 0.8) sets eps, not the momentum that was meant; none is behind the first layer. It steps "
        "G, then D on the fakes made before: that is simultaneous, with shared noise. It halves D's loss, which Adam "
        "does not notice",
        {"epochs": 200, "batch_size": 64, "simultaneous": True, "shared_noise": True, "init": "torch",
         "g_hidden": (128, 256, 512, 1024), "d_hidden": (512, 256), "g_slope": 0.2, "g_batchnorm": 3,
         "batchnorm_eps": 0.8},
    ),
    "wgan": Preset(
        "Arjovsky, Chintala and Bottou 2017, algorithm 1",
        "RMSProp and clipped weights; the MLPs of its code, but G ends in tanh. Epochs are open there: 100",
        {"epochs": 100, "batch_size": 64, "objective": "wasserstein", "optimizer": "rmsprop", "lr": 5e-5, "beta2": 0.99,
         "d_steps": 5, "clip": 0.01, "init": "torch", "g_hidden": (512,) * 3, "d_hidden": (512,) * 3, "d_slope": 0.0},
    ),
    "wgan-gp": Preset(
        "Gulrajani et al. 2017, algorithm 1",
        "a penalty in place of clipping; networks and epochs are open there for an MLP on MNIST: 512 wide, 100",
        {"epochs": 100, "batch_size": 64, "objective": "wasserstein", "lr": 1e-4, "beta1": 0.0, "beta2": 0.9,
         "d_steps": 5, "wgan_gp": 10.0, "init": "he", "g_hidden": (512,) * 3, "d_hidden": (512,) * 3, "d_slope": 0.0},
    ),
    "sngan": Preset(
        "Miyato et al. 2018, sections 3 and 4",
        "spectral normalisation and the hinge, the Adam of its ResNets; an MLP's width and epochs are open: 512, 100",
        {"epochs": 100, "batch_size": 64, "objective": "hinge", "lr": 2e-4, "beta1": 0.0, "beta2": 0.9, "d_steps": 5,
         "spectral": True, "init": "glorot", "g_hidden": (512, 512), "d_hidden": (512, 512), "d_slope": 0.1},
    ),
    "pacgan-ring": Preset(
        "Lin et al. 2018, section 4.1, and the settings published with it",
        "maxout D, BatchNorm G, packing 2; take --packing 1 --epochs 400 and --packing 4 --epochs 1600 for its other "
        "rows: an epoch there is 100,000 packs. There, G ran once for each place in a pack: BatchNorm saw 100 rows",
        PACGAN | {"data": "ring"},
    ),
    "pacgan-grid": Preset(
        "Lin et al. 2018, section 4.1, and the settings published with it", "the same on the grid",
        PACGAN | {"data": "grid"},
    ),
}  # fmt: skip


COLUMNS = ("preset", "objective", "G", "D", "optimizer, rate, decays", "batch", "epochs", "and")
IN_COLUMNS = {
    "objective", "optimizer", "lr", "beta1", "beta2", "momentum", "batch_size", "epochs", "latent_dim", "g_hidden",
    "d_hidden", "g_slope", "d_slope", "maxout",
}  # fmt: skip


def row(name):
    """One preset as the words of COLUMNS; the last are its flags off their defaults that stand in no other column."""

    def flag(name, value):
        words = [name.replace("_", "-"), f"{value:.8g}" if isinstance(value, float) else str(value)]
        return " ".join(words[: 1 if value is True else 2])

    s = PRESETS[name].with_flags()
    widths = {net: "-".join(map(str, hidden)) for net, hidden in (("G", s.g_hidden), ("D", s.d_hidden))}
    betas = {"adam": f" {s.beta1:g} {s.beta2:g}", "rmsprop": f" {s.beta2:g}", "sgd": f" {s.momentum:g}"}
    rest = [
        flag(f.name, value)
        for f in fields(s)
        if f.name not in IN_COLUMNS and (value := getattr(s, f.name)) != f.default
    ]
    g, d = f"leaky {s.g_slope:g}" if s.g_slope else "relu", f"leaky {s.d_slope:g}" if s.d_slope else "relu"
    return (
        name,
        s.objective,
        f"{s.latent_dim}-{widths['G']} {g}",
        f"{widths['D']} {f'maxout {s.maxout}' if s.maxout else d}",
        f"{s.optimizer} {s.lr:g}{betas[s.optimizer]}",
        str(s.batch_size),
        str(s.epochs),
        ", ".join(rest),
    )


def command(preset, settings):
    """The line that runs these settings: the preset, and a flag for each setting in which they differ from it."""

    def flag(name, value):
        name = name.replace("_", "-")
        if isinstance(value, bool):
            return f"--{name}" if value else f"--no-{name}"
        return f"--{name} {shlex.join(map(str, value if isinstance(value, tuple | list) else [value]))}"

    own, words = PRESETS[preset].with_flags(), [f"python -m minigan.train --preset {preset}"]
    for f in fields(settings):
        theirs, ours = (flag(f.name, getattr(s, f.name)) for s in (settings, own))
        if theirs != ours:
            words.append(theirs)
    return " ".join(words)


def table():
    """All presets as text: a table of their settings, then the rest of them and where each is from."""
    rows = [COLUMNS, *map(row, PRESETS)]
    widths = [max(len(r[i]) for r in rows) for i in range(len(COLUMNS) - 1)]
    lines = ["  ".join(word.ljust(w) for word, w in zip(r, widths, strict=False)).rstrip() for r in rows]
    for (name, *_, rest), preset in zip(rows[1:], PRESETS.values(), strict=True):
        words = f"{name}: {rest or 'no other flag'}. From {preset.source}; {preset.note}."
        lines += ["", textwrap.fill(words, 110, subsequent_indent="  ", break_on_hyphens=False)]
    return "\n".join(lines)
