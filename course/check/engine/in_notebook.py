"""What checks do in a notebook: "not written yet" is shown as a note, not as an error, and old functions are noticed."""

from __future__ import annotations

import html
import inspect
import re
import sys
from collections.abc import Sequence
from typing import Any

from course.check.engine.failures import Unfinished

OLD = (
    "⚠ The cell with def {name} was run again since and stopped, so {name} is still the function from before. "
    "Mend that cell and run it first."
)


class Note:
    """Lines that a notebook shows below a cell that waits for an exercise."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def __repr__(self) -> str:
        return "\n".join(self._lines)

    def _repr_html_(self) -> str:
        style = "border-left: 4px solid #0072B2; padding: 4px 8px; white-space: pre-wrap"
        return f"<div role='note' style='{style}'>{html.escape(repr(self))}</div>"


def show_as_notes() -> None:
    """From now on IPython, if it runs, shows `Unfinished` as a note; the cell stops as ever."""
    if shell := _shell():
        shell.set_custom_exc((Unfinished,), _show)


def from_before(name: str, function: Any) -> bool:
    """Whether a later cell was to define this function of the notebook, and did not come to it."""
    shell = _shell()
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


def _show(shell: Any, kind: type[BaseException], error: Unfinished, trace: Any, tb_offset: int | None = None) -> None:
    from IPython.display import display

    display(Note(error.lines))  # type: ignore[no-untyped-call]


def _shell() -> Any:
    """IPython's shell; None where IPython does not run."""
    running = sys.modules.get("IPython")
    return running.get_ipython() if running else None
