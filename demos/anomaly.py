"""Anomaly detection: does D notice a digit that it has never seen, or does G?

    python demos/anomaly.py
    python demos/anomaly.py --digit 9

Trains a GAN on nine of MNIST's digits and asks in two ways whether the tenth belongs to them: by D's score, and by how
near G can come to an image x. For the second, G has to be inverted. That is gradient descent on the noise, starting
from the best of 10,000 random z, while the weights stay fixed (Schlegl et al. 2017, AnoGAN; here with an MLP):

    L      = sum_n |G(z_n) - x_n|^2 + PRIOR |z_n|^2        the second term keeps z where G was trained
    dL/dy  = 2 (G(z) - x)                                  at G's output y = G(z)
    dL/dz  = G.backward(dL/dy) + 2 PRIOR z                 the chain rule, one step further than in training

It takes one or two minutes, and prints how often an image of the held-out digit has a higher score than a normal image
(1/2 is guessing, 1 is perfect). With seed 0:

    held out                                    0       1       2       9
    D's score                                .791    .656    .804    .790
    inversion of G                           .904    .222    .942    .557
    distance to the nearest training image   .980    .402    .972    .714
    distance to their mean                   .883    .265    .763    .440

In the picture, the numbers are the L that remains. With 2 held out, G redraws a 7, a 0 or a 4, and turns a 2 into a
blur of an 8 or a 1. So it works, but for all four digits not as well as a search of the training images, which needs no
GAN. A held-out 1 has so little ink that even a bad copy of it leaves little L, and any distance between pixels calls it
more normal than most digits. A held-out 9 is drawn well by G, between its 4s and its 7s, although G has never seen one.
On these two, D is the better judge, but not a good one.
"""

import argparse
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tqdm import tqdm

from minigan import Adam
from minigan.data import Dataset, load
from minigan.data.known import load_known
from minigan.ground import cli
from minigan.recipes.presets import PRESETS
from minigan.recipes.sampling import generator_input
from minigan.training import Training

PRIOR, STEPS, LR, STARTS, SHOWN = 1.0, 100, 0.1, 10_000, 5


def nearest(x, others):
    """For each row of x (N, n): the squared distance to the nearest row of others (M, n), and its index; both (N,)."""
    squares, found = (others**2).sum(axis=1), []
    for part in np.array_split(x, 1 + len(x) // 250):  # to bound the memory
        d = (part**2).sum(axis=1, keepdims=True) - 2.0 * part @ others.T + squares  # |a - b|^2 = |a|^2 - 2 a'b + |b|^2
        found.append((d.min(axis=1), d.argmin(axis=1)))
    return tuple(map(np.concatenate, zip(*found, strict=True)))


def misfit(G, x, z):
    """What the inversion minimises: the loss of each sample (N,), the gradient of their sum dL/dz (N, n_z), G(z)."""
    y, caches = G.forward(z, train=False)
    dz = G.backward(2.0 * (y - x), caches, param_grads=False, input_grad=True) + 2.0 * PRIOR * z
    return ((y - x) ** 2).sum(axis=1) + PRIOR * (z**2).sum(axis=1), dz, y


def invert(G, x, z):
    """Descend along -dL/dz from z. Returns the loss of each sample (N,) and G(z). Samples do not affect each other."""
    z = z.copy()
    optimizer = Adam(z.reshape(-1), LR)  # a view of z, because z is contiguous
    for _ in tqdm(range(STEPS), "inverting G", leave=False, disable=None):
        optimizer.step(misfit(G, x, z)[1].reshape(-1))
    loss, _, y = misfit(G, x, z)
    return loss, y


def auc(normal, odd):
    """The share of pairs in which the odd sample has a higher score than the normal one; ties count half."""
    normal = np.sort(normal)
    below, not_above = (np.searchsorted(normal, odd, side).sum() for side in ("left", "right"))
    return float(below + not_above) / (2 * len(normal) * len(odd))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--digit", type=int, default=2, choices=range(10), help="the digit that is held out (default: 2)"
    )
    parser.add_argument("--epochs", type=cli.whole(1), default=6, help="passes over the nine digits (default: 6)")
    parser.add_argument("--seed", type=cli.whole(0), default=0, help="random seed (default: 0)")
    parser.add_argument(
        "--out", type=cli.output(".png"), default=Path("anomaly.png"), help="picture to write (default: anomaly.png)"
    )
    given = parser.parse_args()

    data = load("mnist")
    images, labels, _ = load_known("mnist", "test")
    data = Dataset(data.x[data.labels != given.digit], data.shape, "nine digits")
    odd = np.flatnonzero(labels == given.digit)
    normal = np.flatnonzero(labels != given.digit)[: len(odd)]  # as many as odd ones
    n = len(normal)
    x = Dataset(images.reshape(len(images), -1), data.shape, "test images").batch(np.concatenate([normal, odd]))

    settings = PRESETS["minigan-0.1"].with_flags(conditional=False, epochs=given.epochs, seed=given.seed)
    training = Training(settings, data)
    for _ in tqdm(range(given.epochs), "training", unit="epoch", leave=False, disable=None):
        for _ in training.epoch():
            pass
    G, z = training.average, generator_input(settings, data, STARTS, training.streams["samples"])
    loss, closest = invert(G, x, z[nearest(x, G(z))[1]])

    train = data.batch(slice(None))
    scores = {
        "D's score": -training.D(x)[:, 0],
        "inversion of G": loss,
        "distance to the nearest training image": nearest(x, train)[0],
        "distance to their mean": ((x - train.mean(axis=0)) ** 2).sum(axis=1),
    }
    print(f"area under the ROC curve: {n} normal test images against {len(odd)} of digit {given.digit}")
    for name, score in scores.items():
        print(f"{name:<40}{auc(score[:n], score[n:]):6.3f}")

    shown = [*range(SHOWN), *range(n, n + SHOWN)]  # the first of each kind; they are not selected
    rows = {"image x": x, "nearest G(z)": closest, "|x - G(z)|": 2.0 * np.abs(x - closest) - 1.0}
    picture = np.stack([row[shown].reshape(-1, *data.shape) for row in rows.values()]).swapaxes(1, 2)
    figure = Figure(figsize=(9, 3), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.imshow(picture.reshape(-1, len(shown) * data.shape[1]), cmap="gray", vmin=-1.0, vmax=1.0)
    titles = [f"{'normal' if i < n else 'held out'}\n{loss[i]:.0f}" for i in shown]
    axes.set_xticks(28 * np.arange(len(titles)) + 14, titles)
    axes.set_yticks(28 * np.arange(len(rows)) + 14, rows)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    figure.savefig(given.out, dpi=80)
    print(given.out)


if __name__ == "__main__":
    cli.main(main)
