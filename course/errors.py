"""The one exception that means "what you gave cannot be used", with a message that says what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Bad input: a file, a tensor, a name or an option. The message names the value and the way out.

    The command line prints it as one line and exits with code 2.
    """


def check_string(value: object, what: str, example: str) -> None:
    """Make sure that a name is a string: anything else may have no length, no order, and no single truth.

    Args:
        value: what was given as a name.
        what: what it names, as the message calls it, such as "the name of a picture".
        example: a right one.

    Raises:
        InputError: if it is none; the message shows the example.

    >>> check_string(3, "the name of a picture", "cat")
    Traceback (most recent call last):
    course.errors.InputError: the name of a picture must be a string such as 'cat', not int
    """
    if not isinstance(value, str):
        raise InputError(f"{what} must be a string such as {example!r}, not {type(value).__name__}")


def nearest(wrong: str, known: Iterable[str]) -> str:
    """The known names that look most like a wrong one, the three nearest at most, as the end of a message.

    >>> nearest("swirl", ["cat", "swirls", "chalk"])
    "; did you mean 'swirls'?"
    >>> nearest("xyz", ["cat", "swirls", "chalk"])
    ''
    """
    found = [repr(name) for name in difflib.get_close_matches(wrong[:100].lower(), list(known), n=3)]
    return f"; did you mean {' or '.join(found)}?" if found else ""
