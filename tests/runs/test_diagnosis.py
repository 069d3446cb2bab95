"""The doctor: each rule speaks in a real run that goes wrong its way, all are silent in a healthy one."""

import re
from pathlib import Path
from types import SimpleNamespace

import clinic
import numpy as np
import pytest

from minigan import doctor, report, train
from minigan.nn.activations import LeakyReLU, ReLU
from minigan.nn.layers import Dense
from minigan.nn.network import Network
from minigan.recipes.settings import Settings
from minigan.runs import images
from minigan.runs.recorder import COLUMNS
from minigan.runs.load import load_generator

RULES = {rule.__name__.replace("_", " ") for rule in doctor.RULES}


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clinic")
    clinic.save_digits(folder)
    return str(folder / "digits.npz")


@pytest.fixture
def examined(command, monkeypatch, digits):
    """examined(flags, name) -> what the doctor says, rule -> words, of a run of train in the folder name."""
    blank = np.zeros((1, 8, 8))
    monkeypatch.setattr(images, "save_points", lambda path, *_: images.save_grid(path, blank))  # quicker
    monkeypatch.setattr(images, "save_curves", lambda *_: None)

    def run(flags, name="run"):
        code, out, _ = command(train.main, *flags.replace("digits.npz", digits).split(), "--out", name)
        assert code == 0
        code, diagnosis, _ = command(doctor.main, name)
        assert code == 0
        _, settings, _ = load_generator(name)
        notes = doctor.notes(doctor.read(f"{name}/metrics.csv"), settings)
        lines = [f"after round {note.round}: {note.words}" for note in notes]
        assert [f"doctor   {line}" for line in lines] == [x for x in out.splitlines() if x.startswith("doctor")]
        assert lines == [line for line in diagnosis.splitlines()[1:] if line.startswith("after")]
        assert bool(lines) == ("Nothing to complain of." not in diagnosis)
        return {note.rule: note.words for note in notes}

    return run


@pytest.mark.parametrize("name", clinic.HEALTHY)
def test_a_healthy_run_has_nothing_wrong(examined, name):
    assert examined(clinic.HEALTHY[name]) == {}


def test_there_is_a_failure_for_each_rule():
    assert set(clinic.ILL) == RULES


def provoked(examined, rule):
    """The flags of a run in which the rule speaks, and its words. Games are chaotic: on another machine, whose last
    digits are others, one seed may do where another does not."""
    for seed in range(4):
        flags = f"{clinic.ILL[rule]} --seed {seed}"
        notes = examined(flags, f"seed {seed}")
        if rule in notes:
            return flags, notes[rule]
    raise AssertionError(f"nothing provokes {rule}")


@pytest.mark.parametrize("rule", sorted(set(clinic.ILL) - {"collapse", "oscillation"}))  # those take long; see below
def test_a_failure_is_named(examined, rule):
    provoked(examined, rule)


@pytest.mark.slow
@pytest.mark.parametrize("rule", clinic.ILL)
def test_what_is_advised_heals(examined, rule):
    flags, words = provoked(examined, rule)
    assert rule not in examined(f"{flags} {clinic.remedy(words)}", "healed")


def test_what_was_said_is_not_said_again_by_a_run_that_goes_on(command):
    words = f"{clinic.RING} --g-hidden 8 --d-hidden 8 --lr 0.5".split()
    _, out, _ = command(train.main, *words, "--out", "run")
    assert "doctor   after round" in out
    _, again, _ = command(train.main, "--resume", "run", "--epochs", 2)
    said = [re.findall("(?m)^doctor .*: (.{20})", text) for text in (out, again)]
    assert said[0] and not set(said[0]) & set(said[1])


def test_numbers_that_divide_may_be_0(command):
    command(train.main, *clinic.RING.split(), "--epochs", 0, "--out", "run")
    row = dict.fromkeys(COLUMNS, "1") | {"d_weights": "0", "rounds_per_second": "0"}
    Path("run/metrics.csv").write_text("\n".join(",".join(line) for line in (COLUMNS, row.values())) + "\n")
    for main in (doctor.main, report.main):
        assert command(main, "run")[0] == 0


