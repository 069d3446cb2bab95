"""A test of the gradient checks: plant small mistakes in minigan, one at a time, and see that the cases catch each.

`python -m pytest -m mutation -s` runs it, in about 15 minutes. The everyday suite leaves it out.
"""

import re
from pathlib import Path

import numpy as np
import pytest
from mutants import mutants, targets

from minigan.gradcheck import CENTRED_TOLERANCE, COMPLEX_TOLERANCE
from minigan.gradcheck.cases import DERIVATIVES, REFERENCED
from minigan.nn.activations import LeakyReLU

SEEDS = 20
ONE_LENGTH = "the lists have the same length"
EQUIVALENT = {  # a mistake that changes no result -> why it does not
    "softplus: positive = x * (xp.real(x) >= 0)": "differs only at x = 0, where the product is 0 either way",
    "sigmoid: positive = x * (xp.real(x) >= 0)": "the same",
    "softmax_cross_entropy: ds[rows, labels] = -0.0": "-0 is 0",
    "wgan_gp: u = 2.0 * weight / len(g) * excess / (length - (length == 0.0)) * g": "differs only at g = 0, and u is 0",
    "input_gradient: for layer, cache in zip(reversed(D.layers), reversed(caches), strict=False):": ONE_LENGTH,
    "add_gradient: for layer, cache, delta in zip(D.layers, caches, deltas, strict=False):": ONE_LENGTH,
    "add_gradient: for layer, cache, c in zip(reversed(D.layers), reversed(caches), reversed(cs), strict=False):": (
        ONE_LENGTH
    ),
    "add_gradient: if all((c is not None for c in cs)):": "never true, as D has a Dense; costs a pass that adds 0",
    "SpectralDense.iterate: v = -(self.W @ self.u)": "v and u change sign together, and sigma does not",
    "SpectralDense.iterate: self.v[...] = -(v / sqrt((v * v).sum()))": "the same",
    "add_gradient: a = -namespace(u).zeros_like(deltas[-1])": "-0 is 0",
    "LeakyReLU.sloped: slope = xp.clip((real > 0).astype(real.dtype), alpha, 1.001)": "what it bounds is 0 or 1",
    "d_step: n = -(len(s) // 2)": "of 2N rows, :-N and -N: are :N and N:",
}


def run():
    """Run every case on a few seeds, and yield their results."""
    _, slope = LeakyReLU(0.2).forward(np.array([-1.0, 0.0, 1e-30]))
    assert slope.tolist() == [0.2, 0.2, 1.0]  # a gradient check cannot tell which side of the kink has which slope
    for seed in range(SEEDS):
        for case in (DERIVATIVES | REFERENCED).values():
            rng = np.random.default_rng(seed)
            yield case(*map(int, rng.integers(2, 6, 3)), rng)


def verdict():
    """Return "wrong" if a check finds a wrong number, "crash" if the code fails before that, None if all goes well."""
    try:
        for _ in run():
            pass
    except (AssertionError, RuntimeWarning):  # GradientError is an AssertionError; an overflow is a warning
        return "wrong"
    except Exception:
        return "crash"
    return None


@pytest.mark.mutation
def test_every_planted_mistake_is_caught():
    for result in run():  # first the code without a mistake: its errors must be far below the tolerances
        if isinstance(result, float):
            assert result <= 1e-13
        else:
            assert max(row.complex_error for row in result) <= 0.1 * COMPLEX_TOLERANCE
            assert max(row.centred_error for row in result) <= 0.1 * CENTRED_TOLERANCE
    verdicts = {"wrong": 0, "crash": 0}
    survivors = []
    for name, function in targets().items():
        for _, after in mutants(function):
            if found := verdict():
                verdicts[found] += 1
            else:
                survivors.append(f"{name}: {after}")
    planted, n = sum(verdicts.values()) + len(survivors), len(EQUIVALENT)
    print(f"\nOf {planted} planted mistakes, {verdicts['wrong']} give a wrong number, {verdicts['crash']} crash,")
    print(f"and {len(survivors)} go unnoticed. These {n} change no result:")
    print("\n".join(f"  {mutant}\n      {reason}" for mutant, reason in EQUIVALENT.items()))
    assert sorted(survivors) == sorted(EQUIVALENT)
    assert n <= 0.05 * planted
    readme = Path(__file__).parents[2].joinpath("README.md").read_text(encoding="utf-8").replace("\n", " ")
    assert f"of {planted} small mistakes" in readme
    caught, crashed = map(int, re.search(r"(\d+) are caught by a wrong number, (\d+) crash", readme).groups())
    assert caught + crashed == planted - n
    assert abs(caught - verdicts["wrong"]) <= 10  # another NumPy may object a line earlier or later
    assert f"{n} survive, which change no result" in readme
