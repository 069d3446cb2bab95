"""The lab in a real browser: every control is used, and the page shows what it has done."""

import base64
import io
import threading

import numpy as np
import pytest
from PIL import Image

from minigan.lab.controls import CONTROLS
from minigan.lab.experiments import EXPERIMENTS
from minigan.lab.plane import SIDE, square
from minigan.lab.server import Server
from minigan.lab.slow_motion import Film
from minigan.lab.trainer import Trainer
from minigan.nn.losses import sigmoid
from minigan.recipes.presets import PRESETS
from minigan.training import Training

pytestmark = pytest.mark.browser


@pytest.fixture
def trainer():
    made = Trainer()
    made.start()
    made.do("pause")
    yield made
    made.close()


@pytest.fixture
def page(trainer, browser):
    """The page of the lab; page(selector) is an element of it."""
    server = Server(trainer)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    browser.get(server.address)

    def find(selector):
        return browser.find_element("css selector", selector)

    find.browser = browser
    find.until = lambda condition: waits(browser, condition)
    find.until(lambda: find("#set-lr").get_attribute("value") == "0.001")
    blank = "const c = document.createElement('canvas'); c.width = c.height = 480; return c.toDataURL()"
    find.until(lambda: find("#at").text == "0" and picture(browser) != browser.execute_script(blank))
    yield find
    requested = browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert requested and all(address.startswith(server.address) for address in requested)
    browser.get("about:blank")
    server.shutdown()
    server.server_close()


def waits(browser, condition):
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 20, 0.05).until(lambda _: condition())


def picture(browser):
    return browser.execute_script("return document.getElementById('plane').toDataURL()")


def changes(page, act):
    """Whether the picture is another one after act()."""
    before = picture(page.browser)
    act()
    page.until(lambda: picture(page.browser) != before)


def test_playing_pausing_and_stepping(page, trainer):
    changes(page, page("#round").click)
    assert page("#at").text == "1"
    changes(page, page("#step").click)
    assert (page("#at").text, page("#half").text) == ("2", "after D's step; G's is next")
    changes(page, page("#step").click)
    assert (page("#at").text, page("#half").text) == ("2", "")
    changes(page, page("#play").click)
    assert page("#play").text == "Pause" and page("#play").get_attribute("aria-pressed") == "true"
    page.until(lambda: int(page("#at").text) > 20)
    page("#play").click()
    page.until(lambda: page("#play").text == "Play")
    done = trainer.training.rounds_done
    plain = Training(PRESETS["toy"].with_flags(), trainer.data)
    rounds = plain.epoch()
    for _ in range(done):
        next(rounds)
    assert (plain.G.theta == trainer.training.G.theta).all()
    page.until(lambda: page("#at").text == str(done))
    shown = [output.text for output in page.browser.find_elements("css selector", "#charts output")]
    assert all(np.isfinite(float(text)) for text in shown[:8]) and shown[8:] == ["", ""]


def test_the_speed_the_seed_and_what_the_picture_shows(page, trainer):
    page("#pace [value='0'] ~ option:last-child").click()
    page.until(lambda: trainer.speed == 1.0)
    page("#round").click()
    page.until(lambda: page("#at").text == "1")
    page("#seed").clear()
    page("#seed").send_keys("7")
    page("#reset").click()
    page.until(lambda: trainer.training.settings.seed == 7 and page("#at").text == "0")
    assert page("#command").text == "python -m minigan.train --preset toy --threads 1 --seed 7"
    assert page("#lab").text == "python -m minigan.lab --threads 1 --seed 7"
    for name in ("opinion", "folds", "samples", "arrows", "real"):
        changes(page, page(f"#show-{name}").click)


def test_data_drawn_with_the_pointer_are_learned(page, trainer):
    from selenium.webdriver import ActionChains

    page("#draw").click()
    changes(page, lambda: ActionChains(page.browser).click_and_hold(page("#plane")).move_by_offset(40, 0)
            .move_by_offset(0, 40).move_by_offset(-60, 0).release().perform())  # fmt: skip
    page("#learn").click()
    page.until(lambda: trainer.training.settings.data == "points.npy" and page("#file").is_displayed())
    assert page("#draw").get_attribute("aria-pressed") == "false" and len(trainer.data.x) == 100_000
    changes(page, page("#round").click)
    assert "--data points.npy" in page("#command").text
    page("#draw").click()
    page("#learn").click()
    page.until(lambda: "between 10 and 10,000 points" in page("#message").text)


