"""A stand-in for CuPy, so that code for a GPU can be tested without one: NumPy inside, stricter than CuPy outside.

An Array holds a NumPy array and keeps the host away from it: NumPy arrays and numbers, lists, loops over rows and masks
raise TypeError. A NumPy function on an Array hands over to the function of the same name in this module, by the same
two protocols as in CuPy (__array_ufunc__, __array_function__), or raises TypeError if there is none. What CuPy allows
but pays for is counted in COUNTS: launches of kernels, waits for the device (float, bool, get), bytes that go to the
device and come back. Every name here is one of CuPy's. A function for `fuse` may use only what CuPy can put into one
kernel, and there the protocols do not exist, as in CuPy.
"""

from collections import Counter

import numpy as np

COUNTS: Counter = Counter()
DTYPES: set = set()  # of all floating arrays that were made


FUSED: dict = {}  # what kernels were made of: function -> its arguments, for arrays their dtypes and dimensions
INSIDE: set = set()  # functions for `fuse` that another one called: parts of its kernel


class Array:
    """A device array. Views share memory with their base, as CuPy's do."""

    __hash__ = None  # type: ignore[assignment]

    def __array_ufunc__(self, ufunc, method, *inputs, out=(None,), **how):
        if method != "__call__" or ufunc.__name__ not in FUNCTIONS:
            return NotImplemented
        return FUNCTIONS[ufunc.__name__](*inputs, **({} if out[0] is None else {"out": out[0]}), **how)

    def __array_function__(self, function, types, args, kwargs):
        if function.__module__ != "numpy" or function.__name__ not in FUNCTIONS or set(types) != {Array}:
            return NotImplemented
        return FUNCTIONS[function.__name__](*args, **kwargs)

    def __init__(self, held):
        self._held = held

    def __array__(self, *_, **__):
        raise TypeError("a device array became a host array unsaid; to_host says it.")

    def __iter__(self):
        raise TypeError("a loop over the rows of a device array launches a kernel for each.")

    # What costs nothing.
    shape = property(lambda self: self._held.shape)
    dtype = property(lambda self: self._held.dtype)
    ndim = property(lambda self: self._held.ndim)
    size = property(lambda self: self._held.size)
    nbytes = property(lambda self: self._held.nbytes)
    T = property(lambda self: Array(self._held.T))
    real = property(lambda self: Array(self._held.real))

    def __len__(self):
        return len(self._held)

    def reshape(self, *shape):
        return self._view_or_copy(self._held.reshape(*shape))

    def _view_or_copy(self, there):
        return Array(there) if np.shares_memory(there, self._held) or not there.size else made(there)

    # What waits for the device.
    def get(self):
        COUNTS["waits"] += 1
        COUNTS["bytes to host"] += self.nbytes
        return self._held.copy()

    def item(self):
        COUNTS["waits"] += 1
        return self._held.item()

    def __bool__(self):
        return bool(self.item())

    def __float__(self):
        return float(self.item())

    def __int__(self):
        return int(self.item())

    __index__ = __int__

    # What is launched.
    def __getitem__(self, key):
        return self._view_or_copy(self._held[index(key)])

    def __setitem__(self, key, value):
        value = operand(value)
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.dtype != self.dtype:
            raise TypeError(f"{value.dtype} is put into {self.dtype}, unsaid.")
        COUNTS["launches"] += 1
        self._held[index(key)] = value

    def astype(self, dtype):
        return made(self._held.astype(dtype))

    def copy(self):
        return made(self._held.copy())

    def repeat(self, n, axis=None):
        return made(self._held.repeat(operand(n), axis=axis))


def index(key):
    """What may stand in brackets: numbers, slices, None, and device arrays of whole numbers."""
    if isinstance(key, tuple):
        return tuple(map(index, key))
    if isinstance(key, Array):
        if key.dtype.kind not in "iu":
            raise TypeError("a mask makes an array of a length that only the device knows: it waits for it.")
        return key._held
    if key is None or key is Ellipsis or type(key) in (int, slice):
        return key
    raise TypeError(f"{type(key).__name__} of the host as an index of a device array.")


def operand(value):
    """What may meet a device array: another, or one of Python's own numbers."""
    if isinstance(value, Array | Number):
        return value._held
    if type(value) in (int, float, bool, complex):
        return value
    raise TypeError(f"{type(value).__module__}.{type(value).__name__} meets a device array.")


def made(result):
    """A fresh device array, that one launch has filled."""
    COUNTS["launches"] += 1
    result = np.asarray(result)
    if result.dtype.kind in "fc":
        DTYPES.add(result.dtype)
    return Traced(result) if Traced.now else Array(result)


def into(out, result):
    if not isinstance(out, Array) or out._held.shape != result.shape or out.dtype != result.dtype:
        raise TypeError(f"out= must be a device array of shape {result.shape} and {result.dtype}.")
    COUNTS["launches"] += 1
    out._held[...] = result
    return out


def binary(name):
    function = getattr(np, name)

    def forward(self, other):
        return made(function(operand(self), operand(other)))

    def backward(self, other):
        return made(function(operand(other), operand(self)))

    def in_place(self, other):
        return into(self, function(operand(self), operand(other)))

    return forward, backward, in_place


