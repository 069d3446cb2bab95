"""What happens around the steps of a round: learning rates and momentum change, and D's weights are kept bounded."""

from minigan.gan.wgan import clip_weights
from minigan.nn.spectral import power_iteration


def anneal(settings, g_optimizer, d_optimizer, t, rounds):
    """Set the learning rates and the momentum for round t of `rounds`.

    The learning rates fall linearly to 0 during the last lr_decay of the run, where lr_decay is a share from 0 to 1.
    Each round also multiplies them by lr_factor. The momentum moves linearly from momentum to final_momentum.
    """
    s, done = settings, t / max(rounds, 1)
    factor = s.lr_factor**t
    if s.lr_decay:
        factor *= min(1.0, max(0.0, 1.0 - done) / s.lr_decay)
    g_optimizer.lr, d_optimizer.lr = factor * s.lr, factor * (s.d_lr or s.lr)
    if s.final_momentum is not None:
        g_optimizer.momentum = d_optimizer.momentum = s.momentum + (s.final_momentum - s.momentum) * done


def bound(D, settings):
    """After each step of D: clip its weights, or update the norms that spectral normalisation divides by."""
    if settings.clip:
        clip_weights(D, settings.clip)
    if settings.spectral:
        power_iteration(D)
