"""Data-parallel training: mpiexec -n P python -m minigan.train [flags]

P processes hold the same networks and draw the same batch and noise. Each computes on its part of the rows, and one sum
over all processes makes of its gradient that of the whole batch: P processes take the steps that one would, but for the
last digits, and for Dropout, whose masks are others, as independent as before. On a GPU the sums go by the host.
"""

import os
import signal
import sys
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np

from minigan import checkpoint, models
from minigan.backend import to_host
from minigan.batchnorm import BatchNorm
from minigan.errors import ArgumentError, MiniganError


def processes():
    """MPI's communicator of all processes; None where there is one alone, and then nothing is imported."""
    size = checkpoint.processes()
    if size == 1:
        return None
    try:
        import mpi4py

        mpi4py.rc.finalize = False  # see `end`
        from mpi4py import MPI
        from threadpoolctl import threadpool_limits
    except ImportError:
        raise ArgumentError(f"to train in {size} processes takes mpi4py: pip install -e '.[mpi]'.") from None
    here = MPI.COMM_WORLD.Split_type(MPI.COMM_TYPE_SHARED).size  # processes that share the cores of this machine
    threadpool_limits(int(os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // here)))))
    return MPI.COMM_WORLD


@contextmanager
def agreed(comm):
    """An error that one process meets in here ends all; the first of them says which."""
    error = None
    try:
        yield
    except MiniganError as met:
        error = met
    errors = [e for e in (comm.allgather(error) if comm else [error]) if e]
    if errors and comm and comm.rank:
        sys.exit(errors[0].exit_code)
    if errors:
        raise errors[0]


def join(training, comm):
    """Make a Training one of comm.size that train together. Raises ArgumentError."""
    s, size, xp = training.settings, comm.size, training.xp
    if s.batch_size % size:
        raise ArgumentError(f"--batch-size {s.batch_size} has no equal parts for {size} processes.")

    def total(a):
        mine = np.ascontiguousarray(to_host(a))
        comm.Allreduce(mine, everybodys := np.empty_like(mine))
        return xp.asarray(everybodys)

    def part(x):
        return x[len(x) // size * comm.rank :][: len(x) // size]

    def share(f):  # what divides by the number of rows has counted those of this process alone
        return lambda *scores: [a / size for a in f(*scores)]

    def noise(n, labels=None, draw=training.noise):
        z = part(draw(n * size))
        return z if labels is None else xp.concatenate([z, labels], axis=1)

    def random(shape, dtype, draw=training.streams["penalty"].random):
        return part(draw((shape[0] * size, *shape[1:]), dtype))

    def mean_over(mean, a):
        return total(mean(a)) / size

    def whole_step(step, grad):
        grad[...] = total(grad)
        step(grad)

    for network in (training.G, training.D, training.average):
        network.theta[...] = xp.asarray(comm.bcast(to_host(network.theta)))
    for layer in training.G.layers + training.D.layers:
        if isinstance(layer, BatchNorm):
            layer.count = lambda a: size * len(a)  # type: ignore[method-assign]
            layer.mean_over = partial(mean_over, layer.mean_over)  # type: ignore[method-assign]
        elif hasattr(layer, "rng"):  # Dropout, whose slope depends on the shape of x alone
            layer.slope = lambda x, train, slope=layer.slope: part(slope(xp.concatenate([x] * size), train))
    objective, training.noise = training.objective, noise
    training.objective = SimpleNamespace(d=share(objective.d), g=share(objective.g))
    weights = {"r1": s.r1 / size, "wgan_gp": s.wgan_gp / size}
    training.penalty = models.penalty(replace(s, **weights), SimpleNamespace(random=random))
    for optimizer in (training.g_optimizer, training.d_optimizer):
        optimizer.step = partial(whole_step, optimizer.step)
    shares = xp.asarray(np.array([1, 1, size, size], np.float32))  # losses are shares already, D's answers are means
    training.round = lambda batches, round=training.round: total(round([part(x) for x in batches]) / shares)


def follow(training):
    """Train as one of those that write nothing. Signals are the first process's business."""
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.SIG_IGN)
    while training.rounds_done < training.rounds:
        for _ in training.epoch():
            pass


def end(comm):
    """What all processes do when all went well. MPI ends those whose others ended without it, by whatever mishap."""
    if comm:
        from mpi4py import MPI

        MPI.Finalize()
