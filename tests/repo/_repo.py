"""Shared by the tests of the repository itself: its root, its files, its pyproject.toml."""

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]


@cache
def pyproject() -> dict[str, Any]:
    """pyproject.toml, parsed."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@cache
def _listed() -> tuple[Path, ...]:
    # safe.directory: a CI runner may own the folder under another name, which is no reason to look at nothing.
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    files = (ROOT / name for name in listing.split("\0") if name)
    return tuple(file for file in files if file.is_file())


def repo_files() -> tuple[Path, ...]:
    """Every file that is tracked, or would be after `git add .`."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout (an unpacked archive?): what is tracked cannot be known")
    return _listed()
