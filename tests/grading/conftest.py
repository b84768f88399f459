"""One sandbox for all tests here: starting it takes longer than all that is done in it."""

import os

import pytest

from course.errors import InputError
from course.handin.confine import Limits
from course.teach.grading.edition import write_edition
from course.teach.grading.sandbox import Nursery, check_sandbox
from course.teach.release import student_files
from tests.grading._abuse import Class
from tests.repo._repo import ROOT

MB = 2**20
SECRET = "the-grader's-own-secret"


@pytest.fixture(scope="session")
def nursery(tmp_path_factory):
    try:
        check_sandbox()
    except InputError as error:
        if os.environ.get("CI_SANDBOX") == "required":
            raise
        pytest.skip(f"no sandbox here, so nothing to attack: {error}")
    edition = tmp_path_factory.mktemp("edition")
    for folder in (edition, *edition.parents[:2]):
        folder.chmod(0o755)
    write_edition(student_files(ROOT), edition)
    os.environ["COURSE_TEST_SECRET"] = SECRET
    with Nursery(edition, Limits(memory=300 * MB, processes=32, disk=8 * MB)) as made:
        yield made
    del os.environ["COURSE_TEST_SECRET"]


@pytest.fixture(scope="session")
def students(nursery):
    """The class."""
    return Class(nursery)


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
