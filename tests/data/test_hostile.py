"""Files from strangers become arrays or raise one clear error, in little memory, whatever their bytes are."""

import gzip
import io
import json
import struct
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigan.data import Dataset, from_file
from minigan.data import idx as module
from minigan.data.idx import read_idx
from minigan.ground.errors import CheckpointError, DataError
from minigan.recipes.settings import Settings
from minigan.runs import checkpoint
from minigan.training import Training

MEMORY = 50_000_000  # bytes
PIXELS = np.random.default_rng(0).integers(0, 256, (5, 8, 8)).astype(np.uint8)
IDX = struct.pack(">4i", 2051, *PIXELS.shape) + PIXELS.tobytes()


def saved(save, *args, **kwargs):
    file = io.BytesIO()
    save(file, *args, **kwargs)
    return file.getvalue()


def zipped(*members, level=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", level) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about two members with one name
        for name, content, *method in members:
            archive.writestr(name if "." in name else f"{name}.npy", content, *method)
    return file.getvalue()


def header(shape, descr="|u1"):
    return saved(np.lib.format.write_array_header_1_0, {"descr": descr, "fortran_order": False, "shape": shape})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    checkpoint.save(folder / "right.npz", {"G": np.arange(3.0), "D": np.arange(2)}, {"settings": {"lr": 0.1}})
    return folder


READERS = {  # kind -> (ending of the file, function that reads it, error, a valid file)
    "idx": ("ubyte", lambda path: read_idx(path, "images"), DataError, IDX),
    "idx.gz": ("gz", lambda path: read_idx(path, "images"), DataError, gzip.compress(IDX, mtime=0)),
    "npy": ("npy", from_file, DataError, saved(np.save, PIXELS)),
    "npz": ("npz", from_file, DataError, saved(np.savez, images=PIXELS, labels=np.arange(5))),
    "packed npz": ("npz", from_file, DataError, saved(np.savez_compressed, images=PIXELS, labels=np.arange(5))),
    "checkpoint": ("npz", checkpoint.load, CheckpointError, None),
}


def change(content, draw):
    """Damage content in up to three places: change a byte, cut off the end, lose, repeat or overwrite a part."""
    for _ in range(draw(st.integers(1, 3))):
        i, j = sorted(draw(st.integers(0, len(content))) for _ in range(2))
        part = draw(st.sampled_from([content[:i], content[i:j] * 2, b"\xff" * (j - i), b"\0" * (j - i)]) | st.binary())
        content = content[:i] + part + draw(st.sampled_from([content[i:], content[j:], b""]))
    return content


def outcome(kind, content, folder):
    """Read content as a file of that kind; return "arrays" or the message of the error."""
    ending, read, error, _ = READERS[kind]
    path = folder / f"file.{ending}"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read(path)
        return "arrays"
    except error as said:
        assert str(path) in str(said) and "\n" not in str(said) and len(str(said)) < 400
        return str(said)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < MEMORY


@pytest.mark.parametrize("n", [60, pytest.param(500, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", READERS)
def test_random_and_damaged_files_become_arrays_or_one_error(folder, kind, n):
    right = READERS[kind][-1] or (folder / "right.npz").read_bytes()

    @settings(max_examples=n)
    @given(data=st.data())
    def one(data):
        outcome(kind, data.draw(st.binary()) if data.draw(st.booleans()) else change(right, data.draw), folder)

    one()


@pytest.mark.parametrize("kind", READERS)
def test_the_valid_file_is_read(folder, kind):
    assert outcome(kind, READERS[kind][-1] or (folder / "right.npz").read_bytes(), folder) == "arrays"


@pytest.mark.parametrize("step", [67, pytest.param(1, marks=pytest.mark.slow)])
def test_a_damaged_checkpoint_raises_or_is_read_unchanged(tmp_path, step):
    """Cut the file off at every byte, and flip three bits of every byte, one at a time."""
    data = Dataset(PIXELS.reshape(5, -1), (8, 8), "", np.arange(5))
    training = Training(Settings(batch_size=2, g_hidden=(2,), d_hidden=(2,), latent_dim=2), data)
    path = tmp_path / "checkpoint.npz"
    checkpoint.save(path, *checkpoint.of(training))
    right, whole = checkpoint.load(path), path.read_bytes()
    damaged = [whole[:i] for i in range(0, len(whole), step)]
    damaged += [
        whole[:i] + bytes([whole[i] ^ 1 << bit]) + whole[i + 1 :]
        for i in range(0, len(whole), step)
        for bit in ((i + turn) % 8 for turn in (0, 3, 6))
    ]
    for content in damaged:
        path.write_bytes(content)
        try:
            arrays, meta = checkpoint.load(path)
        except CheckpointError:
            continue
        assert meta == right[1] and arrays.keys() == right[0].keys()
        assert all((arrays[name] == array).all() for name, array in right[0].items())


def test_a_checkpoint_whose_array_was_replaced_raises(folder):
    arrays, meta = checkpoint.load(folder / "right.npz")
    text = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    parts = {"__meta__": text, **arrays, "G": arrays["G"] + 1e-9}
    assert "SHA-256" in outcome("checkpoint", saved(np.savez, **parts), folder)
    assert outcome("checkpoint", saved(np.savez, **parts | {"G": arrays["G"]}), folder) == "arrays"


BOMB = gzip.compress(bytes(200_000_000), 1)
IMAGES = "images", saved(np.save, PIXELS)
ZEROS = header((200_000_000,)) + bytes(200_000_000)
NOISE = np.random.default_rng(0).bytes(200_000)
WORDS = header((22,)) + b'{"format": "\\n\\u0007"}'  # a newline and a bell
HOSTILE = {
    "bomb that tells its size": ("idx.gz", gzip.compress(struct.pack(">4i", 2051, 10**6, 28, 28)) + BOMB, "impossible"),
    "bomb after an image": ("idx.gz", gzip.compress(struct.pack(">4i", 2051, 1, 28, 28)) + BOMB, "more than the 784"),
    "many labels": ("idx.gz", gzip.compress(struct.pack(">4i", 2051, 60_001, 1, 1)), "impossible for this set"),
    "header of MNIST": ("idx.gz", gzip.compress(struct.pack(">4i", 2051, 60_000, 28, 28)), "only 0 of the 47040000"),
    "header of a larger file": ("npy", header((10**12,)) + bytes(1000), "not the size of the data after it"),
    "header with two negative sizes": ("npy", header((-50, -20)) + bytes(1000), "not a readable .npy file"),
    "overflowing header": ("npy", header((2**62, 4)), "not the size"),
    "objects": ("npy", saved(np.save, np.array([{}])), "never loaded"),
    "long header": ("npy", b"\x93NUMPY\x01\0" + struct.pack("<H", 60_000) + b"[" * 60_000, "header cannot be read"),
    "deep header": ("npy", b"\x93NUMPY\x01\0" + struct.pack("<H", 5000) + b"(" * 5000, "header cannot be read"),
    "header of a larger file in a zip": ("npz", zipped(("images", header((10**12,)) + bytes(1000))), "not the size"),
    "bomb": ("npz", zipped(("images", ZEROS)), "100 times its size"),
    "other compression": ("npz", zipped(IMAGES, level=zipfile.ZIP_LZMA), "NumPy does not use"),
    "one other compression": ("npz", zipped(IMAGES, ("labels", b"", zipfile.ZIP_LZMA)), "NumPy does not use"),
    "two arrays with one name": ("npz", zipped(IMAGES, ("images", header((1,)) + b"x")), "with one name"),
    "something else": ("npz", zipped(("images.npy/../x.py", b"print()")), "something other than arrays"),
    "control characters": ("checkpoint", zipped(("__meta__", WORDS)), "it has format   ,"),
    "names": ("npz", zipped(("a\nall is well", b""), ("b" * 5000, b"")), "call the array 'images'"),
    "fields": ("npy", saved(np.save, np.zeros(3, [("f" * 5000, int)])), "must hold numbers"),
    "black and white": ("npz", zipped(("images", header((4000, 32, 32)) + bytes(range(2)) * 2_048_000)), "arrays"),
    "points": ("npz", zipped(("points", header((2_000_000, 2)) + bytes(4_000_000))), "arrays"),
    "as much as allowed": ("npz", zipped(("points", header((2_499_936, 2)) + bytes(4_999_872))), "arrays"),
    "more than allowed": ("npz", zipped(("points", header((4_999_873,)) + bytes(4_999_873))), "100 times its size"),
    "30 times its size": ("npz", zipped(("points", header((3_100_000, 2)) + NOISE + bytes(6_000_000))), "arrays"),
    "written by Python 2": ("npy", header((5, 8, 8)).replace(b"(5, 8, 8), } ", b"(5L, 8, 8), }") + IDX[16:], "arrays"),
    "deep": ("checkpoint", zipped(("__meta__", header((4_000_000,)) + b"[],[" * 1_000_000)), "__meta__ is too large"),
    "bomb for a checkpoint": ("checkpoint", zipped(("__meta__", ZEROS)), "100 times"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_does_no_harm(folder, case):
    kind, content, message = HOSTILE[case]
    assert message in outcome(kind, content, folder)


def test_no_more_than_one_byte_is_read_beyond_what_the_header_promises(monkeypatch):
    class Watched(io.BytesIO):
        far = 0

        def read(self, n):
            content = super().read(n)
            self.far = max(self.far, self.tell())
            return content

    file = Watched(IDX + bytes(1000))
    monkeypatch.setattr(module, "open", lambda *_: file, raising=False)
    with pytest.raises(DataError, match="more than the 320 bytes"):
        module.read_idx("long", "images")
    assert file.far == len(IDX) + 1
