"""The quick painter of all styles, if its weights are there: a photo in twenty styles within two seconds."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

from course.files import DATA

if TYPE_CHECKING:
    from torch import Tensor

NAME = "twenty"


class Painter(Protocol):
    """The interface of the quick painter that the studio uses."""

    def in_each_style(self, photo: Tensor) -> Iterator[tuple[str, Tensor]]:
        """The photo [1, 3, H, W] in each style: name of the style, painting [1, 3, H, W]."""


def available() -> bool:
    """Whether there is such a painter here. Imports no torch."""
    weights = (DATA / "painters" / f"{NAME}.pt").is_file()
    return weights and importlib.util.find_spec("course.nets.feedforward") is not None


@cache
def painter() -> Painter:
    """The painter, loaded once."""
    feedforward = importlib.import_module("course.nets.feedforward")
    return cast(Painter, feedforward.load_painter(NAME))
