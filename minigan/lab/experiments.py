"""Experiments that teach: settings with which a GAN in the plane fails, and those that cure it.

tests/lab/test_experiments.py runs them, and asserts what their words claim.
"""

from typing import Any, NamedTuple


class Experiment(NamedTuple):
    """words, settings: what goes wrong, and how the preset toy must be changed for it. cure_words, cure: likewise.

    The cure is applied to the same networks while they train. Only packing begins anew, because D gets more inputs.
    """

    title: str
    words: str
    settings: dict[str, Any]
    cure_words: str
    cure: dict[str, Any]


EXPERIMENTS = (
    Experiment(
        "The gradient vanishes",
        "G minimises log(1 - D), the loss of the first GAN paper, and D takes five steps for each of G's. Soon D is "
        "sure of every sample, the gradient that reaches G is almost 0, and G stops learning.",
        {"objective": "minimax", "d_steps": 5, "r1": 0.0, "epochs": 100},
        "The non-saturating loss has its largest gradient where D rejects G's samples, and R1 keeps D's slope from "
        "becoming 0. G comes back.",
        {"objective": "non-saturating", "r1": 0.1},
    ),
    Experiment(
        "Modes collapse",
        "G takes three steps for each of D's. So it can put all of its samples into the one place that D likes best, "
        "and when D rejects that place, all of them move on together.",
        {"g_steps": 3, "beta1": 0.5, "beta2": 0.999, "r1": 0.0, "lr_decay": 0.0, "epochs": 100},
        "With packing, D judges two samples together. Two samples in one place give G away, so it spreads out over "
        "many modes. D gets more inputs, and so the training begins anew.",
        {"packing": 2},
    ),
    Experiment(
        "G and D chase each other",
        "The Dirac GAN: the data are a single point, and neither network has a hidden layer. G runs past the point, D "
        "turns around, and so on forever. To follow them, choose 20 rounds per second.",
        {
            "data": "point",
            "g_hidden": (),
            "d_hidden": (),
            "init": "gaussian",
            "optimizer": "sgd",
            "lr": 0.3,
            "simultaneous": True,
            "shared_noise": True,
            "r1": 0.0,
            "lr_decay": 0.0,
            "epochs": 100,
        },
        "R1 makes D flatter at the real point. The circles become smaller, and G comes to rest on the point.",
        {"r1": 0.3},
    ),
    Experiment(
        "D takes many steps",
        "D takes twenty steps for each of G's, with momentum and without R1. Its slopes become so steep that they "
        "throw G's samples past the modes.",
        {"d_steps": 20, "beta1": 0.9, "r1": 0.0, "epochs": 100},
        "One step for each player, without momentum and with R1: D's slopes become gentle, and G's samples settle on "
        "the modes.",
        {"d_steps": 1, "beta1": 0.0, "r1": 0.01},
    ),
    Experiment(
        "WGAN without a bound",
        "The critic of a Wasserstein GAN must not be steeper than 1. Here its weights may be as large as 100, which "
        "is no bound at all: its scores and slopes grow without limit.",
        {"objective": "wasserstein", "clip": 100.0, "d_steps": 2, "r1": 0.0, "epochs": 100},
        "The gradient penalty of WGAN-GP pulls the slopes towards 1. D's advice becomes gentle, and G can follow it.",
        {"clip": 0.0, "wgan_gp": 1.0, "d_steps": 5},
    ),
    Experiment(
        "Why the average is better",
        "The learning rate is high and never falls, so G keeps circling around its optimum. Its samples jump, and few "
        "of them are on a mode.",
        {"lr": 0.004, "lr_decay": 0.0},
        "The picture now shows a running average of G's weights. The training is the same, but the circles average "
        "out.",
        {"ema": 0.995},
    ),
)
