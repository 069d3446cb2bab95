"""How many threads BLAS, the library behind NumPy's matrix products, uses in a run (--threads).

BLAS divides a product into one part for each thread and waits for the last part. Two threads on two idle cores are
faster than one. But if another program uses one of the cores, a part has to wait for its turn, and a product takes
several times as long. For small matrices, many threads cost more than they save. So "auto" measures at the start of a
run which number of threads is fastest now.
"""

import statistics
import time
from contextlib import nullcontext
from dataclasses import replace
from itertools import cycle

import numpy as np

from minigan.recipes.builders import discriminator, generator

TURNS, BURST = 5, 0.01  # how often each number of threads is measured, and for how many seconds
PASSES = 8  # over each product, in the place of biases, activations and Adam; only one thread works on them
MOST_ROWS = 512  # of a batch; with more, a single product would take too long
TIE = 1.05  # if two numbers of threads differ by less than this factor in time, the smaller one is used


def settled(settings, data, given, resumed=False, shared=False):
    """Settings with the number of threads to use, and what was measured in words ("" if nothing was).

    given: the flags of this start, as a dict. A number among them is used as it is.
    resumed: whether a run continues. It keeps its number of threads, unless BLAS may use only fewer now.
    shared: whether the run has several processes. They wait for each other in every step, so that none can measure by
    itself; each uses its share of the cores, see parallel.py.

    The settings of a GPU run, or with a BLAS that threadpoolctl does not know, stay as they are.
    """
    most = allowed()
    if settings.device != "cpu" or most is None:
        return settings, ""
    asked, words = settings.threads, ""
    if asked != "auto":
        n = asked if "threads" in given else min(asked, most)
    elif most == 1 or shared or (resumed and "threads" not in given):  # resumed: a run of version 0.1
        n = most
    else:
        seconds = measure(list(products(settings, data)), candidates(most))
        n = fastest(seconds)
        words = f"{n} of {most}: " + told(seconds, n)
    return replace(settings, threads=n), words


def allowed():
    """How many threads BLAS would use now: all cores, or what an environment variable or a limit says.

    None if threadpoolctl does not know the BLAS of this process.
    """
    from threadpoolctl import threadpool_info

    return max((found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"), default=None)


def limited(n):
    """A context manager: BLAS uses n threads inside it, and its old number afterwards. "auto" changes nothing."""
    if n == "auto":
        return nullcontext()
    from threadpoolctl import threadpool_limits

    return threadpool_limits(n, user_api="blas")


def candidates(most):
    """1, 2, 4 ... and most."""
    return sorted({2**k for k in range(most.bit_length())} | {most})


def products(settings, data):
    """Yield pairs of matrices: the factors of the products that G and D compute forward and backward."""
    n = min(settings.batch_size, MOST_ROWS)
    for network, rows in (
        (generator(settings, data), n * settings.packing),
        (discriminator(settings, data, dropout_rng=np.random.default_rng(0)), 2 * n),  # real and fake samples
    ):
        for layer in network.layers:
            if "W" in layer.parameters:
                W = np.ones(layer.parameters["W"], np.float32)
                x, dy = (np.ones((rows, width), np.float32) for width in W.shape)
                yield from ((x, W), (x.T, dy), (dy, W.T))  # y, dW and dx


def measure(pairs, numbers, controller=None, now=time.perf_counter):
    """How many seconds all products take with each number of threads, as a dict: number -> median of TURNS bursts.

    The numbers take turns, so that other programs disturb all of them alike. A burst is long enough for the system to
    give a thread's core to another program. It ends on time, however slow the products are.
    """
    if controller is None:
        from threadpoolctl import ThreadpoolController

        controller = ThreadpoolController()
    work = [a.size * b.shape[1] for a, b in pairs]
    rest = {n: cycle(zip(pairs, work, strict=True)) for n in numbers}
    found: dict[int, list[float]] = {n: [] for n in numbers}
    for _ in range(TURNS):
        for n in numbers:
            with controller.limit(limits=n, user_api="blas"):
                start, done = now(), 0
                while (spent := now() - start) < BURST:
                    (a, b), size = next(rest[n])
                    c = a @ b
                    for _ in range(PASSES):
                        c *= 0.5
                    done += size
            found[n].append(spent / done * sum(work))
    return {n: statistics.median(seconds) for n, seconds in found.items()}


def fastest(seconds):
    """The number of threads to use. seconds: number -> time."""
    best = min(seconds.values())
    return min(n for n, its in seconds.items() if its <= TIE * best)


def told(seconds, n):
    """What was measured, in words."""
    others = [f"with {m} thread{'s' * (m > 1)} {1e3 * seconds[m]:.1f} ms" for m in seconds if m != n]
    return ", ".join([f"the layers' matrix products take {1e3 * seconds[n]:.1f} ms", *others])
