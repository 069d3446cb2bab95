"""Hooks for mkdocs. The pages link to files of the repository, as in ../minigan/gan/steps.py, which works on GitHub.
For the site, each of those files becomes a page of its own (source code, Markdown) or is copied (pictures).
"""

import importlib
import inspect
import pkgutil
import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File, InclusionLevel

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"(\]\()([^)\s#]+)")  # the target of [text](target#anchor), without its anchor
COPIED = {".png", ".gif", ".svg"}
FOLDERS = ("nn", "gan", "gradcheck", "recipes", "data", "metrics", "runs")
NAMES = "<!-- every public name -->"


def repository_path(src_uri):
    """The path in the repository of a page of the site."""
    return src_uri if (ROOT / src_uri).exists() else f"docs/{src_uri}"


def site_path(path):
    """The path in the site of a file of the repository."""
    if path == "README.md":
        return "index.md"
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if (ROOT / path).is_dir():
        path += "/__init__.py"
    return path if Path(path).suffix in {".md", *COPIED} else f"{path}.md"


def targets(markdown, page):
    """The paths in the repository that a page of the repository links to."""
    for _, target in LINK.findall(markdown):
        if "://" not in target and not target.startswith("mailto:"):
            yield target, posixpath.normpath(posixpath.join(posixpath.dirname(page), target))


def on_files(files, config):
    """Add the files that pages link to, and the pages of the reference."""
    waiting = [f"docs/{file.src_uri}" for file in files if file.src_uri.endswith(".md")]
    for page in waiting:
        for _, path in targets((ROOT / page).read_text(encoding="utf-8"), page):
            uri, file = site_path(path), ROOT / path
            if files.get_file_from_path(uri) or not file.exists():
                continue
            if file.suffix in COPIED:
                content = file.read_bytes()
            elif file.suffix == ".md":
                content = file.read_text(encoding="utf-8")
                waiting.append(path)
            else:
                content = source_page(ROOT / uri.removesuffix(".md"))
            files.append(File.generated(config, uri, content=content, inclusion=InclusionLevel.NOT_IN_NAV))
    for folder in FOLDERS:
        files.append(File.generated(config, f"reference/{folder}.md", content=reference_page(folder)))
    files.append(File.generated(config, "reference/commands.md", content=commands_page()))
    return files


def on_page_markdown(markdown, page, config, files):
    here = page.file.src_uri
    if here == "reference.md":
        markdown = markdown.replace(NAMES, public_names())
    for target, path in set(targets(markdown, repository_path(here))):
        uri = site_path(path)
        if files.get_file_from_path(uri):
            there = posixpath.relpath(uri, posixpath.dirname(here) or ".")
            markdown = re.sub(rf"(\]\(){re.escape(target)}(?=[)\s#])", rf"\g<1>{there}", markdown)
    return markdown


def source_page(file):
    language = {".py": "python", ".cfg": "ini", ".yml": "yaml", ".toml": "toml"}.get(file.suffix, "text")
    name, text = file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")
    return f'---\nsearch:\n  exclude: true\n---\n# {name}\n\n``````{{.{language} linenums="1"}}\n{text}``````\n'


def reference_page(folder):
    package = importlib.import_module(f"minigan.{folder}")
    names = [f"{package.__name__}.{m.name}" for m in pkgutil.iter_modules(package.__path__) if m.name != "__main__"]
    modules = "\n\n".join(f"::: {name}" for name in names)
    return f"# minigan.{folder}\n\n::: minigan.{folder}\n\n{modules}\n"


def commands_page():
    import minigan

    names = [m.name for m in pkgutil.iter_modules(minigan.__path__) if not m.ispkg and m.name != "__main__"]
    return "# Training and commands\n\n" + "\n\n".join(f"::: minigan.{name}" for name in names) + "\n"


def public_names():
    """A table of the names in minigan.__all__, each with the first sentence of its docstring and a link."""
    import minigan

    rows = ["| name | what it is |", "|---|---|"]
    for name in minigan.__all__:
        thing = getattr(minigan, name)
        first = " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split()).partition(". ")[0]
        first = re.sub(r"([\\*_<\[\]|])", r"\\\1", first.removesuffix(".").removesuffix(":"))
        rows.append(f"| [`{name}`][{thing.__module__}.{thing.__qualname__}] | {first} |")
    return "\n".join(rows)
