"""The settings of a run: what you can ask for, which settings contradict each other, and which have no effect."""

import math
from dataclasses import dataclass
from typing import Literal

from minigan.gan.more_objectives import Hinge, LeastSquares, Wasserstein
from minigan.gan.objectives import Minimax, NonSaturating
from minigan.gan.relativistic import Relativistic
from minigan.ground.errors import ArgumentError
from minigan.nn.initial import INITIAL
from minigan.recipes.option import Limit, option, options

OBJECTIVES = {"non-saturating": NonSaturating, "minimax": Minimax, "least-squares": LeastSquares,
              "wasserstein": Wasserstein, "hinge": Hinge, "relativistic": Relativistic}  # fmt: skip

KNOWN = ("mnist", "fashion", "kmnist", "emnist-digits", "emnist-letters", "cifar10")
POINTS = ("ring", "grid", "spiral", "moons", "line", "point")
NAMES = ("auto", *KNOWN, "drawn", "stacked", *POINTS)  # any other data are a folder or a file

COUNT = Limit(lambda v: 1 <= v <= 10**6, "from 1 to 1000000")
NOT_NEGATIVE = Limit(lambda v: 0 <= v < math.inf, "0 or more")
POSITIVE = Limit(lambda v: 0 < v < math.inf, "above 0")
RATE = Limit(lambda v: 0 <= v < 1, "at least 0 and below 1")
SHARE = Limit(lambda v: 0 <= v <= 1, "from 0 to 1")
SIDE = Limit(lambda v: 4 <= v <= 256, "from 4 to 256")
FACTOR = Limit(lambda v: 0 < v <= 1, "above 0 and at most 1")


