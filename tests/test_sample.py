"""python -m minigan.sample: what it draws, and where it writes it. tests/test_cli.py runs it on whole runs."""

import numpy as np
import pytest
from small_runs import small

from minigan import sample
from minigan.recipes.sampling import draw_samples
from minigan.runs import images
from minigan.training import Training


@pytest.fixture(params=["minigan", "small", "toy"])
def trained(request, monkeypatch):
    """(G, settings, data) that minigan.sample finds in the run; G is conditional, or not, or makes points."""
    settings, data = small(request.param)
    found = Training(settings, data).G, settings, data
    monkeypatch.setattr(sample, "load_generator", lambda run: found)
    return found


def test_an_array_holds_the_samples_that_the_flags_ask_for(command, trained):
    G, settings, data = trained
    for words, n, seed in (((), 64, 0), (("-n", 3), 3, 0), (("--seed", 5), 64, 5), (("-n", 1, "--seed", 0), 1, 0)):
        assert command(sample.main, "run", *words, "--out", "x.npy")[:2] == (0, f"{n} samples in x.npy\n")
        x = draw_samples(settings, data, G, n, seed)
        np.testing.assert_array_equal(np.load("x.npy"), images.to_unit(x, data.shape) if data.is_images else x)


def test_a_label_is_for_all_samples(command, trained):
    G, settings, data = trained
    code, _, err = command(sample.main, "run", "--label", "0", "-n", 4, "--out", "x.npy")
    if not settings.conditional:
        assert code == 2 and "--label needs a run that was trained with --conditional" in err
    else:
        expected = images.to_unit(draw_samples(settings, data, G, 4, 0, 0), data.shape)
        np.testing.assert_array_equal(np.load("x.npy"), expected)


def test_the_default_file_depends_on_what_is_drawn(command, trained, monkeypatch):
    _, _, data = trained
    drawn = []
    monkeypatch.setattr(images, "save_gif", lambda path, pictures, rate: drawn.append((str(path), rate)) or 1)
    monkeypatch.setattr(images, "save_samples", lambda path, x, shape, *_: drawn.append((str(path), len(x), shape)))
    monkeypatch.setattr(images, "of_training", lambda run: [(0, "first"), (1, "second")])
    assert command(sample.main, "run")[:2] == (0, "64 samples in grid.png\n")
    assert command(sample.main, "run", "--walk")[:2] == (0, "64 samples in walk.gif\n")
    assert command(sample.main, "run", "--training", "--out", "t.GIF")[:2] == (0, "1 pictures in t.GIF\n")
    assert command(sample.main, "run", "--training")[0] == 0
    assert drawn == [("grid.png", 64, data.shape), ("walk.gif", 20), ("t.GIF", 2), ("training.gif", 2)]


def test_a_full_disk_is_one_sentence(command, trained, monkeypatch):
    for error, words in ((OSError(28, "No space left"), "No space left"), (OSError("odd"), "odd")):
        monkeypatch.setattr(images, "save_samples", lambda *_, error=error: (_ for _ in ()).throw(error))
        assert f"--out grid.png cannot be written: {words}." in command(sample.main, "run")[2]


def test_a_run_without_pictures_is_one_sentence(command, trained, monkeypatch):
    monkeypatch.setattr(images, "of_training", lambda run: [])
    assert "run/samples has no pictures" in command(sample.main, "run", "--training")[2]


@pytest.mark.parametrize("flags", [("-n", 3), ("--seed", 1), ("--label", "0")])
def test_pictures_from_the_training_cannot_be_drawn_otherwise(command, trained, flags):
    assert "do not apply" in command(sample.main, "run", "--training", *flags)[2]


def test_a_walk_is_one_turn_of_a_circle_in_the_space_of_z(trained, monkeypatch):
    """Frame i is at the angle 2 pi i / 60, so a quarter of a turn leads from the one end of the circle to the other."""
    _, settings, data = trained
    if not data.is_images:
        return
    seen = []
    monkeypatch.setattr(sample, "generate", lambda settings, data, G, z: seen.append(z.copy()) or np.zeros((3, 36)))
    label = 1 if settings.conditional else None
    assert len(list(sample.walk(settings, data, None, 3, 7, label))) == 60 == len(seen)
    k = settings.latent_dim
    start, quarter = seen[0], seen[15]
    np.testing.assert_array_equal(start, sample.generator_input(settings, data, 3, sample.streams(7)["samples"], label))
    assert start[:, :k].std() == pytest.approx(1.0, abs=0.3) and quarter[:, :k].std() == pytest.approx(1.0, abs=0.3)
    for i, z in enumerate(seen):
        angle = 2 * np.pi * i / 60
        expected = np.cos(angle) * start[:, :k] + np.sin(angle) * quarter[:, :k]
        np.testing.assert_allclose(z[:, :k], expected, atol=1e-5)
        np.testing.assert_array_equal(z[:, k:], start[:, k:])
    rng = sample.streams(7)["samples"]
    sample.latent_noise(settings, 3, rng)
    np.testing.assert_allclose(quarter[:, :k], sample.latent_noise(settings, 3, rng), atol=1e-6)
