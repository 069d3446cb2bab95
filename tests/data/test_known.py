"""Every known set is found, downloaded and read as its format says; what is something else is called by its name."""

import os
import pickle
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from local_server import COLOURED, IMAGES, LABELS, RIGHT, Server, files_of, idx, labels_of, records

from minigan.data import NAMES, cifar, known, load, split
from minigan.data.known import load_known
from minigan.data.sets import SETS
from minigan.ground.errors import DataError
from minigan.recipes import settings


def put(folder, name):
    """Write the files of a set into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files_of(name).items():
        (folder / file).write_bytes(content)
    return folder


def test_settings_and_data_know_the_same_sets():
    assert tuple(SETS) == settings.KNOWN and settings.NAMES == NAMES


@pytest.mark.parametrize("name", SETS)
def test_sizes_and_hashes_are_complete(name):
    published = SETS[name].published
    files = {file for names in SETS[name].files.values() for file in names}
    assert set(published) == ({SETS[name].archive} if SETS[name].archive else files)
    assert all(size > 100 and len(bytes.fromhex(sha256)) == 32 for size, sha256 in published.values())
    assert len(SETS[name].mirrors) >= 2 and len(set(SETS[name].classes)) == (26 if name == "emnist-letters" else 10)


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_downloaded_once_and_has_its_own_test_set(server, tmp_path, name):
    train, test = split(load(name))
    for data, n in ((train, 20), (test, 10)):
        right = COLOURED[:n] if name == "cifar10" else IMAGES[:n]
        np.testing.assert_array_equal(data.x.reshape(right.shape), right)
        np.testing.assert_array_equal(data.labels, labels_of(name)[:n])
        assert (data.shape, data.name) == (right.shape[1:], name)
        assert data.note.startswith(f"{n} images ") and SETS[name].title in data.note
        assert (f"{SETS[name].title}, for testing, from" in data.note) == (data is test)
        assert data.classes == (() if "0" in SETS[name].classes else SETS[name].classes)
    asked, files = len(Server.asked), {file for names in SETS[name].files.values() for file in names}
    assert asked == 2 * len(RIGHT[name])  # the first mirror does not have it
    assert {path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()} == files
    split(load(name))
    assert len(Server.asked) == asked


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_found_in_a_folder_or_where_torchvision_keeps_it(no_mnist, tmp_path, monkeypatch, name):
    flat, deep = put(tmp_path / "flat", name), tmp_path / "deep"
    put(deep / SETS[name].torchvision, name)
    for folder in (flat, deep):
        images, labels, found = load_known(name, "test", folder)
        assert (
            len(images) == 10 and labels.tolist() == labels_of(name)[:10].tolist() and folder in (found, *found.parents)
        )
    monkeypatch.setenv("MINIGAN_DATA", str(deep))
    assert len(load_known(name)[0]) == 20
    packed = "" if name == "cifar10" else r" \(with or without the ending .gz\)"
    names = " and ".join(SETS[name].files["test"])
    with pytest.raises(DataError, match=rf"does not hold {SETS[name].title}'s {names}{packed}\.$"):
        load_known(name, "test", tmp_path)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("given", ["mnist", "fashion", "kmnist"])
@pytest.mark.parametrize("asked", ["mnist", "fashion", "kmnist"])
def test_sets_whose_files_have_the_same_names_are_told_apart(server, tmp_path, given, asked, packed):
    folder = put(tmp_path / "given", given)
    if not packed:  # then the hash does not help, but the first labels do
        (folder / SETS[given].files["train"][1]).unlink()
        labels = np.resize([*map(int, SETS[given].first)], 20)
        (folder / "train-labels-idx1-ubyte").write_bytes(idx(labels))
    if given == asked:
        assert len(load_known(asked, "train", folder)[0]) == 20
    else:
        message = f"given holds {SETS[given].title}, not {SETS[asked].title}; give another --data or --data-dir"
        with pytest.raises(DataError, match=message):
            load_known(asked, "train", folder)


def wrong(tmp_path, name, **files):
    """The error for a set of which some files have another content; _ stands for any character in a name."""
    folder = put(tmp_path / "wrong", name)
    for file, content in files.items():
        [path] = folder.glob(file.replace("_", "?"))
        path.write_bytes(content)
    with pytest.raises(DataError) as info:
        load_known(name, "train", folder)
    assert "\n" not in str(info.value)
    return str(info.value)


def test_a_label_of_another_set_is_an_error(tmp_path):
    message = wrong(tmp_path, "emnist-digits", **{"emnist_digits_train_labels_idx1_ubyte_gz": idx(LABELS + 17)})
    assert "holds a label that EMNIST digits does not have; it belongs to another set" in message
    message = wrong(tmp_path, "emnist-letters", **{"emnist_letters_train_labels_idx1_ubyte_gz": idx(LABELS)})
    assert "holds a label that EMNIST letters does not have" in message  # they begin at 1


def test_images_without_their_labels_are_an_error(tmp_path):
    message = wrong(tmp_path, "emnist-letters", **{"emnist_letters_train_labels_idx1_ubyte_gz": idx(LABELS[:19] + 1)})
    assert "train-images-idx3-ubyte.gz holds 20 images but" in message and "ubyte.gz 19 labels; do they" in message


def test_swapped_roles_are_an_error(tmp_path):
    message = wrong(tmp_path, "emnist-letters", **{"emnist_letters_train_labels_idx1_ubyte_gz": idx(IMAGES)})
    assert "holds images where labels were expected" in message


WHOLE = records(COLOURED[:2], LABELS[:2])
BROKEN = {
    "empty": (b"", "is cut short, or not a binary file of CIFAR-10"),
    "cut short": (WHOLE[:-1], "is cut short, or not a binary file of CIFAR-10"),
    "web page": (b"<html>403</html>", "is cut short, or not a binary file of CIFAR-10"),
    "pickle": (pickle.dumps({b"data": WHOLE}), "is cut short, or not a binary file of CIFAR-10"),
    "labels": (records(COLOURED[:2], LABELS[:2] + 9), "it has a label of 10"),
    "too long": (WHOLE * 5001, "is cut short, or not"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_file_of_cifar_is_an_error(tmp_path, how):
    content, words = BROKEN[how]
    message = wrong(tmp_path, "cifar10", data_batch_3_bin=content)
    assert words in message and "data_batch_3.bin" in message


def test_a_file_of_cifar_without_an_end_is_read_until_it_is_one_byte_too_long(monkeypatch):
    asked = []
    endless = SimpleNamespace(read=lambda n: asked.append(n) or bytes(n))
    monkeypatch.setattr(cifar, "open", lambda *_: nullcontext(endless), raising=False)
    with pytest.raises(DataError, match="is cut short, or not a binary file"):
        cifar.read_cifar(["endless"])
    assert asked == [10_000 * 3073 + 1]


def test_cifar_as_pickles_or_still_packed_is_named(tmp_path):
    (tmp_path / "cifar-10-batches-py").mkdir()
    with pytest.raises(DataError, match=r"its pickles may run code .* so take cifar-10-binary.tar.gz instead"):
        load_known("cifar10", "train", tmp_path)
    (tmp_path / "cifar-10-binary.tar.gz").touch()
    with pytest.raises(DataError, match=r"unpack cifar-10-binary.tar.gz there first"):
        load_known("cifar10", "train", tmp_path)


def test_an_unreadable_file_of_cifar_is_an_error(tmp_path, monkeypatch):
    folder = put(tmp_path / "cifar", "cifar10")
    (folder / "data_batch_2.bin").unlink()
    os.symlink(tmp_path / "nowhere", folder / "data_batch_2.bin")
    monkeypatch.setattr("os.path.isfile", lambda path: True)  # as if it had been removed just now
    with pytest.raises(DataError, match=r"data_batch_2.bin cannot be read: No such file"):
        load_known("cifar10", "train", folder)


def test_without_a_network_the_error_says_which_files_to_get(no_mnist):
    with pytest.raises(
        DataError, match=r"downloading cifar-10-binary.tar.gz failed .* Put data_batch_1.bin, .*test_batch"
    ):
        load("cifar10")


def test_the_guide_names_every_set_with_its_licence():
    page = Path(__file__).parents[2].joinpath("docs/data.md").read_text()
    for name, published in SETS.items():
        assert f"`{name}`" in page and published.title in page


def test_a_folder_without_one_of_the_files_does_not_hold_the_set(tmp_path):
    for name in SETS["mnist"].files["train"]:
        folder = put(tmp_path / name, "mnist")
        (folder / name).unlink()
        with pytest.raises(DataError, match=r"does not hold MNIST's train-images-idx3-ubyte.gz and train-labels"):
            load_known("mnist", "train", folder)
        assert len(load_known("mnist", "test", folder)[0]) == 10


@pytest.mark.parametrize("name", ["emnist-digits", "emnist-letters"])
def test_labels_go_from_the_first_to_the_last_class(tmp_path, name):
    first, n = SETS[name].first_label, len(SETS[name].classes)
    file = f"{name}-train-labels-idx1-ubyte.gz".translate(str.maketrans("-.", "__"))
    folder = put(tmp_path / "right", name)
    labels = np.resize(np.arange(first, first + n), 20)
    labels[-1] = first + n - 1
    (folder / f"{name}-train-labels-idx1-ubyte.gz").write_bytes(idx(labels))
    assert load_known(name, "train", folder)[1].tolist() == (labels - first).tolist()
    for bad in (first + n, *[first - 1] * first):
        labels[-1] = bad
        assert "holds a label that" in wrong(tmp_path, name, **{file: idx(labels)})


class Answer:
    """A server's answer: where it leads to, and what it holds."""

    status_code, reason = 200, "OK"

    def __init__(self, url=None, chunks=()):
        self.next, self.chunks, self.closed = url and SimpleNamespace(url=url), chunks, 0

    def close(self):
        self.closed += 1

    def iter_content(self, size):
        assert size == known.CHUNK
        return self.chunks


