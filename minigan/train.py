"""Train a GAN: python -m minigan.train [flags]

The whole of training is Training.round, a step of D, a step of G and a step of the average; Training.epoch feeds it
with batches. What is written down on the way is recorder.py's business. End of the reader's path.
"""

from datetime import datetime
from pathlib import Path

import numpy as np

from minigan import cli
from minigan.backend import library, to_host
from minigan.data import load
from minigan.errors import ArgumentError
from minigan.gan import d_step, g_step, update_average
from minigan.losses import sigmoid
from minigan.models import OBJECTIVES, PRESETS, Settings, discriminator, generator, streams
from minigan.optim import Adam
from minigan.recorder import Recorder


class Training:
    """Two networks, their optimizers and an average of G: all that a run carries from round to round."""

    def __init__(self, settings, data, xp=np):
        self.settings, self.xp, self.data = settings, xp, data.to(xp)
        self.streams = streams(settings.seed)
        self.G = generator(settings, data, self.streams["init"], xp)
        self.D = discriminator(settings, data, self.streams["init"], self.streams["dropout"], xp)
        self.average = generator(settings, data, xp=xp)
        self.average.theta[...] = self.G.theta
        self.objective = OBJECTIVES[settings.objective]()
        self.g_optimizer = Adam(self.G.theta, settings.lr, settings.beta1, settings.beta2)
        self.d_optimizer = Adam(self.D.theta, settings.lr, settings.beta1, settings.beta2)
        self.rounds_done = 0

    def noise(self, n, stream="noise"):
        """z (n, latent_dim), standard normal; drawn on the host, so that it is the same on every device."""
        z = self.streams[stream].standard_normal((n, self.settings.latent_dim), dtype=np.float32)
        return self.xp.asarray(z)

    def round(self, x_real):
        """One step of each network. Returns (L_D, L_G, mean D(x), mean D(G(z))) as one array, still on the device."""
        n, r1 = len(x_real), self.settings.r1
        d_loss, s_real, s_fake = d_step(self.D, self.G, self.objective, self.d_optimizer, x_real, self.noise(n), r1)
        g_loss, _ = g_step(self.D, self.G, self.objective, self.g_optimizer, self.noise(n))
        update_average(self.average, self.G, self.rounds_done, self.settings.ema)
        self.rounds_done += 1
        return self.xp.stack([d_loss, g_loss, sigmoid(s_real).mean(), sigmoid(s_fake).mean()])

    def epoch(self):
        """One pass over the data in a new order, yielding each round's figures. An incomplete batch is left out."""
        n = self.settings.batch_size
        order = self.xp.asarray(self.streams["order"].permutation(len(self.data.x)))
        for start in range(0, len(order) - n + 1, n):
            yield self.round(self.data.batch(order[start : start + n]))

    def arrays(self):
        """What a checkpoint keeps: name -> array."""
        arrays = {"G": self.G.theta, "D": self.D.theta, "average": self.average.theta}
        for name, optimizer in (("G", self.g_optimizer), ("D", self.d_optimizer)):
            arrays |= {f"{name}.{state}": getattr(optimizer, state) for state in optimizer.state}
        return arrays


def train(training, recorder):
    """Train for settings.epochs passes over the data; after each, the recorder gets samples from the same noise."""
    z = training.noise(recorder.n_samples, "grid")
    recorder.epoch(0, training.arrays(), to_host(training.average(z)))
    for epoch in range(1, training.settings.epochs + 1):
        for figures in training.epoch():
            recorder.round(figures)
        recorder.epoch(epoch, training.arrays(), to_host(training.average(z)))


def main():
    parser = cli.Parser("python -m minigan.train", "Train a GAN, by default on MNIST's digits.")
    parser.add_argument("--preset", choices=PRESETS, help="a recipe: other defaults for the flags below")
    parser.add_argument("--out", type=Path, help="folder for the run (default: runs/, named after the time)")
    parser.add_settings(Settings)
    given = vars(parser.parse_args())
    preset, out = given.pop("preset"), given.pop("out")

    settings = Settings(**PRESETS[preset or "minigan"] | given)
    xp = library(settings.device)
    data = load(settings.data, settings.data_dir, settings.seed, settings.vary)
    if preset is None and not data.is_images:
        preset = "toy"  # networks for images would be no use on points
        settings = Settings(**PRESETS["toy"] | given)
    if settings.batch_size > len(data.x):
        raise ArgumentError(f"--batch-size {settings.batch_size} is more than the {len(data.x)} samples of the data.")
    preset = preset or "minigan"
    out = out or Path("runs", f"{datetime.now():%Y%m%d-%H%M%S}-{preset}")
    training = Training(settings, data, xp)
    # A run that diverges is stopped by the recorder, which says so in one sentence; NumPy's warnings would add noise.
    with np.errstate(over="ignore", invalid="ignore"), Recorder(out, preset, settings, data) as recorder:
        train(training, recorder)


if __name__ == "__main__":
    cli.main(main)
