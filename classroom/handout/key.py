"""The answer key: for each exercise its place, minutes, points, solution, hidden tests and known misunderstandings.

A misunderstanding has a short name, by which a class's mistakes are counted, and the sentence that the check says. The
sentences are found by asking: `classroom.mistakes` holds a wrong answer for each.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classroom.chapters.build import paths
from classroom.chapters.source import OPEN, Cell, Chapter
from classroom.handout.bundle import chapter_table, student_files, with_manifest
from course.answers.outline import number_of
from course.errors import InputError

README = Path(__file__).with_name("readme_instructors.md")
CARD = re.compile(r"^> \*\*Exercise .*?(\d+) minutes", re.DOTALL | re.MULTILINE)
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
QUESTIONNAIRE = re.compile(r"^## Questionnaire\n(.*?)<details>.*?</summary>\n(.*?)</details>", re.DOTALL | re.MULTILINE)
MARKS = re.compile(r"^### (BEGIN|END) HIDDEN TESTS\n?", re.MULTILINE)

Mistakes = Mapping[str, Mapping[str, str]]  # exercise -> short name -> what the check says
Watch = Callable[[Iterable[str]], Iterable[str]]


@dataclass(frozen=True)
class Entry:
    """One exercise's entry in the key.

    Attributes:
        name: of the exercise.
        chapter: for example "04_textures".
        section: the heading above the exercise.
        cell: id of the cell to be written.
        minutes: as its card says; a card for two exercises is shared between them.
        points: of the check and of the hidden tests.
        solution: the whole cell.
        hidden: the hidden tests.
    """

    name: str
    chapter: str
    section: str
    cell: str
    minutes: int
    points: tuple[int, int]
    solution: str
    hidden: str


def instructor_files(root: Path, chapters: Sequence[Chapter], watch: Watch = iter) -> dict[str, bytes]:
    """The student's bundle, and with it the solutions and the key, by path, sorted. Runs the checks; writes nothing.

    Args:
        root: of the clone.
        chapters: those that it is about.
        watch: is given the exercises, and hands them on as they are asked; for a progress bar.

    Raises:
        InputError: if `root` is no clone of the course.
    """
    mistakes = known_mistakes([entry.name for chapter in chapters for entry in entries(chapter)], watch)
    files = student_files(root, chapters=[chapter.name for chapter in chapters])
    for chapter in chapters:
        for path in (chapter.path, paths(chapter)[1]):
            files[f"solutions/{path.name}"] = path.read_bytes()
    texts = {
        "README.md": README.read_text(encoding="utf-8").replace("{chapters}", chapter_table(files)),
        "instructor/answers.md": answers_page(chapters),
        "instructor/misunderstandings.md": mistakes_page(chapters, mistakes),
        "instructor/key.json": key(chapters, mistakes),
    }
    return with_manifest({**files, **{path: text.encode() for path, text in texts.items()}}, root)


def entries(chapter: Chapter) -> Iterator[Entry]:
    """The exercises of a chapter, in order."""
    points = {(cell.exercise, cell.role): cell.points for cell in chapter.cells}
    hidden = {cell.exercise: MARKS.sub("", cell.source).strip() for cell in chapter.cells if cell.role == "hidden"}
    places = list(_places(chapter))
    sharing = Counter(card for _, _, card, _ in places)
    for cell, section, card, minutes in places:
        yield Entry(
            name=cell.exercise,
            chapter=chapter.name,
            section=section,
            cell=cell.id,
            minutes=round(minutes / sharing[card]),
            points=(points[cell.exercise, "check"], points[cell.exercise, "hidden"]),
            solution=cell.source,
            hidden=hidden[cell.exercise],
        )


def _places(chapter: Chapter) -> Iterator[tuple[Cell, str, int, int]]:
    """Each exercise's cell with the heading of its section, the number of its card, and the card's minutes."""
    section, card, minutes = "", 0, 0
    for number, cell in enumerate(chapter.cells):
        if cell.role == "exercise":
            yield cell, section, card, minutes
        elif cell.kind == "markdown":
            section = next(reversed(SECTION.findall(cell.source)), section)
            if found := CARD.search(cell.source):
                card, minutes = number, int(found[1])


# --- what is known to go wrong ----------------------------------------------------------------------------------------


def known_mistakes(exercises: Collection[str], watch: Watch = iter) -> Mistakes:
    """For each exercise: short name -> what the check says to the wrong answer of that name.

    Raises:
        InputError: if one of them passes.
    """
    from classroom.mistakes import WRONG

    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):  # of the wrong answers' own
        warnings.simplefilter("ignore")
        return {
            name: {mistake: _said(name, mistake, function) for mistake, function in WRONG.get(name, {}).items()}
            for name in watch(exercises)
        }


def _said(name: str, mistake: str, function: Callable[..., Any]) -> str:
    """The second line of the failure. The first has numbers of this one time, the third says where to read."""
    from course.check import EXERCISES, CheckFailed
    from course.check.engine.answers import LocalAnswer

    try:
        EXERCISES[name].verify(LocalAnswer(name, function), seed=0)
    except CheckFailed as failure:
        return failure.lines[1].strip()
    raise InputError(f"the wrong answer {mistake!r} passes the check of {name}; run: make test")


# --- the pages --------------------------------------------------------------------------------------------------------


def answers_page(chapters: Sequence[Chapter]) -> str:
    """The answer key, Markdown."""
    parts = [
        "# Answer key",
        "Minutes are those on the exercise's card, halved where a card is for two. Points: check + hidden tests.",
    ]
    for chapter in chapters:
        parts.append(f"## {_title(chapter)}")
        for entry in entries(chapter):
            parts += [
                *_head(entry),
                f"```python\n{entry.solution}\n```",
                f"Hidden tests:\n\n```python\n{entry.hidden}\n```",
            ]
        for cell in _questions(chapter):
            question = re.sub("^#+ .*\n+", "", cell.question_and_answer("")[0].source)
            parts += [f"### In words · `{cell.exercise}`", f"{cell.points} points · cell `{cell.id}-answer`"]
            parts += [question, "Marking scheme:", cell.scheme]
        if any(both := questionnaire(chapter)):
            parts += ["### Questionnaire", both[0], "Answers:", both[1]]
    return "\n\n".join(parts) + "\n"


def questionnaire(chapter: Chapter) -> tuple[str, str]:
    """The chapter's questions for oneself, and their answers, folded in the notebook; ("", "") without any."""
    text = "\n\n".join(cell.source for cell in chapter.cells if cell.kind == "markdown")
    found = QUESTIONNAIRE.search(text)
    return (found[1].strip(), found[2].strip()) if found else ("", "")


