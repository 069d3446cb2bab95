"""python -m minigan.gradcheck: check every derivative of minigan on random cases, and print the worst errors."""

import sys
from time import perf_counter

import numpy as np

from minigan import cli
from minigan.gradcheck import CENTRED_TOLERANCE, COMPLEX_TOLERANCE
from minigan.gradcheck.cases import DERIVATIVES, REFERENCED

CASES, LARGEST = 50, 6


def run(case):
    """The results of a number of cases of random size, each from its own seed."""
    for seed in range(CASES):
        rng = np.random.default_rng(seed)
        yield case(*map(int, rng.integers(1, LARGEST + 1, 3)), rng)


def table(title, cases, columns, errors):
    """Print one line for each case as soon as it is done; returns how many were wrong."""
    print(f"\n{title:40}" + "".join(f"{column:>20}" for column in columns))
    wrong = 0
    for name, case in cases.items():
        try:
            worst = np.max([errors(result) for result in run(case)], axis=0)
            print(f"{name:40}" + "".join(f"{error:20.1e}" for error in worst), flush=True)
        except Exception as error:  # wrong code may raise anything
            message = "\n    ".join(f"{type(error).__name__}: {error}".splitlines())
            print(f"{name:40}  WRONG\n    {message}", flush=True)
            wrong += 1
    return wrong


def main():
    cli.Parser("python -m minigan.gradcheck", "Check every derivative of minigan and print the errors.").parse_args()
    start = perf_counter()
    print(f"The worst scaled error in {CASES} random cases of each. Allowed are")
    print(f"{COMPLEX_TOLERANCE:.0e} against the complex step, {CENTRED_TOLERANCE:.0e} against the centred difference.")
    columns = ("complex step", "centred difference")
    wrong = table(
        "gradient of",
        DERIVATIVES,
        columns,
        lambda rows: np.max([(row.complex_error, row.centred_error) for row in rows], axis=0),
    )
    wrong += table("without a derivative", REFERENCED, ("slow reference",), lambda error: (error,))
    done = f"{CASES * len(DERIVATIVES | REFERENCED)} cases in {perf_counter() - start:.0f} s"
    print(
        f"\n{done}: "
        + (f"{wrong} wrong; start with the first, which others may contain." if wrong else "every derivative is right.")
    )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    cli.main(main)
