"""The message of a check that an answer has failed: two or three lines, without a traceback."""

from __future__ import annotations

from typing import Any


class _Note(Exception):
    """An exception that notebooks show as its own lines instead of a traceback."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines

    def _render_traceback_(self) -> list[str]:
        """The lines that IPython shows in place of a traceback."""
        return list(self.lines)


class CheckFailed(_Note, AssertionError):
    """An answer is wrong.

    Attributes:
        exercise: its name.
        mistake: the misunderstanding it looks like, a short name by which a class's mistakes can be counted.
    """

    def __init__(self, exercise: str, mistake: str, *lines: str) -> None:
        super().__init__(*lines)
        self.exercise = exercise
        self.mistake = mistake

    def __reduce__(self) -> tuple[Any, ...]:  # so that it survives the way out of a grader's process
        return type(self), (self.exercise, self.mistake, *self.lines)


class Unfinished(_Note, NotImplementedError):
    """An exercise that is still to be written. The stub of every exercise raises this.

    Args:
        exercise: its name.
        below: whether its check says so, which stands just below it; other cells say it in one line.
    """

    def __init__(self, exercise: str, below: bool = False) -> None:
        lines = [f"✎ {exercise} is not written yet, so this cell stops here. The rest of the chapter does not."]
        if below:
            lines += [
                "  Write it above and run this cell again. Or go on with ours, which earns no points:",
                f'      {exercise} = check.borrow("{exercise}")',
            ]
        super().__init__(*lines)
        self.exercise, self.below = exercise, below

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.exercise, self.below)
