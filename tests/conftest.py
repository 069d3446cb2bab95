"""Settings of the whole suite: Hypothesis draws the same cases every time, so a red test is red again."""

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("minigan", derandomize=True, deadline=None, max_examples=200, print_blob=False)
settings.load_profile("minigan")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def no_mnist(monkeypatch, tmp_path):
    """A machine without MNIST and without a network: an empty cache, and mirrors that nobody answers."""
    from minigan.data import mnist

    monkeypatch.delenv("MINIGAN_DATA", raising=False)
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.setattr(mnist, "MIRRORS", ("https://localhost:1/",))
    monkeypatch.setattr(mnist, "TORCHVISION", ())
