"""NumPy or CuPy: the only file that names both.

All other files are written for NumPy. On a GPU the same lines run on CuPy, because NumPy's functions hand over to the
library that made their arrays: np.exp(x) calls cupy.exp if x is a CuPy array (NEP 13 and NEP 18). There is no global
switch, so both libraries can be used in one process. Where a function has no array to go by, it calls `namespace`.
(NumPy's like= would not do: np.ones and np.eye pass a device argument that CuPy 14 does not accept.)
"""

import functools
import sys
import types

import numpy as np

from minigan.ground.errors import DeviceError, brief

# This block is freed at once. It teaches glibc's malloc to keep freed memory of up to its size for the next array.
# Otherwise the system maps every fresh array of a round anew, which costs a fifth of the time. glibc ignores blocks
# above 32 MB.
np.empty(31 << 20, np.uint8)


def namespace(array):
    """The library that made `array`: the module numpy or cupy. (CuPy's arrays lack __array_namespace__.)"""
    return sys.modules[type(array).__module__.partition(".")[0]]


def library(device):
    """The array library for device "cpu" or "gpu". Raises DeviceError if there is no usable GPU."""
    if device == "cpu":
        return np
    try:
        import cupy
    except ImportError:
        raise DeviceError(
            "--device gpu needs CuPy: pip install -e '.[cuda12]' in minigan's folder (or cuda13), or use --device cpu."
        ) from None
    try:  # CuPy can be imported without a driver; only using it shows whether it works
        ones = cupy.ones((2, 2), dtype=np.float32)
        works = float((ones @ ones).sum()) == 8.0
    except Exception as error:  # its errors come from five libraries and share no base class
        raise DeviceError(f"CuPy finds no usable GPU here ({brief(error)}); use --device cpu.") from None
    if not works:
        raise DeviceError("The GPU multiplies wrongly: check its driver, or use --device cpu.")
    return cupy


def fused(function):
    """A decorator for elementwise arithmetic. On a GPU the function becomes one kernel; on a CPU it stays as it is.

    Without it, CuPy would start a kernel for every operation of the function. With it, CuPy calls the function once on
    stand-ins for its arrays and numbers, records what happens to them and compiles that. NumPy's functions do not take
    these stand-ins, so in that call the name np means cupy. The rules for such a function:

    - It takes arrays and numbers by position, an array first. In a class it is a static method.
    - It uses operators, elementwise functions of np, .dtype and .astype. (np.real(x), since a stand-in has no .real.)
    - It combines numbers with arrays only: CuPy would combine two numbers in float16.
    """

    @functools.cache  # one kernel per library, made at the first call: without a GPU nobody imports CuPy
    def kernel(xp, code):
        return xp.fuse(types.FunctionType(code, function.__globals__ | {"np": xp}, function.__name__))

    @functools.wraps(function)
    def run(*args):
        xp = namespace(args[0])
        return function(*args) if xp is np else kernel(xp, function.__code__)(*args)

    return run


def to_host(array):
    """The same values as a NumPy array: a copy from the GPU, or the array itself on the CPU."""
    return array.get() if hasattr(array, "get") else np.asarray(array)
