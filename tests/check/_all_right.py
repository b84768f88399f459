"""Right answers of all chapters: every ``right_*.py`` in this folder is read."""

import importlib
from pathlib import Path

from tests.check._right import RIGHT

for _file in sorted(Path(__file__).parent.glob("right_*.py")):
    importlib.import_module(f"tests.check.{_file.stem}")

__all__ = ["RIGHT"]
