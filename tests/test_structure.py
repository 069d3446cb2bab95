"""The house stays as it was built: who may import whom, what the reader's path promises, what an import costs."""

import ast
import re
import subprocess
import sys
import tokenize
from itertools import pairwise
from pathlib import Path

import pytest

from minigan.gradcheck.cases import DERIVATIVES, REFERENCED

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "minigan"
PATH = ["gan/steps", "nn/losses", "nn/layers", "nn/activations", "nn/network", "gradcheck/oracles",
        "gradcheck/check", "nn/optim", "gan/objectives", "gan/penalties", "training"]  # fmt: skip
EQUATIONS_BESIDE = ["nn/batchnorm", "nn/maxout", "nn/rmsprop", "nn/softmax", "nn/spectral", "gan/more_objectives",
                    "gan/wgan", "gan/vae", "metrics/modes", "metrics/neighbours", "metrics/parzen"]  # fmt: skip
GROUND = {"ground"}
COMMANDS = {"train", "sample", "evaluate", "explain", "doctor", "report"}
MAY_IMPORT = {  # room -> the rooms that it may import, beside itself; none of them may import it
    "ground": set(),
    "nn": GROUND,
    "gan": GROUND | {"nn"},
    "data": GROUND,
    "recipes": GROUND | {"nn", "gan"},
    "gradcheck": GROUND | {"nn", "gan", "recipes"},
    "metrics": GROUND | {"nn", "data"},
    "training": GROUND | {"nn", "gan", "recipes"},
    "runs": GROUND | {"nn", "data", "recipes", "metrics", "training"},
    "lab": GROUND | {"nn", "data", "metrics", "recipes", "training", "runs"},
    "exercises": GROUND | {"nn", "gan", "gradcheck", "runs", "train"},
    **dict.fromkeys(COMMANDS, GROUND | COMMANDS | {"nn", "gan", "data", "recipes", "gradcheck", "metrics", "runs"}),
    "train": GROUND | {"recipes", "training", "runs"},
    "estimator": GROUND | {"data", "recipes", "metrics", "runs", "train", "evaluate"},
    "__init__": GROUND | {"nn", "gan", "gradcheck", "estimator"},
    "__main__": GROUND,
}


def imported(path):
    """The rooms of minigan that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[1] for name in node.names if name.name.startswith("minigan."))
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "minigan":
            names = node.module.split(".")[1:2] or [name.name for name in node.names if name.name != "__version__"]
            yield from names


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_one_way(path):
    room = path.relative_to(PACKAGE).with_suffix("").parts[0]
    assert room in MAY_IMPORT, f"{path} has no place in the house; give it one in this test"
    assert set(imported(path)) <= MAY_IMPORT[room] | {room}


def test_the_guide_says_who_may_import_whom():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\w+)\]\(\S+\) \| .* \|(.*)\|$", page, re.MULTILINE)
    shown = {room: set(others.replace(",", " ").split()) for room, others in rows}
    rooms = [room for room in MAY_IMPORT if room == "training" or ((PACKAGE / room).is_dir() and room != "ground")]
    assert shown == {room: MAY_IMPORT[room] - GROUND for room in rooms}


def test_network_does_not_import_layers():
    assert "minigan" not in PACKAGE.joinpath("nn/network.py").read_text(encoding="utf-8").split()


def test_only_backend_mentions_cupy():
    assert [p.name for p in PACKAGE.rglob("*.py") if "cupy" in p.read_text(encoding="utf-8")] == ["backend.py"]


def file(name):
    """A room on the reader's path: a module, or the front of a package."""
    return next(path for path in (PACKAGE / f"{name}.py", PACKAGE / name / "__init__.py") if path.exists())


def test_an_equation_that_is_cited_elsewhere_exists():
    """(Dense-6) is equation (6) of class Dense."""
    sources = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    known = {node.name: numbered(node) for source in sources for node in ast.walk(ast.parse(source))
             if isinstance(node, ast.ClassDef | ast.FunctionDef)}  # fmt: skip
    cited = {citation for source in sources for citation in re.findall(r"\(([A-Z]\w+)-(\d)\)", source)}
    assert ("Dense", "6") in cited
    assert [f"{name}-{n}" for name, n in cited if n not in known[name]] == []


