"""nbval and what stands beside it notice what they are there for: another output, too much time, a clock in it, ..."""

import subprocess
import sys
from xml.etree import ElementTree

import nbformat
import pytest

from tests.repo._repo import ROOT

HEALTHY = "print('the same every time')"
SAME = "the same every time\n"
BROKEN = """
from course.figures import Figure
from course.widgets import explore
def draw(x):
    assert x < 2
    return Figure(b"", "nothing to be seen", 1), "x", x
slider = explore(draw, x=(1, 3))
slider.set(x=3)
"""
TIMED = """
import time
began = time.perf_counter()
time.sleep(0.2)
print("as ever" if time.perf_counter() - began < 0.5 else "slow")
"""
NOTEBOOKS = {  # name -> source of the one cell, its output, seconds and megabytes that are stated
    "healthy": (HEALTHY, SAME, 60, 1000),
    "other_output": (HEALTHY, "it was another one\n", 60, 1000),
    "broken_slider": (BROKEN, SAME, 60, 1000),
    "too_slow": (HEALTHY, SAME, 0, 1000),
    "too_large": (HEALTHY, SAME, 60, 5),
    "too_much_stated": (HEALTHY, SAME, 60, 4000),
    "timed": (TIMED, "as ever\n", 60, 1000),
    "timed_and_tagged": (TIMED, "as ever\n", 60, 1000),
}


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """Name -> what pytest says is wrong with a notebook, run as `make test` runs the solutions: all in one run."""
    folder = tmp_path_factory.mktemp("notebooks")
    for name, (source, output, seconds, memory_mb) in NOTEBOOKS.items():
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
        notebook.metadata["course"] = {"seconds": seconds, "memory_mb": memory_mb}
        notebook.cells[0].metadata["tags"] = ["nbval-ignore-output"] if name.endswith("tagged") else []
        notebook.cells[0].execution_count = 1
        notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text=output)]
        nbformat.write(notebook, folder / f"{name}.ipynb")
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider",
               "-p", "tests.chapters.budgets", "-p", "tests.chapters.clock",
               "-c", str(ROOT / "pyproject.toml"), f"--junit-xml={report}", str(folder)]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    said = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = case.attrib["classname"].split(".")[-2]
        wrong = [f"{one.attrib['message']}\n{one.text}" for one in case if one.tag in ("failure", "error")]
        said[name] = said.get(name, "") + "\n".join(wrong)
    return said


def test_every_notebook_was_run(complaints):
    assert set(complaints) == set(NOTEBOOKS)


@pytest.mark.parametrize("name", ["healthy", "timed_and_tagged"])
def test_a_healthy_notebook_passes(complaints, name):
    assert complaints[name] == ""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("other_output", "it was another one"),
        ("broken_slider", "AssertionError"),
        ("too_slow", "s of one core; 0 s are 0 s"),
        ("too_large", "MB, its header says 5"),
        ("too_much_stated", "Binder has 2 GB"),
        ("timed", "mismatch 'stdout'"),
    ],
)
def test_what_is_wrong_is_noticed(complaints, name, words):
    assert words in complaints[name]
