"""demos/articles.py: the published page is what the program writes, and each article is drawn and scored."""

import re
from pathlib import Path

import articles
import numpy as np
import pytest
from matplotlib.figure import Figure

from minigan import train
from minigan.metrics.frechet import Score
from minigan.recipes.presets import PRESETS


def test_the_published_page_is_what_the_program_writes():
    text = Path(articles.__file__).with_suffix(".md").read_text(encoding="utf-8")
    cells = dict(re.findall(r"^\| `([\w.-]+)` \| ((?:[^|]+ \| ){5}[^|]+) \| ", text, re.MULTILINE))
    assert text == articles.page(cells, "1.3", "99 %")
    for name, row in cells.items():
        assert row.startswith(f"{PRESETS[name].with_flags().epochs} | ")


@pytest.mark.slow
def test_a_run_is_scored_and_drawn(tmp_path, command):
    flags = ("--data", "drawn", "--epochs", 1, "--batch-size", 20_000, "--out", tmp_path / "minigan")
    assert command(train.main, *flags)[0] == 0
    seen = []

    class Judge:
        class train:
            some_labels = staticmethod(lambda n: np.full(n, 3))

        def score(self, x):
            seen.append(x.shape)
            return Score(2.04, 0.984, 0.95, np.full(10, 0.091))

    cells = articles.scored("minigan", tmp_path / "minigan", Judge())
    assert re.fullmatch(r"1 \| 2\.0 \| 98 % \| 9\.1 % \| 0\.\d\d \| 0\.\d\d", cells) and seen == [(10_000, 784)]
    axes = Figure().add_subplot()
    articles.draw(axes, tmp_path / "minigan", np.zeros((40, 100), np.float32))
    assert axes.get_title() == "minigan, 1 epochs"
    assert axes.images[0].get_array().shape[1] > 8 * 28
