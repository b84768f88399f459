"""Grades a class: many submissions side by side, each result on disk as soon as it is there, nothing done twice.

Results are in ``REPORT/results``, one file for each student, written to a temporary file and renamed. A run that was
killed goes on where it stopped; a submission that has changed, or a change of the course, is graded anew. The reports
are made from the results alone at the end, so that they are the same bytes whichever way they came about.
"""

from __future__ import annotations

import ctypes
import hashlib
import itertools
import logging
import multiprocessing
import os
import shutil
import signal
import stat
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, as_completed, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing.util import Finalize
from pathlib import Path

import psutil
import torch

from classroom.chapters.source import ROOT, Chapter
from classroom.collect.submissions import Submission
from classroom.grading import results
from classroom.grading.grade import Plan, grade
from classroom.grading.results import PAGES, RESULTS, Graded
from classroom.handout.bundle import student_files
from classroom.sandbox.client import ForkServer
from classroom.sandbox.confine import Limits
from classroom.sandbox.instrumented_course import sandbox_files, write_instrumented_course
from course.answers.remote import Timeouts
from course.errors import InputError
from course.files import remove_unfinished, write_atomically

MARKING = ("course", "classroom/sandbox", "classroom/grading")  # whose code can change a mark,
NOT_MARKING = (  # but for this, which no check and no hidden test calls
    *("course/widgets", "course/live", "course/cli", "course/submit", "course/serving", "course/lab"),
    *("course/figures.py", "course/diagrams.py"),
)
READ = ("data/slim", "data/styles", "data/gallery.toml")  # what a hidden test reads; photos are in other packages
SCHEDULER_SECONDS, WORKER_SECONDS = 15.0, 10.0  # how long Dask is waited for
PR_SET_PDEATHSIG = 1  # of prctl(2)
RECORD_BYTES = 64 << 20  # of a result; one that is larger is none of ours
AHEAD = 2  # submissions that wait for each process: all of a class might be more than fits into memory


@dataclass(frozen=True)
class Settings:
    """How a class is graded.

    Attributes:
        timeouts: how long an answer is waited for.
        limits: what an answer may use.
        confined: False runs students' code without a sandbox.
        jobs: submissions side by side, each with one thread of torch.
        dask: address of a Dask scheduler that is to do it instead, or "".
    """

    timeouts: Timeouts = field(default_factory=Timeouts)
    limits: Limits = field(default_factory=Limits)
    confined: bool = True
    jobs: int = 2
    dask: str = ""


def plan(chapters: Iterable[Chapter], settings: Settings) -> Plan:
    """The plans for grading these chapters."""
    chapters = list(chapters)
    outlines = tuple(chapter.outline for chapter in chapters)
    hidden_tests = {chapter.name: chapter.hidden_tests for chapter in chapters}
    return Plan(outlines, hidden_tests, settings.timeouts, _version(settings))


def _version(settings: Settings) -> str:
    """Hash of all that a mark can depend on: this code and its data, torch's version, and what the sandbox allows."""
    found = hashlib.sha256(repr((torch.__version__, settings.limits, settings.confined)).encode())
    code = (path for folder in MARKING for path in (ROOT / folder).rglob("*.py"))
    files = [path for path in code if not any(path.is_relative_to(ROOT / one) for one in NOT_MARKING)]
    for place in (ROOT / one for one in READ):
        files += [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]
    for path in sorted(files):
        found.update(f"{path.relative_to(ROOT).as_posix()} {path.stat().st_size}\n".encode() + path.read_bytes())
    return found.hexdigest()


