"""train and sample from the command line: what they write, and one plain sentence for each error of a user."""

import csv
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import systems

from minigan import sample, train
from minigan.ground.errors import CheckpointError
from minigan.recipes.presets import PRESETS
from minigan.recipes.sampling import draw_samples
from minigan.runs import checkpoint
from minigan.training import Training


@pytest.fixture
def own(tmp_path, rng):
    """A file of 40 images of 6 x 6 pixels."""
    np.save(tmp_path / "own.npy", rng.integers(0, 256, (40, 6, 6)).astype(np.uint8))
    return "own.npy"


SMALL = ("--batch-size", 8, "--g-hidden", 8, "--d-hidden", 8, 8, "--latent-dim", 3)


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_run_writes_config_metrics_pictures_report_and_checkpoint(command, own, tmp_path):
    code, out, err = command(train.main, "--data", own, "--epochs", 3, "--out", "run", "--log-every", 2, *SMALL)
    assert (code, err) == (0, "")
    run = tmp_path / "run"
    assert sorted(os.listdir(run)) == sorted(
        ["checkpoint.npz", "config.json", "curves.png", "metrics.csv", "report.html", "samples", "samples.png"]
    )
    assert sorted(os.listdir(run / "samples")) == [f"epoch_{i:04d}.png" for i in range(4)]
    rows = read_csv(run / "metrics.csv")
    assert [int(row["round"]) for row in rows] == [2, 4, 5, 7, 9, 10, 12, 14, 15]  # every 2, and the last of each epoch
    assert rows[-1]["images"] == "120"
    assert float(rows[-1]["epoch"]) == 3.0
    assert all(0.0 < float(row["d_real"]) < 1.0 and np.isfinite(float(row["d_loss"])) for row in rows)
    config = json.loads((run / "config.json").read_text())
    assert (config["preset"], config["batch_size"], config["d_hidden"]) == ("minigan", 8, [8, 8])
    assert "40 images 6x6" in out and "no labels, so not conditional" in out
    assert out.count("\n") == 2 + 3 + 3  # the data and the device, a line for each epoch, the files
    arrays, meta = checkpoint.load(run)
    assert (meta["round"], meta["preset"]) == (15, "minigan")
    assert set(arrays) == {"G", "D", "average", "G.m", "G.v", "D.m", "D.v"}

    code, out, _ = command(sample.main, "run", "-n", 5, "--out", "five.npy")
    five = np.load("five.npy")
    assert (code, out) == (0, "5 samples in five.npy\n")
    assert (five.shape, five.dtype) == ((5, 6, 6), np.float32)
    assert five.min() >= 0.0
    assert five.max() <= 1.0
    command(sample.main, "run/checkpoint.npz", "-n", 5, "--out", "again.npy")
    np.testing.assert_array_equal(five, np.load("again.npy"))
    command(sample.main, "run", "-n", 5, "--seed", 1, "--out", "other.npy")
    assert (five != np.load("other.npy")).any()
    assert command(sample.main, "run")[0] == 0
    assert (tmp_path / "grid.png").read_bytes().startswith(b"\x89PNG")


def test_samples_come_from_the_averaged_weights(command, own):
    command(train.main, "--data", own, "--epochs", 1, "--out", "run", *SMALL)
    arrays, _ = checkpoint.load("run")
    G, settings, _ = sample.load_generator("run")
    np.testing.assert_array_equal(G.theta, arrays["average"])
    assert (arrays["average"] != arrays["G"]).any()
    assert settings.latent_dim == 3


def test_only_the_same_seed_gives_the_same_run(command, own):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        command(train.main, "--data", own, "--epochs", 2, "--seed", seed, "--dropout", 0.2, "--out", name, *SMALL)
    a, b, c = (checkpoint.load(name)[0] for name in "abc")
    assert all((a[name] == b[name]).all() for name in a)
    assert (a["G"] != c["G"]).any()


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_runs(command, own, preset, rng):
    settings = PRESETS[preset].with_flags()
    np.save("points.npy", rng.standard_normal((40, 2)))
    data, n = own if settings.data == "auto" else "points.npy", 40 // settings.d_steps // settings.packing
    words = ("--preset", preset, "--data", data, "--batch-size", n)
    code, _, err = command(train.main, *words, "--epochs", 1, "--out", "run")
    assert (code, err) == (0, "")


