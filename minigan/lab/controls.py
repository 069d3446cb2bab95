"""The controls of the page: which settings it shows, and which values it takes."""

import numpy as np

from minigan.data import N_POINTS, POINTS, Dataset
from minigan.errors import ArgumentError
from minigan.lab import view
from minigan.recipes.option import options
from minigan.recipes.settings import Settings

DRAWN = "points.npy"  # the name of the data that were drawn on the page
CONTROLS = (
    "data", "objective", "lr", "d_lr", "lr_decay", "beta1", "beta2", "batch_size", "d_steps", "g_steps", "simultaneous",
    "shared_noise", "r1", "r2", "r1_every", "wgan_gp", "clip", "spectral", "dropout", "label_smoothing", "packing",
    "ema", "latent_dim", "noise", "g_hidden", "d_hidden", "epochs",
)  # fmt: skip


def described(settings, edge, data):
    """What the page needs beside its pictures: its controls with their values, and some real samples."""
    own = settings.data not in POINTS  # once it is saved, its name is that of the run's file
    choices = {"data": [*POINTS, *[settings.data] * own]}
    controls = []
    for o in options(Settings):
        if o.name in CONTROLS:
            value, names = getattr(settings, o.name), choices.get(o.name, list(o.choices))
            controls.append({
                "name": o.name, "flag": o.flag, "help": o.help, "choices": names,
                "kind": "choice" if names else "check" if o.type is bool else "text",
                "value": "" if value is None else " ".join(map(str, value)) if o.several else str(value),
            })  # fmt: skip
    return {"controls": controls, "drawn": own, "seed": settings.seed, "real": view.whole(data.x[:400], edge)}


def bounded(settings):
    """Raise ArgumentError if one round would take so long that the page no longer reacts."""
    for widths in (settings.g_hidden, settings.d_hidden, (settings.latent_dim,)):
        if len(widths) > 8 or max(widths) > 1024:
            raise ArgumentError("the lab takes at most 8 hidden layers of at most 1024 units, and as long a z.")
    if settings.d_steps * settings.g_steps > 100:
        raise ArgumentError("the lab takes at most 100 steps in a round.")
    if settings.samples_per_step > 4096:
        raise ArgumentError("the lab takes at most 4096 samples in a step: --batch-size times --packing.")


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
