"""Draws samples from a trained generator, as a picture, an array or an animation: python -m minigan.sample RUN"""

from pathlib import Path

import numpy as np

from minigan.ground import cli
from minigan.ground.errors import ArgumentError
from minigan.recipes.sampling import draw_samples, generate, generator_input, label_number, latent_noise, streams
from minigan.runs import images
from minigan.runs.load import load_generator

FRAMES = 60  # pictures in the animation of a walk


def main():
    parser = cli.Parser("python -m minigan.sample", cli.COMMANDS["sample"], "RUN")
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a run, or a checkpoint")
    parser.add_argument("-n", type=cli.whole(1), help="number of samples (default: 64)")
    parser.add_argument("--seed", type=cli.whole(0), help="seed of the noise (default: 0)")
    parser.add_argument(
        "--label", help="label to draw, its name or its number, if the run is --conditional (default: all in turn)"
    )
    parser.add_argument(
        "--walk", action="store_true", help="make a .gif in which the z of each sample moves in a circle"
    )
    parser.add_argument(
        "--training", action="store_true", help="make a .gif of the training, from the samples after each epoch"
    )
    parser.add_argument(
        "--out", type=cli.output(".png", ".npy", ".gif"), help="file to write: .png, .npy or .gif (default: grid.png, "
        "walk.gif or training.gif)"
    )  # fmt: skip
    given = parser.parse_args()
    moves = given.walk or given.training
    out = given.out or Path("walk.gif" if given.walk else "training.gif" if moves else "grid.png")
    if given.walk and given.training:
        raise ArgumentError("--walk and --training make different animations; choose one.")
    if moves != (out.suffix.lower() == ".gif"):
        raise ArgumentError("--walk and --training write a .gif, and nothing else does; change --out.")
    if given.training and (given.n, given.seed, given.label) != (None, None, None):
        raise ArgumentError("--training shows pictures from the training; -n, --seed and --label do not apply to it.")
    n, seed = given.n or 64, given.seed or 0
    G, settings, data = load_generator(given.run)
    if given.label is not None and not settings.conditional:
        raise ArgumentError("this generator takes no labels; --label needs a run that was trained with --conditional.")
    label = None if given.label is None else label_number(given.label, data)
    try:
        if given.training:
            pictures = [picture for _, picture in images.of_training(given.run)]
            if not pictures:
                raise ArgumentError(f"{given.run / 'samples'} has no pictures; --training needs the folder of a run.")
            n = images.save_gif(out, pictures, 2)
        elif given.walk:
            images.save_gif(out, walk(settings, data, G, n, seed, label), 20)
        elif out.suffix.lower() == ".png":
            images.save_samples(out, draw_samples(settings, data, G, n, seed, label), data.shape)
        else:
            x = draw_samples(settings, data, G, n, seed, label)
            with open(out, "wb") as file:  # given a name, np.save would add .npy to one that ends in .NPY
                np.save(file, images.to_unit(x, data.shape) if data.is_images else x)
    except OSError as error:
        raise ArgumentError(f"--out {out} cannot be written: {error.strerror or error}.") from None
    print(f"{n} {'pictures' if given.training else 'samples'} in {out}")


def walk(settings, data, G, n, seed, label):
    """Yield pictures of n samples whose z moves in a circle: z = a cos t + b sin t, which is normal if a and b are."""
    if not data.is_images:
        raise ArgumentError("--walk works for images only.")
    rng, k = streams(seed)["samples"], settings.latent_dim
    z = generator_input(settings, data, n, rng, label)
    a, b = z[:, :k].copy(), latent_noise(settings, n, rng)
    for t in np.linspace(0.0, 2.0 * np.pi, FRAMES, endpoint=False, dtype=np.float32):
        z[:, :k] = a * np.cos(t) + b * np.sin(t)
        yield images.picture(images.to_unit(generate(settings, data, G, z), data.shape))


if __name__ == "__main__":
    cli.main(main)
