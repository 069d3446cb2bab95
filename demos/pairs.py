"""A GAN that is told an image: what demos/super_resolution.py and demos/edges_to_digits.py share.

A pair is a sample x (N, n_x) and an image that it goes with, given (N, k). The image takes the place of the one-hot
label of --conditional: G makes x from noise and the image, which it hands on behind x (Conditional), and D sees
the two side by side, real pairs and made ones. So D learns to ask not "is this a digit?" but "is this a digit that goes
with that?", and G is never told the right answer, only how to look more like one. Source: Isola et al. 2017, whose
networks are convolutional, and whose G is drawn to the right answer by an L1 loss as well.
"""

from types import SimpleNamespace

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tqdm import tqdm

from minigan.gan.steps import d_step, g_step, update_average
from minigan.recipes import builders, sampling
from minigan.recipes.presets import PRESETS

# A D that compares needs more width; in so few rounds G moves fast, and an average over the last 200 keeps up.
SETTINGS = PRESETS["minigan"].with_flags(lr_decay=0.0, d_hidden=(384, 384), ema=0.995)


def train(data, pair, epochs, seed=0, judged=True):
    """The average of G after `epochs` passes over a Dataset, of which pair(batch) makes (x, given).

    Not judged by a D, G is taught the right answers by least squares instead, with everything else the same.
    """
    rngs, n = sampling.streams(seed), SETTINGS.batch_size
    x, given = pair(data.batch(slice(1)))
    shape = SimpleNamespace(n_x=x.shape[1], n_classes=given.shape[1], is_images=True)
    G, D = (make(SETTINGS, shape, rngs["init"]) for make in (builders.generator, builders.discriminator))
    average, objective, penalty = (
        G.astype(G.theta.dtype),
        builders.objective(SETTINGS),
        builders.penalty(SETTINGS, None),
    )
    g_optimizer, d_optimizer = (builders.optimizer(SETTINGS, network.theta, SETTINGS.lr) for network in (G, D))
    order = rngs["order"].permuted(np.tile(np.arange(len(data.x)), (epochs, 1)), axis=1).ravel()
    for t in tqdm(range(len(order) // n), unit="round", disable=None):
        x, given = pair(data.batch(order[t * n : (t + 1) * n]))
        real, z = np.concatenate([x, given], axis=1), latent(given, rngs["noise"])
        if judged:
            d_step(D, G, objective, d_optimizer, real, z, penalty)
            g_step(D, G, objective, g_optimizer, latent(given, rngs["noise"]))
        else:
            fake, caches = G.forward(z)
            G.backward((fake - real) / n, caches)  # the gradient of sum_ni (fake_ni - real_ni)^2 / 2N
            g_optimizer.step(G.grad)
        update_average(average, G, t, SETTINGS.ema)
    return average


def latent(given, rng):
    """What G makes samples from: noise, and behind it the given images, (N, n_z + k)."""
    return np.concatenate([sampling.latent_noise(SETTINGS, len(given), rng), given], axis=1)


def save_rows(path, rows):
    """Write rows of images in -1..1, {title: (n, side * side)}, one below the other, all 56 screen pixels high."""
    width, height = 56 * len(next(iter(rows.values()))), 76 * len(rows)
    figure = Figure(figsize=(width / 100, height / 100), dpi=100)
    FigureCanvasAgg(figure)
    for i, (title, images) in enumerate(rows.items(), start=1):
        side = round(images.shape[1] ** 0.5)
        row = np.kron(np.hstack(images.reshape(-1, side, side)), np.ones((56 // side, 56 // side)))
        figure.figimage(row, 0, height - 76 * i, cmap="gray", vmin=-1.0, vmax=1.0)
        figure.text(0.005, 1 - (i - 0.82) / len(rows), title, fontsize=9)
    figure.savefig(path)