def test_0_epochs_write_the_samples_of_the_untrained_generator(command, own):
    code, _, err = command(train.main, "--data", own, "--epochs", 0, "--out", "untrained", *SMALL)
    assert (code, err) == (0, "")
    assert sorted(os.listdir("untrained/samples")) == ["epoch_0000.png"]
    assert read_csv("untrained/metrics.csv") == []


def test_a_conditional_run_draws_the_requested_label(command, tmp_path, rng):
    np.savez("labelled.npz", images=rng.integers(0, 256, (40, 6, 6)).astype(np.uint8), labels=np.arange(40) % 4)
    words = ("--data", "labelled.npz", "--conditional", "--epochs", 1, "--out", "run", *SMALL)
    assert command(train.main, *words)[0] == 0
    for label, name in ((3, "a.npy"), (3, "b.npy"), (2, "c.npy")):
        assert command(sample.main, "run", "--label", label, "-n", 5, "--out", name)[0] == 0
    a, b, c = map(np.load, ("a.npy", "b.npy", "c.npy"))
    np.testing.assert_array_equal(a, b)
    assert a.shape == (5, 6, 6) and (a != c).any()
    command(sample.main, "run", "-n", 8, "--out", "all.npy")
    np.testing.assert_allclose(np.load("all.npy")[3], np.load("a.npy")[3])  # without --label, the labels take turns
    code, _, err = command(sample.main, "run", "--label", 4)
    assert (code, err) == (2, "minigan: the label must be in 0..3, not 4.\n")


def frames(path):
    from PIL import Image, ImageSequence

    with Image.open(path) as gif:
        return np.array([frame.convert("L") for frame in ImageSequence.Iterator(gif)], float)


def test_a_walk_starts_and_ends_at_the_samples(command, own):
    assert command(train.main, "--data", own, "--epochs", 2, "--lr", 0.01, "--out", "run", *SMALL)[0] == 0
    words = ("run", "-n", 4, "--seed", 3)
    assert command(sample.main, *words, "--walk")[:2] == (0, "4 samples in walk.gif\n")
    command(sample.main, *words, "--out", "four.png")
    walk = frames("walk.gif")
    (still,) = frames("four.png")
    assert len(walk) == sample.FRAMES and walk.std(axis=0).max() > 20
    assert np.abs(walk[0] - still).max() <= 24  # there are 32 shades
    steps = np.abs(walk - np.roll(walk, 1, axis=0)).mean(axis=(1, 2))
    assert steps.max() < 0.5 * np.abs(walk[0] - walk[sample.FRAMES // 2]).mean()


def test_training_gif_has_the_picture_of_each_epoch(command, own):
    command(train.main, "--data", own, "--epochs", 3, "--lr", 0.01, "--out", "run", *SMALL)
    assert command(sample.main, "run", "--training")[:2] == (0, "4 pictures in training.gif\n")
    for epoch, frame in enumerate(frames("training.gif")):
        (picture,) = frames(f"run/samples/epoch_{epoch:04d}.png")
        assert np.abs(frame - picture).max() <= 24


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--out", "a.gif"), "--walk and --training write a .gif"),
        (("--walk", "--out", "a.png"), "and nothing else does"),
        (("--walk", "--training"), "choose one"),
        (("--training", "-n", 3), "-n, --seed and --label do not apply"),
        (("--training", "--seed", 0), "-n, --seed and --label do not apply"),
    ],
)
def test_conflicting_flags_for_a_gif_are_rejected(command, own, words, why):
    command(train.main, "--data", own, "--epochs", 0, "--out", "run", *SMALL)
    code, _, err = command(sample.main, "run", *words)
    assert code == 2 and why in err and err.count("\n") == 1


