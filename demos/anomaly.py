"""Anomaly detection: python demos/anomaly.py [--digit 2] [--epochs 6] [--seed 0] [--out anomaly.png], a minute or two

A GAN is trained on nine of MNIST's digits. Can it tell that the tenth does not belong to them? Two ways to ask it:
D's score, and how near G comes to an image x at all, for which G has to be inverted. That is gradient descent on
the noise, from the best of 10,000 random ones, with all weights at rest (Schlegl et al. 2017, AnoGAN; on an MLP):

    L      = sum_n |G(z_n) - x_n|^2 + PRIOR |z_n|^2        the second term keeps z where G was trained
    dL/dy  = 2 (G(z) - x)                                  at G's output y
    dL/dz  = G.backward(dL/dy) + 2 PRIOR z                 the chain rule, one step further than training goes

Printed is how often a held-out digit scores above a normal one (1/2 is guessing, 1 is perfect); with seed 0:

    held out                                    0       1       2       9
    D's score                                .791    .656    .804    .790
    inversion of G                           .904    .222    .942    .557
    distance to the nearest training image   .980    .402    .972    .714
    distance to their mean                   .883    .265    .763    .440

In the picture the numbers are what is left of L. With 2 held out, G draws a 7, a 0 or a 4 again, and for a 2 makes a
blur of an 8 or a 1: it works, but less well than a search of the training images, for which nobody needs a GAN. That
is so for all four. Hold out the 1: it has so little ink that there is little to miss, even for a G that draws it badly,
and any distance between pixels takes it for more normal than most. Hold out the 9: G draws good ones, though it has
never seen any, between its 4s and its 7s. On these two D is the better judge, but no good one.
"""

import argparse
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tqdm import tqdm

from minigan import Adam, cli
from minigan.data import Dataset, load
from minigan.data.mnist import load_mnist
from minigan.recipes.presets import PRESETS
from minigan.recipes.sampling import generator_input
from minigan.training import Training

PRIOR, STEPS, LR, STARTS, SHOWN = 1.0, 100, 0.1, 10_000, 5


def nearest(x, others):
    """For each row of x (N, n): the squared distance to the nearest of others (M, n), and that row's number; (N,)."""
    squares, found = (others**2).sum(axis=1), []
    for part in np.array_split(x, 1 + len(x) // 250):  # to bound the memory
        d = (part**2).sum(axis=1, keepdims=True) - 2.0 * part @ others.T + squares  # |a - b|^2 = |a|^2 - 2 a'b + |b|^2
        found.append((d.min(axis=1), d.argmin(axis=1)))
    return tuple(map(np.concatenate, zip(*found, strict=True)))


def misfit(G, x, z):
    """What the inversion minimises: each sample's loss (N,), their sum's gradient dL/dz (N, n_z), and G(z)."""
    y, caches = G.forward(z, train=False)
    dz = G.backward(2.0 * (y - x), caches, param_grads=False, input_grad=True) + 2.0 * PRIOR * z
    return ((y - x) ** 2).sum(axis=1) + PRIOR * (z**2).sum(axis=1), dz, y


def invert(G, x, z):
    """Starting from z, follow -dL/dz. Returns each sample's loss (N,) and G(z). No sample's z moves another's."""
    z = z.copy()
    optimizer = Adam(z.reshape(-1), LR)  # a window onto z, as it is contiguous
    for _ in tqdm(range(STEPS), "inverting G", leave=False, disable=None):
        optimizer.step(misfit(G, x, z)[1].reshape(-1))
    loss, _, y = misfit(G, x, z)
    return loss, y


def auc(normal, odd):
    """How often an odd sample scores above a normal one, over all pairs, ties counting half: 1/2 is guessing."""
    normal = np.sort(normal)
    below, not_above = (np.searchsorted(normal, odd, side).sum() for side in ("left", "right"))
    return float(below + not_above) / (2 * len(normal) * len(odd))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--digit", type=int, default=2, choices=range(10), help="the one that is held out")
    parser.add_argument("--epochs", type=cli.whole(1), default=6)
    parser.add_argument("--seed", type=cli.whole(0), default=0)
    parser.add_argument("--out", type=cli.output(".png"), default=Path("anomaly.png"))
    given = parser.parse_args()

    data = load("mnist")
    images, labels, _ = load_mnist("test")
    data = Dataset(data.x[data.labels != given.digit], data.shape, "nine digits")
    odd = np.flatnonzero(labels == given.digit)
    normal = np.flatnonzero(labels != given.digit)[: len(odd)]  # as many
    n = len(normal)
    x = Dataset(images.reshape(len(images), -1), data.shape, "test images").batch(np.concatenate([normal, odd]))

    settings = PRESETS["minigan"].with_flags(conditional=False, epochs=given.epochs, seed=given.seed)
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

    shown = [*range(SHOWN), *range(n, n + SHOWN)]  # the first of each kind, not selected
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
