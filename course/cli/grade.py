"""``course grade``: grades what a class has handed in, and writes the reports."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from course.errors import InputError
from course.handin.confine import Limits
from course.handin.remote import Patience
from course.teach.collect.submissions import count, each
from course.teach.grading.classroom import Settings, grade_class, plan
from course.teach.grading.results import STATES, Graded
from course.teach.grading.sandbox import check_sandbox
from course.teach.reports.facts import facts_of
from course.teach.reports.write import write_reports
from course.teach.source import read, sources

FORM = "graded {n} of {total} students, {remaining} left"
UNSAFE = "UNSAFE: students' code runs without a sandbox, with all that you may do and see."


def run(options: argparse.Namespace) -> int:
    """Grades a class. Exit code 0 if every submission has its marks, whatever they are."""
    settings = Settings(
        Patience(options.timeout, 3 * options.timeout),
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
    chapters = [read(path) for path in sources(options.chapters)]
    planned = plan(chapters, settings)
    names = [chapter.name for chapter in chapters]
    students = count(folder, names)
    if not students:
        raise InputError(f"nothing was handed in in '{folder}'; give the folder that holds the submissions")
    with tqdm(total=students, bar_format=FORM, mininterval=0.1 if sys.stderr.isatty() else 10.0) as bar:
        graded = grade_class(each(folder, names), planned, settings, out, lambda _: bar.update())
    facts = [facts_of(chapter) for chapter in chapters]
    marks = Path(options.marks) if options.marks else None
    write_reports(graded, out, chapters=facts, unsafe=options.unsafe, marks_by_hand=marks)
    _summarise(graded, out)
    return 0


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


def _summarise(graded: list[Graded], out: Path) -> None:
    counts = Counter(mark.state for one in graded for mark in one.marks)
    print(f"{len(graded)} students, {sum(counts.values())} exercises: "
          + ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state]))  # fmt: skip
    print(f"Begin with {out / 'class.html'}.")
