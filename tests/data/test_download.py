"""Downloads end with the right files or a clean error, whatever the servers do. The servers here are local."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from local_server import IMAGES, LABELS, RIGHT, Server

from minigan.data import known, load
from minigan.data.known import load_known
from minigan.data.sets import SETS

WRONG = {  # how a mirror may fail -> what it does, and the error if all mirrors do it
    "not there": (lambda h, name: h.answer(404), "answered 404 Not Found"),
    "server error": (lambda h, name: h.answer(500), "answered 500 Internal Server Error"),
    "web page": (lambda h, name: h.answer(200, b"<html>please log in</html>"), "hash"),
    "wrong bytes": (lambda h, name: h.answer(200, RIGHT["mnist"][name][:-1] + b"x"), "hash"),
    "short": (lambda h, name: h.answer(200, RIGHT["mnist"][name][:-9], length=len(RIGHT["mnist"][name])),
              "IncompleteRead|hash"),  # urllib3 2 notices it, 1.26 does not
    "endless": (Server.endless, "is larger than the published file or took longer"),
    "too slow": (Server.dripping, "took longer than 0.3 seconds"),
    "elsewhere": (lambda h, name: h.answer(302, location=f"/right-mnist/{name}"), "answered 302 Found"),
}  # fmt: skip


def kept(tmp_path):
    return sorted(p.name for p in (tmp_path / "cache").rglob("*") if p.is_file())


@pytest.mark.parametrize("how", WRONG)
def test_the_second_mirror_is_used_if_the_first_fails(server, monkeypatch, tmp_path, how):
    monkeypatch.setattr(Server, "wrong", staticmethod(WRONG[how][0]))
    images, labels, _ = load_known("mnist", "train")
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, LABELS)
    assert kept(tmp_path) == sorted(SETS["mnist"].files["train"])
    n = len(Server.asked)
    load_known("mnist", "train")  # from the cache
    assert len(Server.asked) == n


@pytest.mark.parametrize("how", WRONG)
def test_if_all_mirrors_fail_the_error_says_why_and_no_file_is_left(server, monkeypatch, tmp_path, how):
    wrong, reason = WRONG[how]
    monkeypatch.setattr(Server, "wrong", staticmethod(wrong))
    mirrors = (f"{server}first/", f"{server}second/")
    monkeypatch.setitem(SETS, "mnist", SETS["mnist"]._replace(mirrors=mirrors))
    with pytest.raises(known.NotFound, match=reason) as info:
        load("mnist")
    assert all(
        name in str(info.value) for name in SETS["mnist"].files["test"]
    ) and "--data-dir or in MINIGAN_DATA" in str(info.value)
    assert kept(tmp_path) == []
    assert f"/second/{SETS['mnist'].files['train'][0]}" in Server.asked


def test_simultaneous_downloads_do_not_disturb_each_other(server, tmp_path):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: load_known("mnist", "train")[0], range(8)))
    assert all((images == IMAGES).all() for images in found)
    assert kept(tmp_path) == sorted(SETS["mnist"].files["train"])


def test_all_mirrors_use_https():
    assert all(mirror.startswith("https://") for published in SETS.values() for mirror in published.mirrors)


def test_ctrl_c_is_raised_even_if_the_cleanup_after_it_fails(server, monkeypatch):
    def interrupted(*_):
        try:
            raise KeyboardInterrupt
        finally:
            raise FileNotFoundError

    monkeypatch.setattr(known, "_fetch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load_known("mnist", "train")
