"""What a recipe does over time: learning rates and momentum that change, and bounds on D after each of its steps."""

from minigan.gan.wgan import clip_weights
from minigan.nn.spectral import power_iteration


def bound(D, settings):
    """What keeps D's slope bounded without a penalty, after each step of D."""
    if settings.clip:
        clip_weights(D, settings.clip)
    if settings.spectral:
        power_iteration(D)


def anneal(settings, g_optimizer, d_optimizer, t, rounds):
    """Set learning rates and momentum for round t of `rounds`.

    The rates fall linearly to 0 over the last share lr_decay of the run, and by lr_factor in every round; momentum goes
    linearly from momentum to final_momentum.
    """
    s, done = settings, t / max(rounds, 1)
    factor = s.lr_factor**t * (min(1.0, max(0.0, 1.0 - done) / s.lr_decay) if s.lr_decay else 1.0)
    g_optimizer.lr, d_optimizer.lr = factor * s.lr, factor * (s.d_lr or s.lr)
    if s.final_momentum is not None:
        g_optimizer.momentum = d_optimizer.momentum = s.momentum + (s.final_momentum - s.momentum) * done
