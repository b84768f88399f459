"""How far a student's notebooks are: what each exercise's check says, in lines for a terminal."""

from __future__ import annotations

import re
import secrets
import shutil
import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from course.answers.define import begun, gone, not_run
from course.answers.notebook import NOT_RUN
from course.answers.notebook_file import UnreadableError
from course.answers.outline import NUMBER
from course.answers.program import parse
from course.answers.remote import RemoteAnswer, Timeouts
from course.answers.verdict import VerdictState, judge, not_run_lines
from course.check import EXERCISES
from course.files import shown
from course.submit.local import LocalProcess
from course.submit.outline import ChapterNotebook, read_chapter
from course.submit.packing import NotebookFile

VERDICTS: dict[VerdictState, str] = {
    "right": "right",
    "wrong": "wrong",
    "not attempted": "not written yet",
    "borrowed": "borrowed: no points until you write your own",
    "crashed": "brought Python down",
    "timed out": "does not come to an end",
    "out of memory": "takes too much memory",
}
GRADERS = Timeouts()  # what a grader has
# We wait longer, and say so where a grader would not have: this machine may be slower, and busy, and here the first
# optimiser loads half of torch while its call waits.
PATIENCE = Timeouts(call=30, exercise=90)
SLOW = (
    f"It is slow on this machine: when it is graded, a call may take {GRADERS.call:g} seconds, "
    f"and all calls of an exercise {GRADERS.exercise:g}."
)
GONE = "its cell is gone"
COPY = (
    "Where a cell is gone, copy it from the notebook as it was handed out to you, paste it here, do what it asks for, "
    "and save."
)
FOREIGN = "This is no chapter of the course. It goes along, since you named it: is it the right file?"
HOLLOW = (
    "Nothing of the chapter is in it: no exercise and no question. It goes along, since you named it. Is your work in "
    "another file? Then name that one. If not, begin again with the notebook as it was handed out to you."
)
CHAPTER = re.compile(rf"{NUMBER}_\w+", re.ASCII)  # at the front of a file's name
EXPLAINED = ("wrong", "crashed", "timed out", "out of memory")
WIDEST = 110  # columns; longer lines are hard to read


@dataclass(frozen=True)
class CheckedNotebook:
    """A notebook file that was looked at.

    Attributes:
        file: the file.
        chapter: what is in it; None if it cannot be read.
        problem: why not, to be read behind its name.
        begun: exercises that are no longer the stubs that were handed out.
        gone: exercises and questions of the chapter of which nothing is left in the notebook.
        not_run: exercise -> the kind of the cell in which it stands, where Python does not run it.
        worth: whether there is anything to hand in.
    """

    file: NotebookFile
    chapter: ChapterNotebook | None
    problem: str
    begun: tuple[str, ...]
    gone: tuple[str, ...]
    not_run: Mapping[str, str]

    @property
    def worth(self) -> bool:
        """See above. What cannot be read counts: only a person can say what it was."""
        return self.chapter is None or bool(self.begun) or (self.chapter.of_the_course and self.chapter.answered)

    @property
    def hollow(self) -> bool:
        """Whether it is called like a chapter, as 01_vgg.ipynb is, and holds nothing of the course."""
        return bool(self.chapter and self.chapter.empty and CHAPTER.match(self.file.name))


def look_at(file: NotebookFile) -> CheckedNotebook:
    """Reads a notebook; runs nothing."""
    try:
        chapter = read_chapter(file.data, EXERCISES)
    except UnreadableError as error:
        return CheckedNotebook(file, None, error.reason, (), (), {})
    program, written = parse(chapter.notebook.cells), chapter.notebook.written
    exercises = [one.name for one in chapter.outline.exercises]
    missing = [name for name in exercises if gone(program, name)]
    missing += [one.name for one in chapter.outline.questions if one.name not in written]
    mine = tuple(name for name in exercises if begun(program, name))
    idle = {name: kind for name in exercises if (kind := not_run(program, name))}
    return CheckedNotebook(file, chapter, "", mine, tuple(missing), idle)


# --- lines ------------------------------------------------------------------------------------------------------------