def test_a_walk_needs_images_and_a_training_gif_needs_a_run(command, rng):
    np.save("points.npy", rng.standard_normal((40, 2)))
    command(train.main, "--data", "points.npy", "--epochs", 0, "--out", "run", *SMALL)
    assert "--walk works for images only" in command(sample.main, "run", "--walk")[2]
    assert "needs the folder of a run" in command(sample.main, "run/checkpoint.npz", "--training")[2]
    assert command(sample.main, "run", "--training")[1] == "1 pictures in training.gif\n"


def test_labels_without_samples_are_reported(command, rng):
    np.savez("odd.npz", images=rng.integers(0, 256, (40, 6, 6)).astype(np.uint8), labels=np.arange(40) % 2 * 3 + 1)
    code, out, _ = command(train.main, "--data", "odd.npz", "--epochs", 0, "--out", "run", *SMALL)
    assert code == 0 and "no sample has label 0, 2, 3\n" in out


def test_conditional_without_valid_labels_is_one_sentence(command, own, rng):
    code, _, err = command(train.main, "--data", own, "--conditional", "--batch-size", 8)
    assert code == 2 and "--conditional needs a label" in err and "own.npy" in err
    images = rng.integers(0, 256, (40, 6, 6)).astype(np.uint8)
    for labels in (np.arange(39), np.arange(40.0), -np.arange(40), np.arange(40)[:, None]):
        np.savez("bad.npz", images=images, labels=labels)
        words = ("--data", "bad.npz", "--batch-size", 8, "--epochs", 0)
        code, _, err = command(train.main, *words, "--conditional")
        assert code == 2 and "needs a label" in err and "its labels are " in err
        code, out, _ = command(train.main, *words, "--out", f"run{labels.shape}{labels.dtype}{labels[1]}")
        assert code == 0 and "not whole numbers 0..999 of shape" in out
    command(train.main, "--data", own, "--epochs", 0, "--out", "run", *SMALL)
    code, _, err = command(sample.main, "run", "--label", 1)
    assert code == 2 and "this generator takes no labels" in err


def test_the_presets_are_listed(command):
    code, out, err = command(train.main, "--list-presets")
    assert (code, err) == (0, "")
    assert out.splitlines()[0].split()[:3] == ["preset", "objective", "G"]


def test_points_get_the_preset_toy(command, tmp_path, rng):
    np.save("points.npy", rng.standard_normal((64, 2)))
    code, _, _ = command(train.main, "--data", "points.npy", "--epochs", 1, "--batch-size", 32, "--out", "run")
    assert code == 0
    assert json.loads((tmp_path / "run/config.json").read_text())["preset"] == "toy"
    command(sample.main, "run", "-n", 7, "--out", "seven.npy")
    assert np.load("seven.npy").shape == (7, 2)


def test_flags_are_checked_against_the_preset_in_use(command, own, rng):
    """The G of toy has three hidden layers, the G of minigan two. A given penalty replaces the one of the preset."""
    np.save("points.npy", rng.standard_normal((64, 2)))
    words = ("--epochs", 0, "--batch-size", 8)
    assert command(train.main, "--data", "points.npy", "--g-batchnorm", 3, "--out", "a", *words)[0] == 0
    assert (
        command(train.main, "--data", own, "--wgan-gp", 10, "--objective", "wasserstein", "--out", "b", *words)[0] == 0
    )
    with open("b/config.json") as file:
        config = json.load(file)
    assert (config["r1"], config["wgan_gp"]) == (0.0, 10)
    code, _, err = command(train.main, "--data", own, "--wgan-gp", 10, "--r1", 1, *words)
    assert code == 2 and "choose one" in err


