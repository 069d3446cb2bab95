"""minigan.GAN: train and sample from Python, with the habits of scikit-learn.

It runs the code of `python -m minigan.train`. Its run is in a temporary folder until you save it.
"""

import shutil
import signal
import tempfile
import weakref
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from minigan.data import own
from minigan.evaluate import labels_for
from minigan.ground.errors import ArgumentError, MiniganError, did_you_mean
from minigan.metrics import tables
from minigan.recipes.presets import PRESETS
from minigan.recipes.sampling import draw_samples, label_number
from minigan.recipes.settings import Settings
from minigan.runs import checkpoint, images, page
from minigan.runs.load import load_generator
from minigan.runs.signals import Stopped
from minigan.runs.start import prepare
from minigan.train import execute

SETTINGS = [f.name for f in fields(Settings) if f.name != "data"]


class NotFitted(MiniganError):
    """The GAN has to be trained or loaded first."""


class GAN:
    """A GAN that learns from arrays, with the settings of `python -m minigan.train`.

    preset: a name that `python -m minigan.train --list-presets` prints. By default it is the one that fits the data:
    "minigan" for grey images, "pictures" for folders and images in colour, "stacked", or "toy" for points.
    settings: any flag of train by its name, as in epochs=3, lr=1e-3, g_hidden=(64, 64), seed=1.
    Raises ArgumentError if there is no such preset or setting. Values are checked by `fit`.

    >>> import minigan
    >>> gan = minigan.GAN(epochs=1, g_hidden=(32,), d_hidden=(32,), batch_size=1000).fit("ring")
    >>> gan.sample(5, seed=1).shape
    (5, 2)
    """

    def __init__(self, preset=None, **settings):
        for name in settings:
            check_name("setting", name, SETTINGS)
        if preset is not None:
            check_name("preset", preset, PRESETS)
        self.preset, self.settings = preset, settings
        self.run: Any = None  # the folder of the run
        self.data: Any = None  # the Dataset that it was trained on, unless the run was loaded
        self.is_loaded = False

    def __repr__(self):
        given = ({"preset": self.preset} if self.preset else {}) | self.settings
        return f"GAN({', '.join(f'{name}={value!r}' for name, value in given.items())})"

    def fit(self, images, labels=None):
        """Train on images or points. Returns self.

        images: an array of images (n, height, width) or (n, height * height), in colour (n, height, width, 3), or of
        points (n, 2). Pixels are whole numbers in 0..255, or floats in 0..1 or -1..1. Or what --data accepts: a name
        ("mnist"), or the path of a folder or file.
        labels: whole numbers from 0, shape (n,), for an array of images. A conditional GAN learns them.

        Calling fit again continues the training on the same data: to the end if it was interrupted, otherwise for
        `epochs` more. Learning rates then follow the schedule of the longer training.
        A terminal and a notebook show a progress bar. Ctrl-C finishes the current round and raises KeyboardInterrupt;
        the GAN keeps what it has learned. Raises DataError if the data cannot be used, ArgumentError if settings
        contradict each other or the data, and Diverged if the numbers overflow.
        """
        if isinstance(images, str | Path):
            name, dataset = str(images), None
        else:
            name, dataset = "array", own.from_arrays(images, labels)
        continued = self.run and (self.run / checkpoint.NAME).exists()
        if continued:
            run = self._continued(name, dataset)
        else:
            run = prepare(self.preset, self._new_folder(), dataset=dataset, **self.settings | {"data": name})
        self.run, self.data, self.is_loaded = run.out, run.data, False
        try:
            execute(run, quiet=True)
        except Stopped as stopped:
            if stopped.signum == signal.SIGINT:
                raise KeyboardInterrupt("the training was interrupted; fit continues it.") from None
            raise
        finally:
            if run.resumed:
                run.resumed.lock.release()
        return self

    def _continued(self, name, dataset):
        folder = shutil.copytree(self.run, self._new_folder()) if self.is_loaded else self.run
        run = prepare(resume=folder, dataset=dataset, data=name)
        if run.training.rounds_done < run.training.rounds:
            return run
        run.resumed.lock.release()
        more = self.settings.get("epochs", PRESETS[run.preset].with_flags().epochs)
        epochs = run.training.settings.epochs + more
        return prepare(resume=folder, dataset=run.data, data=name, epochs=epochs)

    def _new_folder(self):
        folder = tempfile.mkdtemp(prefix="minigan-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(folder, "run")

    def sample(self, n=64, label=None, seed=0):
        """Draw n samples: images (n, height, width) or (n, height, width, 3), float32 in 0..1, or points (n, 2).

        label: what to draw if the GAN is conditional, one label (its name or number) or an array of n numbers. By
        default every label in turn.
        seed: the same seed gives the same samples. Raises ArgumentError if there is no such label.
        """
        G, settings, data = self._trained()
        if label is not None and not settings.conditional:
            raise ArgumentError("this GAN was trained without labels; leave out label.")
        if label is not None:
            label = np.array([label_number(one, data) for one in np.ravel(label)]).reshape(np.shape(label))
        x = draw_samples(settings, data, G, n, seed, label)
        return images.to_unit(x, data.shape) if data.is_images else x

    def evaluate(self, n=None, seed=0):
        """Measure n samples (default: 10000 images, 26000 of stacked digits, 2500 points).

        metrics/tables.py says what the figures can tell.
        Returns three dicts of figures: {"samples": {"Frechet distance": ...}, "real": {...}, "noise": {...}}.
        Raises ArgumentError for points whose modes are not known: there are no figures for them.
        """
        G, settings, data = self._trained()
        judge = tables.judge_for(data.shape, settings, self.data)
        n = min(n or judge.n, judge.most or n or judge.n)
        x = draw_samples(settings, data, G, n, seed, labels_for(judge, settings, data, n))
        return tables.measure(judge, x)

    def save(self, folder):
        """Write the run to a new folder, which all commands can read. To continue it there: `train --resume`.

        If it was trained on an array, the commands need the array as a file: `--data FILE`.
        """
        self._trained()
        shutil.copytree(self.run, folder)
        if self.data:
            page.write(Path(folder), self.data)

    @classmethod
    def load(cls, run):
        """The GAN of a run, from the folder that `save` or `python -m minigan.train` wrote. `fit` works on a copy.

        Raises CheckpointError.
        """
        _, settings, _ = load_generator(run)
        preset = checkpoint.load(run)[1].get("preset")
        gan = cls(preset, **{name: getattr(settings, name) for name in SETTINGS})
        gan.run, gan.is_loaded = Path(run), True
        return gan

    def _trained(self):
        if not (self.run and (self.run / checkpoint.NAME).exists()):
            raise NotFitted("this GAN has not been trained; call fit first, or load a run with GAN.load.")
        return load_generator(self.run)


def check_name(kind, name, known):
    """Raise ArgumentError, with the nearest name, unless `name` is one of `known`."""
    if name not in known:
        raise ArgumentError(f"there is no {kind} {name!r}{did_you_mean(name, known)}")
