"""What a function returns and changes, call by call, while the cases of the gradient check run.

Two versions of a function run on the same random cases. As long as they agree, they get the same inputs. So their first
difference is the function's own, and two versions with the same records make the same mistake.
"""

import inspect
from typing import Any, NamedTuple

import numpy as np

from minigan.exercises.pieces import replaced
from minigan.gan.objectives import Minimax, NonSaturating
from minigan.gan.penalties import R1
from minigan.gan.steps import d_step, g_step, update_average
from minigan.gan.wgan import wgan_gp
from minigan.gradcheck import windows
from minigan.gradcheck.cases import DERIVATIVES, REFERENCED
from minigan.nn.activations import LeakyReLU, Tanh
from minigan.nn.batchnorm import BatchNorm
from minigan.nn.layers import Dense, Dropout, Layer
from minigan.nn.losses import bce_with_logits, sigmoid, softplus
from minigan.nn.network import Network
from minigan.nn.optim import SGD, Adam

PRECISION = "single precision"  # a case of the exercises alone, see below
# N, n_in, n_out of the first seeds, small ones first
SIZES = [(1, 1, 1), (2, 1, 2), (2, 3, 2), (3, 2, 1), (4, 2, 3), (5, 4, 2), (3, 5, 5)]
CLOSE = 1e-11


class Call(NamedTuple):
    """One call of a function: its arguments, and what it left behind."""

    name: str
    inputs: dict  # name of an array -> a copy from before the call
    outputs: dict  # the same, for results and for all arrays that the arguments hold, from after it
    result: Any  # as returned
    rebound: list  # names of windows that were replaced, where they should have been written into
    flags: dict  # the arguments that are True or False
    scalars: dict  # the arguments that are numbers, and the numbers that self holds
    outermost: bool  # not called by another function of the exercise
    arguments: dict  # the arguments themselves


class Enough(BaseException):
    """Raised in the middle of a case to end it."""


def sizes_of(seed):
    """N, n_in and n_out of the case with this seed."""
    return SIZES[seed] if seed < len(SIZES) else tuple(map(int, np.random.default_rng(seed).integers(2, 6, 3)))


def run(case, seed):
    """Run one case. Returns the error that it raised, or None."""
    try:
        with np.errstate(all="raise", under="ignore"):
            CASES[case](*sizes_of(seed), np.random.default_rng(seed))
    except Exception as error:
        return error
    return None


def record(exercise, pieces, case, seed, most=10_000):
    """Run one case with these pieces (name -> function). Returns (calls, error); at most `most` calls."""
    calls: list = []
    depth: list = []
    ours = exercise.functions(exercise.write)

    def watched(name):
        signature, function = inspect.signature(ours[name]), pieces[name]

        def call(*args, **kwargs):
            if len(calls) == most:
                raise Enough
            bound = signature.bind(*args, **kwargs).arguments
            held = {key: array for arg, value in bound.items() for key, array in arrays(arg, value)}
            views = dict(views_of(bound))
            before = {key: array.copy() for key, array in held.items()}
            depth.append(name)
            try:
                result = function(*args, **kwargs)
            except Exception as error:
                error.inputs = before  # type: ignore[attr-defined]
                raise
            finally:
                depth.pop()
            now = dict(views_of(bound))
            rebound = [key for key, array in views.items() if now[key] is not array]
            after = named(exercise, name, result) | {key: array.copy() for key, array in held.items()}
            after = {key: array for key, array in after.items() if key not in exercise.private}
            flags = {key: value for key, value in bound.items() if isinstance(value, bool)}
            numbers = scalars(bound) | scalars(vars(bound["self"]) if "self" in bound else {})
            calls.append(Call(name, before, after, result, rebound, flags, numbers, not depth, bound))
            return result

        return call

    with replaced(exercise, {name: watched(name) for name in exercise.write}):
        try:
            return calls, run(case, seed)
        except Enough:
            return calls, None


def single_precision(n, n_in, n_out, rng):
    """A round of a GAN in float32, with all pieces that exercises are about. No result may be in float64."""
    n += 1  # BatchNorm needs two samples
    G = Network([Dense(n_in, 3), BatchNorm(3), LeakyReLU(), Dense(3, n_out), Tanh()], rng)
    D = Network([Dense(n_out, 3), LeakyReLU(), Dropout(0.3, rng), Dense(3, 1)], rng)
    average, x_real, z = G.astype(np.float32), *(rng.random((n, k), np.float32) for k in (n_out, n_in))
    for objective in (NonSaturating(), Minimax()):
        d_step(D, G, objective, SGD(D.theta, 0.1, 0.5), x_real, z, R1(0.5))
        _, s = g_step(D, G, objective, Adam(G.theta, 0.1), z)
    update_average(average, G, 3, 0.9)
    bce_with_logits(s, sigmoid(softplus(s)))
    wgan_gp(D, D.forward(x_real)[1], 1.0)


