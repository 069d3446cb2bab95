"""The house stays as it was built: who may import whom, what the reader's path promises, what an import costs."""

import ast
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from minigan.gradcheck.cases import DERIVATIVES, REFERENCED

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "minigan"
PATH = [
    "gan",
    "losses",
    "layers",
    "activations",
    "network",
    "gradcheck",
    "optim",
    "objectives",
    "penalties",
    "training",
]
GROUND = {"errors", "backend", "noise"}
FRAMEWORK = {"losses", "layers", "activations", "batchnorm", "maxout", "network", "optim", "rmsprop", "gradcheck"}
GAME = {"objectives", "penalties", "gan", "cures", "models", "presets", "training", "vae"}
TOGETHER = {"parallel"}
LEAVES = {"data", "checkpoint", "npy", "images", "recorder", "cli", "doctor"}
COMMANDS = {"train", "sample", "evaluate", "explain"}
MAY_IMPORT = {
    **dict.fromkeys(GROUND, GROUND),
    **dict.fromkeys(FRAMEWORK, GROUND | FRAMEWORK),
    **dict.fromkeys(GAME, GROUND | FRAMEWORK | GAME),
    **dict.fromkeys(LEAVES, GROUND | LEAVES),
    "recorder": GROUND | LEAVES | {"models"},
    "doctor": GROUND | {"cli", "data", "sample"},
    "metrics": GROUND | FRAMEWORK | {"data", "metrics"},
    **dict.fromkeys(COMMANDS, GROUND | FRAMEWORK | GAME | LEAVES | {"metrics"}),
    "train": GROUND | GAME | LEAVES | TOGETHER | {"metrics", "report"},
    "parallel": GROUND | {"batchnorm", "layers", "models", "checkpoint"},
    "evaluate": GROUND | GAME | LEAVES | {"metrics", "sample"},
    "report": GROUND | FRAMEWORK | GAME | LEAVES | {"metrics", "sample"},
    **dict.fromkeys(("__init__", "gradcheck/cases"), GROUND | FRAMEWORK | GAME),
    "gradcheck/__main__": FRAMEWORK | {"cli"},
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
    room = path.relative_to(PACKAGE).with_suffix("").as_posix()
    room = room if room in MAY_IMPORT else room.split("/")[0]
    assert room in MAY_IMPORT, f"{path} has no place in the house; give it one in this test"
    assert set(imported(path)) <= MAY_IMPORT[room]


def test_network_is_handed_layers():
    assert not set(imported(PACKAGE / "network.py")) & {"layers", "activations"}


def test_only_backend_says_cupy():
    assert [p.name for p in PACKAGE.rglob("*.py") if "cupy" in p.read_text(encoding="utf-8")] == ["backend.py"]


def file(name):
    """A room on the reader's path: a module, or the front of a package."""
    return next(path for path in (PACKAGE / f"{name}.py", PACKAGE / name / "__init__.py") if path.exists())


def test_the_path_leads_from_file_to_file():
    for name, following in pairwise(PATH):
        following = file(following).relative_to(PACKAGE).as_posix()
        doc = ast.get_docstring(ast.parse(file(name).read_text(encoding="utf-8")))
        assert doc.endswith(f"Next on the reader's path: {following}")


def test_the_path_is_short_and_the_readme_counts_it_right():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = {name: len(file(name).read_text(encoding="utf-8").splitlines()) for name in PATH}
    for name, count in lines.items():
        link = file(name).relative_to(ROOT).as_posix()
        assert f"]({link}) | {count} |" in readme, f"{link} has {count} lines"
    total = sum(lines.values())
    assert f"{total} lines" in readme, f"the path has {total} lines"
    assert total <= 1000


def test_the_readme_has_the_table_of_gradient_checks():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in DERIVATIVES | REFERENCED:
        assert re.search(rf"^{re.escape(name)}  .*e[+-]", readme, re.MULTILINE), name


def numbered(node):
    """The numbers of a docstring's equations: (1) ... at the ends of its lines."""
    return set(re.findall(r"\((\d)\)\s*$", ast.get_docstring(node) or "", re.MULTILINE))


@pytest.mark.parametrize("name", [*PATH, "batchnorm", "cures", "maxout", "rmsprop", "vae", "metrics/modes"])
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


def test_import_minigan_costs_numpy_and_no_more():
    others = run(
        "import minigan, sys; print(*{m.partition('.')[0] for m in sys.modules} - set(sys.stdlib_module_names))"
    )
    assert {name for name in others if not name.startswith(("_", "sitecustomize"))} <= {"minigan", "numpy"}


def test_nothing_that_could_run_a_files_code():
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
