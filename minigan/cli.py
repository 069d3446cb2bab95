"""What the command lines share: flags made from a dataclass, and errors as one plain sentence."""

import argparse
import os
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from minigan.errors import ArgumentError, MiniganError

MOST = 10**9  # more would overflow sizes before it could be said that there is no memory for it


class Parser(argparse.ArgumentParser):
    """argparse, with one line for a wrong argument instead of a page of usage, and _ accepted for - in flags."""

    def __init__(self, prog, description):
        super().__init__(prog, f"{prog} [flags]", description, allow_abbrev=False)

    def error(self, message):
        raise ArgumentError(f"{message} (--help lists the flags).")

    def parse_args(self, args=None, namespace=None):
        words = sys.argv[1:] if args is None else args
        flags = [word.partition("=") for word in words]
        words = [f.replace("_", "-") + eq + v if f.startswith("--") else f + eq + v for f, eq, v in flags]
        return super().parse_args(words, namespace)

    def add_settings(self, cls, defaults):
        """One flag for each field of the dataclass; only flags that were given appear in the result.

        defaults: an instance, whose values the help shows.
        """
        hints = get_type_hints(cls)
        for f in fields(cls):
            flag, default = f"--{f.name.replace('_', '-')}", getattr(defaults, f.name)
            several = get_origin(hints[f.name]) is tuple
            kind = (get_args(hints[f.name]) or [hints[f.name]])[0]
            shown = " ".join(map(str, default)) if several else default
            limit = f.metadata["limit"]
            choices = [c for c in limit if c] if limit and not callable(limit[0]) else None
            how: dict[str, Any] = {"type": kind, "choices": choices, "nargs": "+" if several else None}
            if kind is bool:
                shown, how = "on" if default else "off", {"action": argparse.BooleanOptionalAction}
            elif not choices:
                how["metavar"] = kind.__name__.upper()
            help = f.metadata["help"] + (f" (default: {shown})" if default is not None else "")
            self.add_argument(flag, default=argparse.SUPPRESS, help=help, **how)


def output(*endings):
    """An argparse type: the path of a file to write, with one of these endings; so a long run is not in vain."""

    def path(word):
        if Path(word).suffix.lower() not in endings:
            raise ArgumentError(f"--out must end in {' or '.join(endings)}, not {word}.")
        if not Path(word).parent.is_dir():
            raise ArgumentError(f"--out {word} cannot be written: there is no folder {Path(word).parent}.")
        return Path(word)

    return path


def whole(least):
    """An argparse type: a whole number, at least `least` and at most MOST."""

    def number(word):
        if not least <= int(word) <= MOST:
            raise argparse.ArgumentTypeError(f"must be in {least}..{MOST}, not {word}")
        return int(word)

    number.__name__ = "int"
    return number


def main(command):
    """Run command(); on an error that a person can mend, print its sentence and exit with its code."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 (open to the end)
        getattr(sys, name).reconfigure(errors="backslashreplace")  # names of files may hold anything
    code, message = MiniganError.exit_code, None
    try:
        command()
        sys.stdout.flush()
        code = 0
    except MiniganError as error:
        code, message = error.exit_code, f"minigan: {error}"
    except BrokenPipeError:  # "| head" has read enough
        code = 0
    except OSError as error:  # a disk that is full, a folder that was removed
        message = f"minigan: {error.filename or 'the output'} cannot be read or written: {error.strerror}."
    except MemoryError:
        message = "minigan: there is not enough memory for that much; ask for less."
    except KeyboardInterrupt:
        code, message = 130, "\nminigan: stopped."
    for stream in (sys.stderr, sys.stdout):
        try:
            if message and stream is sys.stderr:
                print(message, file=stream)
            stream.flush()
        except OSError:  # what cannot be written must go somewhere, or Python itself tries once more, and complains
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    if code:
        sys.exit(code)
