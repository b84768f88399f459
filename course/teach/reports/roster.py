"""Who is who: students of the reports, and the people of a class as their platform knows them.

Moodle's number in ``Ada Lovelace_123456_assignsubmission_file_`` is the participant number: it belongs to one
assignment, and Moodle's grade import does not know it. What it knows stands in a roster, a CSV that the platform
writes:

- **Moodle**: the assignment's grading worksheet. *Identifier* holds the participant number ("Participant 123456"), and
  *Email address*, *ID number* and *Username* are what the import maps people by; at least one of them must be there.
- **Canvas**: the exported gradebook. *ID* is the user's number, which the names of files hold as well.

Students who came under a platform's number are found by it, others by an id that stands in the roster; who is not
found so is found by name, as long as only one student and only one person have it. In Canvas another number is another
person. Marks do not depend on a roster: it is read anew for every report.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from course.errors import InputError
from course.teach.grading.results import Graded
from course.teach.reports.tables import clean, read_table

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
        number: the platform's, as it stands in the names of files.
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
class Known:
    """What a roster says of the students of a report; without one it is empty.

    Attributes:
        columns: of the roster, which `grades.csv` repeats.
        people: by student.
        absent: who is in the roster and has handed in nothing.
        strangers: students who are not found in it, or not with certainty.
        platform: whose roster it is, "moodle" or "canvas".
    """

    columns: tuple[str, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    absent: tuple[Person, ...] = ()
    strangers: tuple[str, ...] = ()
    platform: str = ""

    def named(self, graded: Iterable[Graded]) -> list[Graded]:
        """The records with the names of the roster, where it has one."""
        names = {student: person.name for student, person in self.people.items()}
        return [replace(one, name=names.get(one.student) or one.name) for one in graded]

    def cells(self, student: str) -> list[str]:
        """What stands in `columns` for a student; no cell is empty."""
        cells = self.people[student].cells if student in self.people else {}
        return [cells.get(column) or MISSING for column in self.columns]


def read_roster(path: Path) -> Roster:
    """The people of a class.

    Raises:
        InputError: that names the line, if the file is no roster, or somebody is in it twice.
    """
    header, lines = read_table(path)
    names = {name.strip().casefold(): index for index, name in enumerate(header)}
    form = next((one for one in (MOODLE, CANVAS) if {one.number.casefold(), one.name.casefold()} <= names.keys()), None)
    if form is None:
        raise InputError(f"'{path}', line 1: is no roster; {FORMS}")
    columns = tuple(name for name in (*form.ids, *form.others) if name.casefold() in names)
    if not columns:
        raise InputError(
            f"'{path}', line 1: has none of {', '.join(form.ids)}, and by nothing else Moodle's import finds people; "
            "ask whoever runs your Moodle to let you see one of them (user policies, 'Show user identity')"
        )
    people: dict[str, Person] = {}
    at: dict[str, int] = {}
    for line, row in lines:

        def cell(column: str, row: Sequence[str] = row) -> str:
            index = names[column.casefold()]
            return clean(row[index]).strip() if index < len(row) else ""

        name, number = cell(form.name), cell(form.number)
        if form is CANVAS and ("Points Possible" in name or not (name or number)):
            continue  # rows about assignments
        found = NUMBER.fullmatch(number)
        if not found:
            raise InputError(
                f"'{path}', line {line}: {form.number} holds no whole number but {number!r}; take the file as the "
                "platform wrote it, without saving it in a spreadsheet"
            )
        if found[1] in people:
            raise InputError(f"'{path}', line {line}: {number!r} is in line {at[found[1]]} already; remove one of them")
        people[found[1]] = Person(found[1], name, {column: cell(column) for column in columns})
        at[found[1]] = line
    return Roster(form, columns, tuple(people.values()))


def who_is_who(roster: Roster, graded: Sequence[Graded]) -> Known:
    """Finds the students of a report in a roster."""
    form, ids, found = roster.form, roster.form.ids, dict[str, Person]()

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

    same = [one for one in graded if one.platform == form.platform]
    plain = [one for one in graded if not one.platform]
    look_up(same, lambda one: one.student, lambda person: {person.number})
    look_up(plain, lambda one: _plain(one.student), lambda person: {_plain(person.cells.get(id_, "")) for id_ in ids})
    named = graded if form is MOODLE else [one for one in graded if one.platform != form.platform]
    look_up(named, lambda one: _plain(one.name), lambda person: {_plain(person.name), _plain(_turned(person.name))})
    return Known(
        roster.columns,
        found,
        tuple(person for person in roster.people if person not in found.values()),
        tuple(one.student for one in graded if one.student not in found),
        form.platform,
    )


def _plain(text: str) -> str:
    """Letters and digits alone: platforms leave out others, and Canvas capitals too, where they name files."""
    return "".join(one for one in text.casefold() if one.isalnum())


def _turned(name: str) -> str:
    """Ada Lovelace of "Lovelace, Ada"."""
    last, _, first = name.partition(",")
    return f"{first} {last}"
