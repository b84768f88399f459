"""nbval and the budgets notice what they are there for: a changed output, a broken slider, too much time or memory."""

import subprocess
import sys

import nbformat
import pytest

from tests.repo._repo import ROOT

HEALTHY = "print('the same every time')"


def verdict(folder, *cells, seconds=60, memory_mb=1000, outputs=None):
    """Exit code and words of pytest for a notebook with these cells, run as `make test` runs the solutions."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    notebook.metadata["course"] = {"seconds": seconds, "memory_mb": memory_mb}
    for number, cell in enumerate(notebook.cells, start=1):
        cell.execution_count = number
        cell.outputs = [nbformat.v4.new_output("stream", text=outputs or "the same every time\n")]
    path = folder / "chapter.ipynb"
    nbformat.write(notebook, path)
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider",
               "-p", "tests.chapters.budgets", "-c", str(ROOT / "pyproject.toml"), str(path)]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_a_healthy_notebook_passes(tmp_path):
    code, words = verdict(tmp_path, HEALTHY)
    assert code == 0, words


def test_another_output_is_noticed(tmp_path):
    code, words = verdict(tmp_path, HEALTHY, outputs="it was another one\n")
    assert code == 1 and "it was another one" in words


def test_a_broken_slider_is_noticed(tmp_path):
    broken = """
from course.figures import Figure
from course.live import explore
def draw(x):
    assert x < 2
    return Figure(b"", "nothing to be seen", 1), "x", x
slider = explore(draw, x=(1, 3))
slider.set(x=3)
"""
    code, words = verdict(tmp_path, broken)
    assert code == 1 and "AssertionError" in words


@pytest.mark.parametrize(
    ("budget", "complaint"),
    [({"seconds": 0}, "s of one core; 0 s are 0 s"), ({"memory_mb": 5}, "MB, its header says 5")],
)
def test_a_budget_that_is_exceeded_is_noticed(tmp_path, budget, complaint):
    code, words = verdict(tmp_path, HEALTHY, **budget)
    assert code == 1 and complaint in words


def test_more_memory_than_binder_has_may_not_be_stated(tmp_path):
    code, words = verdict(tmp_path, HEALTHY, memory_mb=4000)
    assert code == 1 and "Binder has 2 GB" in words
