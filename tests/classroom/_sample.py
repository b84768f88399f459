"""Shared by the tests that build chapters: a small chapter (`sample.py`), whole, broken, built and answered."""

import os
import sys
from pathlib import Path

from classroom.chapters.source import read

SAMPLE = Path(__file__).with_name("sample.py").read_text(encoding="utf-8")
HEADER = SAMPLE.partition("# %%")[0].replace("points: 8", "points: 0").replace("open_points: 2", "open_points: 0")
THIRD = "07-why_squares"  # id of the open question's cell
FIRST, SECOND = "07-content_loss", "07-conv_output_size"  # ids of the exercises' cells

# What students may write in place of the stubs.
WRONG = {
    FIRST: "def content_loss(F, P):\n    return (F - P).square().mean()",
    SECOND: "def conv_output_size(size, kernel, stride=1, padding=0):\n    return size",
}
BORROWED = {
    FIRST: 'content_loss = check.borrow("content_loss")',
    SECOND: 'conv_output_size = check.borrow("conv_output_size")',
}


def write(folder, text=SAMPLE):
    """A source in a folder of its own; its path."""
    path = folder / "solutions" / "07_sample.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def sample(folder, text=SAMPLE):
    """The chapter, read."""
    return read(write(folder, text))


def answers(chapter):
    """The solution of each exercise, by the id of its cell."""
    return {cell.id: cell.source for cell in chapter.cells if cell.role == "exercise"}


def fill_in(notebook, answers):
    """Writes answers into a notebook, as a student would."""
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    return notebook


def own_folders(folder):
    """The environment in which Jupyter reads and writes nothing outside of `folder`, and Python is this one."""
    jupyter = {f"JUPYTER_{kind}_DIR": str(folder / "jupyter" / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**jupyter, "IPYTHONDIR": str(folder / "ipython"), "PATH": path, "OMP_NUM_THREADS": "1"}