def test_every_experiment_plays_and_is_cured(page, trainer):
    for i, experiment in enumerate(EXPERIMENTS):
        page(f"#experiments button:nth-child({i + 1})").click()
        page.until(lambda e=experiment: page("#lesson").text == e.words and page("#play").text == "Pause")
        page.until(lambda: int(page("#at").text) > 0)
        at = {name: getattr(trainer.training.settings, name) for name in experiment.settings}
        assert at == experiment.settings
        page("#cure").click()
        page.until(lambda e=experiment: page("#lesson").text == e.cure_words and not page("#cure").is_displayed())
        at = {name: getattr(trainer.training.settings, name) for name in experiment.cure}
        assert at == experiment.cure
        name, value = next(iter(experiment.cure.items()))
        page.until(lambda n=name, v=value: page(f"#set-{n}").get_attribute("value") == str(v))


def test_images_sliders_labels_neighbours_and_a_file_of_ones_own(page, trainer, own, tmp_path):
    from selenium.webdriver import ActionChains, Keys

    page("#set-batch_size").send_keys(Keys.CONTROL + "a" + Keys.NULL + "12" + Keys.TAB)
    page.until(lambda: trainer.training.settings.batch_size == 12)
    rng = np.random.default_rng(0)
    np.savez(
        tmp_path / "some.npz", images=rng.integers(0, 256, (300, 8, 8)).astype(np.uint8), labels=np.arange(300) % 3
    )
    page("#upload").send_keys(str(tmp_path / "some.npz"))
    page.until(lambda: trainer.view.kind == "images" and page("#samples").is_displayed())
    assert trainer.training.settings.data == "some.npz" and not page("#plane").is_displayed()
    assert "--preset minigan" in page("#command").text and "--data some.npz" in page("#lab").text
    page.until(lambda: len(page.browser.find_elements("css selector", "#z input")) == 12)

    def pixels(name):
        return page.browser.execute_script(f"return document.getElementById('{name}').toDataURL()")

    before = pixels("samples")
    page("#round").click()
    page.until(lambda: pixels("samples") != before and page("#at").text == "1")
    # the last sample of the second row
    canvas = page("#samples")
    width, height = canvas.size["width"], canvas.size["height"]
    ActionChains(page.browser).move_to_element_with_offset(
        canvas, int(0.45 * width), int(-0.35 * height)
    ).click().perform()
    page.until(lambda: page("#neighbours").is_displayed() and "a copy would have 0" in page("#far").text)
    assert (trainer.view.own == trainer.view.z[19:20]).all()
    own_sample = pixels("own")
    page("#label-2").click()
    page.until(lambda: page("#label-2").get_attribute("aria-pressed") == "true" and pixels("own") != own_sample)
    own_sample = pixels("own")
    page("#z-3").send_keys(Keys.HOME)
    page.until(lambda: trainer.view.own[0, 3] == -3.0 and pixels("own") != own_sample)
    page("#film").click()
    page.until(lambda: page("#reel").is_displayed())
    np.savez(tmp_path / "bad.npz", a=np.zeros(3), b=np.zeros(3))
    page("#upload").send_keys(str(tmp_path / "bad.npz"))
    page.until(lambda: page("#message").text == "bad.npz holds a, b; call the array 'images'.")
    page("#experiments button").click()
    page.until(lambda: page("#plane").is_displayed() and trainer.preset == "toy")


