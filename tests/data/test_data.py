"""The data sets have the right values, in a range that G can reach; a bad file raises one plain sentence."""

import gzip
import hashlib
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from local_server import idx
from PIL import Image

from minigan.data import Dataset, from_file, is_folder, known, load, split
from minigan.data.drawn import draw
from minigan.data.idx import read_idx
from minigan.data.known import load_known
from minigan.data.sets import SETS
from minigan.ground.errors import DataError
from minigan.nn.activations import ReLU
from minigan.nn.layers import Dense
from minigan.nn.network import Network
from minigan.nn.optim import Adam
from minigan.nn.softmax import softmax_cross_entropy


def write_mnist(folder, images, labels, packed=True):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(SETS["mnist"].files["train"], (images, labels), strict=True):
        data = idx(array)
        path = folder / (name if packed else name[:-3])
        path.write_bytes(gzip.compress(data) if packed else data)


@pytest.fixture
def tiny(rng):
    return rng.integers(0, 256, (20, 28, 28)).astype(np.uint8), rng.integers(0, 10, 20).astype(np.uint8)


@pytest.mark.parametrize("packed", [True, False])
def test_idx_round_trip(tmp_path, tiny, packed):
    write_mnist(tmp_path, *tiny, packed)
    images, labels, folder = load_known("mnist", "train", tmp_path)
    np.testing.assert_array_equal(images, tiny[0])
    np.testing.assert_array_equal(labels, tiny[1])
    assert folder == tmp_path


IMAGES = idx(np.zeros((3, 28, 28)))
PACKED = gzip.compress(idx(np.random.default_rng(0).integers(0, 256, (3, 28, 28))))
TOO_LARGE = struct.pack(">4i", 2051, 2_000_000_000, 28, 28)
NOT_IDX = {
    "missing": (None, "cannot be read: No such file"),
    "empty": (b"", "but empty"),
    "cut short": (PACKED[:-500], "cut short or damaged"),
    "cut inside the data": (IMAGES[:-5], "only 2347 of the 2352 bytes"),
    "cut inside the header": (IMAGES[:9], "inside its header"),
    "too long": (IMAGES + b"x", "more than the 2352 bytes"),
    "one byte changed": (PACKED[:1000] + bytes([PACKED[1000] ^ 1]) + PACKED[1001:], "cut short or damaged"),
    "web page": (b"<!DOCTYPE html><html>403", "a web page"),
    "zipped web page": (gzip.compress(b"<html>"), "of some other kind"),
    "pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        "a pointer to a file that is stored elsewhere",
    ),
    "wrong magic": (struct.pack(">i", 2052) + IMAGES[4:], "its first number is wrong"),
    "swapped": (idx(np.zeros(3)), "holds labels where images were expected"),
    "too large": (TOO_LARGE, "impossible for this set"),
    "negative": (struct.pack(">4i", 2051, -1, 28, 28), "impossible for this set"),
}


@pytest.mark.parametrize("case", NOT_IDX)
def test_the_error_for_a_file_that_is_not_idx_says_what_it_is(tmp_path, case):
    content, message = NOT_IDX[case]
    path = tmp_path / "train-images-idx3-ubyte.gz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message) as info:
        read_idx(path, "images")
    assert str(path) in str(info.value)
    assert "\n" not in str(info.value)


def test_more_images_than_labels_are_an_error(tmp_path, tiny):
    write_mnist(tmp_path, tiny[0], tiny[1][:-1])
    with pytest.raises(DataError, match=r"20 images but .* 19 labels"):
        load_known("mnist", "train", tmp_path)


