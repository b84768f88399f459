"""Which style is meant by what was ticked. The server decides: a page may have been changed on its way."""

from __future__ import annotations

from collections.abc import Collection, Sequence

MOST_MIXED = 4


class ChoiceError(ValueError):
    """What was chosen cannot be painted. The message is for the page, beside the field.

    Attributes:
        mixable: whether a mixture of what was chosen can be painted.
        unknown: whether a name was none of ours, which no page of ours sends.
    """

    def __init__(self, sentence: str, mixable: bool = False, unknown: bool = False) -> None:
        super().__init__(sentence)
        self.mixable = mixable
        self.unknown = unknown


def pick_style(chosen: Sequence[str], known: Collection[str], mix: bool = False) -> tuple[str, ...]:
    """The style that was chosen, or those that are to be mixed, in the order in which they were.

    >>> pick_style(["fans"], ["fans", "swirls"])
    ('fans',)

    Args:
        chosen: names as they came; a name that came twice counts once, an empty one not at all.
        known: names that there are.
        mix: whether several are meant to be mixed.

    Raises:
        ChoiceError: for none, an unknown one, several without `mix`, and more than `MOST_MIXED` with it.
    """
    names = tuple(dict.fromkeys(name for name in chosen if name))
    if unknown := [name for name in names if name not in known]:
        raise ChoiceError(f"There is no style “{unknown[0][:40]}” here. Choose one of these.", unknown=True)
    if not names:
        raise ChoiceError("Choose a style: one of these pictures.")
    if len(names) > MOST_MIXED and mix:
        raise ChoiceError(f"At most {MOST_MIXED} styles can be mixed, and {len(names)} are chosen. Take some away.")
    if len(names) > 1 and not mix:
        few = len(names) <= MOST_MIXED
        words = f"{', '.join(map(spoken, names[:-1]))} or {spoken(names[-1])}" if few else f"{len(names)} are chosen"
        mixing = "You can also mix them." if few else f"Up to {MOST_MIXED} can be mixed."
        raise ChoiceError(f"Only one, please: {words}? {mixing}", mixable=few)
    return names


def spoken(name: str) -> str:
    """The name of a picture of the gallery as a word; anything else is somebody's own."""
    return "your own" if is_token(name) else name.replace("_", " ")


def is_token(name: str) -> bool:
    """Whether this is the address of something that a visitor has sent or ordered, 128 random bits in hexadecimal."""
    return len(name) == 32 and all(letter in "0123456789abcdef" for letter in name)