def test_saving_says_where(page, trainer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page("#save").click()
    page.until(lambda: "nothing to save yet" in page("#message").text)
    page("#round").click()
    page("#save").click()
    page.until(lambda: page("#message").text.startswith("Saved in runs/"))
    assert (tmp_path / page("#message").text.split()[2].rstrip(":") / "checkpoint.npz").exists()


def test_the_background_is_the_opinion_of_D(page, trainer):
    for name in ("folds", "samples", "arrows", "real"):
        page(f"#show-{name}").click()
    x = square(trainer.view.edge, SIDE)
    share = 0.75 * (2.0 * sigmoid(trainer.training.D(x)).reshape(SIDE, SIDE)[::-1] - 1.0)  # the top row first
    assert abs(share[0, 0] - share[-1, 0]) > 0.02  # it would show if the picture stood on its head
    colour = np.where(share[..., None] > 0, [179, 88, 6], [33, 102, 172])
    expected = 255.0 + np.abs(share[..., None]) * (colour - 255.0)
    with Image.open(io.BytesIO(base64.b64decode(picture(page.browser).partition(",")[2]))) as image:
        shown = np.asarray(image.convert("RGB"))[5::10, 5::10].astype(float)
    np.testing.assert_allclose(shown, expected, atol=3.0)


def test_the_picture_can_be_saved(page):
    page.browser.execute_script("document.getElementById('png').addEventListener('click', e => e.preventDefault())")
    page("#png").click()
    assert page("#png").get_attribute("href") == picture(page.browser)
    assert page("#png").get_attribute("download") == "lab.png"


def test_what_the_doctor_finds_is_on_the_page(page, trainer):
    trainer.notebook.notes["collapse"] = (100, "G has collapsed.")
    page("#round").click()
    page.until(lambda: page("#notes").text == "The doctor, after round 100: G has collapsed.")


def test_every_control_changes_its_setting(page, trainer):
    from selenium.webdriver import Keys
    from selenium.webdriver.support.ui import Select

    values = {
        "data": "spiral", "objective": "hinge", "optimizer": "rmsprop",
        "noise": "uniform", "lr": "0.002", "d_lr": "0.003", "lr_decay": "0.4",
        "beta1": "0.1", "beta2": "0.9", "batch_size": "64", "d_steps": "2", "g_steps": "2", "r1": "0.5", "r2": "0.2",
        "r1_every": "2", "dropout": "0.1", "packing": "2", "ema": "0.9", "latent_dim": "3", "g_hidden": "32 16",
        "d_hidden": "16", "epochs": "3",
    }  # fmt: skip
    for name, value in values.items():
        control = page(f"#set-{name}")
        if control.tag_name == "select":
            Select(control).select_by_visible_text(value)
        else:
            control.send_keys(Keys.CONTROL + "a" + Keys.NULL + value + Keys.TAB)
        expected = tuple(map(int, value.split())) if "hidden" in name else value
        page.until(lambda name=name, expected=expected: str(getattr(trainer.training.settings, name)) == str(expected))
    for name in ("shared_noise", "spectral"):
        page(f"#set-{name}").click()
        page.until(lambda name=name: getattr(trainer.training.settings, name))
    rest = set(CONTROLS) - {"evaluate_every"} - set(values) - {"shared_noise", "spectral"}
    assert rest == {"simultaneous", "wgan_gp", "clip", "label_smoothing", "momentum"}  # which contradict the others
    for name, words in (("wgan_gp", "--wgan-gp"), ("clip", "--clip"), ("label_smoothing", "--label-smoothing"),
                        ("momentum", "--momentum")):  # fmt: skip
        page(f"#set-{name}").send_keys(Keys.CONTROL + "a" + Keys.NULL + "0.3" + Keys.TAB)
        page.until(lambda words=words: words in page("#message").text)
        page.until(lambda name=name: page(f"#set-{name}").get_attribute("value") == "0.0")
    page("#set-evaluate_every").send_keys(Keys.CONTROL + "a" + Keys.NULL + "1" + Keys.TAB)
    page.until(lambda: "--evaluate-every needs images" in page("#message").text)
    page("#set-simultaneous").click()
    page.until(lambda: "--simultaneous needs one step" in page("#message").text)
    changes(page, page("#round").click)
    assert "--data spiral" in page("#command").text and "--g-hidden 32 16" in page("#command").text


def test_slow_motion_goes_forward_and_back_through_the_source(page, trainer):
    from selenium.webdriver import Keys
    from selenium.webdriver.support.ui import Select

    plain = Training(PRESETS["toy"].with_flags(), trainer.data)
    film = Film(plain)
    film.record(plain.epoch())
    page("#film").click()
    page.until(lambda: page("#reel").is_displayed() and page("#at").text == "1")

    def shows(shot):
        code = film.codes[shot["code"]]
        assert f"{code['file']}, {code['name']}" in page("#where").text
        assert page("#code .now").text.split()[0] == str(shot["line"])
        names = [row.text for row in page.browser.find_elements("css selector", "#made tr td:first-child")]
        assert [name.removesuffix(" (given)") for name in names] == list(shot["made"])

    shows(film.shots[0])
    for shot in film.shots[1:12]:
        page("#next").click()
        shows(shot)
    page("#back").click()
    shows(film.shots[10])
    page("#shot").send_keys(Keys.END)
    shows(film.shots[-1])
    Select(page("#depth")).select_by_value("0")
    steps = [shot for shot in film.shots if shot["depth"] == 0]
    for shot in steps[1:]:
        page("#next").click()
        shows(shot)
    Select(page("#depth")).select_by_value("9")
    at = next(i for i, s in enumerate(film.shots) if film.codes[s["code"]]["name"] == "Dense.backward" and s["made"])
    while int(page("#shot").get_attribute("value")) != at:
        page.browser.execute_script(f"document.getElementById('shot').value = {at}; project()")
    page("#code .has").click()
    assert page("#equation").text.startswith("dW_ij = sum_n x_ni dy_nj")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_does_not_scroll_sideways(page, scheme):
    emulate = page.browser.execute_cdp_cmd
    emulate(
        "Emulation.setDeviceMetricsOverride", {"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    )
    emulate("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    page("#film").click()
    page.until(lambda: page("#reel").is_displayed())
    assert page.browser.execute_script("return document.documentElement.scrollWidth") <= 360
