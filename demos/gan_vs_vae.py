"""The same noise, two ways to samples: python demos/gan_vs_vae.py [--gan RUN] [--epochs E] [--data D] [--out FILE]

Trains the GAN of preset minigan, or takes that of a run, and a VAE (minigan/vae.py) on the same layers: its decoder is
as large as G, its encoder the mirror image. Draws samples of both beside test images; a VAE's are the means of its
pixels, sigmoid of their logits. The last line has the Frechet distances of 10,000 of each (metrics/frechet.py).

What one sees: the GAN's strokes are as white and sharp as MNIST's, but ragged, with loose specks, and some digits fall
to pieces. The VAE's are smooth and soft, and many a digit is two at once. Softness is what a loss per pixel asks for:
of all images that a z may stand for, the decoder does best to give the mean, where D would tell grey strokes at once.
But that is not why the VAE's distance is so much larger: training images that went through encoder and decoder are
soft as well, and score nearly as the GAN's samples do. The noise of a sample, from N(0, I), often falls between the
places that the encoder gives to images, and there the decoder lays one digit over another in grey (with their pixels
rounded to black and white, VAE samples come from 51 to 17). In return the VAE has a loss that says how good it is,
answers for every training image, and has a z for any x. (A learning rate that falls, as the GAN's does, was no help.)
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tqdm import trange

from minigan import cli
from minigan.backend import library
from minigan.data import load, split
from minigan.errors import ArgumentError
from minigan.gan.vae import vae_step
from minigan.metrics.frechet import Judge
from minigan.nn.activations import LeakyReLU
from minigan.nn.layers import Dense
from minigan.nn.losses import sigmoid
from minigan.nn.network import Network
from minigan.nn.optim import Adam
from minigan.recipes.builders import hidden
from minigan.recipes.presets import PRESETS
from minigan.recipes.sampling import draw_samples, streams
from minigan.runs.images import sheet, to_unit
from minigan.runs.load import load_generator
from minigan.training import Training

SIDE, N_SCORED = 8, 10_000
ZOOM, GREYS, GAP, TITLE, DPI = 2, 15, 16, 36, 100  # few greys make a small file


def train_gan(data, settings):
    """(the average of G, seconds)."""
    training, start = Training(settings, data), time.perf_counter()
    for _ in trange(settings.epochs, desc="GAN", unit="epoch", leave=False, disable=None):
        for _ in training.epoch():
            pass
    return training.average, time.perf_counter() - start


def train_vae(data, settings):
    """(encoder, decoder, (loss, KL) in nats an image over the last epoch, seconds)."""
    rngs, n, n_z, widths = streams(settings.seed), settings.batch_size, settings.latent_dim, settings.g_hidden

    def network(n_in, widths, n_out):
        layers = hidden(n_in, widths, 0, settings, [lambda: LeakyReLU(settings.g_slope)])
        return Network([*layers, Dense(widths[-1], n_out)], rngs["init"])

    encoder, decoder = network(data.n_x, widths[::-1], 2 * n_z), network(n_z, widths, data.n_x)
    optimizers, start = (Adam(encoder.theta), Adam(decoder.theta)), time.perf_counter()
    for _ in trange(settings.epochs, desc="VAE", unit="epoch", leave=False, disable=None):
        order, figures = rngs["order"].permutation(len(data.x)), []
        for i in range(0, len(order) - n + 1, n):
            eps = rngs["noise"].standard_normal((n, n_z), dtype=np.float32)
            figures.append(vae_step(encoder, decoder, *optimizers, data.batch(order[i : i + n]), eps))
    return encoder, decoder, np.mean(figures, axis=0), time.perf_counter() - start


def save_panels(path, panels, shape):
    """Write {title: samples (N, n_x) in -1..1} side by side, SIDE * SIDE of each, pixel for pixel."""
    greys = [np.rint(sheet(to_unit(x[: SIDE * SIDE], shape)) * GREYS) / GREYS for x in panels.values()]
    pictures = [np.kron(grey, np.ones((ZOOM, ZOOM))) for grey in greys]
    height, width = pictures[0].shape
    figure = Figure(figsize=((len(panels) * (width + GAP) + GAP) / DPI, (height + GAP + TITLE) / DPI), dpi=DPI)
    FigureCanvasAgg(figure)
    for i, (title, picture) in enumerate(zip(panels, pictures, strict=True)):
        left = GAP + i * (width + GAP)
        figure.figimage(picture, left, GAP, cmap="gray", vmin=0.0, vmax=1.0, origin="upper")
        x, y = (left + width / 2) / figure.bbox.width, 1.0 - TITLE / 2 / figure.bbox.height
        figure.text(x, y, title, ha="center", va="center", fontsize=13)
    figure.savefig(path, dpi=DPI)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gan", type=Path, metavar="RUN", help="folder of a run of minigan.train on digits")
    parser.add_argument(
        "--epochs", type=cli.whole(1), help="passes over the data (default: the preset's, or the run's)"
    )
    parser.add_argument("--data", choices=("auto", "mnist", "drawn"), default="auto", help="where no run is given")
    parser.add_argument("--out", type=cli.output(".png"), default=Path("gan_vs_vae.png"))
    given = parser.parse_args()

    settings = PRESETS["minigan"].with_flags(conditional=False, data=given.data)
    if given.gan:
        G, settings, _ = load_generator(given.gan)
    if settings.data not in ("auto", "mnist", "drawn"):
        raise ArgumentError(f"{given.gan} was trained on {settings.data}; give a run on mnist or drawn digits.")
    settings = settings if given.epochs is None else replace(settings, epochs=given.epochs)
    if not settings.epochs:  # of the run
        raise ArgumentError(f"{given.gan} was trained for 0 epochs; give --epochs.")
    library("cpu")
    data = load(settings.data, settings.data_dir, settings.seed, settings.vary)
    seconds = ""
    if not given.gan:
        G, gan_seconds = train_gan(data, settings)
        seconds = f"{gan_seconds:.0f} s and "
    encoder, decoder, (loss, kl), vae_seconds = train_vae(data.to(np, low=0.0), settings)
    seconds += f"{vae_seconds:.0f} s"

    rng, n_z = streams(settings.seed)["samples"], settings.latent_dim
    rows = rng.permutation(len(data.x))[:N_SCORED]
    z, eps = rng.standard_normal((2, N_SCORED, n_z), dtype=np.float32)
    h = encoder(data.to(np, low=0.0).batch(rows))
    through = h[:, :n_z] + np.exp(0.5 * h[:, n_z:]) * eps
    of_gan = draw_samples(settings, data, G, N_SCORED)
    of_vae, of_both = (2.0 * sigmoid(decoder(noise)) - 1.0 for noise in (z, through))
    train, test = split(data, settings.data_dir, settings.seed, settings.vary)
    panels = {"test images": test.batch(slice(None)), "GAN: samples": of_gan,
              "VAE: samples, as pixel means": of_vae}  # fmt: skip
    save_panels(given.out, panels, data.shape)

    judge = Judge(train, test)
    scores = map(judge.score, (of_gan, of_vae, of_both, judge.real(N_SCORED), judge.noise(N_SCORED)))
    gan, vae, both, real, noise = (f"{s.distance:.1f}, {100 * s.confidence:.0f} %" for s in scores)
    print(
        f"{given.out}: Frechet distance, confidence of the classifier: GAN {gan}; VAE {vae}; training images through "
        f"the VAE {both}; training images {real}; noise {noise}. "
        f"VAE: {loss:.1f} nats an image, KL {kl:.1f} of them. Trained for {seconds}"
    )


if __name__ == "__main__":
    cli.main(main)