def test_labels_continue_in_turn_after_1000_samples(command, rng):
    np.savez("labelled.npz", images=rng.integers(0, 256, (40, 6, 6)).astype(np.uint8), labels=np.arange(40) % 7)
    command(train.main, "--data", "labelled.npz", "--epochs", 0, "--out", "run", *SMALL)
    G, settings, data = sample.load_generator("run")
    seen = []
    forward = G.forward
    G.forward = lambda z, train=True: seen.append(z[:, -7:].argmax(axis=1)) or forward(z, train)
    draw_samples(settings, data, G, 2100)
    np.testing.assert_array_equal(np.concatenate(seen), np.arange(2100) % 7)


def test_a_diverged_run_keeps_its_last_finite_checkpoint(command, own):
    words = ("--data", own, "--batch-size", 40, "--lr", 1e14, "--g-hidden", 8, "--d-hidden", 8, "--out", "run")
    code, _, err = command(train.main, *words, "--epochs", 2)
    assert code == 4
    assert "no longer finite" in err
    arrays, meta = checkpoint.load("run")
    assert meta["round"] == 0
    assert all(np.isfinite(array).all() for array in arrays.values())


def test_ctrl_c_says_what_was_saved_and_exits_with_130(command, own, monkeypatch):
    def interrupted(self, x_real):
        raise KeyboardInterrupt

    monkeypatch.setattr(Training, "round", interrupted)
    code, out, err = command(train.main, "--data", own, "--batch-size", 8, "--out", "run")
    assert (code, err) == (130, "\nminigan: stopped.\n")
    assert out.splitlines()[-1] == "stopped  run/checkpoint.npz holds the networks after round 0"


def test_ctrl_c_before_the_first_save_says_so(command, own, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", interrupted)
    code, out, err = command(train.main, "--data", own, "--batch-size", 8, "--out", "run")
    assert (code, err) == (130, "\nminigan: stopped.\n")
    assert out.splitlines()[-1] == "stopped  nothing has been saved"


def test_2001_samples_all_differ_and_begin_like_1500(command, own):
    command(train.main, "--data", own, "--epochs", 0, "--batch-size", 8, "--out", "run")
    command(sample.main, "run", "-n", 2001, "--out", "many.npy")
    command(sample.main, "run", "-n", 1500, "--out", "fewer.NPY")
    many = np.load("many.npy")
    assert len(np.unique(many.reshape(2001, -1), axis=0)) == 2001
    np.testing.assert_allclose(many[:1000], np.load("fewer.NPY")[:1000])


def test_a_hostile_checkpoint_is_one_sentence(command, own, monkeypatch):
    command(train.main, "--data", own, "--epochs", 0, "--batch-size", 8, "--out", "run")
    arrays, meta = checkpoint.load("run")
    for change in (
        {"shape": ["a"]},
        {"shape": [-6, 6]},
        {"shape": [3, 4, 5]},
        {"shape": [float("inf")]},
        {"settings": {"lr": -1}},
        {"settings": {"latent_dim": 2.5}},
        {"settings": {"g_hidden": []}},
    ):
        checkpoint.save("bad.npz", arrays, meta | change)
        code, _, err = command(sample.main, "bad.npz")
        assert (code, err.count("\n")) == (3, 1), change
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "FORMAT", 1)
        checkpoint.save("bad.npz", arrays, meta)
    assert "it has format 1, but this version of minigan reads format 2" in command(sample.main, "bad.npz")[2]
    with pytest.raises(CheckpointError, match=r"bad\.npz was not written, because average is not finite"):
        checkpoint.save("bad.npz", arrays | {"average": arrays["average"] * np.nan}, meta)


def test_flags_may_be_written_with_underscores(command, own, tmp_path):
    assert command(train.main, "--data", own, "--epochs=0", "--batch_size=8", "--latent_dim", 3, "--out=a_b")[0] == 0
    assert json.loads((tmp_path / "a_b/config.json").read_text())["latent_dim"] == 3


def train_with(*words):
    return train.main, ("--epochs", 1, "--data", "own.npy", "--batch-size", 8, *words)


def sample_with(*words):
    return sample.main, words


