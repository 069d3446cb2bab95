"""The lab's training: it is the training of the command line, and no command can break it."""

import base64
import json
import random
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigan import doctor, report, sample, train
from minigan.data import from_file, load
from minigan.data.dataset import from_images
from minigan.ground.errors import ArgumentError, MiniganError
from minigan.lab.controls import CONTROLS, described
from minigan.lab.trainer import Trainer
from minigan.nn.losses import sigmoid
from minigan.recipes import sampling
from minigan.recipes.option import options
from minigan.recipes.presets import PRESETS
from minigan.recipes.sampling import generate, generator_input
from minigan.recipes.settings import Settings
from minigan.runs import checkpoint, diagnosis, metrics
from minigan.training import Training


@pytest.fixture
def trainer(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Trainer()
    made.start()
    yield made
    made.close()
    assert not made.is_alive()


def state(trainer):
    return json.loads(trainer.state)


def wait(trainer, condition, seconds=10):
    """Play until the condition holds, with a viewer."""
    trainer.viewers = 1
    trainer.do("play")
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)


def same(a, b):
    return all((getattr(a, name).theta == getattr(b, name).theta).all() for name in ("G", "D", "average"))


def test_rounds_and_single_steps_are_those_of_the_command_line(trainer):
    plain = Training(PRESETS["toy"].with_flags(), load("ring"))
    rounds = plain.epoch()
    trainer.do("round")
    next(rounds)
    trainer.do("step")
    assert state(trainer)["half"] == "d_step" and state(trainer)["round"] == 2
    between = state(trainer)["picture"]
    trainer.do("step")
    figures = next(rounds)
    assert state(trainer)["half"] == "" and same(trainer.training, plain)
    assert state(trainer)["figures"]["d_loss"] == float(figures[0])
    after = state(trainer)["picture"]
    assert between["opinion"] == after["opinion"] and between["samples"] != after["samples"]  # G's step moves G alone
    film = trainer.do("slow")
    next(rounds)
    assert same(trainer.training, plain) and film["shots"]


def test_it_plays_only_while_somebody_looks(trainer):
    trainer.do("play")
    time.sleep(0.3)
    assert trainer.training.rounds_done == 0
    wait(trainer, lambda: trainer.training.rounds_done >= 20)
    trainer.do("pause")
    done = trainer.training.rounds_done
    assert done >= 20
    time.sleep(0.2)
    assert trainer.training.rounds_done == done


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [("lr", "0.01", True), ("objective", "hinge", True), ("dropout", "0.3", True), ("spectral", "true", True),
     ("r1", "0", True), ("ema", "0.9", True), ("d_steps", "3", True), ("beta1", "0.5", True),
     ("label_smoothing", "0.1", True), ("simultaneous", "true", True), ("noise", "uniform", True),
     ("packing", "2", False), ("latent_dim", "3", False), ("g_hidden", "16 16", False), ("data", "grid", False)],
)  # fmt: skip
def test_a_setting_changes_while_it_runs_or_begins_anew(trainer, name, value, kept):
    for _ in range(3):
        trainer.do("round")
    before = trainer.training
    assert trainer.do("set", [name, value]) == {"kept": kept}
    after = trainer.training
    if kept:
        assert after.rounds_done == 3
        was, now = ([layer.W for layer in t.D.layers if "W" in layer.parameters] for t in (before, after))
        assert all((a == b).all() for a, b in zip(was, now, strict=True))
    else:
        plain = Training(after.settings, load(after.settings.data))
        assert after.rounds_done == 0 and same(after, plain)
    trainer.do("round")
    assert trainer.training.rounds_done == (4 if kept else 1) and state(trainer)["picture"]
    assert f"--{name.replace('_', '-')}" in state(trainer)["command"]


def test_a_setting_and_its_return_change_nothing_but_the_order_of_the_data(trainer):
    trainer.do("round")
    before = trainer.training
    trainer.do("set", ["lr", "0.5"])
    trainer.do("set", ["lr", "0.001"])
    assert trainer.training is not before and same(trainer.training, before)
    assert (trainer.training.d_optimizer.v == before.d_optimizer.v).all() and trainer.training.d_optimizer.t == 1


def test_switching_the_average_off_leaves_G_as_it_is(trainer):
    trainer.do("set", ["ema", "0.99"])
    for _ in range(3):
        trainer.do("round")
    before = trainer.training
    assert (before.average.theta != before.G.theta).any()
    trainer.do("set", ["ema", "0"])
    assert trainer.training.average is trainer.training.G and (trainer.training.G.theta == before.G.theta).all()


