"""The Dockerfile for instructors: it cannot be built here, so its text is held against the repository."""

import re

import pytest

from tests.repo._repo import ROOT, pyproject

TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
# Comments off, and each instruction on one line.
LINES = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE)).splitlines()
STEPS = [tuple(line.split(maxsplit=1)) for line in LINES if line.strip()]


def arguments(instruction):
    return [rest for name, rest in STEPS if name == instruction]


def test_it_begins_with_debian_and_ends_with_classroom_grade():
    assert STEPS[0] == ("FROM", "debian:bookworm-slim")  # its Python is 3.11, of the versions that we support
    module, _, function = pyproject()["project"]["scripts"]["classroom"].partition(":")
    assert (module, function) == ("classroom.cli", "main")
    assert STEPS[-1] == ("ENTRYPOINT", '["/course/.venv/bin/classroom", "grade"]')
    assert {name for name, _ in STEPS} == {"FROM", "RUN", "WORKDIR", "COPY", "ENTRYPOINT"}


def test_it_installs_what_the_sandbox_needs():
    (line,) = [run for run in arguments("RUN") if "apt-get" in run]
    packages = line.partition("--no-install-recommends ")[2].partition(" &&")[0].split()
    # bwrap; setpriv is util-linux's; the package python3 brings no venv along
    assert packages == ["bubblewrap", "python3", "python3-venv", "util-linux"]


def test_what_it_copies_is_there():
    copied = [source for line in arguments("COPY") for source in line.split()[:-1]]
    assert {
        "pyproject.toml",
        "requirements-dev.lock",
        "course",
        "classroom",
        "studio",
        "data",
        "notebooks",
        "solutions",
    } <= {*copied}
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert all(line.split()[-1] in ("./", line.split()[0]) for line in arguments("COPY"))
    for name in pyproject()["project"]["license-files"]:
        assert name in copied


def test_the_lock_is_installed_with_its_hashes_before_the_course():
    pips = [(place, rest) for place, (name, rest) in enumerate(STEPS) if name == "RUN" and "pip install" in rest]
    (first, lock), (second, course) = pips
    assert "--require-hashes" in lock and "-r requirements-dev.lock" in lock and "--no-deps" in lock
    assert course.endswith("--no-deps --no-build-isolation -e .")
    places = {rest.split()[-1]: place for place, (name, rest) in enumerate(STEPS) if name == "COPY"}
    assert places["./"] < second and first < places["course"] < second


@pytest.mark.parametrize("name", [".git", ".venv", "out"])
def test_what_is_large_and_local_stays_outside(name):
    assert name in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
