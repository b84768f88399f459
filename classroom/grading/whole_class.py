"""Grades a class: many submissions side by side, each result on disk as soon as it is there, nothing done twice.

Results lie in ``REPORT/results``, one file for each student, written to a temporary file and renamed. A run that was
killed goes on where it stopped; a submission that has changed, or a change of the course, is graded anew. The reports
are made from the results alone at the end, so that they are the same bytes whichever way they came about.
"""

from __future__ import annotations

import ctypes
import hashlib
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, as_completed, wait
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
from classroom.grading.results import Graded
from classroom.handout.bundle import student_files
from classroom.sandbox.client import ForkServer
from classroom.sandbox.confine import Limits
from classroom.sandbox.instrumented_course import sandbox_files, write_instrumented_course
from course.answers.remote import Timeouts
from course.errors import InputError
from course.files import remove_unfinished, write_atomically

RESULTS = "results"
PAGES = "feedback"
MARKING = ("course", "classroom/sandbox", "classroom/grading")  # whose code can change a mark,
NOT_MARKING = ("course/widgets", "course/live", "course/cli", "course/submit", "course/figures.py")  # but for this
SCHEDULER_SECONDS, WORKER_SECONDS = 15.0, 10.0  # how long Dask is waited for
PR_SET_PDEATHSIG = 1  # of prctl(2)
AHEAD = 2  # submissions that wait for each process: all of a class might be more than fits into memory


@dataclass(frozen=True)
class Settings:
    """How a class is graded.

    Attributes:
        timeouts: how long an answer is waited for.
        limits: what an answer may use.
        confined: False runs students' code without a sandbox.
        jobs: submissions side by side, each with one thread of torch.
        dask: address of a Dask scheduler that shall do it instead, or "".
    """

    timeouts: Timeouts = field(default_factory=Timeouts)
    limits: Limits = field(default_factory=Limits)
    confined: bool = True
    jobs: int = 2
    dask: str = ""


def plan(chapters: Iterable[Chapter], settings: Settings) -> Plan:
    """What is graded of these chapters."""
    chapters = list(chapters)
    outlines = tuple(chapter.outline for chapter in chapters)
    hidden_tests = {chapter.name: chapter.hidden_tests for chapter in chapters}
    return Plan(outlines, hidden_tests, settings.timeouts, _version(settings))


def _version(settings: Settings) -> str:
    """Hash of all that a mark can depend on: this code, torch's version, and what the sandbox allows."""
    found = hashlib.sha256(repr((torch.__version__, settings.limits, settings.confined)).encode())
    files = (path for folder in MARKING for path in (ROOT / folder).rglob("*.py"))
    for path in sorted(path for path in files if not any(path.is_relative_to(ROOT / one) for one in NOT_MARKING)):
        found.update(f"{path.relative_to(ROOT).as_posix()} {path.stat().st_size}\n".encode() + path.read_bytes())
    return found.hexdigest()


def grade_class(
    submissions: Iterable[Submission], planned: Plan, settings: Settings, out: Path, done: Callable[[Graded], object]
) -> list[Graded]:
    """The results of all submissions, ordered by student. Those that lie in `out` already are not made again.

    Args:
        submissions: each of another student; few of them are held in memory at a time.
        planned: what is graded.
        settings: how.
        out: the report's folder.
        done: called with each result as soon as it is there.

    Raises:
        InputError: if the sandbox does not start, or the Dask scheduler cannot be reached.
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
            old = _stored(folder, submission, planned)
            if old is None:
                yield submission
            else:
                take(old)

    for graded in _by_dask(missing(), planned, settings) if settings.dask else _by_jobs(missing(), planned, settings):
        write_atomically(folder / f"{graded.student}.json", results.to_json(graded).encode())
        take(graded)
    return sorted(found, key=lambda graded: graded.student)


def _stored(folder: Path, submission: Submission, planned: Plan) -> Graded | None:
    """The result of an earlier run, if it is whole and of this very submission."""
    try:
        old = results.from_json((folder / f"{submission.student}.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None  # none, or a damaged one, or one of another version of this program: it is made anew
    return old if old.key == planned.key(submission) else None


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
    """What each process does first: it ends with the one that started it, which alone hears Ctrl-C."""
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
    except ModuleNotFoundError:
        raise InputError("--dask needs Dask: pip install distributed") from None
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
        for submission in submissions:
            waiting.add(client.submit(_grade, submission, planned, settings, pure=False))
            if waiting.count() > AHEAD * workers:
                yield next(waiting).result()
        for future in waiting:
            yield future.result()


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
    """Removes the editions of processes that are no more: one that is killed cannot clear up after itself."""
    for folder in place.glob(f"{EDITION}*-*"):
        owner = folder.name.removeprefix(EDITION).partition("-")[0]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)  # several jobs begin at once, and each sweeps


def _fork_server(settings: Settings) -> ForkServer:
    sweep(Path(tempfile.gettempdir()))
    folder = tempfile.TemporaryDirectory(prefix=f"{EDITION}{os.getpid()}-")
    edition = Path(folder.name)
    edition.chmod(0o755)
    write_instrumented_course(student_files(ROOT, tracked=False) | sandbox_files(ROOT), edition)
    fork_server = ForkServer(edition, settings.limits, settings.confined)

    def clear() -> None:
        fork_server.close()
        folder.cleanup()

    Finalize(fork_server, clear, exitpriority=10)  # also in processes that do not end as Python's main one does
    return fork_server
