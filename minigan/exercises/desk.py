"""A learner's folder `exercises`: the files, what has been found right, and how many hints were asked for."""

import hashlib
import json
from pathlib import Path

from minigan.exercises.catalogue import BY_NAME, EXERCISES
from minigan.exercises.template import template
from minigan.ground.errors import ArgumentError, did_you_mean

FOLDER = Path("exercises")
NOTES = FOLDER / ".notes"  # one file for each exercise, so that two checks at once lose nothing


def named(name):
    """The exercises with this name, or all of them. Raises ArgumentError."""
    name = Path(name).stem  # exercises/softplus.py will do
    if name == "all":
        return EXERCISES
    if name not in BY_NAME:
        names = "python -m minigan.exercises lists them"
        raise ArgumentError(f"there is no exercise {name}{did_you_mean(name, BY_NAME).rstrip('.')} ({names}).")
    return [BY_NAME[name]]


def path_of(exercise):
    return FOLDER / f"{exercise.name}.py"


def start(exercise):
    """Write the file of an exercise, unless it is there already. Returns whether it was written."""
    FOLDER.mkdir(exist_ok=True)
    try:
        with path_of(exercise).open("x", encoding="utf-8") as file:
            file.write(template(exercise))
    except FileExistsError:
        return False
    return True


def notes(exercise):
    """What is kept about an exercise: "right" (the SHA-256 of the file that was right), "hints" (how many)."""
    try:
        return dict(json.loads((NOTES / f"{exercise.name}.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # none yet, or damaged: then they begin anew
        return {}


def note(exercise, **kept):
    """Keep something about an exercise."""
    NOTES.mkdir(parents=True, exist_ok=True)
    (NOTES / f"{exercise.name}.json").write_text(json.dumps(notes(exercise) | kept), encoding="utf-8")


def digest(exercise):
    return hashlib.sha256(path_of(exercise).read_bytes()).hexdigest()


def state(exercise):
    """ "done", "changed" since it was found right, "begun", or "" if there is no file."""
    if not path_of(exercise).exists():
        return ""
    right = notes(exercise).get("right")
    return "begun" if right is None else "done" if right == digest(exercise) else "changed"


def following():
    """The name of the first exercise that is not done, or None."""
    return next((exercise.name for exercise in EXERCISES if state(exercise) != "done"), None)


def done():
    """The exercises whose files have been found right and not changed since."""
    return [exercise for exercise in EXERCISES if state(exercise) == "done"]
