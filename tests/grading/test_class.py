"""A class is graded by the real command, and every state, every number of points and every mistake is compared."""

import ast
import itertools
from collections import Counter
from functools import cache

import pytest
import torch

from classroom.mistakes import WRONG
from course.check import EXERCISES, CheckFailed
from course.check.engine.answers import LocalAnswer
from tests.grading._class import write_class
from tests.grading._command import differences, grade, needs_sandbox
from tests.grading._written import cell

# With two or three chapters each. `python -m tests.grading.full_class 300` hands in every known wrong answer, of which
# there are more than a thousand: each of them is asked as a cell below, and some of each exercise in a class.
STUDENTS = 40
EACH = 3


@cache
def written(name):
    """The cells of all known wrong answers to an exercise: mistake -> text."""
    return {mistake: cell(function, name) for mistake, function in WRONG[name].items()}


@pytest.mark.usefixtures("searched_once")
@pytest.mark.parametrize("name", WRONG)
def test_each_answer_is_itself_in_a_cell(name):
    """A cell that says something else, or nothing in Python, would be graded for what it is."""
    for mistake, text in written(name).items():
        names = {}
        exec(text, names)
        answer = LocalAnswer(name, names[name])
        torch.manual_seed(0)  # what an answer draws by itself, as when it is graded
        with pytest.raises(CheckFailed) as caught:
            EXERCISES[name].verify(answer, seed=0)
        assert caught.value.mistake == mistake


def test_answers_in_one_notebook_do_not_meet():
    """One cell's helper would be the other's: normalise would then be graded for what stands in denormalise's cell."""
    cells = {name: [ast.parse(text).body for text in written(name).values()] for name in WRONG}
    helpers = {
        name: {node.targets[0].id if isinstance(node, ast.Assign) else node.name for body in bodies for node in body
               if not isinstance(node, (ast.Import, ast.ImportFrom))}
        for name, bodies in cells.items()
    }  # fmt: skip
    assert sum(map(len, helpers.values())) > 2 * len(WRONG)
    for one, other in itertools.combinations(helpers, 2):
        assert not helpers[one] & helpers[other], (one, other)


@needs_sandbox
@pytest.mark.no_cover  # the cells above cover the checks, and other classes how they are graded
def test_every_answer_of_a_class_gets_its_own_mark(tmp_path):
    folder = tmp_path / "handed in"
    folder.mkdir()
    table = write_class(folder, STUDENTS, seed=2, least=2, wrong=EACH)
    everything = Counter((name, one) for answers in table.values() for name, one in answers.items())
    handed_in = {(name, one.mistake) for name, one in everything if one.state == "wrong"}
    assert min(sum((name, mistake) in handed_in for mistake in answers) for name, answers in WRONG.items()) >= EACH
    states = {one.state for _, one in everything}
    assert states >= {"full", "partial", "wrong", "borrowed", "not attempted", "crashed", "out of memory", "unreadable"}

    done = grade(folder, tmp_path / "report", "--jobs", 2)

    assert done.code == 0, done.err
    assert list(differences(table, tmp_path / "report")) == []
    assert f"{STUDENTS} students" in done.out
