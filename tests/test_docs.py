"""The guide and README: links lead somewhere, and every command and snippet that they show works.

Every day, all commands are parsed by the programs that they call. `python -m pytest -m docs` runs them, and all
snippets, on 700 drawn digits in the place of MNIST, and compares what they print with what the page shows, apart from
numbers. test_site.py builds the site.
"""

import argparse
import gzip
import importlib.util
import os
import re
import runpy
import shutil
import struct
import subprocess
import sys
from configparser import ConfigParser
from itertools import pairwise

import pytest
from pages import PAGES, ROOT, blocks, commands, commands_in_text, flags_in_text, links, matches, name

import minigan
from minigan.data import drawn
from minigan.ground import cli
from minigan.recipes.presets import PRESETS

GUIDE = [page for page in PAGES if page.parent != ROOT]
TRAINED = "python -m minigan.train --out runs/digits"  # the run that other pages start from
CUTS = {"demos/ring.py": ["--rounds", "60"], "demos/shapes.py": ["-n", "20"]}  # flags that make a demo short
NOT_RUN = {  # the gate runs these in other ways, or they take longer than the gate
    "python3", "pip", "source", "git", "mkdocs", "pytest", "demos/clinic.py", "demos/benchmark.py", "demos/scaling.py",
    "demos/threads.py", "demos/results.py", "demos/tables.py", "demos/articles.py", "demos/gan_vs_vae.py",
    "demos/super_resolution.py", "minigan.lab", "minigan.exercises", "--device", "stacked", "runs/stacked",
    "fashion", "runs/fashion",
}  # fmt: skip
SETUP = ConfigParser()
SETUP.read(ROOT / "setup.cfg")


class Parsed(BaseException):
    """A program has accepted its flags; it goes no further."""


@pytest.fixture
def parsed(monkeypatch):
    """parsed(words) -> the flags of a command as its own parser reads them. Raises ArgumentError or SystemExit."""

    def stopping(parse_args):
        def parse(self, *args, **kwargs):
            raise Parsed(self, parse_args(self, *args, **kwargs))

        return parse

    for cls in (argparse.ArgumentParser, cli.Parser):
        monkeypatch.setattr(cls, "parse_args", stopping(cls.parse_args))

    def run(words):
        monkeypatch.setattr(sys, "argv", words[2:] if words[1] == "-m" else words[1:])
        try:
            if words[1] == "-m":
                package = importlib.util.find_spec(words[2]).submodule_search_locations
                importlib.import_module(f"{words[2]}.__main__" if package else words[2]).main()
            else:
                runpy.run_path(str(ROOT / words[1]), run_name="__main__")
        except Parsed as accepted:
            return accepted.args
        raise AssertionError(f"{words[:3]} reads no flags")

    return run


def known(words, parsed, named_only=False):
    """Check one command. Raises an error of its parser, or AssertionError, if it would not work.

    named_only: the text names the program, without the arguments that it needs.
    """
    program, *rest = words
    if named_only:
        assert importlib.util.find_spec(rest[1]) if rest[0] == "-m" else (ROOT / rest[0]).exists()
    elif "--help" in words:
        with pytest.raises(SystemExit, match=r"^0$"):
            parsed(words)
    elif words[:3] == ["python", "-m", "pytest"]:
        for flag, mark in pairwise(rest[2:]):
            assert flag != "-m" or f"\n{mark}:" in SETUP["tool:pytest"]["markers"]
    elif program == "python":
        _, given = parsed(words)
        if rest[:2] == ["-m", "minigan.train"]:
            given = vars(given)
            preset = given.pop("preset", None) or "minigan"
            settings = {k: v for k, v in given.items() if k not in ("out", "resume", "list_presets")}
            PRESETS[preset].with_flags(**settings)
    elif program == "pip":
        for extra in re.findall(r"\.\[(\w+)\]", " ".join(rest)):
            assert extra in SETUP["options.extras_require"]
    elif program == "mkdocs":
        assert rest in (["serve"], ["build", "--strict"])
    else:
        assert program in ("python3", "source", "git", "mkdocs"), f"a command that no test knows: {' '.join(words)}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_is_accepted_by_its_program(page, parsed):
    for block in blocks(page):
        for words in commands(block.code) if block.language == "sh" else []:
            known(words, parsed)
    for words in commands_in_text(page):
        known(words, parsed, named_only=len(words) == (3 if words[1] == "-m" else 2))


