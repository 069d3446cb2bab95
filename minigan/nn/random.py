"""Random numbers for both devices, all drawn from one NumPy Generator on the host.

On the CPU the Generator fills the arrays itself. On a GPU every number is computed where it is needed, from its index
and from 64 bits that the Generator draws for the whole array. Nothing is copied to the GPU, and the state of the
Generator is all that a checkpoint has to save. The same state gives the same numbers again, but the GPU's numbers are
not the CPU's.
"""

import math

import numpy as np

from minigan.ground.backend import fused, namespace


def normal(rng, shape, xp):
    """Float32 numbers with mean 0 and variance 1, as an array of the library xp."""
    return rng.standard_normal(shape, dtype=np.float32) if on_host(xp) else computed(normals, rng, shape, xp)


def uniform(rng, low, high, shape, xp):
    """Float32 numbers between low and high, as an array of the library xp."""
    if on_host(xp):
        return rng.uniform(low, high, shape).astype(np.float32)
    return low + (high - low) * computed(uniforms, rng, shape, xp)


def keep_mask(rng, rate, shape, like):
    """Booleans, each False with probability `rate`, in the library of the array `like`.

    16 random bits decide one entry, so `rate` must be a multiple of 2^-16, see `keep_rate`.
    """
    xp, threshold = namespace(like), round(rate * 65536)
    if not on_host(xp):
        return computed(kept, rng, shape, xp, threshold)
    n = math.prod(shape)
    return rng.bit_generator.random_raw((n + 3) // 4).view(np.uint16)[:n].reshape(shape) >= threshold


def keep_rate(rate, rng):
    """The multiple of 2^-16 nearest to `rate`, below 1. Raises ValueError if rng makes words of fewer than 64 bits."""
    if isinstance(rng.bit_generator, np.random.MT19937):
        raise ValueError("Dropout needs a generator of 64-bit words, such as numpy.random.default_rng().")
    return min(round(rate * 65536), 65535) / 65536


def on_host(xp):
    """Whether the Generator itself fills xp's arrays. Tests override this to compare the CPU with a device."""
    return xp is np


def computed(function, rng, shape, xp, *numbers):
    """An array of function(index, block, *numbers, *keys), with the block and philox's keys from 64 bits of rng."""
    bits = int(rng.bit_generator.random_raw())
    index = xp.arange(math.prod(shape), dtype=np.uint64)
    return function(index, bits >> 32, *numbers, *ten_keys(bits)).reshape(shape)


def ten_keys(first):
    """The keys of philox's ten steps. Its authors add the digits of the golden ratio each time, in 32 bits."""
    return [(first + i * 0x9E3779B9) % 2**32 for i in range(10)]


def philox(index, block, *keys):
    """Two arrays of 32 random bits each, in uint64, from the counter (index, block), both below 2^32: philox2x32-10.

    Start with left = index and right = block. Each of ten steps, with its own key, replaces them:
        product = left M,   left' = (upper half of product) xor key xor right,   right' = lower half of product
    Each step can be undone, so different counters never give the same bits. M is the authors' constant, found by a
    search for one that mixes well. Source: Salmon et al. 2011.
    """
    left, right = index, block
    for key in keys:
        product = left * 0xD256D193
        left, right = (product >> 32) ^ key ^ right, product & 0xFFFFFFFF
    return left, right


@fused
def kept(index, block, threshold, *keys):
    """Whether the upper 16 bits of one half reach the threshold."""
    return (philox(index, block, *keys)[0] >> 16) >= threshold


@fused
def uniforms(index, block, *keys):
    """Numbers in (0, 1]; the largest, (2^32 - 0.5) / 2^32, rounds to 1 in float32."""
    return (philox(index, block, *keys)[0].astype(np.float32) + 0.5) * 2.0**-32


@fused
def normals(index, block, *keys):
    """Two normal numbers from two uniform ones u and v, the first at even indices and the second at odd ones:

        sqrt(-2 log u) cos(2 pi v)   and   sqrt(-2 log u) sin(2 pi v) = sqrt(-2 log u) cos(2 pi (v - 1/4))
    Adding 2^-33 keeps u away from 0 and the numbers below 6.8. Source: Box and Muller 1958.
    """
    u, v = (half.astype(np.float32) * 2.0**-32 for half in philox(index >> 1, block, *keys))
    quarter = (index & 1).astype(np.float32) * 0.25
    return np.sqrt(-2.0 * np.log(u + 2.0**-33)) * np.cos(2.0 * math.pi * (v - quarter))
