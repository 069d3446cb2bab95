"""Training in several processes, under a real mpiexec: they compute the gradient of one, and all end together."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import fake_device
import numpy as np
import pytest
from random_draws import same_numbers
from small_runs import small

from minigan.ground.backend import to_host
from minigan.recipes.presets import PRESETS
from minigan.runs import checkpoint, parallel
from minigan.training import Training

SUPPORT = Path(__file__).parents[1] / "support"
needs_mpi = pytest.mark.skipif(
    not (find_spec("mpi4py") and shutil.which("mpiexec")), reason="needs MPI: pip install -e '.[mpi]' mpich"
)
SMALL = (
    *("--data", "own.npz", "--conditional", "--batch-size", 8, "--latent-dim", 3, "--g-hidden", 8, "--d-hidden", 8, 8),
    *("--log-every", 2),
)


def start(n, *words, **how):
    words = ["mpiexec", "-n", n, sys.executable, *words]
    return subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **how)


def mpi(n, *words, **how):
    """(exit code, stdout, stderr) of n Python processes under mpiexec."""
    with start(n, *words, **how) as process:
        out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.fixture
def own(tmp_path, monkeypatch, rng):
    monkeypatch.chdir(tmp_path)
    np.savez("own.npz", images=rng.integers(0, 256, (40, 6, 6)).astype(np.uint8), labels=np.arange(40) % 3)


def rows(run):
    with open(f"{run}/metrics.csv", newline="", encoding="utf-8") as file:
        return [{k: v for k, v in row.items() if k != "rounds_per_second"} for row in csv.DictReader(file)]


@needs_mpi
@pytest.mark.parametrize("n", [2, 4])
def test_several_processes_compute_the_gradient_of_one(n):
    code, out, err = mpi(n, SUPPORT / "compare_processes.py")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["masks"]
    assert len(found["errors"]) == 16
    for case, error in found["errors"].items():
        assert error["float64"] < 1e-12 and error["float32"] < 1e-6, (case, error)


@needs_mpi
def test_two_processes_write_one_run_that_can_be_resumed(own):
    code, out, err = mpi(2, "-m", "minigan.train", *SMALL, "--epochs", 4, "--out", "whole")
    assert (code, err) == (0, "")
    assert out.count("writing  whole/") == 1 and Path("whole/report.html").exists()
    mpi(2, "-m", "minigan.train", *SMALL, "--epochs", 2, "--lr-decay", 0, "--out", "two")
    mpi(2, "-m", "minigan.train", *SMALL, "--epochs", 4, "--lr-decay", 0, "--out", "four")
    code, out, err = mpi(2, "-m", "minigan.train", "--resume", "two", "--epochs", 4)
    assert (code, err) == (0, "") and "resumed  after round 10\n" in out
    assert rows("two") == rows("four")
    arrays, expected = checkpoint.load("two")[0], checkpoint.load("four")[0]
    assert all((arrays[name] == expected[name]).all() for name in expected)
    code, out, err = mpi(1, "-m", "minigan.train", "--resume", "two", "--epochs", 5)
    assert (code, err) == (0, "")
    assert "resumed  after round 20; results may differ: " in out and "processes 1, not 2" in out


@needs_mpi
@pytest.mark.parametrize("given", [(), ("--threads", 3)])
def test_each_process_uses_its_share_of_the_cores_or_the_number_given(own, given):
    """All use the same number. The first line of the program shows what a process would use alone."""
    program = """
import os
from minigan import train
from minigan.ground import cli
from minigan.runs import threads
from minigan.training import Training
alone, whole = threads.allowed(), Training.round
def round(self, batches):
    if self.rounds_done == 0:
        print("alone", alone, "share", os.environ["OMP_NUM_THREADS"], "here", threads.allowed(), flush=True)
    return whole(self, batches)
