"""The live pad: two sliders over four styles, and the photo painted in their mixture while they are moved.

It paints one picture a turn, see `course.widgets.sliders`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import ipywidgets as widgets
from torch import Tensor

from course.errors import InputError
from course.figures import Figure, pictures
from course.images import check_given, check_whole
from course.live.worker import WORKER, End
from course.nets.feedforward import Painter
from course.widgets.controls import jpeg
from course.widgets.sliders import LiveSliders

WAYS = ("across", "down")
WIDEST = 45  # characters of a title over half of the page


class LivePad(LiveSliders):
    """A photo between four styles: move across or down, and it is painted anew, at once.

    Across goes from the first style to the second, and from the third to the fourth; down from the first to the third,
    and from the second to the fourth. Shown as the last expression of a cell it paints by itself; where nobody looks,
    as in a test of a notebook, it does not.

    Args:
        painter: a network that knows the styles.
        photo: [1, 3, H, W], RGB in [0, 1].
        corners: four of the painter's styles: above left and right, below left and right.

    Attributes:
        painting: the latest, [1, 3, H, W], None before the first.
        painted: how many there were.
        seconds: that painting them took.

    Raises:
        InputError: for something that is no single picture, and for corners that are not four styles of the painter.
    """

    def __init__(self, painter: Painter, photo: Tensor, corners: Sequence[str]) -> None:
        check_given(photo, "the photo")
        if len(set(corners)) != 4:
            raise InputError(f"a pad has four different corners, not {', '.join(corners)}")
        for corner in corners:
            painter.share(corner)  # what it has not learnt is said now, not at a move
        self._painter, self._photo, self._corners = painter, photo, tuple(corners)
        self.painting: Tensor | None = None
        self.painted, self.seconds = 0, 0.0
        look = {"style": {"description_width": "4em"}, "layout": widgets.Layout(width="32em")}
        across, down = (widgets.FloatSlider(0.5, min=0, max=1, step=0.02, description=one, **look) for one in WAYS)
        super().__init__({"x": across, "y": down}, photo, "the photo in the mixture of styles", "○ not painted yet")
        self._mixed(self.shares)  # what cannot be painted, as with a function that is not written, is said now as well

    @property
    def shares(self) -> dict[str, float]:
        """Of each corner, where the sliders are; their sum is 1."""
        x, y = (float(slider.value) for slider in self._sliders.values())
        return dict(zip(self._corners, ((1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y), strict=True))

    def set(self, **values: float) -> LivePad:
        """Moves x or y, each from 0 to 1, as a hand would.

        Raises:
            InputError: for something else.
        """
        for name, value in values.items():
            if name not in self._sliders or not 0 <= value <= 1:
                raise InputError(f"the pad has x and y, each from 0 to 1, not {name}={value!r}")
        return super().set(**values)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been painted yet."""
        return self.painting is None

    def run_sync(self, n: int = 1) -> LivePad:
        """Paints n times here and now, as a test wants it.

        Raises:
            InputError: if n is not a whole number of at least 1.
        """
        check_whole(n, "the number of paintings")
        WORKER.pause(self)
        with self._turn:
            for _ in range(n):
                self._paint()
        return self

    # --- The worker's turns -------------------------------------------------------------------------------------------

    def turn(self) -> bool:
        """One painting, if the sliders have moved since the last. Called by the worker."""
        with self._turn:
            if WORKER.job is not self:  # paused just now: whoever did it relies on that
                return False
            self._paint()
            return self._obeyed != self._moves

    def end(self, why: End) -> None:
        """Every picture has been shown already. Called by the worker."""

    def _mixed(self, shares: dict[str, float]) -> Tensor:
        return self._painter.paint(self._photo, self._painter.mixture(shares))

    def _paint(self) -> None:
        self._obeyed, shares, began = self._moves, self.shares, time.perf_counter()
        self.painting = self._mixed(shares)
        took = time.perf_counter() - began
        self.painted, self.seconds = self.painted + 1, self.seconds + took
        self._image.value = jpeg(self.painting)
        self._say(f"{_mixture(shares)} · {1 / took:.0f} pictures a second")

    def still(self) -> Figure:
        """The photo and its painting as it is now, for pages without a kernel."""
        words = _mixture(self.shares) if self.painting is not None else "not painted yet"
        shown = self._photo if self.painting is None else self.painting
        title = words if len(words) <= WIDEST else "all of them mixed"
        return pictures([self._photo, shown], ["the photo", title], alt=f"A photo, and its painting: {words}")


def _mixture(shares: dict[str, float]) -> str:
    """The shares in words, the largest first, those that cannot be seen left out."""
    largest = sorted(shares.items(), key=lambda one: -one[1])
    return ", ".join(f"{share:.0%} {name}" for name, share in largest if share >= 0.005)
