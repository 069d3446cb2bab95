"""The rules of the doctor on rows made by hand: where each begins to speak, and what it advises."""

import math

import pytest
from small_runs import small

from minigan import doctor
from minigan.data import POINTS
from minigan.recipes.settings import Settings
from minigan.runs import diagnosis, metrics, vitals
from minigan.runs.diagnosis import Note
from minigan.runs.metrics import Metrics
from minigan.runs.saver import Saver
from minigan.training import Training

HEALTHY = dict.fromkeys(metrics.COLUMNS, 0.5) | {"d_loss": 1.3, "g_loss": 0.7, "d_weights": 40.0, "g_weights": 40.0,
                                                 "d_dead": 0.0, "g_dead": 0.0, "saturated": 0.1}  # fmt: skip
RULES = {rule.__name__: rule for rule in diagnosis.RULES}


def rows(n=3, every=500, **columns):
    """n rows. columns: the values of one column, oldest first, or one value for all rows."""
    made = [HEALTHY | {"round": float(every * (i + 1))} for i in range(n)]
    for name, values in columns.items():
        for i, row in enumerate(made):
            row[name] = values[i] if isinstance(values, (list, tuple)) else values
    return made


def says(rule, rows, **settings):
    return RULES[rule](rows, Settings(**settings)) or ""


def test_no_rule_speaks_of_healthy_rows():
    assert diagnosis.examine(rows(12), Settings()) == {}
    assert diagnosis.examine(rows(1), Settings()) == {}


THRESHOLDS = [  # (rule, column, the value, whether the rule speaks above it or else below it, settings)
    ("D_wins", "d_accuracy", 0.99, True, {}),
    ("D_wins", "d_loss", 0.2 * math.log(2), False, {}),
    ("D_wins", "d_loss", 0.025, False, {"objective": "least-squares"}),
    ("D_wins", "d_loss", 0.2, False, {"objective": "hinge"}),
    ("D_wins", "d_loss", 0.5004024 + 0.2 * math.log(2), False, {"label_smoothing": 0.2}),
    ("G_learns_nothing", "d_fake", 0.05, False, {"objective": "minimax"}),
    ("collapse", "diversity", 0.12, False, {}),
    ("collapse", "diversity", 0.5, False, {"data": POINTS[0]}),
    ("saturation", "saturated", 0.98, True, {}),
    ("dead_units", "d_dead", 0.5, True, {}),
    ("dead_units", "g_dead", 0.5, True, {}),
    ("learning_rate", "d_loss", 30.0, True, {}),
    ("learning_rate", "g_loss", 30.0, True, {}),
]
ILL = {"d_accuracy": 1.0, "d_loss": 0.01}  # where D wins


@pytest.mark.parametrize(("rule", "column", "value", "above", "settings"), THRESHOLDS)
def test_a_rule_speaks_on_one_side_of_its_threshold_only(rule, column, value, above, settings):
    """The thresholds tell the runs of demos/clinic.py from healthy ones."""
    base = ILL if rule == "D_wins" else {}
    for factor, expected in ((0.9995, not above), (1.0005, above)):
        assert bool(says(rule, rows(**base | {column: factor * value}), **settings)) == expected
    if value in (0.99, 0.025, 0.05, 0.12, 0.5, 0.98, 30.0):
        assert not says(rule, rows(**base | {column: value}), **settings)


