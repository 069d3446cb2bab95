"""The errors that a person at the command line can cause: one sentence each, saying what to do."""


class MiniganError(Exception):
    """Base class; its message is shown without a traceback and the command exits with `exit_code`."""

    exit_code = 3

    def __str__(self):
        return brief(super().__str__(), 1000)  # of names in files, too


class ArgumentError(MiniganError):
    """The settings contradict each other or the data."""

    exit_code = 2


class DataError(MiniganError):
    """A data set is missing, unreadable, or not what it says it is."""


class CheckpointError(MiniganError):
    """A checkpoint is missing, unreadable, or does not fit."""


class DeviceError(MiniganError):
    """The device asked for cannot be used on this machine."""


def brief(error, most=200):
    """What another library says, or what a hostile file makes it say, in a few plain words on one line."""
    text = "".join(c if c.isprintable() else " " for c in str(error) or type(error).__name__)
    return text if len(text) <= most else text[:most] + "..."