for _sign, _name in {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "power", "matmul": "matmul",
}.items():  # fmt: skip
    for _prefix, _method in zip(("", "r", "i"), binary(_name), strict=True):
        setattr(Array, f"__{_prefix}{_sign}__", _method)
for _sign, _name in {
    "gt": "greater", "ge": "greater_equal", "lt": "less", "eq": "equal",
    "and": "bitwise_and", "xor": "bitwise_xor", "rshift": "right_shift",
}.items():  # fmt: skip
    setattr(Array, f"__{_sign}__", binary(_name)[0])
Array.__neg__ = lambda self: made(-self._held)  # type: ignore[attr-defined]


def reduction(name):
    function = getattr(np, name)

    def reduce(self, axis=None, keepdims=False, out=None):
        result = function(self._held, axis=axis, keepdims=keepdims)
        return made(result) if out is None else into(out, result)

    return reduce


for _name in ("sum", "mean", "max", "all"):
    setattr(Array, _name, reduction(_name))


def elementwise(name):
    function = getattr(np, name)

    def apply(*args, out=None, dtype=None):
        if not any(isinstance(arg, Array) for arg in args):
            raise TypeError(f"{name} of the host's numbers, on the device.")
        if dtype and Traced.now:
            raise TypeError("dtype= in what is to be one kernel.")
        result = function(*map(operand, args), **({"dtype": dtype} if dtype else {}))
        return made(result) if out is None else into(out, result)

    return apply


ELEMENTWISE = ("exp", "expm1", "log", "log1p", "sqrt", "cos", "tanh", "multiply", "clip", "isfinite", "real")
FUNCTIONS = {name: elementwise(name) for name in ELEMENTWISE}


class Traced(Array):
    """An array in a function that becomes one kernel: for elementwise operations alone."""

    now = False  # whether a function is running that becomes one kernel
    __array_ufunc__ = None  # CuPy's stand-ins have no protocols: in a kernel np must be cupy
    __array_function__ = None  # type: ignore[assignment]

    def __getattribute__(self, name):
        if name in ("_held", "dtype", "ndim", "astype", "__class__"):
            return super().__getattribute__(name)
        raise AttributeError(f"{name} in what is to be one kernel.")

    def _refuse(self, *_):
        raise TypeError("no elementwise operation in what is to be one kernel.")

    __len__ = __getitem__ = __setitem__ = __matmul__ = __rmatmul__ = __bool__ = __float__ = __int__ = _refuse


class Number:
    """A number that is handed to such a function. It meets arrays alone: of two CuPy would make a float16."""

    def __init__(self, held):
        self._held = held


def fuse(function):
    def launch(*args):
        if Traced.now:
            INSIDE.add(function)
            return function(*args)
        FUSED.setdefault(function, [(a.dtype, a.ndim) if isinstance(a, Array) else a for a in args])
        traced = [Traced(a._held) if isinstance(a, Array) else Number(operand(a)) for a in args]
        launches, Traced.now = COUNTS["launches"] + 1, True
        try:
            result = function(*traced)
        finally:
            COUNTS["launches"], Traced.now = launches, False
        if isinstance(result, tuple):
            return tuple(Array(a._held) for a in result)
        return None if result is None else Array(result._held)

    return launch


def function(made_by):
    """Put what is no elementwise function into FUNCTIONS."""

    def launch(*args, **kwargs):
        if Traced.now:
            raise TypeError(f"{made_by.__name__} in what is to be one kernel.")
        return made_by(*args, **kwargs)

    FUNCTIONS[made_by.__name__] = launch


@function
def matmul(a, b, out=None):
    result = operand(a) @ operand(b)
    if out is not None and not out._held.flags.c_contiguous:
        raise TypeError("matmul copies unless out= is contiguous.")
    return made(result) if out is None else into(out, result)


@function
def asarray(x, dtype=None):
    if isinstance(x, Array):
        return x
    if not isinstance(x, (np.ndarray, np.generic, int, float)):
        raise TypeError(f"asarray of a {type(x).__name__}.")
    held = np.array(x, dtype)
    COUNTS["bytes to device"] += held.nbytes
    return Array(held)


def filled(value):
    return lambda shape, dtype: made(np.full(shape, value, dtype))


def filled_like(value):
    return lambda x: made(np.full_like(operand(x), value))


FUNCTIONS |= {"fuse": fuse, "zeros": filled(0), "ones": filled(1), "empty": filled(np.nan)}
FUNCTIONS |= {"zeros_like": filled_like(0), "ones_like": filled_like(1), "empty_like": filled_like(np.nan)}


@function
def concatenate(arrays, axis=0):
    return made(np.concatenate([operand(a) for a in arrays], axis=axis))


@function
def stack(arrays, axis=0):
    return made(np.stack([operand(a) for a in arrays], axis=axis))


@function
def arange(n, dtype=None):
    return made(np.arange(n, dtype=dtype))


@function
def eye(n, dtype):
    return made(np.eye(n, dtype=dtype))


globals().update(FUNCTIONS)
float32 = np.float32


def reset():
    COUNTS.clear()
    DTYPES.clear()
