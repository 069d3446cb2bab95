"""Training and what it writes: every setting has its effect, and every figure is in the right place."""

import numpy as np
import pytest
from matplotlib.image import imread

from minigan.data import Dataset, load
from minigan.data.drawn import draw
from minigan.data.toy import grid
from minigan.gan.objectives import Minimax
from minigan.nn.activations import LeakyReLU, Tanh
from minigan.nn.layers import Dense, Dropout
from minigan.recipes.presets import PRESETS
from minigan.recipes.sampling import generator_input, streams
from minigan.recipes.settings import Settings
from minigan.runs import checkpoint, images
from minigan.runs.checkpoint import Diverged
from minigan.runs.recorder import Recorder
from minigan.training import Training, train

SETTINGS = Settings(
    batch_size=4, lr=0.01, beta1=0.1, beta2=0.2, objective="minimax", r1=0.0, ema=0.05, latent_dim=3, g_hidden=(5, 6),
    d_hidden=(7,), g_slope=0.3, d_slope=0.4, dropout=0.25, epochs=2, log_every=2, seed=5,
)  # fmt: skip


@pytest.fixture
def data(rng):
    return Dataset(rng.integers(0, 256, (12, 9)).astype(np.uint8), (3, 3), "")


def test_every_setting_has_its_effect(data):
    training = Training(SETTINGS, data)
    G, D = training.G.layers, training.D.layers
    assert [type(layer) for layer in G] == [Dense, LeakyReLU, Dense, LeakyReLU, Dense, Tanh]
    assert [type(layer) for layer in D] == [Dense, LeakyReLU, Dropout, Dense]
    assert [layer.parameters["W"] for layer in G[::2]] == [(3, 5), (5, 6), (6, 9)]
    assert [layer.parameters["W"] for layer in (D[0], D[3])] == [(9, 7), (7, 1)]
    assert (G[1].alpha, G[3].alpha, D[1].alpha, D[2].rate) == (0.3, 0.3, 0.4, 0.25)
    for optimizer, network in ((training.g_optimizer, training.G), (training.d_optimizer, training.D)):
        assert optimizer.theta is network.theta
        assert (optimizer.lr, optimizer.beta1, optimizer.beta2) == (0.01, 0.1, 0.2)
    assert type(training.objective) is Minimax
    assert training.noise(8).shape == (8, 3)
    before = training.average.theta.copy()
    training.round([data.batch(np.arange(4))])
    np.testing.assert_allclose(training.average.theta, 0.05 * before + 0.95 * training.G.theta, rtol=1e-5, atol=1e-8)
    training.round([data.batch(np.arange(4))])
    assert training.rounds_done == 2
    points = Training(PRESETS["toy"].with_flags(), load("ring"))
    assert type(points.G.layers[-1]) is Dense  # no tanh: points have no range


def test_each_use_of_randomness_has_its_own_stream():
    draws = [rng.random() for rng in streams(0).values()]
    assert len(set(draws)) == len(draws)
    assert draws == [rng.random() for rng in streams(0).values()]
    assert streams(1)["init"].random() not in draws


def test_pictures_show_the_averaged_generator_for_the_same_noise(tmp_path, data, monkeypatch):
    seen = []
    monkeypatch.setattr(images, "save_samples", lambda path, x, *_, **__: seen.append(x) or path.touch())
    monkeypatch.setattr(images, "save_curves", lambda *_: None)
    training = Training(SETTINGS, data)
    with Recorder(tmp_path / "run", "minigan", training, data) as recorder:
        train(training, recorder)
    z = generator_input(SETTINGS, data, 100, streams(SETTINGS.seed)["grid"])
    arrays, _ = checkpoint.load(tmp_path / "run")
    assert len(seen) == 3 and training.rounds_done == 6
    assert (seen[1] != seen[2]).any()
    np.testing.assert_array_equal(seen[2], training.average(z))
    for name, array in (("G", training.G.theta), ("D", training.D.theta), ("D.v", training.d_optimizer.v)):
        np.testing.assert_array_equal(arrays[name], array)


class Listener:
    """Notes what it is told: the figures of a round, or the number of rounds done at the end of an epoch."""

    def __init__(self, training):
        self.training, self.told = training, []

    def round(self, figures):
        self.note(figures.tolist())

    def epoch(self):
        self.note(self.training.rounds_done)

    def note(self, told):
        assert len(self.told) < 100  # a training that would never end stops here
        self.told.append(told)


