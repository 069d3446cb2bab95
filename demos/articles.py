"""Five articles that teach GANs, run as they stand, beside ours: python demos/seeds.py [--out demos]

Trains the presets article-a to article-e, each for its own epochs (article-d, which leaves them open, for 10), and
`minigan`, all on MNIST by `python -m minigan.train`: an hour on two cores. Draws samples of all from the same noise
into seeds.png, and writes seeds.md: what one sees and why. Runs are kept in --runs and not run again.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from results import run

from minigan import cli
from minigan.data import load, split
from minigan.gan.conditional import one_hot
from minigan.metrics.frechet import Judge
from minigan.recipes import sampling
from minigan.recipes.sampling import draw_samples
from minigan.runs import images
from minigan.runs.load import load_generator

SEEN = {  # what one sees, and why
    "article-a": "digits, some broken. Minimax saturates, but Adam divides the size of a small gradient away; with "
    "`--beta1 0.9` D wins within 8 epochs, and G's loss is 0 to ten digits: that is saturation",
    "article-b": "noise: D wins, slowly at this small rate. Momentum .9 goes on to where D no longer is; `--beta1 0.5` "
    "holds D back (.87 after 8 epochs), taking turns alone hardly does (.94)",
    "article-c": "one speckle for every noise: D wins at once and learns no more, so neither does G. `--beta1 0.5` "
    "alone brings digits (.68 and .33 after 8 epochs), taking turns alone does not",
    "article-d": "mode collapse: every noise becomes the same 7, once D wins in the fifth epoch. PyTorch itself, given "
    "the same settings, collapses in its fifth",
    "article-e": "digits, after 200 epochs, of which too many are the easy 1; momentum .9 again, but here D, though "
    "ahead all the time, does not run away",
    "minigan": "digits in a minute: R1 keeps D's slope small, so that the game stays near its draw at 1/2; labels and "
    "averaged weights do the rest",
}
EPOCHS = {"article-d": 10}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("."))
    parser.add_argument("--runs", type=Path, default=Path("runs", "seeds"))
    given = parser.parse_args()

    judge = Judge(*split(load("mnist")))
    z = np.random.default_rng(0).standard_normal((40, 100), dtype=np.float32)
    figure = Figure(figsize=(9, 4.3), layout="constrained")
    FigureCanvasAgg(figure)
    lines = []
    for axes, (name, seen) in zip(figure.subplots(2, 3).flat, SEEN.items(), strict=True):
        folder = given.runs / name
        run(name, folder, EPOCHS.get(name))
        G, settings, data = load_generator(folder)
        own = z[:, : settings.latent_dim]
        if settings.conditional:
            own = np.concatenate([own, one_hot(np.arange(len(z)) % 10, 10, z)], axis=1)
        pictures = images.to_unit(sampling.generate(settings, data, G, own), data.shape)
        axes.imshow(images.sheet(pictures, 8), cmap="gray", vmin=0.0, vmax=1.0)
        axes.set(title=f"{name}, {settings.epochs} epochs", xticks=[], yticks=[])
        s = judge.score(draw_samples(settings, data, G, 10_000, label=judge.train.some_labels(10_000)))
        with open(folder / "metrics.csv", newline="", encoding="utf-8") as file:
            last = list(csv.DictReader(file))[-1]
        answers = f"{float(last['d_real']):.2f} | {float(last['d_fake']):.2f}"
        lines.append(
            f"| `{name}` | {settings.epochs} | {s.distance:.1f} | {100 * s.confidence:.0f} % | "
            f"{100 * min(s.shares):.1f} % | "
            f"{answers} | {seen} |"
        )
    figure.savefig(given.out / "seeds.png", dpi=80)
    floor = judge.score(judge.real(10_000))
    text = """# Five articles and what they grow

The GANs of five articles, run as they stand (their misprints corrected: `python -m minigan.train --list-presets`), on
the same data and drawn from the same noise. Written by `python demos/seeds.py`.

![Samples of the five articles and of minigan](seeds.png)

Distance: Frechet, of 10,000 samples from the 10,000 test images, on the features of a classifier (training images:
FLOOR). Confidence: the classifier's, in the likeliest digit, on average (training images: SURE). Rarest: the share of
the digit drawn least (9 % in MNIST). D's answers are the means over the last rounds; 1 is real.

| preset | epochs | distance | confidence | rarest | D(x) | D(G(z)) | what one sees, and why |
|---|---|---|---|---|---|---|---|
"""
    text = (
        text.replace("FLOOR", f"{floor.distance:.1f}").replace("SURE", f"{100 * floor.confidence:.0f} %")
        + "\n".join(lines)
        + "\n"
    )
    (given.out / "seeds.md").write_text(text, encoding="utf-8")
    print(given.out / "seeds.md")


if __name__ == "__main__":
    cli.main(main)
