"""What ``classroom grade`` does: grades what a class has handed in, and writes the reports."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from classroom.chapters.source import read, sources
from classroom.collect.submissions import beside, count, each, first_of
from classroom.grading.results import STATES, Graded
from classroom.grading.whole_class import Settings, grade_class, plan
from classroom.reports.facts import ChapterFacts, facts_of, only, that_were_set
from classroom.reports.grades import look, to_mark
from classroom.reports.marks import FILE, Marks
from classroom.reports.roster import RosterMatch, read_roster, who_is_who
from classroom.reports.write import check_marks, write_reports
from classroom.sandbox.client import check_sandbox
from classroom.sandbox.confine import Limits
from course.answers.remote import Timeouts
from course.errors import InputError

FORM = "graded {n} of {total} students, {remaining} left"
UNSAFE = "UNSAFE: students' code runs without a sandbox, with all that you may do and see."


def run(options: argparse.Namespace) -> int:
    """Grades a class. Exit code 0 if every submission has its marks, whatever they are."""
    settings = Settings(
        Timeouts(options.timeout, 3 * options.timeout),
        Limits(memory=options.memory * 2**20),
        confined=not options.unsafe,
        jobs=options.jobs or _cores(),
        dask=options.dask,
    )
    if options.unsafe:
        print(UNSAFE, flush=True)
    elif not options.dask:
        check_sandbox()
    folder, out = Path(options.submissions), Path(options.out)
    _refuse(folder, out)
    roster = read_roster(Path(options.roster)) if options.roster else None
    chapters = [read(path) for path in sources(options.chapters)]
    planned = plan(chapters, settings)
    names = [chapter.name for chapter in chapters]
    students = count(folder, names)
    if not students:
        raise InputError(f"nothing was handed in in '{folder}'; give the folder that holds the submissions")
    facts = [facts_of(chapter) for chapter in chapters]
    marks = Path(options.marks) if options.marks else None
    _check_marks(out, facts, marks)
    with tqdm(total=students, bar_format=FORM, mininterval=0.1 if sys.stderr.isatty() else 10.0) as bar:
        graded = grade_class(each(folder, names), planned, settings, out, lambda _: bar.update())
    reported = facts if options.chapters else that_were_set(graded, facts)
    graded = only(graded, reported)
    known = who_is_who(roster, graded) if roster else RosterMatch()
    by_hand = write_reports(graded, out, chapters=reported, unsafe=options.unsafe, marks_by_hand=marks, known=known)
    _summarise(graded)
    _tell_who_is_missing([one.name for one in facts if one not in reported], known, beside(folder))
    _tell_what_to_do(graded, by_hand, out)
    return 0


def _check_marks(out: Path, facts: list[ChapterFacts], marks: Path | None) -> None:
    try:
        check_marks(out, chapters=facts, marks_by_hand=marks)
    except InputError as error:
        raise InputError(f"nothing is graded yet, and reports stay as they were: {error}") from error


def _refuse(folder: Path, out: Path) -> None:
    """Reports must not be graded, and must be written somewhere."""
    there = next(place for place in (out, *out.absolute().parents) if place.exists())
    if not there.is_dir():
        raise InputError(f"--out '{out}' cannot be a folder, for '{there}' is a file; choose another name")
    if folder.is_dir() and out.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"--out '{out}' lies in '{folder}', where it would be taken for a submission; name a folder beside it"
        )


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _summarise(graded: list[Graded]) -> None:
    counts = Counter(mark.state for one in graded for mark in one.marks)
    print(f"{len(graded)} students, {sum(counts.values())} exercises: "
          + ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state]))  # fmt: skip


def _tell_who_is_missing(chapters: list[str], known: RosterMatch, lists: list[str]) -> None:
    if chapters:
        it = "it" if len(chapters) == 1 else "them"
        print(
            f"Left out, since nobody has begun {it}: {', '.join(chapters)} (name {it} with --chapters to count {it})."
        )
    if known.absent or known.strangers:
        print(f"By the roster, {len(known.absent)} handed in nothing. Not found in it: {len(known.strangers)}. "
              "The page names them.")  # fmt: skip
    if lists:
        print(f"Left alone, for a list is nobody's submission: {first_of(lists)}.")


def _tell_what_to_do(graded: list[Graded], by_hand: Marks, out: Path) -> None:
    if waiting := sum(to_mark(one, by_hand) for one in graded):
        print(f"{waiting} {'answer waits' if waiting == 1 else 'answers wait'} to be marked in {out / FILE}.")
    needing = sum(bool(look(one) or one.notes) for one in graded)
    of_them = f" {needing} {'student needs' if needing == 1 else 'students need'} a look." if needing else ""
    print(f"Begin with {out / 'class.html'}.{of_them}")
