"""The Frechet distance of a training's samples, measured every few epochs (--evaluate-every)."""

from minigan.data import split
from minigan.ground.backend import to_host
from minigan.ground.errors import ArgumentError
from minigan.metrics.frechet import Judge
from minigan.recipes.builders import generator
from minigan.recipes.sampling import draw_samples


def check(data):
    """Raise ArgumentError for data that have no distance: points and stacked digits."""
    if not data.is_images:
        raise ArgumentError("--evaluate-every needs images.")
    if data.name == "stacked":
        raise ArgumentError(
            "--evaluate-every measures a distance that stacked digits do not have; drop it, and count the modes of "
            "the finished run with python -m minigan.evaluate."
        )


class Distance:
    """Called with the averaged weights of G: the Frechet distance of its samples from the test images.

    floor: the distance of real images, which samples can hardly go below. judge: a Judge of these data, if there is one
    already. Raises ArgumentError as `check` does, DataError as a Judge does.
    """

    def __init__(self, settings, data, judge=None):
        check(data)
        self.settings, self.data, self.G = settings, data, generator(settings, data)
        self.judge = judge or Judge(*split(data))
        self.n = min(len(self.judge.test), self.judge.held)
        self.floor = self.judge.distance(self.judge.real(self.n))

    def __call__(self, weights):
        self.G.theta[...] = to_host(weights)
        labels = self.judge.train.some_labels(self.n) if self.settings.conditional else None
        return self.judge.distance(draw_samples(self.settings, self.data, self.G, self.n, label=labels))
