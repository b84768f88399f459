"""The chapters as they lie in the repository: up to date, complete, light, and each exercise a lesson."""

import re

import pytest

from classroom.chapters.build import differences, paths
from classroom.chapters.source import read, sources
from classroom.handout.key import questionnaire
from course import check
from course.check.engine.exercise import Exercise

CHAPTERS = [read(path) for path in sources()]
ALL = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
EVERY_EXERCISE = [(chapter, cell) for chapter in CHAPTERS for cell in chapter.cells if cell.role == "exercise"]
MEGABYTE = 2**20


def test_the_first_chapters_are_here():
    first = {
        "00_start_here",
        "01_vgg",
        "03_content_reconstruction",
        "04_textures",
        "04b_statistics",
        "05_style_transfer",
    }
    assert first <= {chapter.name for chapter in CHAPTERS}


@ALL
def test_the_notebooks_are_what_the_source_says(chapter):
    assert list(differences(chapter)) == []


def test_no_notebook_is_left_over():
    known = {path for chapter in CHAPTERS for path in paths(chapter)}
    lying = {path for folder in {path.parent for path in known} for path in folder.glob("*.ipynb")}
    assert lying == known, "a chapter was renamed: delete the old notebooks"


@ALL
def test_an_executed_solution_is_light(chapter):
    assert paths(chapter)[1].stat().st_size < 2 * MEGABYTE


@ALL
def test_a_chapter_has_all_its_parts(chapter):
    text = "\n".join(cell.source for cell in chapter.cells if cell.kind == "markdown")
    assert len(chapter.facts["objectives"]) == 3
    for part in ("**At the end** you", "## What you should have seen", "## Questionnaire", "## References"):
        assert part in text
    for part in questionnaire(chapter):  # the questions, and their answers
        assert [int(number) for number in re.findall(r"^(\d)\. ", part, re.MULTILINE)] == [1, 2, 3, 4, 5]
    assert "arxiv.org/abs/" in text.split("## References")[1]
    code = [cell.source for cell in chapter.cells if cell.kind == "code"]
    assert any("explore(" in source for source in code), "no slider"
    assert f"{chapter.facts['minutes']} minutes · {chapter.facts['points']} points" in text


def test_every_exercise_has_a_check_and_every_check_an_exercise():
    checks = {name for name in check.__all__ if isinstance(getattr(check, name), Exercise)}
    assert {cell.exercise for _, cell in EVERY_EXERCISE} == checks


@pytest.mark.parametrize(("chapter", "cell"), EVERY_EXERCISE, ids=lambda value: getattr(value, "exercise", ""))
def test_an_exercise_is_a_card_a_ladder_of_hints_and_a_check_that_uses_its_name(chapter, cell):
    place = chapter.cells.index(cell)
    lesson = "\n".join(other.source for other in chapter.cells[max(0, place - 8) : place])
    card = lesson.rsplit("> **Exercise", 1)[1]
    for part in ("difficulty ●", "importance ●", "minutes", "point", "At the end you have"):
        assert part in card
    hints = chapter.cells[place + 1].source
    titles = re.findall(r"<details><summary>(.*?)</summary>", hints)
    assert len(titles) >= 2 and titles[-1] == "Show me the way"
    assert f'check.borrow("{cell.exercise}")' in hints.split("Show me the way")[1]
    check, hidden = chapter.cells[place + 2], chapter.cells[place + 3]
    assert (check.role, hidden.role) == ("check", "hidden")
    assert check.source == f"check.{cell.exercise}({cell.exercise})"
    assert len(hidden.source.splitlines()) > 3, "hidden tests say more than the check"
