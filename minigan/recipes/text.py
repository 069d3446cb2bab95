"""Recipes as text: the table that --list-presets prints, and the command that runs given settings."""

import shlex
import textwrap
from dataclasses import fields

from minigan.recipes.option import flag
from minigan.recipes.presets import PRESETS

COLUMNS = ("preset", "objective", "G", "D", "optimizer, rate, decays", "batch", "epochs", "other flags")
IN_COLUMNS = {
    "objective", "optimizer", "lr", "beta1", "beta2", "momentum", "batch_size", "epochs", "latent_dim", "g_hidden",
    "d_hidden", "g_slope", "d_slope", "maxout",
}  # fmt: skip


def table():
    """All presets: a table of their settings, then a paragraph on each with its other flags and its source."""
    rows = [COLUMNS, *map(row, PRESETS)]
    widths = [max(len(r[i]) for r in rows) for i in range(len(COLUMNS) - 1)]
    lines = ["  ".join(word.ljust(w) for word, w in zip(r, widths, strict=False)).rstrip() for r in rows]
    for (name, *_, others), preset in zip(rows[1:], PRESETS.values(), strict=True):
        words = f"{name}: {others or 'no other flag'}. Source: {preset.source}. {preset.note}"
        lines += ["", textwrap.fill(words, 110, subsequent_indent="  ", break_on_hyphens=False)]
    return "\n".join(lines)


def row(name):
    """The cells of one preset, in the order of COLUMNS.

    The last cell has the settings that are not at their default and have no column of their own.
    """
    s = PRESETS[name].with_flags()
    g, d = (f"leaky {slope:g}" if slope else "relu" for slope in (s.g_slope, s.d_slope))
    betas = {"adam": f"{s.beta1:g} {s.beta2:g}", "rmsprop": f"{s.beta2:g}", "sgd": f"{s.momentum:g}"}
    return (
        name,
        s.objective,
        f"{s.latent_dim}-{'-'.join(map(str, s.g_hidden))} {g}",
        f"{'-'.join(map(str, s.d_hidden))} {f'maxout {s.maxout}' if s.maxout else d}",
        f"{s.optimizer} {s.lr:g} {betas[s.optimizer]}",
        str(s.batch_size),
        str(s.epochs),
        ", ".join(other_flags(s)),
    )


def other_flags(settings):
    for f in fields(settings):
        value, name = getattr(settings, f.name), f.name.replace("_", "-")
        if f.name not in IN_COLUMNS and value != f.default:
            yield name if value is True else f"{name} {value:.8g}" if isinstance(value, float) else f"{name} {value}"


def command(preset, settings):
    """The command that runs these settings: the preset, and a flag for each setting that differs from it."""
    words = [f"python -m minigan.train --preset {preset}"]
    own = PRESETS[preset].with_flags()
    for f in fields(settings):
        value = getattr(settings, f.name)
        if as_flag(f.name, value) != as_flag(f.name, getattr(own, f.name)):
            words.append(as_flag(f.name, value))
    return " ".join(words)


def as_flag(name, value):
    """The words of the command line that set this setting."""
    if isinstance(value, bool):
        return flag(name) if value else flag(f"no_{name}")
    return f"{flag(name)} {shlex.join(map(str, value if isinstance(value, tuple | list) else [value]))}".rstrip()
