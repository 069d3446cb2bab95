"""What the report holds, part by part, for a run that was written but not trained."""

import base64
import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from small_runs import small

from minigan import report
from minigan.data import Dataset, from_images, load
from minigan.nn.activations import LeakyReLU
from minigan.nn.batchnorm import BatchNorm
from minigan.nn.layers import Dense
from minigan.nn.network import Network
from minigan.recipes.sampling import draw_samples
from minigan.runs import checkpoint, diagnosis, images, metrics, page
from minigan.runs.load import load_generator
from minigan.runs.metrics import COLUMNS, Metrics
from minigan.runs.saver import Saver
from minigan.training import Training

ROW = dict.fromkeys(COLUMNS, 0.5)


def pixels(url):
    return np.asarray(picture(url))


def picture(url):
    return Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/png;base64,"))))


def rebuilt(layers):
    """The matrices that the letters of the page stand for, each with the scale of its columns."""
    for layer in layers:
        code = np.array([page.LETTERS.index(letter) for letter in layer["text"]]).reshape(-1, len(layer["scale"]), 2)
        scale = np.array(layer["scale"])
        yield (91 * code[..., 0] + code[..., 1] - 4140) * scale, scale


def written(run, data, rows=(), rounds=0, more=(), **given):
    """Write metrics.csv and a checkpoint into the folder of a run. Returns its Training."""
    preset = "minigan" if data.is_images else "toy"
    settings, _ = small(preset, **{"batch_size": 12, "data": "own.npz"} | given)
    training = Training(settings, data)
    training.rounds_done = rounds
    run.mkdir()
    kept = Metrics(run, training, np.zeros((1, 1)), more)
    Saver(run, preset, training, data, kept).save()
    kept.close()
    lines = [[*COLUMNS, *more], *([str(value) for value in row.values()] for row in rows)]
    (run / "metrics.csv").write_text("\n".join(map(",".join, lines)) + "\n")
    return training


@pytest.fixture
def digits(rng):
    return from_images(rng.integers(0, 256, (60, 5, 6)).astype(np.uint8), "noise", np.arange(60) % 3)


def test_the_layers_of_the_page_compute_what_g_computes_with_batchnorm_folded_in(rng):
    layers = [
        Dense(4, 6),
        BatchNorm(6, 0.1),
        LeakyReLU(0.2),
        Dense(6, 7),
        BatchNorm(7, 0.1),
        LeakyReLU(0.2),
        Dense(7, 5),
    ]
    G = Network(layers)
    G.theta[...] = rng.standard_normal(len(G.theta))
    for layer in (G.layers[1], G.layers[4]):
        layer.var[...] = rng.uniform(0.05, 2.0, len(layer.var))
    z = rng.standard_normal((50, 4)).astype(np.float32)
    x, made = z.astype(float), list(rebuilt(page.layers(G)))
    assert len(made) == 3
    for i, (W, _) in enumerate(made):
        x = x @ W[:-1] + W[-1]
        x = np.where(x > 0, x, 0.2 * x) if i < 2 else x
    y = G.forward(z, train=False)[0]
    assert np.abs(x - y).max() < 3e-3 * np.abs(y).max()
    W = np.vstack([layers[6].W, layers[6].b])
    made, scale = made[2]
    np.testing.assert_allclose(scale, np.abs(W).max(axis=0) / 4140, rtol=1e-5)
    assert (np.abs(made - W) <= 0.51 * scale).all()  # rounded to the nearest of 8281 numbers


def test_a_column_of_zeros_stays_0():
    (layer,) = page.layers(Network([Dense(2, 3)]))
    ((W, scale),) = rebuilt([layer])
    assert not W.any() and np.isfinite(scale).all() and len(layer["text"]) == 2 * 3 * 3


@pytest.mark.parametrize("n", [0, 1, 3, 24, 25, 26, 99])
def test_the_frames_are_spread_over_the_training(tmp_path, n):
    (tmp_path / "samples").mkdir()
    for epoch in range(n):
        Image.new("L", (3, 3), epoch).save(tmp_path / f"samples/epoch_{epoch:04d}.png")
    made = page.frames(tmp_path, False)
    epochs = [frame["epoch"] for frame in made]
    assert [int(pixels(frame["picture"])[0, 0]) for frame in made] == epochs
    assert len(epochs) == min(n, page.FRAMES) == len(set(epochs))
    if n:
        assert (epochs[0], epochs[-1]) == (0, n - 1)
        steps = np.diff(epochs)
        assert len(steps) == 0 or max(steps) - min(steps) <= 1


@pytest.mark.parametrize(("channels", "shades"), [((), 16), ((3,), 64)])
def test_a_frame_of_images_has_the_upper_four_of_ten_rows_in_few_shades(tmp_path, rng, channels, shades):
    (tmp_path / "samples").mkdir()
    images.save_grid(tmp_path / "samples/epoch_0000.png", rng.random((100, 5, 6, *channels)))
    (frame,) = page.frames(tmp_path, True)
    with Image.open(tmp_path / "samples/epoch_0000.png") as whole:
        expected = np.asarray(whole)[::2, ::2][: 4 * 7].astype(int)
    found = picture(frame["picture"])
    assert found.size == (80, 28) and len(found.getcolors()) <= shades
    assert len(found.getcolors()) > shades // 2
    found = np.asarray(found.convert("RGB" if channels else "L"))
    assert found.shape == expected.shape and np.abs(found - expected).mean() < (20.0 if channels else 6.0)


