"""A chapter was divided: notebooks that were handed out before are graded for both of its parts."""

import json

import pytest

from classroom.chapters.source import ROOT, read, sources
from classroom.collect.submissions import Submission, SubmittedFile
from classroom.grading.grade import grade
from classroom.grading.whole_class import Settings, plan
from classroom.mistakes import WRONG
from classroom.reports.record import begun, handed_in
from tests.grading import _notebooks, _written

PARTS = [read(path) for path in sources(["4", "4b"])]
OURS = {cell.exercise: cell.source for part in PARTS for cell in part.cells if cell.role == "exercise"}


def handed_out(part):
    """The student's notebook."""
    return json.loads((ROOT / "notebooks" / f"{part.name}.ipynb").read_text(encoding="utf-8"))


def as_it_was(marks):
    """Chapter 4 with all six exercises; without marks as an editor saves it that keeps neither ids nor metadata."""
    notebook, more = map(handed_out, PARTS)
    notebook["cells"] += [{**cell, "id": cell["id"].replace("04b-", "04-")} for cell in more["cells"]]
    wrong = next(iter(WRONG["mean_std_loss"].values()))
    written = {**OURS, "mean_std_loss": _written.cell(wrong, "mean_std_loss", frozenset())}
    for cell in notebook["cells"]:
        name = cell["id"].partition("-")[2]
        if name in ("gram", "mmd_squared", "mean_std_loss"):
            cell["source"] = written[name]
        if not marks:
            cell["metadata"] = {}
            del cell["id"]
    return _notebooks.dumped(notebook if marks else {**notebook, "metadata": {}})


def graded(students, **files):
    submission = Submission(
        "ada", "Ada", tuple(SubmittedFile(f"{name}.ipynb", data) for name, data in files.items()), ()
    )
    return grade(submission, plan(PARTS, Settings()), students.fork_server)


def states(found):
    return {mark.exercise: mark.state for mark in found.marks}


@pytest.mark.parametrize("marks", [True, False])
def test_a_notebook_from_before_is_graded_for_both_parts(students, marks):
    found = graded(students, work=as_it_was(marks))
    assert states(found) == {
        "gram": "full", "style_layer_loss": "not attempted", "style_layer_gradient": "not attempted",
        "texture_loss": "not attempted", "mean_std_loss": "wrong", "mmd_squared": "full",
    }  # fmt: skip
    assert found.notes == () and found.files == dict.fromkeys(("04_textures", "04b_statistics"), "work.ipynb")
    outlines = tuple(part.outline for part in PARTS)
    assert begun([found], outlines) == outlines
    assert all(handed_in([found], part.name) for part in PARTS)


def test_the_part_itself_counts_before_a_notebook_from_before(students):
    found = graded(students, old=as_it_was(True), new=_notebooks.dumped(handed_out(PARTS[1])))
    assert found.files == {"04_textures": "old.ipynb", "04b_statistics": "new.ipynb"}
    assert (states(found)["gram"], states(found)["mmd_squared"]) == ("full", "not attempted")


def test_chapter_4_as_it_is_now_is_not_chapter_4b(students):
    found = graded(students, work=_notebooks.dumped(handed_out(PARTS[0])))
    assert found.files == {"04_textures": "work.ipynb"}
    told = {mark.lines for mark in found.marks if mark.chapter == "04b_statistics"}
    assert told == {("No notebook of this chapter was handed in.",)}
