"""What a run's checkpoint holds besides its networks, when the best one is kept, and the generator that is read again.

The metrics are stand-ins, and nothing is trained.
"""

import json
import math
from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest
from small_runs import small

from minigan.data import Dataset
from minigan.ground.errors import CheckpointError
from minigan.runs import checkpoint
from minigan.runs.checkpoint import Diverged
from minigan.runs.load import load_generator
from minigan.runs.saver import BEST, Saver
from minigan.training import Training


def saver(folder, preset="minigan", data=None, count=0, resumed=None, sync=lambda: None, **given):
    """A Saver for a new Training whose averaged G differs from its G."""
    settings, own = small(preset, **given)
    data = own if data is None else data
    training = Training(settings, data)
    if training.average is not training.G:
        training.average.theta *= 0.5
    metrics = SimpleNamespace(sums=np.array([1.0, 2.0, 3.0, 4.0], np.float32), count=count, sync=sync)
    return Saver(folder, preset, training, data, metrics, resumed)


def test_a_checkpoint_says_what_a_resumed_run_needs(tmp_path):
    one = saver(tmp_path, conditional=True)
    one.save()
    arrays, meta = checkpoint.load(tmp_path)
    assert "sums" not in arrays
    np.testing.assert_array_equal(arrays["average"], one.training.average.theta)
    expected = {"preset": "minigan", "shape": [6, 6], "data": one.data.sha256, "round": 0,
                "n_classes": 3, "classes": [], "environment": checkpoint.environment(one.training.settings),
                "recorder": {"count": 0, "best": None, "best_epoch": 0}}  # fmt: skip
    assert meta.items() >= expected.items()
    assert meta["settings"]["epochs"] == 3


def test_figures_that_no_row_holds_yet_are_in_the_checkpoint(tmp_path):
    one = saver(tmp_path, "toy", count=3)
    one.save()
    arrays, meta = checkpoint.load(tmp_path)
    assert arrays["sums"].tolist() == [1.0, 2.0, 3.0, 4.0] and meta["recorder"]["count"] == 3
    assert not {"n_classes", "classes"} & set(meta)  # since it is not conditional


def test_the_rows_are_on_the_disk_before_the_checkpoint_that_counts_on_them(tmp_path):
    seen = []
    one = saver(tmp_path, "toy", sync=lambda: seen.append((tmp_path / checkpoint.NAME).exists()))
    one.save()
    assert seen == [False]


def test_weights_or_losses_that_are_not_finite_are_not_saved(tmp_path):
    one = saver(tmp_path, "toy", count=1)
    arrays, meta = one.state()
    assert set(arrays) > {"G", "D", "average"} and meta["round"] == 0
    one.training.D.theta[3] = np.nan
    for function in (one.state, one.save):
        with pytest.raises(Diverged, match="the weights were no longer finite"):
            function()
    one.training.D.theta[3] = 0.0
    one.metrics.sums[2] = np.inf
    with pytest.raises(Diverged, match="the losses were no longer finite"):
        one.save()
    one.metrics.count = 0  # they are old
    one.save()
    assert (tmp_path / checkpoint.NAME).exists()


def test_the_first_training_with_the_smallest_distance_is_kept(tmp_path):
    one = saver(tmp_path, "toy")
    assert (one.best, one.best_epoch) == (math.inf, 0)
    found = []
    for epoch, distance in enumerate((5.0, 7.0, 5.0, 3.0), 1):
        one.training.rounds_done = epoch
        one.compare(distance, epoch)
        meta = checkpoint.load(tmp_path / BEST)[1]
        found.append((one.best, one.best_epoch, meta["round"], *list(meta["recorder"].values())[1:]))
    assert found == [(5.0, 1, 1, 5.0, 1)] * 3 + [(3.0, 4, 4, 3.0, 4)]
    assert not (tmp_path / checkpoint.NAME).exists()


def test_a_resumed_run_goes_on_with_its_best_distance(tmp_path):
    one = saver(tmp_path, "toy", resumed=SimpleNamespace(best=5.0, best_epoch=2))
    assert (one.best, one.best_epoch) == (5.0, 2)
    one.compare(6.0, 3)
    assert not (tmp_path / BEST).exists()


def samples(shape, classes=None):
    x = np.arange(60 * math.prod(shape)).reshape(60, -1)
    labels = None if classes is None else np.arange(60) % 3
    if len(shape) == 1:
        return Dataset(x.astype(np.float32), shape, "", labels)
    return Dataset(x.astype(np.uint8), shape, "", labels, **({"classes": classes} if classes else {}))


@pytest.mark.parametrize(("shape", "classes"), [
    ((2,), None), ((2,), ()), ((1,), None), ((6, 6), None), ((6, 6), ()), ((1, 9), ("a", "b", "c")), ((4, 5, 3), ()),
])  # fmt: skip
def test_the_generator_that_is_read_again_has_the_averaged_weights(tmp_path, shape, classes):
    one = saver(tmp_path, data=samples(shape, classes), conditional=classes is not None)
    one.save()
    G, settings, data = load_generator(tmp_path)
    assert json.dumps(asdict(settings)) == json.dumps(asdict(one.training.settings))
    n_classes = 0 if classes is None else 3
    assert vars(data) == {"n_x": math.prod(shape), "is_images": len(shape) > 1, "shape": shape, "n_classes": n_classes,
                          "classes": classes or ()}  # fmt: skip
    z = np.random.default_rng(0).standard_normal((5, settings.latent_dim + n_classes)).astype(np.float32)
    np.testing.assert_array_equal(G(z), one.training.average(z))


WRONG = {
    "no number": {"shape": []},
    "four numbers": {"shape": [2, 2, 3, 3]},
    "a side of 0": {"shape": [6, 0]},
    "a side below 0": {"shape": [-6, 6]},
    "fewer than no classes": {"n_classes": -1},
    "two names for three classes": {"classes": ["a", "b"]},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_samples_that_cannot_be_are_refused(tmp_path, wrong):
    saver(tmp_path, conditional=True).save()
    arrays, meta = checkpoint.load(tmp_path)
    checkpoint.save(tmp_path / checkpoint.NAME, arrays, meta | WRONG[wrong])
    with pytest.raises(CheckpointError, match=r"describes no generator .*samples of shape "):
        load_generator(tmp_path)


@pytest.mark.parametrize("entry", ["settings", "shape", "n_classes"])
def test_a_checkpoint_that_leaves_something_out_describes_no_generator(tmp_path, entry):
    saver(tmp_path, conditional=True).save()
    arrays, meta = checkpoint.load(tmp_path)
    checkpoint.save(tmp_path / checkpoint.NAME, arrays, {name: part for name, part in meta.items() if name != entry})
    with pytest.raises(CheckpointError, match="describes no generator"):
        load_generator(tmp_path)


def test_a_checkpoint_without_the_average_is_refused(tmp_path):
    saver(tmp_path).save()
    arrays, meta = checkpoint.load(tmp_path)
    checkpoint.save(tmp_path / checkpoint.NAME, {name: a for name, a in arrays.items() if name != "average"}, meta)
    with pytest.raises(CheckpointError, match="average is missing"):
        load_generator(tmp_path)
