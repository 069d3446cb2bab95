"""Train a GAN: python -m minigan.train [flags]; the training itself is in training.py."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from minigan import cli
from minigan.backend import library, to_host
from minigan.data import load, split
from minigan.errors import ArgumentError, CheckpointError, DataError, brief
from minigan.recipes.builders import discriminator, generator
from minigan.recipes.option import options
from minigan.recipes.presets import PRESETS
from minigan.recipes.sampling import draw_samples
from minigan.recipes.settings import Settings
from minigan.recipes.text import table
from minigan.runs import checkpoint, page, parallel
from minigan.runs.recorder import Kept, Lock, Recorder
from minigan.training import Training, train


def main():
    comm = parallel.processes()
    with parallel.agreed(comm):
        given = flags()
        if given.pop("list_presets"):
            print(table())
            return
        run, preset, data, kept, training = prepared(given, comm)
    if comm:
        with parallel.agreed(comm):
            parallel.join(training, comm)
    if comm and comm.rank:
        parallel.follow(training)
        parallel.end(comm)
        return
    settings = training.settings
    distance, floor = judge(settings, data) if settings.evaluate_every else (None, None)
    # A run that diverges is stopped by the recorder, which says so in one sentence; NumPy's warnings would add noise.
    with (
        np.errstate(over="ignore", invalid="ignore"),
        Recorder(run, preset, training, data, distance, floor, kept) as recorder,
    ):
        recorder.begin()
        train(training, recorder)
        recorder.end()
        page.write(run, data)
        print(f"report   {run / page.NAME}   (open it in a browser, and play with G)")
    parallel.end(comm)


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
        help="a recipe: it sets the defaults of the flags below, which are shown for minigan (default: minigan, or toy "
        "for points)",
    )  # fmt: skip
    parser.add_argument("--list-presets", action="store_true", help="print all presets and exit")
    parser.add_options(options(Settings), PRESETS["minigan"].with_flags())
    run = parser.group("run")
    run.add_argument("--out", type=Path, metavar="FOLDER", help="folder for the run (default: runs/<time>-<preset>)")
    run.add_argument(
        "--resume", type=Path, metavar="FOLDER",
        help="continue the run in this folder where it stopped; you can change only --epochs, --data, --data-dir and "
        "--device",
    )  # fmt: skip
    return vars(parser.parse_args())


def prepared(given, comm):
    """(the folder of the run, the name of the preset, data, Kept or None, Training) as the flags want them."""
    preset, out, run = given.pop("preset"), given.pop("out"), given.pop("resume")
    if run:
        if preset or out:
            raise ArgumentError(f"--resume goes on as {run} began; drop --{'preset' if preset else 'out'}.")
        preset, settings, data, kept = resumed(run, given, comm)
    else:
        preset, settings, data = begun(preset, given)
        kept, run = None, out or Path("runs", f"{datetime.now():%Y%m%d-%H%M%S}-{preset}")
    training = Training(settings, data, library(settings.device))
    if kept:
        checkpoint.restore(training, kept.arrays, kept.meta)
    return run, preset, data, kept, training


def begun(preset, given):
    """(the name of the preset, Settings, data) of a new run with these flags."""
    of_data = {name: value for name, value in given.items() if name in ("data", "data_dir", "seed", "vary", "device")}
    settings = PRESETS[preset or "minigan"].with_flags(**of_data)
    library(settings.device)  # which raises where there is none, before any work
    data = load(settings.data, settings.data_dir, settings.seed, settings.vary)
    preset = preset or ("minigan" if data.is_images else "toy")  # networks for images would be no use on points
    settings = replace(PRESETS[preset].with_flags(**given), data=data.name)
    enough(settings, data)
    if settings.conditional and data.labels is None:
        if given.get("conditional"):
            raise ArgumentError(
                f"--conditional needs a label, a whole number, for each sample, 'labels' in an .npz; here: {data.note}."
            )
        settings = replace(settings, conditional=False)
        data = replace(data, note=f"{data.note}; no labels, so not conditional")
    return preset, settings, data


def enough(settings, data):
    if settings.samples_per_round > len(data.x):
        raise ArgumentError(
            f"--batch-size {settings.batch_size} with --packing {settings.packing} and --d-steps {settings.d_steps} "
            f"takes {settings.samples_per_round} samples a round, more than the {len(data.x)} samples of the data."
        )


def resumed(run, given, comm):
    """(the name of the preset, Settings, data, Kept) of a run that goes on."""
    fixed = sorted(set(given) - {"epochs", "data", "data_dir", "device"})
    if fixed:
        raise ArgumentError(f"--{fixed[0].replace('_', '-')} stays what it was in a run that goes on; drop it.")
    if not run.is_dir():
        raise ArgumentError(f"--resume takes the folder of a run, and {run} is none.")
    lock = None if comm and comm.rank else Lock(run)
    arrays, meta = checkpoint.load(run)
    try:
        preset, settings = str(meta["preset"]), Settings(**meta["settings"])
        hash, was, done = str(meta["data"]), dict(meta["environment"]), int(meta["round"])
    except (KeyError, TypeError, ValueError, OverflowError, ArgumentError) as error:
        raise CheckpointError(f"{run} holds no run that this minigan can go on with ({brief(error)}).") from None
    settings = replace(settings, **given)
    library(settings.device)
    data = load(settings.data, settings.data_dir, settings.seed, settings.vary)
    if data.sha256 != hash:
        raise DataError(f"{data.note}: not what the run in {run} was trained on; it cannot go on with other samples.")
    enough(settings, data)
    D = discriminator(settings, data, dropout_rng=np.random.default_rng(0))
    for network, name in ((generator(settings, data), "average"), (D, "D")):
        checkpoint.fits(network.theta, arrays.get(name), name)  # zeros so far, which take no memory
    if done > settings.epochs * (len(data.x) // settings.samples_per_round):
        raise ArgumentError(f"the run in {run} has done more than {settings.epochs} epochs; give more --epochs.")
    now = checkpoint.environment(settings.device)
    changed = [f"{name} {text}, not {brief(was.get(name))}" for name, text in now.items() if text != was.get(name)]
    return preset, settings, data, Kept(lock, arrays, meta, "; ".join(changed))


def judge(settings, data):
    """(a function from the arrays of a checkpoint to the Frechet distance of samples, that of training images)."""
    from minigan.metrics.frechet import Judge

    if not data.is_images:
        raise ArgumentError("--evaluate-every needs images with labels, which a classifier can learn.")
    of_images = Judge(*split(data, settings.data_dir, settings.seed, settings.vary))
    G, n = generator(settings, data), min(len(of_images.test), of_images.held)

    def distance(arrays):
        G.theta[...] = to_host(arrays["average"])
        return of_images.score(draw_samples(settings, data, G, n, label=of_images.train.some_labels(n))).distance

    return distance, of_images.score(of_images.real(n)).distance


if __name__ == "__main__":
    cli.main(main)
