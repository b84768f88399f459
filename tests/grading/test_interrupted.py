"""A run that is killed goes on where it was, leaves no process behind, and ends in the same bytes."""

import os
import random
import signal
import time

import pytest

from tests.grading._class import write_class
from tests.grading._command import descendants, files, grade, needs_sandbox, start, still_there
from tests.repo._repo import ROOT

KILLS = int(os.environ.get("COURSE_TEST_KILLS", "2"))
STUDENTS = 8
GIVEN_UP = 60  # seconds for a process to be gone

pytestmark = needs_sandbox


@pytest.fixture(scope="module")
def handed_in(grade_here, tmp_path_factory):
    """A class, and the report of an undisturbed run, in this process: the command must come to the same."""
    place = tmp_path_factory.mktemp("class")
    folder, out = place / "handed in", place / "report"
    folder.mkdir()
    write_class(folder, STUDENTS, most=1)
    done = grade_here(folder, out)
    assert done.code == 0, done.err
    return folder, out


def kill(process):
    """As the system does it that has no memory left; what it had started."""
    process.send_signal(signal.SIGSTOP)  # so that it starts nothing while we look
    started = descendants(process.pid)
    process.kill()
    process.communicate()
    return started


def test_a_killed_run_goes_on_where_it_was(handed_in, tmp_path):
    folder, undisturbed = handed_in
    out, draw = tmp_path / "report", random.Random(KILLS)
    for number in range(1, KILLS + 1):
        process = start(folder, out, "--jobs", 2)
        wanted = draw.randint(0, (STUDENTS - 2) * number // KILLS)
        while process.poll() is None and len(list(out.glob("results/*.json"))) < wanted:
            time.sleep(0.01)
        time.sleep(draw.random())
        started = kill(process)
        late = time.monotonic() + GIVEN_UP
        while still_there(started) and time.monotonic() < late:
            time.sleep(0.05)
        assert not still_there(started)
    done = grade(folder, out, "--jobs", 2)
    assert done.code == 0, done.err
    assert files(out) == files(undisturbed)


def when(out):
    return {path.stem: path.stat().st_mtime_ns for path in (out / "results").iterdir()}


def graded_anew(grade_here, folder, out, *options):
    before = when(out)
    done = grade_here(folder, out, *options)
    assert done.code == 0, done.err
    after = when(out)
    return {student for student in after if before.get(student) != after[student]}


def test_only_what_has_changed_is_graded_anew(grade_here, tmp_path):
    """Nothing is written in these notebooks: who is graded does not depend on what they wrote."""
    folder, out = tmp_path / "few", tmp_path / "report"
    folder.mkdir()
    (one, two, three), empty = "abc", (ROOT / "notebooks" / "00_start_here.ipynb").read_bytes()
    for student in (one, two, three):
        (folder / f"{student}.ipynb").write_bytes(empty)
    assert grade_here(folder, out).code == 0
    assert graded_anew(grade_here, folder, out) == set()

    (folder / f"{one}.ipynb").write_bytes(empty + b"\n")
    (out / "results" / f"{two}.json").write_text('{"student":')
    (out / "results" / ("." + "0" * 16)).write_text("half of a result")
    whole = files(out)
    assert graded_anew(grade_here, folder, out) == {one, two}
    assert files(out).keys() == whole.keys() - {"results/." + "0" * 16}

    assert graded_anew(grade_here, folder, out, "--timeout", 19) == {one, two, three}