def test_every_flag_in_the_text_exists(parsed):
    flags = {"--strict"}
    for words in ("-m minigan.train", "-m minigan.sample run", "-m minigan.evaluate run", "demos/ring.py",
                  "demos/benchmark.py", "demos/clinic.py", "demos/tables.py"):  # fmt: skip
        parser, _ = parsed(["python", *words.split()])
        flags |= set(parser._option_string_actions)
    for page in PAGES:
        assert flags_in_text(page) <= flags, page


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_to_files(page):
    assert [target for target in links(page) if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", GUIDE, ids=name)
def test_a_page_of_the_guide_is_short(page):
    assert len(page.read_text(encoding="utf-8").splitlines()) <= 125


def test_the_page_about_training_names_every_preset():
    train = (ROOT / "docs" / "train.md").read_text(encoding="utf-8")
    articles = {f"article-{letter}" for letter in "abcde"}
    assert all(f"`{preset}`" in train for preset in set(PRESETS) - articles)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """A folder with a tiny MNIST and a run trained on it, and the environment in which commands run there."""
    folder = tmp_path_factory.mktemp("workshop")
    images, labels = drawn.draw(800)
    folder.joinpath("mnist").mkdir()
    for part, rows in (("train", slice(700)), ("t10k", slice(700, 800))):
        for kind, magic, a in (("images-idx3", 2051, images[rows]), ("labels-idx1", 2049, labels[rows])):
            header = struct.pack(f">{1 + a.ndim}i", magic, *a.shape)
            with gzip.open(folder / "mnist" / f"{part}-{kind}-ubyte.gz", "wb") as file:
                file.write(header + a.astype("u1").tobytes())
    env = {"MINIGAN_DATA": str(folder / "mnist"), "XDG_CACHE_HOME": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    run(TRAINED.split(), folder, os.environ | env)
    return folder, env


def run(words, folder, env):
    """What a command prints."""
    words = [sys.executable if words[0] == "python" else words[0], *words[1:], *CUTS.get(words[1], [])]
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.docs
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=name)
def test_every_command_and_snippet_runs_and_prints_what_the_page_shows(page, workshop, tmp_path, monkeypatch, capsys):
    folder, env = workshop
    monkeypatch.chdir(tmp_path)
    for key, value in env.items():
        monkeypatch.setenv(key, value)
    tmp_path.joinpath("demos").symlink_to(ROOT / "demos")
    if TRAINED not in page.read_text(encoding="utf-8"):
        shutil.copytree(folder / "runs", tmp_path / "runs")
    names: dict = {}
    tiny = False
    for block in blocks(page):
        if block.language == "python":
            exec(compile(block.code, page.name, "exec"), names)
            tiny = tiny or "mnist" in block.code  # on 700 drawn digits figures are others
            printed, exact = capsys.readouterr().out, not tiny
        else:
            words = [w for w in commands(block.code) if not NOT_RUN & set(w)]
            printed, exact = "".join(run(placed(w), tmp_path, os.environ) for w in words), False
            if not words:
                continue
        if block.output is not None:
            assert block.output == printed if exact else matches(block.output, printed), printed


def placed(words):
    """README's runs/... is any run; here it is runs/digits."""
    return [word.replace("runs/...", "runs/digits") for word in words]


def test_a_command_that_does_not_exist_is_noticed(parsed):
    with pytest.raises(minigan.ground.errors.ArgumentError):
        known(["python", "-m", "minigan.train", "--epoch", "3"], parsed)
    with pytest.raises(minigan.ground.errors.ArgumentError):
        known(["python", "-m", "minigan.train", "--r1", "1", "--wgan-gp", "1"], parsed)
    with pytest.raises(AssertionError, match="no test knows"):
        known(["conda", "install"], parsed)
    assert matches("epoch 1/2 loss 1.3\n...\ndone", "epoch   7/9 loss 2.25\nanother line\nand one\ndone\n")
    assert not matches("epoch 1/2 loss 1.3\ndone", "epoch 1/2 loss 1.3\nanother line\ndone\n")
