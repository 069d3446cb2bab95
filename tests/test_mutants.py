"""Small mistakes, planted in all code that computes, measures, stores or loads; some test must fail for each of them.

    python -m pytest -m mutants -n 2 -rP      all of them, in 8 minutes on two cores
    python -m pytest -m mutation -k sample    a fixed sample

tests/gradcheck/test_mutation.py does the same for the code of derivatives, with the gradient checks.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="planting.py forks, which Windows cannot")
ROOT = Path(__file__).parents[1]
KILLERS = {  # module -> the tests that are to fail, in folders of tests/
    "metrics.classifier": "metrics/test_classifier.py",
    "metrics.frechet": "metrics/test_frechet.py",
    "metrics.modes": "metrics/test_modes.py",
    "metrics.neighbours": "metrics/test_neighbours.py",
    "metrics.parzen": "metrics/test_parzen.py",
    "metrics.tables": "metrics/test_figures.py",
    "metrics.untrained": "metrics/test_figures.py",
    "nn.random": "nn/test_random.py",
    "nn.initial": "recipes/test_builders.py",
    "recipes.sampling": "recipes/test_sampling.py",
    "recipes.schedule": "recipes/test_schedule.py recipes/test_builders.py",
    "recipes.settings": "recipes",
    "recipes.option": "recipes/test_settings.py",
    "recipes.builders": "recipes/test_builders.py",
    "recipes.presets": "recipes/test_presets.py recipes/test_text.py",
    "training": "recipes test_train.py gan/test_steps.py",
    "data": "data/test_data.py data/test_known.py data/test_toy.py data/test_stacked.py",
    "data.dataset": "data/test_dataset.py",
    "data.drawn": "data/test_drawn.py",
    "data.toy": "data/test_toy.py",
    "data.idx": "data/test_data.py data/test_hostile.py",
    "data.npy": "data/test_hostile.py data/test_own.py",
    "data.own": "data/test_own.py",
    "data.stacked": "data/test_stacked.py",
    "data.folder": "data/test_folder.py",
    "data.picture": "data/test_picture.py",
    "data.known": "data/test_known.py data/test_data.py data/test_download.py",
    "data.cifar": "data/test_known.py",
    "runs.checkpoint": "runs/test_checkpoint.py",
    "runs.saver": "runs/test_saver.py",
    "runs.load": "runs/test_saver.py",
    "runs.parallel": "runs/test_processes.py",
    "runs.subnormals": "runs/test_subnormals.py",
    "doctor": "runs/test_rules.py",
    "runs.diagnosis": "runs/test_rules.py",
    "runs.vitals": "runs/test_vitals.py",
    "runs.recorder": "runs/test_recorder.py",
    "runs.metrics": "runs/test_metrics.py",
    "runs.page": "runs/test_page_content.py",
    "report": "runs/test_page_content.py",
    "evaluate": "test_evaluate_command.py",
    "sample": "test_sample.py",
}
LESS = ("doctor", "runs.diagnosis", "runs.vitals", "runs.recorder", "runs.metrics", "runs.page", "report", "evaluate",
        "sample")  # fmt: skip  # of these at least 85 % must be caught, of the others 95 %


def plant(module, *flags):
    """The result of support/planting.py for one module."""
    killers = [f"tests/{name}" for name in KILLERS[module].split()]
    words = [sys.executable, ROOT / "tests/support/planting.py", module, *killers, *flags]
    run = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def listed(module):
    """The mistakes that may survive, each as its function and line, from survivors.txt."""
    found, of = set(), ""
    for line in Path(__file__).with_name("survivors.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((" ", "#")):
            of = line
        elif of == module and line.startswith(" " * 8):
            found.add(line.strip())
    return found


@pytest.mark.mutants
@pytest.mark.parametrize("module", KILLERS)
def test_every_mistake_is_caught_but_those_that_change_nothing_that_matters(module):
    result = plant(module)
    planted, survivors = result["planted"], sorted(": ".join(survivor) for survivor in result["survivors"])
    print(f"\n{module}: {planted} planted, {result['wrong']} fail an assertion, {result['crash']} crash,", end=" ")
    print(f"{len(survivors)} survive ({100.0 * len(survivors) / planted:.1f} %)")
    assert result["clean"] == []  # without a mistake no test fails
    assert set(survivors) <= listed(module)
    assert len(survivors) <= max(3, (0.15 if module in LESS else 0.05) * planted)


@pytest.mark.mutation
@pytest.mark.parametrize("module", KILLERS)
def test_a_sample_of_the_mistakes_is_caught(module):
    result = plant(module, "--sample", "20")
    assert result["clean"] == [] and result["planted"] >= 1
    assert {": ".join(survivor) for survivor in result["survivors"]} <= listed(module)
