"""Where a learner's function first differs from minigan's, and which mistake that looks like.

Both run on the same random cases, and so do minigan's mutants: copies with one small mistake. A mutant with the same
numbers as the learner's function makes the same mistake, whatever the code looks like.
"""

import textwrap
from contextlib import nullcontext

import numpy as np

from minigan.exercises.pieces import copy_of, line_of, originals
from minigan.exercises.record import SIZES, arrays, close, first_difference, kind, kinds, named, record
from minigan.exercises.relations import certain, relations
from minigan.gradcheck import GradientError
from minigan.gradcheck.mutants import in_place, mutants
from minigan.ground.errors import brief

MANY = 8  # entries: in smaller arrays a relation can hold by chance
FURTHER = 40  # calls that are compared with the mutants' after the first one that differs


def diagnose(exercise, pieces, path, case, seed):
    """Return (words, likely): sentences on what is wrong in the case that failed, and the mistakes that it may be."""
    ours = originals(exercise)
    right, _ = record(exercise, ours, case, seed)
    calls, error = record(exercise, pieces, case, seed)
    difference, each = first_difference(calls, right), False
    stopped = len(calls) < len(right) and not isinstance(error, GradientError)
    if difference is None and not stopped:
        difference, each = first_difference(calls, right, each=True), True
    words = [f"The smallest case that fails: {case}."]
    if difference is None:
        words += raised(error, path) if stopped else [f"The check says: {brief(error, 300)}"]
    elif difference.array:
        words += [where(difference.call, difference), *similar(exercise, ours, pieces, case, calls, difference, each)]
    else:
        words.append(of_another_kind(exercise, difference.call, difference.ours))
    at = difference.at if difference else len(calls)
    likely = []
    if stopped or (difference and not difference.call.rebound):
        likely = look_alikes(exercise, ours, pieces, case, seed, at + FURTHER, each)
    if likely:
        words.append("A known mistake gives exactly the same: minigan's code " + ", or ".join(likely[:3]) + ".")
    elif difference and difference.array:
        words.append(numbers(difference.call.inputs, difference.call.scalars, difference))
    elif stopped and hasattr(error, "inputs"):
        words.append(numbers(error.inputs, {}))
    return words, likely


def similar(exercise, ours, pieces, case, calls, difference, each):
    """The simplest relation that holds for this array whenever the case fails, as a list of at most one sentence."""
    if sentence := certain(difference.call, difference) or of_another_pass(exercise, ours, calls, difference):
        return [sentence]
    found = [(difference.got.size, relations(difference.call, difference))]
    for seed in range(len(SIZES)):
        theirs, right = (record(exercise, version, case, seed)[0] for version in (pieces, ours))
        other = first_difference(theirs, right, each)
        if other and other.array == difference.array and not certain(other.call, other):
            found.append((other.got.size, relations(other.call, other)))
    telling = [sentences for size, sentences in found if size >= MANY] or [sentences for _, sentences in found]
    return [sentence for sentence in telling[0] if all(sentence in others for others in telling)][:1]


def of_another_pass(exercise, ours, calls, difference):
    """A sentence if minigan's function gives the learner's numbers with the cache of an earlier pass."""
    call = difference.call
    for earlier in calls[: difference.at]:
        cache = earlier.outputs.get("cache")
        if cache is not None and "cache" in call.inputs and cache.shape == call.inputs["cache"].shape:
            result = ours[call.name](**call.arguments | {"cache": cache})
            other = named(exercise, call.name, result) | dict(arrays("self", call.arguments["self"]))
            if difference.array in other and close(difference.got, other[difference.array]):
                return ("It is right for the cache of another pass. A GAN sends several batches through one layer "
                        "before it goes backward, so keep nothing on self: use the argument cache.")  # fmt: skip
    return None


def of_another_kind(exercise, call, right):
    """What is wrong with a result that is not even of the right kind, or with where it was put."""
    if call.rebound:
        name = call.rebound[0]
        return (f"{call.name} replaces {name} by a new array. Write into the old one, {name}[...] = ..., because the "
                "network and its layers share that memory.")  # fmt: skip
    got, expected = kind(call.result), kind(right.result)
    if got == "None":
        return f"{with_flags(call)} returns None, where it should return {expected}. Is the return missing?"
    if got != expected:
        return f"{with_flags(call)} returns {got}, but should return {expected}."
    names = exercise.results[exercise.write.index(call.name)]
    turned = call.result[::-1]
    if kinds(turned) == kinds(right.result) and all(map(close, *(map(np.asarray, x) for x in (turned, right.result)))):
        return f"{call.name} returns the right values in the wrong order. Right is {', '.join(names)}."
    i = next(i for i, (a, b) in enumerate(zip(kinds(call.result)[1:], kinds(right.result)[1:], strict=True)) if a != b)
    return f"{call.name} returns {kind(call.result[i])} as its {names[i]}, but that should be {kind(right.result[i])}."


