"""Stacked MNIST is put together batch by batch, and gives what stacking all images at once would give."""

import json
from dataclasses import replace

import numpy as np
import pytest
from small_runs import contents

from minigan import train
from minigan.data import N_STACKED, Dataset, load, split
from minigan.data.stacked import stack
from minigan.metrics import neighbours


@pytest.fixture
def digits(rng):
    return Dataset(rng.integers(0, 256, (50, 30)).astype(np.uint8), (5, 6), "digits", np.arange(50) % 10)


def test_a_batch_is_what_stacking_by_hand_gives(digits):
    data = stack(digits, 200)
    images = digits.x.reshape(50, 5, 6)
    rows = np.array([3, 150, 3, 77])
    by_hand = np.stack([np.dstack([images[i] for i in data.x[row]]) for row in rows])
    assert by_hand.shape == (4, *data.shape) == (4, 5, 6, 3) and data.n_x == 90
    np.testing.assert_array_equal(data.stored(rows), by_hand.reshape(4, 90))
    np.testing.assert_allclose(data.batch(rows), by_hand.reshape(4, 90) / 127.5 - 1.0, atol=1e-6)
    np.testing.assert_array_equal(data.batch(slice(3, 5)), data.batch([3, 4]))
    assert data.batch(rows).dtype == np.float32 and data.to(np, low=0.0).batch(rows).min() >= 0.0


def test_every_digit_of_every_channel_is_drawn_at_random(digits):
    data = stack(digits, 30_000)
    counts = [np.bincount(channel, minlength=50) for channel in data.x.T]
    assert np.min(counts) > 450 and np.max(counts) < 750
    assert np.abs(np.corrcoef(data.x.T) - np.eye(3)).max() < 0.03
    np.testing.assert_array_equal(stack(digits, 30_000).x, data.x)
    assert (stack(digits, 30_000, seed=1).x != data.x).any()
    assert data.labels is None and data.is_images


def test_its_hash_depends_on_the_rows_and_on_the_digits(digits):
    data = stack(digits, 20)
    other = replace(digits, x=digits.x ^ 1)
    hashes = {data.sha256, stack(digits, 20, seed=1).sha256, stack(other, 20).sha256, stack(digits, 21).sha256}
    assert len(hashes) == 4 and stack(digits, 20).sha256 == data.sha256


def test_a_subset_keeps_its_digits(digits):
    data = stack(digits, 20)
    kept = np.arange(20) % 3 == 0
    np.testing.assert_array_equal(data.subset(kept).batch(slice(None)), data.batch(np.flatnonzero(kept)))


def test_the_nearest_of_its_images_is_found(digits, monkeypatch):
    monkeypatch.setattr(neighbours, "PART", 90 * 7)
    data = stack(digits, 30)
    index, distance = neighbours.nearest(data.batch([3, 27]), data, 2)
    assert list(index[:, 0]) == [3, 27] and distance[:, 0].max() < 1e-5 < distance[:, 1].min()


def test_a_run_stops_and_continues_as_if_it_had_never_stopped(command, no_mnist, monkeypatch):
    monkeypatch.setattr("minigan.data.N_DRAWN", 300)
    monkeypatch.setattr("minigan.data.N_STACKED", 90)
    words = ("--data", "stacked", "--lr-decay", 0, "--g-hidden", 5, "--d-hidden", 5, "--batch-size", 30, "--epochs")
    assert command(train.main, *words, 4, "--out", "whole")[0] == 0
    assert command(train.main, *words, 2, "--out", "parts")[0] == 0
    assert command(train.main, "--resume", "parts", "--epochs", 4)[0] == 0
    whole, parts = contents("whole"), contents("parts")
    assert whole == parts
    assert json.loads(whole["config.json"])["preset"] == "stacked"
    monkeypatch.setattr("minigan.data.N_DRAWN", 301)
    code, _, err = command(train.main, "--resume", "parts", "--epochs", 5)
    assert code == 3 and "was trained on other samples than 90 images 28x28 in colour" in err


def test_without_mnist_it_takes_drawn_digits_and_says_so(no_mnist, monkeypatch):
    monkeypatch.setattr("minigan.data.N_DRAWN", 300)
    monkeypatch.setattr("minigan.data.N_TEST", 100)
    data = load("stacked")
    assert data.note.startswith(f"{N_STACKED} images 28x28 in colour, a digit in each channel: 300 images 28x28: drawn")
    assert "MNIST was not found" in data.note
    assert (data.name, data.digits.name, data.shape, len(data.x)) == ("stacked", "drawn", (28, 28, 3), N_STACKED)
    assert data.x.nbytes + data.digits.x.nbytes < 4_000_000  # the images themselves would be 300 MB
    train, test = split(data)
    assert train is data and len(test.digits.x) == 100 and test.shape == (28, 28, 3)
    np.testing.assert_array_equal(test.digits.x, split(data.digits)[1].x)