def test_folders_are_searched_for_mnist_in_the_documented_order(tmp_path, tiny, no_mnist, monkeypatch):
    images, labels = tiny

    def found(data_dir=None):
        return len(load_known("mnist", "train", data_dir)[0])

    root = tmp_path / "torchvision"
    monkeypatch.setattr(known, "TORCHVISION", (root,))
    write_mnist(root / "MNIST" / "raw", images[:1], labels[:1], packed=False)
    assert found() == 1
    write_mnist(tmp_path / "cache" / "minigan", images[:2], labels[:2])
    assert found() == 2
    write_mnist(tmp_path / "named", images[:3], labels[:3])
    monkeypatch.setenv("MINIGAN_DATA", str(tmp_path / "named"))
    assert found() == 3
    write_mnist(tmp_path / "given" / "MNIST" / "raw", images[:4], labels[:4])
    assert found(tmp_path / "given") == 4
    with pytest.raises(DataError, match="does not hold MNIST's train-images"):
        found(tmp_path)


def test_auto_falls_back_to_drawn_digits_and_says_why_but_mnist_raises(no_mnist, monkeypatch):
    monkeypatch.setattr("minigan.data.N_DRAWN", 500)
    data = load("auto")
    assert data.note.startswith("500 images 28x28: drawn digits")
    assert "MNIST was not found: downloading train-images-idx3-ubyte.gz failed" in data.note
    with pytest.raises(known.NotFound, match=r"failed .* as --data-dir or in MINIGAN_DATA"):
        load("mnist")


def test_a_download_error_without_a_message_is_named_by_its_class(no_mnist, monkeypatch):
    import pooch

    def without_a_message(*_, **__):
        raise TimeoutError

    monkeypatch.setattr(pooch, "retrieve", without_a_message)
    with pytest.raises(known.NotFound, match="TimeoutError"):
        load_known("mnist", "train")


@pytest.mark.skipif("MINIGAN_DATA" not in os.environ, reason="needs MNIST: set MINIGAN_DATA to its folder")
def test_hashes_and_names_are_those_of_the_real_files():
    folder = Path(os.environ["MINIGAN_DATA"])
    names = [
        *SETS["mnist"].files["train"][1:],
        *SETS["mnist"].files["test"],
    ]  # without the training images: copies of them differ
    for name in names:
        if (folder / name).exists():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == SETS["mnist"].published[name][1]
    assert len(load_known("mnist", "test")[0]) == 10_000


def save(tmp_path, array):
    np.save(tmp_path / "own.npy", array)
    return tmp_path / "own.npy"


@pytest.mark.parametrize("kind", ["0..255", "0..1", "-1..1"])
def test_own_colour_images_become_pixels_whose_channels_follow_each_other(tmp_path, rng, kind):
    images = rng.integers(0, 256, (5, 8, 9, 3)).astype(np.uint8)
    images[0, 0, 0] = 0, 255, 7
    unit = images.astype(np.float32) / 255
    data = from_file(save(tmp_path, {"0..255": images, "0..1": unit, "-1..1": unit * 2 - 1}[kind]))
    assert (data.shape, data.n_x, data.is_images) == ((8, 9, 3), 216, True)
    np.testing.assert_array_equal(data.x, images.reshape(5, 216))
    assert data.note.startswith("5 images 8x9 in colour: ")


@pytest.mark.parametrize("kind", ["0..255", "0..1", "-1..1", "flat"])
def test_own_images_in_each_accepted_range_become_the_same_pixels(tmp_path, tiny, kind):
    images = tiny[0]
    images[0, 0, :2] = 0, 255
    unit = images.astype(np.float32) / 255
    arrays = {"0..255": images, "0..1": unit, "-1..1": unit * 2 - 1, "flat": images.reshape(20, 784)}
    data = from_file(save(tmp_path, arrays[kind]))
    np.testing.assert_array_equal(data.x, images.reshape(20, 784))
    assert data.shape == (28, 28)
    batch = data.batch(np.arange(5))
    assert batch.dtype == np.float32
    assert (batch.min(), batch.max()) == (-1.0, 1.0)


