"""Trains a GAN: python -m minigan.train [flags]

From flags to a Training: runs/start.py. The training itself: training.py. What it writes: runs/recorder.py.
"""

from pathlib import Path

import numpy as np

from minigan.ground import cli
from minigan.recipes.option import options
from minigan.recipes.presets import PRESETS
from minigan.recipes.settings import Settings
from minigan.recipes.text import table
from minigan.runs import parallel
from minigan.runs.distance import Distance
from minigan.runs.pace import Pace
from minigan.runs.recorder import Recorder
from minigan.runs.start import prepare
from minigan.runs.subnormals import Subnormals
from minigan.runs.threads import limited
from minigan.training import train


def main():
    comm = parallel.communicator()
    with parallel.agreed(comm):
        given = flags()
        if given.pop("list_presets"):
            print(table())
            return
        run = prepare(comm=comm, **given)
    if comm:
        with parallel.agreed(comm):
            parallel.join(run.training, comm)
    if comm and comm.rank:
        parallel.follow(run.training)
    else:
        execute(run)
    parallel.end(comm)


def execute(run, *listeners, quiet=False):
    """Train a Run (see `prepare`) to its end and record it in its folder.

    listeners: further ones, see `training.train`. quiet: print nothing but a progress bar and the doctor's findings.
    Raises Stopped after Ctrl-C, Diverged if the numbers overflow, and MiniganError if a file cannot be written.
    """
    settings = run.training.settings
    with limited(settings.threads):
        distance = Distance(settings, run.data) if settings.evaluate_every else None
        recorder = Recorder(run.out, run.preset, run.training, run.data, distance, run.resumed, quiet)
        # The recorder stops a run that diverges, with one sentence. NumPy's warnings would only add noise.
        with np.errstate(over="ignore", invalid="ignore"), recorder:
            recorder.begin()
            if run.threads:
                recorder.progress.say(f"threads  {run.threads}")
            train(run.training, Subnormals(run.training), recorder, *listeners, Pace(recorder.progress.slow))
            recorder.end()


def flags():
    """The flags that were given, by name."""
    parser = cli.Parser(
        "python -m minigan.train",
        f"{cli.COMMANDS['train']} Choose a preset and change what you like:\n\n"
        "  python -m minigan.train --list-presets\n"
        "  python -m minigan.train --preset wgan-gp --epochs 20 --seed 1",
    )
    parser.add_argument(
        "--preset", type=cli.choice("--preset", PRESETS), metavar="NAME",
        help="a recipe, which sets the defaults of the flags (default: the one that fits the data: minigan for digits, "
        "pictures for folders, colour and fashion, stacked, or toy for points); the defaults shown below are those of "
        "the preset minigan",
    )  # fmt: skip
    parser.add_argument("--list-presets", action="store_true", help="print all presets and exit")
    parser.add_options(options(Settings), PRESETS["minigan"].with_flags())
    run = parser.group("run")
    run.add_argument("--out", type=Path, metavar="FOLDER", help="folder for the run (default: runs/<time>-<preset>)")
    run.add_argument(
        "--resume", type=Path, metavar="FOLDER",
        help="continue the run in this folder where it stopped; you can change only --epochs, --data, --data-dir, "
        "--device and --threads",
    )  # fmt: skip
    return vars(parser.parse_args())


if __name__ == "__main__":
    cli.main(main)