def test_each_file_of_the_path_names_the_next():
    for name, following in pairwise(PATH):
        following = file(following).relative_to(PACKAGE).as_posix()
        doc = ast.get_docstring(ast.parse(file(name).read_text(encoding="utf-8")))
        assert doc.endswith(f"Next on the reader's path: {following}")


def test_every_folder_of_the_package_is_a_package():
    """...or else the wheel leaves it out."""
    assert [path.parent for path in PACKAGE.rglob("*.py") if not path.with_name("__init__.py").exists()] == []


def test_the_readme_is_short_and_shows_a_command_soon():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 150
    assert lines.index("```sh") < 25


def test_the_package_stays_small():
    """...so that what comes later does not clutter it."""
    entries = {path.name for path in PACKAGE.iterdir()} - {"__pycache__"}
    assert len(entries) <= 22, sorted(entries)
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {path: n for path, n in lengths.items() if n > 250} == {}


def test_contributing_names_tests_that_exist():
    named = re.findall(r"`(test_\w+)`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert named and [name for name in named if f"def {name}(" not in tests] == []


def lines_of_code(path):
    """Without docstrings, comments and blank lines."""
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    with tokenize.open(path) as file:
        tokens = list(tokenize.generate_tokens(file.readline))
    used = {n for t in tokens if t.type not in skipped for n in range(t.start[0], t.end[0] + 1)}
    return len(used - docstring_lines(path))


def docstring_lines(path):
    blocks = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    docs = (
        b.body[0] for b in blocks if isinstance(b, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(b)
    )
    return {n for doc in docs for n in range(doc.lineno, doc.end_lineno + 1)}


def test_the_path_is_short_and_the_readme_counts_it_right():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = {name: lines_of_code(file(name)) for name in PATH}
    for name, count in lines.items():
        link = file(name).relative_to(ROOT).as_posix()
        assert f"]({link}) | {count} |" in readme, f"{link} has {count} lines of code"
    total = sum(lines.values())
    assert f"{total} lines of code" in readme, f"the path has {total} lines of code"
    assert total <= 500


def test_the_guide_has_the_table_of_gradient_checks():
    page = (ROOT / "docs" / "gradcheck.md").read_text(encoding="utf-8")
    for name in DERIVATIVES | REFERENCED:
        assert re.search(rf"^{re.escape(name)}  .*e[+-]", page, re.MULTILINE), name


def numbered(node):
    """The numbers of a docstring's equations: (1) ... at the ends of its lines."""
    return set(re.findall(r"\((\d)\)\s*$", ast.get_docstring(node) or "", re.MULTILINE))


@pytest.mark.parametrize("name", [*PATH, *EQUATIONS_BESIDE])
def test_every_numbered_equation_marks_a_line_of_code(name):
    source = file(name).read_text(encoding="utf-8")
    tree = ast.parse(source)
    blocks = [node for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and numbered(node)]
    for node in blocks:
        code = "\n".join(source.splitlines()[node.lineno - 1 : node.end_lineno])
        marks = {
            n for comment in re.findall(r"  # (\(\d\).*)$", code, re.MULTILINE) for n in re.findall(r"\d", comment)
        }
        assert marks == numbered(node), f"{name}.py: {node.name}"
    if numbered(tree):
        assert numbered(tree) <= set(re.findall(r"  # \((\d)\)$", source, re.MULTILINE))


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_import_minigan_loads_only_numpy():
    others = run(
        "import minigan, sys; print(*{m.partition('.')[0] for m in sys.modules} - set(sys.stdlib_module_names))"
    )
    assert {name for name in others if not name.startswith(("_", "sitecustomize"))} <= {"minigan", "numpy"}


def test_no_module_can_run_code_from_a_file():
    """No pickle, no eval, no YAML, in any guise; and np.load only where it is told so."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.id] if isinstance(node, ast.Name) else [node.attr] if isinstance(node, ast.Attribute) else []
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [*(name.name for name in node.names), getattr(node, "module", None) or ""]
            roots = {name.split(".")[0] for name in names}
            assert not roots & {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve", "yaml", "eval", "exec"}, (
                path
            )
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "attr", "") == "load"
                and ast.unparse(node.func.value) == "np"
            ):
                assert "allow_pickle=False" in ast.unparse(node), path
