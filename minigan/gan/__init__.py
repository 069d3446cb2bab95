"""The game. Read steps.py first, then objectives.py and penalties.py.

    steps.py             one step of D, one step of G, and the average of G
    objectives.py        what D and G want
    penalties.py         R1, a penalty on D's slope, and how to differentiate a gradient

The others are variants and cures, for when the plain game fails:

    more_objectives.py   least squares, Wasserstein, hinge, label smoothing
    wgan.py              WGAN-GP's penalty and clipped weights
    conditional.py       labels for both networks
    packing.py           a D that judges several samples at once
    vae.py               a variational autoencoder on the same layers, to compare with
"""

from minigan.gan.steps import d_step, g_step, update_average

__all__ = ["d_step", "g_step", "update_average"]
