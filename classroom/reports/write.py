"""Reports of a graded class: tables, a page for each student, a page for the class.

The folder holds ``class.html``, ``feedback/STUDENT.html``, ``grades.csv``, ``canvas.csv``, ``states.csv`` and
``open_questions.csv``. The same record gives the same bytes on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from classroom.collect.owners import free_id, safe_id
from classroom.grading.results import PAGES, RESULTS
from classroom.reports.classpage import class_page
from classroom.reports.feedback import feedback_page
from classroom.reports.grades import canvas_csv, grades_csv, states_csv
from classroom.reports.marks import FILE, questions_csv
from classroom.reports.record import ClassRecord
from course.files import write_atomically


def write_reports(record: ClassRecord, out: Path) -> None:
    """Writes all reports of a class into a folder, which is made if it is missing.

    Everything is made before the first file is written.

    Raises:
        InputError: if a place cannot be written to.
    """
    made = {
        FILE: questions_csv(record.rows),
        "grades.csv": grades_csv(record),
        "canvas.csv": canvas_csv(record),
        "states.csv": states_csv(record),
    }
    links = page_links(one.id for one in record.students)
    for one in record.students:
        made[links[one.id]] = feedback_page(one, record.chapters, record.unsafe).encode()
    made["class.html"] = class_page(record, links).encode()  # last: what it links to is there
    for name, content in made.items():
        write_atomically(out / name, content)


def leftovers(record: ClassRecord, out: Path) -> list[str]:
    """The files that earlier runs left of students who are not in the report now: results and pages, by name."""
    kept = {f"{RESULTS}/{one.id}.json" for one in record.students}
    kept |= set(page_links(one.id for one in record.students).values())
    there = (
        path for folder, ending in ((RESULTS, ".json"), (PAGES, ".html")) for path in (out / folder).glob(f"*{ending}")
    )
    return sorted(name for path in there if (name := path.relative_to(out).as_posix()) not in kept)


def page_links(students: Iterable[str]) -> dict[str, str]:
    """Each student's page, by id: whatever the id holds, a path that every system can store, and nobody else's."""
    links, taken = dict[str, str](), set[str]()
    for student in sorted(students, key=lambda one: (safe_id(one) != one, one)):  # who has a safe id keeps it
        name = free_id(safe_id(student), taken)
        taken.add(name.lower())
        links[student] = f"{PAGES}/{name}.html"
    return links
