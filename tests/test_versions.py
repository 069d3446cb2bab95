"""Versions are written in several files, and these agree."""

import configparser
import re
from pathlib import Path

from minigan import __version__

ROOT = Path(__file__).parent.parent
CONFIG = configparser.ConfigParser()
CONFIG.read(ROOT / "setup.cfg", encoding="utf-8")


def lowest(text):
    """name -> version, of lines such as `numpy >= 2.0` or `numpy == 2.0.0`; zeros at the end do not count."""
    lines = re.findall(r"^([\w-]+) [>=]= ([\d.]+)$", text, re.MULTILINE)
    return {name: re.sub(r"(\.0)+$", "", version) for name, version in lines}


def test_the_lowest_versions_that_the_gate_installs_are_those_that_setup_cfg_allows():
    allowed = CONFIG["options"]["install_requires"] + CONFIG["options.extras_require"]["test"]
    assert len(lowest(allowed)) == len(allowed.split()) // 3
    assert lowest((ROOT / "tests/lowest.txt").read_text(encoding="utf-8")) == lowest(allowed)


def test_the_changelog_and_the_citation_name_the_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[([\d.]+)\] - (\S+)$", changelog, re.MULTILINE)
    newest, date = headings[0]
    assert __version__ == newest + ".dev0" * (date == "unreleased")
    released, date = next(heading for heading in headings if heading[1] != "unreleased")
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {released}\ndate-released: {date}\n" in citation


def test_the_workflow_runs_the_test_command_of_the_readme():
    readme, workflow = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", ".github/workflows/ci.yml"))
    (command,) = re.findall(r"^python3 -m venv .* -m pytest -n auto$", readme, re.MULTILINE)
    assert f"run: {command}\n" in workflow
    windows = command.replace("python3", "python").replace(".venv/bin/", ".venv\\Scripts\\").replace("'", "")
    assert f"run: {windows}\n" in workflow
    oldest = CONFIG["options"]["python_requires"].removeprefix(">=")
    assert f'python: ["{oldest}", ' in workflow