@pytest.mark.parametrize("rule", ["D_wins", "G_learns_nothing", "collapse", "saturation", "dead_units"])
def test_a_problem_must_last_for_three_rows_and_some_rounds(rule):
    ill = {"d_accuracy": 1.0, "d_loss": 0.01, "d_fake": 0.01, "diversity": 0.01, "saturated": 1.0, "g_dead": 1.0}
    well = {name: HEALTHY[name] for name in ill}
    settings = {"objective": "minimax"} if rule == "G_learns_nothing" else {}
    least = 500 if rule == "collapse" else 100

    def mixed(*states, every):
        return rows(len(states), every, **{name: [(ill if s else well)[name] for s in states] for name in ill})

    for states, every, expected in (
        ((1, 1), least, False),
        ((1, 1, 1), least, True),
        ((0, 1, 1), least, False),
        ((1, 0, 1), least, False),
        ((1, 1, 0), least, False),
        ((0, 1, 1, 1), least, True),
        ((1, 1, 1, 1), least // 4, True),
        ((1, 1, 1), least // 4, False),  # not so many rounds yet
        ((0, 1, 1, 1, 1, 1), least // 5, True),
        ((0, 1, 1, 1, 1), least // 4, True),
        ((0, 1, 1, 1), least // 4, False),
        ((1, 1, 0, 1, 1, 1), least // 4, False),
    ):
        assert bool(says(rule, mixed(*states, every=every), **settings)) == expected, (states, every)


def test_the_weights_may_not_grow_by_more_than_a_quarter_beyond_their_usual_norm():
    for who in "dg":
        name = f"{who}_weights"
        for values, expected in (
            ((40.0, 40.0, 50.0), ""),
            ((40.0, 40.0, 50.005), f"{who.upper()}'s weights grew by 25 % since the previous row"),
            ((40.0, 40.0, 80.0), f"{who.upper()}'s weights grew by 100 % since the previous row"),
            ((40.0, 40.0, 49.98), ""),
            ((20.0, 40.0, 41.0), ""),
            ((40.0, 60.0, 60.0), ""),
            ((0.0, 0.0, 60.0), ""),
            ((60.0, 60.0, 40.0), ""),
        ):
            text = says("learning_rate", rows(**{name: values}))
            assert expected in text and bool(text) == bool(expected), values
    assert says("learning_rate", rows(1, d_weights=1e9)) == ""


@pytest.mark.parametrize(("who", "norm", "settings"), [
    ("d", 5.0, {"d_hidden": (9, 16)}), ("g", 13.0, {"g_hidden": (25, 144)}),
    ("d", 10.0, {"d_hidden": (9, 16), "maxout": 4}), ("g", 5.0, {"g_hidden": (9, 16), "maxout": 4}),
])  # fmt: skip
def test_the_usual_norm_of_weights_grows_with_the_widths(who, norm, settings):
    assert diagnosis.usual_norm(who.upper(), Settings(**settings)) == pytest.approx(norm)
    assert not says("learning_rate", rows(2, **{f"{who}_weights": (1.0, norm)}), **settings)
    assert says("learning_rate", rows(2, **{f"{who}_weights": (1.0, 1.01 * norm)}), **settings)


def test_a_critics_loss_may_have_any_size():
    given = {"d_loss": 31.0, "g_loss": 99.0}
    text = says("learning_rate", rows(**given))
    assert "D's loss is 31; even a losing player" in text
    for objective in ("wasserstein", "relativistic"):
        assert not says("learning_rate", rows(**given), objective=objective, clip=0.01)
        assert not says("D_wins", rows(**ILL), objective=objective, clip=0.01)
    assert not says("D_wins", rows(**ILL | {"d_loss": 0.2}), label_smoothing=0.0)


def test_only_a_minimax_generator_learns_nothing_when_d_rejects_it():
    assert not says("G_learns_nothing", rows(d_fake=0.01))
    text = says("G_learns_nothing", rows(d_fake=(0.03, 0.02, 0.01)), objective="minimax")
    assert "D(G(z)) is 0.01" in text and text.count("Try --objective non-saturating") == 1


def test_a_diversity_that_recovers_is_no_collapse():
    for last, expected in ((0.0625, True), (0.06253, False), (0.0624, True), (0.04, True)):
        assert bool(says("collapse", rows(4, diversity=(0.04, 0.05, 0.05, last)))) == expected
    assert "only 4 % as far apart" in says("collapse", rows(diversity=0.04))
    assert not says("collapse", rows(2, diversity=(0.1, 0.01)))


def swinging(*outputs, every=50):
    return rows(len(outputs), every, d_fake=outputs)


def test_a_game_goes_in_circles_if_it_turns_three_times_in_ten_rows():
    calm = [0.5] * 5
    for outputs, every, expected in (
        ((*calm, 0.7, 0.5, 0.7, 0.5, 0.5), 50, True),
        ((0.5, 0.7, 0.5, 0.7, 0.5, *calm), 50, True),
        ((*calm, 0.7, 0.5, 0.7, 0.7, 0.7), 50, False),  # two turns
        ((*calm, 0.59, 0.5, 0.59, 0.5, 0.59), 50, False),  # too small
        ((*calm, 0.7, 0.65, 0.8, 0.75, 0.9), 50, False),  # only every other swing is large
        ((*calm, 0.7, 0.9, 0.7, 0.5, 0.3), 50, False),
        ((0.5, 0.5, 0.7, 0.5, 0.7, 0.5, *calm), 50, True),
        ((0.5, 0.7, 0.5, 0.7, 0.5, *calm, 0.5), 50, False),  # the first is older than ten rows
        ((0.7, 0.5, 0.7, 0.5, 0.7, 0.5, 0.7, 0.5, 0.7), 50, False),  # nine rows
        ((*calm, 0.7, 0.5, 0.7, 0.5, 0.5), 10, True),  # 90 rounds
        ((*calm, 0.7, 0.5, 0.7, 0.5, 0.5), 9.99, False),
        ((*calm, 0.6001, 0.5, 0.6001, 0.5, 0.5), 50, True),
        ((*calm, 0.60005, 0.5, 0.60005, 0.5, 0.5), 50, True),
        ((*calm, 0.59995, 0.5, 0.59995, 0.5, 0.5), 50, False),
        ((*[0.0] * 5, 0.1, 0.0, 0.1, 0.0, 0.0), 50, False),
    ):
        text = says("oscillation", swinging(*outputs, every=every))
        assert bool(text) == expected, outputs
        if expected:
            assert f"swung between {min(outputs[-10:]):.2f} and {max(outputs[-10:]):.2f}" in text
    assert not says("oscillation", swinging(*[0.2, 0.8] * 6), objective="wasserstein", clip=0.01)


ADVICE = [  # (rule, settings, the flag to try)
    ("learning_rate", {"lr": 0.02}, "--lr 0.002"),
    ("learning_rate", {"lr": 0.02, "d_lr": 0.03}, "--d-lr 0.003"),
    ("G's learning_rate", {"lr": 0.02, "d_lr": 0.03}, "--lr 0.002"),
    ("D_wins", {"d_steps": 2}, "--d-steps 1"),
    ("D_wins", {}, "--r1 1"),
    ("D_wins", {"r1": 1.0}, "--dropout 0.3"),
    ("D_wins", {"r2": 1.0}, "--dropout 0.3"),
    ("D_wins", {"wgan_gp": 1.0}, "--dropout 0.3"),
    ("D_wins", {"d_batchnorm": 1}, "--dropout 0.3"),
    ("D_wins", {"r1": 1.0, "dropout": 0.1, "lr": 0.02}, "--d-lr 0.005"),
    ("D_wins", {"r1": 1.0, "dropout": 0.1, "lr": 0.02, "d_lr": 0.04}, "--d-lr 0.01"),
    ("collapse", {"g_steps": 2}, "--g-steps 1"),
    ("collapse", {}, "--r1 1"),
    ("collapse", {"r1": 1.0}, "--packing 2"),
    ("collapse", {"r1": 1.0, "packing": 2, "lr": 0.02}, "--lr 0.005"),
    ("saturation", {"lr": 0.03}, "--lr 0.001"),
    ("dead_units", {}, "--d-slope 0.2"),
    ("G's dead_units", {}, "--g-slope 0.2"),
    ("oscillation", {"beta1": 0.9}, "--beta1 0.5"),
    ("oscillation", {"beta1": 0.5}, "--r1 1"),
    ("oscillation", {"beta1": 0.9, "optimizer": "sgd", "momentum": 0.5}, "--momentum 0"),
    ("oscillation", {"beta1": 0.5, "r1": 1.0, "lr": 0.02}, "--lr 0.005"),
]


@pytest.mark.parametrize(("rule", "settings", "flag"), ADVICE)
def test_the_advice_is_the_first_that_can_help(rule, settings, flag):
    who, rule = "g" if rule.startswith("G's") else "d", rule.removeprefix("G's ")
    ill = {
        "learning_rate": {f"{who}_weights": (100.0, 200.0, 300.0)},
        "D_wins": {"d_accuracy": 1.0, "d_loss": (0.01, 0.02, 0.03)},
        "collapse": {"diversity": (0.08, 0.09, 0.1)},
        "saturation": {"saturated": (0.991, 0.993, 0.995)},
        "dead_units": {f"{who}_dead": (0.6, 0.7, 0.8)},
        "oscillation": {"d_fake": [0.2, 0.8] * 5},
    }[rule]
    text = says(rule, rows(10 if rule == "oscillation" else 3, **ill), **settings)
    assert text.endswith(f"Try {flag}." if rule != "dead_units" else f"Try {flag}, so that a gradient always passes.")
    last = {
        "learning_rate": f"{who.upper()}'s weights grew by 50 % since the previous row",
        "D_wins": "its loss is 0.03; in a balanced game it would be 1.4.",
        "collapse": "only 10 % as far apart as real ones",
        "saturation": "99.5 % of its pixels",
        "dead_units": f"80 % of {who.upper()}'s ReLU units",
        "oscillation": "swung between 0.20 and 0.80",
    }
    assert last[rule] in text


def test_each_problem_is_noted_once_at_the_round_where_it_begins():
    found = rows(
        6, 100, d_weights=[30, 60, 120, 120, 120, 120], g_dead=[0, 0, 0.9, 0.9, 0.9, 0.9], d_loss=[1] * 5 + [99]
    )
    notes = diagnosis.notes(found, Settings())
    assert [(note.round, note.rule) for note in notes] == [(200, "learning rate"), (500, "dead units")]
    assert "weights grew" in notes[0].words and "90 % of G's ReLU units" in notes[1].words
    (first,) = diagnosis.notes(rows(1, 20, g_loss=99.0), Settings())
    assert (first.round, first.rule) == (20, "learning rate")
    assert diagnosis.notes([], Settings()) == []
    assert list(diagnosis.examine(found, Settings())) == ["learning rate", "dead units"]
    assert diagnosis.verdict([]) == "No problems found."
    assert diagnosis.verdict([Note(1, "rule", "words")]).startswith("Start with the first problem")


@pytest.fixture
def run(tmp_path):
    """The folder of a run that has been written, but not trained, and its rows of metrics.csv; see `written`."""
    settings, data = small("minigan")
    training = Training(settings, data)
    (tmp_path / "run").mkdir()
    kept = Metrics(tmp_path / "run", training, training.noise(4))
    Saver(tmp_path / "run", "minigan", training, data, kept).save()
    kept.close()
    return tmp_path / "run" / "metrics.csv"


def write(path, rows):
    lines = [metrics.COLUMNS, *([str(row[name]) for name in metrics.COLUMNS] for row in rows)]
    path.write_text("\n".join(map(",".join, lines)) + "\n")


def test_the_doctor_prints_the_last_vital_signs_all_notes_and_the_verdict(command, run):
    assert command(doctor.main, "run") == (0, "run/metrics.csv has no rows yet.\n", "")
    signs = {name: 0.125 * i for i, name in enumerate(vitals.VITALS, 1)}
    write(run, [*rows(2), HEALTHY | {"round": 1500.0} | signs])
    head = ["vital signs after round 1500"]
    for name, value in signs.items():
        head.append(f"  {name:<12}{value:>8.3g}  {vitals.VITALS[name]}")
    assert command(doctor.main, "run") == (0, "\n".join([*head, "", "No problems found.", ""]), "")

    write(run, rows(3, g_weights=(1.0, 90.0, 90.0), d_dead=0.75))
    code, out, _ = command(doctor.main, "run")
    _, settings, _ = doctor.load_generator("run")
    notes = diagnosis.notes(metrics.read(run), settings)
    assert code == 0 and [note.round for note in notes] == [1000, 1500]
    _, *paragraphs = out.split("\n\n")
    expected = [*(f"after round {note.round}: {note.words}" for note in notes), diagnosis.verdict(notes)]
    assert [" ".join(paragraph.split()) for paragraph in paragraphs] == expected
    assert max(map(len, "\n".join(paragraphs).splitlines())) <= 100
