"""How much faster are several processes? Measured here, and computed for several machines.

    python demos/scaling.py

This needs minigan's extra `mpi` and an MPI with mpiexec. It times the rounds of a few presets in one process that uses
all cores, in one process with one core, and under mpiexec in one process per core; and how long the processes take to
sum their gradients. From that it computes the speed of 2 to 64 machines like this one on a network of 10 and of 100
Gbit/s. A ring sums n bytes over P machines in 2 (P - 1) / P n / B seconds, with B in bytes per second, and each of its
2 (P - 1) steps adds LATENCY. The computation is divided evenly.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from itertools import product

import numpy as np

from minigan.data import load
from minigan.ground import cli
from minigan.recipes.presets import PRESETS
from minigan.runs import parallel
from minigan.training import Training

NAMES, BATCHES, MACHINES = ("small", "minigan", "wide"), (128, 8192), (1, 2, 4, 8, 16, 32, 64)
GBITS, LATENCY = (10, 100), 20e-6
SECONDS = 2.0  # that each measurement lasts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    if parser.parse_args().measure:
        measure()
        return
    cores = os.cpu_count() or 1
    ways = {f"1 process, {cores} threads": (1, cores), "1 process, 1 thread": (1, 1),
            f"{cores} processes, 1 thread each": (cores, 1)}  # fmt: skip
    found = {way: timed(*how) for way, how in ways.items()}
    for way, how in ways.items():  # twice, and the faster one counts: other programs may have used the cores
        for key, cell in timed(*how).items():
            found[way][key] = min(found[way][key], cell, key=lambda cell: cell["round"])
    alone, together = found["1 process, 1 thread"], found[f"{cores} processes, 1 thread each"]
    print("\nseconds per round; in brackets, the speed-up over 1 process with 1 thread\n")
    print(" " * 30 + "".join(f"{name + ', ' + str(batch):>22}" for name, batch in product(NAMES, BATCHES)))
    for way, cells in found.items():
        words = (f"{cell['round']:.4f} ({alone[key]['round'] / cell['round']:.2f})" for key, cell in cells.items())
        print(f"{way:30}" + "".join(f"{word:>22}" for word in words))
    shares = (f"{100.0 * cell['sums'] / cell['round']:.0f} %" for cell in together.values())
    print(f"{'of that, summing gradients':30}" + "".join(f"{share:>22}" for share in shares))
    print(f"{'numbers in the gradients':30}" + "".join(f"{cell['numbers']:>22}" for cell in together.values()))
    best = {key: min(cells[key]["round"] for cells in found.values()) for key in alone}
    print("\ncomputed: the speed-up over one machine, for each number of machines\n")
    print(" " * 40 + "".join(f"{n:>8}" for n in MACHINES))
    for key, gbit in product(alone, GBITS):
        speeds = [speed(best[key], 4.0 * alone[key]["numbers"], gbit, n) for n in MACHINES]
        print(f"{key + f', {gbit} Gbit/s':40}" + "".join(f"{s:>8.2f}" for s in speeds))


def speed(seconds, size, gbit, n):
    """The speed-up of n machines over one, if a round takes `seconds` on one and they sum `size` bytes of gradients."""
    sums = 2 * (n - 1) / n * size / (gbit * 1e9 / 8) + 2 * 2 * (n - 1) * LATENCY if n > 1 else 0.0  # two sums per round
    return seconds / (seconds / n + sums)


def timed(processes, threads):
    """Run `measure` in this many processes with this many threads each; return what it finds."""
    words = [sys.executable, __file__, "--measure"]
    words = words if processes == 1 else ["mpiexec", "-n", str(processes), *words]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(words, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def measure():
    """Print as JSON, for each preset and batch size: seconds of a round, seconds of its sums, and numbers summed."""
    comm, data, found = parallel.communicator(), load("drawn"), {}
    for name, batch in product(NAMES, BATCHES):
        settings = replace(PRESETS[name].with_flags(), data="drawn", batch_size=batch, epochs=10**6)
        training = Training(settings, data)
        if comm:
            parallel.join(training, comm)
        rounds = (figures for _ in range(settings.epochs) for figures in training.epoch())
        gradients = [network.grad.copy() for network in (training.D, training.G)]

        def sums(gradients=gradients):
            for gradient in gradients:
                comm.Allreduce(gradient, np.empty_like(gradient))

        found[f"{name}, {batch}"] = {
            "round": per(lambda rounds=rounds: next(rounds), comm),
            "sums": per(sums, comm) if comm else 0.0,
            "numbers": sum(map(len, gradients)),
        }
    if not comm or comm.rank == 0:
        print(json.dumps(found))
    parallel.end(comm)


def per(work, comm):
    """The median seconds of a call of work(), over about SECONDS; all processes make the same number of calls."""
    work()
    start = time.perf_counter()
    work()
    n = max(3, int(SECONDS / (time.perf_counter() - start)))
    n = comm.bcast(n) if comm else n
    times = []
    for _ in range(n):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


if __name__ == "__main__":
    cli.main(main)