@pytest.mark.parametrize("channels", [(), (3,)])
def test_the_nearest_images_are_below_their_samples(tmp_path, rng, channels):
    data = from_images(rng.integers(0, 256, (60, 5, 6, *channels)).astype(np.uint8), "noise")
    training = written(tmp_path / "run", data, conditional=False)
    G, settings, made = load_generator(tmp_path / "run")
    found = pixels(page.nearest(settings, made, G, data))[::2, ::2]
    assert found.shape == (4 * 7, 10 * 8, *channels)
    x = draw_samples(training.settings, data, training.average, 10)
    all_ = data.batch(slice(None))
    for i in range(10):
        near = np.argsort(((all_ - x[i]) ** 2).sum(axis=1), kind="stable")[:3]
        for j, sample in enumerate([x[i], *all_[near]]):
            cell = found[7 * j + 1 : 7 * j + 6, 8 * i + 1 : 8 * i + 7].astype(float)
            np.testing.assert_allclose(cell.ravel(), 127.5 * (sample + 1.0), atol=0.51)


def test_without_images_like_its_own_a_run_has_no_neighbours(tmp_path, digits):
    written(tmp_path / "run", digits, conditional=False)
    G, settings, made = load_generator(tmp_path / "run")
    turned = Dataset(digits.x, (6, 5), "")
    points = Dataset(np.zeros((60, 2), np.float32), (2,), "")
    assert page.nearest(settings, made, G, digits)
    for data in (None, turned, points):
        assert page.nearest(settings, made, G, data) is None
    same = SimpleNamespace(shape=points.shape)
    assert page.nearest(settings, same, G, points) is None


def test_the_content_of_the_page(tmp_path, digits):
    run = tmp_path / "run"
    rows = [ROW | {"round": 5.0, "rounds_per_second": 5.0, "distance": 9.0},
            ROW | {"round": 10.0, "rounds_per_second": 2.5, "g_dead": 0.9, "distance": np.inf}]  # fmt: skip
    training = written(run, digits, rows, rounds=10, more=["distance"], conditional=True)
    content = page.content(run, digits)
    facts = content["facts"]
    assert facts["run"] == "run" and facts["data"] == digits.note
    assert facts["training"] == "10 rounds in 3 s"
    assert facts["command"].startswith("python -m minigan.train --preset minigan --data own.npz ")
    environment = checkpoint.environment(training.settings)
    assert facts["versions"] == ", ".join(f"{name} {text}" for name, text in environment.items())
    assert content["rows"] == [rows[0], {name: value for name, value in rows[1].items() if name != "distance"}]
    assert content["charts"] == page.CHARTS
    notes = diagnosis.notes(metrics.read(run / "metrics.csv"), training.settings)
    assert content["notes"] == [{"round": note.round, "words": note.words} for note in notes]
    assert content["verdict"] == diagnosis.verdict(notes)
    assert content["nearest"].startswith("data:image/png;base64,") and content["frames"] == []
    s = training.settings
    assert [content[name] for name in ("slope", "output", "latent", "noise", "labels", "shape")] == [
        s.g_slope, s.output, s.latent_dim, s.noise, ["0", "1", "2"], (5, 6)]  # fmt: skip
    assert len(content["layers"]) == 1 + len(s.g_hidden)


def test_the_content_for_points_without_rows(tmp_path, rng):
    data = Dataset(rng.standard_normal((60, 2)).astype(np.float32), (2,), "my points")
    written(tmp_path / "run", data, conditional=False)
    content = page.content(tmp_path / "run", data)
    assert (content["rows"], content["charts"], content["notes"]) == ([], [], [])
    assert content["verdict"] == "metrics.csv has no rows yet."
    assert (content["output"], content["shape"], content["labels"], content["nearest"]) == (None, [2], [], None)


def test_classes_with_names_are_shown_by_name_and_charts_without_numbers_are_not(tmp_path, digits):
    names = ("ant", "bee", "cow")
    data = Dataset(digits.x, digits.shape, "", digits.labels, classes=names)
    rows = [ROW | {"round": 5.0}]
    written(tmp_path / "run", data, rows, conditional=True)
    content = page.content(tmp_path / "run", data)
    assert list(content["labels"]) == list(names) and len(content["charts"]) == len(page.CHARTS) - 1
    assert content["verdict"] == diagnosis.verdict([])


def test_the_command_writes_the_page_and_loads_the_data_if_they_are_there(tmp_path, command, digits):
    """In a page that is written without its data, the reason stands in their place."""
    written(tmp_path / "run", digits, [ROW | {"round": 5.0}], conditional=False)

    def shown():
        assert command(report.main, "run") == (0, "report   run/report.html   (open it in a browser)\n", "")
        html = (tmp_path / "run/report.html").read_text(encoding="utf-8")
        start = '<script type="application/json" id="run">'
        assert html.count(start) == 1 and html.startswith("<!") and html.rstrip().endswith("</html>")
        text = html.split(start)[1].split("</script>")[0]
        assert "<" not in text
        return json.loads(text)

    without = shown()
    assert without["facts"]["data"] == "own.npz: there is no file own.npz." and without["nearest"] is None
    np.savez("own.npz", images=digits.x.reshape(60, 5, 6))
    again = shown()
    assert again["facts"]["data"] == load("own.npz").note and again["nearest"]
    assert again == json.loads(json.dumps(page.content(tmp_path / "run", load("own.npz"))))
