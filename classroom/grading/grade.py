"""Grades one submission: every exercise of every chapter gets a state, points, and what its student is told.

What a student wrote runs in an `AnswerProcess` of the sandbox and nowhere else. Checks, hidden tests and all that is
expected stay in this process; they ask a `RemoteAnswer`, and compare what comes back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from classroom.collect.submissions import Submission, SubmittedFile, chapter_in
from classroom.grading.alarm import Alarm, HeldUpError
from classroom.grading.results import Graded, Mark, State, Written, holds_nothing
from classroom.sandbox.client import ForkServer
from course.answers.notebook import FUNCTION, CodeCell, Notebook
from course.answers.outline import ChapterOutline, ExerciseOutline
from course.answers.remote import EndedError, RemoteAnswer, Timeouts
from course.answers.verdict import BORROWED, judge, shown
from course.check import EXERCISES
from course.check.engine.answers import as_answer, ask

MARKING_SECONDS = 10.0  # of work in the marking process for one answer; honest ones take less than one
FOR_WANT = ("timed out", "out of memory")  # which a neighbour may be to blame for
Found = TypeVar("Found")
MOST_FILES = 1000  # of a submission that are opened, each in a process of its own
READING_FREE = 0.5  # seconds for one file: honest ones take less, also on a busy machine
READING_SECONDS = 40.0  # that all files of a submission together may take beyond that
UNKNOWN = "a file"  # the name under which a file is read whose exercise is not known yet


@dataclass(frozen=True)
class Plan:
    """A chapter's exercises and questions, and how they are graded.

    Attributes:
        chapters: in order.
        hidden_tests: chapter -> exercise -> the cell of its hidden tests.
        timeouts: how long an answer is waited for.
        version: hash of everything else that marks depend on: the checks, the grader, the course.
    """

    chapters: tuple[ChapterOutline, ...]
    hidden_tests: Mapping[str, Mapping[str, str]]
    timeouts: Timeouts
    version: str

    def key(self, submission: Submission) -> str:
        """The key of a submission: another key means that it has to be graded again."""
        whose = (submission.student, submission.name, submission.platform)
        parts = [repr((self.chapters, self.hidden_tests, self.timeouts, self.version, *whose))]
        parts += [repr((one.name, one.problem, _sha256(one.data))) for one in submission.files]
        return _sha256("\n".join([*parts, *submission.notes]).encode("utf-8", "backslashreplace"))


@dataclass(frozen=True)
class OpenedFile:
    """A file that was handed in, read: its notebook, or why it cannot be read."""

    name: str
    chapter: str
    notebook: Notebook | None
    problem: str = ""


def grade(submission: Submission, plan: Plan, fork_server: ForkServer) -> Graded:
    """All marks of a submission. The same submission always gets the same, wherever it is graded."""
    key = plan.key(submission)
    reading = _Reading(plan, fork_server)
    opened = [reading.opened(handed) for handed in submission.files]
    notes, files = list(submission.notes), dict[str, str]()
    marks: list[Mark] = []
    written: list[Written] = []
    for chapter in plan.chapters:
        mine = [one for one in opened if one.chapter == chapter.name]
        # The newest, read or not: an older one in its place would pass what was done since for not attempted.
        chosen = (
            next(iter(mine), None)
            or next((one for one in opened if one.notebook and _holds(one.notebook, chapter)), None)
            or next((one for one in opened if one.problem and not one.chapter), None)
        )
        if chosen is not None:
            files[chapter.name] = chosen.name
        notes += [f"{one.name} was left aside: {chosen.name} counts for {chapter.name}" for one in mine
                  if chosen is not None and one is not chosen]  # fmt: skip
        given = [_mark(chapter.name, exercise, chosen, key, plan, fork_server) for exercise in chapter.exercises]
        answers = chosen.notebook.written if chosen and chosen.notebook else {}
        said = [Written(chapter.name, one.name, one.possible, answers.get(one.name, "")) for one in chapter.questions]
        if chosen is not None:
            notes += _gone(chapter.name, chosen.name, given, said)
        marks += given
        written += said
    notes += [f"{one.name} {one.problem}" for one in opened if one.problem]
    notes += [f"{one.name} belongs to no chapter that is graded" for one in opened
              if one.notebook and one.chapter not in files]  # fmt: skip
    whose = (submission.student, submission.name)
    return Graded(*whose, key, files, tuple(notes), tuple(marks), tuple(written), submission.platform)


def _holds(notebook: Notebook, chapter: ChapterOutline) -> bool:
    """Whether another chapter's notebook has this one's exercises: one was handed out that has been divided since."""
    wanted = {one.name for one in chapter.exercises}
    cells = {cell.exercise for cell in notebook.cells if cell.role == "exercise"}
    defined = {name for cell in notebook.cells for name in FUNCTION.findall(cell.source)}
    return bool(wanted & cells) or (bool(wanted) and wanted <= defined)


def _gone(chapter: str, file: str, marks: Sequence[Mark], written: Sequence[Written]) -> Iterator[str]:
    """What has no place in a notebook that could be read: its student may have meant to hand in another."""
    if holds_nothing(marks, written):
        yield f"{file} holds nothing of {chapter}"
    elif gone := [mark.exercise for mark in marks if mark.missing]:
        yield f"{file} has no function for {', '.join(gone)}: cells are gone"
    if idle := [mark.exercise for mark in marks if mark.not_run]:
        yield f"{file} has {', '.join(idle)} in cells that Python does not run"


class _Reading:
    """Has a submission's files read in the sandbox, the best first: even reading is done where nothing can be harmed.

    A small file can take long to read, and a small zip holds a thousand of them. So there is an end to it.
    """

    def __init__(self, plan: Plan, fork_server: ForkServer) -> None:
        self._plan, self._fork_server = plan, fork_server
        self._exercises = {chapter.name: tuple(one.name for one in chapter.exercises) for chapter in plan.chapters}
        self._titles = {chapter.name: chapter.title for chapter in plan.chapters}
        self._files, self._seconds = MOST_FILES, READING_SECONDS

    def opened(self, handed: SubmittedFile) -> OpenedFile:
        """The file, read, or why it is not."""
        by_name = chapter_in(handed.name, self._exercises)
        if handed.data is None:
            return OpenedFile(handed.name, by_name, None, handed.problem)
        if not self._files:
            return OpenedFile(handed.name, by_name, None, f"was not opened: it comes after {MOST_FILES} others")
        if self._seconds <= 0:
            return OpenedFile(handed.name, by_name, None, "was not opened: the files before it took too long to read")
        self._files -= 1
        what, found = _asked(UNKNOWN, self._plan, self._fork_server, lambda answer: self._read(answer, handed.data))
        if what == "notebook" and isinstance(found, Notebook):
            return OpenedFile(handed.name, found.chapter or by_name, found)
        return OpenedFile(handed.name, by_name, None, str(found))

    def _read(self, answer: RemoteAnswer, data: bytes | None) -> tuple[str, Any]:
        try:
            with Alarm(MARKING_SECONDS):
                what, found = answer.request(("read", data, self._exercises, self._titles))
        except EndedError as error:
            return "unreadable", f"cannot be read: {error.why}"
        except HeldUpError:
            return "unreadable", "cannot be read: what was found in it takes too long to look through"
        finally:
            self._seconds -= max(0.0, answer.took - READING_FREE)
        return what, found


def _mark(
    chapter: str, exercise: ExerciseOutline, opened: OpenedFile | None, key: str, plan: Plan, fork_server: ForkServer
) -> Mark:
    """One exercise."""
    if opened is None:
        return _without_points(chapter, exercise, "not attempted", "No notebook of this chapter was handed in.")
    if opened.notebook is None:
        return _without_points(chapter, exercise, "unreadable", f"{opened.name} {opened.problem}.")
    seed, hidden = int(_sha256(key + exercise.name)[:8], 16), plan.hidden_tests[chapter][exercise.name]
    cells = opened.notebook.cells
    return _asked(
        exercise.name, plan, fork_server, lambda answer: _checked(chapter, exercise, hidden, answer, cells, seed)
    )


def _asked(name: str, plan: Plan, fork_server: ForkServer, ask: Callable[[RemoteAnswer], Found]) -> Found:
    """The result of asking an answer's process; it is asked again, alone, if it ran out of time or memory."""
    for alone in (False, True):
        process = fork_server.answer_process(alone)
        try:
            answer = RemoteAnswer(name, process, plan.timeouts)
            found = ask(answer)
        finally:
            process.close()
        if answer.ended not in FOR_WANT:
            break
    return found


