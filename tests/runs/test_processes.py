"""Training in several processes, played by threads: no MPI and no process is needed. test_parallel.py has real ones."""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import compare_processes
import numpy as np
import pytest

from minigan.ground.errors import ArgumentError, DataError, MiniganError
from minigan.runs import parallel, threads
from minigan.runs.subnormals import Subnormals


class Communicator:
    """What one of `size` threads has in place of MPI's communicator."""

    def __init__(self, rank, size, meeting, table):
        self.rank, self.size, self.meeting, self.table = rank, size, meeting, table

    def allgather(self, mine):
        self.table[self.rank] = mine
        self.meeting.wait(10.0)
        everybodys = list(self.table)
        self.meeting.wait(10.0)
        return everybodys

    def bcast(self, mine):
        return self.allgather(mine)[0]

    def Allreduce(self, mine, everybodys):
        everybodys[...] = sum(self.allgather(mine.copy()))  # a thread may change its own before the others have it


def together(size, work):
    """[what work(communicator) returns in each of `size` threads]."""
    meeting, table = threading.Barrier(size), [None] * size

    def one(rank):
        try:
            return work(Communicator(rank, size, meeting, table))
        except BaseException:
            meeting.abort()  # so that nobody waits for this thread
            raise

    with ThreadPoolExecutor(size) as pool:
        found = [pool.submit(one, rank) for rank in range(size)]
    errors = [f.exception() for f in found if f.exception()]
    for error in errors:
        if not isinstance(error, threading.BrokenBarrierError):
            raise error
    return [f.result() for f in found]


@pytest.mark.parametrize("case", compare_processes.CASES)
def test_several_processes_compute_the_gradient_of_one(case):
    alone = compare_processes.training(case, np.float64)
    for size in (2, 3):
        all_ = together(size, lambda comm: compare_processes.training(case, np.float64, comm))
        for one in all_:
            for name, a in alone.items():
                np.testing.assert_allclose(one[name], a, rtol=0, atol=1e-12, err_msg=name)
                assert one[name].tobytes() == all_[0][name].tobytes()


def test_the_dropout_masks_of_the_processes_together_are_the_mask_of_one():
    assert together(3, compare_processes.masks) == [True] * 3


def test_all_processes_begin_with_the_weights_of_the_first():
    def joined(comm):
        made, _ = example()
        networks = made.G, made.D, made.average
        for i, network in enumerate(networks):
            network.theta[...] += 10 * i + comm.rank
        before = [network.theta.copy() for network in networks]
        parallel.join(made, comm)
        return before, [network.theta for network in networks]

    found = together(2, joined)
    for _, after in found:
        for was, now in zip(found[0][0], after, strict=True):
            np.testing.assert_array_equal(was, now)


def example(**given):
    settings = compare_processes.Settings(**compare_processes.SMALL | {"ema": 0.5} | given)
    data = compare_processes.Dataset(np.zeros((24, 16), np.uint8), (4, 4), "")
    return compare_processes.Training(settings, data), data


def test_a_batch_that_cannot_be_divided_equally_is_refused():
    made, _ = example(batch_size=9)
    with pytest.raises(ArgumentError, match="--batch-size 9 cannot be divided equally among 2 processes"):
        parallel.join(made, SimpleNamespace(size=2, rank=0))


@pytest.fixture
def mpi(monkeypatch):
    """A stand-in for mpi4py. It counts how often a process has ended, and asks for `finalize` as it is imported."""

    class Package:
        rc = SimpleNamespace(finalize=None)
        ended = 0

        @property
        def MPI(self):
            comm = SimpleNamespace(Split_type=lambda kind: SimpleNamespace(size=self.here[kind]), allreduce=self.least)
            return SimpleNamespace(COMM_WORLD=comm, COMM_TYPE_SHARED="shared", MIN="min", Finalize=self.end)

        def least(self, share, how):
            self.finalize = self.rc.finalize
            return min(share, self.others[how])

        def end(self):
            self.ended += 1

    package = Package()
    monkeypatch.setitem(sys.modules, "mpi4py", package)
    monkeypatch.setenv("OMP_NUM_THREADS", "99")
    for name in ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    return package


