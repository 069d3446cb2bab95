"""The exercises: minigan's own source is accepted, mistakes are named, and no answer harms a file."""

import shutil
import textwrap
from pathlib import Path

import pytest
from learners_answers import HARMFUL, RIGHT, WRONG
from pages import ROOT, blocks, commands, matches
from small_runs import contents

from minigan import train as ordinary
from minigan.exercises import __main__ as exercises
from minigan.exercises import desk, own_gan
from minigan.exercises.catalogue import BY_NAME, EXERCISES
from minigan.exercises.grade import judge
from minigan.exercises.pieces import copy_of, originals
from minigan.exercises.template import TODO, Source, solution, template
from minigan.gradcheck.cases import DERIVATIVES, REFERENCED
from minigan.gradcheck.mutants import mutants
from minigan.ground.errors import ArgumentError

SURVIVORS = {  # mutants that are accepted because they change no result; test_mutation.py says why
    "Network.backward: first = 0 if input_grad else "
    "next((i for i, layer in enumerate(self.layers) if layer.parameters), 1)",
    "d_step: n = -len(s_real)",
    "input_gradient: deltas = [np.ones_like(caches[1][:, :1])]",
    "input_gradient: deltas = [np.ones_like(caches[-2][:, :1])]",
    "input_gradient: for layer, cache in zip(reversed(D.layers), reversed(caches), strict=False):",
    "add_gradient: for layer, cache, delta in zip(D.layers, caches, deltas, strict=False):",
    "add_gradient: if all((curvature is not None for curvature in curvatures)):",
    "add_gradient: a = -np.zeros_like(deltas[-1])",
    "add_gradient: for layer, cache, curvature in "
    "zip(reversed(D.layers), reversed(caches), reversed(curvatures), strict=False):",
    "wgan_gp: u = 2.0 * weight / len(g) * excess / (length - (length == 0.0)) * g",
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


def answer(exercise):
    """minigan's own source as the file of an exercise."""
    imports = Source(exercise).imports()
    names = [name for name in exercise.helpers if "." not in name]
    return "\n".join([imports, *(f"from minigan.{exercise.module} import {name}" for name in names), "",
                      solution(exercise).replace("    @fused\n", "").replace("@fused\n", "")])  # fmt: skip


def write(exercise, text):
    desk.FOLDER.mkdir(exist_ok=True)
    desk.path_of(exercise).write_text(text, encoding="utf-8")


def with_body(exercise, bodies):
    """The file of an exercise with this body; or (function, body, function, body ...) if there are several."""
    text = template(exercise)
    pairs = [(None, bodies)] if isinstance(bodies, str) else zip(bodies[::2], bodies[1::2], strict=True)
    for function, body in pairs:
        at = text.index(TODO, text.index(f"def {function}(") if function else 0)
        margin = at - text.rindex("\n", 0, at) - 1
        text = text[:at] + textwrap.indent(body, " " * margin).lstrip() + text[at + len(TODO) :]
    return text


def run(command, *words):
    return command(exercises.main, *words)


def test_there_are_exercises_for_the_readers_path_and_their_cases_exist():
    assert len(EXERCISES) == len(BY_NAME) >= 15
    for exercise in EXERCISES:
        assert exercise.functions(exercise.write) and exercise.functions(exercise.helpers) is not None
        assert set(exercise.cases) <= set(DERIVATIVES | REFERENCED)
        assert len(exercise.results) == len(exercise.write)
        assert len(exercise.hints) == 3 or (len(exercise.hints) == 2 and Source(exercise).derivation())


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_a_file_has_neither_the_body_nor_the_derivation(exercise):
    text = template(exercise)
    compile(text, "file", "exec")
    assert text.count(TODO) == len(exercise.write)
    assert max(map(len, text.splitlines())) <= 120
    shown = {line.strip() for line in text.splitlines()}
    if len(exercise.hints) == 2:
        assert not {line.strip() for line in Source(exercise).derivation().splitlines() if line.strip()} & shown
    for name, function in exercise.functions(exercise.write).items():
        body = solution(exercise).split(f"def {name.rpartition('.')[2]}(")[1]
        secret = {line.strip() for line in body.splitlines() if "  # (" in line or line.strip().startswith("return")}
        given = solution_of_given(exercise)
        assert not (secret - given) & shown, function


def solution_of_given(exercise):
    return {line.strip() for line in template(exercise).splitlines()} if exercise.given else set()


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_minigans_own_source_is_right(exercise, capsys):
    write(exercise, answer(exercise))
    assert exercises.check_one(exercise), capsys.readouterr().out
    assert desk.state(exercise) == "done"


@pytest.mark.parametrize(("name", "bodies"), RIGHT, ids=[name for name, _ in RIGHT])
def test_right_answers_in_other_words_are_right(name, bodies, capsys):
    write(BY_NAME[name], with_body(BY_NAME[name], bodies))
    assert exercises.check_one(BY_NAME[name]), capsys.readouterr().out


@pytest.mark.parametrize(("name", "what", "bodies", "words"), WRONG, ids=[f"{w[0]}: {w[1]}" for w in WRONG])
def test_wrong_answers_get_a_helpful_sentence_and_do_no_harm(name, what, bodies, words, capsys):
    exercise = BY_NAME[name]
    write(exercise, with_body(exercise, bodies))
    files = {HARMFUL: "kept", "other.py": "also kept"}
    for file, content in files.items():
        Path(file).write_text(content)
    package = {path: path.stat().st_mtime_ns for path in Path(exercises.__file__).parents[1].rglob("*.py")}
    assert not exercises.check_one(exercise)
    out = capsys.readouterr().out
    assert words in " ".join(out.split()), out
    assert "Traceback" not in out
    assert {file: Path(file).read_text() for file in files} == files
    assert sorted(path.name for path in Path().iterdir()) == sorted([*files, "exercises"])
    assert {path: path.stat().st_mtime_ns for path in package} == package
    assert desk.state(exercise) == "begun"


@pytest.mark.parametrize(("text", "words"), [
    (b"", "There is no function softplus"),
    (b"\xff\xfe\x00", "not text in UTF-8"),
    (b"a = 1\x00", "Python cannot read your file"),
    (b"softplus = 3", "There is no function softplus"),
    (b"class softplus:\n    pass", "softplus() takes no arguments"),
    (b"softplus = lambda x: x", "should be"),
    (b"def softplus(x, y):\n    return x", "missing 1 required positional argument"),
    (b"def softplus(x):\n    yield x", "returns a generator"),
    (b"from minigan.nn.losses import softplus", "is minigan's own"),
    (b"import minigan.nn.losses as ours\ndef softplus(x):\n    return ours.softplus(x)", "seems to call itself"),
    (b"import sys", "imports sys"),
    (b"1 / 0", "Reading your file ends with ZeroDivisionError"),
    (b"while True:\n    pass", "Reading your file has not ended"),
    (b"raise SystemExit", "ended the process"),
])  # fmt: skip
def test_odd_files_get_a_sentence(text, words, capsys):
    desk.FOLDER.mkdir()
    desk.path_of(BY_NAME["softplus"]).write_bytes(text)
    assert not exercises.check_one(BY_NAME["softplus"])
    out = " ".join(capsys.readouterr().out.split())
    assert words in out
    assert "The check itself" not in out


@pytest.mark.mutation
def test_every_mutant_is_rejected_and_nearly_all_are_named():
    accepted, named, planted = set(), 0, 0
    for exercise in EXERCISES:
        ours = originals(exercise)
        for name, function in exercise.functions(exercise.write).items():
            for mutant in mutants(function):
                verdict = judge(exercise, ours | {name: copy_of(function, mutant.code)}, Path("file.py"))
                planted += 1
                named += mutant.words in verdict.get("likely", [])[:3]
                if verdict["right"]:
                    accepted.add(f"{name}: {mutant.line}")
    print(f"\nOf {planted} mutants as answers, {len(accepted)} are accepted, and of the others {named} are named.")
    assert accepted == SURVIVORS
    assert named >= 0.9 * (planted - len(accepted))


def test_from_the_list_to_a_right_answer(command):
    code, out, _ = run(command)
    assert code == 0
    assert "Done: 0 of 19" in out
    assert "start softplus" in out
    assert run(command, "start", "softplus")[0] == 0
    path = Path("exercises", "softplus.py")
    assert TODO in path.read_text()
    code, out, _ = run(command, "check", "softplus")
    assert code == 1
    assert "softplus still has to be written" in out
    path.write_text(with_body(BY_NAME["softplus"], "return positive_part(x) + np.log1p(np.exp(-magnitude(x)))"))
    code, out, _ = run(command, "check", "exercises/softplus.py")
    assert code == 0
    assert "Done: 1 of 19. Next: sigmoid." in out
    assert "softplus        easy    done" in run(command)[1]
    path.write_text(path.read_text() + "# mine\n")
    assert "softplus        easy    changed" in run(command)[1]


def test_the_worked_exercise_looks_as_the_guide_shows(command):
    for block in blocks(ROOT / "docs" / "exercises.md"):
        if block.language == "python":
            body = textwrap.dedent(block.code.split("\n", 1)[1]).rstrip()
            write(BY_NAME["softplus"], with_body(BY_NAME["softplus"], body))
            continue
        printed = ""
        for words in commands(block.code):
            if "train" not in words:
                printed += run(command, *words[3:])[1]
        if block.output:
            assert matches(block.output, printed), printed
    assert desk.state(BY_NAME["softplus"]) == "done"


def test_nothing_that_was_written_is_overwritten(command):
    Path("exercises").mkdir()
    Path("exercises", "tanh.py").write_text("mine")
    assert "is there already and stays as it is" in run(command, "start", "tanh")[1]
    assert run(command, "start", "all")[0] == 0
    assert Path("exercises", "tanh.py").read_text() == "mine"
    assert len(list(Path("exercises").glob("*.py"))) == len(EXERCISES)


def test_hints_come_one_after_another_and_then_the_solution(command):
    first, second, third = (run(command, "hint", "dense-backward")[1] for _ in range(3))
    assert "Hint 1 of 3" in first
    assert "Hint 2" not in first
    assert "Hint 2 of 3" in second
    assert "dW_ij = sum_n x_ni dy_nj      because" in third
    assert "np.matmul" not in third
    run(command, "start", "dense-backward")
    out = run(command, "solution", "dense-backward")[1]
    assert TODO in out
    assert "np.matmul(x.T, dy, out=self.dW)  # (2)" in out


@pytest.mark.parametrize(("words", "sentence"), [
    (["check", "sofplus"], "there is no exercise sofplus; did you mean softplus?"),
    (["chek"], "did you mean check?"),
    (["check"], "say which exercise"),
    (["check", "tanh"], "there is nothing to check yet"),
    (["hint", "all"], "takes one exercise at a time"),
    (["list", "tanh"], "takes no name"),
    (["train"], "no exercise is done yet"),
])  # fmt: skip
def test_what_a_user_can_do_wrong_gets_one_sentence(command, words, sentence):
    code, out, err = run(command, *words)
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert sentence in err


def test_damaged_notes_begin_anew(command):
    run(command, "start", "softplus")
    desk.NOTES.mkdir()
    for text in ("{", "[1]", "3", ""):
        (desk.NOTES / "softplus.json").write_text(text)
        assert "softplus        easy    begun" in run(command)[1]
        assert run(command, "hint", "softplus")[0] == 0


TINY = {"batch_size": 12, "g_hidden": (5,), "d_hidden": (5,), "latent_dim": 3}
TINY_FLAGS = ["--batch-size", 12, "--g-hidden", 5, "--d-hidden", 5, "--latent-dim", 3]


@pytest.mark.parametrize(
    ("data", "settings", "flags"),
    [("own.npz", TINY, TINY_FLAGS), pytest.param("drawn", {}, [], marks=pytest.mark.slow)],
)
def test_a_gan_of_all_pieces_equals_the_ordinary_one(command, monkeypatch, capsys, own, data, settings, flags):
    monkeypatch.setattr(own_gan, "RING", {"data": "ring", "epochs": 1, "threads": 1})
    for exercise in EXERCISES:
        write(exercise, answer(exercise))
        desk.note(exercise, right=desk.digest(exercise))
    own_gan.train("Ada's GAN", Path("mine"), data=data, epochs=1, threads=1, **settings)
    out = capsys.readouterr().out
    assert "This GAN is yours." in out
    for folder, words in (("ring", ["--data", "ring"]), ("digits", ["--data", data, *flags])):
        words += ["--epochs", 1, "--threads", 1, "--out", "ordinary"]
        assert command(ordinary.main, *words)[0] == 0
        mine, theirs = contents(f"mine/{folder}"), contents("ordinary")
        assert sorted(mine) == sorted(theirs)
        assert [name for name in mine if mine[name] != theirs[name]] == []
        shutil.rmtree("ordinary")
    assert Path("mine", "picture.png").stat().st_size > 10_000
    with pytest.raises(ArgumentError, match="there is a GAN in mine already"):
        own_gan.train("again", Path("mine"))


def test_only_finished_pieces_are_used(monkeypatch, capsys, own):
    monkeypatch.setattr(own_gan, "RING", {"data": "ring", "epochs": 1, "threads": 1})
    right, wrong, unused = BY_NAME["adam"], BY_NAME["softplus"], BY_NAME["wgan-gp"]
    for exercise in (right, unused):
        write(exercise, answer(exercise))
        desk.note(exercise, right=desk.digest(exercise))
    write(wrong, with_body(wrong, "return x"))
    own_gan.train("Half", Path("half"), data="own.npz", epochs=1, threads=1, **TINY)
    out = capsys.readouterr().out
    assert "Yours (2 of 19): adam, wgan-gp. The rest is minigan's." in out
    assert "did not need wgan-gp;" in out
    assert "This GAN is yours" not in out
