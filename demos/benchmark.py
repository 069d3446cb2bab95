"""How long does a training round take in minigan, PyTorch, JAX and plain NumPy, and who draws good digits first?

    python demos/benchmark.py
    python demos/benchmark.py --preset wide --batch-size 128
    python demos/benchmark.py --preset minigan
    python demos/benchmark.py --race
    python demos/benchmark.py --scaling

A round gathers a batch of pixels, draws noise, and does a step of D and a step of G. The presets small and wide do
nothing else. The preset minigan, the default recipe of minigan.train, also has labels, R1 and an average of G's
weights. The benchmark times a round of minigan and of what is installed of PyTorch and JAX (contenders/), each in its
own process. First all of them must find the same gradients. Then they take turns; each ratio compares two turns that
follow each other, so it holds even if the speed of the machine drifts. For the plain rounds, roofline.py also says
where minigan's time goes.

--race measures how long each needs until its digits are good (race.py).
--scaling times only minigan, for growing batches, widths, depths and numbers of classes.
"""

import argparse
import contextlib
import os
import platform
import statistics
from importlib.metadata import PackageNotFoundError, version

from contenders.processes import Process, that_agree
from race import race
from roofline import breakdown, scaling

from minigan.ground import cli
from minigan.recipes.presets import PRESETS

PLAIN = ("small", "wide")  # presets whose rounds are plain
SECONDS = 1.0  # that each turn lasts; in shorter turns, small networks jump between two speeds


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


def compare(settings, laps):
    processes = {}
    try:
        for name in that_agree(settings):
            processes[name] = Process(name, settings)
        turns = [{name: process.ask("mean", SECONDS) for name, process in processes.items()} for _ in range(laps + 1)]
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--preset", choices=(*PLAIN, "minigan"), nargs="+", default=[*PLAIN, "minigan"], help="recipes to time "
        "(default: all three)"
    )  # fmt: skip
    parser.add_argument(
        "--batch-size", type=cli.whole(1), nargs="+", help="batch sizes to time (default: 64 128 512, and for minigan "
        "its own)"
    )  # fmt: skip
    parser.add_argument("--laps", type=cli.whole(1), default=9, help="turns of each contender (default: 9)")
    parser.add_argument("--race", action="store_true", help="time the training until the digits are good")
    parser.add_argument(
        "--seeds", type=cli.whole(0), nargs="+", default=[0, 1, 2], help="run the race once with each of these seeds "
        "(default: 0 1 2)"
    )  # fmt: skip
    parser.add_argument(
        "--limit", type=cli.whole(1), default=120, help="seconds of training after which a contender leaves the race "
        "(default: 120)"
    )  # fmt: skip
    parser.add_argument("--scaling", action="store_true", help="time minigan alone, as batch and networks grow")
    given = parser.parse_args()
    print(machine())
    if given.scaling:
        return scaling()
    if given.race:
        return race(given.seeds, given.limit)
    for preset in given.preset:
        own = (64, 128, 512) if preset in PLAIN else (PRESETS[preset].with_flags().batch_size,)
        for batch_size in given.batch_size or own:
            settings = PRESETS[preset].with_flags(batch_size=batch_size)
            print(f"\n{preset}, batch {batch_size}")
            compare(settings, given.laps)
            if preset in PLAIN:
                breakdown(settings)


if __name__ == "__main__":
    cli.main(main)