def raised(error, path):
    """An exception in the learner's code, in words."""
    line, text = line_of(error, path), f"{type(error).__name__}: {error}".rstrip(". ")
    helpful = {
        PermissionError: "An exercise only computes. Remove that line.",
        NotImplementedError: "That part still has to be written.",
        RecursionError: "Your function seems to call itself, perhaps through the network or layer that it belongs to.",
        EOFError: "An exercise gets no input. Its arguments are all that it needs.",
        MemoryError: "It asks for far more memory than the arrays that it was given.",
        FloatingPointError: "Some step of the formula is too large for a float, or has no value (log 0, 0 / 0).",
    }
    for kind_of, sentence in helpful.items():
        if isinstance(error, kind_of):
            return [f"Your code stops{line}: {text}.", sentence]
    if "read-only" in str(error):
        return [f"Your code changes an array{line} that it was only given (x, dy or a cache). Make a new one: y = x * "
                "2 in place of x *= 2."]  # fmt: skip
    if isinstance(error, AttributeError) and not str(error).startswith(("module", "'")):  # it is a Layer's own message
        return [f"Your code stops{line}: {text}.",
                "A layer keeps nothing between its passes. What backward needs comes with the cache."]  # fmt: skip
    if "dtype('O')" in str(error) or "NoneType" in str(error):
        return [f"Your code stops{line}: {text}.",
                "An array has become None on the way. backward returns None where input_grad is false."]  # fmt: skip
    if "complex" in str(error) or "casting" in str(error):
        return [f"Your code stops{line}: {text}.", "The check measures derivatives with complex numbers, so this must "
                "work with them, too."]  # fmt: skip
    return [f"Your code stops{line}: {text}."]


def with_flags(call):
    """The name of a function, and the arguments of the call that are True or False."""
    flags = ", ".join(f"{key}={value}" for key, value in call.flags.items())
    return call.name + (f" with {flags}" if flags else "")


def where(call, difference):
    """Which entry is wrong, what it is, and what it should be."""
    got, expected, name = difference.got, difference.expected, difference.array
    start = with_flags(call)
    if got.shape != expected.shape:
        return f"{start}: {name} has shape {got.shape}, but should have {expected.shape}."
    error = np.abs(got.real - expected.real) + np.abs(got.imag - expected.imag)
    error = error / np.maximum(np.abs(expected), 1e-300) if close(got, expected) else error
    entry = np.unravel_index(np.nan_to_num(error, nan=np.inf).argmax(), error.shape)
    index = f"[{', '.join(map(str, entry))}]" if entry else ""
    is_, should_be = (f"{array[entry]:.8g}" for array in (got, expected))
    if is_ == should_be:
        is_, should_be = (f"{array[entry]:.15g}" for array in (got, expected))
    before = call.inputs.get(name)
    still = "stay as it was, " if before is not None and close(expected, before) else "be "
    return f"{start}: {name}{index} is {is_}, but should {still}{should_be}."


def look_alikes(exercise, ours, pieces, case, seed, most, each):
    """The mistakes of minigan's mutants that give the learner's numbers, in all of several records."""
    others = [(other, s) for s in (seed, seed + 1, seed + 2, 3) for other in dict.fromkeys([case, *exercise.cases])]
    found = list(candidates(exercise, ours))
    for other, s in others[:12]:
        if found:
            mine = record(exercise, pieces, other, s, most)
            found = [(words, versions, helper) for words, versions, helper in found
                     if alike(mine, record_of(exercise, versions, helper, other, s, most), each)]  # fmt: skip
    return list(dict.fromkeys(words for words, _, _ in found))


def candidates(exercise, ours):
    """Yield (words, functions to record, what else to put in place) for every mutant of the exercise."""
    for name, function in exercise.functions(exercise.write).items():
        for mutant in mutants(function):
            yield mutant.words, ours | {name: copy_of(function, mutant.code)}, nullcontext
    for function in exercise.functions(exercise.helpers).values():
        for mutant in mutants(function):
            yield mutant.words, ours, lambda f=function, code=mutant.code: in_place(f, code)


def record_of(exercise, versions, helper, case, seed, most):
    with helper():
        return record(exercise, versions, case, seed, most)


def alike(mine, theirs, each):
    """Whether two records are the same: the calls, and the error at their end."""
    (calls, error), (others, other_error) = mine, theirs
    if isinstance(error, GradientError) and isinstance(other_error, GradientError):
        error = other_error  # its message has more digits than two versions of a formula need to share
    if len(calls) != len(others) or repr(error) != repr(other_error):
        return False
    for a, b in zip(calls, others, strict=True):
        if a.outputs.keys() != b.outputs.keys() or not all(close(a.outputs[k], b.outputs[k], each) for k in a.outputs):
            return False
    return True


def numbers(inputs, scalars, difference=None):
    """The inputs of a call, without those that play no part, and one of its results, printed."""
    array = difference.array if difference else None
    names = sorted((name for name, a in inputs.items() if a.size and ".d" not in name), key=lambda name: " " in name)
    lines = [", ".join(f"{name} = {value:.6g}" for name, value in scalars.items())] if scalars else []
    for name in names[:6]:
        lines.append(f"{name}{' before' * (name == array)} = {np.array2string(inputs[name], precision=4)}")
    if difference:
        lines += [f"your {array} = {np.array2string(difference.got, precision=4)}",
                  f"right is {np.array2string(difference.expected, precision=4)}"]  # fmt: skip
    return "The numbers:\n" + textwrap.indent("\n".join(lines), "    ")
