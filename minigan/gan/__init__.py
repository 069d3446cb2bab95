"""The game: steps.py first (d_step, g_step and the average), then objectives.py and penalties.py.

The others are variants and cures: more_objectives.py, wgan.py, conditional.py and packing.py. vae.py is a VAE on the
same layers, to compare with.
"""

from minigan.gan.steps import d_step, g_step, update_average

__all__ = ["d_step", "g_step", "update_average"]
