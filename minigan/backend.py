"""NumPy or CuPy: the only file that names both.

The others are written for NumPy. On a GPU the same lines run on CuPy, because each function asks its own arrays which
library made them; there is no global switch, so both can live in one process.
"""

import functools
import sys

import numpy as np

from minigan.errors import DeviceError, brief


def namespace(array):
    """The library that made `array`: the module numpy, or cupy (whose arrays lack __array_namespace__)."""
    return sys.modules[type(array).__module__.partition(".")[0]]


def library(device):
    """The array library for device "cpu" or "gpu"; raises DeviceError where the GPU cannot be used."""
    if device == "cpu":
        # Freed at once, this block teaches glibc's malloc to keep freed memory of up to its size for the next array.
        # Otherwise every fresh array of a round is mapped anew by the system, which costs a fifth of the time.
        # From blocks above 32 MB it learns nothing.
        np.empty(31 << 20, np.uint8)
        return np
    try:
        import cupy
    except ImportError:
        raise DeviceError(
            "--device gpu needs CuPy: pip install -e '.[cuda12]' in minigan's folder (or cuda13), or use --device cpu."
        ) from None
    try:  # CuPy imports happily without a driver: only using it shows that it works
        ones = cupy.ones((2, 2), dtype=np.float32)
        works = float((ones @ ones).sum()) == 8.0
    except Exception as error:  # its errors come from five libraries and share no base class
        raise DeviceError(f"CuPy finds no usable GPU here ({brief(error)}); use --device cpu.") from None
    if not works:
        raise DeviceError("The GPU multiplies wrongly: check its driver, or use --device cpu.")
    return cupy


def fused(function):
    """Elementwise arithmetic that a GPU does in one go, as one kernel, and not in one for each operation.

    NumPy runs the function as it stands. CuPy runs it once, on stand-ins for arrays and numbers, to see what it does,
    and compiles that. So it takes arrays, the first one for certain, and numbers, all by position (in a class it is a
    static method); uses operators, elementwise functions, dtype and astype (xp.real(x), as stand-ins have no .real);
    and lets no number meet another, which CuPy would compute in float16.
    """
    kernel = functools.cache(lambda xp: xp.fuse(function))  # at the first call: who has no GPU imports no CuPy

    @functools.wraps(function)
    def run(*args):
        xp = namespace(args[0])
        return function(*args) if xp is np else kernel(xp)(*args)

    return run


def to_host(array):
    """The same values as a NumPy array; copies from the GPU, does nothing on the CPU."""
    return array.get() if hasattr(array, "get") else np.asarray(array)