Training.round = round
cli.main(train.main)
"""
    Path("program.py").write_text(program)
    free = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    code, out, err = mpi(2, "program.py", *SMALL, "--epochs", 1, *given, "--out", "run", env=free)
    assert (code, err) == (0, "")
    one, other = (line.split() for line in out.splitlines() if line.startswith("alone"))
    alone, share, here = map(int, one[1::2])
    assert one == other and share == min(alone, max(1, (os.cpu_count() or 1) // 2))
    assert here == json.loads(Path("run/config.json").read_text())["threads"] == (3 if given else share)


@needs_mpi
def test_batchnorm_accepts_one_sample_per_process(own):
    words = (*SMALL, "--batch-size", 2, "--d-batchnorm", 1, "--r1", 0, "--epochs", 1, "--out", "run")
    assert mpi(2, "-m", "minigan.train", *words)[::2] == (0, "")


@needs_mpi
@pytest.mark.parametrize("ending", ["the first is killed", "another is killed", signal.SIGINT, signal.SIGTERM])
def test_however_a_run_ends_no_process_is_left_and_the_checkpoint_is_good(own, ending):
    with start(2, "-m", "minigan.train", *SMALL, "--epochs", 100_000, "--out", "run") as process:
        while not Path("run/samples/epoch_0002.png").exists():  # then there is a checkpoint of epoch 1
            assert process.poll() is None
            time.sleep(0.05)
        workers = descendants(process.pid)
        first, *others = sorted(pid for pid in workers if b"minigan.train" in command(pid))
        assert len(others) == 1
        began = time.perf_counter()
        if isinstance(ending, str):
            os.kill(first if "first" in ending else others[0], signal.SIGKILL)
        else:
            process.send_signal(ending)
        _, err = process.communicate(timeout=60)
        while any(map(alive, workers)):
            assert time.perf_counter() - began < 10.0
            time.sleep(0.05)
    if isinstance(ending, str):
        assert process.returncode != 0  # 9, or whatever MPI makes of it
    else:
        assert process.returncode in (128 + ending, 9)  # sometimes 9, the code of the process that MPI killed
        assert "minigan: stopped after round" in err and err.count("To continue:") == 1
    assert checkpoint.load("run")[1]["round"] >= 5


def command(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes() if alive(pid) else b""


def alive(pid):
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def descendants(pid):
    """The processes that a process has started, directly or indirectly."""
    children = [int(p) for task in Path(f"/proc/{pid}/task").iterdir() for p in (task / "children").read_text().split()]
    return children + [grandchild for child in children for grandchild in descendants(child)]


@needs_mpi
def test_a_mistake_of_the_user_is_reported_once(own):
    for words, code, why in (
        (("--batch-size", 9), 2, "--batch-size 9 cannot be divided equally among 2 processes."),
        (("--lr", -1), 2, "--lr must be above 0"),
        (("--resume", "nowhere"), 2, "--resume needs the folder of a run"),
        (("--data", "missing.npz"), 3, "there is no file missing.npz."),
    ):
        words = words if words[0] == "--resume" else (*SMALL, *words)
        ended, _, err = mpi(2, "-m", "minigan.train", *words)
        assert ended == code and err.count("minigan:") == 1 and why in err


@needs_mpi
def test_an_error_in_one_process_ends_all(own):
    """Both before the first round and during one, when the others would wait for it forever."""
    broken = """
import sys
from minigan import train
from minigan.ground import cli
from minigan.runs import parallel
from minigan.data import DataError
comm = parallel.communicator()
def broken(*_, **given):
    if comm.rank == 1:
        raise {0}
    return whole(*_, **given)
{1}
cli.main(train.main)
"""
    load = "from minigan.runs import start; whole, start.load = start.load, broken"
    round_ = "from minigan.training import Training; whole, Training.epoch = Training.epoch, broken"
    for error, where, codes, said in (
        ("DataError('one has no data')", load, [3], "minigan: one has no data"),
        ("ZeroDivisionError", round_, [1, 9], "ZeroDivisionError"),  # 9: MPI killed the first process
    ):
        Path("broken.py").write_text(broken.format(error, where))
        ended, _, err = mpi(2, "broken.py", *SMALL, "--epochs", 1, "--out", error[:4])
        assert ended in codes and said in err


@pytest.mark.parametrize("xp", [np, fake_device], ids=["host", "device"])
@pytest.mark.parametrize("preset", PRESETS)
@same_numbers()
def test_one_process_computes_what_plain_training_computes(preset, xp):
    """To the last bit, also on a device, where the sums are computed on the host. This needs no MPI."""

    def all_reduce(mine, everybodys):
        assert type(mine) is type(everybodys) is np.ndarray
        everybodys[...] = mine

    comm = SimpleNamespace(size=1, rank=0, Allreduce=all_reduce, bcast=lambda a: a)
    settings, data = small(preset)
    alone, joined = Training(settings, data), Training(settings, data, xp)
    parallel.join(joined, comm)
    for one, other in zip(alone.epoch(), joined.epoch(), strict=True):
        assert one.tobytes() == to_host(other).tobytes()
    for one, other in ((alone.G, joined.G), (alone.D, joined.D), (alone.average, joined.average)):
        assert one.theta.tobytes() == to_host(other.theta).tobytes()


def test_without_mpi4py_the_message_says_what_to_install(own):
    words = [sys.executable, "-c", "import sys; sys.modules['mpi4py'] = None; from minigan import ground, train; "
             "ground.cli.main(train.main)", *map(str, SMALL)]  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "PMI_SIZE": "2"})
    assert done.returncode == 2
    assert done.stderr == "minigan: training in 2 processes needs mpi4py: pip install -e '.[mpi]'.\n"


def test_a_process_alone_does_not_import_mpi():
    code = """
import sys
from minigan import train
from minigan.runs import parallel
assert parallel.communicator() is None
assert not {"mpi4py", "threadpoolctl"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
