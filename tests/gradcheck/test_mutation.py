"""A test of the gradient checks: plant small mistakes in minigan, one at a time, and see that the cases catch each.

`python -m pytest -m mutation -s` runs it, in some minutes. The everyday suite leaves it out.
"""

import re
from pathlib import Path

import numpy as np
import pytest
from kinks import check_kinks

from minigan.gradcheck import CENTRED_TOLERANCE, COMPLEX_TOLERANCE
from minigan.gradcheck.cases import DERIVATIVES, REFERENCED
from minigan.gradcheck.mutants import in_place, mutants, targets

SEEDS = 20
SAME_LENGTH = "the lists have the same length"
EQUIVALENT = {  # a mistake that changes no result of a case -> why it does not
    "positive_part: return x * (np.real(x) >= 0)": "differs only at x = 0, where the product is 0 either way",
    "leaky_slope: pass": "for real x, np.real(x) is x; complex numbers are compared by their real parts first",
    "leaky_slope: return np.clip((x > 0).astype(x.dtype), alpha, 1.001)": "the values to clip are 0 or 1",
    "Network.backward: first = 0 if input_grad else "
    "next((i for i, layer in enumerate(self.layers) if layer.parameters), 1)": (
        "every network of a case has a layer with parameters"
    ),
    "Packed.backward: return dx.reshape(len(dx) * self.m, -2) if input_grad else None": (
        "NumPy takes any negative number for the length that is left"
    ),
    "softmax_cross_entropy: ds[rows, labels] = -0.0": "-0 is 0",
    "SpectralDense.iterate: v = -(self.W @ self.u)": "v and u both change their sign, so sigma does not",
    "SpectralDense.iterate: self.v[...] = -(v / np.sqrt((v * v).sum()))": "the same",
    "forward_both: n = -(len(s) * len(x_real) // (len(x_real) + len(x_fake)))": (
        "in the cases real and fake batches have N rows each, and :-N and -N: are :N and N:; test_steps.py has others"
    ),
    "d_step: n = -len(s_real)": "the same",
    "input_gradient: deltas = [np.ones_like(caches[1][:, :1])]": "every cache has a row per sample",
    "input_gradient: deltas = [np.ones_like(caches[-2][:, :1])]": "the same",
    "input_gradient: for layer, cache in zip(reversed(D.layers), reversed(caches), strict=False):": SAME_LENGTH,
    "add_gradient: for layer, cache, delta in zip(D.layers, caches, deltas, strict=False):": SAME_LENGTH,
    "add_gradient: if all((curvature is not None for curvature in curvatures)):": (
        "never true, since D has a Dense layer; only costs a pass that adds 0"
    ),
    "add_gradient: a = -np.zeros_like(deltas[-1])": "-0 is 0",
    "add_gradient: for layer, cache, curvature in "
    "zip(reversed(D.layers), reversed(caches), reversed(curvatures), strict=False):": SAME_LENGTH,
    "WganGP.__call__: n = len(real_caches[1])": "every cache has a row per sample",
    "WganGP.__call__: n = len(real_caches[-2])": "the same",
    "wgan_gp: u = 2.0 * weight / len(g) * excess / (length - (length == 0.0)) * g": "differs only at g = 0, and u is 0",
    "vae_step: n_z, n_x = (-eps.shape[1], x.shape[1])": "of 2 n_z columns, :-n_z and -n_z: are :n_z and n_z:",
}


def run():
    """Run every case on a few seeds, and yield their results."""
    check_kinks()
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
        for mutant in mutants(function):
            with in_place(function, mutant.code):
                found = verdict()
            if found:
                verdicts[found] += 1
            else:
                survivors.append(f"{name}: {mutant.line}")
    planted, n = sum(verdicts.values()) + len(survivors), len(EQUIVALENT)
    print(f"\nOf {planted} planted mistakes, {verdicts['wrong']} give a wrong number, {verdicts['crash']} crash,")
    print(f"and {len(survivors)} go unnoticed. These {n} change no result:")
    print("\n".join(f"  {mutant}\n      {reason}" for mutant, reason in EQUIVALENT.items()))
    assert sorted(survivors) == sorted(EQUIVALENT)
    assert n <= 0.05 * planted
    page = Path(__file__).parents[2].joinpath("docs", "proof.md").read_text(encoding="utf-8").replace("\n", " ")
    assert f"Of {planted} small mistakes" in page
    caught, crashed = map(int, re.search(r"(\d+) are caught by a wrong number, (\d+) crash", page).groups())
    assert caught + crashed == planted - n
    assert abs(caught - verdicts["wrong"]) <= 10  # another NumPy may object a line earlier or later
    assert f"{n} survive, which change no result" in page
