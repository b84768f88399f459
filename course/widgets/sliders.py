"""What live widgets with sliders have in common: a picture under them that is made anew when one of them is moved.

It is made in the thread of `course.live.worker`, a bit each turn, so that the kernel stays free for other cells.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, TypeVar

import ipywidgets as widgets
from torch import Tensor

from course.errors import InputError
from course.figures import Figure
from course.live.worker import WORKER
from course.widgets.controls import alert, canvas, with_still

Same = TypeVar("Same", bound="LiveSliders")


class LiveSliders(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Sliders, a picture, and a line of words. Shown, it begins to work; where nobody looks, it does not.

    Whoever inherits has the worker's ``turn`` and ``end``, `is_empty` and `still`, and sets ``_obeyed`` to ``_moves``
    when it has looked at the sliders.

    Args:
        sliders: by the names that `set` takes.
        photo: what is seen at first, [1, 3, H, W], RGB in [0, 1].
        alt: what the picture shows, for those who cannot see it.
        words: what stands under it at first.
    """

    def __init__(self, sliders: Mapping[str, Any], photo: Tensor, alt: str, words: str) -> None:
        self._sliders = dict(sliders)
        self._turn = threading.RLock()  # only one thread works: the worker, or the caller of run_sync
        self._moves, self._obeyed = 0, -1
        self._image, self._words = canvas(photo, alt), widgets.HTML()
        super().__init__([*self._sliders.values(), self._image, self._words])
        for slider in self._sliders.values():
            slider.observe(self._moved, names="value")
        self._view_count = 0  # from now on pages say how many views there are
        self.observe(self._seen, names="_view_count")
        self._say(words)

    def set(self: Same, **values: Any) -> Same:
        """Moves sliders, as a hand would, and returns the widget.

        Raises:
            InputError: for a slider that there is not.
        """
        for name, value in values.items():
            if name not in self._sliders:
                raise InputError(f"there is no slider {name!r}; there are {', '.join(self._sliders)}")
            self._sliders[name].value = value
        return self

    def close(self) -> None:
        """Takes it from the page, and ends its work."""
        WORKER.pause(self)
        super().close()

    def fail(self, error: BaseException) -> None:
        """Shows an exception. Called by the worker."""
        self._words.value = alert(error)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been made yet."""
        raise NotImplementedError

    def still(self) -> Figure:
        """What is to be seen now, for pages without a kernel."""
        raise NotImplementedError

    def _moved(self, change: object = None) -> None:
        self._moves += 1  # the thread that works looks: nobody waits here
        if self._view_count:
            WORKER.begin(self)

    def _seen(self, change: dict[str, Any]) -> None:
        before, now = change["old"] or 0, change["new"] or 0
        if now > before and self.is_empty:
            WORKER.begin(self)
        if now <= 0:
            WORKER.pause(self)

    def _say(self, words: str) -> None:
        self._words.value = f"<span role='status' aria-live='polite'>{words}</span>"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The live widget, and the pictures as they are now for pages without a kernel."""
        return with_still(super()._repr_mimebundle_(**options), self.still())