def mistakes_page(chapters: Sequence[Chapter], mistakes: Mistakes) -> str:
    """Every known misunderstanding with what the check says, Markdown."""
    parts = [
        "# What is misunderstood, and what the check says",
        "Each exercise's check knows these mistakes by a short name, by which a class's mistakes are counted. The "
        "sentence beside it is what the student reads, after a line with what was expected and seen on which input, "
        "and before one that says where to read. Each stands for a wrong answer in `classroom/mistakes`, which the "
        "check has to tell from all others. Besides these, every check knows what can happen to any function: "
        "`arguments`, `none`, `not_finite`, `other` and the like.",
    ]
    for chapter in chapters:
        parts.append(f"## {_title(chapter)}")
        for entry in entries(chapter):
            rows = [f"| `{name}` | {_in_table(said)} |" for name, said in mistakes.get(entry.name, {}).items()]
            parts += [*_head(entry), "\n".join(["| mistake | what the student reads |", "|---|---|", *rows])]
    return "\n\n".join(parts) + "\n"


def key(chapters: Sequence[Chapter], mistakes: Mistakes) -> str:
    """The key for programs, JSON: exercises by name, open questions by chapter and name."""
    exercises = {
        entry.name: {
            "chapter": entry.chapter,
            "section": entry.section,
            "cell": entry.cell,
            "minutes": entry.minutes,
            "points": sum(entry.points),
            "points_hidden": entry.points[1],
            "mistakes": mistakes.get(entry.name, {}),
        }
        for chapter in chapters
        for entry in entries(chapter)
    }
    questions = {
        f"{chapter.name}/{cell.exercise}": {"cell": f"{cell.id}-answer", "points": cell.points, "scheme": cell.scheme}
        for chapter in chapters
        for cell in _questions(chapter)
    }
    return json.dumps({"exercises": exercises, "questions": questions}, indent=1, ensure_ascii=False) + "\n"


def _title(chapter: Chapter) -> str:
    return f"{number_of(chapter.name)} · {chapter.facts['title']}"


def _head(entry: Entry) -> list[str]:
    check, hidden = entry.points
    return [
        f"### `{entry.name}`",
        f"{entry.minutes} minutes · {check} + {hidden} points · in *{entry.section}* · cell `{entry.cell}`",
    ]


def _questions(chapter: Chapter) -> list[Cell]:
    return [cell for cell in chapter.cells if cell.role == OPEN]


def _in_table(sentence: str) -> str:
    return sentence.replace("|", "\\|")
