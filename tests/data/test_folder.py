"""Folders of pictures become images with labels, and whatever is wrong is said in one sentence."""

import contextlib
import hashlib
import os
import shutil
import signal
import struct
import warnings
import zlib
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from minigan import train
from minigan.data import folder as module
from minigan.data import load, split
from minigan.data.folder import from_folder
from minigan.data.picture import MOST_PIXELS, formats, read_picture
from minigan.ground.errors import ArgumentError, DataError
from minigan.recipes.presets import PRESETS
from minigan.recipes.sampling import label_number


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache" / project)
    return tmp_path / "cache" / "minigan"


def spot(width=60, height=60):
    """A picture of a dark spot."""
    return Image.radial_gradient("L").resize((width, height)).convert("RGB")


def pets(folder, n=8, names=("cat", "dog")):
    """A folder with n different pictures in each of its subfolders."""
    rng = np.random.default_rng(0)
    for name in names:
        folder.joinpath(name).mkdir(parents=True)
        for i in range(n):
            Image.fromarray(rng.integers(0, 256, (12, 12, 3)).astype(np.uint8)).save(folder / name / f"{i}.png")
    return folder


def test_subfolders_become_labels(tmp_path):
    data = load(str(pets(tmp_path / "pets")), size=6, colour=True)
    assert (data.shape, len(data.x), data.classes) == ((6, 6, 3), 16, ("cat", "dog"))
    assert np.bincount(data.labels).tolist() == [8, 8] and data.name.endswith("pets")
    assert data.note == f"16 images 6x6 in colour: the folder {tmp_path / 'pets'}, 2 subfolders as labels"
    assert set(data.labels[:6]) == {0, 1}  # shuffled: what looks at the first ones sees both classes
    for label, name in enumerate(("cat", "dog")):
        right = [read_picture(tmp_path / "pets" / name / f"{i}.png", 6, True, formats())[0].ravel() for i in range(8)]
        assert {x.tobytes() for x in data.x[data.labels == label]} == {x.tobytes() for x in right}
    tr, te = split(data)
    assert len(tr.x) + len(te.x) == 16 and te.classes == ("cat", "dog")


def test_the_outermost_subfolder_counts(tmp_path):
    pets(tmp_path / "pets")
    pets(tmp_path / "pets" / "cat" / "kitten", names=("black", "white"))
    data = from_folder(tmp_path / "pets")
    assert data.classes == ("cat", "dog") and np.bincount(data.labels).tolist() == [24, 8]