def test_own_samples_that_are_sorted_by_label_are_shuffled_together_with_their_labels(tmp_path, rng):
    images, labels = rng.integers(0, 256, (60, 4, 4)).astype(np.uint8), np.arange(60) // 20
    np.savez(tmp_path / "own.npz", images=images, labels=labels)
    data = from_file(tmp_path / "own.npz")
    assert set(data.labels[:15]) == {0, 1, 2}
    pairs = {(x.tobytes(), label) for x, label in zip(images, labels.tolist(), strict=True)}
    assert {(x.tobytes(), label) for x, label in zip(data.x, data.labels.tolist(), strict=True)} == pairs
    assert from_file(tmp_path / "own.npz").sha256 == data.sha256


def test_own_points_and_npz_files_are_read(tmp_path, tiny):
    data = from_file(save(tmp_path, np.array([[0.5, -7.0]])))
    assert not data.is_images
    np.testing.assert_array_equal(data.batch([0]), [[0.5, -7.0]])
    np.savez(tmp_path / "own.npz", x_train=tiny[0], y_train=tiny[1])
    np.testing.assert_array_equal(from_file(tmp_path / "own.npz").x, tiny[0].reshape(20, 784))
    np.savez(tmp_path / "both.npz", x=tiny[0][:3], images=tiny[0])
    assert len(from_file(tmp_path / "both.npz").x) == 20


@pytest.mark.parametrize(
    ("values", "pixels"),
    [([0.0, 0.999, 1.0], [0, 255, 255]), ([-1e-7, 0.5, 1.0], [0, 128, 255]), ([-1.0, 0.2, 1.0], [0, 153, 255])],
)
def test_own_values_are_rounded_to_the_nearest_pixel(tmp_path, values, pixels):
    data = from_file(save(tmp_path, np.array(values * 4).reshape(1, 4, 3)))
    np.testing.assert_array_equal(data.x[0, :3], pixels)


def test_own_integers_0_and_1_are_black_and_white(tmp_path):
    assert from_file(save(tmp_path, np.eye(4, dtype=int)[None])).x.max() == 255


WRONG = {
    "nan": (np.full((3, 4, 4), np.nan), "NaN"),
    "range": (np.linspace(-3.0, 3.0, 48).reshape(3, 4, 4), "values from -3 to 3"),
    "float bytes": (np.linspace(0.0, 255.0, 48).reshape(3, 4, 4), "values from 0 to 255"),
    "dark side only": (np.linspace(-0.3, 1.0, 48).reshape(3, 4, 4), "values from -0.3 to 1"),
    "overlarge": (np.full((3, 2), 1e300), "overlarge"),
    "labels": (np.arange(10)[:, None], r"shape \(10, 1\)"),
    "one-hot": (np.eye(9), r"shape \(9, 9\)"),
    "constant": (np.ones((3, 4, 4)), "only the value 1.0"),
    "channels": (np.zeros((3, 4, 4, 4)), r"shape \(3, 4, 4, 4\)"),
    "dimensions": (np.zeros((3, 4, 4, 3, 3)), r"shape \(3, 4, 4, 3, 3\)"),
    "one line": (np.zeros((3, 1, 4, 3)), r"shape \(3, 1, 4, 3\)"),
    "not square": (np.arange(21).reshape(3, 7), r"shape \(3, 7\)"),
    "scalar": (np.array(3.0), r"shape \(\)"),
    "empty": (np.zeros((0, 4, 4)), "at least one sample"),
    "text": (np.array([["a", "b"]]), "must hold numbers"),
    "pickle": (np.array([{}]), "not a readable .npy file .*Python objects, which are never loaded"),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_own_file_that_cannot_be_trained_on_raises(tmp_path, case):
    array, message = WRONG[case]
    with pytest.raises(DataError, match=message):
        from_file(save(tmp_path, array))


@pytest.mark.parametrize("name", ["own.npy", "own.npz"])
@pytest.mark.parametrize("content", [None, b"", b"<html>", b"PK\x03\x04rubbish", b"\x93NUMPY\x01\x00rubbish"])
def test_a_file_without_arrays_raises_and_names_the_file(tmp_path, name, content):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=str(path)):
        from_file(path)


