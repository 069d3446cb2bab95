"""What to run: the settings of a run, the networks that they describe, and presets, which are recipes by name."""