@pytest.mark.parametrize(("eps", "loss"), [(0.0, 0.1), (0.1, 0.4), (0.3, 0.7)])
def test_smoothed_labels_hide_no_winner(eps, loss):
    """The least loss is then an entropy: .325 with .1, .611 with .3."""
    row = {"d_accuracy": 1.0, "d_loss": loss}
    settings = Settings(label_smoothing=eps)
    for more, words in ((0.0, "D wins"), (0.2, None)):
        rows = [{**row, "round": i, "d_loss": loss + more} for i in (50, 100, 150)]
        assert (doctor.D_wins(rows, settings) or "").startswith(words or "")
        assert bool(doctor.D_wins(rows, settings)) == bool(words)


def training(G, D, x_n, **settings):
    data = SimpleNamespace(n_x=x_n, is_images=True)
    return SimpleNamespace(G=G, D=D, data=data, xp=np, settings=SimpleNamespace(output="tanh", **settings))


def test_vital_signs_are_what_they_are_called():
    """G: two units, one never above 0; D scores the sum of a sample's two pixels."""
    G = Network([Dense(1, 2), ReLU(), Dense(2, 2)])
    D = Network([LeakyReLU(0.5), Dense(2, 1)])
    G.layers[0].W[...], G.layers[0].b[...] = [[1.0, -1.0]], [0.0, -9.0]
    G.layers[2].W[...] = [[0.5, 0.5], [7.0, 7.0]]
    D.layers[1].W[...] = 1.0
    G.grad[:4], D.grad[:4] = 3.0, -2.0
    z = np.array([[2.0], [1.0], [-1.0], [1.998]], np.float32)  # x: 1, .5, 0, .999, each twice
    x_real = np.array([[0.2, 0.2], [3.0, 3.0], [-3.0, -3.0], [0.7, 0.7]], np.float32)
    before = G.theta.copy(), D.theta.copy(), G.grad.copy(), D.grad.copy()
    v = dict(zip(doctor.VITALS, doctor.vitals(training(G, D, 2), z, x_real).tolist(), strict=True))
    assert v["d_accuracy"] == (1 + 4 + 0 + 2) / 16
    assert (v["g_gradient"], v["d_gradient"]) == (6.0, 4.0)
    assert (v["g_weights"], v["d_weights"]) == (
        pytest.approx((1 + 1 + 81 + 0.5 + 98) ** 0.5),
        pytest.approx(2**0.5),
    )
    assert (v["g_dead"], v["d_dead"]) == (0.5, 0.0)
    assert v["saturated"] == 0.5
    x = np.array([1.0, 0.5, 0.0, 0.999])
    assert v["diversity"] == pytest.approx(x.std() / x_real[:, 0].std())
    for array, was in zip((G.theta, D.theta, G.grad, D.grad), before, strict=True):
        np.testing.assert_array_equal(array, was)


def test_figures_of_another_version_or_none_are_one_sentence(command):
    command(train.main, *clinic.RING.split(), "--epochs", 0, "--out", "run")
    assert command(doctor.main, "run")[:2] == (0, "There are no figures in run/metrics.csv yet.\n")
    assert "there is no run/checkpoint.npz/metrics.csv" in command(doctor.main, "run/checkpoint.npz")[2]
    path, header = Path("run/metrics.csv"), ",".join(COLUMNS)
    for content, why in (
        ("round,epoch\n1,2\n", "columns are not those"),
        (f"{header}\n{'x,' * 16}1\n", "could not convert"),
        (f"{header}\n{'1,' * 8},{'1,' * 7}1\n", "a row is not whole"),
        (f"{header}\n1,2\n{'1,' * 16}1\n", "a row is not whole"),
    ):
        path.write_text(content)
        code, _, err = command(doctor.main, "run")
        assert code == 3 and why in err and err.count("\n") == 1
    path.unlink()
    assert "there is no run/metrics.csv" in command(doctor.main, "run")[2]


def test_a_row_that_was_cut_off_does_not_count(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text(f"{','.join(COLUMNS)}\n{'1,' * 16}1\n2,2,2\n")
    assert [row["round"] for row in doctor.read(path)] == [1.0]
