"""What happens when, while a run is recorded. Pictures, progress and report only note that they were asked."""

import json
from types import SimpleNamespace

import fake_device
import numpy as np
import pytest
from small_runs import small

from minigan.data import Dataset
from minigan.ground.errors import ArgumentError, MiniganError
from minigan.recipes.sampling import generator_input, streams
from minigan.runs import checkpoint, metrics, recorder
from minigan.runs.checkpoint import Diverged
from minigan.runs.recorder import Recorder
from minigan.runs.signals import Stopped
from minigan.training import Training, train


class Noted:
    """Notes the calls of all of its methods in `events`, as (class, method, arguments)."""

    def __init__(self, name, events, given):
        self.name, self.events, self.given = name, events, given

    def __getattr__(self, method):
        return lambda *given: self.events.append((self.name, method, *given))


@pytest.fixture
def events(monkeypatch):
    """All that happens during a run, in its order."""
    found = []
    for name in ("Pictures", "Progress"):
        monkeypatch.setattr(recorder, name, lambda *given, name=name: Noted(name, found, given))
    monkeypatch.setattr(recorder, "page", SimpleNamespace(write=lambda *given: found.append(("page", "write", *given))))
    for owner, method in ((recorder.Saver, "save"), (recorder.Metrics, "write"), (recorder.Metrics, "restart")):
        whole = getattr(owner, method)

        def noted(self, *given, whole=whole, name=owner.__name__, method=method, **named):
            found.append((name, method, *given, *named.values()))
            return whole(self, *given, **named)

        monkeypatch.setattr(owner, method, noted)
    return found


def new(out, distance=None, resumed=None, quiet=False, xp=np, data=None, **given):
    settings, own = small("minigan", **{"batch_size": 12, "log_every": 2, "epochs": 2} | given)
    data = data or own
    return Recorder(out, "minigan", Training(settings, data, xp), data, distance, resumed, quiet)


def recorded(made):
    with made:
        made.begin()
        train(made.training, made)
        made.end()
    return made


def short(events, *left_out):
    return [(name, method) for name, method, *_ in events if method not in left_out]


def test_a_whole_run(tmp_path, events):
    """Two epochs of five rounds, a row every two rounds and at the end of each epoch."""
    made = recorded(new(tmp_path / "run"))
    names = [(name, method) for name, method, *_ in events]
    round_, row = ("Progress", "round"), [("Metrics", "write"), ("Metrics", "restart"), ("Progress", "row")]
    saved = [("Pictures", "draw"), ("Saver", "save")]
    restart = [("Metrics", "restart")]
    epoch = [round_, round_, *row, round_, round_, *row, round_, *row, *saved, ("Progress", "epoch"), *restart]
    begin = [("Progress", "open"), *restart, ("Progress", "begin"), *saved, *restart]
    end = [("Pictures", "draw_curves"), ("page", "write"), ("Progress", "end"), ("Progress", "close")]
    assert names == [*restart, *begin, *epoch, *epoch, *end]
    rows = made.metrics.rows
    assert [row["round"] for row in rows] == [2, 4, 5, 7, 9, 10]
    assert [given for name, method, *given in events if method == "draw"] == [[0], [1], [2]]
    epochs = [given for name, method, *given in events if (name, method) == ("Progress", "epoch")]
    assert epochs == [[1, rows[2]], [2, rows[5]]]
    last = {(name, method): given for name, method, *given in events}
    assert last["Progress", "begin"] == [made.out, made.data, None]
    assert last["Pictures", "draw_curves"] == [rows, None]
    assert last["page", "write"] == [made.out, made.data]
    assert last["Progress", "end"] == [made.out, None]
    assert last["Progress", "row"] == [rows]
    assert checkpoint.load(tmp_path / "run")[1]["round"] == 10
    assert made.metrics.file.closed and made.lock.file is None
    assert made.progress.given == (made.training, rows, False)
    assert made.metrics.columns == metrics.COLUMNS


