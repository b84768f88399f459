"""``course submit``: checks a student's notebooks and packs them into the one file that is handed in."""

from __future__ import annotations

import argparse
import stat
from collections import Counter
from collections.abc import Sequence
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

from course.cli.command import say
from course.errors import InputError
from course.files import APPLE_DOUBLE, exists, given_path, is_file, shown, status
from course.submit import packing
from course.submit.local import LocalProcess
from course.submit.packing import NotebookFile

if TYPE_CHECKING:
    from course.submit.progress import CheckedNotebook

ROOT = Path(__file__).resolve().parents[2]  # of the folder that was handed out
LONGEST = 200  # characters of a name
NEXT = (
    "Hand this file in where your course collects its work, as often as you like: the last one counts.\n"
    "It holds what is saved: if you have changed something since, save it in Jupyter (Ctrl + S), and run this again."
)
NAMELESS = "It bears no name, which a learning platform does not need; for an e-mail add --student and your name."


HELP = "for students: check your notebooks, and pack them into the file that is handed in"


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the options."""
    parser.description = "Check what is saved in your notebooks and pack them into one zip. Works without a network."
    add = parser.add_argument
    add("notebooks", nargs="*", metavar="NOTEBOOK",
        help="a notebook file (default: those of ./notebooks, or of the course's folder, that are begun)")  # fmt: skip
    add("--student", metavar="NAME", help="your name, for where no learning platform adds it")
    add("-o", "--out", metavar="FILE.zip", help="where to write (default: submission.zip, submission-2.zip, ...)")
    add("--quick", action="store_true", help="do not run the checks, only pack")


def run(options: argparse.Namespace) -> int:
    """Says how far each chapter is, and writes the zip. Exit code 0 if it is written, whatever the checks say."""
    student = _name(options.student)
    out = _new_zip(options.out) if options.out else None
    notebooks = [_notebook(path) for path in _named(options.notebooks) or _lying_here()]
    _refuse_namesakes(notebooks)
    process = None if options.quick else LocalProcess()  # starts while this one imports torch as well
    try:
        chosen = _gone_through(notebooks, bool(options.notebooks), process)
    finally:
        if process:
            process.close()
    if not chosen:
        raise InputError("no exercise is begun in what is saved: save your notebooks in Jupyter first, or name one")
    packed = [_light(work.file) for work in chosen]
    written = packing.write_new(packing.pack(packed, student), out)
    size = written.stat().st_size / 1e6
    say(f"{'One notebook is' if len(packed) == 1 else f'{len(packed)} notebooks are'} packed ({size:.2f} MB):")
    say(f"  {written.absolute()}")
    if older := packing.others(written):
        what = (
            f"{older[0]} beside it is" if len(older) == 1 else f"the {len(older)} other submission zips beside it are"
        )
        say(f"It is the newest: {what} older and to be ignored.")
    say(NEXT if student else f"{NEXT}\n{NAMELESS}")
    return 0


def _gone_through(
    notebooks: Sequence[NotebookFile], named: bool, process: LocalProcess | None
) -> list[CheckedNotebook]:
    """The notebooks that are handed in; says how far each is, and why others are not."""
    from course.submit import progress

    works = [progress.look_at(notebook) for notebook in notebooks]
    chosen = [work for work in works if named or work.worth]
    for work in chosen:
        for line in progress.report(work, process):
            say(line)
        say("")
    for line in progress.left_out([work for work in works if work not in chosen]):
        say(line)
    for line in progress.doubles(chosen):
        say(line)
    return chosen


def _light(notebook: NotebookFile) -> NotebookFile:
    lighter = packing.lightened(notebook)
    if lighter is not notebook:
        size, now = len(notebook.data) / 1e6, len(lighter.data) / 1e6
        name = shown(notebook.name)
        say(f"{name} is large ({size:.1f} MB), so its outputs stay behind ({now:.1f} MB without them); "
            "your own file is as it was.")  # fmt: skip
    if len(lighter.data) > packing.LARGE:
        name = shown(notebook.name)
        say(f"{name} is still larger than many platforms take; are there pictures pasted into its text?")
    return lighter


# --- which files ------------------------------------------------------------------------------------------------------


def _name(given: str | None) -> str:
    name = " ".join((given or "").split())
    if (given is not None and not name) or len(name) > LONGEST or not name.isprintable():
        raise InputError(f"--student must be a name of at most {LONGEST} letters")
    return name


def _new_zip(given: str) -> Path:
    """The file that is asked for, looked at before the checks take their time."""
    path = given_path(given)
    name = shown(path)
    if path.suffix.lower() != ".zip":
        raise InputError(f"'{name}' must end in .zip, for that is what it will be")
    if exists(path):
        raise InputError(f"'{name}' exists; choose another name, or remove it first")
    if status(path.parent) is None or not path.parent.is_dir():
        raise InputError(f"there is no folder '{shown(path.parent)}' for '{shown(path.name)}'; make it first, "
                         "or choose another")  # fmt: skip
    return path


def _named(names: Sequence[str]) -> list[Path]:
    paths = list(dict.fromkeys(path for name in names for path in _meant(name)))
    for path in paths:
        found, name = status(path), shown(path)
        if found is not None and stat.S_ISDIR(found.st_mode):
            raise InputError(f"'{name}' is a folder; name the notebooks in it, such as {name}/04_textures.ipynb")
        if found is None:
            raise InputError(f"there is no file '{name}'; name a notebook, or none to hand in all of them")
        if not is_file(path):
            raise InputError(f"'{name}' is a pipe or a device, no file; name a notebook")
        if path.suffix.lower() != ".ipynb":
            raise InputError(f"'{name}' is no notebook: its name does not end in .ipynb")
    return paths


def _meant(name: str) -> list[Path]:
    """The file of that name, or those that a pattern finds where the shell leaves *.ipynb alone, as on Windows."""
    path = given_path(name)
    return [path] if exists(path) else [Path(one) for one in sorted(glob(name))] or [path]


def _lying_here() -> list[Path]:
    """All notebooks of ./notebooks, or of the course's own folder; what is called so and is no file is told."""
    for folder in dict.fromkeys((Path("notebooks").absolute(), ROOT / "notebooks")):
        found = sorted(path for path in folder.glob("*.ipynb") if not path.name.startswith(APPLE_DOUBLE))
        if found:
            say(f"Looking at the notebooks in {shown(folder)}.")
        files = [path for path in found if _can_be_read(path)]
        if others := [shown(path.name) for path in found if path not in files]:
            is_none = "it is no file" if len(others) == 1 else "they are no files"
            say(f"Left alone, since {is_none} that could be read: {', '.join(others)}.")
        if files:
            return files
    raise InputError("there are no notebooks here; go to the folder of the course, or name the notebooks")


def _can_be_read(path: Path) -> bool:
    try:
        return is_file(path)
    except InputError:  # links that lead round in a circle
        return False


def _notebook(path: Path) -> NotebookFile:
    try:
        path.name.encode()
        if "\\" in path.name:
            raise InputError(f"'{shown(path.name)}' cannot be handed in so; rename it, without a backslash")
        return NotebookFile(path.name, path.read_bytes(), path.stat().st_mtime)
    except UnicodeEncodeError:
        raise InputError(f"{path.name!r} cannot be handed in under this name; rename it") from None
    except OSError as error:
        raise InputError(f"'{shown(path)}' cannot be read ({error.strerror or error}); close it elsewhere") from error


def _refuse_namesakes(notebooks: Sequence[NotebookFile]) -> None:
    names = Counter(notebook.name for notebook in notebooks)
    for name, number in names.items():
        if number > 1:
            raise InputError(f"{number} files are called {name!r}; name one of them, or rename the other")
