"""The list of commands, their help, and the nearest name for a mistyped command, flag or choice."""

import re
import subprocess
import sys
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path

import pytest

from minigan import __main__, __version__, train
from minigan.ground import cli
from minigan.recipes.option import options
from minigan.recipes.settings import Settings

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_without_a_command_the_commands_are_listed(command, words):
    code, out, err = command(__main__.main, *words)
    assert (code, err) == (0, "")
    for name, summary in cli.COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(summary)}$", out, re.MULTILINE)
    assert max(map(len, out.splitlines())) <= 80


def test_every_command_is_in_the_list():
    package = ROOT / "minigan"
    sources = {path.stem: path.read_text(encoding="utf-8") for path in package.glob("*.py")}
    modules = {name for name, source in sources.items() if source.endswith("    cli.main(main)\n")}
    folders = {path.parent.name for path in package.glob("*/__main__.py")}
    assert modules | folders == set(cli.COMMANDS)


TAKES = {
    "sample": "RUN ",
    "doctor": "RUN ",
    "report": "RUN ",
    "exercises": "[COMMAND] [NAME] ",
    "evaluate": "RUN|SAMPLES.npy ",
}


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_a_command_runs_by_its_name_and_its_help_begins_with_the_line_of_the_list(command, name):
    code, out, err = command(__main__.main, name, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"usage: python -m minigan.{name} {TAKES.get(name, '')}[flags]\n\n{cli.COMMANDS[name]}")
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.parametrize("name", [name for name in TAKES if name != "exercises"])
def test_a_command_without_its_run_asks_for_it(command, name):
    assert command(__main__.main, name) == (2, "", "minigan: give the folder of a run, for example runs/digits.\n")


def test_the_flags_reach_the_command(command):
    assert command(__main__.main, "train", "--list-presets") == command(train.main, "--list-presets")


def test_the_version(command):
    assert command(__main__.main, "--version") == (0, f"minigan {__version__}\n", "")


def test_the_console_script_calls_the_list_of_commands():
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    name, _, place = config["options.entry_points"]["console_scripts"].strip().partition(" = ")
    module, _, function = place.partition(":")
    assert name == "minigan" and getattr(import_module(module), function) is __main__.run


def test_python_m_minigan_costs_numpy_and_no_more():
    code = (
        "import sys, runpy; sys.argv = ['minigan']; runpy.run_module('minigan', run_name='__main__')\n"
        "print(*{m.partition('.')[0] for m in sys.modules} - set(sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    others = {name for name in done.stdout.splitlines()[-1].split() if not name.startswith(("_", "sitecustomize"))}
    assert others <= {"minigan", "numpy"}


MISTYPED = {
    "command": (("trian",), "trian is not a command; did you mean train? minigan --help lists them."),
    "no such command": (("juggle",), "juggle is not a command. minigan --help lists them."),
    "flag": (("train", "--epoch", 3), "--epoch is not a flag; did you mean --epochs?"),
    "flag with =": (("train", "--epoch=3"), "--epoch is not a flag; did you mean --epochs?"),
    "flag with _": (("train", "--latent_dims", 3), "--latent-dims is not a flag; did you mean --latent-dim?"),
    "no such flag": (("train", "--frobnicate"), "--frobnicate is not a flag; --help lists the flags."),
    "word": (("train", "mnist"), "mnist is one word too many; --help shows what this command takes."),
    "choice": (("train", "--optimizer", "adm"), "one of adam, rmsprop, sgd, not adm; did you mean adam?"),
    "no such choice": (("train", "--device", "abacus"), "--device must be one of cpu, gpu, not abacus."),
    "preset": (("train", "--preset", "wgan_gp"), "not wgan_gp; did you mean wgan-gp?"),
    "flag of sample": (("sample", "run", "--labels", 7), "--labels is not a flag; did you mean --label?"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISTYPED)
def test_the_nearest_name_is_suggested(command, case):
    words, message = MISTYPED[case]
    code, out, err = command(__main__.main, *words)
    assert (code, out) == (2, "")
    assert err.startswith("minigan: ") and err.endswith(message + "\n") and err.count("\n") == 1


def test_the_help_of_train_begins_with_the_presets_and_has_each_flag_in_its_group(command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    _, out, _ = command(train.main, "--help")
    start, *groups = re.split(r"^(\w+):\n", out, flags=re.MULTILINE)
    assert "python -m minigan.train --list-presets\n  python -m minigan.train --preset wgan-gp" in start
    titles, flags = groups[::2], [set(re.findall(r"^  (--[\w-]+)", text, re.MULTILINE)) for text in groups[1::2]]
    assert titles == ["options", "data", "networks", "objective", "cures", "optimisation", "run"]
    assert flags[0] == {"--preset", "--list-presets"}
    assert {"--out", "--resume"} < flags[-1]
    for option in options(Settings):
        assert [title for title, group in zip(titles, flags, strict=True) if option.flag in group] == [option.group]
    assert "--data DATA " in out and "--data-dir FOLDER " in out and " STR" not in out
    words = " ".join(out.split())
    assert "the defaults shown below are those of the preset minigan" in words
    for cure in ("r1", "wgan-gp", "clip", "label-smoothing", "dropout", "input-dropout", "ema"):
        assert re.search(rf"--{cure} FLOAT [^()]*; 0 is off \(default: ", words), cure
