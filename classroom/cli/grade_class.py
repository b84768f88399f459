"""The command ``classroom grade``: grades what a class has handed in, and writes the reports."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from classroom.chapters.source import read, sources
from classroom.collect.owners import first_of
from classroom.collect.submissions import beside, count, each
from classroom.grading.results import STATES
from classroom.grading.whole_class import Settings, grade_class, plan
from classroom.reports.marks import FILE, mark_files, read_rows
from classroom.reports.record import ClassRecord, begun, class_record, only
from classroom.reports.roster import read_roster
from classroom.reports.write import leftovers, write_reports
from classroom.sandbox.client import limits_told, refuse_shown
from classroom.sandbox.confine import Limits
from course.answers.outline import ChapterOutline
from course.answers.remote import Timeouts
from course.cli.command import say
from course.errors import InputError

FORM = "graded {n} of {total} students, {remaining} left"
UNSAFE = "UNSAFE: students' code runs without a sandbox, with all that you may do and see."


def run(options: argparse.Namespace) -> int:
    """Grades a class. Exit code 0 if every submission has its marks, whatever they are."""
    settings = _settings(options)
    limits = ""
    if options.unsafe:
        say(UNSAFE)
    elif not options.dask:  # whose workers have machines of their own, where `course doctor` tells
        limits = limits_told()
    folder, out = Path(options.submissions), Path(options.out)
    _refuse(folder, out)
    if not options.unsafe:
        refuse_shown(folder, out)
    roster = read_roster(Path(options.roster)) if options.roster else None
    chapters = [read(path) for path in sources(options.chapters)]
    outlines = [chapter.outline for chapter in chapters]
    students = count(folder, [one.name for one in outlines])
    if not students:
        lists = beside(folder, [one.name for one in outlines])
        named = f" (left alone: {first_of(lists)})" if lists else ""
        raise InputError(f"nothing was handed in in '{folder}'{named}; give the folder that holds the submissions")
    marks = _files_of_marks(out, options.marks, outlines)

    with tqdm(total=students, bar_format=FORM, mininterval=0.1 if sys.stderr.isatty() else 10.0) as bar:
        submissions, damaged = each(folder, [one.name for one in outlines]), list[str]()
        planned = plan(chapters, settings)
        graded = grade_class(submissions, planned, settings, out, lambda _: bar.update(), damaged.append)
    reported = outlines if options.chapters else begun(graded, outlines)
    record = class_record(
        only(graded, reported),
        reported,
        marks=marks,
        roster=roster,
        beside=beside(folder, [one.name for one in outlines]),
        unsafe=options.unsafe,
        limits=limits,
    )
    write_reports(record, out)

    _summarise(record)
    _tell_what_is_missing([one.name for one in outlines if one not in reported], record)
    _tell_what_was_there(damaged, leftovers(record, out))
    _tell_what_to_do(record, out)
    return 0


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        Timeouts(options.timeout, 3 * options.timeout),
        Limits(memory=options.memory * 2**20),
        confined=not options.unsafe,
        jobs=options.jobs or _cores(),
        dask=options.dask,
    )


def _files_of_marks(out: Path, given: str | None, chapters: Sequence[ChapterOutline]) -> list[Path]:
    """The files of marks that the reports will take up, read now, so that faults are told before a class is graded."""
    try:
        files = mark_files(out, Path(given) if given else None)
        for path in files:
            read_rows(path, chapters)
    except InputError as error:
        raise InputError(f"nothing is graded yet, and reports stay as they were: {error}") from error
    return files


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


def _summarise(record: ClassRecord) -> None:
    counts = Counter(mark.state for one in record.students for mark in one.marks())
    say(f"{len(record.students)} students, {sum(counts.values())} exercises: "
        + ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state]))  # fmt: skip


def _tell_what_is_missing(chapters: list[str], record: ClassRecord) -> None:
    roster = record.roster
    if chapters:
        it = "it" if len(chapters) == 1 else "them"
        say(f"Left out, since nobody has begun {it}: {', '.join(chapters)} (name {it} with --chapters to count {it}).")
    if roster.absent or roster.strangers:
        say(f"By the roster, {len(roster.absent)} handed in nothing. Not found in it: {len(roster.strangers)}. "
            "The page names them.")  # fmt: skip
    if record.beside:
        say(f"Left alone, for lists and hidden folders are nobody's submissions: {first_of(record.beside)}.")


def _tell_what_was_there(damaged: list[str], left: list[str]) -> None:
    """Reports what earlier runs left in the same folder."""
    if damaged:
        say(f"Graded anew, since the result of an earlier run could not be used: {first_of(damaged)}.")
    if left:
        say(f"Left from an earlier run, and of nobody who is graded now: {first_of(left)}. Remove what is not wanted.")


def _tell_what_to_do(record: ClassRecord, out: Path) -> None:
    if waiting := record.to_mark:
        say(f"{waiting} {'answer waits' if waiting == 1 else 'answers wait'} to be marked in {out / FILE}.")
    needing = sum(bool(one.look or one.graded.notes) for one in record.students)
    of_them = f" {needing} {'student needs' if needing == 1 else 'students need'} a look." if needing else ""
    say(f"Begin with {out / 'class.html'}.{of_them}")
