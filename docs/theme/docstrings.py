"""Docstrings as Markdown: indented lines, which are formulas, become code blocks; other lines stay as they are."""

import re
from itertools import groupby

import griffe


class Docstrings(griffe.Extension):
    def on_module(self, *, mod, **_):
        mod.exports = None  # what a folder's __init__.py imports is shown once, where it is defined

    def on_object(self, *, obj, **_):
        if obj.docstring:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(text):
    blocks = []
    for indented, lines in groupby(text.splitlines(), key=lambda line: line.startswith("    ")):
        lines = "\n".join(line[4:] if indented else re.sub(r"([\\*_<\[\]])", r"\\\1", line) for line in lines)
        blocks.append(f"```text\n{lines}\n```" if indented else lines)
    return "\n\n".join(blocks)
