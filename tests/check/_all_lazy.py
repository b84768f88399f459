"""Lazy answers of all chapters: every ``lazy_*.py`` in this folder is read."""

import importlib
from pathlib import Path

from tests.check._lazy import LAZY

for _file in sorted(Path(__file__).parent.glob("lazy_*.py")):
    importlib.import_module(f"tests.check.{_file.stem}")

__all__ = ["LAZY"]