@pytest.mark.parametrize(("allowed", "cores", "here", "others", "share"), [
    (8, 12, 3, 99, 4), (8, 13, 3, 99, 4), (2, 12, 3, 99, 2), (8, 12, 3, 3, 3), (None, 12, 3, 99, 1),
    (8, 1, 3, 99, 1), (8, None, 1, 99, 1),
])  # fmt: skip
def test_each_process_uses_its_share_of_the_cores(mpi, monkeypatch, allowed, cores, here, others, share):
    limits = []
    monkeypatch.setenv("PMI_SIZE", "2")
    monkeypatch.setattr(threads, "allowed", lambda: allowed)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setattr("threadpoolctl.threadpool_limits", lambda n, user_api: limits.append((n, user_api)))
    mpi.here, mpi.others = {"shared": here}, {"min": others}
    comm = parallel.communicator()
    assert comm.allreduce(0, "min") == 0
    assert limits == [(share, "blas")] and os.environ["OMP_NUM_THREADS"] == str(share)
    assert mpi.finalize is False  # the end of a process is no end of MPI: see `end`


@pytest.mark.parametrize(("sizes", "n"), [
    ({}, 1), ({"PMI_SIZE": "3"}, 3), ({"OMPI_COMM_WORLD_SIZE": "4"}, 4), ({"PMI_SIZE": "1"}, 1),
])  # fmt: skip
def test_the_number_of_processes_is_what_mpiexec_says(mpi, monkeypatch, sizes, n):
    for name, size in sizes.items():
        monkeypatch.setenv(name, size)
    monkeypatch.setitem(sys.modules, "mpi4py", None)  # it cannot be imported
    assert parallel.n_processes() == n
    if n == 1:
        assert parallel.communicator() is None
    else:
        with pytest.raises(ArgumentError, match=f"training in {n} processes needs mpi4py"):
            parallel.communicator()


def outcome(comm, error):
    """(what leaves `agreed` if this error is raised in it, or none; whether the process went on)."""
    went_on = False
    try:
        with parallel.agreed(comm):
            if error:
                raise error
        went_on = True
    except MiniganError as met:
        return met, went_on
    except SystemExit as met:
        return met.code, went_on
    return None, went_on


def test_an_error_in_one_process_ends_all_and_the_first_process_reports_the_first_error(mpi):
    two, three = ArgumentError("two"), DataError("three")
    assert (two.exit_code, three.exit_code) == (2, 3)
    for errors, found in (
        ([None, None, None], [(None, True)] * 3),
        ([None, two, None], [(two, False), (2, False), (2, False)]),
        ([None, three, two], [(three, False), (3, False), (3, False)]),
        ([two, None, None], [(two, False), (2, False), (2, False)]),
    ):
        mpi.ended = 0
        assert together(3, lambda comm, errors=errors: outcome(comm, errors[comm.rank])) == found
        assert mpi.ended == (3 if any(errors) else 0)


def test_a_process_alone_raises_its_own_errors(mpi):
    error = DataError("one")
    assert outcome(None, error) == (error, False)
    assert outcome(None, None) == (None, True)
    parallel.end(None)
    assert mpi.ended == 0


def test_a_process_that_follows_trains_without_listening_to_signals(monkeypatch):
    seen = []
    before = {signum: signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)}
    optimizer = SimpleNamespace(state=())
    training = SimpleNamespace(settings=SimpleNamespace(threads="auto"), g_optimizer=optimizer, d_optimizer=optimizer)

    def train(given, *listeners):
        seen.append((given, list(map(type, listeners)), *map(signal.getsignal, before)))

    monkeypatch.setattr(parallel, "train", train)
    try:
        parallel.follow(training)
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
    assert seen == [(training, [Subnormals], signal.SIG_IGN, signal.SIG_IGN)]
