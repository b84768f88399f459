"""One sandbox for all tests here: starting it takes longer than all that is done in it."""

import os

import pytest

from classroom.handout.bundle import student_files
from classroom.sandbox.client import ForkServer, check_sandbox
from classroom.sandbox.confine import Limits
from classroom.sandbox.instrumented_course import sandbox_files, write_instrumented_course
from course.errors import InputError
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
