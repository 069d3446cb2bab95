"""The settings of a run: what can be asked for, and what contradicts what."""

import math
from dataclasses import dataclass, field, fields
from typing import get_args, get_origin, get_type_hints

from minigan.errors import ArgumentError
from minigan.gan.more_objectives import Hinge, LeastSquares, Wasserstein
from minigan.gan.objectives import Minimax, NonSaturating
from minigan.nn.initial import INITIAL

OBJECTIVES = {"non-saturating": NonSaturating, "minimax": Minimax, "least-squares": LeastSquares,
              "wasserstein": Wasserstein, "hinge": Hinge}  # fmt: skip

COUNT = (lambda v: 1 <= v <= 10**6, "in 1..1000000")
NOT_NEGATIVE = (lambda v: 0 <= v < math.inf, "0 or more")
POSITIVE = (lambda v: v is None or 0 < v < math.inf, "above 0")
DECAY = (lambda v: v is None or 0 <= v < 1, "at least 0 and below 1")
SHARE = (lambda v: 0 <= v <= 1, "in 0..1")
FACTOR = (lambda v: 0 < v <= 1, "above 0 and at most 1")


def setting(default, help, limit=None):
    """A field of Settings: its help text, and its choices or (test, the test in words)."""
    return field(default=default, metadata={"help": help, "limit": limit})


