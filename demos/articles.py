"""The GANs of five articles that teach GANs, beside minigan's own.

    python demos/articles.py --out demos

Trains the presets article-a to article-e and `minigan-0.1` on MNIST by `python -m minigan.train`, which takes an hour
and a half on one core. Then it draws samples of all six from the same noise into articles.png, and writes articles.md:
what you see, and why. Runs are kept in --runs; a finished one is not trained again, and a stopped one is continued.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import trials
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from minigan.data import load, split
from minigan.gan.conditional import one_hot
from minigan.ground import cli
from minigan.metrics.frechet import Judge
from minigan.recipes.sampling import draw_samples, generate
from minigan.runs import images
from minigan.runs.load import load_generator

SEEN = {  # preset -> what you see, and why
    "article-a": "Digits, some of them broken. Minimax saturates, but Adam rescales even a tiny gradient. "
    "With `--beta1 0.9` D wins within 8 epochs, and G's loss is 0 to ten digits: that is saturation",
    "article-b": "Noise: D wins, but slowly, because its learning rate is small. Momentum .9 keeps each network moving "
    "towards where the other no longer is. `--beta1 0.5` holds D back (D(x) is .87 after 8 epochs); alternating steps "
    "alone hardly do (.94)",
    "article-c": "The same speckles for every noise: D wins at once and learns nothing more, so G learns nothing "
    "either. `--beta1 0.5` alone brings digits (D(x) is .68 and D(G(z)) .33 after 8 epochs); alternating steps alone "
    "do not",
    "article-d": "Mode collapse: every noise becomes the same image once D wins, in the fifth epoch, and it stays "
    "so. PyTorch itself, given the same settings, also collapses in its fifth",
    "article-e": "Digits after 200 epochs, but too many of them are the easy 1. Momentum is .9 again; here D stays "
    "ahead all the time without running away",
    "minigan-0.1": "Digits within two minutes. R1 keeps D's slope small, so that the game stays near its equilibrium, "
    "where D answers 1/2. Labels and averaged weights do the rest",
}
PAGE = """# Five articles, and what their GANs learn

These are the GANs of five articles that teach GANs, trained by minigan on MNIST and sampled from the same noise. They
are not exactly what the articles print: misprints are corrected, and what an article leaves open, such as the number of
epochs, is filled in. `python -m minigan.train --list-presets` says what was corrected and what was open. Written by
`python demos/articles.py`.

![Samples of the five articles and of minigan](articles.png)

Distance: the Frechet distance between 10,000 samples and the 10,000 test images, on the features of a classifier
(training images: {distance}). Confidence: the mean probability that the classifier gives to the likeliest digit
(training images: {confidence}). Rarest: the share of the digit that is drawn least (9 % in MNIST). D(x) and D(G(z)) are
means over the last rounds; 1 means real.

| preset | epochs | distance | confidence | rarest | D(x) | D(G(z)) | what you see, and why |
|---|---|---|---|---|---|---|---|
{rows}
"""


def scored(name, folder, judge):
    """The figures of a finished run, as cells of the table."""
    G, settings, data = load_generator(folder)
    s = judge.score(draw_samples(settings, data, G, 10_000, label=judge.train.some_labels(10_000)))
    with open(folder / "metrics.csv", newline="", encoding="utf-8") as file:
        last = list(csv.DictReader(file))[-1]
    shares = f"{s.distance:.1f} | {100 * s.confidence:.0f} % | {100 * min(s.shares):.1f} %"
    return f"{settings.epochs} | {shares} | {float(last['d_real']):.2f} | {float(last['d_fake']):.2f}"


def page(cells, distance, confidence):
    """articles.md. cells: preset -> the cells of its row; distance and confidence of training images, as text."""
    rows = "\n".join(f"| `{name}` | {cells[name]} | {seen} |" for name, seen in SEEN.items())
    return PAGE.format(distance=distance, confidence=confidence, rows=rows)


def draw(axes, folder, z):
    """Samples of a finished run for the noise z, of which it takes as many columns as it needs."""
    G, settings, data = load_generator(folder)
    z = z[:, : settings.latent_dim]
    if settings.conditional:
        z = np.concatenate([z, one_hot(np.arange(len(z)) % 10, 10, z)], axis=1)
    pictures = images.to_unit(generate(settings, data, G, z), data.shape)
    axes.imshow(images.sheet(pictures, 8), cmap="gray", vmin=0.0, vmax=1.0)
    axes.set(title=f"{folder.name}, {settings.epochs} epochs", xticks=[], yticks=[])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("."), help="folder for articles.md and articles.png")
    parser.add_argument("--runs", type=Path, default=Path("runs", "articles"), help="folder that keeps the runs")
    given = parser.parse_args()

    judge = Judge(*split(load("mnist")))
    z = np.random.default_rng(0).standard_normal((40, 100), dtype=np.float32)
    figure = Figure(figsize=(9, 4.3), layout="constrained")
    FigureCanvasAgg(figure)
    cells = {}
    for axes, name in zip(figure.subplots(2, 3).flat, SEEN, strict=True):
        trials.train(["-m", "minigan.train", "--preset", name, "--threads", "1"], given.runs / name)
        draw(axes, given.runs / name, z)
        cells[name] = scored(name, given.runs / name, judge)
    figure.savefig(given.out / "articles.png", dpi=80)
    real = judge.score(judge.real(10_000))
    text = page(cells, f"{real.distance:.1f}", f"{100 * real.confidence:.0f} %")
    (given.out / "articles.md").write_text(text, encoding="utf-8")
    print(given.out / "articles.md")


if __name__ == "__main__":
    cli.main(main)
