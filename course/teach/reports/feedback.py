"""The page of one student: points, what each state means, what the check says, and where to go on.

It holds nothing of other students, of the class, or of a hidden test.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from course.teach.grading.results import Graded, Mark, State, Written
from course.teach.reports.facts import ChapterFacts
from course.teach.reports.marks import Marks, question_state, unreadable
from course.teach.reports.page import WORDS, count, lines, name, page, points, text

NEAR: tuple[State, ...] = ("wrong", "partial")  # from here it is a step, with a diagnosis at hand


def feedback_page(graded: Graded, chapters: Sequence[ChapterFacts], marks: Marks, unsafe: bool) -> str:
    """The HTML of a student's page."""
    who = f"{graded.name} ({graded.student})" if graded.name else graded.student
    body = [_greeting(graded, chapters), _unreadable(graded, chapters), _overview(graded, chapters, marks)]
    for chapter in chapters:
        body += _chapter(graded, chapter, marks) if _read(graded, chapter) else []
    return page(f"Feedback for {who}", body, unsafe)


def _greeting(graded: Graded, chapters: Sequence[ChapterFacts]) -> str:
    if not graded.marks:
        return "<p>These chapters have no exercises, only questions.</p>"
    read = [mark for mark in graded.marks if mark.state != "unreadable"]
    full = sum(mark.state == "full" for mark in read)
    possible = sum(mark.possible for mark in read)
    if full == len(graded.marks):
        return f"<p>All {count(full, 'exercise')} are right: {points(graded.points, possible)} points. Well done.</p>"
    if not read:
        return (
            "<p>Nothing that you handed in could be read, so there are no points yet. This is not a mark, and it can "
            "be mended.</p>"
        )
    said = f"You have {points(graded.points, possible)} points; {count(full, 'exercise')} of {len(read)} "
    said += "is complete." if full == 1 else "are complete."
    following = next((mark for mark in graded.marks if mark.state in NEAR), None)
    if following:
        title = next(chapter.title for chapter in chapters if chapter.name == following.chapter)
        link = f'<a href="#{_anchor(following.chapter, following.exercise)}">{name(following.exercise)}</a>'
        said += f" A good next step: {link} in “{text(title)}”."
    return f"<p>{said}</p>"


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
    if mine:
        yield _table(chapter, [mine[exercise] for exercise, _ in chapter.exercises])
    for exercise, _ in chapter.exercises:
        if mine[exercise].state not in ("full", "not attempted"):
            yield _exercise(mine[exercise])
    if any(mark.state == "not attempted" for mark in mine.values()):
        yield _left_alone([mark.exercise for mark in mine.values() if mark.state == "not attempted"])
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


def _left_alone(exercises: Sequence[str]) -> str:
    words = WORDS["not attempted"]
    listed = ", ".join(name(exercise) for exercise in exercises)
    return (
        f'<section class="card">\n<h3>Not attempted: {listed}</h3>\n'
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
