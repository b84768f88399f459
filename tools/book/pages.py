"""The sources of the book: chapters without solutions, the public API module by module, and the pages of docs/.

A chapter is shown as its student finds it, with stubs in place of solutions and without hidden tests and marking
schemes; what its cells put out is taken from the executed solution.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import posixpath
import re
import shutil
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nbformat

import course
from classroom.chapters.build import paths, student_notebook
from classroom.chapters.source import ROOT, Chapter
from course.answers.outline import number_of

HERE = Path(__file__).parent
DOCS = ("installing", "studying", "painting", "speed", "teaching", "authoring", "glossary")
# What chapters and readers import, in the order in which it is best read. The folders of `course` follow by themselves,
# but for what nobody imports: checks are called, commands are typed.
API = {
    "The heart": ("losses", "objectives", "optimisers", "synthesis"),
    "Pictures": ("images", "gallery", "figures", "diagrams", "decoding", "errors"),
}
NOT_IMPORTED = ("answers", "check", "cli", "submit", "nets.memory", "widgets.controls", "widgets.curve")
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")
FENCE = re.compile(r"(^```.*?^```[ \t]*$)", re.DOTALL | re.MULTILINE)
NOTE = "*You read the chapter here; you work in its notebook, where every* `YOUR CODE HERE` *is yours to write.*"


def write_sources(folder: Path, chapters: Iterable[Chapter]) -> None:
    """Writes everything that Sphinx reads into a folder that does not exist yet."""
    chapters = list(chapters)
    shutil.copytree(HERE / "static", folder / "static")
    pages: dict[str, str] = {"index.md": _front(chapters), "api/index.md": _api_front()}
    for module in (module for group in api().values() for module in group):
        pages[f"api/{module}.md"] = _api_page(f"course.{module}")
    docs = [name for name in DOCS if (ROOT / "docs" / f"{name}.md").is_file()]
    for name in docs:
        pages[f"docs/{name}.md"] = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    pages["chapters/index.md"] = _listing("Chapters", [chapter.name for chapter in chapters])
    pages["docs/index.md"] = _listing("Guides", docs)
    notebooks = {f"chapters/{chapter.name}.ipynb": chapter_page(chapter) for chapter in chapters}
    known = {*pages, *notebooks}
    for path, text in pages.items():
        _write(folder, path, _mended(text, path, folder, known))
    for path, notebook in notebooks.items():
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                cell["source"] = _mended(cell["source"], path, folder, known)
        _write(folder, path, json.dumps(notebook))


def chapter_page(chapter: Chapter) -> dict[str, Any]:
    """The student's notebook with the outputs of the executed solution, as JSON holds it."""
    executed = nbformat.read(paths(chapter)[1], as_version=4)
    outputs = {cell["id"]: cell.get("outputs", []) for cell in executed["cells"]}
    notebook: dict[str, Any] = json.loads(nbformat.writes(student_notebook(chapter)))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
        if cell["cell_type"] == "code":
            cell["outputs"] = outputs[cell["id"]]
            shown = cell["metadata"].setdefault("mystnb", {})
            if alt := next(_alts(cell["outputs"]), ""):
                shown["image"] = {"alt": alt}
            if cell["metadata"].get("jupyter", {}).get("source_hidden"):
                cell["metadata"].setdefault("tags", []).append("hide-input")
                shown["code_prompt_show"] = shown["code_prompt_hide"] = (
                    cell["source"].splitlines()[0].removeprefix("# ")
                )
    title, *rest = notebook["cells"][0]["source"].partition("\n")
    notebook["cells"][0]["source"] = f"{title}\n\n{NOTE}\n{''.join(rest)}"
    return notebook


def _alts(outputs: Iterable[Any]) -> Iterator[str]:
    for output in outputs:
        yield from (kind["alt"] for kind in output.get("metadata", {}).values() if "alt" in kind)


def _front(chapters: Iterable[Chapter]) -> str:
    lines = [
        f"- [{number_of(chapter.name)} · {chapter.facts['title']}](chapters/{chapter.name}.ipynb), "
        f"{chapter.facts['minutes']} minutes. {chapter.facts['objectives'][0]}"
        for chapter in chapters
    ]
    return (HERE / "front.md").read_text(encoding="utf-8").replace("{chapters}", "\n".join(lines))


def _listing(title: str, names: Iterable[str]) -> str:
    return "\n".join([f"# {title}", "", "```{toctree}", ":maxdepth: 1", "", *names, "```", ""])


def _api_front() -> str:
    lines = ["# The package", ""]
    lines += ["What chapters import. A picture is a tensor [B, 3, H, W], RGB in [0, 1], everywhere.", ""]
    for group, modules in api().items():
        lines += [f"## {group}", ""]
        lines += [f"- [course.{module}]({module}.md): {_first_line(f'course.{module}')}" for module in modules]
        lines += ["", "```{toctree}", ":hidden:", "", *modules, "```", ""]
    return "\n".join(lines)


@cache
def api() -> dict[str, tuple[str, ...]]:
    """The modules that have a page, below `course`, by group."""
    groups = dict(API)
    for package in pkgutil.iter_modules(course.__path__):
        if package.ispkg and package.name not in NOT_IMPORTED:
            folder = importlib.import_module(f"course.{package.name}").__path__
            names = [f"{package.name}.{module.name}" for module in pkgutil.iter_modules(folder)]
            groups[f"course.{package.name}"] = tuple(name for name in names if name not in NOT_IMPORTED)
    return groups


def _first_line(module: str) -> str:
    return (importlib.import_module(module).__doc__ or "").partition("\n")[0]


def _api_page(module: str) -> str:
    return f"# {module}\n\n```{{eval-rst}}\n.. automodule:: {module}\n   :members:\n```\n"


def _mended(text: str, path: str, folder: Path, known: set[str]) -> str:
    """The Markdown of a page, whose links lead into the book; a picture is copied, other links become their words."""

    def mend(link: re.Match[str]) -> str:
        picture, words, target = link.groups()
        if "://" in target or target.startswith("#"):
            return link[0]
        target, _, anchor = posixpath.normpath(posixpath.join(posixpath.dirname(path), target)).partition("#")
        if picture:
            _copy(ROOT / target, folder / target)
            place = posixpath.relpath(target, posixpath.dirname(path) or ".")
            return f"![{words}]({place})"
        page = _page_of(target)
        if page not in known:
            return words
        return f"[{words}]({posixpath.relpath(page, posixpath.dirname(path) or '.')}{'#' if anchor else ''}{anchor})"

    return "".join(part if FENCE.fullmatch(part) else LINK.sub(mend, part) for part in FENCE.split(text))


def _page_of(path: str) -> str:
    """Where a file of the repository is to be found in the book."""
    if path.startswith(("notebooks/", "solutions/")):
        return f"chapters/{Path(path).stem}.ipynb"
    if path.startswith("course/"):
        return f"api/{path.removeprefix('course/').removesuffix('.py').removesuffix('/__init__').replace('/', '.')}.md"
    return path


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _write(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text, encoding="utf-8")