def report(work: CheckedNotebook, process: LocalProcess | None, timeouts: Timeouts = PATIENCE) -> Iterator[str]:
    """The lines about a notebook, each as soon as it is known.

    Args:
        work: the notebook.
        process: in which answers are asked; None to ask nothing.
        timeouts: how long one is waited for.
    """
    chapter, described = work.chapter, f"{shown(work.file.name)}, saved {ago(time.time() - work.file.saved)}"
    if chapter is None:
        yield described
        yield from _wrapped([f"CANNOT BE READ: it {work.problem}."], "  ")
        return
    if not chapter.of_the_course:
        yield described
        yield from _wrapped([HOLLOW if work.hollow else FOREIGN], "  ")
        return
    yield f"{chapter.name} ({described})"
    outline, earned = chapter.outline, 0
    names = [one.name for one in outline.exercises] + [one.name for one in outline.questions]
    width = max(map(len, names), default=0)
    for name, possible in ((one.name, one.check) for one in outline.exercises):
        if process is None:
            said = "written, not checked" if name in work.begun else VERDICTS["not attempted"]
            said = GONE if name in work.gone else said
            yield f"  {name:{width}}  {_of(possible)}  {said}"
            if name in work.not_run:
                yield from _wrapped(not_run_lines(name, work.not_run[name]), "      ")
            continue
        process.ready()
        answer = RemoteAnswer(name, process, timeouts)
        verdict = judge(answer, chapter.notebook.cells, secrets.randbits(32))
        if verdict.state == "not attempted" and name in work.gone:
            yield f"  {name:{width}}  {_of(possible)}  {GONE}"
            continue
        points = possible if verdict.state == "right" else 0
        earned += points
        yield f"  {name:{width}}  {f'{points} of {possible}' if possible else '':6}  {VERDICTS[verdict.state]}"
        if verdict.state in EXPLAINED or verdict.mistake == NOT_RUN:
            yield from _wrapped(verdict.lines, "      ")
        elif verdict.state == "right" and not answer.within(GRADERS):
            yield from _wrapped([SLOW], "      ")
    for name, possible in ((one.name, one.possible) for one in outline.questions):
        said = "answered in words, marked by hand" if chapter.notebook.written.get(name) else "no answer in words yet"
        said = GONE if name in work.gone else said
        yield f"  {name:{width}}  {_of(possible)}  {said}"
    yield from _wrapped([_sum(chapter, None if process is None else earned)], "  ")
    if work.gone:
        yield from _wrapped([COPY], "  ")


def _of(possible: int) -> str:
    """What stands in the column of points where none are known yet."""
    return f"{f'of {possible}' if possible else '':>6}"


def _sum(chapter: ChapterNotebook, earned: int | None) -> str:
    """What there is for the checks, and besides; `earned` is None where nothing was checked."""
    possible = sum(one.check for one in chapter.outline.exercises)
    said = f"{'' if earned is None else f'So far {earned} of '}{possible} points for the checks."
    hidden = chapter.total - possible
    return f"{said} Further tests, when it is graded: {hidden} points." if possible and hidden > 0 else said


def _wrapped(lines: Sequence[str], margin: str) -> Iterator[str]:
    width = min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST)
    for line in lines:
        inner = margin + line[: len(line) - len(line.lstrip())]
        yield from textwrap.wrap(line.strip(), max(width, 40), initial_indent=inner, subsequent_indent=f"{inner}  ")


def ago(seconds: float) -> str:
    """How long that is, in words: 3 minutes ago."""
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'s' * (number > 1)} ago"
    return "just now"


def left_out(works: Sequence[CheckedNotebook]) -> Iterator[str]:
    """What does not go along, and why."""
    begins = [work for work in works if work.chapter and work.chapter.of_the_course]
    hollow = [work for work in works if work.hollow]
    for words, mine in (
        ("Not begun, so left out (what you handed in earlier is not replaced)", begins),
        ("Called like chapters, but with nothing of the course inside, so left out", hollow),
        ("No chapters of the course, so left out", [work for work in works if work not in [*begins, *hollow]]),
    ):
        if mine:
            yield f"{words}: {', '.join(shown(work.file.name) for work in mine)}."


def doubles(works: Sequence[CheckedNotebook]) -> Iterator[str]:
    """Where two files are of one chapter."""
    chapters: dict[str, list[CheckedNotebook]] = {}
    for work in works:
        if work.chapter and work.chapter.of_the_course:
            chapters.setdefault(work.chapter.name, []).append(work)
    for chapter, mine in chapters.items():
        if len(mine) > 1:
            last = shown(max(mine, key=lambda work: work.file.saved).file.name)
            yield f"{chapter} is there {len(mine)} times: {last} counts, which was saved last. Is it the right one?"
