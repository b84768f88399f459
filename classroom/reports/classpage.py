"""The page of the class, for whoever teaches it: what to talk about next, who needs a look, what is still to be marked.

The most urgent comes first: three misunderstandings, then everything that no point says truthfully, then the rest.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from classroom.grading.results import STATES, Graded, Mark, State
from classroom.reports.bars import histogram, patterns, share_bar, states_bar, swatch
from classroom.reports.facts import ChapterFacts, handed_in
from classroom.reports.grades import LOOK, readable, to_mark, total
from classroom.reports.marks import FILE, Marks, question_state
from classroom.reports.misunderstandings import Misunderstanding, misunderstandings
from classroom.reports.page import QUIET, SOFT, WORDS, count, lines, name, page, points, text
from classroom.reports.roster import RosterMatch

THINGS = 3
RANKED = 10
OPEN = 5  # rows; longer lists are folded
ALSO: dict[State, str] = {
    "partial": "pass the check, but not the further tests. Which inputs did they not think of?",
    "not attempted": "left it alone.",
    "timed out": "did not come to an end.",
}
NUMBERS = ("nothing", "one thing", "two things", "three things")

STYLE = f"""
.numbers {{ display: flex; flex-wrap: wrap; gap: .6rem; padding: 0; margin: .6rem 0; list-style: none; }}
.numbers li {{ background: {SOFT}; border-radius: .4rem; padding: .4rem .8rem; }}
.numbers strong {{ display: block; font-size: 1.3rem; }}
.legend {{ display: flex; flex-wrap: wrap; gap: .2rem 1rem; padding: 0; list-style: none; }}
.legend li {{ display: flex; align-items: center; gap: .4rem; }}
.legend svg {{ flex: none; }}
.ranked {{ padding-left: 1.8rem; }}
.ranked li {{ margin: .7rem 0; break-inside: avoid; }}
figure {{ margin: 1rem 0; }}
.small {{ color: {QUIET}; font-size: .88rem; }}
.first {{ width: 28%; }}
.wide {{ width: 57%; }}
.who {{ width: 9rem; overflow-wrap: anywhere; }}
li > svg {{ margin-top: .2rem; }}
"""


@dataclass(frozen=True)
class _Class:
    """What every part of the page is made from."""

    graded: Sequence[Graded]
    chapters: Sequence[ChapterFacts]
    marks: Marks
    links: Mapping[str, str]
    found: Sequence[Misunderstanding]
    known: RosterMatch

    @cached_property
    def names(self) -> dict[str, str]:
        """Of students, "" where none is known."""
        return {one.student: one.name for one in self.graded}

    @property
    def totals(self) -> list[float]:
        """Points of everybody of whom something could be read."""
        return [total(one, self.marks) for one in self.graded if readable(one)]

    @property
    def things(self) -> list[Misunderstanding]:
        """To talk about: what a check knows by name and more than one has, unless the class is of one."""
        least = min(2, len(self.graded))
        return [one for one in self.found if one.named and len(one.students) >= least][:THINGS]

    def title(self, chapter: str) -> str:
        """Of a chapter, escaped."""
        return text(next(one.title for one in self.chapters if one.name == chapter))

    def link(self, student: str) -> str:
        """To the page of a student."""
        called = self.names[student]
        known = called not in ("", student)
        shown = f"<bdi>{text(called)}</bdi> ({text(student)})" if known else f"<bdi>{text(student)}</bdi>"
        return f'<a href="{text(self.links[student])}">{shown}</a>'

    def folded(self, students: Sequence[str]) -> str:
        """Links to students, closed until they are asked for."""
        listed = ", ".join(self.link(student) for student in students)
        return f"<details><summary>{count(len(students), 'student')}</summary><p>{listed}</p></details>"


def class_page(
    graded: Sequence[Graded],
    chapters: Sequence[ChapterFacts],
    marks: Marks,
    links: Mapping[str, str],
    unsafe: bool,
    known: RosterMatch,
) -> str:
    """The HTML of the page of the class.

    Args:
        graded: of the students, in order.
        chapters: that were graded.
        marks: given by hand so far.
        links: from this page to each student's.
        unsafe: whether submissions were run without isolation.
        known: what a roster says of the students.
    """
    whole = _Class(graded, chapters, marks, links, misunderstandings(graded, chapters), known)
    parts = (_numbers, _things, _also, _look, _roster, _to_mark, _distribution, _exercises, _ranked, _by_exercise)
    body = [part(whole) for part in parts] if graded else ["<p>No submission has been graded yet.</p>"]
    return page("The class", [patterns(), *body], unsafe, STYLE)


def _numbers(whole: _Class) -> str:
    totals = whole.totals
    possible = sum(one.possible for one in whole.chapters)
    full = sum(all(mark.state == "full" for mark in one.marks) for one in whole.graded)
    unread = len(whole.graded) - len(totals)
    shown = [(str(len(whole.graded)), "student" if len(whole.graded) == 1 else "students")]
    if totals:
        shown.append((f"{statistics.fmean(totals):.1f}", f"points on average, of {possible}"))
        shown.append((points(statistics.median(totals)), "is the median"))
    shown.append((str(full), "with every exercise right"))
    if unread:
        shown.append((str(unread), "wholly unreadable, in no average"))
    listed = "".join(f"<li><strong>{number}</strong> {said}</li>" for number, said in shown)
    return f'<ul class="numbers">{listed}</ul>'


def _distribution(whole: _Class) -> str:
    totals = whole.totals
    possible = sum(one.possible for one in whole.chapters)
    waiting = sum(to_mark(one, whole.marks) for one in whole.graded)
    note = "; answers still to be marked count as 0 here" if waiting else ""
    tenths = [0] * 10
    for points_ in totals:
        tenths[min(int(10 * points_ / max(possible, 1)), 9)] += 1
    named = [(f"{10 * tenth}%", number) for tenth, number in enumerate(tenths)]
    said = "; ".join(f"from {tenth} on: {number}" for tenth, number in named)
    picture = histogram(named, "Students by share of the points", said)
    caption = f"Students by share of the {possible} points, in steps of ten per cent (0% means below 10%){note}."
    return f'<h2>All points</h2>\n<figure>{picture}<figcaption class="small">{caption}</figcaption></figure>'


def _things(whole: _Class) -> str:
    things = whole.things
    if not things:
        named = any(one.named for one in whole.found)
        said = "No two have the same misunderstanding." if named else "No check has named a misunderstanding."
        return f"<h2>Nothing to talk about</h2>\n<p>{said}</p>"
    cards = []
    for one in things:
        known = f"{len(one.students)} of {len(whole.graded)}"
        cards.append(
            f'<section class="card">\n<h3>{known} · {name(one.exercise)}: {text(one.sentence)}</h3>\n'
            f"{share_bar(len(one.students), len(whole.graded))}\n"
            f'<p class="small">In “{whole.title(one.chapter)}”.{_kinds(one)} What one of them reads:</p>\n'
            f"{lines(one.example)}\n{whole.folded(one.students)}\n</section>"
        )
    return f"<h2>Talk about {'this' if len(things) == 1 else 'these'} {NUMBERS[len(things)]}</h2>\n{''.join(cards)}"


def _also(whole: _Class) -> str:
    """The exercises that stand out by their states, where no check has named a reason."""
    said = []
    exercises = [(one.name, *exercise) for one in whole.chapters for exercise in one.exercises]
    marks = {(chapter, exercise): _marks(whole, chapter, exercise) for chapter, exercise, _ in exercises}
    for state, telling in ALSO.items():
        counts = {place: sum(mark.state == state for mark in made) for place, made in marks.items()}
        chapter, exercise = max(counts, key=lambda place: counts[place], default=("", ""))
        if number := counts.get((chapter, exercise), 0):
            said.append(
                f"<li>{name(exercise)} in “{whole.title(chapter)}”: {number} of {len(whole.graded)} {telling}</li>"
            )
    said = [*_slips(whole), *said]
    return f"<p>Also worth a word:</p>\n<ul>{''.join(said)}</ul>" if said else ""


def _slips(whole: _Class) -> Iterator[str]:
    """The mistake that most students made in more than one exercise: a habit that is worth talking about."""
    by_mistake: dict[str, list[Misunderstanding]] = {}
    for one in whole.found:
        if one.named:
            by_mistake.setdefault(one.mistake, []).append(one)
    habits = [made for made in by_mistake.values() if len({one.exercise for one in made}) > 1]
    if habits:
        made = max(habits, key=lambda made: len({student for one in made for student in one.students}))
        students = {student for one in made for student in one.students}
        where = ", ".join(name(one.exercise) for one in made)
        counted = f"{len(students)} of {len(whole.graded)} in several exercises"
        yield f"<li>{counted}: {text(made[0].sentence)} ({where})</li>"


def _marks(whole: _Class, chapter: str, exercise: str) -> list[Mark]:
    return [mark for one in whole.graded for mark in one.marks if (mark.chapter, mark.exercise) == (chapter, exercise)]


def _kinds(one: Misunderstanding) -> str:
    return f' <span class="small">(the most frequent of {one.kinds} sentences)</span>' if one.kinds > 1 else ""


def _look(whole: _Class) -> str:
    parts = []
    for state in (*LOOK, "borrowed"):
        made = [(one, [mark for mark in one.marks if mark.state == state]) for one in whole.graded]
        rows = [
            f'<tr><th scope="row" class="who">{whole.link(one.student)}</th>'
            f"<td>{_exercises_of(one, [(mark.chapter, mark.exercise) for mark in marks], whole)}</td></tr>"
            for one, marks in made
            if marks
        ]
        if rows:
            parts.append(_group(WORDS[state].name, rows, "Exercises", is_open=state in LOOK and len(rows) <= OPEN))
    rows = [
        f'<tr><th scope="row" class="who">{whole.link(one.student)}</th><td>{text(note)}</td></tr>'
        for one in whole.graded
        for note in one.notes
    ]
    parts += [_group("Notes about files", rows, "Note", is_open=len(rows) <= OPEN)] if rows else []
    heading = "<h2>Who needs a look</h2>\n"
    return heading + ("\n".join(parts) or "<p>Nobody: every submission could be read and ran to its end.</p>")


def _roster(whole: _Class) -> str:
    """Who is missing, and who is not known; nothing without a roster."""
    known = whole.known
    absent = ", ".join(f"<bdi>{text(person.name or person.number)}</bdi>" for person in known.absent)
    strangers = ", ".join(whole.link(student) for student in known.strangers)
    said = [f"<li>SubmittedFile in nothing ({len(known.absent)}), and in no table: {absent}.</li>"] * bool(absent)
    if strangers:
        said.append(f"<li>Not found in the roster, or not for certain ({len(known.strangers)}): {strangers}.</li>")
    return f"<h2>By the roster</h2>\n<ul>{''.join(said)}</ul>" if said else ""


def _exercises_of(one: Graded, places: Sequence[tuple[str, str]], whole: _Class) -> str:
    said = []
    for chapter in whole.chapters:
        mine = [exercise for where, exercise in places if where == chapter.name]
        if len(mine) == len(chapter.exercises) > 1:
            said.append(f"all of “{text(chapter.title)}”")
        else:
            said += [name(exercise) for exercise in mine]
    return ", ".join(said)


def _group(title: str, rows: Sequence[str], second: str, is_open: bool) -> str:
    return (
        f"<details{' open' if is_open else ''}><summary>{text(title)}: {len(rows)}</summary>\n"
        f'<table><caption>{text(title)}</caption><thead><tr><th scope="col" class="who">Student</th>'
        f'<th scope="col">{second}</th></tr></thead><tbody>{"".join(rows)}</tbody></table></details>'
    )


def _to_mark(whole: _Class) -> str:
    rows, waiting = [], 0
    for chapter in whole.chapters:
        for question, possible in chapter.questions:
            mine = [(one, w) for one in whole.graded for w in one.written]
            mine = [(one, w) for one, w in mine if (w.chapter, w.question) == (chapter.name, question)]
            states = [question_state(one, written, whole.marks) for one, written in mine]
            given = [whole.marks.get((one.student, chapter.name, question)) for one, _ in mine]
            marked = [mark[0] for mark in given if mark]
            mean = points(statistics.fmean(marked), possible) if marked else "none yet"
            waiting += states.count("to be marked")
            rows.append(
                f'<tr><th scope="row">{name(question)}<br><span class="small">{text(chapter.title)}</span></th>'
                f'<td class="number">{states.count("to be marked")}</td><td class="number">{len(marked)}</td>'
                f'<td class="number">{states.count("left alone")}</td><td class="number">{mean}</td></tr>'
            )
    if not rows:
        return ""
    said = f"{count(waiting, 'answer')} to go: fill in points and comments in {FILE}" if waiting else "All are marked"
    head = "".join(f'<th scope="col" class="number">{one}</th>' for one in ("To mark", "Marked", "Empty", "Mean"))
    return (
        f"<h2>Open questions</h2>\n<p>{said}.</p>\n"
        '<table class="loose"><caption>Answers that are marked by hand</caption>'
        f'<thead><tr><th scope="col">Question</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def _exercises(whole: _Class) -> str:
    used = [state for state in STATES if any(mark.state == state for one in whole.graded for mark in one.marks)]
    legend = "".join(f"<li>{swatch(state)}{state}</li>" for state in used)
    parts = [f'<h2>Exercise by exercise</h2>\n<ul class="legend">{legend}</ul>']
    for chapter in (one for one in whole.chapters if one.exercises):
        rows = [_states_row(whole, chapter.name, exercise, possible, used) for exercise, possible in chapter.exercises]
        by = f"handed in by {len(handed_in(whole.graded, chapter.name))} of {len(whole.graded)}"
        parts.append(
            f"<table><caption>States and points in “{text(chapter.title)}”, {by}</caption><thead><tr>"
            '<th scope="col" class="first">Exercise</th><th scope="col" class="wide">Students by state</th>'
            f'<th scope="col" class="number">Mean</th></tr></thead><tbody>{"".join(rows)}</tbody></table>'
        )
    return "\n".join(parts)


def _states_row(whole: _Class, chapter: str, exercise: str, possible: int, used: Sequence[State]) -> str:
    marks = _marks(whole, chapter, exercise)
    counts = [(state, sum(mark.state == state for mark in marks)) for state in used]
    said = ", ".join(f"{number} {state}" for state, number in counts if number)
    read = [mark.points for mark in marks if mark.state != "unreadable"]
    mean = f"{statistics.fmean(read):.1f} of {possible}" if read else "none"
    return (
        f'<tr><th scope="row">{name(exercise)}</th><td>{states_bar(counts)}<span class="small">{said}</span></td>'
        f'<td class="number">{mean}</td></tr>'
    )


def _ranked(whole: _Class) -> str:
    if whole.found == whole.things:
        return ""  # all of them are told above
    shown = whole.found[:RANKED]
    items = [
        f"<li><strong>{len(one.students)} of {len(whole.graded)}</strong> · {name(one.exercise)}: "
        f"{text(one.sentence)}{_kinds(one)}{share_bar(len(one.students), len(whole.graded))}</li>"
        for one in shown
    ]
    title = f"The {len(shown)} most frequent mistakes" if len(shown) > 1 else "The one mistake"
    return f'<h2>{title}</h2>\n<ol class="ranked">{"".join(items)}</ol>'


def _by_exercise(whole: _Class) -> str:
    parts = ["<h2>All mistakes, by exercise</h2>"] if whole.found else []
    for chapter in whole.chapters:
        for exercise, _ in chapter.exercises:
            mine = [one for one in whole.found if (one.chapter, one.exercise) == (chapter.name, exercise)]
            if not mine:
                continue
            rows = [
                f'<tr><th scope="row" class="number">{len(one.students)}</th><td>{text(one.sentence)}{_kinds(one)}'
                f"{whole.folded(one.students)}</td><td>{name(one.mistake)}</td></tr>"
                for one in mine
            ]
            parts.append(
                f"<h3>{name(exercise)}</h3>\n<table><caption>Of {len(whole.graded)}, in “{text(chapter.title)}”"
                '</caption><thead><tr><th scope="col" class="number">Count</th><th scope="col">What the check says</th>'
                f'<th scope="col">Short name</th></tr></thead><tbody>{"".join(rows)}</tbody></table>'
            )
    return "\n".join(parts)
