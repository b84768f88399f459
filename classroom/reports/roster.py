"""Who is who: students of the reports, and the people of a class as their platform knows them.

Moodle's number in ``Ada Lovelace_123456_assignsubmission_file_`` is the participant number: it belongs to one
assignment, and Moodle's grade import does not know it. What it knows is in a roster, a CSV from the platform:

- **Moodle**: the assignment's grading worksheet. *Identifier* holds the participant number ("Participant 123456"), and
  *Email address*, *ID number* and *Username* are what the import maps people by; at least one of them must be there.
- **Canvas**: the exported gradebook. *ID* is the user's number, which the names of files hold as well.

Students who came under a platform's number are found by it, others by an id that is in the roster. Who is not found
so is found by name, as long as only one student and only one person have it; but in Canvas another number is another
person. Marks do not depend on a roster: it is read anew for every report.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from classroom.grading.results import Graded
from classroom.reports.tables import clean, read_table
from course.errors import InputError

NUMBER = re.compile(r"(?:\D*\s)?(\d+)")
MISSING = "not in the roster"  # never an empty cell: Moodle gives the points of a row without an id to somebody else
FORMS = (
    "it needs Identifier and Full name, as Moodle's grading worksheet has them (in English), "
    "or Student and ID, as Canvas's exported gradebook has them"
)


@dataclass(frozen=True)
class _Form:
    """The columns of a platform's export: of the number, of the name, of ids, and of what else is handed on."""

    platform: str
    number: str
    name: str
    ids: tuple[str, ...]
    others: tuple[str, ...] = ()


MOODLE = _Form("moodle", "Identifier", "Full name", ("Email address", "ID number", "Username"))
CANVAS = _Form("canvas", "ID", "Student", ("ID", "SIS User ID", "SIS Login ID"), ("Section",))


@dataclass(frozen=True)
class Person:
    """Somebody in a roster.

    Attributes:
        number: the platform's, as in the names of files.
        name: as the roster has it, or "".
        cells: by column, what the platform's import asks for.
    """

    number: str
    name: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Roster:
    """A class: the form of its file, those columns that it has, and the people in its order."""

    form: _Form
    columns: tuple[str, ...]
    people: tuple[Person, ...]


@dataclass(frozen=True)
class RosterMatch:
    """A roster's data about the students of a report; without one it is empty.

    Attributes:
        columns: of the roster, which `grades.csv` repeats.
        people: by student.
        absent: who is in the roster and has handed in nothing.
        strangers: students who are not found in it, or not with certainty.
    """

    columns: tuple[str, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    absent: tuple[Person, ...] = ()
    strangers: tuple[str, ...] = ()

    def named(self, graded: Iterable[Graded]) -> list[Graded]:
        """The records with the names of the roster, where it has one."""
        names = {student: person.name for student, person in self.people.items()}
        return [replace(one, name=names.get(one.student) or one.name) for one in graded]

    def cells(self, student: str) -> list[str]:
        """A student's cells in `columns`; none is empty."""
        cells = self.people[student].cells if student in self.people else {}
        return [cells.get(column) or MISSING for column in self.columns]


def read_roster(path: Path) -> Roster:
    """The people of a class.

    Raises:
        InputError: that names the line, if the file is no roster, or somebody is in it twice.
    """
    found = read_table(path, lambda names: _form(names) is not None)
    names = [name.strip().casefold() for name in found.header]
    form = _form(names)
    if form is None:
        raise InputError(f"'{path}', line {found.line}: is no roster; {FORMS}")
    columns = tuple(name for name in (*form.ids, *form.others) if name.casefold() in names)
    if not columns:
        raise InputError(
            f"'{path}', line {found.line}: has none of {', '.join(form.ids)}, by which alone Moodle's import finds "
            "people; ask whoever runs your Moodle to show you one of them (its setting is 'Show user identity')"
        )
    people: dict[str, tuple[int, Person]] = {}
    for line, row in found.rows:
        cells = dict(zip(names, [clean(cell).strip() for cell in row] + [""] * len(names), strict=False))
        name, number = cells[form.name.casefold()], cells[form.number.casefold()]
        if form is CANVAS and ("Points Possible" in name or not (name or number)):
            continue  # rows about assignments
        if not (digits := NUMBER.fullmatch(number)):
            raise InputError(
                f"'{path}', line {line}: there is no number in {form.number}, but {number!r}; take the file as the "
                "platform wrote it, and save it with no spreadsheet"
            )
        if digits[1] in people:
            before = people[digits[1]][0]
            raise InputError(f"'{path}', line {line}: has the same {form.number} as line {before}; remove one of them")
        people[digits[1]] = line, Person(digits[1], name, {column: cells[column.casefold()] for column in columns})
    return Roster(form, columns, tuple(person for _, person in people.values()))


def _form(names: Collection[str]) -> _Form | None:
    """The platform's export that has columns of these names, in small letters."""
    return next((one for one in (MOODLE, CANVAS) if {one.number.casefold(), one.name.casefold()} <= set(names)), None)


def who_is_who(roster: Roster, graded: Sequence[Graded]) -> RosterMatch:
    """Finds the students of a report in a roster."""
    form, found = roster.form, dict[str, Person]()

    def look_up(students: Iterable[Graded], key: Callable[[Graded], str], keys: Callable[[Person], set[str]]) -> None:
        """Adds the students whose key one person alone has, if nobody else is or might be that person."""
        holders: dict[str, list[Person]] = {}
        for person in roster.people:
            for one in keys(person) - {""}:
                holders.setdefault(one, []).append(person)
        claims: dict[str, list[str]] = {}
        for student in students:
            if student.student not in found and len(people := holders.get(key(student), [])) == 1:
                claims.setdefault(people[0].number, []).append(student.student)
        free = [person for person in roster.people if person not in found.values()]
        found.update({claims[one.number][0]: one for one in free if len(claims.get(one.number, [])) == 1})

    def ids(person: Person) -> set[str]:
        return {_plain(person.cells.get(column, "")) for column in form.ids}

    def called(person: Person) -> set[str]:
        last, _, first = person.name.partition(",")
        return {_plain(person.name), _plain(f"{first} {last}")}

    numbered = [one for one in graded if one.platform == form.platform]
    look_up(numbered, lambda one: one.student, lambda person: {person.number})
    look_up([one for one in graded if not one.platform], lambda one: _plain(one.student), ids)
    named = graded if form is MOODLE else [one for one in graded if one.platform != form.platform]
    look_up(named, lambda one: _plain(one.name), called)
    return RosterMatch(
        roster.columns,
        found,
        tuple(person for person in roster.people if person not in found.values()),
        tuple(one.student for one in graded if one.student not in found),
    )


def _plain(text: str) -> str:
    """Letters and digits alone: platforms leave out others, and Canvas capitals too, where they name files."""
    return "".join(one for one in unicodedata.normalize("NFKC", text).casefold() if one.isalnum())
