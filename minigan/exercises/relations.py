"""Simple relations between what an array is and what it should be: a sign, a factor, a transpose, a missing sum."""

import numpy as np

from minigan.exercises.record import close


def certain(call, difference):
    """A relation that one array is enough to see, as a sentence, or None."""
    got, expected, before = difference.got, difference.expected, call.inputs.get(difference.array)
    if before is not None and close(expected, before):
        return f"{call.name} changes {difference.array}, which should stay as it was."
    if before is not None and close(got, before):
        return f"{difference.array} was not written."
    if got.shape != expected.shape:
        return of_shapes(got, expected, difference.array)
    if np.iscomplexobj(expected) and not np.iscomplexobj(got):
        return ("The imaginary part is lost, with which the check measures derivatives. float(), .real and "
                "np.zeros(shape) drop it; np.zeros(shape, x.dtype) keeps it.")  # fmt: skip
    if got.dtype.itemsize < expected.dtype.itemsize and np.allclose(got, expected, 1e-2, 1e-2):
        return f"It has only the digits of {got.dtype}. Choose no dtype: results get the one of the input."
    if np.iscomplexobj(expected) and close(got.real, expected.real):
        return ("It is right for real numbers but not for complex ones, with which the check measures derivatives. "
                "abs, np.abs and .real lose the imaginary part; magnitude(x) keeps it.")  # fmt: skip
    if close(got, expected):
        return "Small entries have lost their digits: 1 + a and 1 - a round to 1 for a tiny a. np.log1p(a) keeps it."
    return None


def relations(call, difference):
    """All relations that hold for an array, as sentences. In a small array they can hold by chance."""
    got, expected, before = difference.got, difference.expected, call.inputs.get(difference.array)
    others = call.inputs | difference.ours.outputs
    found = [f"It equals {name}." for name, a in others.items() if name != difference.array and close(got, a)]
    if got.shape != expected.shape:
        return found
    found += factors(call, got, expected)
    if before is not None and close(got - before, expected):
        found.append("It was added to what was there before, but should overwrite it.")
    if got.ndim == 2 and got.shape[0] == got.shape[1] and close(got.T, expected):
        found.append("It is the transpose of what it should be.")
    for name, array in call.inputs.items():
        if name != difference.array and compatible(array, expected):
            if close(got * array, expected):
                found.append(f"It becomes right when multiplied by {name}. Is that factor missing?")
            if close(got, expected * array):
                found.append(f"It is right times {name}. Is that factor there once too often?")
            if close(got - array, expected) or close(got + array, expected):
                found.append(f"It differs from what it should be by {name}.")
    return found + masked(call, got, expected)


def of_shapes(got, expected, name):
    """A relation of two arrays with different shapes."""
    if got.ndim == expected.ndim and close(got.T, expected):
        return "It is the transpose of what it should be."
    if got.size == expected.size and close(got.reshape(expected.shape), expected):
        return "The numbers are right. Did a sum keep its dimensions (keepdims), or did an axis get lost?"
    for axis in range(got.ndim):
        if got.ndim == expected.ndim + 1 and close(got.sum(axis=axis), expected):
            return f"Its sum over axis {axis} is right: is a sum over the batch missing?"
    return f"{name} should be one number: is a sum or a mean missing?" if expected.ndim == 0 else None


def compatible(array, expected):
    try:
        return array.size and np.broadcast_shapes(array.shape, expected.shape) == expected.shape
    except ValueError:
        return False


def factors(call, got, expected):
    """Sentences on k, if got is k times expected."""
    size = (np.abs(expected) ** 2).sum()
    k = (got * np.conj(expected)).real.sum() / size if size else 0.0
    if not k or not close(got, k * expected):
        return []
    batch = next((call.inputs[name] for name in ("dy", "x", "s", "s_real", "s_fake", "z") if name in call.inputs), [0])
    n, found = len(batch), []
    if np.isclose(k, -1.0):
        found.append("It has the wrong sign.")
    if np.isclose(k, n):
        found.append("It is N times too large. Is a sum where a mean belongs, or is the loss's 1/N missing?")
    if np.isclose(k, 1.0 / n):
        found.append("It is N times too small. Was the loss's 1/N divided by twice, or is a mean where a sum belongs?")
    return [*found, f"It is {k:.6g} times what it should be."]


def masked(call, got, expected):
    """Whether the wrong entries are just those where some array is positive, or is not."""
    wrong, found = ~np.isclose(got, expected, 1e-9, 1e-13), []
    for name, array in call.inputs.items():
        if array.shape == expected.shape and got.ndim:
            for mask, words in ((array.real > 0, "> 0"), (array.real <= 0, "<= 0")):
                if (wrong == mask).all() and not mask.all():
                    found.append(f"Only the entries with {name} {words} are wrong; the others are right.")
    return found
