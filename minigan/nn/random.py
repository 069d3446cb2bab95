"""Random numbers for both devices, out of one host Generator, whose state is all that a checkpoint needs to hold.

The host's arrays are filled by the Generator itself. On a GPU each number is computed where it will be used, from its
index and from 64 bits that the Generator gives for the whole array: nothing is copied, and the same state gives the
same numbers again, though others than on the host.
"""

import math

import numpy as np

from minigan.backend import fused, namespace


def normal(rng, shape, xp):
    """Float32 numbers of mean 0 and variance 1."""
    return rng.standard_normal(shape, dtype=np.float32) if of_host(xp) else computed(normals, rng, shape, xp)


def uniform(rng, low, high, shape, xp):
    """Float32 numbers between low and high."""
    if of_host(xp):
        return rng.uniform(low, high, shape).astype(np.float32)
    return low + (high - low) * computed(uniforms, rng, shape, xp)


def sixteen_bits(rng, shape, xp):
    """Whole numbers 0..65535. Each 64 bits from the Generator serve four of the host's."""
    if not of_host(xp):
        return computed(upper_bits, rng, shape, xp)
    n = math.prod(shape)
    return rng.bit_generator.random_raw((n + 3) // 4).view(np.uint16)[:n].reshape(shape)


def of_host(xp):
    """Whether the Generator fills xp's arrays itself. A test says no, to compare the host with a device."""
    return xp is np


def computed(function, rng, shape, xp):
    """An array of function(index, block, *keys), with a block and philox's keys from rng."""
    bits = int(rng.bit_generator.random_raw())
    return function(xp.arange(math.prod(shape), dtype=np.uint64), bits >> 32, *ten_keys(bits)).reshape(shape)


def ten_keys(first):
    """Those of philox's ten steps: its authors add the digits of the golden ratio each time, in 32 bits."""
    return [(first + i * 0x9E3779B9) % 2**32 for i in range(10)]


def philox(index, block, *keys):
    """Two arrays of 32 random bits each, in uint64, from the counter (index, block), both below 2^32: philox2x32-10.

        product = left M,   left' = (upper half of product) xor key xor right,   right' = lower half of product
    for each key: a step that can be undone, so no two counters give the same bits. M is the authors' constant, found
    by a search for one that mixes well. Source: Salmon et al. 2011.
    """
    left, right = index, block
    for key in keys:
        product = left * 0xD256D193
        left, right = (product >> 32) ^ key ^ right, product & 0xFFFFFFFF
    return left, right


@fused
def upper_bits(index, block, *keys):
    """The upper 16 bits of one half."""
    return (philox(index, block, *keys)[0] >> 16).astype(np.uint16)


@fused
def uniforms(index, block, *keys):
    """In (0, 1]: 2^32 - 1 is 2^32 in float32."""
    return (philox(index, block, *keys)[0].astype(np.float32) + 0.5) * 2.0**-32


@fused
def normals(index, block, *keys):
    """Two normal numbers from two uniform ones u, v, the second at odd indices:

        sqrt(-2 log u) cos(2 pi v)   and   sqrt(-2 log u) sin(2 pi v) = sqrt(-2 log u) cos(2 pi (v - 1/4))
    2^-33 keeps u from 0, and the numbers below 6.8. Source: Box and Muller 1958.
    """
    xp = namespace(index)
    u, v = (half.astype(np.float32) * 2.0**-32 for half in philox(index >> 1, block, *keys))
    quarter = (index & 1).astype(np.float32) * 0.25
    return xp.sqrt(-2.0 * xp.log(u + 2.0**-33)) * xp.cos(2.0 * math.pi * (v - quarter))
