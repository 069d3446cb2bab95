"""The guide as a site: python -m pytest -m docs builds it, looks for what it would load from elsewhere, and opens every
page in a browser: light, dark and as narrow as a phone. Skipped, with the reason, where mkdocs or Chromium is missing.
"""

import re
import shutil
import subprocess
import sys
import threading
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pages import ROOT

import minigan

pytestmark = pytest.mark.docs
WAYS = {"light": (1300, "default"), "dark": (1300, "slate"), "narrow": (360, "default")}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site. A broken link or anchor, or a missing page, fails here."""
    for module in ("mkdocs", "material", "mkdocstrings_handlers.python"):
        pytest.importorskip(module, reason="needs mkdocs: pip install -e '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    # not --quiet, which turns the warnings off that --strict counts
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Loaded(HTMLParser):
    """The addresses that a page loads when it is opened; links that a reader may follow do not count."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        if tag != "a":
            self.found += [value for name, value in attrs if name in ("src", "href", "srcset", "data") and value]


def test_nothing_is_loaded_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        assert [address for address in Loaded(page).found if re.match(r"(\w+:)?//", address)] == [], page
        assert "fonts.googleapis" not in page.read_text(encoding="utf-8")
    for style in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(\w+:)?//", style.read_text(encoding="utf-8")), style


def test_the_reference_has_every_public_name(site):
    table = (site / "reference.html").read_text(encoding="utf-8")
    for name in minigan.__all__:
        thing = getattr(minigan, name)
        target = re.search(
            rf'href="(reference/\w+\.html)#({re.escape(thing.__module__)}\.{thing.__qualname__})"', table
        )
        assert target, f"{name} is not on the page of public names"
        assert f'id="{target[2]}"' in (site / target[1]).read_text(encoding="utf-8"), name


@pytest.fixture(scope="module")
def address(site):
    """Where a server of this machine shows the site."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(site))
    handler.log_message = lambda *_: None
    with ThreadingHTTPServer(("localhost", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


@pytest.mark.browser
@pytest.mark.parametrize("way", WAYS)
def test_pages_open_without_errors_and_without_sideways_scrolling(site, address, way):
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs Selenium: pip install -e '.[dev]'")
    driver, chromium = shutil.which("chromedriver"), shutil.which("chromium") or shutil.which("google-chrome")
    if not (driver and chromium):
        pytest.skip("needs Chromium and its chromedriver")
    width, scheme = WAYS[way]
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--disable-background-networking"):  # fmt: skip
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with webdriver.Chrome(options, webdriver.ChromeService(driver)) as browser:
        emulate = browser.execute_cdp_cmd
        emulate("Emulation.setDeviceMetricsOverride",
                {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False})  # fmt: skip
        dark = "dark" if scheme == "slate" else "light"
        emulate("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": dark}]})
        for page in sorted(site.rglob("*.html")):
            path = page.relative_to(site).as_posix()
            if way != "narrow" and path.endswith(".py.html"):
                continue  # source code, of which all pages are alike, is looked at once
            browser.get(f"{address}/{path}")
            assert browser.execute_script("return document.body.getAttribute('data-md-color-scheme')") == scheme
            scrolled = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
            assert scrolled[0] <= scrolled[1] == width, f"{path} scrolls sideways"
            spaces = "return [...document.querySelectorAll('pre code')].map(code => getComputedStyle(code).whiteSpace)"
            assert set(browser.execute_script(spaces)) <= {"pre"}, f"{path} runs lines of code together"
            assert browser.get_log("browser") == [], path
