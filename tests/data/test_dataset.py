"""A Dataset scales its pixels, recognises itself, and draws the same samples in every version."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from minigan.data import Dataset
from minigan.data.dataset import from_images


@pytest.fixture
def forty(rng):
    x, labels = rng.integers(0, 256, (40, 12)).astype(np.uint8), rng.integers(3, size=40)
    return Dataset(x, (3, 4), "images", labels)


def test_a_dataset_knows_what_it_holds(forty):
    points = Dataset(np.ones((5, 2), np.float32), (2,), "points")
    assert (forty.n_x, forty.is_images, forty.has_classes, forty.n_classes) == (12, True, True, 3)
    assert (points.n_x, points.is_images, points.has_classes) == (2, False, False)
    assert [replace(points, labels=np.arange(5) % n).has_classes for n in (1, 2)] == [False, True]


@pytest.mark.parametrize("low", [-1.0, 0.0])
def test_a_batch_reaches_from_low_to_1_and_points_stay_as_they_are(forty, low):
    rows = [3, 1, 3]
    np.testing.assert_allclose(forty.to(np, low).batch(rows), low + (1 - low) * forty.x[rows] / 255, atol=1e-6)
    points = Dataset(np.float32([[7.0, -9.0], [0.5, 0.0]]), (2,), "points")
    np.testing.assert_array_equal(points.to(np, low).batch([1, 0]), [[0.5, 0.0], [7.0, -9.0]])
    assert points.to(np, low).labels is None
    np.testing.assert_array_equal(forty.to(np, low).labels, forty.labels)


def test_images_get_a_note_and_become_rows(rng):
    images = rng.integers(0, 256, (6, 4, 5, 3)).astype(np.uint8)
    for part, shape, words in ((images, (4, 5, 3), " in colour"), (images[..., 0], (4, 5), "")):
        data = from_images(part, "here", name="six")
        assert (data.shape, data.name, data.labels, data.note) == (shape, "six", None, f"6 images 4x5{words}: here")
        np.testing.assert_array_equal(data.x.reshape(part.shape), part)


def test_what_is_drawn_from_a_dataset_is_the_same_in_every_version(forty):
    """A run that is resumed, and figures that are compared, must see the same samples."""
    order, points = np.random.default_rng(2).permutation(40), replace(forty, labels=None)
    np.testing.assert_array_equal(forty.shuffled().x, forty.x[order])
    np.testing.assert_array_equal(forty.shuffled().labels, forty.labels[order])
    np.testing.assert_array_equal(points.shuffled().x, forty.x[order])
    rows = np.random.default_rng(1).integers(40, size=30)
    np.testing.assert_array_equal(forty.some_labels(30), forty.labels[rows])
    start, samples = b"((40, 12), '|u1', (3, 4))", forty.x.tobytes()
    assert forty.sha256 == hashlib.sha256(start + samples + forty.labels.tobytes()).hexdigest()
    assert points.sha256 == hashlib.sha256(start + samples).hexdigest()


def test_a_subset_has_the_samples_that_are_kept(forty):
    kept = forty.labels == 2
    for data in (forty, replace(forty, labels=None)):
        part, rows = data.subset(kept), np.flatnonzero(kept)
        np.testing.assert_array_equal(part.x, forty.x[rows])
        assert part.note == f"{len(rows)} of images"
        assert part.labels is None if data.labels is None else part.labels.tolist() == [2] * len(rows)
