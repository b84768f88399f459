"""An order: what is to be painted, in full, so that any process on any machine can do it. No torch in here."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

from studio.choice import MOST_MIXED, is_token

T = TypeVar("T")
Effort = Literal["quick", "properly"]
Source = str | bytes  # a name of the gallery, or the JPEG of a picture that somebody has sent

EFFORTS: tuple[Effort, ...] = get_args(Effort)
SIZES = (256, 384, 512)  # longer side, in pixels
STEPS: Mapping[Effort, int] = {"quick": 60, "properly": 40}
# Weight of the style; that of the content is 1. 7 is the course's own, each place is about twice the one before.
STRENGTHS: Mapping[int, float] = {1: 2, 2: 4, 3: 7, 4: 15, 5: 30}
DEFAULT_STRENGTH = 3


class OrderError(ValueError):
    """A form that no page of ours sends. The message says what is wrong with it."""


class NotYoursError(OrderError):
    """What was asked for is up to somebody else.

    Attributes:
        status: of the answer in HTTP.
    """

    status = 403


@dataclass(frozen=True)
class Manner:
    """How it is painted.

    Attributes:
        effort: "quick" by the slim network alone, "properly" by Oxford's after drafts of the slim one.
        strength: of the style, 1 to 5, see `STRENGTHS`.
        size: longer side of the painting, in pixels, one of `SIZES`.
        keep_colours: whether the photo's own colours are laid over what is painted.
    """

    effort: Effort = "quick"
    strength: int = DEFAULT_STRENGTH
    size: int = SIZES[0]
    keep_colours: bool = False

    @property
    def beta(self) -> float:
        """Weight of the style, in relative units."""
        return STRENGTHS[self.strength]


@dataclass(frozen=True)
class Order:
    """What one job paints.

    Attributes:
        photo: what is to be seen.
        styles: how it is to be painted; several are mixed in equal parts.
        manner: the rest.
    """

    photo: Source
    styles: tuple[Source, ...]
    manner: Manner


def manner(fields: Mapping[str, str]) -> Manner:
    """Reads a form; what is missing is as it is by default.

    Raises:
        OrderError: for a value that the form does not offer.
    """
    efforts: dict[str, Effort] = {effort: effort for effort in EFFORTS}
    return Manner(
        _offered(fields, "effort", efforts, "quick"),
        _offered(fields, "strength", {str(each): each for each in STRENGTHS}, DEFAULT_STRENGTH),
        _offered(fields, "size", {str(each): each for each in SIZES}, SIZES[0]),
        _offered(fields, "keep_colours", {"": False, "yes": True}, False),
    )


def _offered(fields: Mapping[str, str], name: str, offers: Mapping[str, T], default: T) -> T:
    value = fields.get(name)
    if value is None:
        return default
    if value not in offers:
        raise OrderError(f"The form has no choice “{value[:40]}” for {name.replace('_', ' ')}.")
    return offers[value]


def command_line(photo: str, styles: Sequence[str], how: Manner) -> str | None:
    """The same painting from a terminal; None for what `course paint` cannot do.

    >>> command_line("cat", ["swirls"], Manner())
    'course paint cat swirls -o painting.png --weights slim --steps 60'

    Args:
        photo: a name of the gallery, or the token of a picture that was sent.
        styles: the same.
        how: the manner.
    """
    if len(styles) > 1:
        return None
    words = ["course", "paint", "photo.jpg" if is_token(photo) else photo]
    words += ["style.jpg" if is_token(styles[0]) else styles[0], "-o", "painting.png"]
    if how.size != SIZES[0]:
        words += ["--size", str(how.size)]
    words += ["--weights", "slim"] if how.effort == "quick" else ["--drafts"]
    words += ["--steps", str(STEPS[how.effort])]
    if how.strength != DEFAULT_STRENGTH:
        words += ["--beta", f"{how.beta:g}"]
    if how.keep_colours:
        words += ["--colours", "photo"]
    return shlex.join(words)


def check(styles: Sequence[str]) -> None:
    """Raises OrderError unless there are one to four styles, each once."""
    if not 1 <= len(styles) <= MOST_MIXED or len(set(styles)) < len(styles):
        raise OrderError(f"A painting needs one style, or up to {MOST_MIXED} to mix.")
