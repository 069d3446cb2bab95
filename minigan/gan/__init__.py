"""The game: steps.py first (d_step, g_step and the average), then objectives.py and penalties.py.

The rest are cures.
"""

from minigan.gan.steps import d_step, g_step, update_average

__all__ = ["d_step", "g_step", "update_average"]
