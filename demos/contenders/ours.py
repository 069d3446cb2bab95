"""minigan: what `python -m minigan.train` does in a round."""

import numpy as np

from contenders import Contender, dense, rounds, weights
from minigan.gan.steps import d_step, g_step
from minigan.nn.layers import Dropout
from minigan.nn.optim import SGD


class Minigan(Contender):
    def __init__(self, training):
        super().__init__(training)
        self.training, self.next_round = training, rounds(training)

    def round(self):
        self.next_round()

    def gradients(self, x, y, z):
        t = self.training
        for layer in t.D.layers:
            if isinstance(layer, Dropout):
                layer.rate = 0.0
        x, z = ((a if y is None else np.concatenate([a, y], axis=1)) for a in (x, z))
        found = []
        for penalty in (t.penalty, None):
            d_step(t.D, t.G, t.objective, SGD(t.D.theta, 0.0), x, z, penalty)
            found += [layer.dW.copy() for layer in dense(t.D)]
        g_step(t.D, t.G, t.objective, SGD(t.G.theta, 0.0), z)
        return found + [layer.dW.copy() for layer in dense(t.G)]

    def sampler(self):
        return weights(self.training.average)
