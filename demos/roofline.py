"""Where does the time of minigan's round go, and how does it grow? For benchmark.py.

The roofline is a lower bound for the time of a round: its multiplications at the speed of a large matrix product, plus
the bytes that Adam moves at the speed of a copy.
"""

import itertools
import statistics
import time
from dataclasses import replace
from typing import Any

import numpy as np
from contenders import normal, rounds, training_of

from minigan.recipes.presets import PRESETS

SIDE, BIG = 2048, 32 << 20  # sizes of the matrices and of the copy that measure the machine


def seconds(function, least=0.1):
    """The median time of a call of function(), over at least `least` seconds and three calls."""
    times: list[float] = []
    end = time.perf_counter() + least
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def products(s, k=0):
    """The matrix products of a plain round, as (rows, n_in, n_out): three lists, for the outputs of the layers, for the
    gradients of weights and for the gradients of inputs. k: the number of classes if the networks are conditional."""
    n = s.batch_size
    G = list(itertools.pairwise([s.latent_dim + k, *s.g_hidden, 784]))
    D = list(itertools.pairwise([784 + k, *s.d_hidden, 1]))
    forward = [(n, *sizes) for sizes in G + G + D] + [(2 * n, *sizes) for sizes in D]
    weights = [(n, *sizes) for sizes in G] + [(2 * n, *sizes) for sizes in D]
    inputs = [(n, *sizes) for sizes in G[1:] + D] + [(2 * n, *sizes) for sizes in D[1:]]
    return forward, weights, inputs


def flops(s, k=0):
    return sum(2.0 * np.prod(sizes) for part in products(s, k) for sizes in part)


def parts(settings):
    """Two dicts {name: function to time}: what a round is compared with, and the parts of a round."""
    training, n = training_of(settings), settings.batch_size
    for net in (training.G, training.D):
        net.grad[...] = normal(net.grad.size)
    forward, weights, inputs = products(settings)
    work = [(normal(rows, n_in), normal(n_in, n_out)) for rows, n_in, n_out in forward]
    work += [(normal(rows, n_in).T, normal(rows, n_out)) for rows, n_in, n_out in weights]
    work += [(normal(rows, n_out), normal(n_in, n_out).T) for rows, n_in, n_out in inputs if n_out > 1]
    words = 3 * n * sum(settings.d_hidden) // 4 if settings.dropout else 0
    one_unit = {name: (1,) * len(getattr(settings, name)) for name in ("g_hidden", "d_hidden")}
    square, big = normal(SIDE, SIDE), normal(BIG)
    product, copy = np.empty_like(square), np.empty_like(big)

    def adam():
        training.g_optimizer.step(training.G.grad)
        training.d_optimizer.step(training.D.grad)

    def random():
        training.noise(n), training.noise(n)
        training.streams["dropout"].bit_generator.random_raw(words)

    compared = {
        "round": rounds(training_of(settings)),
        "R1": rounds(training_of(replace(settings, r1=10.0))),
        "square": lambda: np.matmul(square, square, out=product),
        "copy": lambda: np.copyto(copy, big),
    }
    return compared, {
        "matrix products": lambda: [a @ b for a, b in work],
        "Adam": adam,
        "random numbers": random,
        "Python (a round of one sample, layers of one unit)": rounds(
            training_of(replace(settings, batch_size=1, latent_dim=1, **one_unit))
        ),
    }


def breakdown(settings):
    """Print the shares of minigan's round and its lower bound: medians of shares that are measured in turn."""
    compared, own = parts(settings)
    functions = compared | own
    cycles = [{name: seconds(function) for name, function in functions.items()} for _ in range(9)]
    shares = {name: statistics.median(c[name] / c["round"] for c in cycles) for name in functions}
    fastest, copied = (statistics.median(c[name] for c in cycles) for name in ("square", "copy"))
    _, weights, _ = products(settings)
    # For each parameter, Adam reads 4 numbers and writes 3, of 4 bytes each.
    moved = 28 * sum((n_in + 1) * n_out for _, n_in, n_out in weights)
    roof = flops(settings) / (2.0 * SIDE**3) * shares["square"] + moved / (8 * BIG) * shares["copy"]
    print(f"  with R1 a round takes {shares['R1']:.2f} times as long")
    print(f"  the roofline is at {roof:.0%} of a round (large products {2e-9 * SIDE**3 / fastest:.0f} GFLOP/s, "
          f"a copy {8e-9 * BIG / copied:.0f} GB/s)")  # fmt: skip
    named = {name: shares[name] for name in own}
    for name, share in (named | {"the rest, elementwise": 1.0 - sum(named.values())}).items():
        print(f"    {share:4.0%}  {name}")


def scaling():
    """Time minigan's round as the batch, the widths, the depth and the number of classes grow."""
    base: dict[str, Any] = {"batch_size": 128, "latent_dim": 100, "g_hidden": (512, 512), "d_hidden": (512, 512)}
    rows: dict[str, list[tuple[int, Any]]] = {
        "batch": [(n, {"batch_size": n}) for n in (16, 32, 64, 128, 256, 512, 1024)]
    }
    rows["width"] = [(w, {"g_hidden": (w, w), "d_hidden": (w, w)}) for w in (64, 128, 256, 512, 1024, 2048)]
    rows["depth"] = [(d, {"g_hidden": (512,) * d, "d_hidden": (512,) * d}) for d in (1, 2, 4, 8, 16)]
    rows["classes"] = [(k, {"conditional": k > 0}) for k in (0, 10, 100, 1000)]
    for name, cases in rows.items():
        print(f"\n{name:>10s}  ms a round  GFLOP  GFLOP/s")
        for value, change in cases:
            settings = PRESETS["small"].with_flags(**base | change)
            k = value if name == "classes" else 0
            time, work = seconds(rounds(training_of(settings, k or 10)), 2.0), flops(settings, k)
            print(f"{value:10d}  {1e3 * time:10.2f} {work / 1e9:6.2f} {work / 1e9 / time:8.0f}")
