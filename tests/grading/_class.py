"""An invented class: submissions in a folder, and the table of what grading them must find. Drawn from a seed.

Every known wrong answer is handed in by somebody, in notebooks that look as students' notebooks look, in the folders
and names that platforms and people give them.
"""

import ast
import itertools
import json
import random
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from classroom.chapters.source import ROOT, read, sources
from classroom.mistakes import WRONG
from tests.check._all_right import RIGHT
from tests.grading import _notebooks, _written
from tests.grading._layouts import File, layouts
from tests.grading._partly import NOT_ALL_RIGHT, PARTLY

UNREADABLE = (b"", b'{"cells": [', b"<!DOCTYPE html><html>Sign in</html>", b"PK\x03\x04 a zip", b"\xff\xfe\x00", b"[1]")
NOT_READ = 25  # one of so many files cannot be read


class Expected(NamedTuple):
    """The result that grading must find for an exercise."""

    state: str
    points: int = 0
    mistake: str = ""


@dataclass(frozen=True)
class Released:
    """A chapter as students got it.

    Attributes:
        name: "01_vgg".
        points: exercise -> points of the check and of the hidden tests.
        ours: exercise -> our solution.
        notebook: the student's, as a dictionary.
        taken: names that its cells bind.
    """

    name: str
    points: dict[str, tuple[int, int]]
    ours: dict[str, str]
    notebook: dict
    taken: frozenset[str]


class Answer(NamedTuple):
    """A student's answer to an exercise: the text of a cell, "" for nothing, and what it is worth."""

    source: str
    expected: Expected


@dataclass
class Slot:
    """A notebook of a student, and the answers in it; `data` instead if it cannot be read."""

    student: str
    chapter: Released
    answers: dict[str, Answer] = field(default_factory=dict)
    data: bytes | None = None


@cache
def released():
    """All chapters."""
    found = []
    for path in sources([]):
        chapter = read(path)
        cells = {(cell.role, cell.exercise): cell for cell in chapter.cells if cell.role}
        names = [name for role, name in cells if role == "exercise"]
        notebook = json.loads((ROOT / "notebooks" / f"{chapter.name}.ipynb").read_text(encoding="utf-8"))
        found.append(
            Released(
                chapter.name,
                {name: (cells["check", name].points, cells["hidden", name].points) for name in names},
                {name: cells["exercise", name].source for name in names},
                notebook,
                frozenset(_notebooks.bound(notebook)),
            )
        )
    return tuple(found)


def write_class(folder, students, seed=0, least=1, most=3, wrong=None):
    """Writes a class into a folder; student -> exercise -> `Expected`, of all exercises of all chapters.

    Args:
        folder: must be there.
        students: how many.
        seed: of everything that is drawn.
        least: chapters that a student hands in.
        most: the same.
        wrong: how many of an exercise's known wrong answers are dealt before any other; None for all.
    """
    draw = random.Random(seed)
    slots = _slots(students, draw, least, most)
    for chapter in released():
        mine = [slot for slot in slots if slot.chapter is chapter and slot.data is None]
        for name in chapter.points:
            kinds = _kinds(chapter, name, draw, wrong)
            for slot, kind in zip(draw.sample(mine, len(mine)), kinds, strict=False):
                slot.answers[name] = kind
    for slot in slots:
        _spoil_dependent(slot)
    table, layout = {}, layouts(draw)
    for student, group in itertools.groupby(slots, key=lambda slot: slot.student):
        group = list(group)
        files = [File(slot.chapter.name, _file(slot, draw), _notebooks.dumped(slot.chapter.notebook)) for slot in group]
        found = next(layout)(folder, student, files, draw)
        table[found] = {name: Expected("not attempted") for chapter in released() for name in chapter.points}
        for slot in group:
            table[found] |= (
                {name: answer.expected for name, answer in slot.answers.items()}
                if slot.data is None
                else dict.fromkeys(slot.chapter.points, Expected("unreadable"))
            )
    return table


def _slots(students, draw, least, most):
    """Who hands in which chapters, the same number of each as far as it goes; some files cannot be read."""
    chapters = itertools.cycle(draw.sample(released(), len(released())))
    slots = [
        Slot(f"s{number:03d}", next(chapters))
        for number in range(1, students + 1)
        for _ in range(draw.randint(least, most))
    ]
    for slot in draw.sample(slots, len(slots) // NOT_READ):
        slot.data = draw.choice(UNREADABLE)
    return slots


def _file(slot, draw):
    if slot.data is not None:
        return slot.data
    answers = {name: answer.source for name, answer in slot.answers.items()}
    return _notebooks.handed_in(slot.chapter.notebook, answers, draw)


# --- answers ----------------------------------------------------------------------------------------------------------


def _kinds(chapter, name, draw, first):
    """Endless answers to an exercise: first so many known wrong ones, or all, then of every kind."""
    taken = chapter.taken | (set(chapter.points) - {name})
    wrong = [(one, Expected("wrong", 0, mistake)) for mistake, one in WRONG[name].items()]
    all_points = sum(chapter.points[name])
    right = [
        (one, Expected("full", all_points))
        for number, one in enumerate(RIGHT[name])
        if one.__module__.startswith("tests.") and number not in NOT_ALL_RIGHT.get(name, ())
    ]
    right.append((chapter.ours[name], Expected("full", all_points)))
    others = [*_others(name)]
    if name in PARTLY:
        others.append((PARTLY[name], Expected("partial", chapter.points[name][0], "hidden")))

    def dealt():
        yield from draw.sample(wrong, len(wrong))[:first]
        kinds = [iter(draw.sample(one, len(one)) * 1000) for one in (right, others, right, wrong)]
        for kind in itertools.cycle(draw.sample(kinds, len(kinds))):
            yield next(kind)

    for one, expected in dealt():  # only now it is written: all that there are would take a quarter of a minute
        yield Answer(_written.cell(one, name, taken) if callable(one) else one, expected)


def _others(name):
    borrowed, broken = Expected("borrowed", 0, "borrowed"), Expected("wrong", 0, "syntax")
    yield Answer("", Expected("not attempted"))
    yield Answer(f'{name} = check.borrow("{name}")', borrowed)
    yield Answer(f'def {name}(*inputs):\n    return check.borrow("{name}")(*inputs)', borrowed)
    yield Answer(f"def {name}(x:\n    return x", broken)
    yield Answer(f"def {name}(*inputs):\n    import os\n    os._exit(3)", Expected("crashed"))
    yield Answer(f"def {name}(*inputs):\n    import ctypes\n    ctypes.string_at(8)", Expected("crashed"))
    yield Answer(
        f"def {name}(*inputs):\n    return [torch.ones(2**26).exp() for _ in range(99)]", Expected("out of memory")
    )


def _spoil_dependent(slot):
    """Our solutions may use the student's answer to another exercise; without a good one, another is taken."""
    for name, answer in slot.answers.items():
        if answer.source != slot.chapter.ours[name]:
            continue
        used = {node.id for node in ast.walk(ast.parse(answer.source)) if isinstance(node, ast.Name)} - {name}
        if any(slot.answers[other].expected.state != "full" for other in used & set(slot.answers)):
            taken = slot.chapter.taken | (set(slot.chapter.points) - {name})
            slot.answers[name] = answer._replace(source=_written.cell(RIGHT[name][0], name, taken))
