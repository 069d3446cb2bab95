"""python -m minigan.exercises: write minigan's pieces yourself; the gradient check says what is right and what is not.

The exercises are in catalogue.py.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import minigan
from minigan.exercises import desk
from minigan.exercises.catalogue import EXERCISES
from minigan.exercises.template import Source, solution
from minigan.ground import cli
from minigan.ground.errors import ArgumentError

COMMAND = "python -m minigan.exercises"
COMMANDS = {
    "list": "all exercises, and which are done (also without a command)",
    "start": "NAME (or all): write exercises/NAME.py, for you to fill in",
    "check": "NAME (or all): is it right, and if not, what is wrong?",
    "hint": "NAME: the next of three hints",
    "solution": "NAME: minigan's own version beside yours",
    "train": "train a GAN with what you have written",
    "find": "find the bug: a game with twelve wrong pieces of code",
}
TIME_LIMIT = 60  # seconds for a check as a whole; a single call has less, see grade.py


def show_list():
    finished = desk.done()
    print(f"Write minigan yourself. Done: {len(finished)} of {len(EXERCISES)}.\n")
    for number, exercise in enumerate(EXERCISES, 1):
        state = desk.state(exercise)
        print(f"{number:>3}  {exercise.name:<15} {exercise.level:<7} {state:<8} {exercise.learn}")
    if any(desk.state(exercise) == "changed" for exercise in EXERCISES):
        print("\nchanged: since it was found right; check it again")
    following = desk.following()
    print(f"\n{COMMAND} " + (f"start {following}" if following else "train"))
    print(f"{COMMAND} --help lists the commands.")


def start(exercises):
    for exercise in exercises:
        written = desk.start(exercise)
        print(f"{desk.path_of(exercise)}: {'open it and write' if written else 'is there already and stays as it is'}")
    if len(exercises) == 1:
        print(f"Then: {COMMAND} check {exercises[0].name}")


def check(exercises):
    """Print the verdict on each. Returns whether all are right."""
    begun = [exercise for exercise in exercises if desk.path_of(exercise).exists()]
    if not begun:
        raise ArgumentError(f"there is nothing to check yet; {COMMAND} start {exercises[0].name} writes the file.")
    return all([check_one(exercise) for exercise in begun])  # a list, so that all are checked


def check_one(exercise):
    sha256 = desk.digest(exercise)  # of what is checked, even if the file changes meanwhile
    verdict = graded(exercise)
    print(f"{exercise.name}: {'right' if verdict['right'] else 'not right yet'}.")
    for sentence in verdict["words"]:
        indented = "\n" in sentence
        print(textwrap.indent(sentence if indented else textwrap.fill(sentence, 96), "  "))
    if printed := verdict.get("printed"):
        print("  Your code printed this (at most 400 characters are shown):")
        print(textwrap.indent(printed[:400].rstrip(), "    | "))
    if verdict["right"]:
        desk.note(exercise, right=sha256)
        following = desk.following()
        print(f"  Done: {len(desk.done())} of {len(EXERCISES)}." + (f" Next: {following}." if following else ""))
    return verdict["right"]


def graded(exercise):
    """The verdict of grade.py, which runs in a process and in an empty folder of its own."""
    path = desk.path_of(exercise).resolve()
    root = str(Path(minigan.__file__).parents[1])
    paths = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "-m", "minigan.exercises.grade", exercise.name, str(path)]
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                                  encoding="utf-8", errors="replace", timeout=TIME_LIMIT, check=False)  # fmt: skip
        except subprocess.TimeoutExpired:
            return {"right": False, "words": [f"The check has not ended after {TIME_LIMIT} seconds. Is there a loop?"]}
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        last = "".join(f": {line}" for line in done.stderr.strip().splitlines()[-1:])
        return {"right": False, "words": [f"Your code ended the process in which it was checked{last}."]}


def hint(exercise):
    """Print one hint more than the last time."""
    hints = [*exercise.hints[:2], exercise.hints[2] if len(exercise.hints) > 2 else Source(exercise).derivation()]
    n = min(desk.notes(exercise).get("hints", 0) + 1, len(hints))
    desk.note(exercise, hints=n)
    for i, text in enumerate(hints[:n], 1):
        print(f"Hint {i} of {len(hints)}")
        print(textwrap.indent(text if "\n" in text else textwrap.fill(text, 96), "  ") + "\n")
    print(f"Ask again for the next one: {COMMAND} hint {exercise.name}" if n < len(hints)
          else f"That was the last one. {COMMAND} solution {exercise.name} shows the code.")  # fmt: skip


def show_solution(exercise):
    """Print minigan's version beside the learner's, or below it where the terminal is too narrow."""
    ours = f"minigan/{exercise.module.replace('.', '/')}.py\n\n{solution(exercise)}"
    path = desk.path_of(exercise)
    if not path.exists():
        print(ours)
        return
    yours = f"{path}\n\n{path.read_text(encoding='utf-8', errors='replace')}"
    left, right = yours.splitlines(), ours.splitlines()
    width = max(map(len, left))
    if width + 3 + max(map(len, right)) > shutil.get_terminal_size().columns:
        print(f"{yours}\n{'-' * 80}\n{ours}")
        return
    rows = max(len(left), len(right))
    for a, b in zip(left + [""] * (rows - len(left)), right + [""] * (rows - len(right)), strict=True):
        print(f"{a:<{width}} | {b}".rstrip())


def main():
    listing = "\n".join(f"  {name:<10}{what}" for name, what in COMMANDS.items())
    summary = f"{cli.COMMANDS['exercises']}\n\ncommands:\n{listing}"
    parser = cli.Parser(COMMAND, summary, "[COMMAND] [NAME]")
    parser.add_argument(
        "command", nargs="?", default="list", type=cli.choice("the command", COMMANDS), help="one of the commands above"
    )
    parser.add_argument("name", nargs="?", help="an exercise, such as softplus, or all")
    group = parser.group("train")
    group.add_argument("--name", dest="title", metavar="NAME", default="My own GAN", help="what its picture is called")
    group.add_argument("--out", type=Path, default=desk.FOLDER / "gan", metavar="FOLDER",
                       help="folder for its runs and its picture (default: exercises/gan)")  # fmt: skip
    group.add_argument("--epochs", type=cli.whole(1), help="epochs on the digits (default: those of minigan.train)")
    given = parser.parse_args()
    if given.command in ("list", "train", "find") and given.name:
        raise ArgumentError(f"{given.command} takes no name; drop {given.name}.")
    if given.command in ("start", "check", "hint", "solution") and not given.name:
        raise ArgumentError(f"say which exercise: {COMMAND} {given.command} softplus, for example.")
    exercises = desk.named(given.name) if given.name else []
    if given.name == "all" and given.command in ("hint", "solution"):
        raise ArgumentError(f"{given.command} takes one exercise at a time.")
    match given.command:
        case "list":
            show_list()
        case "start":
            start(exercises)
        case "check":
            sys.exit(0 if check(exercises) else 1)
        case "hint":
            hint(exercises[0])
        case "solution":
            show_solution(exercises[0])
        case "train":
            from minigan.exercises import own_gan

            epochs = {"epochs": given.epochs} if given.epochs else {}
            own_gan.train(given.title, given.out, **epochs)
        case "find":
            from minigan.exercises import bugs

            bugs.play()


if __name__ == "__main__":
    cli.main(main)