def test_without_a_row_every_few_rounds_there_is_one_at_the_end_of_each_epoch(tmp_path, events):
    assert [row["round"] for row in recorded(new(tmp_path / "run", log_every=100)).metrics.rows] == [5, 10]


def test_an_epoch_may_be_one_round(tmp_path, events):
    made = recorded(new(tmp_path / "run", batch_size=60))
    assert [row["round"] for row in made.metrics.rows] == [1, 2]
    assert [given for _, method, *given in events if method == "draw"] == [[0], [1], [2]]


class Distances:
    floor = 0.5

    def __init__(self, *found):
        self.found, self.asked = list(found), []

    def __call__(self, weights):
        self.asked.append(weights.copy())
        found = self.found.pop(0)
        if found is None:
            raise ValueError("samples overflow")
        return found


def test_the_distance_is_measured_every_few_epochs_and_the_best_training_kept(tmp_path, events):
    distance = Distances(5.0, 7.0)
    made = recorded(new(tmp_path / "run", distance, epochs=5, evaluate_every=2))
    found = [row.get("distance") for row in made.metrics.rows]
    assert found == [None, None, None, None, None, 5.0, *[None] * 5, 7.0, *[None] * 3]
    assert made.metrics.columns[-1] == "distance"
    assert checkpoint.load(tmp_path / "run/best.npz")[1]["round"] == 10
    np.testing.assert_array_equal(distance.asked[0], checkpoint.load(tmp_path / "run/best.npz")[0]["average"])
    last = {(name, method): given for name, method, *given in events}
    assert last["Progress", "end"] == [made.out, f"{made.out / 'best.npz'}: distance 5.00 after epoch 2"]
    assert last["Pictures", "draw_curves"][1] == 0.5


def test_samples_without_a_distance_have_diverged(tmp_path, events):
    with pytest.raises(Diverged, match=r"the samples were no longer finite after 5 rounds; .* after round 0"):
        recorded(new(tmp_path / "run", Distances(None), evaluate_every=1))


def test_weights_that_are_not_finite_end_the_run_before_anything_is_written(tmp_path, events):
    made = new(tmp_path / "run")
    made.training.D.theta[2] = np.nan
    with pytest.raises(Diverged, match="the weights were no longer finite after 0 rounds"):
        recorded(made)
    assert not {"draw", "save"} & {method for _, method, *_ in events}


@pytest.mark.parametrize(("at", "left"), [(3, 1), (4, 0), (5, 0), (7, 0)])
def test_a_signal_stops_the_run_after_its_round_and_saves(tmp_path, events, at, left):
    """left: the rounds that no row holds."""
    made = new(tmp_path / "run")
    made.progress.round = lambda: setattr(made.signals, "received", 2 * (made.training.rounds_done == at))
    how = f"stopped after round {at} of 10, and saved. To continue: python -m minigan.train --resume {made.out}"
    with pytest.raises(Stopped) as caught:
        recorded(made)
    assert (str(caught.value), caught.value.exit_code) == (how, 130)
    meta = checkpoint.load(tmp_path / "run")[1]
    assert (meta["round"], meta["recorder"]["count"]) == (at, left)
    assert events[-1] == ("Progress", "close") and made.lock.file is None


def test_a_signal_in_the_last_round_comes_too_late_to_stop(tmp_path, events):
    made = new(tmp_path / "run")
    made.progress.round = lambda: setattr(made.signals, "received", 2 * (made.training.rounds_done == 10))
    recorded(made)
    assert checkpoint.load(tmp_path / "run")[1]["round"] == 10


def test_signals_are_caught_while_the_recorder_is_open(tmp_path, events):
    made, asked = new(tmp_path / "run"), []
    made.signals = SimpleNamespace(catch=lambda: asked.append("catch"), release=lambda: asked.append("release"))
    with made as same:
        assert same is made and asked == ["catch"]
    assert asked == ["catch", "release"]


