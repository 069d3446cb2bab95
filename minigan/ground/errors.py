"""The errors that a user can cause. Each message is one plain sentence that says what to do."""

from difflib import get_close_matches


class MiniganError(Exception):
    """Base class. A command prints the message without a traceback and exits with `exit_code`."""

    exit_code = 3

    def __str__(self):
        return brief(super().__str__(), 1000)  # the message may hold a file name with any characters


class ArgumentError(MiniganError):
    """A setting is not valid, or contradicts another setting or the data."""

    exit_code = 2


class DataError(MiniganError):
    """A data set is missing, unreadable, or not what it claims to be."""


class CheckpointError(MiniganError):
    """A checkpoint is missing, unreadable, or does not fit."""


class DeviceError(MiniganError):
    """This machine does not have the requested device."""


def brief(error, most=200):
    """The message of another library, or of a hostile file, on one line and cut after `most` characters."""
    text = "".join(c if c.isprintable() else " " for c in str(error) or type(error).__name__)
    return text if len(text) <= most else text[:most] + "..."


def did_you_mean(word, names):
    """The end of a sentence about an unknown name: "; did you mean NAME?", or "." if no name is close."""
    close = get_close_matches(word, list(names), 1)
    return f"; did you mean {close[0]}?" if close else "."


def one_of(flag, word, names):
    """Raise ArgumentError unless the word is one of the names that this flag takes."""
    if word not in names:
        raise ArgumentError(f"{flag} must be one of {', '.join(names)}, not {word}{did_you_mean(word, names)}")