FURTHER = (
    "The check passes. A further test found a case that it does not get right yet, or that it does not come through: "
    "try other shapes, sizes and edge cases."
)
STOPPED = "The check itself was stopped by what came back ({}): an instructor has to look at this."


def _checked(
    chapter: str, exercise: ExerciseOutline, hidden: str, answer: RemoteAnswer, cells: Sequence[CodeCell], seed: int
) -> Mark:
    try:
        with Alarm(MARKING_SECONDS):
            verdict = judge(answer, cells, seed)
    except (Exception, HeldUpError) as error:  # a forged answer can have any form; none of them may stop the class
        return _without_points(chapter, exercise, "crashed", STOPPED.format(type(error).__name__))
    if verdict.state != "right":
        return Mark(chapter, exercise.name, verdict.state, 0, exercise.possible, verdict.mistake, verdict.lines)
    passes = passes_hidden(hidden, answer, seed)
    if answer.borrowed:  # in the hidden tests only
        return _without_points(chapter, exercise, "borrowed", BORROWED, "borrowed")
    if not passes:
        return Mark(chapter, exercise.name, "partial", exercise.check, exercise.possible, "hidden", (FURTHER,))
    return Mark(chapter, exercise.name, "full", exercise.possible, exercise.possible, "", verdict.lines)


class _Checks:
    """The object that hidden tests know as ``check``: the checks, with a seed; and `ask`."""

    ask = staticmethod(ask)

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __getattr__(self, name: str) -> Any:
        exercise = EXERCISES[name]
        return lambda answer: exercise.verify(as_answer(name, answer), self._seed)


def passes_hidden(hidden: str, answer: RemoteAnswer, seed: int) -> bool:
    """Whether an answer passes a hidden test. How one ends is not reported: the answer knows the test's inputs."""
    try:
        with Alarm(MARKING_SECONDS):
            exec(compile(hidden, f"<hidden tests of {answer.name}>", "exec"),
                 {"check": _Checks(seed + 1), answer.name: answer})  # fmt: skip
    except (Exception, HeldUpError):  # whatever the test does with an answer that has another form than it expects
        return False
    return True


def _without_points(chapter: str, exercise: ExerciseOutline, state: State, line: str, mistake: str = "") -> Mark:
    return Mark(chapter, exercise.name, state, 0, exercise.possible, mistake, shown([line]))


def _sha256(data: bytes | str | None) -> str:
    if data is None:
        return ""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()
