"""What test_parallel.py runs under mpiexec: is the gradient of P processes the gradient of one? Prints JSON.

For each case and dtype it trains one round of plain SGD from the same weights, once alone and once with the others.
"""

import json
import sys

import numpy as np

from minigan.data import Dataset
from minigan.recipes import builders
from minigan.recipes.settings import OBJECTIVES, Settings
from minigan.runs import parallel
from minigan.training import Training

SMALL = {"batch_size": 24, "g_hidden": (12, 9), "d_hidden": (10, 8), "latent_dim": 5, "optimizer": "sgd", "lr": 0.1,
         "epochs": 1, "beta1": 0.5}  # fmt: skip
CASES = {
    **{name: {"objective": name} for name in OBJECTIVES if name != "wasserstein"},
    "wasserstein, clip": {"objective": "wasserstein", "clip": 0.5},
    "r1": {"r1": 2.0},
    "wgan-gp": {"objective": "wasserstein", "wgan_gp": 10.0},
    "conditional, r1": {"conditional": True, "r1": 2.0},
    "packing, wgan-gp": {"packing": 2, "wgan_gp": 10.0},
    "label-smoothing": {"label_smoothing": 0.1},
    "spectral": {"spectral": True},
    "maxout": {"maxout": 3},
    "batchnorm": {"g_batchnorm": 2, "d_batchnorm": 1},
    "two steps of each": {"d_steps": 2, "g_steps": 2},
    "simultaneous, shared noise": {"simultaneous": True, "shared_noise": True, "ema": 0.9},
}


def training(case, dtype, comm=None):
    settings = Settings(**SMALL | CASES[case])
    rng, n = np.random.default_rng(0), settings.samples_per_round
    data = Dataset(rng.integers(0, 256, (n, 16)).astype(np.uint8), (4, 4), "", np.arange(n) % 3)
    made = Training(settings, data)
    same = made.average is made.G
    made.G, made.D = made.G.astype(dtype), made.D.astype(dtype)
    made.average = made.G if same else made.G.astype(dtype)
    made.g_optimizer = builders.optimizer(settings, made.G.theta, settings.lr)
    made.d_optimizer = builders.optimizer(settings, made.D.theta, settings.lr)
    if comm:
        parallel.join(made, comm)
    (figures,) = made.epoch()
    return {"G": made.G.grad, "D": made.D.grad, "weights of G": made.G.theta, "weights of D": made.D.theta,
            "average": made.average.theta, "figures": figures}  # fmt: skip


def compare(comm):
    """case -> dtype -> the largest difference between any two numbers, all of which are about 1 or less."""
    errors = {}
    for case in CASES:
        for dtype in (np.float32, np.float64):
            one, all_ = training(case, dtype), training(case, dtype, comm)
            worst = max(float(np.abs(one[name] - all_[name]).max()) for name in one)
            everybody = comm.allgather({name: a.tobytes() for name, a in all_.items()})
            assert all(e == everybody[0] for e in everybody), f"{case}: the processes hold different numbers"
            errors.setdefault(case, {})[np.dtype(dtype).name] = worst
    return errors


def masks(comm):
    """Whether the Dropout masks of the processes, put together, are one mask for all rows."""
    settings = Settings(**SMALL | {"dropout": 0.5})
    data = Dataset(np.zeros((24, 16), np.uint8), (4, 4), "")
    alone, made = Training(settings, data), Training(settings, data)
    parallel.join(made, comm)
    whole, mine = (next(layer for layer in t.D.layers if hasattr(layer, "rng")) for t in (alone, made))
    x = np.ones((6 * comm.size, 10), np.float32)
    parts = np.concatenate(comm.allgather(mine.forward(x[:6])[0]))
    return bool((parts == whole.forward(x)[0]).all() and 0.2 < (parts == 0).mean() < 0.8)


if __name__ == "__main__":
    comm = parallel.communicator()
    found = {"masks": masks(comm), "errors": compare(comm)}
    if comm.rank == 0:
        json.dump(found, sys.stdout)
    parallel.end(comm)