def test_all_listeners_are_told_the_same(data):
    training = Training(SETTINGS, data)
    first, second = Listener(training), Listener(training)
    train(training, first, second)
    assert first.told == second.told
    assert [told for told in first.told if isinstance(told, int)] == [0, 3, 6]
    assert [len(told) for told in first.told if isinstance(told, list)] == 6 * [4]
    alone = Training(SETTINGS, data)
    train(alone)
    assert alone.G.theta.tobytes() == training.G.theta.tobytes()


def test_each_row_holds_the_means_of_its_rounds(tmp_path, data):
    training = Training(SETTINGS, data)
    with Recorder(tmp_path / "run", "minigan", training, data) as recorder:
        for k in range(3):
            training.rounds_done += 1
            recorder.round(np.array([1.0, 2.0, 0.3, 0.4]) + k / 100)
        recorder.epoch()
        training.rounds_done, training.average.theta[...] = 6, 0.1
        recorder.epoch()
    header, first, second = (tmp_path / "run/metrics.csv").read_text().splitlines()
    assert header.startswith("round,epoch,images,d_loss,g_loss,d_real,d_fake,rounds_per_second,d_accuracy,")
    assert first.split(",")[:7] == ["2", "0.667", "8", "1.005", "2.005", "0.305", "0.405"]
    assert second.split(",")[:7] == ["3", "1.000", "12", "1.02", "2.02", "0.32", "0.42"]
    last = (tmp_path / "run/samples/epoch_0002.png").read_bytes()
    assert (tmp_path / "run/samples.png").read_bytes() == last
    assert (tmp_path / "run/samples/epoch_0001.png").read_bytes() != last


def test_losses_that_are_not_finite_stop_the_run_at_the_next_row(tmp_path, data):
    reason = "the losses were no longer finite after 2 rounds"
    training = Training(SETTINGS, data)
    with pytest.raises(Diverged, match=reason), Recorder(tmp_path / "run", "minigan", training, data) as recorder:
        for loss in (1.0, np.nan):
            training.rounds_done += 1
            recorder.round(np.array([loss, 2.0, 0.3, 0.4]))


def test_images_are_scaled_to_0_1_and_arranged_in_reading_order(tmp_path):
    unit = images.to_unit(np.array([[-1.0, 0.0, 0.5, 1.0]]), (2, 2))
    np.testing.assert_array_equal(unit, [[[0.0, 0.5], [0.75, 1.0]]])
    pictures = np.linspace(0.1, 0.9, 5)[:, None, None] * np.ones((5, 4, 4))
    images.save_grid(tmp_path / "grid.png", pictures)
    sheet = imread(tmp_path / "grid.png")
    cell = 6 * images.ZOOM
    assert sheet.shape == (2 * cell, 3 * cell)
    centres = sheet[cell // 2 :: cell, cell // 2 :: cell].ravel()
    np.testing.assert_allclose(centres, [0.1, 0.3, 0.5, 0.7, 0.9, 0.0], atol=1 / 255)


def test_colour_images_keep_their_channels_in_a_picture(tmp_path, rng):
    x = rng.integers(0, 256, (3, 4, 5, 3))
    unit = images.to_unit(x.reshape(3, 60) / 127.5 - 1.0, (4, 5, 3))
    np.testing.assert_allclose(unit, x / 255, atol=1e-6)
    images.save_samples(tmp_path / "grid.png", x.reshape(3, 60) / 127.5 - 1.0, (4, 5, 3), columns=2)
    sheet = np.rint(255 * imread(tmp_path / "grid.png")).astype(int)
    zoom = images.ZOOM
    assert sheet.shape == (2 * 6 * zoom, 2 * 7 * zoom, 3)
    small = sheet[::zoom, ::zoom]
    np.testing.assert_array_equal(small.repeat(zoom, axis=0).repeat(zoom, axis=1), sheet)
    for image, (top, left) in zip(x, ((1, 1), (1, 8), (7, 1)), strict=True):
        np.testing.assert_array_equal(small[top : top + 4, left : left + 5], image)
    assert not small[6:, 7:].any()


def test_seed_and_vary_reach_the_data(monkeypatch):
    assert len(load("ring").x) == 100_000
    monkeypatch.setattr("minigan.data.N_DRAWN", 300)
    np.testing.assert_array_equal(load("drawn", seed=3, vary=0.2).x[:50], draw(50, 3, 0.2)[0].reshape(50, -1))
    np.testing.assert_array_equal(load("grid", seed=3).x, grid(100_000, 3)[0])
    assert (grid(10, 3)[0] != grid(10, 4)[0]).any()
