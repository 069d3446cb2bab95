"""The same GAN in several libraries, for benchmark.py: minigan, NumPy as in blog posts, PyTorch in three ways, JAX.

Each module has one of them, written as its users would write it. Each runs in a process of its own (processes.py), as
`python -m contenders` (__main__.py).
"""

import importlib
import itertools
from dataclasses import fields

import numpy as np

CONTENDERS = {  # name -> its module and class, and the package that it needs
    "minigan": ("ours", "Minigan", "numpy"),
    "PyTorch, tutorial": ("torch_tutorial", "Tutorial", "torch"),
    "PyTorch, expert": ("torch_expert", "Expert", "torch"),
    "torch.compile": ("torch_compiled", "Compiled", "torch"),
    "JAX, jit": ("jax_jit", "Jit", "jax"),
    "blog-style NumPy": ("blog", "Blog", "numpy"),
}


PLAIN = {  # the settings of a plain GAN, and those that only concern minigan.train
    "data", "data_dir", "vary", "seed", "threads", "log_every", "evaluate_every", "epochs", "batch_size", "latent_dim",
    "g_hidden", "d_hidden", "d_slope", "dropout", "init", "lr", "beta1", "beta2",
}  # fmt: skip
RECIPE = PLAIN | {"conditional", "g_slope", "output", "shared_noise", "r1", "r1_every", "ema", "lr_decay"}


class Contender:
    """One way to train a GAN. It takes over the settings, the data and the initial weights of a minigan Training.

    After __init__: s, the Settings; pixels (n, 784) uint8, their value `low` of black in a batch, where white is 1, and
    their labels (n,), or None if the networks get no labels; rows, an endless iterator of the row numbers of each
    batch; rounds, the number of rounds of the whole training, and t, the number of this round from 0; gamma, the weight
    of R1 in a round that has it. Raises NotImplementedError for settings that it would ignore.
    """

    can = RECIPE

    def __init__(self, training):
        self.s, data = training.settings, training.data
        missing = [f.name for f in fields(self.s) if f.name not in self.can and getattr(self.s, f.name) != f.default]
        if missing:
            raise NotImplementedError(f"it has no {', '.join(missing)}")
        self.pixels, self.low, self.labels = data.x, data.low, data.labels if self.s.conditional else None
        self.rows = batches(len(data.x), self.s.batch_size, self.s.seed)
        self.rounds, self.t = training.rounds, 0
        self.gamma = self.s.r1 * self.s.r1_every

    def penalised(self):
        """Whether this round has R1."""
        return self.gamma > 0 and self.t % self.s.r1_every == 0

    def round(self):
        """One training round: a step of D, a step of G, and whatever else the settings ask for."""
        raise NotImplementedError

    def gradients(self, x, y, z):
        """The gradients of all weight matrices, without dropout: [dW, ...] of D with R1, of D without, and of G.

        x: real samples (n, 784). y: their one-hot labels (n, k), which are also those of the fake samples, or
        None. z: noise (n, latent_dim). No weight changes.
        """
        raise NotImplementedError

    def sampler(self):
        """The weights [(W, b), ...] that draw samples: of G, or of its average if the settings ask for one."""
        raise NotImplementedError


def make(name, training):
    """The contender with this name in CONTENDERS."""
    module, cls, _ = CONTENDERS[name]
    return getattr(importlib.import_module(f"contenders.{module}"), cls)(training)


def dense(net):
    """The Dense layers of one of minigan's networks."""
    return [layer for layer in net.layers if hasattr(layer, "W")]


def weights(net):
    """The weights [(W, b), ...] of one of minigan's networks."""
    return [(layer.W.copy(), layer.b.copy()) for layer in dense(net)]


def batches(n, size, seed):
    """Row numbers of one batch after the other: pass after pass over n samples, each in a new order."""
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(n)
        yield from (order[start : start + size] for start in range(0, n - size + 1, size))


def rounds(training):
    """A function whose every call is one round of a minigan Training. It passes over the data again and again."""
    endless = itertools.chain.from_iterable(training.epoch() for _ in itertools.count())
    return lambda: next(endless)


def normal(*shape):
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


def training_of(settings, k=10):
    """A minigan Training on images of noise, as many as MNIST has, with labels of k classes: 1,000 images, repeated."""
    from minigan.data import Dataset
    from minigan.training import Training

    x = np.resize(np.random.default_rng(0).integers(0, 256, (1000, 784), np.uint8), (60_000, 784))
    return Training(settings, Dataset(x, (28, 28), "", np.arange(len(x)) % k))