def bomb(path):
    """A PNG of 67 bytes that claims to have 60,000 x 60,000 pixels."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b""))


def cut(path):
    spot(200, 200).save(path, "JPEG")
    path.write_bytes(path.read_bytes()[:700])


def changed(path):
    spot().save(path)
    content = bytearray(path.read_bytes())
    content[60] ^= 255
    path.write_bytes(content)


def lab_colours(path):
    Image.merge("LAB", spot().split()).save(path, "TIFF")


def not_a_number(path):
    values = np.full((64, 64), 0.5, np.float32)
    values[30, 30] = np.nan
    Image.fromarray(values).save(path, "TIFF")


UNUSABLE = {  # how one more file is made -> why it is left out
    "text": (lambda path: path.write_text("no picture"), "no picture that Pillow knows"),
    "web page": (lambda path: path.write_text("<html>403</html>"), "no picture that Pillow knows"),
    "empty": (lambda path: path.touch(), "no picture that Pillow knows"),
    "cut short": (cut, "truncated"),
    "damaged": (changed, ""),
    "bomb": (bomb, f"it has more than {MOST_PIXELS // 10**6} million pixels"),
    "large": (
        lambda path: Image.new("1", (9000, 9000)).save(path),
        f"it has more than {MOST_PIXELS // 10**6} million pixels",
    ),
    "one pixel": (lambda path: Image.new("L", (1, 1)).save(path), "1x1 pixels are too few"),
    "a line": (lambda path: Image.new("L", (20_000, 1)).save(path), "20000x1 pixels are too few"),
    "broken link": (lambda path: path.symlink_to("nowhere"), "No such file"),
    "link to itself": (lambda path: path.symlink_to(path), "symbolic link"),
    "PostScript": (lambda path: spot().save(path, "EPS"), "no picture that Pillow knows"),
    "LAB": (lab_colours, "colours of the kind LAB are unknown"),
    "not a number": (not_a_number, "some of its values are not numbers"),
    "floats": (
        lambda path: Image.fromarray(np.float32([[0, 7, 9, 65535]] * 4)).save(path, "TIFF"),
        "its values go from 0 to 65535",
    ),
}


@pytest.mark.parametrize("how", UNUSABLE)
def test_a_file_that_cannot_be_used_is_named_and_left_out(tmp_path, how):
    make, why = UNUSABLE[how]
    pets(tmp_path / "pets")
    make(tmp_path / "pets" / "dog" / "x.png")
    before = sorted((tmp_path / "pets").rglob("*"))
    for _ in range(2):  # the second time from the cache
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            data = from_folder(tmp_path / "pets", 6)
        assert len(data.x) == 16 and np.bincount(data.labels).tolist() == [8, 8]
        assert (
            "; left out: dog/x.png (" in data.note.replace(os.sep, "/") and why in data.note and "\n" not in data.note
        )
    assert sorted((tmp_path / "pets").rglob("*")) == before
    for path in (tmp_path / "pets").rglob("?.png"):
        if path.stem != "x":
            path.unlink()
    with pytest.raises(DataError, match=r"none of the picture files in .* can be used: dog.x.png"):
        from_folder(tmp_path / "pets", 6)


def test_a_file_that_may_not_be_read_is_left_out(tmp_path, monkeypatch):
    import builtins

    pets(tmp_path / "pets")
    right = builtins.open

    def refused(path, *args, **kwargs):
        if str(path).endswith("3.png"):
            raise PermissionError(13, "Permission denied", path)
        return right(path, *args, **kwargs)

    monkeypatch.setattr(builtins, "open", refused)
    note = from_folder(tmp_path / "pets").note.replace(os.sep, "/")
    assert note.endswith("; left out: cat/3.png (Permission denied), dog/3.png (Permission denied)")


def test_an_unreadable_subfolder_is_named(tmp_path, monkeypatch):
    pets(tmp_path / "pets")
    right = os.scandir

    def refused(path):
        if str(path).endswith("dog"):
            raise PermissionError(13, "Permission denied", path)
        return right(path)

    monkeypatch.setattr(os, "scandir", refused)
    assert from_folder(tmp_path / "pets").note.endswith("one subfolder; left out: dog (Permission denied)")


def test_many_unusable_files_are_counted(tmp_path):
    pets(tmp_path / "pets")
    for i in range(50):
        (tmp_path / "pets" / "cat" / f"x{i:02}.png").touch()
    data = from_folder(tmp_path / "pets")
    assert "x02.png" in data.note and "x03.png" not in data.note and ", and 47 more (config.json" in data.note
    assert len(data.note) < 500 and len(data.left_out) == 50


def without(n):
    def make(folder):
        pets(folder, n)
        return folder

    return make


def several(folder):
    pets(folder / "a b")
    for name in ("b\nc", "\udcff", "é", "x" * 200, "%d {0} <b>"):
        shutil.copytree(folder / "a b" / "cat", folder / name)
    return folder


def beside(folder):
    spot().save(pets(folder) / "one.png")


def looped(folder):
    (pets(folder) / "cat" / "loop").symlink_to(folder)
    (folder / "dog" / "again").symlink_to(folder / "dog")


def linked(folder):
    pets(folder.parent / "elsewhere")
    pets(folder, names=("bird",))
    (folder / "cat").symlink_to(folder.parent / "elsewhere" / "cat")
    (folder / "fish").symlink_to(folder.parent / "elsewhere" / "dog")


def damaged_exif(folder):
    for path in pets(folder).rglob("0.png"):
        spot().save(path.with_suffix(".jpg"), exif=b"Exif\0\0XXXXXXXXXXXXXXXX")
        path.unlink()


def with_pipe(folder):
    os.mkfifo(pets(folder) / "cat" / "pipe.png")


def hidden(folder):
    pets(folder)
    pets(folder / ".trash")
    (folder / "cat" / "._0.png").write_bytes(b"what macOS leaves on other disks")
    (folder / "readme.txt").write_text("no picture")


def a_run(folder):
    pets(folder)
    shutil.copytree(folder / "cat", folder / "runs" / "digits" / "samples")
    for name in ("config.json", "metrics.csv"):
        (folder / "runs" / "digits" / name).touch()


def other_files(folder):
    pets(folder)
    for i in range(5):
        (folder / "cat" / f"{i}.HEIC").touch()
    for name in ("a.svg", "b.svg", "readme", "c.txt", "d.csv"):
        (folder / name).touch()


def link_upwards(folder):
    (pets(folder) / "up").symlink_to("..")
    pets(folder.parent / "strangers")


def link_that_sorts_first(folder):
    (pets(folder) / "a link").symlink_to(folder / "cat")


def a_thousand_and_one(folder):
    [path] = pets(folder, 1, ["c0000"]).rglob("*.png")
    for i in range(1, 1001):
        (folder / f"c{i:04}").mkdir()
        os.link(path, folder / f"c{i:04}" / "0.png")


def all_in_train(folder):
    pets(folder / "train")


def dark(folder):
    for i, path in enumerate(sorted(pets(folder).rglob("*.png"))):
        Image.fromarray(np.full((9, 9), 100 * i, np.uint16)).save(path)


FINE = {  # how the folder is made -> how many images, of how many classes, and what the note says
    "two files": (lambda folder: pets(folder, 2, ("cat",)), 2, 0, "made, one subfolder"),
    "no subfolder": (lambda folder: shutil.move(pets(folder, 5, ("cat",)) / "cat", folder.parent / "x") and
                     shutil.copytree(folder.parent / "x", folder, dirs_exist_ok=True), 5, 0, "no subfolders"),
    "odd names": (several, 56, 6, "6 subfolders as labels"),
    "files beside": (beside, 17, 0, "its subfolders are no labels, as one.png is in none"),
    "link loop": (looped, 16, 2, "2 subfolders as labels"),
    "linked subfolders": (linked, 24, 3, "3 subfolders as labels"),
    "damaged EXIF": (damaged_exif, 16, 2, "2 subfolders as labels"),
    "a pipe": (with_pipe, 16, 2, "2 subfolders as labels"),
    "hidden files": (hidden, 16, 2, "2 subfolders as labels"),
    "1,001 classes": (a_thousand_and_one, 1001, 0, "1001 subfolders, but labels can have at most 1000 values"),
    "a run": (a_run, 16, 2, "2 subfolders as labels"),
    "other files": (other_files, 16, 2, "labels; passed over: 5 .heic, 2 .svg, 1 "),
    "link upwards": (link_upwards, 16, 2, "2 subfolders as labels"),
    "link that sorts first": (link_that_sorts_first, 16, 2, "2 subfolders as labels"),
    "all in train": (all_in_train, 16, 0, "one subfolder; if its subfolders are the labels, give train as --data"),
    "dark": (dark, 16, 2, ", 16 scaled to 8 bits; very dark: no value above 6 of 255"),
    "train and more": (lambda folder: pets(folder, 4, ("train", "plane")), 8, 2, "2 subfolders as labels"),
}  # fmt: skip


@pytest.mark.parametrize("how", FINE)
def test_odd_folders_are_read(tmp_path, how):
    make, n, k, words = FINE[how]
    make(tmp_path / "made")
    data = from_folder(tmp_path / "made", 6)
    assert len(data.x) == n and len(data.classes) == k and words in data.note and "\n" not in data.note
    assert data.left_out == {} and "a link" not in data.classes
    assert (data.labels is None) == (k == 0) and all("\n" not in name for name in data.classes)


def test_class_names_sort_as_numbers_do_and_stay_different(tmp_path):
    for name in ("10", "2", "1"):
        pets(tmp_path / "numbers", 1, [name])
    assert from_folder(tmp_path / "numbers").classes == ("1", "2", "10")
    long = ["x" * 80 + "a", "x" * 80 + "b", "n\nl", "n l"]
    pets(tmp_path / "long", 1, long)
    classes = from_folder(tmp_path / "long").classes
    assert set(classes) == {"x" * 60 + "...", "x" * 60 + "... (2)", "n l", "n l (2)"}
    data = SimpleNamespace(classes=("1", "2", "10"), n_classes=3)
    assert [label_number(label, data) for label in ("10", 2, 1, "1")] == [2, 1, 0, 0]
    with pytest.raises(ArgumentError, match=r"must be one of 1, 2, 10, not 0"):
        label_number(0, data)
    assert label_number("x" * 80, SimpleNamespace(classes=classes, n_classes=4)) == classes.index("x" * 60 + "...")


REFUSED = {  # how the folder is made -> the error
    "empty": (lambda folder: folder.mkdir(), "made holds no picture file; give a folder of"),
    "no pictures": (lambda folder: folder.mkdir() or (folder / "a.txt").write_text("a"),
                    "holds no picture file, but 1 .txt; give"),
    "one colour": (lambda folder: folder.mkdir() or Image.new("L", (9, 9), 7).save(folder / "a.png"),
                   "have the same single colour"),
    "train and test": (lambda folder: pets(folder, 1, ("train", "test")),
                       "is divided into test and train; give one of these folders"),
    "every part": (lambda folder: pets(folder, 1, sorted(module.PARTS)), "is divided into test and testing and train"),
    "only pipes": (lambda folder: folder.mkdir() or os.mkfifo(folder / "a.png"), "holds no picture file"),
}  # fmt: skip


@pytest.mark.parametrize("how", REFUSED)
def test_folders_without_anything_to_learn_are_refused(tmp_path, how):
    make, words = REFUSED[how]
    make(tmp_path / "made")
    with pytest.raises(DataError, match=words):
        from_folder(tmp_path / "made")


def test_the_second_time_no_picture_is_read(tmp_path, monkeypatch, cache):
    pets(tmp_path / "pets")
    first = from_folder(tmp_path / "pets", 6, True)
    monkeypatch.setattr("minigan.data.picture.read_picture", None)
    again = from_folder(tmp_path / "pets", 6, True)
    assert again.note == first.note and again.sha256 == first.sha256
    [kept] = cache.iterdir()
    moved = shutil.move(tmp_path / "pets", tmp_path / "moved")
    assert from_folder(moved, 6, True).sha256 == first.sha256
    with pytest.raises(DataError):  # another size has to be read, and cannot be
        from_folder(moved, 7, True)
    monkeypatch.undo()
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache" / project)
    for content in (b"", kept.read_bytes()[:-300], b"PK\x03\x04rubbish"):
        kept.write_bytes(content)
        assert from_folder(moved, 6, True).sha256 == first.sha256 and len(kept.read_bytes()) > 2000


def test_a_failure_of_the_system_is_not_remembered(tmp_path, monkeypatch, cache):
    pets(tmp_path / "pets")
    right = module.picture.read_picture

    def failing(error):
        def read(path, *args):
            if str(path).endswith("3.png"):
                raise error
            return right(path, *args)

        return read

    monkeypatch.setattr(module.picture, "read_picture", failing(OSError(24, "Too many open files")))
    assert "cat/3.png (Too many open files)" in from_folder(tmp_path / "pets").note.replace(os.sep, "/")
    monkeypatch.setattr(module.picture, "read_picture", failing(MemoryError()))
    with pytest.raises(MemoryError):
        from_folder(tmp_path / "pets")
    monkeypatch.setattr(module.picture, "read_picture", right)
    assert not cache.exists() and len(from_folder(tmp_path / "pets").x) == 16


def test_a_file_that_changes_while_it_is_read_is_not_remembered(tmp_path, monkeypatch, cache):
    pets(tmp_path / "pets")
    right = module.read

    def meanwhile(*args):
        Image.new("L", (12, 12), 9).save(tmp_path / "pets" / "cat" / "0.png")
        return right(*args)

    monkeypatch.setattr(module, "read", meanwhile)
    from_folder(tmp_path / "pets")
    assert not cache.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_an_interrupted_write_leaves_nothing_in_the_cache(tmp_path, monkeypatch, cache, error):
    def interrupted(*args, **kwargs):
        raise error

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt) if error is KeyboardInterrupt else contextlib.nullcontext():
        from_folder(pets(tmp_path / "pets"))
    assert list(cache.iterdir()) == []


def test_an_unreadable_folder_is_an_error(tmp_path, monkeypatch):
    def refused(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(DataError, match="pets cannot be read: Permission denied"):
        from_folder(pets(tmp_path / "pets"))


def test_the_home_folder_may_be_written_as_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    pets(tmp_path / "pets")
    assert len(load("~/pets").x) == 16


def test_any_change_of_the_folder_is_noticed(tmp_path):
    folder, seen = pets(tmp_path / "pets"), set()

    def see(size=6, colour=False):
        data = from_folder(folder, size, colour)
        seen.add(data.sha256)

    see()
    see(size=7)
    see(colour=True)
    status = os.stat(folder / "cat" / "0.png")
    Image.new("L", (12, 12), 9).save(folder / "cat" / "0.png")
    os.utime(folder / "cat" / "0.png", (status.st_atime, status.st_mtime))  # as rsync or git may do
    see()
    (folder / "cat" / "0.png").rename(folder / "dog" / "0b.png")
    see()
    (folder / "dog" / "0b.png").unlink()
    see()
    assert len(seen) == 6


def test_without_a_writable_cache_the_pictures_are_read_anyway(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "file" / project)
    assert len(from_folder(pets(tmp_path / "pets")).x) == 16


def test_what_another_pillow_could_not_read_is_tried_again(tmp_path, monkeypatch):
    pets(tmp_path / "pets")
    (tmp_path / "pets" / "cat" / "x.png").touch()
    from_folder(tmp_path / "pets")
    reads = []
    right = module.read
    monkeypatch.setattr(module, "read", lambda *args: reads.append(1) or right(*args))
    from_folder(tmp_path / "pets")
    assert not reads
    monkeypatch.setattr("PIL.__version__", "99")
    from_folder(tmp_path / "pets")
    assert reads


def test_memory_stays_near_the_size_of_the_result(tmp_path):
    import tracemalloc

    folder = tmp_path / "many"
    folder.mkdir()
    for i in range(60):
        spot(400 + i, 400).save(folder / f"{i}.jpg")
    from_folder(folder, 5)  # Pillow's modules are loaded
    tracemalloc.start()
    data = from_folder(folder, 64, True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * data.x.nbytes


FLAGS = {
    "size of a set": (("--data", "ring", "--size", 32), 2, "--size has no effect with these settings; drop it."),
    "colour of a set": (("--data", "ring", "--colour"), 2, "--colour has no effect with these settings; drop it."),
    "tiny": (("--data", "pets", "--size", 2), 2, "--size must be from 4 to 256, not 2."),
    "huge": (("--data", "pets", "--size", 1000), 2, "--size must be from 4 to 256, not 1000."),
    "American": (("--data", "pets", "--color"), 2, "--color is not a flag; did you mean --colour?"),
    "a picture": (("--data", "pets/cat/0.png"), 3, "0.png is a single file; give the folder that holds your pictures"),
    "no such folder": (("--data", "pest", "--colour"), 3, "no data set and no folder is called pest"),
    "few": (("--data", "pets"), 2, "the data has only 16; choose a smaller --batch-size."),
    "empty": (("--data", "nothing"), 3, "nothing holds no picture file"),
}


@pytest.mark.parametrize("case", FLAGS)
def test_a_wrong_flag_gets_one_sentence(command, tmp_path, case):
    flags, code, words = FLAGS[case]
    pets(tmp_path / "pets")
    (tmp_path / "nothing").mkdir()
    got, out, err = command(train.main, *flags)
    assert (got, out, err.count("\n")) == (code, "", 1) and words in err and not Path("runs").exists()


def test_size_and_colour_belong_to_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArgumentError, match="--size has no effect"):
        PRESETS["minigan"].with_flags(data="own.npz", size=9)
    pets(tmp_path / "ring")  # a folder with the name of a set: the set counts, and ./ring is the folder
    assert load("ring").shape == (2,) and load("./ring").shape == (28, 28)


def test_pictures_are_in_the_same_random_order_in_every_version(tmp_path):
    """A resumed run recognises its data by a hash, so the order must not change."""
    data = from_folder(pets(tmp_path / "pets"), 12)
    names = sorted(str(path.relative_to(tmp_path / "pets")) for path in (tmp_path / "pets").rglob("*.png"))
    for row, i in enumerate(np.random.default_rng(2).permutation(16)):
        right, _ = read_picture(tmp_path / "pets" / names[i], 12, False, formats())
        np.testing.assert_array_equal(data.x[row], right.ravel())
        assert data.classes[data.labels[row]] == names[i].split(os.sep)[0]


def test_labels_are_the_outermost_subfolders_in_the_order_of_their_names():
    labels, classes, words = module.labels_of([os.path.join(*name.split("/")) for name in ("b/x", "a/c/y", "b/z")])
    assert (labels.tolist(), classes, words) == ([1, 0, 1], ("a", "b"), "2 subfolders as labels")
    many = [os.path.join(f"{i}", "x") for i in range(1001)]
    labels, classes, _ = module.labels_of(many[:1000])
    assert labels.tolist() == list(range(1000)) and classes == tuple(map(str, range(1000)))
    assert module.labels_of(many)[:2] == (None, ())
    for names, words in ((["x"], "no subfolders"), (["a/x"], "one subfolder"), (["a/x", "y"], "as y is in none"),
                         (["a/b/x", "a/y"], "give a as --data")):  # fmt: skip
        labels, classes, said = module.labels_of([os.path.join(*name.split("/")) for name in names])
        assert labels is None and classes == () and said.endswith(words)


@contextlib.contextmanager
def at_most(seconds):
    """Raise TimeoutError if what is inside takes longer. It stops an endless loop."""

    def stop(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_names_sort_by_the_numbers_in_them_and_equal_ones_get_a_number():
    names = ["2", "10", "a2b10", "a2b9", "a10", "b", "a", "1"]
    assert sorted(names, key=module.natural) == ["1", "2", "10", "a", "a2b9", "a2b10", "a10", "b"]
    with at_most(2.0):
        assert module.distinct(["a\nb", "a b", "a\tb", "c"]) == ("a b", "a b (2)", "a b (3)", "c")


def test_at_most_three_files_and_three_endings_are_named():
    out = {name: "why" for name in "abcde"}
    assert module.listed({}, ": ") == module.counted(Counter(), ": ") == ""
    assert module.listed({"a": "why"}, ": ") == ": a (why)"
    assert module.listed(dict(list(out.items())[:3]), ": ") == ": a (why), b (why), c (why)"
    assert module.listed(out, ": ").startswith(": a (why), b (why), c (why), and 2 more")
    assert module.counted(Counter({".a": 1, ".b": 3, ".c": 2}), ", but ") == ", but 3 .b, 2 .c, 1 .a"
    assert module.counted(Counter({".a": 1, ".b": 4, ".c": 3, ".d": 2}), "") == "4 .b, 3 .c, 2 .d and 1 more endings"


def test_what_is_in_the_cache_must_fit(tmp_path):
    import PIL

    images, path = np.arange(108, dtype=np.uint8).reshape(3, 6, 6), tmp_path / "very" / "deep" / "a.npz"
    found = module.Pictures(images, [0, 2, 3], {"cropped to squares": 2}, {"x": "why"}, True)
    module.keep(path, found)
    assert [file.name for file in path.parent.iterdir()] == ["a.npz"]
    again = module.restored(path, 4, 6, False)
    np.testing.assert_array_equal(again.images, images)
    assert again[1:] == found[1:]
    for n, size, colour in ((3, 6, False), (5, 6, False), (4, 7, False), (4, 6, True)):
        assert module.restored(path, n, size, colour) is None
    assert module.restored(tmp_path / "nothing.npz", 4, 6, False) is None
    module.keep(path, found._replace(kept=[0, 2]))
    assert module.restored(path, 3, 6, False) is None
    colour = module.Pictures(np.repeat(images[..., None], 3, axis=3), [0, 1, 2], {}, {}, True)
    module.keep(path, colour)
    assert module.restored(path, 3, 6, False) is None and module.restored(path, 3, 6, True)[1:] == colour[1:]
    with np.load(path) as parts:
        assert '"pillow": null' in str(parts["words"])  # as all could be read
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PIL, "__version__", "99")
        assert module.restored(path, 3, 6, True)


class Harmful:
    """Its pickle makes the folder called harm when it is opened."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path / "harm"),)