@dataclass(frozen=True)
class Settings:
    """Everything that decides the result of a run. Each field is a flag of train; by default all cures are off.

    Raises ArgumentError if a value is not valid or if two settings contradict each other.
    """

    data: str = option(
        "data", "auto", "a folder of pictures, whose subfolders become labels; a .npy or .npz file; or a name: "
        f"{', '.join(KNOWN)} (downloaded once), drawn (digits, no download), stacked (three digits in one colour "
        f"image), {', '.join(POINTS)}, or auto: mnist, or drawn if MNIST can be neither found nor downloaded",
        metavar="DATA",
    )  # fmt: skip
    data_dir: str | None = option("data", None, "folder with the files of mnist, fashion and so on", metavar="FOLDER")
    vary: float = option("data", 0.6, "how much the drawn digits vary, from 0 to 1", SHARE)
    size: int = option("data", 28, "side of the square images made of a folder's pictures, in pixels", SIDE)
    colour: bool = option("data", False, "keep the colours of a folder's pictures")

    conditional: bool = option("networks", False, "tell both networks the label of each sample")
    latent_dim: int = option("networks", 100, "length of the noise vector z", COUNT)
    noise: str = option("networks", "normal", "distribution of z; its variance is 1", None, ("normal", "uniform"))
    g_hidden: tuple[int, ...] = option(
        "networks", (256, 256), "widths of G's hidden layers; without a value there are none", COUNT
    )
    d_hidden: tuple[int, ...] = option(
        "networks", (256, 256), "widths of D's hidden layers; without a value there are none", COUNT
    )
    g_slope: float = option("networks", 0.0, "slope of G's LeakyReLU for negative inputs; 0 is a ReLU", RATE)
    d_slope: float = option("networks", 0.2, "slope of D's LeakyReLU for negative inputs; 0 is a ReLU", RATE)
    maxout: int = option("networks", 0, "pieces of each maxout unit in D; 0 uses LeakyReLU instead", NOT_NEGATIVE)
    g_batchnorm: int = option("networks", 0, "use BatchNorm in this many of G's last hidden layers", NOT_NEGATIVE)
    d_batchnorm: int = option("networks", 0, "use BatchNorm in this many of D's last hidden layers", NOT_NEGATIVE)
    batchnorm_eps: float = option("networks", 1e-5, "BatchNorm adds this to the variance", POSITIVE)
    output: str = option(
        "networks", "tanh", "G's last layer, for images: tanh (-1 to 1) or sigmoid (0 to 1)", None, ("tanh", "sigmoid")
    )
    init: str = option("networks", "lecun", "initial weights", None, INITIAL)
    d_init: str | None = option("networks", None, "initial weights of D, if they differ from G's", None, INITIAL)

    objective: str = option("objective", "non-saturating", "the losses of D and G", None, OBJECTIVES)
    d_steps: int = option("objective", 1, "steps of D in each round, each on a batch of its own", COUNT)
    g_steps: int = option("objective", 1, "steps of G in each round", COUNT)
    simultaneous: bool = option("objective", False, "compute G's step with D as it was before D's step")
    shared_noise: bool = option("objective", False, "use the same noise for the steps of D and G")

    r1: float = option("cures", 0.0, "weight of the R1 penalty on D's gradient at real samples; 0 is off", NOT_NEGATIVE)
    r2: float = option("cures", 0.0, "weight of the R2 penalty on D's gradient at fake samples; 0 is off", NOT_NEGATIVE)
    r1_every: int = option(
        "cures", 1, "apply the gradient penalty in every k-th round only, with k times its weight", COUNT
    )
    wgan_gp: float = option(
        "cures", 0.0, "weight of the WGAN-GP penalty on D's gradient between real and fake samples; 0 is off",
        NOT_NEGATIVE,
    )  # fmt: skip
    clip: float = option("cures", 0.0, "clip D's weights to this size after each of its steps; 0 is off", NOT_NEGATIVE)
    spectral: bool = option("cures", False, "spectral normalisation of D's Dense layers")
    label_smoothing: float = option(
        "cures", 0.0, "train D with the target 1 minus this for real samples; 0 is off", RATE
    )
    packing: int = option("cures", 1, "number of samples that D judges together", COUNT)
    dropout: float = option("cures", 0.0, "dropout rate of D's hidden layers; 0 is off", RATE)
    input_dropout: float = option("cures", 0.0, "dropout rate of D's input; 0 is off", RATE)
    ema: float = option("cures", 0.0, "decay of the average of G's weights, which draws the samples; 0 is off", RATE)

    epochs: int = option("optimisation", 20, "passes over the data; 0 draws samples without training", NOT_NEGATIVE)
    batch_size: int = option("optimisation", 128, "samples in each step; with --packing, packs in each step", COUNT)
    optimizer: str = option("optimisation", "adam", "optimizer of both networks", None, ("adam", "rmsprop", "sgd"))
    lr: float = option("optimisation", 2e-4, "learning rate", POSITIVE)
    d_lr: float | None = option("optimisation", None, "learning rate of D, if it differs from G's", POSITIVE)
    lr_decay: float = option("optimisation", 0.0, "final share of the run in which the learning rate falls to 0", SHARE)
    lr_factor: float = option("optimisation", 1.0, "multiply the learning rate by this after each round", FACTOR)
    beta1: float = option("optimisation", 0.5, "decay of Adam's average of gradients", RATE)
    beta2: float = option("optimisation", 0.999, "decay of the average of squared gradients (adam, rmsprop)", RATE)
    momentum: float = option("optimisation", 0.0, "momentum of sgd", RATE)
    final_momentum: float | None = option(
        "optimisation", None, "let the momentum of sgd change to this by the end of the run", RATE
    )

    log_every: int = option("run", 100, "average this many rounds in each row of metrics.csv", COUNT)
    evaluate_every: int = option(
        "run", 0, "write the Frechet distance to metrics.csv every this many epochs; 0 is never", NOT_NEGATIVE
    )
    device: str = option("run", "cpu", "where to compute", None, ("cpu", "gpu"))
    threads: int | Literal["auto"] = option(
        "run", "auto", "threads for matrix products on the CPU; auto measures which number is fastest",
        COUNT, metavar="N",
    )  # fmt: skip
    seed: int = option("run", 0, "seed of all random numbers", NOT_NEGATIVE)

    def __post_init__(self):
        for o in options(Settings):
            o.check(getattr(self, o.name))
        for condition, reason in self.contradictions():
            if condition:
                raise ArgumentError(reason)

    def contradictions(self):
        """Pairs (whether the settings contradict each other in this way, the reason and the remedy)."""
        penalty = self.r1 or self.r2 or self.wgan_gp
        yield (
            (self.r1 or self.r2) and self.wgan_gp,
            "--r1 and --r2 penalise D's gradient in another way than --wgan-gp; choose one (--r1 0 --r2 0).",
        )
        yield (
            penalty and self.d_batchnorm,
            "a gradient penalty needs D's gradient for each sample alone, but --d-batchnorm mixes the samples of a "
            "batch; drop one (--r1 0 --r2 0).",
        )
        yield (
            self.spectral and self.d_batchnorm,
            "--d-batchnorm rescales the layers that --spectral has bounded; drop one.",
        )
        yield (
            self.clip and self.wgan_gp,
            "--clip keeps D's gradient below the size that --wgan-gp aims for; drop one.",
        )
        yield (
            self.clip and self.spectral,
            "--clip has no effect with --spectral, which divides by the size of the weights; drop one.",
        )
        yield (
            self.optimizer != "sgd" and (self.momentum or self.final_momentum is not None),
            "--momentum and --final-momentum need --optimizer sgd.",
        )
        yield (
            self.objective == "wasserstein" and not (penalty or self.clip or self.spectral),
            "--objective wasserstein grows without limit unless D's gradient is bounded: add --wgan-gp 10, --r1 1, "
            "--spectral or --clip 0.01.",
        )
        yield (
            self.label_smoothing and self.objective in ("wasserstein", "hinge", "relativistic"),
            f"--label-smoothing changes D's targets, but --objective {self.objective} has no targets; drop one.",
        )
        yield (
            self.simultaneous and (self.d_steps, self.g_steps) != (1, 1),
            "--simultaneous needs one step of D and one of G in each round; drop it, or --d-steps and --g-steps.",
        )
        for name, hidden, n in (("g", self.g_hidden, self.samples_per_step), ("d", self.d_hidden, self.batch_size)):
            layers = getattr(self, f"{name}_batchnorm")
            yield (
                layers > len(hidden),
                f"--{name}-batchnorm must be at most the number of hidden layers, {len(hidden)}.",
            )
            yield layers and n < 2, f"--{name}-batchnorm needs a --batch-size of 2 or more."

    def without_effect(self):
        """The names of settings that the other settings leave without effect."""
        folder = self.data not in NAMES and not self.data.lower().endswith((".npy", ".npz"))
        used = {
            "r1_every": self.r1 or self.r2 or self.wgan_gp,
            "beta1": self.optimizer == "adam",
            "beta2": self.optimizer != "sgd",
            "d_slope": not self.maxout,
            "batchnorm_eps": self.g_batchnorm or self.d_batchnorm,
            "vary": self.data in ("auto", "drawn", "stacked"),
            "data_dir": self.data in ("auto", "stacked", *KNOWN),
            "size": folder,
            "colour": folder,
        }
        return {name for name, yes in used.items() if not yes}

    @property
    def of_data(self):
        """The settings that `data.load` takes beside the name of the data."""
        return {name: getattr(self, name) for name in ("data_dir", "seed", "vary", "size", "colour")}

    @property
    def probable(self):
        """Whether sigmoid(s) of D's score s is the probability that a sample is real. It depends on the objective."""
        return self.objective in ("non-saturating", "minimax")

    @property
    def samples_per_step(self):
        """Real samples that one step of D takes."""
        return self.batch_size * self.packing

    @property
    def samples_per_round(self):
        """Real samples that one round takes."""
        return self.samples_per_step * self.d_steps
