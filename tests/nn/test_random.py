"""Random numbers as a GPU computes them, here by NumPy: known answers, distributions, and nothing in common."""

import math
from contextlib import nullcontext

import numpy as np
import pytest
from random_draws import KINDS, same_numbers

from minigan.nn import random
from minigan.nn.random import keep_mask, keep_rate, normal, philox, ten_keys, uniform


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


def test_on_the_cpu_the_generator_itself_fills_the_arrays():
    """The result of every run hangs on these numbers, so they must never change."""
    rng, own = np.random.default_rng(5), np.random.default_rng(5)
    np.testing.assert_array_equal(normal(rng, (3, 4), np), own.standard_normal((3, 4), dtype=np.float32))
    np.testing.assert_array_equal(
        uniform(rng, -3.0, 5.0, (3, 4), np), own.uniform(-3.0, 5.0, (3, 4)).astype(np.float32)
    )
    many = 400_000  # of which some are kept at the highest rate, too
    for rate, shape, n_words in (
        (0.25, (1,), 1),
        (0.5, (2, 2), 1),
        (0.5, (5, 3), 4),
        (65535 / 65536, (many,), many // 4),
    ):
        mask, words = keep_mask(rng, rate, shape, np.ones(1)), own.bit_generator.random_raw(n_words)
        parts = (words[:, None] >> np.arange(0, 64, 16, dtype=np.uint64)) % 65536  # four entries from each word
        np.testing.assert_array_equal(mask, parts.ravel()[: math.prod(shape)].reshape(shape) / 65536 >= rate)


def test_a_rate_is_rounded_to_16_bits_and_stays_below_1(rng):
    assert [keep_rate(rate, rng) for rate in (0.0, 0.75, 0.3, 1.0 - 1e-9)] == [0, 0.75, 19661 / 65536, 65535 / 65536]


@same_numbers()
def test_a_device_computes_each_number_from_its_index_and_64_bits_of_the_generator():
    rng, own, n = np.random.default_rng(5), np.random.default_rng(5), 300

    def halves(index):
        """Two lists of numbers below 2^32."""
        block, key = divmod(own.bit_generator.random_raw(), 2**32)
        return (half.tolist() for half in philox(np.array(index, np.uint64), block, *ten_keys(key)))

    expected = []
    for i, left, right in zip(range(n), *halves([i // 2 for i in range(n)]), strict=True):
        angle = 2.0 * math.pi * right / 2**32
        radius = math.sqrt(-2.0 * math.log(left / 2**32 + 2**-33))
        expected.append(radius * (math.sin(angle) if i % 2 else math.cos(angle)))
    np.testing.assert_allclose(normal(rng, (20, 15), np), np.reshape(expected, (20, 15)), rtol=1e-4, atol=1e-5)
    left, _ = halves(range(n))
    np.testing.assert_allclose(uniform(rng, 0.0, 1.0, (n,), np), [(a + 0.5) / 2**32 for a in left], rtol=1e-6)
    left, _ = halves(range(n))
    np.testing.assert_array_equal(
        keep_mask(rng, 0.3, (n,), np.ones(1)), [a // 65536 >= round(0.3 * 65536) for a in left]
    )


def test_computed_numbers_are_finite_at_the_extremes(monkeypatch):
    """Where philox gives 0 and 2^32 - 1: the uniform ones are in (0, 1], the normal ones below 6.8."""
    bits = np.array([0, 2**32 - 1], np.uint64)
    monkeypatch.setattr(random, "philox", lambda index, block: (bits, np.zeros_like(bits)))
    np.testing.assert_array_equal(random.uniforms(np.zeros(2, np.uint64), 0), [2.0**-33, 1.0])
    np.testing.assert_allclose(random.normals(np.zeros(2, np.uint64), 0), [math.sqrt(66.0 * math.log(2.0)), 0.0], 1e-6)
