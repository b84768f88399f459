"""Painting while somebody watches: `painting` follows a changing wish, `worker` runs it in a thread.

There is no widget in here: a notebook's sliders (`course.widgets`) and a web page can both stand on it.
"""

import importlib
from typing import Any

_WIDGETS = ("Explorer", "LivePainter", "alpha_beta_grid", "explore")  # were here once: notebooks handed out earlier ask


def __getattr__(name: str) -> Any:
    if name in _WIDGETS:
        return getattr(importlib.import_module("course.widgets"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