def test_config_json_has_the_settings_the_environment_and_what_was_left_out(tmp_path, events):
    _, data = small("minigan")
    for left_out in ({}, {"a.png": "it is broken"}):
        data = Dataset(data.x, data.shape, "my note", data.labels, left_out=left_out)
        made = new(tmp_path / f"run {len(left_out)}", data=data)
        made.lock.release()
        made.metrics.close()
        config = json.loads((made.out / "config.json").read_text())
        assert config.items() >= {"preset": "minigan", "batch_size": 12, "data_note": "my note"}.items()
        assert config["environment"] == checkpoint.environment(made.settings)
        assert config.get("left_out", {}) == left_out and ("left_out" in config) == bool(left_out)
        assert (made.out / "samples").is_dir()


@pytest.mark.parametrize(("n", "n_probe"), [(300, 256), (60, 60)])
def test_pictures_and_vital_signs_show_the_same_noise_in_every_run(tmp_path, events, n, n_probe):
    data = Dataset(np.zeros((n, 36), np.uint8), (6, 6), "", np.arange(n) % 3)
    made = new(tmp_path / "run", data=data)
    z = generator_input(made.settings, data, max(n_probe, 100), streams(made.settings.seed)["grid"])
    np.testing.assert_array_equal(made.pictures.given[3], z[:100])
    np.testing.assert_array_equal(made.metrics.z, z[:n_probe])
    assert len(made.metrics.x_real) == n_probe


def test_points_have_2000_samples_in_a_picture(tmp_path, events):
    settings, data = small("toy")
    made = Recorder(tmp_path / "run", "toy", Training(settings, data), data, quiet=True)
    assert len(made.pictures.given[3]) == 2000 and len(made.metrics.z) == 60
    assert made.progress.given[2] is True


def test_on_a_device_the_noise_is_there_too(tmp_path, events):
    made = recorded(new(tmp_path / "run", xp=fake_device))
    assert isinstance(made.pictures.given[3], fake_device.Array) and isinstance(made.metrics.z, fake_device.Array)


def test_a_run_is_resumed_in_its_folder_with_its_lock(tmp_path, events):
    out = tmp_path / "run"
    recorded(new(out))
    released = []
    lock = SimpleNamespace(release=lambda: released.append("release"))
    rows = metrics.read(out / "metrics.csv")
    resumed = SimpleNamespace(lock=lock, rows=rows, count=0, sums=None, best=2.0, best_epoch=1)
    again = new(out, resumed=resumed)
    assert again.metrics.rows == again.progress.given[1] == rows and again.saver.best == 2.0
    with again:
        again.begin()
    begun = [given for _, method, *given in events if method == "begin"][-1]
    assert released == ["release"] and begun[0] == out and begun[1] is again.data and begun[2] is resumed
    with pytest.raises(ArgumentError, match="is not empty"):
        new(out)


def test_a_folder_that_cannot_be_written_is_named(tmp_path, events):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArgumentError, match=r"--out .*run cannot be written: .*; choose another folder"):
        new(tmp_path / "file" / "run")
    resumed = SimpleNamespace(lock=None, rows=[], count=0, sums=None, best=2.0, best_epoch=1)
    with pytest.raises(MiniganError, match=r"nowhere.* cannot be written: .*; nothing has been saved"):
        new(tmp_path / "nowhere", resumed=resumed)


def test_errors_in_a_run_say_what_is_left_of_it(tmp_path, events):
    """Of a second Ctrl-C the command itself says the rest."""
    for i, (error, kind, message, said) in enumerate((
        (KeyboardInterrupt(), KeyboardInterrupt, "", 1),
        (OSError(28, "No space left", "x.png"), MiniganError, "x.png cannot be written: No space left; nothing has", 0),
        (OSError(28, "No space left"), MiniganError, "the output cannot be written: No space left; nothing has", 0),
        (ZeroDivisionError(), ZeroDivisionError, "", 0),
    )):  # fmt: skip
        events.clear()
        made = new(tmp_path / str(i))
        with pytest.raises(kind) as caught, made:
            raise error
        assert str(caught.value).startswith(message)
        assert [given for _, method, *given in events if method == "say"] == [
            ["stopped  nothing has been saved"]
        ] * said
        assert made.metrics.file.closed and made.lock.file is None and events[-1 - said] == ("Progress", "close")
