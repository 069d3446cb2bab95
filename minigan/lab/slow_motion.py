"""Slow motion: runs one round and records every line of d_step, g_step and all that they call, with what it made.

Nothing of the mathematics is repeated here: `sys.settrace` lets Python call us before each line that it runs. So the
film always shows the source as it is.
"""

import base64
import inspect
import re
import sys
import zlib
from pathlib import Path

import numpy as np

import minigan

ROOT = Path(minigan.__file__).parent
FOLDERS = tuple(str(ROOT / folder) for folder in ("gan", "nn"))
LEFT_OUT = str(ROOT / "nn" / "random.py")  # how random numbers are made does not belong to a round's mathematics
ALL_NUMBERS = 24  # the most numbers of an array that are shown one by one
SIDE = 32  # of the picture of a larger array


class Film:
    """The record of one round.

    codes: the functions that ran, see `describe`. shots: what happened, one dict for each line that ran:
        code: index into codes. line: its number in the file. depth: how many recorded functions are below it
        on the stack. who: "D", or "D, layer 2: Dense", where it is known. made: {name of a variable: see `shown`}, for
        each variable that is new or has changed; before the first line, these are the arguments.
    halves: after each step of D or G, (its name, copies of the parameters of D, G and the average).
    """

    def __init__(self, training):
        self.training, self.depth = training, -1
        self.codes: list[dict] = []
        self.shots: list[dict] = []
        self.halves: list[tuple] = []
        self.index: dict = {}
        self.names: dict[int, str] = {}
        for name in ("G", "D"):
            network = getattr(training, name)
            self.names[id(network)] = name
            self.names[id(getattr(training, f"{name.lower()}_optimizer"))] = f"{name}'s optimizer"
            for i, layer in enumerate(network.layers):
                self.names[id(layer)] = f"{name}, layer {i}: {type(layer).__name__}"
        self.names[id(training.average)] = self.names.get(id(training.average), "the average of G")

    def record(self, rounds):
        """Run next(rounds) and record it. Returns what it returned."""
        before = sys.gettrace()
        sys.settrace(self.enter)
        try:
            return next(rounds)
        finally:
            sys.settrace(before)

    def enter(self, frame, event, arg):
        """Python calls this for each function that starts. It returns what Python calls for each of its lines."""
        code = frame.f_code
        if not code.co_filename.startswith(FOLDERS) or code.co_filename == LEFT_OUT or code.co_name.startswith("<"):
            return None
        if code not in self.index:
            self.index[code] = len(self.codes)
            self.codes.append(describe(code))
        self.depth += 1
        seen: dict = {}
        at = code.co_firstlineno
        self.add(code, at, frame, seen)

        def line(frame, event, arg):
            nonlocal at
            if event in ("line", "return"):
                if at != code.co_firstlineno:
                    self.add(code, at, frame, seen)
                at = frame.f_lineno
            if event == "return":
                self.depth -= 1
                if code.co_name in ("d_step", "g_step"):
                    t = self.training
                    self.halves.append((code.co_name, [n.theta.copy() for n in (t.D, t.G, t.average)]))
            return line

        return line

    def add(self, code, line, frame, seen):
        made, self_ = {}, frame.f_locals.get("self")
        for name, value in variables(frame).items():
            print_ = fingerprint(value)
            if seen.get(name) != print_:
                seen[name], made[name] = print_, shown(value)
        who = self.names.get(id(self_), "")
        self.shots.append({"code": self.index[code], "line": line, "depth": self.depth, "who": who, "made": made})


def variables(frame):
    """The local variables of a function, and the gradients of the parameters of its layer: name -> value."""
    found = {name: value for name, value in frame.f_locals.items() if name != "self" and not callable(value)}
    layer = frame.f_locals.get("self")
    for name in getattr(layer, "parameters", {}):
        for window in (name, f"d{name}"):
            if hasattr(layer, window):
                found[f"self.{window}"] = getattr(layer, window)
    return found


def fingerprint(value):
    """Changes when the value does, also if an array was changed in place."""
    if isinstance(value, np.ndarray):
        return value.shape, zlib.crc32(value.tobytes())
    return value if isinstance(value, int | float | str | None) else id(value)


def shown(value):
    """A value as the page shows it, ready for JSON."""
    if isinstance(value, np.ndarray) and value.ndim:
        made = {"shape": list(value.shape), "mean": number(value.mean()), "std": number(value.std())}
        made |= {"min": number(value.min()), "max": number(value.max())}
        if value.size <= ALL_NUMBERS:
            made["numbers"] = [number(v) for v in value.ravel()]
        elif value.ndim == 2:
            made["picture"] = picture(value)
        return made
    if isinstance(value, bool | str) or value is None:
        return {"words": str(value)}
    if isinstance(value, int | float | np.number | np.ndarray):
        return {"number": number(value)}
    if isinstance(value, list | tuple):
        return {"words": f"{type(value).__name__} of {len(value)}"}
    return {"words": type(value).__name__}


def number(value):
    return float(f"{float(value):.4g}")


def picture(array):
    """The upper left corner of a matrix, at most SIDE x SIDE: each entry as a byte, 128 for 0."""
    corner = array[:SIDE, :SIDE]
    scaled = 127.0 * corner / (np.abs(corner).max() or 1.0) + 128.0
    text = base64.b64encode(scaled.astype(np.uint8).tobytes()).decode()
    return {"columns": corner.shape[1], "bytes": text}


def describe(code):
    """A function as the page shows it: its name, its file, its lines, and the equations that its comments name."""
    lines, first = inspect.getsourcelines(code)
    docstrings = equations(code)
    named = {}
    for i, line in enumerate(lines):
        _, _, comment = line.partition("#")
        words = [docstrings[n] for n in re.findall(r"\((\d+)\)", comment) if n in docstrings]
        if words:
            named[first + i] = words
    file = Path(code.co_filename).relative_to(ROOT).as_posix()
    return {"name": code.co_qualname, "file": file, "first": first, "lines": [line.rstrip("\n") for line in lines],
            "equations": named}  # fmt: skip


def equations(code):
    """The numbered equations of the docstrings that belong to a function: "2" -> the equation."""
    module = inspect.getmodule(code)
    owner, _, _ = code.co_qualname.rpartition(".")
    texts = [module.__doc__, getattr(getattr(module, owner, None), "__doc__", None)]
    doc = code.co_consts[0] if code.co_consts and isinstance(code.co_consts[0], str) else None
    found = {}
    for text in [*texts, doc]:
        for match in re.finditer(r"^ *(\S.*?) {2,}\((\d+)\)", text or "", re.MULTILINE):
            found[match[2]] = match[1]
    return found
