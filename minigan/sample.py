"""Draw samples from a trained generator: python -m minigan.sample RUN [-n 64] [--seed 0] [--out FILE]"""

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from minigan import checkpoint, cli, images
from minigan.errors import ArgumentError, CheckpointError, brief
from minigan.models import Settings, draw, generator


def load_generator(path):
    """(G with its averaged weights, its Settings, its data but for x) from a run's folder or checkpoint."""
    arrays, meta = checkpoint.load(path)
    try:
        settings, shape = Settings(**meta["settings"]), tuple(map(int, meta["shape"]))
        n_classes = int(meta["n_classes"]) if settings.conditional else 0
        if len(shape) not in (1, 2) or min(shape) < 1 or n_classes < 0:
            raise ValueError(f"samples of shape {shape} in {n_classes} classes")
        data = SimpleNamespace(n_x=math.prod(shape), is_images=len(shape) == 2, shape=shape, n_classes=n_classes)
        G = generator(settings, data)
    except (KeyError, IndexError, TypeError, ValueError, OverflowError, MemoryError, ArgumentError) as error:
        raise CheckpointError(f"{path} describes no generator that this minigan knows ({brief(error)}).") from None
    checkpoint.fill(G.theta, arrays.get("average"), "average")
    return G, settings, data


def main():
    parser = cli.Parser("python -m minigan.sample", "Draw samples from a trained generator.")
    parser.add_argument("run", type=Path, help="folder of a run, or a checkpoint")
    parser.add_argument("-n", type=cli.whole(1), default=64, help="how many (default: 64)")
    parser.add_argument("--seed", type=cli.whole(0), default=0, help="other seeds, other samples (default: 0)")
    parser.add_argument(
        "--label", type=int, help="what to draw, from a run that was --conditional (default: each in turn)"
    )
    parser.add_argument(
        "--out", type=cli.output(".png", ".npy"), default=Path("grid.png"), help="a .png, or a .npy (default: grid.png)"
    )
    given = parser.parse_args()
    G, settings, data = load_generator(given.run)
    if given.label is not None and not settings.conditional:
        raise ArgumentError("this run was not told labels: --label needs one that was trained with --conditional.")
    if given.label is not None and not 0 <= given.label < data.n_classes:
        raise ArgumentError(f"--label must be in 0..{data.n_classes - 1}, not {given.label}.")
    x = draw(settings, data, G, given.n, given.seed, given.label)
    try:
        if given.out.suffix.lower() == ".png":
            images.save_samples(given.out, x, data.shape)
        else:
            with open(given.out, "wb") as file:  # np.save would add .npy to a name that ends in .NPY
                np.save(file, images.to_unit(x, data.shape) if data.is_images else x)
    except OSError as error:
        raise ArgumentError(f"--out {given.out} cannot be written: {error.strerror or error}.") from None
    print(f"{given.n} samples in {given.out}")


if __name__ == "__main__":
    cli.main(main)
