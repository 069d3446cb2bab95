"""How long does a training round take in minigan, PyTorch, JAX and plain NumPy?

    python demos/benchmark.py
    python demos/benchmark.py --preset wide --batch-size 128
    python demos/benchmark.py --scaling

A round gathers a batch of pixels, draws noise, and does a step of D and a step of G. The benchmark times it for minigan
and for what is installed of PyTorch and JAX (contenders.py), each in its own process. First all of them must find the
same gradients. Then they take turns; each ratio compares two turns that follow each other, so it holds even if the
speed of the machine drifts.

The roofline is a lower bound for the time of a round: its multiplications at the speed of a large matrix product, plus
the bytes that Adam moves at the speed of a copy. The parts of minigan's round are timed one by one, in turn with the
whole round.

--scaling times only minigan, for growing batches, widths, depths and numbers of classes.
"""

import argparse
import contextlib
import importlib.util
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from subprocess import PIPE
from typing import Any

import contenders
import numpy as np
from contenders import normal, rounds

from minigan import cli
from minigan.backend import library
from minigan.data import Dataset
from minigan.recipes.presets import PRESETS
from minigan.training import Training

SECONDS = 1.0  # that each turn lasts; in shorter turns, small networks jump between two speeds
SIDE, BIG = 2048, 32 << 20  # sizes of the matrices and of the copy that measure the machine
FLAGS = ("batch_size", "latent_dim", "g_hidden", "d_hidden", "lr", "beta1", "beta2", "dropout", "d_slope")


def machine():
    """What the figures depend on: the processor, the library of matrix products, and versions."""
    words = [f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"]
    for package in ("numpy", "torch", "jax"):
        with contextlib.suppress(PackageNotFoundError):
            words.append(f"{package} {version(package)}")
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return ", ".join(words) + "\nunknown BLAS (pip install threadpoolctl to see which)"
    for found in threadpool_info():
        if found["user_api"] == "blas":
            core = f"core type {found.get('architecture', 'unknown')}"
            words.append(f"{found['internal_api']} {found['version']}, {core}, {found['num_threads']} threads")
    return ", ".join(words)


class Process:
    """A process that runs one contender. `first`: seconds from its start to the end of its first round."""

    def __init__(self, name, settings):
        start = time.time()
        self.process: Any = subprocess.Popen(words(name, settings), stdin=PIPE, stdout=PIPE, text=True)
        self.first = self.answer() - start

    def ask(self, what):
        print(what, file=self.process.stdin, flush=True)
        return self.answer()

    def end(self):
        self.process.kill()
        self.process.communicate()

    def answer(self):
        return json.loads(self.process.stdout.readline())


def words(name, settings, *path):
    return [sys.executable, contenders.__file__, name, json.dumps(settings), *path]


def gradients(name, settings):
    """The gradients [dW, ...] of D and G that a contender finds. Raises RuntimeError if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "gradients.npz"))
        done = subprocess.run(words(name, settings, path), capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.strip().splitlines()[-1][:100])
        with np.load(path) as file:
            return [file[part] for part in file.files]


def that_agree(settings):
    """The names of the contenders that are installed. Raises AssertionError unless all find the same gradients."""
    names, expected = ["minigan"], gradients("minigan", settings)
    for name, kind in contenders.CONTENDERS.items():
        if name in names:
            continue
        if kind.needs and not importlib.util.find_spec(kind.needs):
            print(f"  {name}: not installed")
            continue
        try:
            found = gradients(name, settings)
        except RuntimeError as error:
            print(f"  {name}: {error}")
            continue
        for ours, theirs in zip(expected, found, strict=True):
            assert np.abs(ours - theirs).max() <= 1e-5 * np.abs(ours).max(), f"{name} finds different gradients"
        names.append(name)
    return names


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
    """The matrix products of a round, as (rows, n_in, n_out): three lists, for the outputs of the layers, for the
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


def training_of(settings, n_classes=0):
    x = contenders.pixels()
    labels = np.arange(len(x)) % n_classes if n_classes else None
    return Training(settings, Dataset(x, (28, 28), "", labels), library("cpu"))


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


def compare(preset, batch_size, laps):
    settings = PRESETS[preset].with_flags(batch_size=batch_size)
    print(f"\n{preset}, batch {batch_size}")
    given = {name: getattr(settings, name) for name in FLAGS}
    processes = {}
    try:
        for name in that_agree(given):
            processes[name] = Process(name, given)
        turns = [{name: process.ask(SECONDS) for name, process in processes.items()} for _ in range(laps + 1)]
        memory = {name: process.ask("memory") for name, process in processes.items()}
    finally:
        for process in processes.values():
            process.end()
    times = {name: [lap[name] for lap in turns[1:]] for name in processes}  # without the first lap, which warms up
    print("                      ms a round   speed-up of minigan            first round   peak memory")
    for name, theirs in times.items():
        ratios = sorted(b / a for a, b in zip(times["minigan"], theirs, strict=True))
        spread = f"{statistics.median(ratios):5.2f}  ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        print(f"  {name:20s} {1e3 * statistics.median(theirs):10.2f}   {'' if name == 'minigan' else spread:28s}"
              f" {processes[name].first:9.2f} s {memory[name] or 0:10.0f} MB")  # fmt: skip
    breakdown(settings)


def scaling():
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
            time, work = seconds(rounds(training_of(settings, k)), 2.0), flops(settings, k)
            print(f"{value:10d}  {1e3 * time:10.2f} {work / 1e9:6.2f} {work / 1e9 / time:8.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--preset",
        choices=("small", "wide"),
        nargs="+",
        default=["small", "wide"],
        help="networks to time (default: both)",
    )
    parser.add_argument(
        "--batch-size",
        type=cli.whole(1),
        nargs="+",
        default=[64, 128, 512],
        help="batch sizes to time (default: 64 128 512)",
    )
    parser.add_argument("--laps", type=cli.whole(1), default=9, help="turns of each contender (default: 9)")
    parser.add_argument("--scaling", action="store_true", help="time minigan alone, as batch and networks grow")
    given = parser.parse_args()
    print(machine())
    if given.scaling:
        return scaling()
    for preset, batch_size in itertools.product(given.preset, given.batch_size):
        compare(preset, batch_size, given.laps)


if __name__ == "__main__":
    cli.main(main)
