"""The one exception that means "what you gave cannot be used", with a message that says what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Bad input: a file, a tensor, a name or an option. The message names the value and the way out.

    The command line prints it as one line and exits with code 2.
    """


def nearest(wrong: str, known: Iterable[str]) -> str:
    """The known names that look most like a wrong one, the three nearest at most, as the end of a message.

    >>> nearest("swirl", ["cat", "swirls", "chalk"])
    "; did you mean 'swirls'?"
    >>> nearest("xyz", ["cat", "swirls", "chalk"])
    ''
    """
    found = [repr(name) for name in difflib.get_close_matches(wrong[:100].lower(), list(known), n=3)]
    return f"; did you mean {' or '.join(found)}?" if found else ""
