"""Trains a GAN, first on the ring and then on digits, with a learner's functions in place of minigan's."""

import textwrap
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from minigan.exercises.catalogue import EXERCISES
from minigan.exercises.desk import done, path_of
from minigan.exercises.pieces import guarded, load, replaced
from minigan.ground.errors import ArgumentError
from minigan.runs.start import prepare
from minigan.train import execute

RING = {"data": "ring"}


def train(name, out, **given):
    """Train twice into the folder `out`, and draw both results into one picture. given: Settings of the digits."""
    finished = done()
    calls: Counter = Counter()
    if not finished:
        raise ArgumentError("no exercise is done yet; begin with python -m minigan.exercises start softplus.")
    if (out / "ring").exists() or (out / "digits").exists():
        raise ArgumentError(f"there is a GAN in {out} already; choose another folder with --out.")
    yours = f"Yours ({len(finished)} of {len(EXERCISES)}): {', '.join(e.name for e in finished)}."
    rest = " The rest is minigan's." if len(finished) < len(EXERCISES) else ""
    print(textwrap.fill(yours + rest, 96) + "\n")
    with ExitStack() as stack:
        for exercise in finished:
            pieces = {key: counted(exercise, f, calls) for key, f in load(exercise, path_of(exercise)).items()}
            stack.enter_context(replaced(exercise, pieces))
        for folder, settings in (("ring", RING), ("digits", given)):
            execute(prepare(out=out / folder, **settings))
            print()
    unused = [exercise.name for exercise in finished if not calls[exercise.name]]
    if unused:
        print(f"These two trainings did not need {', '.join(unused)}; other settings do.")
    draw(name, out, f"{len(finished)} of {len(EXERCISES)} exercises done")
    print(f"Your picture: {out / 'picture.png'}")
    if len(finished) == len(EXERCISES):
        print("You have written every piece. This GAN is yours.")


def counted(exercise, function, calls):
    function = guarded(function)

    def call(*args, **kwargs):
        calls[exercise.name] += 1
        return function(*args, **kwargs)

    return call


def draw(name, out: Path, below):
    """The samples of both runs side by side, under the name."""
    from matplotlib.figure import Figure
    from matplotlib.image import imread

    figure = Figure(figsize=(9, 5), layout="constrained")
    figure.suptitle(name, fontsize=20)
    figure.supxlabel(below, fontsize=10)
    for axes, run in zip(figure.subplots(1, 2), ("ring", "digits"), strict=True):
        axes.imshow(imread(out / run / "samples.png"), cmap="gray")
        axes.set_axis_off()
    figure.savefig(out / "picture.png", dpi=120)
