"""Shared by the tests of grading: the real command, and its results."""

import json
import os
import subprocess

import pytest

from classroom.sandbox.client import check_sandbox
from course.errors import InputError
from tests.cli._cli import Done, environment, installed


def has_sandbox():
    try:
        check_sandbox()
    except InputError:
        if os.environ.get("CI_SANDBOX") == "required":
            raise
        return False
    return True


needs_sandbox = pytest.mark.skipif(not has_sandbox(), reason="bubblewrap does not work here")


def start(folder, out, *options):
    """`course grade`, in the background and in a session of its own."""
    command = [installed(), "grade", str(folder), "--out", str(out), *map(str, options)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
                            env=environment(), start_new_session=True)  # fmt: skip


def grade(folder, out, *options):
    """`course grade` to its end."""
    process = start(folder, out, *options)
    said, complained = process.communicate(timeout=3600)
    return Done(process.returncode, said, complained)


def found(out):
    """student -> exercise -> (state, points, mistake), as the results say."""
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((out / "results").iterdir())]
    return {
        one["student"]: {mark["exercise"]: (mark["state"], mark["points"], mark["mistake"]) for mark in one["marks"]}
        for one in records
    }


def differences(table, out):
    """Where a report does not say what the table of a class wants, one line each."""
    got = found(out)
    yield from (f"{student} is in one of both only" for student in set(table) ^ set(got))
    for student in set(table) & set(got):
        for exercise, wanted in table[student].items():
            if got[student].get(exercise) != tuple(wanted):
                yield f"{student}, {exercise}: expected {tuple(wanted)}, found {got[student].get(exercise)}"


def files(out):
    """All files of a report and their bytes."""
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def descendants(process):
    """Processes that a process has started, and those that they have: number -> when it began, and its command."""
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        if facts := _facts(int(name)):
            children.setdefault(facts[0], []).append(int(name))
    found, waiting = {}, [process]
    while waiting:
        for child in children.get(waiting.pop(), []):
            found[child] = _facts(child)
            waiting.append(child)
    return {number: facts[1:] for number, facts in found.items() if facts}


def still_there(started):
    """Those of these processes that are still running."""
    return {
        number: facts for number, facts in started.items() if (now := _facts(number)) is not None and now[1:] == facts
    }


def _facts(number):
    """Who started a process, when, and its command; None if it is no more."""
    try:
        with open(f"/proc/{number}/stat", encoding="utf-8", errors="replace") as stat:
            state, parent, *rest = stat.read().rpartition(")")[2].split()
        with open(f"/proc/{number}/cmdline", encoding="utf-8", errors="replace") as line:
            return None if state == "Z" else (int(parent), rest[17], line.read().replace("\0", " "))
    except (FileNotFoundError, ProcessLookupError):
        return None