def grade_class(
    submissions: Iterable[Submission],
    planned: Plan,
    settings: Settings,
    out: Path,
    done: Callable[[Graded], object],
    damaged: Callable[[str], object],
) -> list[Graded]:
    """The results of all submissions, ordered by student. Those that are in `out` already are not made again.

    Args:
        submissions: each of another student; few of them are held in memory at a time.
        planned: what is graded.
        settings: how.
        out: the report's folder.
        done: called with each result as soon as it is there.
        damaged: called with a few words on each result of an earlier run that cannot be used, and is made anew.

    Raises:
        InputError: if the sandbox does not start, the Dask scheduler cannot be reached, or a result cannot be written.
    """
    folder = out / RESULTS
    for place in (folder, out, out / PAGES):
        remove_unfinished(place)
    found: list[Graded] = []

    def take(graded: Graded) -> None:
        found.append(graded)
        done(graded)

    def missing() -> Iterator[Submission]:
        for submission in submissions:
            try:
                old = _stored(folder, submission, planned)
            except ValueError as error:
                old = None
                damaged(f"{submission.student} ({error})")
            if old is None:
                yield submission
            else:
                take(old)

    for graded in _by_dask(missing(), planned, settings) if settings.dask else _by_jobs(missing(), planned, settings):
        _write(folder / f"{graded.student}.json", graded)
        take(graded)
    return sorted(found, key=lambda graded: graded.student)


def _stored(folder: Path, submission: Submission, planned: Plan) -> Graded | None:
    """The result of an earlier run, if there is one, of this very submission.

    Raises:
        ValueError: that says why, if what is there cannot be such a result.
    """
    path = folder / f"{submission.student}.json"
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            raise ValueError("it is a folder, which now has another name there")
        if not stat.S_ISREG(state.st_mode):
            raise ValueError("it is no ordinary file")
        if state.st_size > RECORD_BYTES:
            raise ValueError("it is too large")
        old = results.from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise ValueError("it is no text") from None
    except OSError as error:
        raise ValueError(f"it cannot be read: {error.strerror}") from None
    if old.student == submission.student and old.key != planned.key(submission):
        return None  # the submission, a check or a chapter has changed
    if (old.student, old.name, old.platform) != (submission.student, submission.name, submission.platform):
        raise ValueError("it is somebody else's")
    exercises = {(one.name, exercise.name): exercise for one in planned.chapters for exercise in one.exercises}
    questions = [(one.name, question.name, question.possible) for one in planned.chapters for question in one.questions]
    if [(mark.chapter, mark.exercise) for mark in old.marks] != list(exercises):
        raise ValueError("it has other exercises")
    if [(one.chapter, one.question, one.possible) for one in old.written] != questions:
        raise ValueError("it has other questions")
    for mark in old.marks:
        exercise = exercises[mark.chapter, mark.exercise]
        points = exercise.check if mark.state == "partial" else mark.points
        if (mark.points, mark.possible) != (points, exercise.possible):
            raise ValueError(f"{mark.points} of {mark.possible} points cannot be {mark.state} in {mark.exercise}")
    return old


def _write(path: Path, graded: Graded) -> None:
    """Writes a result. Anything there that is not a file is not ours: it is kept, under another name."""
    if path.is_dir() and not path.is_symlink():
        number = next(number for number in itertools.count(1) if not path.with_suffix(f".{number}").exists())
        path.rename(path.with_suffix(f".{number}"))
    try:
        write_atomically(path, results.to_json(graded).encode())
    except InputError as error:
        raise InputError(f"{error}. What is graded is kept, and the same command goes on from there") from error


# --- by whom ----------------------------------------------------------------------------------------------------------


