"""A GAN that is conditional on an image. super_resolution.py and edges_to_digits.py share it.

A pair is an image x (N, n_x) and the image that it is made from, its condition (N, k). The condition takes the place of
the one-hot label of --conditional: G makes x from noise and the condition, and D sees the two side by side, in real
pairs and in generated ones. So D does not ask "is this a digit?" but "is this a digit that fits the condition?". G is
never told the right answer.

Source: Isola et al. 2017. Their networks are convolutional, and an L1 loss also pulls their G to the right answer.
"""

from dataclasses import replace

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tqdm import tqdm

from minigan.gan.steps import update_average
from minigan.recipes import sampling
from minigan.recipes.presets import PRESETS
from minigan.training import Training

# A D that compares two images needs wider layers. In so few rounds G changes fast, so its average is over the last 200.
SETTINGS = PRESETS["minigan-0.1"].with_flags(lr_decay=0.0, d_hidden=(384, 384), ema=0.995)


def train(data, condition, epochs, seed=0, judged=True):
    """Train on the pairs (x, condition(x)) of a Dataset for `epochs` passes; return the average of G.

    If judged is False, G is not judged by a D: it learns the right answers by least squares, with all else the same.
    """
    n, k = SETTINGS.batch_size, condition(data.batch(slice(1))).shape[1]
    labelled = replace(data, labels=np.array([k - 1]))  # as many classes as a condition has values
    training = Training(replace(SETTINGS, epochs=epochs, seed=seed), labelled)
    rows = np.tile(np.arange(len(data.x)), (epochs, 1))
    order = training.streams["order"].permuted(rows, axis=1).ravel()
    for t in tqdm(range(len(order) // n), unit="round", disable=None):
        x = data.batch(order[t * n : (t + 1) * n])
        given = condition(x)
        real = np.concatenate([x, given], axis=1)
        if judged:
            training.round([real])
        else:
            fit(training, t, real, given)
    return training.average


def fit(training, t, real, given):
    """Round t of least squares: a step of G down the gradient of sum_ni (fake_ni - real_ni)^2 / 2N."""
    G = training.G
    fake, caches = G.forward(training.noise(len(real), given))
    G.backward((fake - real) / len(real), caches)
    training.g_optimizer.step(G.grad)
    update_average(training.average, G, t, SETTINGS.ema)


def latent(given, rng):
    """G's input: noise, followed by the conditions `given`, (N, n_z + k)."""
    return np.concatenate([sampling.latent_noise(SETTINGS, len(given), rng), given], axis=1)


def save_rows(path, rows):
    """Draw rows of images, {title: (n, side * side) in -1..1}, one below the other. Each image is 56 pixels high."""
    width, height = 56 * len(next(iter(rows.values()))), 76 * len(rows)
    figure = Figure(figsize=(width / 100, height / 100), dpi=100)
    FigureCanvasAgg(figure)
    for i, (title, images) in enumerate(rows.items(), start=1):
        side = round(images.shape[1] ** 0.5)
        row = np.kron(np.hstack(images.reshape(-1, side, side)), np.ones((56 // side, 56 // side)))
        figure.figimage(row, 0, height - 76 * i, cmap="gray", vmin=-1.0, vmax=1.0)
        figure.text(0.005, 1 - (i - 0.82) / len(rows), title, fontsize=9)
    figure.savefig(path)
