"""Settings and fixtures for all tests. Hypothesis draws the same cases in every run, so a failure can be repeated."""

import os
import shutil
import signal
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is imported; pytest -n auto uses the cores

import numpy as np
import pytest
from hypothesis import settings

from minigan.ground import cli

settings.register_profile("minigan", derandomize=True, deadline=None, max_examples=200, print_blob=False)
settings.load_profile("minigan")

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores Ctrl-C for jobs in its background

ROOT = Path(__file__).parent.parent
OURS = sorted(path.stem for folder in ("tests", "demos") for path in ROOT.joinpath(folder).rglob("*.py"))
WARNINGS = [  # as in Python's -W, the last one that fits counts; a warning that none fits is printed at the end
    # from our own code, or about how it calls another package
    rf"error:::((minigan|contenders)\b|({'|'.join(OURS)})$)",
    "error::pytest.PytestWarning",  # about a test, or an exception that nobody could catch
    "error::RuntimeWarning:numpy",  # about the numbers that we gave to NumPy
    # BLAS kernels raise this flag now and then without cause (numpy issue 24067); results are asserted to be finite
    "ignore:.* encountered in matmul:RuntimeWarning",
]


def pytest_configure(config):
    for line in WARNINGS:
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    """A function that runs a command in an empty folder: command(main, *words) -> (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(main, *words):
        monkeypatch.setattr(sys, "argv", ["minigan", *map(str, words)])
        code = 0
        try:
            cli.main(main)
        except SystemExit as end:
            code = end.code
        out, err = (text.replace(os.sep, "/") for text in capsys.readouterr())  # a path reads the same on Windows
        return code, out, err

    return run


@pytest.fixture
def own(tmp_path, rng):
    """The file own.npz in the test's folder: 63 small images with labels, which are 5 batches of 12 and a rest of 3."""
    np.savez(tmp_path / "own.npz", images=rng.integers(0, 256, (63, 4, 4)).astype(np.uint8), labels=np.arange(63) % 3)


@pytest.fixture
def in_process(monkeypatch):
    """subprocess.run of `python -m minigan.train` trains in this process, because a new one takes seconds."""
    from types import SimpleNamespace

    from minigan import train

    def run(words, check, **_):
        assert words[1:3] == ["-m", "minigan.train"]
        monkeypatch.setattr(sys, "argv", words[2:])
        train.main()
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr("subprocess.run", run)


@pytest.fixture
def no_mnist(monkeypatch, tmp_path):
    """A machine without MNIST, its relatives and a network: the cache is empty and the mirrors do not answer."""
    from minigan.data import known, sets

    monkeypatch.delenv("MINIGAN_DATA", raising=False)
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache" / project)
    for name, published in sets.SETS.items():
        monkeypatch.setitem(sets.SETS, name, published._replace(mirrors=("https://localhost:1/",)))
    monkeypatch.setattr(known, "TORCHVISION", ())


@pytest.fixture
def server(no_mnist, monkeypatch):
    """Two mirrors on this machine. The first gives wrong answers, as `Server.wrong` says, the second right ones."""
    import hashlib
    from http.server import ThreadingHTTPServer
    from threading import Thread

    from local_server import RIGHT, Server

    from minigan.data import known, sets

    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setattr(known, "PATIENCE", 0.3)
        monkeypatch.setattr(known, "SLOWEST", 1e12)
        for name, files in RIGHT.items():
            published = {file: (len(content), hashlib.sha256(content).hexdigest()) for file, content in files.items()}
            mirrors = (f"{base}first-{name}/", f"{base}right-{name}/")
            monkeypatch.setitem(sets.SETS, name, sets.SETS[name]._replace(published=published, mirrors=mirrors))
        monkeypatch.setattr(Server, "asked", [])
        yield base
        server.shutdown()


@pytest.fixture
def browser():
    """A headless Chromium. At its end nothing may be in its console."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs Selenium: pip install -e '.[dev]'")
    driver, chromium = shutil.which("chromedriver"), shutil.which("chromium") or shutil.which("google-chrome")
    if not (driver and chromium):
        pytest.skip("needs Chromium and its chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--disable-background-networking", "--window-size=1100,900"):  # fmt: skip
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield chrome
    errors = chrome.get_log("browser")
    chrome.quit()
    assert errors == []
