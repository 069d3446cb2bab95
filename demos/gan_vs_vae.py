"""A GAN and a VAE on the same layers: which samples look better, and why?

    python demos/gan_vs_vae.py

Trains the GAN of the preset minigan-0.1, without labels, and a VAE (minigan/gan/vae.py) whose decoder is as large as G
and whose encoder is its mirror image. With --gan RUN it takes the generator of that run instead of training one. Draws
samples of both beside test images; a sample of the VAE is the mean of its pixels, the sigmoid of their logits. It takes
about three minutes, the first time half a minute more, and prints (metrics/frechet.py, 10,000 samples of each):

                                        Frechet distance   confidence of the classifier
    GAN                                              2.3                           94 %
    VAE                                             50.9                           86 %
    training images through the VAE                  3.6                           98 %
    training images                                  1.3                           99 %
    noise                                          333.6                           68 %

The GAN's strokes are as white and sharp as MNIST's, but ragged, with loose specks, and some digits fall to pieces. The
VAE's are smooth and soft, and many a sample is a mixture of two digits. A loss per pixel asks for softness: of all
images that a z may stand for, the decoder does best to give the mean. A D would recognise grey strokes at once.

But softness is not why the VAE's distance is so much larger. Training images that went through encoder and decoder are
soft as well, and score nearly as well as the GAN's samples. The reason is the noise: a z from N(0, I) often falls
between the places where the encoder puts images, and there the decoder blends one digit into another in grey. If the
pixels of the VAE's samples are rounded to black and white, their distance falls from 50.9 to 17.3.

In return, the VAE has a loss that says how good it is, must account for every training image, and finds a z for any
image. A learning rate that decays, as the GAN's does, did not help the VAE.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tqdm import trange

from minigan.data import load, split
from minigan.gan.vae import vae_step
from minigan.ground import cli
from minigan.ground.errors import ArgumentError
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

SIDE, N_SCORED = 8, 10_000  # a panel has SIDE x SIDE samples
ZOOM, GREYS, GAP, TITLE, DPI = 2, 15, 16, 36, 100  # of the picture; few greys make a small file


def train_gan(data, settings):
    """Train a GAN. Returns the average of G, and the seconds that it took."""
    training, start = Training(settings, data), time.perf_counter()
    for _ in trange(settings.epochs, desc="GAN", unit="epoch", leave=False, disable=None):
        for _ in training.epoch():
            pass
    return training.average, time.perf_counter() - start


def train_vae(data, settings):
    """Train a VAE. Returns (encoder, decoder, (loss, KL) in nats per image over the last epoch, seconds)."""
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
    """Draw panels, {title: samples (N, n_x) in -1..1}, side by side: the first SIDE * SIDE samples of each."""
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
    parser.add_argument("--gan", type=Path, metavar="RUN", help="folder of a run on digits; its generator is used")
    parser.add_argument(
        "--epochs", type=cli.whole(1), help="passes over the data (default: as many as the preset or the run has)"
    )
    parser.add_argument(
        "--data", choices=("auto", "mnist", "drawn"), default="auto", help="data set, if no run is given"
    )
    parser.add_argument(
        "--out",
        type=cli.output(".png"),
        default=Path("gan_vs_vae.png"),
        help="picture to write (default: gan_vs_vae.png)",
    )
    given = parser.parse_args()

    settings = PRESETS["minigan-0.1"].with_flags(conditional=False, data=given.data)
    if given.gan:
        G, settings, _ = load_generator(given.gan)
    if settings.data not in ("auto", "mnist", "drawn"):
        raise ArgumentError(f"{given.gan} was trained on {settings.data}; give a run on MNIST or on drawn digits.")
    settings = settings if given.epochs is None else replace(settings, epochs=given.epochs)
    if not settings.epochs:  # a run of 0 epochs
        raise ArgumentError(f"{given.gan} was trained for 0 epochs; give --epochs.")
    data = load(settings.data, **settings.of_data)
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
    train, test = split(data)
    panels = {"test images": test.batch(slice(None)), f"GAN{' told labels' * settings.conditional}: samples": of_gan,
              "VAE: samples, as pixel means": of_vae}  # fmt: skip
    save_panels(given.out, panels, data.shape)

    judge = Judge(train, test)
    print(f"{'':36}Frechet distance   confidence of the classifier")
    rows = {"GAN": of_gan, "VAE": of_vae, "training images through the VAE": of_both,
            "training images": judge.real(N_SCORED), "noise": judge.noise(N_SCORED)}  # fmt: skip
    for title, x in rows.items():
        score = judge.score(x)
        print(f"{title:36}{score.distance:16.1f}{100 * score.confidence:29.0f} %")
    print(f"VAE: {loss:.1f} nats per image, {kl:.1f} of them KL divergence. Training took {seconds}.")
    print(given.out)


if __name__ == "__main__":
    cli.main(main)
