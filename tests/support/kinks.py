"""What happens at a kink and close to it. There is no derivative to check at a kink, so the values are written here."""

import numpy as np

from minigan import Hinge, LeakyReLU


def check_kinks():
    _, slope = LeakyReLU(0.2).forward(np.array([-1.0, 0.0, 1e-30]))
    assert slope.tolist() == [0.2, 0.2, 1.0]
    at_kink_and_beyond = np.array([[1.0], [1.0005]])
    loss, ds_real, ds_fake = Hinge().d(at_kink_and_beyond, -at_kink_and_beyond)
    assert (loss, ds_real.tolist(), ds_fake.tolist()) == (0.0, [[0.0], [0.0]], [[0.0], [0.0]])
