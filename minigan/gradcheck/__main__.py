"""python -m minigan.gradcheck: check every derivative in minigan on random cases, and print the largest errors."""

import sys
from time import perf_counter

import numpy as np

from minigan.gradcheck import CENTRED_TOLERANCE, COMPLEX_TOLERANCE
from minigan.gradcheck.cases import DERIVATIVES, REFERENCED
from minigan.ground import cli

CASES, LARGEST = 50, 6
INTRODUCTION = f"""\
Each gradient is compared with two measurements that use the forward pass alone, on {CASES} random cases.
The numbers are the largest errors, relative to the gradient.
Allowed are {COMPLEX_TOLERANCE:.0e} for the complex step, {CENTRED_TOLERANCE:.0e} for the centred difference."""


def run(case):
    """Yield the result of a case on random sizes, with a new seed each time."""
    for seed in range(CASES):
        rng = np.random.default_rng(seed)
        yield case(*map(int, rng.integers(1, LARGEST + 1, 3)), rng)


def table(title, cases, columns, errors):
    """Print one line per case, as soon as it is done. Returns how many cases failed."""
    print(f"\n{title:40}" + "".join(f"{column:>20}" for column in columns))
    wrong = 0
    for name, case in cases.items():
        try:
            worst = np.max([errors(result) for result in run(case)], axis=0)
            print(f"{name:40}" + "".join(f"{error:20.1e}" for error in worst), flush=True)
        except Exception as error:  # code with a mistake can raise anything
            message = "\n    ".join(f"{type(error).__name__}: {error}".splitlines())
            print(f"{name:40}  WRONG\n    {message}", flush=True)
            wrong += 1
    return wrong


def worst_of(rows):
    """The largest error against each of the two measurements."""
    return np.max([(row.complex_error, row.centred_error) for row in rows], axis=0)


def main():
    cli.Parser("python -m minigan.gradcheck", cli.COMMANDS["gradcheck"]).parse_args()
    start = perf_counter()
    print(INTRODUCTION)
    n_cases = len(DERIVATIVES | REFERENCED)
    wrong = table("gradient of", DERIVATIVES, ("complex step", "centred difference"), worst_of)
    wrong += table("code without a gradient", REFERENCED, ("slow reference",), lambda error: (error,))
    print(f"\n{CASES * n_cases} cases in {perf_counter() - start:.0f} s.")
    if wrong:
        print(f"{wrong} of {n_cases} lines are wrong. Start with the first, because later lines may use it.")
    else:
        print("All gradients are right.")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    cli.main(main)
