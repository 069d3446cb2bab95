"""Draw samples from a trained generator: python -m minigan.sample RUN [-n 64] [--seed 0] [--out FILE]"""

from pathlib import Path
from types import SimpleNamespace

import numpy as np

from minigan import checkpoint, cli, images
from minigan.errors import ArgumentError, CheckpointError
from minigan.models import Settings, generator, streams


def load_generator(path):
    """(G with its averaged weights, its Settings, the shape of a sample) from a run's folder or checkpoint."""
    arrays, meta = checkpoint.load(path)
    try:
        settings, shape = Settings(**meta["settings"]), tuple(map(int, meta["shape"]))
        if len(shape) not in (1, 2) or min(shape) < 1:
            raise ValueError(f"samples of shape {shape}")
    except (KeyError, TypeError, ValueError, ArgumentError) as error:
        raise CheckpointError(f"{path} describes no generator that this minigan knows ({error}).") from None
    data = SimpleNamespace(n_x=int(np.prod(shape)), is_images=len(shape) == 2)
    G = generator(settings, data)
    checkpoint.fill(G.theta, arrays.get("average"), "average")
    return G, settings, shape


def draw(G, n, latent_dim, n_x, seed=0):
    """n samples (n, n_x) from the generator G, 1000 at a time to bound the memory; deterministic in seed."""
    rng = streams(seed)["samples"]
    samples = np.empty((n, n_x), np.float32)
    for start in range(0, n, 1000):
        part = samples[start : start + 1000]
        part[...] = G(rng.standard_normal((len(part), latent_dim), dtype=np.float32))
    return samples


def main():
    parser = cli.Parser("python -m minigan.sample", "Draw samples from a trained generator.")
    parser.add_argument("run", type=Path, help="folder of a run, or a checkpoint")
    parser.add_argument("-n", type=int, default=64, help="how many (default: 64)")
    parser.add_argument("--seed", type=int, default=0, help="other seeds, other samples (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("grid.png"), help="a .png, or a .npy (default: grid.png)")
    given = parser.parse_args()
    if given.n < 1 or given.seed < 0:
        raise ArgumentError("-n must be at least 1 and --seed 0 or more.")
    if given.out.suffix.lower() not in (".png", ".npy"):
        raise ArgumentError(f"--out must end in .png or .npy, not {given.out}.")
    G, settings, shape = load_generator(given.run)
    samples = draw(G, given.n, settings.latent_dim, int(np.prod(shape)), given.seed)
    try:
        if given.out.suffix.lower() == ".png":
            images.save_samples(given.out, samples, shape)
        else:
            with open(given.out, "wb") as file:  # np.save would add .npy to a name that ends in .NPY
                np.save(file, images.to_unit(samples, shape) if len(shape) == 2 else samples)
    except OSError as error:
        raise ArgumentError(f"--out {given.out} cannot be written: {error.strerror or error}.") from None
    print(f"{given.n} samples in {given.out}")


if __name__ == "__main__":
    cli.main(main)
