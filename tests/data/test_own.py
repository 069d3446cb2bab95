"""Own files and arrays: what lies just inside and just outside of what minigan takes."""

import numpy as np
import pytest

from minigan.data.own import from_arrays, from_file
from minigan.ground.errors import DataError


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (12, 4, 5)).astype(np.uint8)


def saved(path, *arrays, **named):
    np.savez(path, *arrays, **named)
    return from_file(path)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "own.npz"


def test_arrays_become_a_data_set_called_array(images):
    labels = np.arange(12)[::-1] % 5
    data = from_arrays(images, labels.tolist())
    assert (data.name, data.shape, data.note) == ("array", (4, 5), "12 images 4x5: the array, values 0..255")
    np.testing.assert_array_equal(data.x, images.reshape(12, 20))
    np.testing.assert_array_equal(data.labels, labels)
    assert from_arrays(images.tolist()).labels is None


WRONG_LABELS = {
    "too few": np.arange(11),
    "in a column": np.arange(12)[:, None],
    "floats": np.arange(12.0),
    "truth values": np.arange(12) < 5,
    "negative": np.arange(12) - 1,
    "too large": np.arange(12) + 989,
}


@pytest.mark.parametrize("how", WRONG_LABELS)
def test_wrong_labels_of_arrays_are_an_error_and_those_of_files_are_ignored(path, images, how):
    labels = WRONG_LABELS[how]
    with pytest.raises(DataError, match=r"^the labels are .*, not whole numbers 0\.\.999 of shape \(12,\)\.$"):
        from_arrays(images, labels)
    data = saved(path, images=images, labels=labels)
    assert data.labels is None and "; its labels are ignored: they are " in data.note
    np.testing.assert_array_equal(data.x, images.reshape(12, 20))


def test_labels_may_be_from_0_to_999_and_those_without_a_sample_are_named(images):
    labels = np.arange(12) % 3
    assert "no sample" not in from_arrays(images, labels).note
    assert from_arrays(images, 2 * labels + 1).note.endswith("; no sample has label 0, 2, 4")
    assert from_arrays(images, labels + 997).n_classes == 1000