def follow(*urls):
    """(how many redirects to these addresses are followed, the answers)."""
    answers = [Answer(url) for url in (*urls, None)]
    left = iter(answers)

    def ask(_, **how):
        assert how == {"stream": True, "timeout": known.TIMEOUT, "allow_redirects": False}
        return next(left)

    last = known._answer(SimpleNamespace(get=ask, send=ask), "https://here/")
    return answers.index(last), answers


def test_at_most_five_redirects_are_followed_and_none_to_http():
    for n in range(8):
        followed, answers = follow(*["https://there/"] * n)
        assert followed == min(n, 5) and [answer.closed for answer in answers[: followed + 1]] == [1] * followed + [0]
    assert follow("https://there/", "http://there/", "https://there/")[0] == 1


def fetch(monkeypatch, path, size, chunks, seconds=0.0):
    """Fetch a file whose last chunk comes after so many seconds."""
    clock = iter([1000.0] * len(chunks) + [1000.0 + seconds])
    monkeypatch.setattr(known, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(known, "_answer", lambda session, url: nullcontext(Answer(chunks=chunks)))
    known._fetch(size, "https://here/file", path, None)


def test_a_download_may_have_the_published_size_and_take_the_time_that_is_promised(monkeypatch, tmp_path):
    path, size = tmp_path / "file", 500_000
    fetch(monkeypatch, path, size, [b"a" * 200_000, b"b" * 300_000], 605.0)
    assert path.read_bytes() == b"a" * 200_000 + b"b" * 300_000
    for chunks, seconds in (([b"a" * 400_000, b"b" * 100_001], 0.0), ([b"a"], 605.1)):
        with pytest.raises(DataError, match="is larger than the published file or took longer than 605 seconds"):
            fetch(monkeypatch, path, size, chunks, seconds)


def test_an_archive_that_another_process_has_unpacked_and_removed_meanwhile_is_no_error(monkeypatch, tmp_path):
    archive, right = tmp_path / "cifar-10-binary.tar.gz", os.replace
    archive.write_bytes(RIGHT["cifar10"][archive.name])

    def meanwhile(*paths):
        right(*paths)
        archive.unlink(missing_ok=True)

    monkeypatch.setattr(os, "replace", meanwhile)
    known.unpack(archive, ["test_batch.bin", "data_batch_1.bin"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data_batch_1.bin", "test_batch.bin"]
