"""What the command lines share: the list of commands, flags made from settings, and errors as one plain sentence."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from minigan.ground.errors import ArgumentError, MiniganError, did_you_mean, one_of

COMMANDS = {
    "train": "Train a GAN, by default on MNIST's digits.",
    "sample": "Draw samples from a trained generator.",
    "evaluate": "Measure how good samples are, beside real ones and noise.",
    "report": "Make one HTML page of a run, which opens offline.",
    "doctor": "Say what goes wrong in a run, why, and what to try.",
    "lab": "Watch a GAN train in a browser, and its source run line by line.",
    "explain": "Print one round of a GAN with all its numbers.",
    "exercises": "Write minigan's pieces yourself, and have them checked.",
    "gradcheck": "Check every derivative in minigan and print the errors.",
}
MOST = 10**9  # larger sizes overflow before anything can report that there is not enough memory


class Parser(argparse.ArgumentParser):
    """argparse, with one line for a wrong argument instead of a page of usage, and _ accepted for - in flags."""

    def __init__(self, prog, description, takes=""):
        """takes: what stands before the flags, for example RUN."""
        super().__init__(
            prog, " ".join(filter(None, [prog, takes, "[flags]"])), description, allow_abbrev=False,
            formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, max_help_position=28),
        )  # fmt: skip
        self.groups = {}

    def error(self, message):
        if message.startswith("the following arguments are required"):  # of every command that takes one, it is a run
            raise ArgumentError("give the folder of a run, for example runs/digits.")
        raise ArgumentError(f"{message.removeprefix('argument ')} (--help lists the flags).")

    def parse_args(self, args=None, namespace=None):
        words = sys.argv[1:] if args is None else args
        flags = [word.partition("=") for word in words]
        words = [f.replace("_", "-") + eq + v if f.startswith("--") else f + eq + v for f, eq, v in flags]
        given, unknown = self.parse_known_args(words, namespace)
        if unknown:
            flag = unknown[0].partition("=")[0]
            if not flag.startswith("-"):
                raise ArgumentError(f"{flag} is one word too many; --help shows what this command takes.")
            close = did_you_mean(flag, self._option_string_actions)
            raise ArgumentError(f"{flag} is not a flag{close if '?' in close else '; --help lists the flags.'}")
        return given

    def group(self, title):
        """The group of flags with this title in the help."""
        if title not in self.groups:
            self.groups[title] = self.add_argument_group(title)
        return self.groups[title]

    def add_options(self, options, defaults):
        """Add a flag for each of the options, in its group. Flags that are not given do not appear in the result.

        options: see recipes/option.py. defaults: an object whose attributes the help shows.
        """
        for o in options:
            default = getattr(defaults, o.name)
            shown = " ".join(map(str, default)) if o.several else default
            how: dict[str, Any] = {"type": o.parse, "nargs": "*" if o.several else None}
            if o.type is bool:
                shown, how = "on" if default else "off", {"action": argparse.BooleanOptionalAction}
            else:
                choices = f"{{{','.join(o.choices)}}}" if o.choices else None
                how["metavar"] = o.metavar or choices or o.type.__name__.upper()
            help = o.help + (f" (default: {shown})" if default is not None else "")
            self.group(o.group).add_argument(o.flag, default=argparse.SUPPRESS, help=help, **how)


def choice(flag, names):
    """An argparse type: one of these names."""

    def name(word):
        one_of(flag, word, names)
        return word

    return name


def output(*endings):
    """An argparse type: the path of a file to write, with one of these endings.

    It is checked before the work begins, so that no result is lost.
    """

    def path(word):
        if Path(word).suffix.lower() not in endings:
            raise ArgumentError(f"--out must end in {' or '.join(endings)}, not {word}.")
        if not Path(word).parent.is_dir():
            raise ArgumentError(f"--out {word} cannot be written: the folder {Path(word).parent} does not exist.")
        return Path(word)

    return path


def whole(least):
    """An argparse type: a whole number from `least` to MOST."""

    def number(word):
        if not least <= int(word) <= MOST:
            raise argparse.ArgumentTypeError(f"must be from {least} to {MOST}, not {word}")
        return int(word)

    number.__name__ = "int"
    return number


def main(command):
    """Run command(). If the user can mend the error, print its sentence and exit with its code."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 (it stays open until the process ends)
        getattr(sys, name).reconfigure(errors="backslashreplace")  # a file name may hold any character
    code, message = MiniganError.exit_code, None
    try:
        command()
        sys.stdout.flush()
        code = 0
    except MiniganError as error:
        code, message = error.exit_code, f"minigan: {error}"
    except BrokenPipeError:  # the reader, for example `| head`, has read enough
        code = 0
    except OSError as error:  # for example a full disk, or a folder that was removed
        message = f"minigan: {error.filename or 'the output'} cannot be read or written: {error.strerror}."
    except MemoryError:
        message = "minigan: there is not enough memory; ask for smaller networks, batches or data."
    except KeyboardInterrupt:
        code, message = 130, "\nminigan: stopped."
    for stream in (sys.stderr, sys.stdout):
        try:
            if message and stream is sys.stderr:
                print(message, file=stream)
            stream.flush()
        except OSError:  # at its end Python flushes again, and complains; the null device takes what is left
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    if code:
        sys.exit(code)
