"""The report: the data in the page, and the page in a real browser."""

import base64
import io
import json
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigan import report, sample, train
from minigan.data import drawn
from minigan.recipes import presets, text
from minigan.recipes.sampling import generate, generator_input, streams
from minigan.runs import checkpoint, start
from minigan.runs.load import load_generator
from minigan.runs.page import FRAMES, LETTERS

TINY = "--batch-size 20 --latent-dim 5 --g-hidden 9 7 --d-hidden 6 --epochs 3 --log-every 2"
RECIPES = {
    "colour": f"--data colour.npy {TINY}",
    "labels": f"--data labelled.npz --conditional {TINY}",
    "names": f"--data pets --colour --conditional {TINY}",
    "batchnorm": f"--preset small --data own.npy --g-batchnorm 2 --g-slope 0.1 --output sigmoid --noise uniform {TINY}",
    "points": f"--data points.npy {TINY}",
    "points, labels": f"--preset toy --conditional {TINY} --batch-size 20000",
}


@pytest.fixture
def made(command, rng):
    """made(recipe) -> the folder of a run."""

    def run(recipe):
        digits, labels = drawn.draw(100)
        np.save("own.npy", digits)
        np.savez("labelled.npz", images=digits, labels=labels)
        for name in ("cat", "<b>dog"):
            Path("pets", name).mkdir(parents=True)
            for i in range(50):
                pixels = rng.integers(0, 256, (30, 30, 3)).astype(np.uint8)
                Image.fromarray(pixels).save(Path("pets", name, f"{i}.png"))
        np.save("colour.npy", np.stack([digits, digits[::-1], digits[:, ::-1]], axis=3))
        np.save("points.npy", rng.standard_normal((100, 2)))
        assert command(train.main, *RECIPES[recipe].split(), "--out", "run")[0] == 0
        return Path("run")

    return run


def content(run):
    """The JSON of a page."""
    text = (run / "report.html").read_text(encoding="utf-8")
    return json.loads(re.search('<script type="application/json" id="run">(.*?)</script>', text, re.DOTALL)[1])


def rebuilt(layers):
    """The matrices that a page's letters stand for."""
    for layer in layers:
        code = np.array([LETTERS.index(letter) for letter in layer["text"]]).reshape(-1, len(layer["scale"]), 2)
        yield (91 * code[..., 0] + code[..., 1] - 4140) * layer["scale"]


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_weights_in_the_page_generate_the_same_samples(made, recipe):
    run = made(recipe)
    page = content(run)
    G, settings, data = load_generator(run)
    z = generator_input(settings, data, 20, streams(0)["samples"])
    x = z
    for i, W in enumerate(rebuilt(page["layers"])):
        x = x @ W[:-1] + W[-1]
        x = np.where(x > 0, x, page["slope"] * x) if i < 2 else x
    x = {"tanh": np.tanh, "sigmoid": lambda x: np.tanh(x / 2), None: lambda x: x}[page["output"]](x)
    np.testing.assert_allclose(x, generate(settings, data, G, z), atol=2e-3)


def test_the_page_has_the_facts_rows_and_pictures_of_the_run(made):
    page = content(made("labels"))
    words = page["facts"]["command"]
    assert words.startswith("python -m minigan.train --preset minigan --data labelled.npz ") and " --epochs 3 " in words
    assert page["facts"]["training"].startswith("15 rounds in ") and "NumPy" in page["facts"]["versions"]
    assert [row["round"] for row in page["rows"]] == [2, 4, 5, 7, 9, 10, 12, 14, 15]
    assert [frame["epoch"] for frame in page["frames"]] == [0, 1, 2, 3]
    for url, size in ((page["frames"][0]["picture"], (300, 120)), (page["nearest"], (600, 240))):
        assert picture(url).size == size
    titles = [chart["title"] for chart in page["charts"]]
    assert "Losses" in titles and "Frechet distance to the test images" not in titles


