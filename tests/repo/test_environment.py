"""environment.yml says the same as pyproject.toml."""

import re

import yaml
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tests.repo._repo import ROOT, pyproject

ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
CONDA = [entry for entry in ENVIRONMENT["dependencies"] if isinstance(entry, str)]
PIP = [entry for entry in ENVIRONMENT["dependencies"] if not isinstance(entry, str)]


def test_only_conda_forge_is_asked():
    assert set(ENVIRONMENT["channels"]) - {"nodefaults"} == {"conda-forge"}


def test_conda_gives_python_and_pip_and_nothing_else():
    names = [re.split(r"[ =<>!~]", entry, maxsplit=1)[0] for entry in CONDA]
    assert sorted(names) == ["pip", "python"]


def test_its_python_is_one_that_the_package_supports():
    (python,) = [entry for entry in CONDA if entry.startswith("python")]
    wanted = re.fullmatch(r"python=(\d+\.\d+)", python)
    assert wanted, f"{python!r}: write one minor version, as in python=3.12"
    assert Version(wanted[1]) in SpecifierSet(pyproject()["project"]["requires-python"])


def test_pip_installs_this_project_editable_and_nothing_else():
    assert PIP, "environment.yml has no pip: part"
    assert [list(part) for part in PIP] == [["pip"]]
    (entry,) = PIP[0]["pip"]
    editable = re.fullmatch(r"-e \.(?:\[([a-z, ]+)\])?", entry)
    assert editable, f"{entry!r}: the list of packages lives in pyproject.toml, so this is -e . and nothing more"
    extras = {name.strip() for name in (editable[1] or "").split(",") if name.strip()}
    assert extras <= set(pyproject()["project"]["optional-dependencies"])
