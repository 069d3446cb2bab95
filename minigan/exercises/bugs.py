"""Find the bug: a game, python -m minigan.exercises find. You name the wrong line of twelve pieces of code.

Then the gradient check, which has not read the code, says in which layer, parameter and entry the gradient is wrong.
The last layer that it names is to blame, or a layer without parameters after it. The pieces are in buggy.py.
"""

import inspect
import sys
import textwrap

import numpy as np

from minigan.exercises.buggy import BUGS
from minigan.gradcheck import GradientError


def listing(code):
    """The source lines of a class or function, without its decorator."""
    lines = inspect.getsource(code).rstrip().splitlines()
    return lines[next(i for i, line in enumerate(lines) if line.startswith(("class", "def"))) :]


def verdict(code, find):
    """What the gradient check says about the code: one line for each array with a wrong gradient."""
    try:
        find(code, np.random.default_rng(0))
    except GradientError as error:
        return textwrap.indent(str(error).replace(", centred", ",\n    centred"), "  ")
    return "nothing is wrong."


def ask(n_lines):
    """The line number that the reader guesses, or 0 if the reader gives up."""
    while True:
        try:
            answer = input(f"Which line is wrong? (1 to {n_lines}, or Enter to see the answer) ").strip() or "0"
        except EOFError:
            raise KeyboardInterrupt from None
        if answer.isdecimal() and int(answer) <= n_lines:
            return int(answer)


def play():
    found = 0
    for number, (title, code, wrong, why, find) in enumerate(BUGS, 1):
        lines = listing(code)
        line = next(i for i, line in enumerate(lines, 1) if line.strip().startswith(wrong))
        print(f"\n--- {number} of {len(BUGS)}: {title}\n")
        print("\n".join(f"{i:4}  {line}" for i, line in enumerate(lines, 1)), end="\n\n")
        guess = ask(len(lines)) if sys.stdin.isatty() else 0
        found += guess == line
        answer = "Right." if guess == line else f"It is line {line}." if not guess else f"No, it is line {line}."
        print(textwrap.fill(f"{answer} {why}", 100))
        print(f"The gradient check:\n{verdict(code, find)}")
    print(
        f"\nYou found {found} of {len(BUGS)}." + " Run the program in a terminal to guess." * (not sys.stdin.isatty())
    )