CASES: dict[str, Any] = DERIVATIVES | REFERENCED | {PRECISION: single_precision}


def named(exercise, function, result):
    """The arrays of a result by name."""
    values = result if isinstance(result, tuple) else (result,)
    names = exercise.results[exercise.write.index(function)]
    names = (*names, *(f"value {i + 1}" for i in range(len(names), len(values))))
    return {key: array.copy() for name, value in zip(names, values, strict=False) for key, array in arrays(name, value)}


def arrays(name, value):
    """Yield (name, array) for every array that a value holds, be it an array, a network, a layer, or a list."""
    match value:
        case np.ndarray() | np.number() | float() | complex():
            if np.asarray(value).dtype.kind in "iufc":
                yield name, value if isinstance(value, np.ndarray) else np.asarray(value)
        case Network():
            label = "layer" if name == "self" else f"{name}'s layer"
            yield from windows(value, label).items()
            for key, array in windows(value, label, "d").items():
                yield key.replace(".", ".d"), array
            for i, layer in enumerate(value.layers):
                for buffer in layer.buffers:
                    yield f"{label} {i} {type(layer).__name__}.{buffer}", getattr(layer, buffer)
        case Layer():
            for parameter in value.parameters:
                yield f"self.{parameter}", getattr(value, parameter)
                yield f"self.d{parameter}", getattr(value, f"d{parameter}")
            for buffer in value.buffers:
                yield f"self.{buffer}", getattr(value, buffer)
        case list() | tuple():
            for i, item in enumerate(value):
                yield from arrays(f"{name}[{i}]", item)


def views_of(arguments):
    """Yield (name, array) for the vectors of networks and the layers' windows onto them, which nobody may replace."""
    for name, value in arguments.items():
        if isinstance(value, Network):
            yield f"{name}.theta", value.theta
            yield f"{name}.grad", value.grad
        if isinstance(value, Layer | Network):
            yield from arrays(name, value)


def scalars(values):
    """Those of the values (name -> value) that are numbers."""
    return {name: v for name, v in values.items() if isinstance(v, int | float) and not isinstance(v, bool)}


def close(a, b, each=False):
    """Whether two arrays agree up to rounding, in their real parts and in their imaginary ones.

    each: whether small entries must have as many right digits as the largest.
    """
    if a.shape != b.shape:
        return False
    if each and not (np.iscomplexobj(a) or np.iscomplexobj(b)):
        return bool(np.all((np.abs(a - b) <= CLOSE * np.abs(b)) | (np.isnan(a) & np.isnan(b))))
    for x, y, smallest in ((a.real, b.real, 1e-13), (a.imag, b.imag, 1e-43)):
        scale = max(np.abs(y).max(initial=0.0), smallest / CLOSE)
        if not np.all((np.abs(x - y) <= CLOSE * scale) | (np.isnan(x) & np.isnan(y))):
            return False
    return True


class Difference(NamedTuple):
    """The first array that differs."""

    at: int  # number of the call
    call: Call
    ours: Call  # minigan's, with the same inputs
    array: str  # its name; "" if the result is of another kind
    got: np.ndarray
    expected: np.ndarray


def side_by_side(calls, right):
    """Pairs of calls of two records: of those that no other piece made, if the two make other calls in between."""
    if any(call.name != ours.name for call, ours in zip(calls, right, strict=False)):
        calls, right = ([call for call in record if call.outermost] for record in (calls, right))
    return list(zip(calls, right, strict=False))


def first_difference(calls, right, each=False):
    """The first Difference of two records, or None. each: see `close`."""
    for at, (call, ours) in enumerate(side_by_side(calls, right)):
        if call.rebound or kinds(call.result) != kinds(ours.result):
            return Difference(at, call, ours, "", np.asarray(np.nan), np.asarray(np.nan))
        for name, expected in ours.outputs.items():
            got = call.outputs.get(name, np.asarray(np.nan))
            if not close(got, expected, each) or coarse(got) > coarse(expected):
                return Difference(at, call, ours, name, got, expected)
    return None


def coarse(array):
    """The distance from 1 to the next number of an array's dtype."""
    return np.finfo(array.dtype).eps if array.dtype.kind in "fc" else 0.0


def kinds(result):
    """What a result is, in words, and what its parts are."""
    return [kind(result), *map(kind, result if isinstance(result, tuple) else ())]


def kind(value):
    """What a result is, in words."""
    match value:
        case None:
            return "None"
        case tuple():
            return f"a tuple of {len(value)}"
        case np.ndarray() if value.ndim:
            return "an array of numbers" if value.dtype.kind in "iufc" else f"an array of {value.dtype}"
        case list():
            return "a list"
        case int() | float() | complex() | np.number() | np.ndarray():
            return "a number"
    return f"a {type(value).__name__}"