def test_the_pictures_in_the_page_are_in_colour_if_the_images_are(made):
    page = content(made("colour"))
    assert page["shape"] == [28, 28, 3]
    frame, nearest = picture(page["frames"][3]["picture"]), picture(page["nearest"])
    assert (frame.size, nearest.size) == ((300, 120), (600, 240))
    pixels = np.asarray(nearest)
    assert pixels.shape == (240, 600, 3)
    data = np.load("colour.npy")
    below = pixels[62:118:2, 2:58:2]  # the training image below the first sample, without margin and zoom
    assert (data == below).all(axis=(1, 2, 3)).sum() == 1
    with Image.open("run/samples/epoch_0003.png") as whole:
        colours = np.asarray(whole)[:240:2, ::2].astype(int)
    assert np.abs(np.asarray(frame.convert("RGB")) - colours).mean() < 20.0  # of 64 colours


def picture(url):
    return Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/png;base64,"))))


@pytest.mark.slow
def test_a_long_run_shows_25_pictures_from_all_its_epochs(made, command):
    run = made("points")
    for epoch in range(4, 100):
        shutil.copy(run / "samples/epoch_0000.png", run / f"samples/epoch_{epoch:04d}.png")
    code, out, _ = command(report.main, "run")
    assert (code, out) == (0, "report   run/report.html   (open it in a browser)\n")
    epochs = [frame["epoch"] for frame in content(run)["frames"]]
    assert len(epochs) == FRAMES and (epochs[0], epochs[-1]) == (0, 99)
    assert content(run)["nearest"] is None


def test_without_its_data_a_run_has_a_report_but_no_neighbours(made, command):
    run = made("labels")
    Path("labelled.npz").unlink()
    assert command(report.main, "run")[0] == 0
    page = content(run)
    assert page["nearest"] is None
    assert page["facts"]["data"] == "labelled.npz: there is no file labelled.npz."


def test_a_damaged_picture_is_named_and_missing_pictures_are_no_error(made, command):
    run = made("labels")
    path = run / "samples/epoch_0001.png"
    path.write_bytes(path.read_bytes()[:200])
    for main in (report.main, sample.main):
        words = ("run", "--training") if main is sample.main else ("run",)
        code, _, err = command(main, *words)
        assert code == 3 and err.startswith("minigan: run/samples/epoch_0001.png is not a complete picture")
    shutil.rmtree(run / "samples")
    assert command(report.main, "run")[0] == 0
    assert content(run)["frames"] == []


def test_no_text_of_a_run_can_end_the_script_of_the_page(made, command):
    run = made("labels")
    arrays, meta = checkpoint.load(run)
    meta["settings"]["data"] = "</script><script>alert(1)</script>"
    checkpoint.save(run / "checkpoint.npz", arrays, meta)
    command(report.main, "run")
    assert "alert(1)</script>" not in (run / "report.html").read_text(encoding="utf-8")
    assert "</script><script>alert(1)</script>" in content(run)["facts"]["command"]


def test_values_that_are_not_finite_are_left_out(made, command):
    run = made("labels")
    path = run / "metrics.csv"
    rows = path.read_text().splitlines()
    path.write_text("\n".join([*rows[:-1], rows[-1].rpartition(",")[0] + ",nan"]) + "\n")
    assert command(report.main, "run")[0] == 0
    assert ":NaN" not in (run / "report.html").read_text(encoding="utf-8")
    assert "diversity" not in content(run)["rows"][-1]


@pytest.mark.parametrize("preset", presets.PRESETS)
def test_the_command_in_the_page_repeats_the_run(preset, command, monkeypatch):
    given = {"epochs": 3, "g_hidden": (7, 8, 9, 6), "lr": 1e-5, "data_dir": "a b", "data": "mnist"}
    settings = presets.PRESETS[preset].with_flags(**given)
    seen = []

    def begun(name, flags, dataset):
        seen.append((name, presets.PRESETS[name].with_flags(**flags | {"g_hidden": tuple(flags["g_hidden"])})))
        raise KeyboardInterrupt

    monkeypatch.setattr(start, "begun", begun)
    command(train.main, *shlex.split(text.command(preset, settings))[3:])
    assert seen == [(preset, settings)]


def test_the_command_says_that_a_switch_is_off():
    settings = presets.PRESETS["minigan"].with_flags(conditional=False)
    assert text.command("minigan", settings) == "python -m minigan.train --preset minigan --no-conditional"