def test_a_reset_begins_the_run_of_that_seed(trainer):
    trainer.do("round")
    trainer.do("reset", 5)
    trainer.do("round")
    plain = Training(PRESETS["toy"].with_flags(seed=5), load("ring", seed=5))
    next(plain.epoch())
    assert same(trainer.training, plain)


REFUSED = [
    ("dance", None), ("pace", "fast"), ("pace", -1), ("pace", True), ("reset", "0"), ("reset", -1), ("set", None),
    ("set", ["lr"]), ("set", ["lr", 3]), ("set", ["lr", "nan"]), ("set", ["lr", "-1"]), ("set", ["lr", ""]),
    ("set", ["objective", "wasserstein"]), ("set", ["evaluate_every", "1"]), ("set", ["data", "/etc/passwd"]),
    ("set", ["device", "gpu"]), ("set", ["g_hidden", "100000"]),
    ("set", ["g_hidden", "8 " * 20]), ("set", ["latent_dim", "1000000"]), ("set", ["batch_size", "100000"]),
    ("experiment", None), ("experiment", [99, False]), ("experiment", [0, "x"]),
    ("points", None), ("points", [1, 2]), ("points", [0.5, 1.0] * 20), ("points", [2000, 0] * 20), ("points", [0] * 21),
    ("points", [0] * 20_002), ("set", ["g_steps", "1000000"]), ("set", ["packing", "100"]), ("set", ["__class__", "3"]),
    ("pick", 0), ("turn", [0, 1.0]), ("label", 0), ("near", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), REFUSED, ids=str)
def test_a_command_that_makes_no_sense_is_refused_and_training_goes_on(trainer, name, value):
    trainer.do("set", ["r1", "0"])
    trainer.do("round")
    before = trainer.training
    with pytest.raises(MiniganError) as refusal:
        trainer.do(name, value)
    assert str(refusal.value).endswith((".", "?"))
    assert trainer.training is before
    trainer.do("round")
    assert trainer.training.rounds_done == 2


def test_fifty_settings_at_random_are_taken_or_refused(trainer):
    draw, taken = random.Random(0), 0
    for _ in range(50):
        option = draw.choice([o for o in options(Settings) if o.name in CONTROLS])
        words = draw.choice([*option.choices, "true", "false", "0", "1", "2", "0.5", "1e30", "-3", "nan", "x", "64 8"])
        try:
            trainer.do("set", [option.name, words])
            taken += 1
        except ArgumentError:
            pass
        trainer.do("round")
    assert taken > 10
    trainer.do("reset", 0)
    assert state(trainer)["round"] == 0


def test_numbers_that_overflow_stop_the_training_with_a_sentence(trainer):
    trainer.do("set", ["lr", "1e38"])
    trainer.do("set", ["r1", "0"])
    wait(trainer, lambda: not state(trainer)["playing"])
    assert "overflowed" in state(trainer)["note"] and not state(trainer)["playing"]
    trainer.do("set", ["lr", "0.001"])
    trainer.do("reset", 0)
    trainer.do("round")
    assert state(trainer)["picture"] and np.isfinite(trainer.training.G.theta).all()


def test_at_the_end_of_the_run_it_stops_and_says_so(trainer):
    trainer.do("set", ["batch_size", "4096"])
    trainer.do("set", ["epochs", "1"])
    wait(trainer, lambda: not trainer.playing, 60)
    trainer.do("round")
    assert trainer.training.rounds_done == trainer.training.rounds == 100_000 // 4096
    assert state(trainer)["note"] == "The run is over after its 1 epochs."


def test_drawn_data_can_be_learned_here_and_from_the_command_line(trainer, tmp_path):
    trainer.do("points", [100, -200, 300, 400] * 10)
    trainer.do("round")
    np.save(tmp_path / "points.npy", trainer.data.x)
    centres = np.unique(np.round(trainer.data.x, 1), axis=0)
    assert {(0.1, -0.2), (0.3, 0.4)} <= {tuple(map(float, np.round(c, 1))) for c in centres.astype(float)}
    plain = Training(trainer.training.settings, load(str(tmp_path / "points.npy")))
    next(plain.epoch())
    assert same(trainer.training, plain) and "--data points.npy" in state(trainer)["command"]
    trainer.do("reset", 0)
    assert trainer.training.settings.data == "points.npy"
    trainer.do("set", ["data", "ring"])


