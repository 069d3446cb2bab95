"""The file that a learner fills in, cut from minigan's own source: the bodies and the derivations are taken out."""

import ast
import inspect
import textwrap
from importlib import import_module

from minigan.exercises.catalogue import EXERCISES

TODO = 'raise NotImplementedError("write this")'


class Source:
    """The source of an exercise's module, and the parts of it that belong to the exercise."""

    def __init__(self, exercise):
        self.exercise, self.module = exercise, import_module(f"minigan.{exercise.module}")
        source = inspect.getsource(self.module)
        self.lines, self.tree = source.splitlines(), ast.parse(source)

    def parts(self):
        """Yield (node, methods) for each function or class: the methods of a class that are written or shown."""
        wanted = {*self.exercise.write, *self.exercise.given}
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef) and node.name in wanted:
                yield node, []
            elif isinstance(node, ast.ClassDef):
                methods = [m for m in node.body if isinstance(m, ast.FunctionDef)
                           and (f"{node.name}.{m.name}" in wanted or self.is_short_init(m))]  # fmt: skip
                if any(f"{node.name}.{m.name}" in wanted for m in methods):
                    yield node, methods

    @staticmethod
    def is_short_init(method):
        return method.name == "__init__" and method.end_lineno - method.lineno < 6

    def blocks(self, cut):
        """The lines of each part. cut: without the bodies to write, and without the derivations."""
        for node, methods in self.parts():
            if methods:
                lines = [*self.head(node), *self.docstring(node, cut)]
                for method in methods:
                    lines += ["", *self.function(method, f"{node.name}.{method.name}", cut)]
            else:
                lines = self.function(node, node.name, cut)
            yield textwrap.dedent("\n".join(lines))

    def function(self, node, name, cut):
        if not (cut and name in self.exercise.write):
            return self.lines[node.lineno - 1 : node.end_lineno]
        todo = " " * (node.col_offset + 4) + TODO
        return [*self.head(node), *self.docstring(node, cut), todo]

    def head(self, node):
        return self.lines[node.lineno - 1 : node.body[0].lineno - 1]

    def docstring(self, node, cut):
        if not ast.get_docstring(node):
            return []
        lines = self.lines[node.body[0].lineno - 1 : node.body[0].end_lineno]
        n = self.shown(lines) if cut else len(lines)
        if n == len(lines):
            return lines
        kept = "\n".join(lines[:n]).rstrip()
        if "\n" in kept or len(kept) > 117:
            return [*kept.splitlines(), " " * node.body[0].col_offset + '"""']
        return [kept + '"""']

    def shown(self, lines):
        """How many lines of a docstring a learner sees."""
        starts = self.exercise.hide
        return next((i for i, line in enumerate(lines) if starts and line.strip().startswith(starts)), len(lines))

    def derivation(self):
        """What the docstrings say after the part that the file shows."""
        hidden = []
        for node, _ in self.parts():
            if ast.get_docstring(node):
                lines = self.lines[node.body[0].lineno - 1 : node.body[0].end_lineno]
                rest = textwrap.dedent("\n".join(lines[self.shown(lines) :])).replace('"""', "").strip("\n")
                hidden.append(rest.split("\nTangent")[0].rstrip())  # tangents are for r1
        return "\n\n".join(filter(None, hidden))

    def imports(self):
        """The import lines of the names that minigan's own version uses."""
        own, used = {node.name for node, _ in self.parts()}, set()
        found: dict[str, list] = {}
        for node, methods in self.parts():
            for part in [*(methods or [node]), *getattr(node, "bases", [])]:
                used |= {n.id for n in ast.walk(part) if isinstance(n, ast.Name)}
        for name in sorted((used - own - {*self.exercise.helpers, "fused"}) & set(vars(self.module))):
            value = vars(self.module)[name]
            if not inspect.ismodule(value):
                found.setdefault(value.__module__, []).append(name)
        lines = [f"from {module} import {', '.join(names)}" for module, names in sorted(found.items())]
        return "\n".join(["import math\n"] * ("math" in used) + ["import numpy as np", *[""] * bool(lines), *lines])


def template(exercise):
    """The text of a new file for an exercise."""
    source = Source(exercise)
    title = f"Exercise {EXERCISES.index(exercise) + 1} of {len(EXERCISES)}, {exercise.level}: {exercise.name}."
    command = "python -m minigan.exercises"
    doc = "\n\n".join([
        textwrap.fill(f'"""{title} You learn: {exercise.learn}.', 110),
        textwrap.fill(exercise.task, 110),
        f"    {command} check {exercise.name}\n    {command} hint {exercise.name}",
    ])  # fmt: skip
    return "\n\n\n".join([f'{doc}\n"""\n\n{source.imports()}', *source.blocks(cut=True)]) + "\n"


def solution(exercise):
    """minigan's own version of what a learner writes."""
    return "\n\n\n".join(Source(exercise).blocks(cut=False)) + "\n"
