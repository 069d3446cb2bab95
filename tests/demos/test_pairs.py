"""super_resolution.py and edges_to_digits.py: what they do to images, and that both networks learn from pairs."""

import edges_to_digits
import numpy as np
import pairs
import pytest
import super_resolution
from matplotlib.image import imread

from minigan.data import Dataset
from minigan.ground import cli
from minigan.recipes import builders


@pytest.mark.parametrize("side", [14, 7])
def test_shrink_takes_block_means_and_nearest_repeats_them(side, rng):
    n = 28 // side
    x = rng.random((3, 784), dtype=np.float32)
    small = super_resolution.shrink(x, side)
    assert small.shape == (3, side * side) and small.dtype == np.float32
    assert small[1, side + 2] == pytest.approx(x[1].reshape(28, 28)[n : 2 * n, 2 * n : 3 * n].mean(), rel=1e-5)
    large = super_resolution.nearest(small, side)
    assert large.dtype == np.float32
    assert large[1].reshape(28, 28)[n, 3 * n - 1] == small[1, side + 2]
    np.testing.assert_allclose(super_resolution.shrink(large, side), small, rtol=1e-6)


@pytest.mark.parametrize("side", [14, 7])
def test_bilinear_keeps_slopes_and_constants(side):
    down, right = np.mgrid[:28, :28].astype(np.float32)
    slope = (2.0 * down - right).reshape(1, 784)
    large = super_resolution.bilinear(super_resolution.shrink(slope, side), side)
    assert large.shape == (1, 784) and large.dtype == np.float32
    inside = slice(28 // side, -28 // side)  # beyond the centres of the outer blocks, values are only continued
    np.testing.assert_allclose(large.reshape(28, 28)[inside, inside], (2 * down - right)[inside, inside], atol=1e-4)
    even = np.full((2, side * side), -0.5, np.float32)
    np.testing.assert_allclose(super_resolution.bilinear(even, side), np.full((2, 784), -0.5), rtol=1e-6)


def test_edges_are_paper_pixels_next_to_ink():
    x = np.full((2, 28, 28), -1.0, np.float32)
    x[0, 5, 7] = 1.0
    x[1, 0, :] = 1.0  # ink at the border of the image
    edge = edges_to_digits.edges(x.reshape(2, 784))
    assert edge.shape == (2, 784) and edge.dtype == np.float32
    assert np.argwhere(edge[0].reshape(28, 28)).tolist() == [[4, 7], [5, 6], [5, 8], [6, 7]]
    np.testing.assert_array_equal(edge[1].reshape(28, 28).sum(axis=1), [0, 28] + [0] * 26)


def random_images(rng):
    return Dataset(rng.integers(0, 256, (300, 9)).astype(np.uint8), (3, 3), "")


def first_four(x):
    return x[:, :4]


@pytest.mark.parametrize("judged", [True, False])
def test_training_changes_only_the_networks_that_learn_and_stays_finite_float32(judged, rng, monkeypatch):
    networks = []

    def spy(make):
        def spied(*args):
            network = make(*args)
            networks.extend([network, network.astype(np.float32)])  # the second is a copy from before the training
            return network

        return spied

    for name in ("generator", "discriminator"):
        monkeypatch.setattr(builders, name, spy(getattr(builders, name)))
    average = pairs.train(random_images(rng), first_four, 3, judged=judged)
    G, G_before, D, D_before = networks
    for network in (average, G, D):
        assert network.theta.dtype == network.grad.dtype == np.float32
        assert np.isfinite(network.theta).all() and np.isfinite(network.grad).all()
    assert (G.theta != G_before.theta).any() and (average.theta != G_before.theta).any()
    assert (D.theta != D_before.theta).any() == judged
    given = first_four(random_images(rng).batch(slice(20)))
    x = average(pairs.latent(given, rng))
    assert x.shape == (20, 9 + 4) and x.dtype == np.float32 and abs(x).max() <= 1.0
    np.testing.assert_array_equal(x[:, 9:], given)


def test_least_squares_learn_the_right_answers(rng):
    """G is given four pixels and soon makes an image that has them."""
    data = random_images(rng)
    given = first_four(data.batch(slice(None)))
    z = pairs.latent(given, rng)
    errors = [
        ((pairs.train(data, first_four, epochs, judged=False)(z)[:, :4] - given) ** 2).mean() for epochs in (0, 40)
    ]
    assert errors[1] < 0.2 * errors[0]


def test_save_rows_draws_pixel_for_pixel(tmp_path, rng):
    small, large = rng.choice([-1.0, 1.0], (3, 49)), rng.choice([-1.0, 1.0], (3, 784))
    pairs.save_rows(tmp_path / "rows.png", {"small": small, "large": large})
    picture = imread(tmp_path / "rows.png")
    assert picture.shape[:2] == (2 * 76, 3 * 56)
    for i, (images, side) in enumerate(((small, 7), (large, 28)), start=1):
        seen = picture[76 * i - 56 : 76 * i, 56:112, 0][:: 56 // side, :: 56 // side]
        np.testing.assert_allclose(seen, (images[1].reshape(side, side) + 1) / 2, atol=0.01)


@pytest.mark.parametrize("demo", [super_resolution, edges_to_digits])
def test_a_demo_without_mnist_prints_one_sentence(demo, no_mnist, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["demo.py"])
    with pytest.raises(SystemExit) as info:
        cli.main(demo.main)
    out, err = capsys.readouterr()
    assert (info.value.code, out) == (3, "") and err.startswith("minigan: ") and err.count("\n") == 1
