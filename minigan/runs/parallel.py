"""Data-parallel training: mpiexec -n P python -m minigan.train [flags]

P processes hold the same networks and draw the same batch and noise. Each process computes on an equal part of the
rows. The mean of their gradients is the gradient of the whole batch, so P processes take the same steps as one, up to
rounding. Only Dropout's masks differ; they are just as independent. On a GPU the means are computed on the host.
"""

import os
import signal
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace

import numpy as np

from minigan.ground.backend import to_host
from minigan.ground.errors import ArgumentError, MiniganError
from minigan.nn.batchnorm import BatchNorm
from minigan.nn.layers import Dropout
from minigan.recipes import builders
from minigan.runs import threads
from minigan.runs.subnormals import Subnormals
from minigan.training import train


def n_processes():
    """How many processes mpiexec has started to train together; 1 without it."""
    return max(int(os.environ.get(name, 1)) for name in ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE"))


def communicator():
    """MPI's communicator of all processes; None if there is only one, and then nothing is imported.

    From then on, BLAS uses no more threads than this process's share of the cores.
    Raises ArgumentError if mpi4py is not installed.
    """
    size = n_processes()
    if size == 1:
        return None
    try:
        import mpi4py

        mpi4py.rc.finalize = False  # see `end`
        from mpi4py import MPI
    except ImportError:
        raise ArgumentError(f"training in {size} processes needs mpi4py: pip install -e '.[mpi]'.") from None
    from threadpoolctl import threadpool_limits

    comm = MPI.COMM_WORLD
    here = comm.Split_type(MPI.COMM_TYPE_SHARED).size  # processes that share the cores of this machine
    share = min(threads.allowed() or 1, max(1, (os.cpu_count() or 1) // here))
    share = comm.allreduce(share, MPI.MIN)  # the same number in all processes
    threadpool_limits(share, user_api="blas")
    os.environ["OMP_NUM_THREADS"] = str(share)  # for the runs that demos/tables.py starts
    return comm


@contextmanager
def agreed(comm):
    """If one process raises a MiniganError in here, all processes end. The first process reports the first error."""
    error = None
    try:
        yield
    except MiniganError as met:
        error = met
    errors = [e for e in (comm.allgather(error) if comm else [error]) if e]
    if errors:
        says = not comm or comm.rank == 0
        end(comm)  # together; otherwise MPI might kill the process that reports the error
        raise errors[0] if says else SystemExit(errors[0].exit_code)


def join(training, comm):
    """Make a Training one of comm.size processes that train together.

    Raises ArgumentError unless the batch can be divided equally.
    """
    s, size, xp = training.settings, comm.size, training.xp
    if s.batch_size % size:
        raise ArgumentError(f"--batch-size {s.batch_size} cannot be divided equally among {size} processes.")

    def mean(a):
        mine = np.ascontiguousarray(to_host(a))
        comm.Allreduce(mine, everybodys := np.empty_like(mine))
        return xp.asarray(everybodys) / size

    def part(x):
        return x[len(x) // size * comm.rank :][: len(x) // size]

    def noise(n, labels=None, draw=training.noise):
        z = part(draw(n * size))
        return z if labels is None else xp.concatenate([z, labels], axis=1)

    def part_of(draw):
        return lambda shape, *how, **named: part(draw((shape[0] * size, *shape[1:]), *how, **named))

    def whole_step(step, grad):
        grad[...] = mean(grad)
        step(grad)

    for network in (training.G, training.D, training.average):
        network.theta[...] = xp.asarray(comm.bcast(to_host(network.theta)))
    for layer in training.G.layers + training.D.layers:
        if isinstance(layer, BatchNorm):
            layer.count = lambda a: size * len(a)  # type: ignore[method-assign]
            layer.mean_over = lambda a, own=layer.mean_over: mean(own(a))  # type: ignore
        elif isinstance(layer, Dropout):
            layer.draw = part_of(layer.draw)  # type: ignore[method-assign]
    training.noise = noise
    training.penalty = builders.penalty(s, SimpleNamespace(random=part_of(training.streams["penalty"].random)))
    for optimizer in (training.g_optimizer, training.d_optimizer):
        optimizer.step = partial(whole_step, optimizer.step)
    training.round = lambda batches, own=training.round: mean(own([part(x) for x in batches]))


def follow(training):
    """Train as one of the processes that write nothing. Only the first process listens to signals."""
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.SIG_IGN)
    with threads.limited(training.settings.threads):
        train(training, Subnormals(training))


def end(comm):
    """End together with the other processes, after success or after an error that all know of.

    If a process ends in another way, MPI kills the others.
    """
    if comm:
        from mpi4py import MPI

        MPI.Finalize()
