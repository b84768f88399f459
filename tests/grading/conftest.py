"""One sandbox for all tests here: starting it takes longer than all that is done in it."""

import io
import os
from contextlib import redirect_stderr, redirect_stdout

import pytest

from classroom.cli import main
from classroom.grading import whole_class
from classroom.grading.grade import grade
from classroom.handout.bundle import student_files
from classroom.sandbox.client import ForkServer, check_sandbox
from classroom.sandbox.confine import Limits
from classroom.sandbox.instrumented_course import sandbox_files, write_instrumented_course
from course.errors import InputError
from tests.cli._cli import Done
from tests.grading._abuse import Class
from tests.repo._repo import ROOT

MB = 2**20
SECRET = "the-grader's-own-secret"


@pytest.fixture(scope="session")
def fork_server(tmp_path_factory):
    try:
        check_sandbox()
    except InputError as error:
        if os.environ.get("CI_SANDBOX") == "required":
            raise
        pytest.skip(f"no sandbox here, so nothing to attack: {error}")
    edition = tmp_path_factory.mktemp("edition")
    for folder in (edition, *edition.parents[:2]):
        folder.chmod(0o755)
    write_instrumented_course(student_files(ROOT) | sandbox_files(ROOT), edition)
    os.environ["COURSE_TEST_SECRET"] = SECRET
    with ForkServer(edition, Limits(memory=300 * MB, processes=32, disk=8 * MB)) as made:
        yield made
    del os.environ["COURSE_TEST_SECRET"]


@pytest.fixture(scope="session")
def grade_here(fork_server):
    """`classroom grade` in this process, and in the sandbox that stands already: no other torch has to be imported.

    Plan, results, reports and what is said come about as ever; only who asks the sandbox is another.
    """

    def in_turn(submissions, planned, settings):
        return (grade(one, planned, fork_server) for one in submissions)

    def grade_here(folder, out, *options):
        said, complained = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(complained):
            patch.setattr(whole_class, "_by_jobs", in_turn)
            code = main(["grade", str(folder), "--out", str(out), *map(str, options)])
        return Done(code, said.getvalue(), complained.getvalue())

    return grade_here


@pytest.fixture(scope="session")
def students(fork_server):
    """The class."""
    return Class(fork_server)


@pytest.fixture(scope="module", autouse=True)
def in_the_end_unharmed(students):
    """Whatever the tests of a file do, the next student is graded as ever."""
    yield
    assert students.is_unharmed()


@pytest.fixture
def neighbour(students):
    """The same after a single test."""
    yield
    assert students.is_unharmed()
