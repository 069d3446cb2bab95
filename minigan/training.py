"""Training: rounds of steps of D, of G and of the average, fed with batches.

What is written down on the way is recorder.py's business; train.py is the command. End of the reader's path.
"""

import numpy as np

from minigan.gan.steps import d_step, g_step, update_average
from minigan.nn.losses import sigmoid
from minigan.recipes import builders, sampling
from minigan.recipes.schedule import anneal, bound


class Training:
    """Two networks, their optimizers and an average of G: all that a run carries from round to round."""

    def __init__(self, settings, data, xp=np):
        self.settings, self.xp, self.data = settings, xp, data.to(xp, low=0.0 if settings.output == "sigmoid" else -1.0)
        self.streams = sampling.streams(settings.seed)
        self.G = builders.generator(settings, data, self.streams["init"], xp)
        self.D = builders.discriminator(settings, data, self.streams["init"], self.streams["dropout"], xp)
        self.average = self.G.astype(self.G.theta.dtype) if settings.ema else self.G
        self.objective = builders.objective(settings)
        self.penalty = builders.penalty(settings, self.streams["penalty"])
        self.g_optimizer = builders.optimizer(settings, self.G.theta, settings.lr)
        self.d_optimizer = builders.optimizer(settings, self.D.theta, settings.d_lr or settings.lr)
        self.rounds_per_epoch = len(data.x) // settings.samples_a_round
        self.rounds = settings.epochs * self.rounds_per_epoch
        self.rounds_done = 0

    def noise(self, n, labels=None):
        """z (n, latent_dim), with one-hot labels (n, k) behind it."""
        z = sampling.latent_noise(self.settings, n, self.streams["noise"], self.xp)
        return z if labels is None else self.xp.concatenate([z, labels], axis=1)

    def round(self, batches):
        """A step of D on each batch of real samples, then G's steps. Returns (L_D, L_G, D's mean answer to real and to
        fake samples: D(x), or the score itself where the objective takes it for no probability), on the device."""
        s = self.settings
        anneal(s, self.g_optimizer, self.d_optimizer, self.rounds_done, self.rounds)
        if s.simultaneous:
            d_before = self.D.theta.copy()
        for x_real in batches:
            labels = x_real[:, self.data.n_x :] if s.conditional else None  # they follow the pixels, see real_batch
            z = self.noise(len(x_real), labels)
            d_loss, s_real, s_fake = d_step(self.D, self.G, self.objective, self.d_optimizer, x_real, z, self.penalty)
            bound(self.D, s)
        if s.simultaneous:  # G is to answer the D that D's step began with
            d_after = self.D.theta.copy()
            self.D.theta[...] = d_before
        for _ in range(s.g_steps):
            z = z if s.shared_noise else self.noise(len(z), labels)
            g_loss, _ = g_step(self.D, self.G, self.objective, self.g_optimizer, z)
        if s.simultaneous:
            self.D.theta[...] = d_after
        if s.ema:
            update_average(self.average, self.G, self.rounds_done, s.ema)
        self.rounds_done += 1
        answer = sigmoid if s.probable else self.xp.asarray
        return self.xp.stack([d_loss, g_loss, answer(s_real).mean(), answer(s_fake).mean()])

    def epoch(self):
        """One pass over the data in a new order, or the rest of one; yields each round's figures. Rounds are whole."""
        n, all_n = self.settings.samples_a_step, self.settings.samples_a_round
        order = self.xp.asarray(self.streams["order"].permutation(len(self.data.x)))
        for start in range(self.rounds_done % self.rounds_per_epoch * all_n, len(order) - all_n + 1, all_n):
            rows = [order[i : i + n] for i in range(start, start + all_n, n)]
            yield self.round([sampling.real_batch(self.settings, self.data, r) for r in rows])


def train(training, recorder):
    """Train to the end, from wherever training is; recorder.epoch() also before the first round, for the pictures."""
    if not training.rounds_done:
        recorder.epoch()
    while training.rounds_done < training.rounds:
        for figures in training.epoch():
            recorder.round(figures)
        recorder.epoch()