def _by_jobs(submissions: Iterable[Submission], planned: Plan, settings: Settings) -> Iterator[Graded]:
    """Results as they come, in whatever order, from processes of this machine."""
    fresh, waiting = multiprocessing.get_context("spawn"), set[Future[Graded]]()
    with ProcessPoolExecutor(settings.jobs, mp_context=fresh, initializer=_begin) as pool:
        try:
            for submission in submissions:
                waiting.add(pool.submit(_grade, submission, planned, settings))
                if len(waiting) > AHEAD * settings.jobs:
                    ready, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in ready)
            yield from (future.result() for future in as_completed(waiting))
        except BrokenProcessPool:
            raise InputError(
                "a process that grades was killed, for want of memory perhaps: choose fewer --jobs. What is graded is "
                "kept, and the same command goes on from there"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """Run first in each process: makes it end with the one that started it, which alone handles Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()


def _die_with_parent() -> None:
    """From now on this process of `multiprocessing` is killed when the thread that started it ends."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    parent = multiprocessing.parent_process()
    if parent is not None and os.getppid() != parent.pid:
        os._exit(1)  # it had ended before


def _by_dask(submissions: Iterable[Submission], planned: Plan, settings: Settings) -> Iterator[Graded]:
    """The same from the workers of a Dask cluster."""
    try:
        import distributed
        from distributed.comm.core import CommClosedError
    except ModuleNotFoundError:
        raise InputError("--dask needs Dask: pip install distributed") from None
    for name in ("distributed", "distributed.client"):  # what they say, with tracebacks, is told below in one line
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(settings.dask, timeout=SCHEDULER_SECONDS)
    except (OSError, ValueError) as error:
        raise InputError(
            f"there is no Dask scheduler at '{settings.dask}' ({type(error).__name__}); start one with `dask "
            "scheduler`, and give the address that it prints, tcp://host:8786"
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=WORKER_SECONDS)
        except TimeoutError:
            raise InputError(
                f"the Dask scheduler at '{settings.dask}' has no workers; start some, on machines that have this "
                f"course: dask worker {settings.dask}"
            ) from None
        workers = max(1, len(client.nthreads()))
        waiting = distributed.as_completed()
        try:
            for submission in submissions:
                waiting.add(client.submit(_grade, submission, planned, settings, pure=False))
                if waiting.count() > AHEAD * workers:
                    yield next(waiting).result()
            for future in waiting:
                yield future.result()
        except (CancelledError, distributed.KilledWorker, CommClosedError) as error:
            raise InputError(
                f"Dask's scheduler, or a worker again and again, was lost ({type(error).__name__}): see whether they "
                "still run, and why not. What is graded is kept, and the same command goes on from there"
            ) from None


_fork_servers: dict[Settings, ForkServer] = {}
# A worker of Dask may have several threads, and checks draw from torch's one generator.
_one_at_a_time = threading.Lock()


def _grade(submission: Submission, planned: Plan, settings: Settings) -> Graded:
    """Grades one submission in this process, whose sandbox is started for the first and kept for the next."""
    with _one_at_a_time:
        torch.set_num_threads(1)
        fork_server = _fork_servers.get(settings)
        if fork_server is None:
            fork_server = _fork_servers[settings] = _fork_server(settings)
        return grade(submission, planned, fork_server)


EDITION = "course-edition-"


def sweep(place: Path) -> None:
    """Removes the copies of the course that dead processes left: one that is killed cannot clear up after itself."""
    for folder in place.glob(f"{EDITION}*-*"):
        owner = folder.name.removeprefix(EDITION).partition("-")[0]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)  # several jobs begin at once, and each sweeps


def _fork_server(settings: Settings) -> ForkServer:
    """A sandbox, with a copy of the course in the folder for temporary files.

    Raises:
        InputError: if there is no place for it, or the sandbox does not start.
    """
    try:
        sweep(Path(tempfile.gettempdir()))
        folder = tempfile.TemporaryDirectory(prefix=f"{EDITION}{os.getpid()}-")
        edition = Path(folder.name)
        edition.chmod(0o755)
        write_instrumented_course(student_files(ROOT, tracked=False) | sandbox_files(ROOT), edition)
    except OSError as error:
        raise InputError(
            f"there is no place for temporary files ({error.strerror or error}); set TMPDIR to a folder that can be "
            "written to and has 100 MB free, and run the same command again"
        ) from error
    fork_server = ForkServer(edition, settings.limits, settings.confined)

    def clear() -> None:
        fork_server.close()
        folder.cleanup()

    Finalize(fork_server, clear, exitpriority=10)  # also in processes that do not end as Python's main one does
    return fork_server
