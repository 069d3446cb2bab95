"""Versions are written in several files, and these agree."""

import configparser
import re
from pathlib import Path

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