@pytest.mark.browser
@pytest.mark.parametrize("recipe", RECIPES)
def test_the_page_works_in_a_browser(browser, made, recipe):
    from selenium.webdriver import ActionChains, Keys

    run = made(recipe)
    page = content(run)
    browser.get((run / "report.html").resolve().as_uri())
    G, settings, data = load_generator(run)
    z = generator_input(settings, data, 20, streams(0)["samples"])
    theirs = browser.execute_script("return arguments[0].map(z => Array.from(generate(z)))", z.tolist())
    np.testing.assert_allclose(theirs, generate(settings, data, G, z), atol=2e-3)

    def find(selector):
        return browser.find_element("css selector", selector)

    def shown():
        return browser.execute_script("return document.getElementById('picture').toDataURL()")

    if data.is_images:
        (width, pixels), x = browser.execute_script("""
            const canvas = document.getElementById("picture"), context = canvas.getContext("2d");
            const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
            return [[canvas.width, Array.from(data)], Array.from(generate([...z, ...label]))]""")
        rgba = np.reshape(pixels, (-1, 4))
        assert width == 28 and rgba.shape == (784, 4) and (rgba[:, 3] == 255).all()
        channels = 127.5 * (np.reshape(x, (784, -1)) + 1)  # 3, or 1 if the images are grey
        np.testing.assert_allclose(rgba[:, :3], np.broadcast_to(channels, (784, 3)), atol=0.51)

    def changes(act):
        before = shown()
        act()
        assert shown() != before

    assert len(browser.find_elements("css selector", "#z input")) == 5
    changes(lambda: find("#z input").send_keys(Keys.HOME))
    changes(lambda: find("#draw").send_keys(Keys.ENTER))
    changes(lambda: find("#between").send_keys(Keys.END))
    if recipe == "labels":
        changes(lambda: find("#labels button:nth-child(8)").send_keys(Keys.SPACE))
        assert find("#labels button:nth-child(8)").get_attribute("aria-pressed") == "true"
        assert len(browser.find_elements("css selector", "#labels button")) == 10
    if recipe == "names":
        changes(lambda: find("#labels button:nth-child(1)").send_keys(Keys.SPACE))
        assert [button.text for button in browser.find_elements("css selector", "#labels button")] == ["<b>dog", "cat"]
    find("#walk").click()
    changes(lambda: browser.execute_async_script("setTimeout(arguments[0], 300)"))
    find("#walk").click()
    browser.execute_async_script("setTimeout(arguments[0], 100)")
    still = shown()
    browser.execute_async_script("setTimeout(arguments[0], 100)")
    assert shown() == still

    if not data.is_images:
        cloud = np.array(browser.execute_script("return cloud.map(x => Array.from(x))"))
        rng = np.random.default_rng(0)
        expected = generate(settings, data, G, generator_input(settings, data, 1000, rng))
        np.testing.assert_allclose(cloud.mean(axis=0), expected.mean(axis=0), atol=0.2 * expected.std())

    def values():
        return [output.text for output in browser.find_elements("css selector", "output")]

    for key, index in ((Keys.HOME, 0), (Keys.END, -1)):
        find("#at").send_keys(key)
        assert find("#round").text == str(page["rows"][index]["round"]).removesuffix(".0")
        assert float(values()[1]) == pytest.approx(page["rows"][index]["d_loss"], rel=6e-3)
        epoch = 0 if index == 0 else 3
        assert find("#frame").get_attribute("src") == page["frames"][epoch]["picture"]
    svg = find("svg")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", svg)
    ActionChains(browser).move_to_element_with_offset(svg, -svg.size["width"] // 2 + 2, 0).perform()
    assert find("#round").text == "2"

    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 360, "height": 740, "deviceScaleFactor": 2,
                                                                   "mobile": True})  # fmt: skip
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 360
    background = "return getComputedStyle(document.body).backgroundColor"
    assert browser.execute_script(background) == "rgb(255, 255, 255)"
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    )
    assert browser.execute_script(background) == "rgb(22, 22, 22)"
