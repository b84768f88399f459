"""The page of one student: points, what each state means, what the check says, and where to go on.

It is made from one student's record alone, and holds nothing of other students, of the class, or of a hidden test. The
words are in ``templates/feedback.html``.
"""

from __future__ import annotations

from collections.abc import Sequence

from classroom.grading.results import Mark, State
from classroom.reports.page import counted, points, render
from classroom.reports.record import StudentRecord
from course.answers.outline import ChapterOutline

NEAR: tuple[State, ...] = ("wrong", "partial")  # from here it is a step, with a diagnosis at hand
FAR: tuple[State, ...] = ("crashed", "timed out", "out of memory", "borrowed")
TOLD = NEAR + FAR  # these have a section of their own
STEPS: tuple[tuple[State, ...], ...] = (NEAR, FAR, ("not attempted",))


def feedback_page(student: StudentRecord, chapters: Sequence[ChapterOutline], unsafe: bool) -> str:
    """The HTML of a student's page.

    Args:
        student: whose it is.
        chapters: that were graded, in order.
        unsafe: whether submissions were run without isolation.
    """
    who = f"{student.name} ({student.id})" if student.name not in ("", student.id) else student.id
    marks = student.marks()
    return render(
        "feedback.html",
        title=f"Feedback for {who}",
        unsafe=unsafe,
        student=student,
        chapters=chapters,
        titles={chapter.name: chapter.title for chapter in chapters},
        told_states=TOLD,
        right=sum(mark.state == "full" for mark in marks),
        read=sum(mark.state != "unreadable" for mark in marks),
        next_step=next((mark for states in STEPS for mark in marks if mark.state in states), None),
        all_points=_all_points(student),
        unread=[chapter for chapter in chapters if student.unreadable(chapter.name)],
        asking=any(chapter.questions for chapter in chapters),
        exercise_sum=_exercise_sum,
        question_sum=_question_sum,
        file=_file,
    )


def _all_points(student: StudentRecord) -> str:
    """All points, and how they come about."""
    earned = student.graded.points
    possible = sum(mark.possible for mark in student.marks() if mark.state != "unreadable")
    answers = zip(student.answers(), student.states(), strict=True)
    asked = sum(answer.possible for answer, state in answers if state != "unreadable")
    if not asked:
        return f"You have {points(earned, possible)} points"
    given, waiting = student.open_points(), student.to_mark()
    parts = [f"{points(earned, possible)} for exercises"] if possible else []
    parts += [f"{points(given, asked)} for answers in words"]
    parts += [f"{counted(waiting, 'answer')} still to be marked"] if waiting else []
    so_far = " so far" if waiting else ""
    return f"You have {points(earned + given, possible + asked)} points{so_far}: {', '.join(parts)}"


def _exercise_sum(marks: Sequence[Mark]) -> list[str]:
    """Points of exercises, and on another line what could not be read."""
    read = [mark for mark in marks if mark.state != "unreadable"]
    if not read:
        return ["not read" if marks else "none"]
    possible = sum(mark.possible for mark in read)
    unread = sum(mark.possible for mark in marks) - possible
    return [points(sum(mark.points for mark in read), possible), *([f"{unread} not read"] if unread else [])]


def _question_sum(student: StudentRecord, chapter: str | None = None) -> str:
    """Points of open questions, in one chapter or in all."""
    states, waiting = student.states(chapter), student.to_mark(chapter)
    if not states:
        return "none"
    if states.count("unreadable") == len(states):
        return "not read"
    if waiting and waiting + states.count("left alone") == len(states):
        return f"{waiting} to be marked"
    possible = sum(answer.possible for answer in student.answers(chapter))
    return points(student.open_points(chapter), possible) + (f", {waiting} to be marked" if waiting else "")


def _file(student: StudentRecord, chapter: str) -> str:
    """The file that was graded, without the folder around it, whose name the platform made up."""
    folder, _, rest = student.graded.files[chapter].partition("/")
    return rest or folder
