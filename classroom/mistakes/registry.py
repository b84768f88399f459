"""Where the wrong answers of all chapters register."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

Function = Callable[..., Any]

WRONG: defaultdict[str, dict[str, Function]] = defaultdict(dict)  # exercise -> mistake -> function


def wrong(exercise: str, mistake: str) -> Callable[[Function], Function]:
    """A function that a student might write, and the misunderstanding that the check should see in it."""

    def register(function: Function) -> Function:
        assert mistake not in WRONG[exercise], "one wrong answer for each mistake"
        WRONG[exercise][mistake] = function
        return function

    return register
