"""Training: rounds of D's steps, G's steps and the average, fed with batches.

A listener is told about every round and epoch. What it does with them (files, pictures, printing) is not the loop's
business: see runs/recorder.py. `python -m minigan.train` is the command. End of the reader's path.
"""

import numpy as np

from minigan.gan.steps import d_step, g_step, update_average
from minigan.nn.losses import sigmoid
from minigan.recipes import builders, sampling
from minigan.recipes.schedule import anneal, bound


class Training:
    """Both networks, their optimizers and the average of G: everything that a run carries from round to round."""

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
        self.rounds_per_epoch = len(data.x) // settings.samples_per_round
        self.rounds = settings.epochs * self.rounds_per_epoch
        self.rounds_done = 0

    def noise(self, n, labels=None):
        """z (n, latent_dim), or (n, latent_dim + k) with one-hot labels (n, k)."""
        z = sampling.latent_noise(self.settings, n, self.streams["noise"], self.xp)
        return z if labels is None else np.concatenate([z, labels], axis=1)

    def round(self, batches):
        """Take a step of D on each batch of real samples, then G's steps, then move the average.

        Each batch is (N, n_x), or (N, n_x + k) with labels. Returns four figures as one array on the device: L_D, L_G,
        and D's mean answer to real and to fake samples, all from the last step of D and of G. The answer is D(x), or
        the raw score if the objective is not probabilistic.
        """
        settings = self.settings
        anneal(settings, self.g_optimizer, self.d_optimizer, self.rounds_done, self.rounds)
        penalty = self.penalty if self.rounds_done % settings.r1_every == 0 else None
        opponent = self.D.astype(self.D.theta.dtype) if settings.simultaneous else self.D  # D before its step, or after
        for x_real in batches:
            labels = x_real[:, self.data.n_x :] if settings.conditional else None
            z = self.noise(len(x_real), labels)
            fakes = self.G.forward(z) if settings.shared_noise else None
            d_loss, s_real, s_fake = d_step(self.D, self.G, self.objective, self.d_optimizer, x_real, z, penalty, fakes)
            bound(self.D, settings)
        rivals = x_real if settings.objective == "relativistic" else None
        for _ in range(settings.g_steps):
            z = z if settings.shared_noise else self.noise(len(z), labels)
            g_loss, _ = g_step(opponent, self.G, self.objective, self.g_optimizer, z, fakes, rivals)
            fakes = None  # G has moved
        if settings.ema:
            update_average(self.average, self.G, self.rounds_done, settings.ema)
        self.rounds_done += 1
        answers = (sigmoid(s_real), sigmoid(s_fake)) if settings.probable else (s_real, s_fake)
        return np.stack([d_loss, g_loss, *(answer.mean() for answer in answers)])

    def epoch(self):
        """Go through the data once, in a new order; in a resumed run, through the rest. Yields each round's figures.

        Samples that are left over after the last whole round are skipped.
        """
        n, all_n = self.settings.samples_per_step, self.settings.samples_per_round
        order = self.xp.asarray(self.streams["order"].permutation(len(self.data.x)))
        first = (self.rounds_done % self.rounds_per_epoch) * all_n
        for start in range(first, len(order) - all_n + 1, all_n):
            rows = [order[i : i + n] for i in range(start, start + all_n, n)]
            yield self.round([sampling.real_batch(self.settings, self.data, r) for r in rows])


def train(training, *listeners):
    """Train to the end, from wherever training is, and tell the listeners how it goes.

    A listener is any object with two methods. `round(figures)` is called after each round, with what `Training.round`
    returned. `epoch()` is called before the very first round and after each epoch. Listeners are called in the order
    given; an exception from one of them ends the training. See runs/recorder.py for one.
    """
    if training.rounds_done == 0:
        for listener in listeners:
            listener.epoch()
    while training.rounds_done < training.rounds:
        for figures in training.epoch():
            for listener in listeners:
                listener.round(figures)
        for listener in listeners:
            listener.epoch()
