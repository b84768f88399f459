"""Wrong answers of students: some for each exercise, by the short name that its check gives them.

The answer key prints what the checks say to them, and tests hold the checks to it. A chapter brings its own files,
``chN_*.py``; all that lie here are read.
"""

import importlib
import pkgutil

from classroom.mistakes.registry import WRONG

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["WRONG"]