def test_a_file_that_is_no_array_is_not_taken_for_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.txt").touch()
    Path("folder").mkdir()
    Path("mnist").mkdir()
    with pytest.raises(DataError, match=r"a.txt is a single file; give the folder"):
        load("a.txt")
    with pytest.raises(DataError, match=r"there is no file own.NPY"):
        load("own.NPY")
    assert [is_folder(name) for name in ("folder", "a.txt", "own.npy", "mnist")] == [True, False, False, False]


def test_a_folder_is_loaded_in_the_size_that_is_asked_for(no_mnist, tmp_path, rng):
    (tmp_path / "pictures.npy").mkdir()  # the ending does not make it a file
    for i in range(3):
        Image.fromarray(rng.integers(0, 256, (9, 9, 3)).astype(np.uint8)).save(tmp_path / "pictures.npy" / f"{i}.png")
    name = str(tmp_path / "pictures.npy")
    data = load(name, size=5, colour=True)
    assert (data.name, data.shape, len(data.x)) == (name, (5, 5, 3), 3)


def test_an_unknown_data_set_raises():
    with pytest.raises(DataError, match=r"no data set and no folder is called cifar: .*; did you mean cifar10\?"):
        load("cifar")


@pytest.mark.skipif("MINIGAN_DATA" not in os.environ, reason="needs MNIST: set MINIGAN_DATA to its folder")
def test_a_classifier_of_drawn_digits_reads_mnist(rng):
    """A small MLP, trained only on 20,000 drawn digits, reads at least 80 % of MNIST's test set (93 % when written)."""
    images, labels = draw(20_000)
    drawn = Dataset(images.reshape(-1, 784), (28, 28), "")
    network = Network([Dense(784, 256, gain=2**0.5), ReLU(), Dense(256, 10)], rng)
    optimizer = Adam(network.theta)
    for _ in range(4):
        for rows in np.split(rng.permutation(20_000), 200):
            s, caches = network.forward(drawn.batch(rows))
            _, ds = softmax_cross_entropy(s, labels[rows])
            network.backward(ds, caches)
            optimizer.step(network.grad)
    images, labels, _ = load_known("mnist", "test")
    answers = network(Dataset(images.reshape(-1, 784), (28, 28), "").batch(slice(None))).argmax(axis=1)
    assert (answers == labels).mean() >= 0.8


def test_drawn_test_digits_are_not_in_the_training_data(no_mnist, monkeypatch):
    monkeypatch.setattr("minigan.data.N_DRAWN", 300)
    monkeypatch.setattr("minigan.data.N_TEST", 100)
    for name in ("drawn", "auto"):
        train, test = split(load(name, seed=2))
        x, labels = draw(400, 2, 0.6)
        np.testing.assert_array_equal(train.x, x[:300].reshape(300, -1))
        np.testing.assert_array_equal(test.x, x[300:].reshape(100, -1))
        np.testing.assert_array_equal(test.labels, labels[300:])


def test_split_holds_out_a_random_sixth_of_a_file(tmp_path, rng):
    x, labels = rng.integers(0, 256, (120, 4, 4)).astype(np.uint8), np.arange(120)
    np.savez(tmp_path / "own.npz", images=x, labels=labels)
    data = load(str(tmp_path / "own.npz"))
    train, test = split(data)
    assert len(test.labels) == 20 and sorted([*train.labels, *test.labels]) == list(labels)
    np.testing.assert_array_equal(test.x, x[test.labels].reshape(20, -1))
    assert len(set(test.labels % 6)) > 2  # random, not every sixth row
    drawn = np.random.default_rng(0).permutation(120)  # the same ones in every version
    np.testing.assert_array_equal(test.x, data.x[[row for row in range(120) if drawn[row] in range(0, 120, 6)]])


@pytest.mark.skipif("MINIGAN_DATA" not in os.environ, reason="needs MNIST: set MINIGAN_DATA to its folder")
def test_mnist_has_a_test_set_of_its_own():
    train, test = split(load("auto"))
    assert (train.name, len(train.x), len(test.x)) == ("mnist", 60_000, 10_000)
