"""Loads the generator of a trained run, to draw samples from."""

import math
from types import SimpleNamespace

from minigan.ground.errors import ArgumentError, CheckpointError, brief
from minigan.recipes.builders import generator
from minigan.recipes.settings import Settings
from minigan.runs import checkpoint


def load_generator(path):
    """(G with its averaged weights, its Settings, its data) of a run's folder or of a checkpoint.

    The data has what `recipes.sampling` needs to draw: n_x, shape, is_images, n_classes and classes, but no samples.
    Raises CheckpointError.
    """
    arrays, meta = checkpoint.load(path)
    try:
        settings, shape = Settings(**meta["settings"]), tuple(map(int, meta["shape"]))
        n_classes = int(meta["n_classes"]) if settings.conditional else 0
        classes = tuple(map(str, meta.get("classes", ()))) if settings.conditional else ()
        if len(shape) not in (1, 2, 3) or min(shape) < 1 or n_classes < 0 or len(classes) not in (0, n_classes):
            raise ValueError(f"samples of shape {shape} in {n_classes} classes")
        data = SimpleNamespace(
            n_x=math.prod(shape), is_images=len(shape) > 1, shape=shape, n_classes=n_classes, classes=classes
        )
        G = generator(settings, data)
    except (KeyError, IndexError, TypeError, ValueError, OverflowError, MemoryError, ArgumentError) as error:
        raise CheckpointError(f"{path} describes no generator that this minigan knows ({brief(error)}).") from None
    checkpoint.fill(G.theta, arrays.get("average"), "average")
    return G, settings, data
