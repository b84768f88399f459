"""The bundle for students: their notebooks, the package `course`, and the data that both need.

One function, `student_files`, says what that is, as bytes by path. The bundle is written from it, and whatever runs
students' code can give it just these files. Nothing here writes but `write` and `write_zip`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from course.answers.outline import number_of
from course.errors import InputError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# What a file must match to be handed out. Where git knows the folder, it must be tracked as well: a draft of the next
# chapter, a note or a test picture lies in such places too. In an unpacked archive these patterns have to do.
HANDED_OUT = (
    *("notebooks/*.ipynb", "course/*.py", "course/py.typed"),
    *("course/lab/*.json", "course/lab/*.js", "course/lab/*.j2"),
    *("data/gallery.toml", "data/styles/*.jpg", "data/slim/*.pt"),
    *("data/painters/*.pt", "data/painters/*.json", "data/regions/*.png"),
    *("environment.yml", "pyproject.toml", "requirements.lock", "LICENSE", "LICENSE-CONTENT"),
)
README = Path(__file__).with_name("readme_students.md")

LINK = re.compile(r"\]\(([^()\s]+)\)")
DATE = (1980, 1, 1, 0, 0, 0)  # of every file: the first that a zip can hold
SECONDS = 315532800  # the same, UTC, since 1970


def student_files(root: Path, tracked: bool = True, chapters: Collection[str] | None = None) -> dict[str, bytes]:
    """Everything that students get, by its path in the bundle, sorted. Reads only.

    These are the files of a clone that match `HANDED_OUT`, those under ``data`` that a notebook or
    the README shows or links to, a README of their own, and ``manifest.json``.

    Args:
        root: of the clone.
        tracked: whether git must know a file. The sandbox runs with the course as it is there.
        chapters: names of those that are handed out, such as "01_vgg"; None for all.

    Raises:
        InputError: if `root` is not the folder of the course.
    """
    if not (root / "pyproject.toml").is_file() or not (root / "notebooks").is_dir():
        raise InputError(f"'{root}' is not the folder of the course: it has no pyproject.toml or no notebooks")
    paths = _known_to_git(root) if tracked else None
    wanted = [path for path in _handed_out(root) if chapters is None or not _is_another(path, chapters)]
    found = {path: (root / path).read_bytes() for path in wanted if paths is None or path in paths}
    readme = README.read_text(encoding="utf-8").replace("{chapters}", chapter_table(found))
    shown = [path for path in _linked(readme, found) if path.startswith("data/") and ".." not in path]
    for path in shown:
        if (root / path).is_file() and (paths is None or path in paths):
            found[path] = (root / path).read_bytes()
    return with_manifest({**found, "README.md": readme.encode()}, root)


def left_out(root: Path) -> list[str]:
    """Files that would be handed out if git tracked them; [] without git."""
    paths = _known_to_git(root)
    return [] if paths is None else [path for path in _handed_out(root) if path not in paths]


def with_manifest(files: Mapping[str, bytes], root: Path) -> dict[str, bytes]:
    """The files, sorted, and a ``manifest.json`` with size and sha256 of each and the version of the course."""
    inside = {
        path: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for path, content in sorted(files.items())
        if path != "manifest.json"
    }
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    text = json.dumps({"course": version, "files": inside}, indent=1) + "\n"
    return dict(sorted({**files, "manifest.json": text.encode()}.items()))


def _handed_out(root: Path) -> list[str]:
    """Files in the places that are handed out, whether or not git knows them, sorted."""
    places = sorted({pattern.partition("/")[0] for pattern in HANDED_OUT})
    files = [file for place in places for file in _files(root / place)]
    paths = [file.relative_to(root).as_posix() for file in files if "__pycache__" not in file.parts]
    wanted = [path for path in paths if _matches(path, HANDED_OUT)]
    return sorted(path for path in wanted if "/." not in path)  # checkpoints of Jupyter and the like


def _is_another(path: str, chapters: Collection[str]) -> bool:
    """Whether it is a chapter's notebook, and of none of these."""
    return path.startswith("notebooks/") and Path(path).stem not in chapters


def _files(place: Path) -> list[Path]:
    return [place] if place.is_file() else [file for file in place.rglob("*") if file.is_file()]


def _matches(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)


def _known_to_git(root: Path) -> set[str] | None:
    """Paths that git tracks, or None where it cannot say."""
    if not (root / ".git").exists() or not shutil.which("git"):
        return None
    command = ["git", "-c", f"safe.directory={root}", "ls-files", "-z"]
    done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    if done.returncode:
        raise InputError(f"git does not say what it tracks in '{root}': {done.stderr.decode().strip()}")
    return set(filter(None, done.stdout.decode().split("\0")))


def _linked(readme: str, files: Mapping[str, bytes]) -> Iterator[str]:
    """Paths from the root that the README or a notebook shows or links to."""
    yield from (link.partition("#")[0] for link in LINK.findall(readme))
    for notebook in _notebooks(files).values():
        for cell in notebook["cells"]:
            links = LINK.findall("".join(cell["source"])) if cell["cell_type"] == "markdown" else []
            yield from (link[3:].partition("#")[0] for link in links if link.startswith("../"))


def _notebooks(files: Mapping[str, bytes]) -> dict[str, Any]:
    """The notebooks in ``notebooks`` among the files, parsed."""
    return {path: json.loads(content) for path, content in files.items() if fnmatch(path, "notebooks/*.ipynb")}


def chapter_table(files: Mapping[str, bytes]) -> str:
    """The chapters among the files with their minutes and points, as a table in Markdown."""
    lines = ["| chapter | minutes | points | in words |", "|---|---|---|---|"]
    for path, notebook in _notebooks(files).items():
        facts, number = notebook["metadata"]["course"], number_of(Path(path).stem)
        numbers = f"{facts['minutes']} | {facts['points']} | {facts.get('open_points', 0)}"
        lines.append(f"| {number} · [{facts['title']}]({path}) | {numbers} |")
    return "\n".join(lines)


# --- writing ----------------------------------------------------------------------------------------------------------


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Writes the files into a folder that is new or empty, all with the same date, so that two copies are alike.

    Raises:
        InputError: if something is there already, or the bundle cannot be written.
    """
    refuse_used(folder)
    try:
        for path, content in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            file.chmod(0o644)
            os.utime(file, (SECONDS, SECONDS))
    except OSError as error:
        raise InputError(f"'{folder}' cannot be written: {error.strerror or error}") from error


def refuse_used(folder: Path) -> None:
    """Raises InputError unless the folder is new, or empty."""
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise InputError(f"'{folder}' exists and is not an empty folder; name another one, or remove it first")


def write_zip(files: Mapping[str, bytes], path: Path) -> None:
    """Writes the files as a zip with one folder in it, to the byte the same for the same files.

    They are stored, not packed: pictures and weights, most of it, would not become smaller, and packed bytes depend on
    the version of zlib.

    Raises:
        InputError: if there is such a file, or it cannot be written.
    """
    try:
        with zipfile.ZipFile(path, "x", zipfile.ZIP_STORED) as archive:
            for name, content in files.items():
                entry = zipfile.ZipInfo(f"{path.stem}/{name}", DATE)
                entry.create_system, entry.external_attr = 3, 0o100644 << 16  # as written on Unix, for all to read
                archive.writestr(entry, content)
    except FileExistsError as error:
        raise InputError(f"'{path}' exists; name another folder, or remove it first") from error
    except OSError as error:
        raise InputError(f"'{path}' cannot be written: {error.strerror or error}") from error