def test_a_saved_run_is_as_the_command_line_leaves_it_and_continues(trainer, command):
    flags = "--preset toy --epochs 2 --batch-size 4000 --threads 1 --g-hidden 16 --d-hidden 16"
    for name, value in (("epochs", "2"), ("batch_size", "4000"), ("g_hidden", "16"), ("d_hidden", "16")):
        trainer.do("set", [name, value])
    trainer.do("reset", 0)
    with pytest.raises(ArgumentError, match="nothing to save yet"):
        trainer.do("save")
    for _ in range(30):
        trainer.do("round")
    folder = trainer.do("save")
    assert command(train.main, *flags.split(), "--out", "whole")[0] == 0
    assert command(train.main, "--resume", folder, "--threads", 1)[0] == 0
    (ours, _), (theirs, _) = checkpoint.load(Path(folder)), checkpoint.load(Path("whole"))
    assert all((ours[name] == theirs[name]).all() for name in ours)
    for main in (sample.main, report.main, doctor.main):
        assert command(main, folder)[0] == 0


def test_drawn_data_are_saved_with_the_run(trainer, command):
    trainer.do("points", [100, -200, 300, 400] * 10)
    trainer.do("round")
    folder = trainer.do("save")
    assert (np.load(Path(folder, "points.npy")) == trainer.data.x).all()
    assert command(sample.main, folder)[0] == 0 and command(report.main, folder)[0] == 0


def test_the_doctor_speaks_where_it_would_speak_in_a_run(trainer):
    for name, value in (("r1", "0"), ("objective", "minimax"), ("d_steps", "5"), ("lr", "0.01"), ("g_hidden", "16")):
        trainer.do("set", [name, value])
    wait(trainer, lambda: trainer.notebook.notes or not trainer.playing, 60)
    trainer.do("pause")
    notes = state(trainer)["notes"]
    found = diagnosis.notes(trainer.notebook.metrics.rows, trainer.training.settings)
    assert notes and [(n["round"], n["words"]) for n in notes] == [(n.round, n.words) for n in found]


def test_the_page_gets_every_control_with_its_value(trainer):
    about = described(trainer)
    assert {control["name"] for control in about["controls"]} == set(CONTROLS)
    values = {control["name"]: control["value"] for control in about["controls"]}
    assert values["g_hidden"] == "128 128 128" and values["lr"] == "0.001" and values["d_lr"] == ""
    for control in about["controls"]:  # each may be sent back as it is
        words = control["value"].lower() if control["kind"] == "check" else control["value"]
        trainer.do("set", [control["name"], words])
    assert trainer.training.settings == PRESETS["toy"].with_flags(threads=1)


@pytest.fixture
def digits(tmp_path, monkeypatch, own):
    """A lab that trains on 63 small images with labels."""
    monkeypatch.chdir(tmp_path)
    made = Trainer(data="own.npz", batch_size=12, epochs=40, threads=1, evaluate_every=0)
    made.start()
    yield made
    made.close()


def test_images_are_trained_as_on_the_command_line_and_shown(digits):
    settings = PRESETS["minigan"].with_flags(data="own.npz", batch_size=12, epochs=40, threads=1)
    plain = Training(settings, load("own.npz"))
    rounds = plain.epoch()
    for _ in range(3):
        digits.do("round")
        next(rounds)
    assert same(digits.training, plain) and state(digits)["view"] == "images"
    shown, about = state(digits)["picture"], described(digits)
    assert (about["shape"], about["labels"], about["sliders"]) == ([4, 4, 1], ["0", "1", "2"], 12)
    z = generator_input(settings, digits.data, 100, sampling.streams(0)["grid"])
    expected = np.rint(127.5 * (generate(settings, digits.data, plain.average, z) + 1.0))
    samples = np.frombuffer(base64.b64decode(shown["samples"]), np.uint8).reshape(101, 16)
    np.testing.assert_allclose(samples[:100], expected, atol=1)
    assert (samples[100] == samples[0]).all()  # one's own is the first, until it is changed
    opinions = np.frombuffer(base64.b64decode(shown["opinions"]), np.uint8)
    np.testing.assert_allclose(opinions[:100], 255 * sigmoid(plain.D(plain.average(z))[:, 0]), atol=1)