def test_the_cache_runs_no_code(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.array([Harmful(tmp_path)], dtype=object), words="{}")
    assert module.restored(tmp_path / "a.npz", 1, 6, False) is None and not (tmp_path / "harm").exists()


def test_what_an_earlier_version_has_read_is_found_in_the_cache(tmp_path, cache):
    names, sha = ["cat/1.png", "dog/0.png"], hashlib.sha256(b"(1, 6, True)")
    pets(tmp_path / "pets")
    for name in (os.path.join(*name.split("/")) for name in names):
        sha.update(repr((name, hashlib.sha256((tmp_path / "pets" / name).read_bytes()).digest())).encode())
    assert module.cached(tmp_path / "pets", names, 6, True) == cache / f"pictures-{sha.hexdigest()[:16]}.npz"


def test_pictures_are_called_very_dark_below_64(tmp_path):
    for bright in (63, 64):
        folder = tmp_path / f"{bright}"
        folder.mkdir()
        Image.fromarray(np.uint8([[0, bright] * 2] * 4)).save(folder / "a.png")
        assert ("very dark" in from_folder(folder, 4).note) == (bright == 63)


def test_a_warning_about_a_picture_is_not_shown(tmp_path, monkeypatch):
    def warned(*_):
        warnings.warn("odd", UserWarning, stacklevel=1)
        return np.uint8([[0, 9], [9, 0]]), []

    monkeypatch.setattr(module.picture, "read_picture", warned)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = from_folder(pets(tmp_path / "pets"), 2)
    assert len(data.x) == 16 and data.left_out == {}
