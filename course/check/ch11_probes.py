"""A further probe for chapter 11's checks: bytes, which no frame between two processes carries."""

from __future__ import annotations

from collections.abc import Sequence

from course.check.engine.probes import Function, Returned, probe, returned


@probe
def of_file(function: Function, name: str, head: Sequence[int], size: int) -> Returned:
    """The function's result for the first bytes of a file."""
    return returned(function(name, bytes(head), size))
