"""Random numbers as a GPU computes them, here by NumPy: known answers, distributions, and nothing in common."""

import math
from contextlib import nullcontext

import numpy as np
import pytest
from random_draws import KINDS, same_numbers

from minigan.nn.random import keep_mask, keep_rate, philox, ten_keys


@pytest.mark.parametrize(
    ("index", "block", "key", "expected"),
    [
        (0x00000000, 0x00000000, 0x00000000, (0xFF1DAE59, 0x6CD10DF2)),
        (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, (0x2C3F628B, 0xAB4FD7AD)),
        (0x243F6A88, 0x85A308D3, 0x13198A2E, (0xDD7CE038, 0xF62A4C12)),
    ],
)
def test_philox_gives_the_known_answers_of_its_authors(index, block, key, expected):
    """Those of Random123, the library of Salmon et al.: philox2x32, 10 rounds."""
    found = philox(np.array([index], np.uint64), block, *ten_keys(key))
    assert tuple(int(half[0]) for half in found) == expected


@pytest.mark.parametrize("name", KINDS)
@same_numbers()
def test_draws_have_the_right_distribution_and_are_independent(name, rng):
    """Distributed as they should be, and unrelated to their neighbours and to those of the next draw."""
    draw, distribution = KINDS[name]
    x, following = draw(rng, (50_000,), np), draw(rng, (50_000,), np)
    assert x.dtype == following.dtype == np.float32
    away = np.vectorize(distribution)(np.sort(x).astype(float)) - np.arange(1, len(x) + 1) / len(x)
    assert np.abs(away).max() < 1.95 / math.sqrt(len(x))  # Kolmogorov and Smirnov's bound for 99.9 %
    x, following = (a.astype(float) - a.mean() for a in (x, following))
    for one, other in [(x, following), *((x[:-shift], x[shift:]) for shift in (1, 2, 3))]:
        for a, b in ((one, other), (one**2 - (one**2).mean(), other**2 - (other**2).mean())):
            assert abs((a * b).mean()) < 4.0 * a.std() * b.std() / math.sqrt(len(a))


@pytest.mark.parametrize("name", KINDS)
def test_draws_depend_on_the_state_of_the_generator_alone(name):
    draw, _ = KINDS[name]
    one, other, host = (np.random.default_rng(5) for _ in range(3))
    with same_numbers():
        x = draw(one, (4, 3), np)
        assert x.shape == (4, 3) and (x == draw(other, (4, 3), np)).all() and (x != draw(one, (4, 3), np)).any()
    assert (x != draw(host, (4, 3), np)).any()


@pytest.mark.parametrize("rate", [0.0, 0.001, 0.3, 0.5, 65535 / 65536])
@pytest.mark.parametrize("on_a_device", [False, True])
def test_a_mask_is_false_at_its_rate_and_its_entries_are_independent(rate, on_a_device, rng):
    rate, n = keep_rate(rate, rng), 200_000
    with same_numbers() if on_a_device else nullcontext():
        x, following = (keep_mask(rng, rate, (n,), np.ones(1)) for _ in range(2))
    assert x.dtype == bool
    spread = math.sqrt(rate * (1.0 - rate) / n)
    assert abs((~x).mean() - rate) <= 4.0 * spread
    for one, other in [(x, following), *((x[:-shift], x[shift:]) for shift in (1, 2, 3))]:
        assert abs((~one & ~other).mean() - rate * rate) <= 4.0 * (spread + 1.0 / n)
