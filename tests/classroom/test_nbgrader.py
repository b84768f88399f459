"""A chapter through nbgrader itself: released, answered, graded, and handed back.

What an instructor needs to know is in `CONFIG`, and in the notebook that lies in ``source``: the executed solution.
"""

import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest
from nbgrader.api import Gradebook

from classroom.chapters.build import solution_notebook, student_notebook
from tests.classroom._sample import BORROWED, FIRST, SECOND, THIRD, WRONG, answers, fill_in, own_folders, sample

CONFIG = """\
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import ClearHiddenTests, GetGrades

c = get_config()
c.CourseDirectory.course_id = "transfer"
c.Execute.timeout = 300  # of one cell; nbgrader's own 30 s are too few for a painting
c.OverwriteCells.add_missing_cells = True  # the notebooks of this course do not hold the cells with hidden tests
# nbgrader's own feedback shows the hidden tests.
c.GenerateFeedback.preprocessors = [GetGrades, ClearHiddenTests, CSSHTMLHeaderPreprocessor]
"""


class Scratch:
    """A course of nbgrader's in a folder, with one assignment of one chapter."""

    def __init__(self, folder, chapter):
        self.folder = folder
        self.chapter = chapter
        self.database = f"sqlite:///{folder / 'gradebook.db'}"
        self.environment = {**os.environ, **own_folders(folder)}
        (folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")

    def run(self, command):
        """A command of nbgrader's, which has to succeed."""
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", command, "ps1", "--db", self.database],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def path(self, step, student="", suffix=".ipynb"):
        return self.folder / step / student / "ps1" / f"{self.chapter.name}{suffix}"

    def write(self, notebook, step, student=""):
        path = self.path(step, student)
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)

    def read(self, step, student=""):
        return nbformat.read(self.path(step, student), as_version=4)

    def submit(self, student, notebook, answers):
        self.write(fill_in(notebook, answers), "submitted", student)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A chapter that was released, answered by four students, graded and handed back."""
    chapter = sample(tmp_path_factory.mktemp("chapter"))
    course = Scratch(tmp_path_factory.mktemp("scratch"), chapter)
    course.write(solution_notebook(chapter), "source")
    course.run("generate_assignment")
    right = answers(chapter)
    course.submit("full", course.read("release"), {**right, f"{THIRD}-answer": "Nothing cancels."})
    course.submit("half", course.read("release"), {FIRST: right[FIRST], SECOND: WRONG[SECOND]})
    course.submit("empty", course.read("release"), {})
    course.submit("ours", student_notebook(chapter), {FIRST: BORROWED[FIRST], SECOND: right[SECOND]})
    course.run("autograde")
    course.run("generate_feedback")
    return course


def points(course, student):
    """The points of a student's cells, from the gradebook."""
    with Gradebook(course.database) as gradebook:
        submission = gradebook.find_submission("ps1", student)
        cells = {grade.name: grade.score for notebook in submission.notebooks for grade in notebook.grades}
        review = [
            grade.name for notebook in submission.notebooks for grade in notebook.grades if grade.needs_manual_grade
        ]
        return SimpleNamespace(total=submission.score, most=submission.max_score, cells=cells, review=review)


def test_the_release_holds_no_answers(graded):
    release = graded.read("release")
    text = json.dumps(release, ensure_ascii=False)
    for secret in ("SOLUTION", "HIDDEN", "MARKING", "nothing cancels", "F - P", "// stride", "== 12", "size(9"):
        assert secret not in text
    sources = {cell.id: cell.source for cell in release.cells}
    assert sources[f"{FIRST}-hidden"] == sources[f"{SECOND}-hidden"] == ""
    for cell in graded.chapter.cells:
        if cell.role == "exercise":
            ours = cell.stub.replace(f'check.Unfinished("{cell.exercise}")', "NotImplementedError()")
            assert sources[cell.id] == ours
        elif cell.role == "open":
            assert sources[cell.id] == cell.question_and_answer("")[0].source
            assert sources[f"{cell.id}-answer"] == "YOUR ANSWER HERE"
        elif cell.role != "hidden":
            assert sources[cell.id] == cell.source


@pytest.mark.parametrize(
    ("student", "first", "second"),
    [
        ("full", (2, 1), (3, 2)),
        ("half", (2, 1), (0, 0)),
        ("empty", (0, 0), (0, 0)),
        ("ours", (0, 0), (3, 2)),  # in our own notebook; what is borrowed earns no points
    ],
)
def test_the_gradebook_has_the_points(graded, student, first, second):
    found = points(graded, student)
    assert found.cells == {
        "content_loss-check": first[0],
        "content_loss-hidden": first[1],
        "conv_output_size-check": second[0],
        "conv_output_size-hidden": second[1],
        "why_squares-answer": 0,  # as long as nobody has read it
    }
    assert found.total == sum(first) + sum(second)
    assert found.most == graded.chapter.facts["points"] + graded.chapter.facts["open_points"] == 10
    # What was written has to be read, and what we handed out in nbgrader's place is to it something that was written.
    assert found.review == (["why_squares-answer"] if student in ("full", "ours") else [])


@pytest.mark.parametrize("student", ["full", "half", "empty", "ours"])
def test_what_cost_points_is_said_without_a_traceback(graded, student):
    """In checks and hidden tests. Of 'empty' they meet nbgrader's own stub, and know it."""
    lost = {name for name, score in points(graded, student).cells.items() if score == 0} - {"why_squares-answer"}
    said = {
        cell.metadata.nbgrader.grade_id: (output.ename, "\n".join(output.traceback).splitlines())
        for cell in graded.read("autograded", student).cells
        if cell.metadata.get("nbgrader", {}).get("grade")
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    }
    assert set(said) == lost
    assert {name for name, _ in said.values()} <= {"Unfinished" if student == "empty" else "CheckFailed"}
    assert all(len(lines) <= 4 for _, lines in said.values())


@pytest.mark.parametrize("student", ["full", "half", "empty", "ours"])
def test_feedback_tells_the_points_and_not_the_hidden_tests(graded, student):
    page = re.sub("<[^>]*>", "", graded.path("feedback", student, ".html").read_text(encoding="utf-8"))
    assert f"(Score: {points(graded, student).total} / 10.0)" in page
    assert "check.content_loss(content_loss)" in page
    for secret in ("HIDDEN TESTS", "== 12", "conv_output_size(9"):
        assert secret not in page
