"""Takes the pictures of the lab: python demos/lab_pictures.py

Opens the lab in a Chromium that shows no window, and writes lab-ring.png, lab-digits.png, lab-slow.png and lab.gif
into a folder. This needs Chromium, its chromedriver and Selenium (pip install -e '.[dev]').
"""

import argparse
import io
import shutil
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

from PIL import Image
from selenium import webdriver

from minigan.lab.server import Server
from minigan.lab.trainer import Trainer

SECONDS, FPS = 10, 5  # of the GIF
DARK = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}


@contextmanager
def lab(height, dark=False, **flags):
    """The lab with these flags of train, as (browser, Trainer)."""
    with closing(Trainer(**flags)) as trainer, Server(trainer) as server:
        trainer.start()
        trainer.do("pause")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
        for flag in ("--headless=new", "--no-sandbox", "--hide-scrollbars", f"--window-size=1160,{height}"):
            options.add_argument(flag)
        browser = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
        if dark:
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", DARK)
        browser.get(server.address)
        time.sleep(1.0)
        yield browser, trainer
        browser.quit()
        server.shutdown()


def click(browser, selector):
    browser.find_element("css selector", selector).click()


def plays(browser, trainer, rounds):
    """Train this many rounds, and wait until the page has drawn them."""
    click(browser, "#play")
    while trainer.training.rounds_done < rounds:
        time.sleep(0.1)
    trainer.do("pause")
    time.sleep(0.5)


def save(picture, path):
    """Write a screenshot in few colours, which make the file small."""
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(128).save(path, optimize=True)
    print(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("demos"), help="folder of the pictures (default: demos)")
    parser.add_argument("--rounds", type=int, default=2000, help="rounds of training before a picture")
    given = parser.parse_args()
    with lab(950, dark=True) as (browser, trainer):
        plays(browser, trainer, given.rounds)
        save(browser.get_screenshot_as_png(), given.out / "lab-ring.png")
    with lab(950, data="auto") as (browser, trainer):
        plays(browser, trainer, given.rounds)
        click(browser, "#near")
        time.sleep(3.0)
        save(browser.get_screenshot_as_png(), given.out / "lab-digits.png")
    with lab(2400, batch_size=3, g_hidden=(4,), d_hidden=(4,)) as (browser, _):
        click(browser, "#film")
        time.sleep(2.0)
        browser.execute_script(
            "const at = visible.findIndex(s => film.codes[s.code].name === 'g_step' && 'dx_fake' in s.made);"
            "document.getElementById('shot').value = at; project();"
        )
        save(browser.find_element("css selector", "#slow").screenshot_as_png, given.out / "lab-slow.png")
    with lab(640) as (browser, trainer):
        plane, start = browser.find_element("css selector", "#plane"), time.monotonic()
        frames: list = []
        click(browser, "#play")
        while len(frames) < SECONDS * FPS:
            with Image.open(io.BytesIO(plane.screenshot_as_png)) as shot:
                frames.append(shot.convert("RGB").resize((300, 300)).quantize(96))
            time.sleep(max(start + len(frames) / FPS - time.monotonic(), 0.0))
        first, *others = frames
        first.save(given.out / "lab.gif", save_all=True, append_images=others, duration=1000 // FPS, loop=0)
        print(given.out / "lab.gif")


if __name__ == "__main__":
    main()
