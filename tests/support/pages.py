"""What the pages of the guide and README show: fenced blocks of code, their output, and commands in the text."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAM = re.compile(r"python -m minigan|python demos/|minigan [a-z]+\b")


class Block(NamedTuple):
    language: str
    code: str
    output: str | None  # the block of "text" that follows with nothing between


def name(page):
    """An id for a test."""
    return page.relative_to(ROOT).as_posix()


def blocks(page):
    """The blocks of code on a page, in order."""
    text, found = page.read_text(encoding="utf-8"), []
    for match in FENCE.finditer(text):
        language, code = match.groups()
        if language in ("sh", "python"):
            found.append((match.end(), Block(language, code, None)))
        elif found and not text[found[-1][0] : match.start()].strip():
            found[-1] = (match.end(), found[-1][1]._replace(output=code))
    return [block for _, block in found]


def commands(code):
    """The commands of a block of shell, each as a list of words; variables in front and .venv/bin/ are left out."""
    for line in code.replace("\\\n", " ").splitlines():
        for part in line.partition("  #")[0].split("&&"):
            words = shlex.split(part.replace(".venv/bin/", ""))
            while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
                words.pop(0)
            if words[:1] == ["mpiexec"]:
                words = words[3:]  # mpiexec -n 4
            if words[:1] == ["minigan"]:
                words[:2] = ["python", "-m", f"minigan.{words[1]}"]
            if words:
                yield words


def commands_in_text(page):
    """The commands between backticks, in the text of a page."""
    for code in spans(page):
        if PROGRAM.match(code):
            yield next(commands(code))


def flags_in_text(page):
    """The flags between backticks, in the text of a page, where the code begins with one."""
    codes = [code for code in spans(page) if code.startswith("--")]
    return {word for code in codes for word in code.split() if word.startswith("--")}


def spans(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", text)]


def links(page):
    """The targets of a page's links and pictures that are files of the repository, without anchors."""
    for target in re.findall(r"\]\(([^)\s#]+)", FENCE.sub("", page.read_text(encoding="utf-8"))):
        if "://" not in target and not target.startswith("mailto:"):
            yield target


def matches(shown, output):
    """Whether a program printed what a page shows, but for numbers and spaces; ... stands for anything."""
    lines = [re.escape(without_numbers(line)).replace(r"\.\.\.", ".*") for line in shown.splitlines()]
    pattern = "\n".join(lines).replace("\n.*\n", r"\n(?:.*\n)*?")
    return re.search(f"^{pattern}$", "\n".join(map(without_numbers, output.splitlines())), re.MULTILINE) is not None


def without_numbers(line):
    line = re.sub(r"\b[0-9a-f]{12}\b", "0", line)  # a hash
    return " ".join(re.sub(r"[-+]?(\d[\d.]*\d|\d)(e[-+]\d+)?", "0", line).split())
