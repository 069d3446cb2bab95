"""One setting of a run: its flag, its help, and which values are valid. settings.py is the list of them."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from types import NoneType
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from minigan.ground.errors import ArgumentError, one_of

KINDS = {str: "text", int: "a whole number", float: "a number", bool: "True or False"}


class Limit(NamedTuple):
    """A condition that every value must meet, and the same condition in words."""

    holds: Callable[[Any], bool]
    words: str


def option(group, default, help, limit=None, choices=(), metavar=None):
    """A field of a dataclass that `options` can turn into an Option."""
    about = {"group": group, "help": help, "limit": limit, "choices": tuple(choices), "metavar": metavar}
    return field(default=default, metadata=about)


def options(cls):
    """The Options of a dataclass, in the order of its fields."""
    hints = get_type_hints(cls)
    return [Option(f.name, hints[f.name], **f.metadata) for f in fields(cls)]


@dataclass(frozen=True)
class Option:
    """name: of the field. hint: its annotation: `float | None`, `tuple[int, ...]`, `int | Literal["auto"]` and so on.

    metavar: what the help shows for the value, if neither its choices nor its type say enough.
    """

    name: str
    hint: Any
    group: str
    help: str
    limit: Limit | None
    choices: tuple[str, ...]
    metavar: str | None

    @property
    def flag(self):
        return flag(self.name)

    @property
    def several(self):
        """Whether the value is a tuple."""
        return get_origin(self.hint) is tuple

    @property
    def type(self):
        """The type of the value, or of each value in a tuple: str, int, float or bool."""
        return (get_args(self.hint) or (self.hint,))[0]

    @property
    def words(self):
        """The words that are valid in place of a value of that type."""
        return [word for kind in get_args(self.hint) if get_origin(kind) is Literal for word in get_args(kind)]

    @property
    def kind(self):
        """What a value must be, in words."""
        return " or ".join([*self.words, KINDS[self.type]])

    def parse(self, word):
        """The value that a word of the command line stands for. Raises ArgumentError if it is not valid."""
        try:
            value = word if word in self.words else self.type(word)
        except ValueError:
            raise ArgumentError(f"{self.flag} must be {self.kind}, not {word}.") from None
        self.check_one(value)
        return value

    def check(self, value):
        """Raise ArgumentError if the setting cannot have this value."""
        if self.several and not isinstance(value, tuple | list):
            raise ArgumentError(f"{self.flag} must be a list of values, not {value!r}.")
        for one in value if self.several else [value]:
            self.check_one(one)

    def check_one(self, value):
        if value in self.words or (value is None and NoneType in get_args(self.hint)):
            return
        # type(value), not isinstance: True is an int, but not a number of epochs
        if type(value) is not self.type and (self.type, type(value)) != (float, int):
            raise ArgumentError(f"{self.flag} must be {self.kind}, not {value!r}.")
        if self.choices:
            one_of(self.flag, value, self.choices)
        if self.limit and not self.limit.holds(value):
            raise ArgumentError(f"{self.flag} must be {self.limit.words}, not {value}.")


def flag(name):
    """The flag of the command line that sets this field."""
    return f"--{name.replace('_', '-')}"
