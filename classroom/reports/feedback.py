"""The page of one student: points, what each state means, what the check says, and where to go on.

It holds nothing of other students, of the class, or of a hidden test.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from classroom.grading.results import Graded, Mark, State, Written, holds_nothing
from classroom.reports.facts import ChapterFacts
from classroom.reports.grades import open_points
from classroom.reports.marks import Marks, question_state, unreadable
from classroom.reports.page import GONE, WORDS, StateText, count, lines, name, page, points, text

NEAR: tuple[State, ...] = ("wrong", "partial")  # from here it is a step, with a diagnosis at hand
FAR: tuple[State, ...] = ("crashed", "timed out", "out of memory", "borrowed")
TOLD = NEAR + FAR  # these have a section of their own
STEPS: tuple[tuple[State, ...], ...] = (NEAR, FAR, ("not attempted",))


def feedback_page(graded: Graded, chapters: Sequence[ChapterFacts], marks: Marks, unsafe: bool) -> str:
    """The HTML of a student's page."""
    who = f"{graded.name} ({graded.student})" if graded.name not in ("", graded.student) else graded.student
    body = [_greeting(graded, chapters, marks), _unreadable(graded, chapters), _overview(graded, chapters, marks)]
    for chapter in chapters:
        body += _chapter(graded, chapter, marks) if _read(graded, chapter) else []
    return page(f"Feedback for {who}", body, unsafe)


def _greeting(graded: Graded, chapters: Sequence[ChapterFacts], marks: Marks) -> str:
    if not graded.marks:
        return f"<p>These chapters have no exercises, only questions. {_together(graded, marks)}.</p>"
    read = [mark for mark in graded.marks if mark.state != "unreadable"]
    full = sum(mark.state == "full" for mark in read)
    if full == len(graded.marks):
        return f"<p>All {count(full, 'exercise')} are right. Well done. {_together(graded, marks)}.</p>"
    if not read:
        return (
            "<p>Nothing that you handed in could be read, so there are no points yet. This is not a mark, and it can "
            "be mended.</p>"
        )
    said = f"{_together(graded, marks)}. {count(full, 'exercise')} of {len(read)} "
    said += "is complete." if full == 1 else "are complete."
    following = next((mark for states in STEPS for mark in graded.marks if mark.state in states), None)
    if following:
        title = next(chapter.title for chapter in chapters if chapter.name == following.chapter)
        where = name(following.exercise)
        if following.state in TOLD:
            where = f'<a href="#{_anchor(following.chapter, following.exercise)}">{where}</a>'
        said += f" A good next step: {where} in “{text(title)}”."
    return f"<p>{said}</p>"


def _together(graded: Graded, marks: Marks) -> str:
    """All points, and how they come about."""
    possible = sum(mark.possible for mark in graded.marks if mark.state != "unreadable")
    exercises = points(graded.points, possible)
    states = [question_state(graded, one, marks) for one in graded.written]
    asked = sum(one.possible for one, state in zip(graded.written, states, strict=True) if state != "unreadable")
    if not asked:
        return f"You have {exercises} points"
    given, waiting = open_points(graded, marks), states.count("to be marked")
    parts = [f"{exercises} for exercises"] if possible else []
    parts += [f"{points(given, asked)} for answers in words"]
    parts += [f"{count(waiting, 'answer')} still to be marked"] if waiting else []
    so_far = " so far" if waiting else ""
    return f"You have {points(graded.points + given, possible + asked)} points{so_far}: {', '.join(parts)}"


def _read(graded: Graded, chapter: ChapterFacts) -> bool:
    return not unreadable(graded, chapter.name)


def _unreadable(graded: Graded, chapters: Sequence[ChapterFacts]) -> str:
    """What to do about files that could not be read, once for all of them."""
    lost = [chapter for chapter in chapters if not _read(graded, chapter)]
    if not lost:
        return ""
    files = {chapter.title: graded.files.get(chapter.name, "") for chapter in lost}
    listed = "".join(f"<li>{text(title)}{text(f': {file}') if file else ''}</li>" for title, file in files.items())
    words = WORDS["unreadable"]
    return (
        f'<section class="card">\n<h2>Could not be read</h2>\n<ul>{listed}</ul>\n<p>{text(words.meaning)}</p>\n'
        f"<p><strong>What to do:</strong> {text(words.advice)}</p>\n</section>"
    )


def _anchor(chapter: str, exercise: str) -> str:
    return text(f"{chapter}-{exercise}".replace(" ", "-"))


def _overview(graded: Graded, chapters: Sequence[ChapterFacts], marks: Marks) -> str:
    asking = any(chapter.questions for chapter in chapters)
    head = '<th scope="col">Chapter</th><th scope="col" class="number">Exercises</th>'
    head += '<th scope="col" class="number">Open questions</th>' if asking else ""
    rows = []
    for chapter in chapters:
        mine = [mark for mark in graded.marks if mark.chapter == chapter.name]
        row = f'<th scope="row">{text(chapter.title)}</th><td class="number">{_sum(mine)}</td>'
        row += f'<td class="number">{_by_hand(graded, chapter, marks)}</td>' if asking else ""
        rows.append(f"<tr>{row}</tr>")
    foot = f'<th scope="row">Together</th><td class="number">{_sum(graded.marks)}</td>'
    foot += f'<td class="number">{_by_hand(graded, None, marks)}</td>' if asking else ""
    return (
        f'<table class="loose"><caption>Points by chapter</caption>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>{''.join(rows)}</tbody>\n<tfoot><tr>{foot}</tr></tfoot></table>"
    )


