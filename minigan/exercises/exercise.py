"""What an exercise is. There is no second copy of minigan in it: files and solutions are made from minigan's source."""

from importlib import import_module
from inspect import unwrap
from typing import Any, NamedTuple


class Exercise(NamedTuple):
    """One exercise: some functions of a module of minigan that a learner writes."""

    name: str
    level: str
    learn: str  # what one learns, in a few words
    module: str
    write: tuple[str, ...]  # functions of the module, or methods such as "Dense.backward"
    task: str  # what to do, in three sentences
    hints: tuple[str, ...]  # the equation to start from, the next step; the third is the derivation, if none is here
    cases: tuple[str, ...]  # names of gradcheck.cases
    given: tuple[str, ...] = ()  # methods that the file shows, apart from __init__
    hide: tuple[str, ...] = ()  # docstrings end before the first line that starts with one of these
    helpers: tuple[str, ...] = ()  # other functions that minigan's version calls and a learner's does not know
    private: tuple[str, ...] = ()  # arrays in which a learner may store something else than minigan does
    results: tuple[tuple[str, ...], ...] = (("y",),)  # for each function to write, the names of what it returns

    def functions(self, names):
        """name -> minigan's function."""
        found = {}
        for name in names:
            function: Any = import_module(f"minigan.{self.module}")
            for part in name.split("."):
                function = getattr(function, part)
            found[name] = unwrap(function)
        return found
