"""``classroom grade``: its options. What it does is in `classroom.cli.grade_class`, which imports torch."""

from __future__ import annotations

import argparse

from course.cli.command import positive, whole

HELP = "for instructors: grade what a class has handed in, in a sandbox, and write reports"


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the options."""
    parser.description = "Grade the notebooks of a class. Nothing that a student wrote runs outside of the sandbox."
    add = parser.add_argument
    add("submissions", metavar="SUBMISSIONS", help="the folder, or the zip, that the learning platform gave you")
    add("--out", required=True, metavar="REPORT", help="folder for the reports; the same command goes on where it was")
    add("--chapters", nargs="+", metavar="CHAPTER", help="1, or 01_vgg (default: all that somebody has begun)")
    add("--jobs", type=whole(1, 256), help="submissions side by side (default: one for each core)")
    add("--timeout", type=positive, default=20, metavar="SECONDS", help="for one call of a function (default 20)")
    add("--memory", type=whole(256), default=2048, metavar="MB", help="for one exercise (default 2048)")
    add("--marks", metavar="CSV", help="points for open questions (default: REPORT/open_questions.csv)")
    add("--roster", metavar="CSV", help="who is who: Moodle's grading worksheet, or Canvas's exported gradebook")
    add("--dask", default="", metavar="ADDRESS", help="let the workers of this Dask scheduler do it, tcp://host:8786")
    add("--unsafe", action="store_true", help="without a sandbox: students' code may do all that you may")


def run(options: argparse.Namespace) -> int:
    """Grades a class. Exit code 0 if every submission has its marks, whatever they are."""
    from classroom.cli.grade_class import run

    return run(options)
