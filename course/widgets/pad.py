"""The live pad: two sliders over four styles, and the photo painted in their mixture while they are moved.

It paints in the thread of `course.live.worker`, one picture a turn, so that the kernel stays free for other cells.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets
from torch import Tensor

from course.errors import InputError
from course.figures import Figure, pictures
from course.images import check_single, check_whole
from course.live.worker import WORKER, End
from course.nets.feedforward import Painter
from course.widgets.controls import alert, canvas, jpeg


class LivePad(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
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
        check_single(photo)
        if len(set(corners)) != 4:
            raise InputError(f"a pad has four different corners, not {', '.join(corners)}")
        for corner in corners:
            painter.share(corner)  # what it has not learnt is said now, not at a move
        self._painter, self._photo, self._corners = painter, photo, tuple(corners)
        self.painting: Tensor | None = None
        self.painted, self.seconds = 0, 0.0
        self._turn = threading.RLock()  # only one thread paints: the worker, or the caller of run_sync
        self._moves, self._obeyed = 0, -1
        look = {"style": {"description_width": "4em"}, "layout": widgets.Layout(width="32em")}
        self._x = widgets.FloatSlider(0.5, min=0, max=1, step=0.02, description="across", **look)
        self._y = widgets.FloatSlider(0.5, min=0, max=1, step=0.02, description="down", **look)
        self._image, self._words = canvas(photo, "the photo in the mixture of styles"), widgets.HTML()
        super().__init__([self._x, self._y, self._image, self._words])
        for slider in (self._x, self._y):
            slider.observe(self._moved, names="value")
        self._view_count = 0  # from now on pages say how many views there are
        self.observe(self._seen, names="_view_count")
        self._say("○ not painted yet")

    @property
    def shares(self) -> dict[str, float]:
        """Of each corner, where the sliders are; their sum is 1."""
        x, y = float(self._x.value), float(self._y.value)
        return dict(zip(self._corners, ((1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y), strict=True))

    def set(self, **values: float) -> LivePad:
        """Moves x or y, each from 0 to 1, as a hand would.

        Raises:
            InputError: for something else.
        """
        sliders = {"x": self._x, "y": self._y}
        for name, value in values.items():
            if name not in sliders or not 0 <= value <= 1:
                raise InputError(f"the pad has x and y, each from 0 to 1, not {name}={value!r}")
            sliders[name].value = value
        return self

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

    def close(self) -> None:
        """Takes it from the page, and ends its work."""
        WORKER.pause(self)
        super().close()

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

    def fail(self, error: BaseException) -> None:
        """Shows an exception. Called by the worker."""
        self._words.value = alert(error)

    def _paint(self) -> None:
        self._obeyed, shares, began = self._moves, self.shares, time.perf_counter()
        self.painting = self._painter.paint(self._photo, self._painter.mixture(shares))
        took = time.perf_counter() - began
        self.painted, self.seconds = self.painted + 1, self.seconds + took
        self._image.value = jpeg(self.painting)
        self._say(f"{_mixture(shares)} · {1 / took:.0f} pictures a second")

    # --- What happens on the page -------------------------------------------------------------------------------------

    def _moved(self, change: object = None) -> None:
        self._moves += 1  # the thread that paints looks: nobody waits here
        if self._view_count:
            WORKER.begin(self)

    def _seen(self, change: dict[str, Any]) -> None:
        before, now = change["old"] or 0, change["new"] or 0
        if now > before and self.painting is None:
            WORKER.begin(self)
        if now <= 0:
            WORKER.pause(self)

    def _say(self, words: str) -> None:
        self._words.value = f"<span role='status' aria-live='polite'>{words}</span>"

    def still(self) -> Figure:
        """The photo and its painting as it is now, for pages without a kernel."""
        words = _mixture(self.shares) if self.painting is not None else "not painted yet"
        shown = self._photo if self.painting is None else self.painting
        return pictures([self._photo, shown], ["the photo", words], alt=f"A photo, and its painting: {words}")

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The live widget, and the pictures as they are now for pages without a kernel."""
        live = super()._repr_mimebundle_(**options)
        data, metadata = live if isinstance(live, tuple) else (live, {})
        still, words = self.still()._repr_mimebundle_()
        return {**data, **still}, {**metadata, **words}


def _mixture(shares: dict[str, float]) -> str:
    """The shares in words, the largest first, those that cannot be seen left out."""
    largest = sorted(shares.items(), key=lambda one: -one[1])
    return ", ".join(f"{share:.0%} {name}" for name, share in largest if share >= 0.005)