def test_only_samples_that_are_sorted_by_their_labels_are_shuffled(images):
    for labels in (np.arange(12)[::-1], np.r_[1, 0, 2:12], np.r_[0:10, 11, 10]):
        np.testing.assert_array_equal(from_arrays(images, labels).labels, labels)
    for labels in (np.arange(12), np.arange(12) // 6):
        assert (from_arrays(images, labels).labels != labels).any()


@pytest.mark.parametrize(("names", "right"), [
    (("x", "y"), ("x", "y")), (("x_train", "y_train"), ("x_train", "y_train")), (("images", "labels"),) * 2,
    (("x", "y", "x_train", "y_train"), ("x_train", "y_train")), (("x_train", "images", "y_train", "labels"),
    ("images", "labels")), (("whatever",), ("whatever", None)), (("x", "other"), ("x", None)),
])  # fmt: skip
def test_arrays_in_a_file_are_found_by_their_names(path, images, names, right):
    arrays = {n: i + np.arange(12) % 2 if n[0] in "yl" else images + np.uint8(i) for i, n in enumerate(names)}
    data = saved(path, **arrays)
    np.testing.assert_array_equal(data.x, arrays[right[0]].reshape(12, 20))
    assert data.labels is None if right[1] is None else data.labels.tolist() == arrays[right[1]].tolist()


def test_a_file_without_a_name_for_its_images_is_an_error(path, images):
    with pytest.raises(DataError, match="holds a, labels; call the array 'images'"):
        saved(path, a=images, labels=np.arange(12))
    with pytest.raises(DataError, match="holds nothing; call the array 'images'"):
        saved(path)


@pytest.mark.parametrize(("low", "high", "pixels"), [
    (0.0, 1.0, (0, 255)), (-0.001, 1.001, (0, 255)), (0.2, 0.4, (51, 102)), (-1.0, 1.0, (0, 255)),
    (-1.001, 1.001, (0, 255)), (-0.6, 0.2, (51, 153)), (-0.5002, 1.0, (64, 255)), (0, 1, (0, 255)),
    (-1, 1, (0, 255)), (0, 2, (0, 2)), (7, 255, (7, 255)),
])  # fmt: skip
def test_values_in_a_known_range_become_pixels(low, high, pixels):
    data = from_arrays(np.resize([low, high], (1, 2, 2)))
    assert data.x.tolist() == [[*pixels] * 2] and data.shape == (2, 2)


@pytest.mark.parametrize("values", [
    (-0.0010005, 1.0), (0.0, 1.0010005), (-1.0010005, 1.0), (-1.0, 1.0010005), (-0.5, 1.0), (0, 256), (-1, 2),
])  # fmt: skip
def test_values_in_another_range_are_an_error(values):
    with pytest.raises(DataError, match="scale them to 0"):
        from_arrays(np.resize(values, (1, 2, 2)))


def test_each_value_becomes_the_nearest_pixel():
    pixels = np.arange(256).repeat(2)
    unit = (pixels + np.tile([-0.45, 0.45], 256)).clip(0, 255).reshape(1, 16, 32) / 255
    for values in (unit, 2 * unit - 1):
        np.testing.assert_array_equal(from_arrays(values).x[0], pixels)


def test_colour_images_and_points_keep_their_shapes(rng):
    colour = rng.integers(0, 256, (3, 4, 5, 3)).astype(np.uint8)
    np.testing.assert_array_equal(from_arrays(colour).x, colour.reshape(3, 60))
    data = from_arrays([[0.5, -7.0]])
    assert (data.shape, data.x.tolist(), data.note) == ((2,), [[0.5, -7.0]], "1 points from the array")


def test_squares_in_a_row_have_at_least_8_by_8_pixels(rng):
    for side in (8, 256):
        rows = rng.integers(0, 256, (3, side * side))
        data = from_arrays(rows)
        assert data.shape == (side, side)
        np.testing.assert_array_equal(data.x, rows)
    for n in (49, 63, 65, 1):
        with pytest.raises(DataError, match=rf"has shape \(3, {n}\); minigan takes images"):
            from_arrays(rng.random((3, n)))
    for shape in ((3, 1, 2), (3, 2, 1), (3, 2, 2, 1), (3, 2, 2, 4), (3, 2, 2, 3, 3), (3,)):
        with pytest.raises(DataError, match="minigan takes images"):
            from_arrays(rng.random(shape))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e39])
def test_a_single_bad_value_is_an_error(bad):
    points = np.ones((5, 2))
    points[3, 1] = bad
    with pytest.raises(DataError, match="NaN, infinite or overlarge"):
        from_arrays(points)
    assert from_arrays(np.full((1, 2), 10**18)).x.dtype == np.float32


def test_no_numbers_and_no_samples_are_errors():
    for x in (np.zeros((0, 2)), np.zeros((2, 2), complex), np.array([["a", "b"]])):
        with pytest.raises(DataError, match="must hold numbers, at least one sample"):
            from_arrays(x)


def test_an_array_whose_columns_follow_each_other_is_read(tmp_path, images):
    np.save(tmp_path / "own.npy", np.asfortranarray(images))
    np.testing.assert_array_equal(from_file(tmp_path / "own.npy").x, images.reshape(12, 20))


def test_another_ending_is_an_error_and_capital_letters_are_none(tmp_path, images):
    with pytest.raises(DataError, match=r"own.csv is not a .npy or .npz file"):
        from_file(tmp_path / "own.csv")
    np.save(tmp_path / "own.npy", images)
    assert len(from_file((tmp_path / "own.npy").rename(tmp_path / "own.NPY")).x) == 12