USER_ERRORS = {
    "unknown flag": (train_with("--frobnicate"), 2, "--frobnicate is not a flag; --help lists the flags."),
    "unknown preset": (train_with("--preset", "huge"), 2, "--preset must be one of minigan, large,"),
    "not a number": (train_with("--lr", "fast"), 2, "--lr must be a number, not fast."),
    "lr 0": (train_with("--lr", 0), 2, "--lr must be above 0, not 0.0"),
    "lr nan": (train_with("--lr", "nan"), 2, "--lr must be above 0, not nan"),
    "lr inf": (train_with("--lr", "inf"), 2, "--lr must be above 0, not inf"),
    "beta1 1": (train_with("--beta1", 1), 2, "--beta1 must be at least 0 and below 1"),
    "epochs -1": (train_with("--epochs", -1), 2, "--epochs must be 0 or more"),
    "batch 0": (train_with("--batch-size", 0), 2, "--batch-size must be from 1 to 1000000, not 0"),
    "hidden 0": (train_with("--g-hidden", 8, 0), 2, "--g-hidden must be from 1 to 1000000, not 0"),
    "dropout 1": (train_with("--dropout", 1), 2, "--dropout must be at least 0 and below 1"),
    "objective": (train_with("--objective", "cubic"), 2, "--objective must be one of non-saturating,"),
    "vary 2": (train_with("--vary", 2), 2, "--vary must be from 0 to 1"),
    "batch too large": (train_with("--batch-size", 41), 2, "needs 41 samples per round, but the data has only 40"),
    "round too large": (train_with("--d-steps", 6), 2, "needs 48 samples per round, but the data has only 40"),
    "no such data": (train_with("--data", "celeba"), 3, "a folder of pictures, a .npy or a .npz file."),
    "mistyped data": (train_with("--data", "minst"), 3, "file; did you mean mnist?"),
    "missing file": (train_with("--data", "absent.npy"), 3, "there is no file absent.npy"),
    "nan data": (train_with("--data", "nan.npy"), 3, "NaN"),
    "missing folder": (train_with("--data", "mnist", "--data-dir", "nowhere"), 3, "nowhere does not hold MNIST"),
    "web page as gz": (train_with("--data", "mnist", "--data-dir", "web"), 3, "a web page"),
    "auto does not hide it": (train_with("--data", "auto", "--data-dir", "web"), 3, "a web page"),
    "out is a file": (train_with("--out", "own.npy"), 2, "cannot be written"),
    "out below a file": (train_with("--out", "own.npy/run"), 2, "cannot be written"),
    "out holds a run": (train_with("--out", "old"), 2, "old is not empty"),
    "no gpu": (train_with("--device", "gpu"), 3, "--device cpu"),
    "out is here": (train_with("--out", ""), 2, ". is not empty"),
    "abbreviated": (train_with("--epoch", 2), 2, "--epoch is not a flag; did you mean --epochs?"),
    "too wide": (train_with("--g-hidden", 10**14), 2, "--g-hidden must be from 1 to 1000000"),
    "too large": (train_with("--d-hidden", 10**6, 10**6, "--maxout", 10**6), 3, "not enough memory"),
    "text as npy": (
        train_with("--data", "text.npy"),
        3,
        "text.npy is not a readable .npy file (it does not begin like a .npy file of version 1.0).",
    ),
    "diverged": (train_with("--lr", 1e30, "--r1", 1e20, "--epochs", 3), 4, "holds the networks after round 0"),
    "sample nothing": (sample_with(), 2, "minigan: give the folder of a run, for example runs/digits."),
    "sample no run": (sample_with("nowhere"), 3, "there is no checkpoint nowhere"),
    "sample no checkpoint": (sample_with("old"), 3, "there is no checkpoint"),
    "sample not one": (sample_with("own.npy"), 3, "not a minigan checkpoint"),
    "sample web page": (sample_with("web/train-images-idx3-ubyte.gz"), 3, "not a minigan checkpoint"),
    "sample n 0": (sample_with("old", "-n", 0), 2, "-n: must be from 1 to 1000000000, not 0"),
    "sample out": (sample_with("old", "--out", "x.jpg"), 2, "must end in .png or .npy"),
    "sample nowhere": (sample_with("old", "--out", "none/x.png"), 2, "the folder none does not exist"),
    "beta1 of sgd": (train_with("--optimizer", "sgd", "--beta1", 0.5), 2, "--beta1 has no effect"),
    "vary of a file": (train_with("--vary", 0.5), 2, "--vary has no effect"),
    "folder of a file": (train_with("--data-dir", "."), 2, "--data-dir has no effect"),
}


