"""Outlines filled with ink: do they stay the digits that they are?

    python demos/edges_to_digits.py

G gets the edges of a digit and makes the digit. This is image-to-image translation, as Isola et al. 2017 do it with
streets and handbags. G is taught twice: by a D that judges pairs of a digit and edges, and by least squares on the
right answers (pairs.py). The table is about MNIST's 10,000 test images: the Frechet distance between what a classifier
sees in the results and in the originals (training images have 1.3), and how many it reads as the digit whose edges were
given. It takes about two minutes, the first time half a minute more.

As a whole, what the G that D taught makes is more like MNIST: distance 1.7 against 3.5, with the contrast of real ink
where least squares leave a grey haze. But fewer digits stay what they are, 88 % against 95 %: where a pixel could be
ink or not, this G decides, sometimes wrongly, and often pixel by pixel. Isola's G nearly ignored its noise. This one
does not, perhaps because no L1 loss keeps it from using it; but the noise changes only the weight and the grain of the
strokes.

The last row asks for more than G has learned: to copy drawn digits in the style of MNIST. Their distance hardly
changes, from 23 to 20, and a quarter of those that could be read no longer can. Their outlines are not quite those of
MNIST, and G knows no others.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from pairs import latent, save_rows, train

from minigan.data import load
from minigan.data.drawn import draw
from minigan.data.known import load_known
from minigan.ground import cli
from minigan.metrics.classifier import Classifier
from minigan.metrics.frechet import frechet_distance

SIZE = 28  # of a digit of MNIST


def edges(x):
    """Images (N, 784) in -1..1 to (N, 784): 1 where a pixel of paper has ink above, below or beside it, 0 elsewhere.

    With -1 elsewhere, G made the same image for all edges: most of its inputs were then large and never changed.
    """
    ink = np.pad(x.reshape(-1, SIZE, SIZE) > 0.0, ((0, 0), (1, 1), (1, 1)))
    near = ink[:, :-2, 1:-1] | ink[:, 2:, 1:-1] | ink[:, 1:-1, :-2] | ink[:, 1:-1, 2:]
    return (near & ~ink[:, 1:-1, 1:-1]).reshape(len(x), -1).astype(np.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=cli.whole(1), default=4, help="passes over MNIST (default: 4)")
    parser.add_argument("--seed", type=cli.whole(0), default=0, help="random seed (default: 0)")
    parser.add_argument(
        "--out",
        type=cli.output(".png"),
        default=Path("edges_to_digits.png"),
        help="picture to write (default: edges_to_digits.png)",
    )
    given = parser.parse_args()

    data, rng = load("mnist"), np.random.default_rng(given.seed)
    images, labels, _ = load_known("mnist", "test")
    strokes, drawn_labels = draw(len(images), given.seed)
    test, drawn = (replace(data, x=x.reshape(len(x), -1)).batch(slice(None)) for x in (images, strokes))
    squares, G = (train(data, edges, given.epochs, given.seed, judged) for judged in (False, True))

    def made(network, x):
        return network(latent(edges(x), rng))[:, : data.n_x]

    rows = {  # name -> images, and the digits that they should show
        "edges": (2.0 * edges(test) - 1.0, labels),
        "G taught by least squares": (made(squares, test), labels),
        "G taught by D": (made(G, test), labels),
        "the same, other noise": (made(G, test), labels),
        "truth": (test, labels),
        "drawn digits": (drawn, drawn_labels),
        "G taught by D, from their edges": (made(G, drawn), drawn_labels),
    }

    classifier = Classifier(data.x, data.labels)
    real = classifier.features(test)
    print(f"{'':40}Frechet distance  read correctly")
    for name, (x, classes) in rows.items():
        features = classifier.features(x)
        right = (classifier.probabilities(features).argmax(axis=1) == classes).mean()
        print(f"{name:40}{frechet_distance(features, real):16.2f}{100 * right:17.1f} %")
    save_rows(given.out, {title: x[:12] for title, (x, _) in rows.items()})
    print(given.out)


if __name__ == "__main__":
    cli.main(main)
