"""Keeps long runs fast: sets the subnormal numbers in the optimizers' memory to 0.

A float32 nearer to 0 than 1.2e-38 is subnormal, and many processors take dozens of times as long to compute with it.
Where the gradient is 0, as behind a ReLU that is off for all samples, every step of SGD or Adam multiplies v and m by
the same factor. So they become subnormal, and may stay so: .8 times the smallest float32 is rounded to the smallest
float32.
"""

import numpy as np

EVERY = 100  # rounds; more often costs more time than it saves where no number is subnormal


class Subnormals:
    """A listener of `training.train`, which removes subnormal numbers every 100 rounds.

    The samples stay the same: no step divides by less than eps, so these numbers move no weight by more than 1e-30.
    """

    def __init__(self, training):
        self.training = training
        optimizers = training.g_optimizer, training.d_optimizer
        self.memory = [getattr(optimizer, name) for optimizer in optimizers for name in optimizer.state]

    def round(self, figures):
        if self.training.rounds_done % EVERY == 0:
            for values in self.memory:
                values[np.abs(values) < np.finfo(values.dtype).tiny] = 0.0

    def epoch(self):
        pass