@pytest.mark.parametrize("case", USER_ERRORS)
def test_a_user_error_is_one_plain_sentence(case, command, own, tmp_path, monkeypatch):
    (tmp_path / "text.npy").write_text("hello")
    np.save("nan.npy", np.full((9, 4, 4), np.nan))
    (tmp_path / "web").mkdir()
    for name in ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"):
        (tmp_path / "web" / name).write_bytes(b"<!DOCTYPE html><html>")
    (tmp_path / "old").mkdir()
    (tmp_path / "old/config.json").write_text("precious")
    monkeypatch.setitem(sys.modules, "cupy", None)  # as if it were not installed
    (main, words), expected, message = USER_ERRORS[case]
    code, _, err = command(main, *words)
    assert code == expected
    lines = err.strip().splitlines()
    assert message in lines[-1]
    assert lines[-1].startswith("minigan: ")
    assert "Traceback" not in err
    assert len(lines) == 1
    assert (tmp_path / "old/config.json").read_text() == "precious"
    assert np.load("own.npy").shape == (40, 6, 6)


def test_a_folder_without_permission_is_one_sentence(command, own, tmp_path):
    if os.name != "posix" or os.geteuid() == 0:
        pytest.skip("Windows has other permissions, and root may write everywhere")
    tmp_path.joinpath("locked").mkdir(mode=0o500)
    code, _, err = command(*train_with("--out", "locked/run"))
    assert code == 2
    assert "Permission denied" in err


def test_a_failed_save_keeps_the_last_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.npz"
    checkpoint.save(path, {"a": np.ones(3)}, {"epoch": 1})

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(CheckpointError, match="No space left on device; the last checkpoint is unharmed"):
        checkpoint.save(path, {"a": np.zeros(3)}, {"epoch": 2})
    monkeypatch.undo()
    arrays, meta = checkpoint.load(path)
    assert meta["epoch"] == 1
    np.testing.assert_array_equal(arrays["a"], np.ones(3))


def test_a_folder_that_vanishes_is_one_sentence(command, own, monkeypatch):
    def vanished(path, *_):
        raise FileNotFoundError(2, "No such file or directory", str(path))

    monkeypatch.setattr("minigan.runs.images.save_grid", vanished)
    code, _, err = command(train.main, "--data", own, "--epochs", 1, "--batch-size", 8, "--out", "run")
    assert code == 3
    reason = "cannot be written: No such file or directory; nothing has been saved"
    assert err == f"minigan: run/samples/epoch_0000.png {reason}.\n"


@pytest.mark.parametrize("array", [None, np.zeros(3), np.zeros(4, np.float32)])
def test_a_checkpoint_that_does_not_fit_changes_nothing(array):
    target = np.ones(3, np.float32)
    with pytest.raises(CheckpointError, match="the checkpoint's average is"):
        checkpoint.fill(target, array, "average")
    assert (target == 1.0).all()


def test_a_run_in_its_own_process_shows_no_progress_bar_in_a_pipe(tmp_path, own):
    words = ["--data", own, "--epochs", "1", "--batch-size", "8", "--out", "run"]
    done = subprocess.run(
        [sys.executable, "-m", "minigan.train", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    more, report = done.stdout.replace(os.sep, "/").splitlines()[-2:]
    assert more == "more     python -m minigan.sample run -n 100 --seed 1"
    assert report == "report   run/report.html   (open it in a browser, and play with G)"


@systems.posix_only
def test_a_closed_pipe_is_no_error(tmp_path):
    words = [sys.executable, "-m", "minigan.train", "--list-presets"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