def _sum(marks: Sequence[Mark]) -> str:
    read = [mark for mark in marks if mark.state != "unreadable"]
    if not read:
        return "not read" if marks else "none"
    said = points(sum(mark.points for mark in read), sum(mark.possible for mark in read))
    open_ = sum(mark.possible for mark in marks) - sum(mark.possible for mark in read)
    return f"{said}<br>{open_} not read" if open_ else said


def _by_hand(graded: Graded, chapter: ChapterFacts | None, marks: Marks) -> str:
    written = [one for one in graded.written if chapter is None or one.chapter == chapter.name]
    if not written:
        return "none"
    states = [question_state(graded, one, marks) for one in written]
    if states.count("unreadable") == len(states):
        return "not read"
    given = sum(marks.get((graded.student, one.chapter, one.question), (0, ""))[0] for one in written)
    waiting = states.count("to be marked")
    if waiting and waiting + states.count("left alone") == len(states):
        return f"{waiting} to be marked"
    said = points(given, sum(one.possible for one in written))
    return f"{said}, {waiting} to be marked" if waiting else said


def _chapter(graded: Graded, chapter: ChapterFacts, marks: Marks) -> Iterator[str]:
    mine = {mark.exercise: mark for mark in graded.marks if mark.chapter == chapter.name}
    written = {one.question: one for one in graded.written if one.chapter == chapter.name}
    yield f"<h2>{text(chapter.title)}</h2>"
    if chapter.name not in graded.files:
        yield "<p>No notebook of this chapter was found in what you handed in. Is it there, and was it saved?</p>"
        return
    file = graded.files[chapter.name].partition("/")  # of a folder that the platform has named nobody wants to read
    yield f'<p class="quiet">Graded: {text(file[2] or file[0])}</p>'
    if holds_nothing(list(mine.values()), list(written.values())):
        yield "<p>Nothing of this chapter was found in this file. Is it the right one, and was it saved?</p>"
        return
    if mine:
        yield _table(chapter, [mine[exercise] for exercise, _ in chapter.exercises])
    for exercise, _ in chapter.exercises:
        if mine[exercise].state in TOLD:
            yield _exercise(mine[exercise])
    left = [mark for mark in mine.values() if mark.state == "not attempted"]
    yield _left_alone([mark for mark in left if not mark.missing], WORDS["not attempted"])
    yield _left_alone([mark for mark in left if mark.missing], GONE)
    for question, _ in chapter.questions:
        yield _question(graded, written[question], marks)


def _table(chapter: ChapterFacts, marks: Sequence[Mark]) -> str:
    rows = [
        f'<tr><th scope="row">{name(mark.exercise)}</th>'
        f'<td><span aria-hidden="true">{WORDS[mark.state].sign}</span> {WORDS[mark.state].name}</td>'
        f'<td class="number">{_earned(mark)}</td></tr>'
        for mark in marks
    ]
    return (
        f"<table><caption>Exercises of “{text(chapter.title)}”</caption>\n"
        '<thead><tr><th scope="col">Exercise</th><th scope="col">State</th>'
        f'<th scope="col" class="number">Points</th></tr></thead>\n<tbody>{"".join(rows)}</tbody></table>'
    )


def _earned(mark: Mark) -> str:
    return f"open, of {mark.possible}" if mark.state == "unreadable" else points(mark.points, mark.possible)


def _exercise(mark: Mark) -> str:
    words = WORDS[mark.state]
    parts = [
        f'<section class="card" id="{_anchor(mark.chapter, mark.exercise)}">',
        f"<h3>{name(mark.exercise)}: {text(words.name.lower())}, {_earned(mark)}</h3>",
        f"<p>{text(words.meaning)}{' It says:' if mark.state == 'wrong' else ''}</p>",  # it: the check
        lines(mark.lines),
        f"<p><strong>What to do:</strong> {text(words.advice)}</p>" if words.advice else "",
        "</section>",
    ]
    return "\n".join(part for part in parts if part)


def _left_alone(marks: Sequence[Mark], words: StateText) -> str:
    if not marks:
        return ""
    listed = ", ".join(name(mark.exercise) for mark in marks)
    return (
        f'<section class="card">\n<h3>{text(words.name)}: {listed}</h3>\n'
        f"<p>{text(words.meaning)} {text(words.advice)}</p>\n</section>"
    )


def _question(graded: Graded, written: Written, marks: Marks) -> str:
    state = question_state(graded, written, marks)
    possible = count(written.possible, "point")
    parts = ['<section class="card">']
    if state == "marked":
        given, comment = marks[graded.student, written.chapter, written.question]
        parts.append(f"<h3>Open question {name(written.question)}: {points(given, written.possible)}</h3>")
        parts.append(f"<p><strong>Comment:</strong></p>\n<pre>{text(comment)}</pre>" if comment else "")
    elif state == "to be marked":
        parts.append(f"<h3>Open question {name(written.question)}: will be marked by hand, {possible} possible</h3>")
    elif state == "left alone":
        parts.append(f"<h3>Open question {name(written.question)}: not answered, 0 of {written.possible}</h3>")
    if written.text.strip():
        parts.append(f'<p class="quiet">You wrote:</p>\n<pre>{text(written.text.strip())}</pre>')
    return "\n".join([*(part for part in parts if part), "</section>"])