@dataclass(frozen=True)
class Settings:
    """Everything that decides a run's result; each field is a flag of train. By default all cures are off."""

    data: str = setting("auto", "auto, mnist, drawn, ring, grid, spiral, or a .npy or .npz file of your own")
    data_dir: str | None = setting(None, "folder that holds MNIST's files")
    vary: float = setting(0.6, "how much the drawn digits vary, 0 to 1", SHARE)
    conditional: bool = setting(False, "tell both networks each sample's label")
    epochs: int = setting(20, "passes over the data; 0 writes the untrained samples", NOT_NEGATIVE)
    batch_size: int = setting(128, "samples in each step; with --packing, packs of them", COUNT)
    objective: str = setting("non-saturating", "what D and G want", tuple(OBJECTIVES))
    optimizer: str = setting("adam", "how both networks move", ("adam", "rmsprop", "sgd"))
    lr: float = setting(2e-4, "learning rate", POSITIVE)
    d_lr: float | None = setting(None, "learning rate of D, if another", POSITIVE)
    lr_decay: float = setting(0.0, "share of the run, at its end, over which learning rates fall to 0", SHARE)
    lr_factor: float = setting(1.0, "what learning rates are multiplied by after each round", FACTOR)
    beta1: float = setting(0.5, "decay of Adam's average of gradients", DECAY)
    beta2: float = setting(0.999, "decay of Adam's (rmsprop's) average of squared gradients", DECAY)
    momentum: float = setting(0.0, "momentum of sgd", DECAY)
    final_momentum: float | None = setting(None, "momentum of sgd at the end of the run, if another", DECAY)
    d_steps: int = setting(1, "steps of D a round, each on samples of its own", COUNT)
    g_steps: int = setting(1, "steps of G a round", COUNT)
    simultaneous: bool = setting(False, "G answers the D that D's step began with, not the one it made")
    shared_noise: bool = setting(False, "G's step uses the noise of D's step, not its own")
    r1: float = setting(0.0, "weight gamma of the R1 penalty on D's slope at real samples", NOT_NEGATIVE)
    wgan_gp: float = setting(0.0, "weight of WGAN-GP's penalty on D's slope between real and fake", NOT_NEGATIVE)
    clip: float = setting(0.0, "bound of D's weights, enforced after each step", NOT_NEGATIVE)
    spectral: bool = setting(False, "spectral normalisation of D's Dense layers")
    label_smoothing: float = setting(0.0, "how far D's target for real samples lies below 1", DECAY)
    packing: int = setting(1, "samples that D sees at once", COUNT)
    ema: float = setting(0.0, "decay of the average of G's weights that draws the samples, warmed up; 0 is none", DECAY)
    init: str = setting("lecun", "initial weights", tuple(INITIAL))
    d_init: str | None = setting(None, "initial weights of D, if others", (None, *INITIAL))
    noise: str = setting("normal", "distribution of the noise z, of variance 1", ("normal", "uniform"))
    latent_dim: int = setting(100, "length of the noise z", COUNT)
    g_hidden: tuple[int, ...] = setting((256, 256), "widths of G's hidden layers", COUNT)
    d_hidden: tuple[int, ...] = setting((256, 256), "widths of D's hidden layers", COUNT)
    g_slope: float = setting(0.0, "slope of G's LeakyReLU below 0; 0 makes it a ReLU", DECAY)
    d_slope: float = setting(0.2, "the same for D", DECAY)
    g_batchnorm: int = setting(0, "how many of G's hidden layers, counted from its end, have BatchNorm", NOT_NEGATIVE)
    d_batchnorm: int = setting(0, "the same for D", NOT_NEGATIVE)
    batchnorm_eps: float = setting(1e-5, "BatchNorm's eps", POSITIVE)
    maxout: int = setting(0, "pieces of D's maxout units; 0 makes them LeakyReLU", NOT_NEGATIVE)
    dropout: float = setting(0.0, "dropout rate behind D's hidden layers", DECAY)
    input_dropout: float = setting(0.0, "dropout rate of D's input, with its label", DECAY)
    output: str = setting("tanh", "how G ends: images in -1..1 or in 0..1", ("tanh", "sigmoid"))
    log_every: int = setting(
        100, "rounds that a row of metrics.csv is the mean of, or fewer at the end of an epoch", COUNT
    )
    evaluate_every: int = setting(0, "epochs between Frechet distances in metrics.csv; 0 is never", NOT_NEGATIVE)
    device: str = setting("cpu", "where the arrays live", ("cpu", "gpu"))
    seed: int = setting(0, "seed of all randomness", NOT_NEGATIVE)

    def __post_init__(self):
        hints = get_type_hints(Settings)
        for f in fields(self):
            value, limit, hint = getattr(self, f.name), f.metadata["limit"], hints[f.name]
            flag, several = f"--{f.name.replace('_', '-')}", get_origin(hint) is tuple
            values, kinds = value if several else (value,), get_args(hint) or (hint,)
            kinds = (*kinds, int) if float in kinds else kinds
            if several != isinstance(value, (tuple, list)) or not values or any(type(v) not in kinds for v in values):
                raise ArgumentError(f"{flag} must be {kinds[0].__name__}{' ...' if several else ''}, not {value!r}.")
            if limit and callable(limit[0]):
                test, words = limit
                if not all(map(test, values)):
                    raise ArgumentError(f"{flag} must be {words}, not {value}.")
            elif limit and value not in limit:
                raise ArgumentError(f"{flag} must be one of {', '.join(filter(None, limit))}, not {value}.")
        for condition, reason in self.contradictions():
            if condition:
                raise ArgumentError(reason)

    def contradictions(self):
        """(whether it is so, why it makes no sense), for settings that do not go together."""
        penalty = self.r1 or self.wgan_gp
        yield (
            self.r1 and self.wgan_gp,
            "--r1 and --wgan-gp both shape D's slope, to different ends; choose one.",
        )
        yield (
            penalty and self.d_batchnorm,
            "a gradient penalty is per sample, but with --d-batchnorm D judges no sample alone; drop one (--r1 0).",
        )
        yield (
            self.spectral and self.d_batchnorm,
            "--d-batchnorm scales D's layers up again after --spectral has bounded them; drop one.",
        )
        yield (
            self.clip and self.wgan_gp,
            "--clip shrinks D's weights below what --wgan-gp wants its slope to be; drop one.",
        )
        yield (
            self.clip and self.spectral,
            "--spectral divides the size of D's weights away, so that --clip would bound nothing; drop one.",
        )
        yield (
            self.optimizer != "sgd" and (self.momentum or self.final_momentum is not None),
            "--momentum and --final-momentum are for --optimizer sgd.",
        )
        yield (
            self.objective == "wasserstein" and not (penalty or self.clip or self.spectral),
            "--objective wasserstein grows without end unless D's slope is bounded: add --wgan-gp 10, --r1 1, "
            "--spectral or --clip 0.01.",
        )
        yield (
            self.label_smoothing and self.objective in ("wasserstein", "hinge"),
            f"--label-smoothing moves the target of real samples, but --objective {self.objective} has no targets.",
        )
        yield (
            self.simultaneous and (self.d_steps, self.g_steps) != (1, 1),
            "--simultaneous is for one step of each; drop it or --d-steps and --g-steps.",
        )
        for name, hidden, n in (
            ("g", self.g_hidden, self.samples_a_step),
            ("d", self.d_hidden, self.batch_size),
        ):
            layers = getattr(self, f"{name}_batchnorm")
            yield layers > len(hidden), f"--{name}-batchnorm is more than the {len(hidden)} hidden layers there are."
            yield layers and n < 2, f"--{name}-batchnorm needs a --batch-size of 2 or more."

    @property
    def probable(self):
        """Whether sigmoid(s) is the probability that a sample is real, to this objective."""
        return self.objective in ("non-saturating", "minimax")

    @property
    def samples_a_step(self):
        return self.batch_size * self.packing

    @property
    def samples_a_round(self):
        return self.samples_a_step * self.d_steps
