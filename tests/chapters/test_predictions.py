"""Predictions: each has a place to write it down, and nothing between it and its answer gives it away.

What prose tells cannot be tested. Held is what was wrong once, and nobody sees when writing: an alt text, a title or an
assertion in open code just below the question, and a picture in the text.
"""

import ast
import re

import pytest

from classroom.chapters.names import bound
from classroom.chapters.source import read, sources
from course.widgets import guess

CHAPTERS = [read(path) for path in sources()]
ALL = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
PREDICT = re.compile(r"\bpredict\b", re.IGNORECASE)
A_SENTENCE = 4  # words


def calls(cell, name):
    """The calls of name(...) or something.name(...) in a cell."""
    nodes = ast.walk(ast.parse(cell.source)) if cell.kind == "code" else ()
    return [
        node for node in nodes
        if isinstance(node, ast.Call) and name in (getattr(node.func, "id", ""), getattr(node.func, "attr", ""))
    ]  # fmt: skip


def guesses(chapter):
    """For each guess the name of its variable, and the place of its cell."""
    for place, cell in enumerate(chapter.cells):
        if calls(cell, "guess"):
            (name,) = bound(cell.source)
            yield name, place


def answers(chapter):
    """The name of each variable whose answer is shown, and the place of that cell."""
    for place, cell in enumerate(chapter.cells):
        for call in calls(cell, "beside"):
            yield call.func.value.id, place


def sentences(source):
    """The texts of a cell that are as long as a sentence, but for docstrings."""
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings]
    return [one.value for one in constants if isinstance(one.value, str) and len(one.value.split()) >= A_SENTENCE]


def gives_away(cell):
    """What in an open cell could tell the answer before it is due."""
    if cell.kind == "markdown":
        return re.findall(r"!\[.*?\]", cell.source, re.DOTALL)
    if cell.fold or cell.test or cell.role in ("check", "hidden"):
        return []
    nodes = list(ast.walk(ast.parse(cell.stub)))
    told = [ast.unparse(node) for node in nodes if isinstance(node, ast.Assert)]
    told += [f"{node.arg}={ast.unparse(node.value)}" for node in nodes
             if isinstance(node, ast.keyword) and node.arg in ("alt", "title")]  # fmt: skip
    return [*told, *sentences(cell.stub)]


@ALL
def test_each_prediction_has_a_place_to_write_it_down(chapter):
    for cell, below in zip(chapter.cells, chapter.cells[1:], strict=False):
        if cell.kind == "markdown" and PREDICT.search(cell.source) and cell.role == "":
            assert calls(below, "guess"), f"{cell.id} asks to predict, and {below.id} has no guess"


@ALL
def test_each_guess_is_asked_as_it_can_be_answered(chapter):
    """It stands alone in a folded cell, and its question is asked once: guesses are kept by their question."""
    asked = []
    for _, place in guesses(chapter):
        cell = chapter.cells[place]
        (call,) = calls(cell, "guess")
        asked.append(ast.literal_eval(call.args[0]))
        assert cell.fold and len(ast.parse(cell.source).body) == 2
        choices = ast.literal_eval(call.args[1]) if len(call.args) > 1 else ()
        assert guess(asked[-1], choices).made is None
    assert sorted(set(asked)) == sorted(asked)


@ALL
def test_each_guess_gets_its_answer_once_and_later(chapter):
    asked, answered = list(guesses(chapter)), list(answers(chapter))
    assert sorted(name for name, _ in asked) == sorted(name for name, _ in answered)
    for name, place in asked:
        assert dict(answered)[name] > place


@ALL
def test_nothing_between_a_prediction_and_its_answer_gives_it_away(chapter):
    told = dict(answers(chapter))
    for name, place in guesses(chapter):
        between = chapter.cells[place + 1 : told.get(name, place) + 1]
        assert {cell.id: gives_away(cell) for cell in between if gives_away(cell)} == {}, name


def test_there_are_about_as_many_as_there_were():
    assert sum(1 for chapter in CHAPTERS for _ in guesses(chapter)) >= 28
