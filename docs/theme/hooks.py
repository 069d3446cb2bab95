"""Hooks for mkdocs. The pages link to files of the repository, as in ../minigan/gan/steps.py, which works on GitHub.
For the site, each of those files becomes a page of its own (source code, Markdown) or is copied (pictures).
"""

import inspect
import pkgutil
import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File, InclusionLevel

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"(\]\()([^)\s#]+)")  # the target of [text](target#anchor), without its anchor
COPIED = {".png", ".gif", ".svg"}
FOLDERS = ("nn", "gan", "gradcheck", "recipes", "data", "metrics", "runs", "ground")
NAMES = "<!-- every public name -->"


def repository_path(src_uri):
    """The path in the repository of a page of the site."""
    return f"docs/{src_uri}" if (ROOT / "docs" / src_uri).exists() else src_uri


def site_path(path):
    """The path in the site of a file or folder of the repository."""
    if path == "README.md":
        return "index.md"
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if (ROOT / path).is_dir():
        return f"{path}/index.md"
    return path if Path(path).suffix in {".md", *COPIED} else f"{path}.md"


def targets(markdown, page):
    """The paths in the repository that a page of the repository links to."""
    for _, target in LINK.findall(markdown):
        if "://" not in target and not target.startswith("mailto:"):
            yield target, posixpath.normpath(posixpath.join(posixpath.dirname(page), target))


def on_files(files, config):
    """Add the files that pages link to, and the pages of the reference."""
    pages = {f"docs/{file.src_uri}": None for file in files if file.src_uri.endswith(".md")}  # in the order of search
    waiting = list(pages)
    while waiting:
        page = waiting.pop()
        text = pages[page] or (ROOT / page).read_text(encoding="utf-8")
        for _, path in targets(text, page):
            file, uri = ROOT / path, site_path(path)
            if not file.exists() or files.get_file_from_path(uri):
                continue
            content = file.read_bytes() if file.suffix in COPIED else page_of(file)
            files.append(File.generated(config, uri, content=content, inclusion=InclusionLevel.NOT_IN_NAV))
            if file.suffix == ".md" or file.is_dir():
                linking = f"{path}/index.md" if file.is_dir() else path
                pages[linking] = content
                waiting.append(linking)
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


def page_of(file):
    """A page with a file's text, or with links to the files of a folder."""
    name = file.relative_to(ROOT).as_posix()
    if file.is_dir():
        return f"# {name}\n\n" + "\n".join(f"- [{f.name}]({f.name})" for f in sorted(file.glob("*.py"))) + "\n"
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        return text
    language = {".py": "python", ".cfg": "ini", ".yml": "yaml", ".toml": "toml"}.get(file.suffix, "text")
    head = "---\nhide: [navigation, toc]\nsearch: {exclude: true}\n---\n"
    return f'{head}# {name}\n\n``````{{.{language} linenums="1"}}\n{text}``````\n'


def reference_page(folder):
    modules = [m.name for m in pkgutil.iter_modules([str(ROOT / "minigan" / folder)]) if m.name != "__main__"]
    return f"# {folder}\n\n::: minigan.{folder}\n\n" + "\n\n".join(f"::: minigan.{folder}.{m}" for m in modules) + "\n"


def commands_page():
    modules = [m.name for m in pkgutil.iter_modules([str(ROOT / "minigan")]) if not m.ispkg and m.name != "__main__"]
    return "# Training and commands\n\n" + "\n\n".join(f"::: minigan.{m}" for m in modules) + "\n"


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