def test_ones_own_sample_follows_its_z_and_its_label_and_has_neighbours(digits):
    digits.do("pick", 7)
    assert state(digits)["picture"]["label"] == 7 % 3
    digits.do("turn", [2, -1.5])
    digits.do("label", 2)
    shown = state(digits)["picture"]
    assert shown["z"][2] == -1.5 and shown["label"] == 2
    own = digits.view.own
    assert (own[0, 3:32] == digits.view.z[7, 3:32]).all() and own[0, 32:].tolist() == [0, 0, 1]
    found = digits.do("near")
    x = generate(digits.training.settings, digits.data, digits.training.average, own)
    distances = np.linalg.norm((x + 1.0) / 2.0 - digits.data.x / 255.0, axis=1)
    np.testing.assert_allclose(found["distances"], np.sort(distances)[:5], atol=0.01)
    for name, value in (("pick", 100), ("turn", [12, 0.0]), ("turn", [0, 9.0]), ("turn", [0, "x"]), ("label", 3)):
        with pytest.raises(ArgumentError):
            digits.do(name, value)
    digits.do("set", ["lr", "0.001"])
    assert state(digits)["picture"]["z"] == shown["z"]  # a change of settings keeps it


def test_the_distance_is_measured_after_each_epoch_and_is_saved(digits, command):
    digits.do("set", ["evaluate_every", "1"])
    for _ in range(10):
        digits.do("round")
    digits.notebook.ruler.jobs.join()
    digits.do("pause")
    rows = [row for row in digits.notebook.metrics.rows if "distance" in row]
    assert [row["epoch"] for row in rows] == [1.0, 2.0]
    figures = state(digits)["figures"]
    assert figures["distance"] == rows[-1]["distance"] > 0 and figures["floor"] >= 0
    judge = digits.notebook.ruler.distance.judge
    digits.do("set", ["lr", "0.001"])
    assert state(digits)["figures"]["distance"] == rows[-1]["distance"]  # the curve goes on, and so does its classifier
    for _ in range(5):
        digits.do("round")
    digits.notebook.ruler.jobs.join()
    assert digits.notebook.ruler.distance.judge is judge
    rows = [row for row in digits.notebook.metrics.rows if "distance" in row]
    assert len(rows) == 3
    folder = digits.do("save")
    assert [row["distance"] for row in metrics.read(Path(folder, "metrics.csv")) if "distance" in row] == [
        pytest.approx(row["distance"], rel=1e-5) for row in rows
    ]
    assert command(sample.main, folder)[0] == 0 and command(report.main, folder)[0] == 0


def test_other_data_bring_their_own_preset_or_keep_the_settings(trainer, own):
    trainer.do("set", ["lr", "0.002"])
    trainer.do("set", ["data", "moons"])
    assert trainer.training.settings.lr == 0.002
    images = replace(from_file(Path("own.npz")), name="own.npz")
    with pytest.raises(ArgumentError, match="needs 128 samples per round"):
        trainer.do("points", images)
    assert trainer.training.settings.data == "moons"
    many = np.random.default_rng(0).integers(0, 256, (300, 4, 4)).astype(np.uint8)
    trainer.do("points", from_images(many, "here", name="many.npy"))
    assert trainer.preset == "minigan" and not trainer.training.settings.conditional
    trainer.do("round")
    folder = Path(trainer.do("save"))
    assert (np.load(folder / "images.npz")["images"] == many).all()
    assert trainer.training.settings.data == str(folder / "images.npz")
    trainer.do("set", ["data", "grid"])
    assert trainer.preset == "toy" and trainer.training.settings.lr == 0.001


def test_a_folder_of_coloured_pictures_is_trained_on_and_left_again(tmp_path, monkeypatch, command):
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache" / project)
    rng = np.random.default_rng(0)
    for name in ("a cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(80):
            pixels = rng.integers(0, 256, (9, 9, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / name / f"{i}.png")
    monkeypatch.chdir(tmp_path)
    made = Trainer(data="pets", size=8, colour=True, threads=1, evaluate_every=0, d_hidden=(8,), g_hidden=(8,))
    made.start()
    try:
        about = described(made)
        assert (about["shape"], about["labels"]) == ([8, 8, 3], ["a cat", "dog"])
        made.do("round")
        assert "--data pets --size 8 --colour" in state(made)["command"]
        made.do("label", 1)
        assert state(made)["picture"]["label"] == 1
        assert len(base64.b64decode(made.do("near")["pixels"])) == 5 * 8 * 8 * 3
        folder = made.do("save")
        assert command(sample.main, folder, "-n", 4, "--label", "dog", "--out", "dogs.npy")[0] == 0
        assert np.load("dogs.npy").shape == (4, 8, 8, 3)
        made.do("set", ["data", "ring"])
        assert "--size" not in state(made)["command"] and "--colour" not in state(made)["command"]
    finally:
        made.close()
    with pytest.raises(ArgumentError, match="choose a smaller --size"):
        Trainer(data="pets", size=65, colour=True)
