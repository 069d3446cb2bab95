"""minigan.GAN: the same training as the command's, from Python."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_runs import SMALL as FLAGS
from small_runs import contents, stop_after

import minigan
from minigan import evaluate, report, sample, train
from minigan.estimator import NotFitted
from minigan.ground.errors import ArgumentError, CheckpointError, DataError
from minigan.runs import checkpoint

SMALL = {"batch_size": 12, "g_hidden": (5,), "d_hidden": (5,), "latent_dim": 3, "log_every": 2, "epochs": 2}


@pytest.fixture
def arrays(command, own):
    with np.load("own.npz") as file:
        return file["images"], file["labels"]


def test_the_class_and_the_command_write_the_same_run(command, arrays):
    assert command(train.main, *FLAGS, "--epochs", 2, "--seed", 3, "--out", "ours")[0] == 0
    minigan.GAN(seed=3, **SMALL).fit("own.npz").save("theirs")
    assert contents("theirs") == contents("ours")
    assert Path("theirs/report.html").exists()


def test_arrays_train_the_same_weights_as_their_file(command, arrays):
    command(train.main, *FLAGS, "--epochs", 2, "--out", "ours")
    gan = minigan.GAN(**SMALL).fit(*arrays)
    gan.save("theirs")
    ours, theirs = (checkpoint.load(run)[0] for run in ("ours", "theirs"))
    assert {name: a.tobytes() for name, a in ours.items()} == {name: a.tobytes() for name, a in theirs.items()}
    command(sample.main, "ours", "-n", 5, "--seed", 1, "--label", 2, "--out", "five.npy")
    np.testing.assert_array_equal(np.load("five.npy"), gan.sample(5, label=2, seed=1))


def test_samples_are_float32_images_in_0_1_or_points(arrays):
    gan = minigan.GAN(**SMALL).fit(*arrays)
    x = gan.sample(7)
    assert x.shape == (7, 4, 4) and x.dtype == np.float32 and 0.0 <= x.min() < x.max() <= 1.0
    np.testing.assert_array_equal(x, gan.sample(7))
    assert (x != gan.sample(7, seed=1)).any()
    np.testing.assert_array_equal(gan.sample(4, label=[0, 1, 2, 0]), x[[0, 1, 2, 3]])
    assert minigan.GAN(**SMALL).fit(np.eye(20, 2)).sample(3).shape == (3, 2)


def test_samples_of_colour_images_are_in_colour(rng, command):
    pictures = rng.integers(0, 256, (20, 4, 5, 3)).astype(np.uint8)
    gan = minigan.GAN(**SMALL).fit(pictures)
    assert gan.sample(7).shape == (7, 4, 5, 3)
    gan.save("run")
    assert command(sample.main, "run", "-n", 7, "--out", "seven.npy")[0] == 0
    np.testing.assert_array_equal(np.load("seven.npy"), gan.sample(7))
    for words, mode in ((("--out", "seven.png"), "RGB"), (("--walk", "--out", "seven.gif"), "P")):
        assert command(sample.main, "run", "-n", 7, *words)[0] == 0
        with Image.open(words[-1]) as picture:
            assert (picture.mode, picture.size) == (mode, (42, 36))
            colours = np.asarray(picture.convert("RGB"))[2:10:2, 2:12:2]
        np.testing.assert_allclose(colours, 255 * gan.sample(7)[0], atol=0.51 if mode == "RGB" else 16)


def test_fit_again_trains_for_more_epochs(command, arrays):
    command(train.main, *FLAGS, "--epochs", 4, "--lr-decay", 0, "--out", "four")
    gan = minigan.GAN(**SMALL, lr_decay=0.0).fit("own.npz")
    gan.fit("own.npz").save("twice")
    assert contents("twice")["checkpoint.npz"] == contents("four")["checkpoint.npz"]


def test_an_interrupted_fit_keeps_what_it_learned_and_continues(arrays, monkeypatch):
    whole, gan = minigan.GAN(**SMALL).fit(*arrays), minigan.GAN(**SMALL)
    with monkeypatch.context() as patch:
        stop_after(patch, 7)
        with pytest.raises(KeyboardInterrupt, match="fit continues it"):
            gan.fit(*arrays)
    early = gan.sample(9)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    np.testing.assert_array_equal(gan.fit(*arrays).sample(9), whole.sample(9))
    assert (early != whole.sample(9)).any()


def test_the_commands_read_what_was_saved(command, arrays):
    minigan.GAN(**SMALL).fit(*arrays).save("run")
    for main, words in ((sample.main, ()), (report.main, ()), (train.main, ("--epochs", 3, "--data", "own.npz"))):
        run = ("--resume", "run") if main is train.main else ("run",)
        assert command(main, *run, *words)[::2] == (0, "")
    assert checkpoint.load("run")[1]["round"] == 15


def test_a_loaded_run_draws_and_continues_but_stays_as_it_is(command, arrays):
    command(train.main, *FLAGS, "--epochs", 2, "--lr-decay", 0, "--out", "two")
    command(train.main, *FLAGS, "--epochs", 4, "--lr-decay", 0, "--out", "four")
    before, gan = contents("two"), minigan.GAN.load("two")
    assert gan.preset == "minigan" and gan.settings["batch_size"] == 12
    np.testing.assert_array_equal(gan.sample(3), minigan.GAN.load("two").sample(3))
    gan.fit("own.npz").save("more")
    assert contents("two") == before
    assert contents("more")["checkpoint.npz"] == contents("four")["checkpoint.npz"]


def test_evaluate_gives_the_figures_of_the_command(command, arrays, monkeypatch, tmp_path):
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache")
    gan = minigan.GAN(**SMALL).fit("own.npz")
    gan.save("run")
    found = gan.evaluate(20)
    assert list(found) == ["samples", "real", "noise"] and "Frechet distance" in found["samples"]
    _, out, _ = command(evaluate.main, "run", "-n", 20, "--json")
    assert f'"Frechet distance": {found["samples"]["Frechet distance"]}' in out
    of_arrays = minigan.GAN(**SMALL).fit(*arrays).evaluate(20)
    assert of_arrays["samples"]["precision"] == found["samples"]["precision"]


def test_a_mistake_is_one_sentence(arrays):
    images, labels = arrays
    gan = minigan.GAN(**SMALL)
    for mistake, error, words in (
        (lambda: minigan.GAN(learning_rate=1.0), ArgumentError, "there is no setting 'learning_rate'"),
        (lambda: minigan.GAN(epoch=1), ArgumentError, "epochs"),
        (lambda: minigan.GAN("minigam"), ArgumentError, "minigan"),
        (lambda: minigan.GAN(data="mnist"), ArgumentError, "setting 'data'"),
        (gan.sample, NotFitted, "call fit first"),
        (gan.evaluate, NotFitted, "call fit first"),
        (lambda: gan.save("run"), NotFitted, "call fit first"),
        (lambda: minigan.GAN.load("nowhere"), CheckpointError, "there is no checkpoint nowhere"),
        (lambda: gan.fit(images, labels[:5]), DataError, r"not whole numbers 0..999 of shape \(63,\)"),
        (lambda: gan.fit(images / 7.0), DataError, "scale them"),
        (lambda: minigan.GAN(**SMALL | {"lr": -1.0}).fit(images), ArgumentError, "lr must be above 0"),
        (lambda: minigan.GAN(**SMALL).fit(images).sample(1, label=0), ArgumentError, "without labels"),
        (lambda: minigan.GAN(**SMALL).fit(images, labels).sample(1, label=3), ArgumentError, "label must be in 0..2"),
        (lambda: minigan.GAN(**SMALL).fit(images).fit(images[::-1]), DataError, "other samples"),
    ):
        with pytest.raises(error, match=words) as caught:
            mistake()
        assert "\n" not in str(caught.value)


def test_fit_can_be_corrected_while_its_error_is_still_shown(arrays):
    """A notebook keeps the traceback, and with it all that the failed call held: also the lock of the run."""
    images, labels = arrays
    gan = minigan.GAN(**SMALL).fit(images, labels)
    with pytest.raises(DataError) as caught:
        gan.fit(images[::-1], labels)
    assert gan.fit(images, labels) is gan
    del caught


def test_fit_works_in_a_thread(arrays):
    """Only the main thread can catch signals."""
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(minigan.GAN(**SMALL).fit, *arrays).result().sample(2).shape == (2, 4, 4)


def test_fit_prints_nothing_where_nobody_watches(arrays, capsys):
    minigan.GAN(**SMALL).fit(*arrays)
    assert capsys.readouterr() == ("", "")


def test_a_notebook_shows_a_progress_bar(arrays, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", None)
    minigan.GAN(**SMALL).fit(*arrays)
    out, err = capsys.readouterr()
    assert out == "" and "/10 [" in err


def test_the_temporary_folder_goes_with_the_gan(arrays):
    gan = minigan.GAN(**SMALL).fit(*arrays)
    run = gan.run
    assert run.exists()
    del gan
    assert not run.exists()


def test_the_example_runs():
    words = "import doctest, minigan.estimator as e; print(doctest.testmod(e))"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout == "TestResults(failed=0, attempted=3)\n"
