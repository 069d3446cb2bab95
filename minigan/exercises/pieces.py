"""A learner's functions: read from a file, put in place of minigan's, and kept away from other files.

While a learner's code runs, an audit hook refuses whatever could harm: writing, removing, other processes, the network.
That is a guard against accidents, such as open(path, "w"), and not against an attacker.
"""

import ast
import importlib.machinery
import os
import sys
import types
from contextlib import ExitStack, contextmanager
from typing import Any

from minigan.exercises.template import TODO
from minigan.gradcheck.mutants import in_place
from minigan.ground.errors import MiniganError

MAY_IMPORT = ("numpy", "math", "minigan")
HARMLESS = ("os.listdir", "os.scandir", "os.walk", "os.fwalk", "os.getxattr", "os.listxattr")
HARMFUL = ("os.", "shutil.", "subprocess.", "socket.", "ctypes.", "pty.", "winreg.", "_winapi.", "msvcrt.")


class PieceError(MiniganError):
    """A learner's file cannot be used. The message says why."""


class Guard:
    """Refuses harmful events while `depth` is above 0."""

    depth, installed = 0, False

    @classmethod
    @contextmanager
    def on(cls):
        if not cls.installed:
            sys.addaudithook(cls.hook)  # for as long as the process lives: a hook cannot be removed
            cls.installed = True
        cls.depth += 1
        try:
            yield
        finally:
            cls.depth -= 1

    @classmethod
    def hook(cls, event, args):
        if not cls.depth:
            return
        if event == "open" and (writes(*args[1:3]) and not str(args[0]).endswith(".pyc")):
            raise PermissionError(f"your code wants to write to the file {args[0]}")
        if event.startswith(HARMFUL) and event not in HARMLESS:
            raise PermissionError(f"your code wants to use {event}")


def writes(mode, flags):
    return bool(set(mode or "") & set("wax+")) or bool((flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_TRUNC))


def load(exercise, path):
    """name -> function, from a learner's file. Raises PieceError in one sentence if it cannot be used."""
    tree = parsed(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or "."] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            for name in names:
                if name.split(".")[0] not in MAY_IMPORT:
                    raise PieceError(
                        f"Line {node.lineno} imports {name}: an exercise needs nothing but numpy, math and minigan."
                    )
    loader = importlib.machinery.SourceFileLoader("exercise", str(path))
    module = types.ModuleType("exercise")
    with Guard.on():
        try:
            loader.exec_module(module)
        except Exception as error:
            raise PieceError(
                f"Reading your file ends with {type(error).__name__}: {error}{line_of(error, path)}."
            ) from None
    found = {}
    for name in exercise.write:
        function: Any = module
        for part in name.split("."):
            function = vars(function).get(part) if hasattr(function, "__dict__") else None
        if not callable(function):
            raise PieceError(f"There is no function {name} in your file; it must keep its name and place.")
        if str(getattr(function, "__module__", "")).startswith("minigan"):
            raise PieceError(f"{name} in your file is minigan's own. Write it yourself.")
        found[name] = function
    if unwritten := [name for name in exercise.write if is_unwritten(tree, name)]:
        raise PieceError(f"{' and '.join(unwritten)} still {'has' if len(unwritten) == 1 else 'have'} to be written.")
    for name, function in exercise.functions(n for n in found if "." not in n).items():
        setattr(module, name, function)  # so that a learner's functions call each other as minigan's do: see `replaced`
    return found


def parsed(path):
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise PieceError("The file is not text in UTF-8.") from None
    except (SyntaxError, ValueError) as error:  # ValueError: a null byte
        line = getattr(error, "lineno", None)
        shown = f" at line {line}: {(getattr(error, 'text', None) or '').strip()}" if line else ""
        raise PieceError(f"Python cannot read your file: {getattr(error, 'msg', error)}{shown}") from None


def is_unwritten(tree, name):
    """Whether the function's last line is still the one that stands in for its body."""
    nodes = tree.body
    for part in name.split("."):
        node = next((n for n in nodes if getattr(n, "name", None) == part), None)
        nodes = getattr(node, "body", [])
    return bool(nodes) and ast.unparse(nodes[-1]).replace("'", '"') == TODO


def line_of(error, path):
    """Where in the learner's file an error arose: " at line 12", or nothing."""
    lines, trace = [], error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == str(path):
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return f" at line {lines[-1]}" if lines else ""


def guarded(function):
    """The function, with the guard on while it runs."""

    def call(*args, **kwargs):
        with Guard.on():
            return function(*args, **kwargs)

    return call


def copy_of(function, code=None):
    """The function as one that `replaced` does not touch, possibly with other code."""
    own = types.FunctionType(code or function.__code__, function.__globals__, function.__name__, function.__defaults__,
                       function.__closure__)  # fmt: skip
    own.__kwdefaults__ = function.__kwdefaults__
    return own


def originals(exercise):
    """name -> minigan's own version of each function to write."""
    return {name: copy_of(function) for name, function in exercise.functions(exercise.write).items()}


@contextmanager
def replaced(exercise, pieces):
    """Meanwhile, minigan calls these functions (name -> function) in place of its own."""
    ours = exercise.functions(pieces)
    with ExitStack() as stack:
        for name, function in ours.items():
            stack.enter_context(in_place(function, forwarding(function, pieces[name])))
        yield


def forwarding(function, to):
    """Code for the function that hands each call over to another function.

    Replacing the code, and not the function, works wherever minigan has imported the function from.
    """
    name = f"_piece_{function.__qualname__.replace('.', '_')}"
    function.__globals__[name] = to
    module = compile(f"def f(*args, **kwargs):\n    return {name}(*args, **kwargs)", "<exercise>", "exec")
    return next(code for code in module.co_consts if isinstance(code, types.CodeType))
