"""The controls of the page: which settings it shows, which values it takes, and what a change keeps."""

from dataclasses import replace

import numpy as np

from minigan.data import N_POINTS, NAMES, Dataset
from minigan.ground.errors import ArgumentError
from minigan.lab.experiments import EXPERIMENTS
from minigan.recipes.option import options
from minigan.recipes.settings import Settings
from minigan.runs import distance
from minigan.runs.start import begun, check_size
from minigan.runs.threads import settled

DRAWN = "points.npy"  # the name of the data that were drawn on the page
DATA = NAMES[1:]  # without auto, which is one of the others
CONTROLS = (
    "data", "objective", "optimizer", "lr", "d_lr", "lr_decay", "beta1", "beta2", "momentum", "batch_size", "d_steps",
    "g_steps", "simultaneous", "shared_noise", "r1", "r2", "r1_every", "wgan_gp", "clip", "spectral", "dropout",
    "label_smoothing", "packing", "ema", "latent_dim", "noise", "g_hidden", "d_hidden", "epochs", "evaluate_every",
)  # fmt: skip
# all that the page's commands may contain
FLAGS = (*CONTROLS, "conditional", "init", "seed", "data_dir", "size", "colour", "threads")
LARGEST = 3 * 64 * 64  # values of an image; the page gets 100 images several times a second


def prepared(given, dataset=None):
    """(name of the preset, Settings, Dataset) for these flags of train: by default the ring, and its preset.

    dataset: takes the place of what --data names. Where there is a distance, it is measured after every epoch. Raises
    ArgumentError, and DataError if the data cannot be read.
    """
    preset, settings, data = begun(None, {"data": "ring"} | given, dataset)
    if not data.is_images and "threads" not in given:
        given = given | {"threads": 1}  # the fastest for such small networks, and the browser needs a core, too
        settings = replace(settings, threads=1)
    settings, _ = settled(settings, data, given)
    if data.is_images and data.name != "stacked" and "evaluate_every" not in given:
        settings = replace(settings, evaluate_every=1)
    check(settings, data)
    return preset, settings, data


def check(settings, data):
    """Raise ArgumentError if the lab cannot train with these settings so that the page still reacts."""
    for widths in (settings.g_hidden, settings.d_hidden, (settings.latent_dim,)):
        if len(widths) > 8 or max(widths, default=1) > 1024:
            raise ArgumentError("the lab takes at most 8 hidden layers of at most 1024 units, and as long a z.")
    if settings.d_steps * settings.g_steps > 100:
        raise ArgumentError("the lab takes at most 100 steps in a round.")
    if settings.samples_per_step > 4096:
        raise ArgumentError("the lab takes at most 4096 samples in a step: --batch-size times --packing.")
    if data.is_images and data.n_x > LARGEST:
        raise ArgumentError("the lab takes images of at most 64x64 pixels in colour; choose a smaller --size.")
    if settings.conditional and not data.is_images:
        raise ArgumentError("the lab shows points without their labels; drop --conditional.")
    check_size(settings, data)
    if settings.evaluate_every:
        distance.check(data)


def described(trainer):
    """What the page needs beside its pictures: its controls with their values, and what the view says about itself."""
    settings, view = trainer.training.settings, trainer.view
    own = settings.data not in DATA  # a file, or data that came from the page
    choices = {"data": [*DATA, *[settings.data] * own]}
    controls = []
    for o in options(Settings):
        if o.name in CONTROLS:
            value, names = getattr(settings, o.name), choices.get(o.name, list(o.choices))
            controls.append({
                "name": o.name, "flag": o.flag, "help": o.help, "choices": names,
                "kind": "choice" if names else "check" if o.type is bool else "text",
                "value": "" if value is None else " ".join(map(str, value)) if o.several else str(value),
            })  # fmt: skip
    experiments = [{"title": e.title, "words": e.words, "cure": e.cure_words} for e in EXPERIMENTS]
    return {"controls": controls, "experiments": experiments, "seed": settings.seed, "view": view.kind,
            "drawn": trainer.data.name == DRAWN, **view.about}  # fmt: skip


def parsed(option, words):
    """The value of a setting from the words of the page. Raises ArgumentError."""
    if option.type is bool:
        return words == "true"
    if option.several:
        return tuple(option.parse(word) for word in words.split())
    return option.parse(words) if words.strip() else None


def drawn(numbers):
    """A Dataset of as many points as the ring has, near those that were drawn.

    numbers: their coordinates x, y, x, y ... as the page has them, in thousandths of the picture's half-width. Raises
    ArgumentError.
    """
    good = isinstance(numbers, list) and all(type(v) is int and abs(v) <= 1000 for v in numbers)
    if not good or len(numbers) % 2 or not 20 <= len(numbers) <= 20_000:
        raise ArgumentError("draw between 10 and 10,000 points, all of them in the picture.")
    rng, points = np.random.default_rng(0), np.reshape(numbers, (-1, 2)) / 1000.0
    x = points[rng.integers(len(points), size=N_POINTS)] + 0.01 * rng.standard_normal((N_POINTS, 2))
    return Dataset(x.astype(np.float32), (2,), f"{N_POINTS} points near {len(points)} drawn ones", name=DRAWN)


def carry(old, new):
    """Take over weights, optimizers, random streams and the number of rounds, if the layers have the same sizes."""
    pairs: list = []
    for name in ("G", "D", "average") if new.settings.ema else ("G", "D"):
        was, now = ([layer for layer in getattr(t, name).layers if "W" in layer.parameters] for t in (old, new))
        if [layer.W.shape for layer in was] != [layer.W.shape for layer in now]:
            return False
        pairs += zip(was, now, strict=True)
    for was, now in pairs:
        now.W[...], now.b[...] = was.W, was.b
    for name in ("g_optimizer", "d_optimizer"):
        was, now = getattr(old, name), getattr(new, name)
        if was.state == now.state and was.theta.shape == now.theta.shape:
            now.t = was.t
            for state in was.state:
                getattr(now, state)[...] = getattr(was, state)
    for name, stream in old.streams.items():
        new.streams[name].bit_generator.state = stream.bit_generator.state
    new.rounds_done = old.rounds_done
    return True
