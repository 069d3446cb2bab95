import numpy as np
import pytest

from minigan.data import Dataset
from minigan.metrics import frechet


class Reader:
    """Stands in for a classifier of images of 4 pixels: the first two are its features, the first tells the class."""

    hash = "0123"

    def __init__(self, images, labels):
        self.given = images.shape, list(labels)

    def features(self, x):
        return x[:, :2]

    def probabilities(self, features):
        p = np.where(features[:, :1] > 0.0, [0.05, 0.95], [0.7, 0.3])
        return np.where(features[:, 1:] == 1.0, [0.1, 0.9], p)  # just as sure as SURE


@pytest.fixture
def small(monkeypatch):
    """40 training images and 10 test images of 2 x 2 pixels with two labels, which are judged with a Reader."""
    monkeypatch.setattr(frechet, "Classifier", Reader)
    pixels = np.random.default_rng(4).integers(0, 255, (50, 4)).astype(np.uint8)
    pixels[49, 1] = 255
    return tuple(
        Dataset(x, (2, 2), note, np.arange(len(x)) % 2)
        for x, note in ((pixels[:40], "40 small images"), (pixels[40:], "10 small images"))
    )
