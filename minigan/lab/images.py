"""What the page draws of images: samples of G with D's opinion of each, one's own sample, and images close to it."""

import numpy as np

from minigan.ground.errors import ArgumentError
from minigan.lab.plane import opinion, packed
from minigan.metrics import neighbours
from minigan.recipes import sampling
from minigan.runs.images import to_unit

N_SAMPLES, N_REAL, N_SLIDERS, N_NEAR = 100, 10, 12, 5
FAR = 3.0  # the largest number that a slider puts into z


class Images:
    """The view of images.

    z (N_SAMPLES, latent_dim + k): what G makes the samples from; the same as in train's pictures.
    own (1, latent_dim + k): what G makes one's own sample from. The page changes its first numbers and its label.
    """

    kind, seconds = "images", 1 / 6  # from one picture to the next, at least

    def __init__(self, settings, data, z, own=None):
        """own: that of the last view, if it is to be kept."""
        self.settings, self.data, self.z = settings, data, z[:N_SAMPLES]
        self.own = self.z[:1].copy() if own is None else own
        self.labels = data.n_classes if settings.conditional else 0
        names = list(data.classes) or [str(k) for k in range(self.labels)]
        height, width, *channels = data.shape
        real = data.batch(slice(N_REAL))
        self.about = {
            "shape": [height, width, *(channels or [1])], "labels": names[: self.labels], "real": self.pixels(real),
            "sliders": min(N_SLIDERS, settings.latent_dim), "near": N_NEAR, "reals": N_REAL,
        }  # fmt: skip

    def picture(self, training, G, D):
        """One picture, ready for JSON; None if the numbers have overflowed. G, D: the networks to show."""
        settings, z = self.settings, np.concatenate([self.z, self.own])
        real = sampling.real_batch(settings, training.data, slice(N_REAL))
        x = np.concatenate([G(z), real])  # with their labels, if there are any
        s = D(np.repeat(x, settings.packing, axis=0))[:, 0]  # a pack of one image
        if not (np.isfinite(s).all() and np.isfinite(x).all()):
            return None
        return {
            "samples": self.pixels(sampling.generate(settings, self.data, G, z)),
            "opinions": packed(opinion(settings, s)),
            "z": np.round(self.own[0, : self.about["sliders"]].astype(float), 2).tolist(),
            "label": int(self.own[0, settings.latent_dim :].argmax()) if self.labels else None,
        }

    def pixels(self, x):
        return packed(to_unit(x, self.data.shape))

    def pick(self, number):
        """Make one of the samples one's own."""
        if type(number) is not int or not 0 <= number < len(self.z):
            raise ArgumentError(f"choose a sample from 0 to {len(self.z) - 1}.")
        self.own = self.z[number : number + 1].copy()

    def turn(self, which):
        """which: [i, v]. Put v into the i-th number of one's own z."""
        good = isinstance(which, list) and len(which) == 2 and all(type(v) in (int, float) for v in which)
        if not good or which[0] not in range(self.about["sliders"]) or not abs(which[1]) <= FAR:
            raise ArgumentError(f"a slider puts a number from -{FAR:g} to {FAR:g} into z.")
        self.own[0, which[0]] = which[1]

    def label(self, number):
        """Draw one's own sample with this label."""
        if type(number) is not int or not 0 <= number < self.labels:
            raise ArgumentError("there is no such label.")
        self.own[0, self.settings.latent_dim :] = np.arange(self.labels) == number

    def near(self, G):
        """The training images nearest to one's own sample, and their distances; see neighbours.nearest."""
        x = sampling.generate(self.settings, self.data, G, self.own)
        if not np.isfinite(x).all():
            raise ArgumentError("the numbers have overflowed; begin anew.")
        index, distances = neighbours.nearest(x, self.data, N_NEAR)
        return {"pixels": self.pixels(self.data.batch(index[0])), "distances": np.round(distances[0], 2).tolist()}
