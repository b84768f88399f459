"""What a check can tell in a notebook alone: that a function is left over from before its cell was changed."""

from __future__ import annotations

import inspect
import re
import sys
from typing import Any

OLD = (
    "⚠ The cell with def {name} was run again since and stopped, so {name} is still the function from before. "
    "Mend that cell and run it first."
)


def from_before(name: str, function: Any) -> bool:
    """Whether a later cell was to define this function of the notebook, and did not come to it."""
    running = sys.modules.get("IPython")
    shell = running.get_ipython() if running else None
    if shell is None or getattr(function, "__name__", "") != name:
        return False
    try:
        source = inspect.getsource(function).strip()
    except (OSError, TypeError):  # it is not from a cell, or no function
        return False
    definition = re.compile(rf"^def[ \t]+{name}[ \t]*\(", re.MULTILINE)
    if not definition.match(source):
        return False
    defining = [cell for cell in shell.history_manager.input_hist_raw if definition.search(cell)]
    return bool(defining) and source not in defining[-1]
