"""The live dream: two sliders, depth and octaves, above a dream that begins anew whenever one of them is moved.

It goes on in the thread of `course.live.worker`, one step a turn, so that the kernel stays free for other cells.
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
from course.images import check_whole
from course.live.worker import WORKER, End
from course.nets.vgg import VGG
from course.neurons.dreaming import Dream, DreamStep, dream
from course.widgets.controls import alert, canvas, jpeg

PICTURES_A_SECOND = 12.0


class LiveDream(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A dream to look at while it is dreamt: move a slider, and it begins anew.

    Shown as the last expression of a cell it starts by itself; where nobody looks, as in a test of a notebook, it does
    not. When the dream is over it rests.

    Args:
        net: whose layers they are.
        photo: [1, 3, H, W], RGB in [0, 1].
        layers: what the slider "layer" offers.
        octaves: least and most of the slider "octaves".
        options: anything else that `course.neurons.dreaming.dream` takes by name.

    Attributes:
        step: the latest of this dream, None before the first.

    Raises:
        InputError: for arguments that cannot be dreamt with, whichever way the sliders are moved.
    """

    def __init__(
        self, net: VGG, photo: Tensor, layers: Sequence[str], octaves: tuple[int, int] = (1, 4), **options: Any
    ) -> None:
        if len(layers) < 2 or not octaves[0] < octaves[1]:
            raise InputError("a live dream needs at least two layers, and octaves=(least, most)")
        self._net, self._photo, self._options = net, photo, options
        for layer in layers:
            dream(net, photo, layer, octaves=octaves[1], **options)  # what cannot be is said now, not at a move
        self.step: DreamStep | None = None
        self._dream: Dream | None = None
        self._turn = threading.RLock()  # only one thread dreams: the worker, or the caller of run_sync
        self._moves = self._obeyed = 0
        self._due = 0.0
        look = {"style": {"description_width": "7em"}, "layout": widgets.Layout(width="32em")}
        self._layer = widgets.SelectionSlider(options=list(layers), description="layer", **look)
        self._octaves = widgets.IntSlider(min(3, octaves[1]), *octaves, description="octaves", **look)
        self._image, self._words = canvas(photo, "the dream as it is now"), widgets.HTML()
        super().__init__([self._layer, self._octaves, self._image, self._words])
        for slider in (self._layer, self._octaves):
            slider.observe(self._moved, names="value")
        self._view_count = 0  # from now on pages say how many views there are
        self.observe(self._seen, names="_view_count")
        self._say("○ not dreaming yet")

    @property
    def is_dreaming(self) -> bool:
        """Whether it dreams now, in the background."""
        return WORKER.job is self

    def set(self, **values: Any) -> LiveDream:
        """Moves layer or octaves, as a hand would.

        Raises:
            InputError: for something else.
        """
        sliders = {"layer": self._layer, "octaves": self._octaves}
        for name, value in values.items():
            if name not in sliders:
                raise InputError(f"there is no slider {name!r}; there are {', '.join(sliders)}")
            sliders[name].value = value
        return self

    def run_sync(self, n: int) -> LiveDream:
        """Dreams n steps here and now, as a test wants it; fewer if the dream is over before.

        Raises:
            InputError: if n is not a whole number of at least 1.
        """
        check_whole(n, "the number of steps")
        WORKER.pause(self)
        with self._turn:
            for _ in range(n):
                if not self._advance():
                    break
        self._show()
        return self

    def close(self) -> None:
        """Takes it from the page, and ends its work."""
        WORKER.pause(self)
        super().close()

    # --- The worker's turns -------------------------------------------------------------------------------------------

    def turn(self) -> bool:
        """One step, and what is to be seen of it. Called by the worker."""
        with self._turn:
            if not self.is_dreaming:  # paused just now: whoever did it relies on that
                return False
            goes_on = self._advance()
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + 1 / PICTURES_A_SECOND
            self._show()
        return goes_on

    def end(self, why: End) -> None:
        """The last picture is always shown. Called by the worker."""
        if why != "failed":
            self._show()

    def fail(self, error: BaseException) -> None:
        """Shows an exception. Called by the worker."""
        self._words.value = alert(error)

    def _advance(self) -> bool:
        if self._dream is None or self._obeyed != self._moves:
            self._obeyed, self.step = self._moves, None
            self._dream = dream(self._net, self._photo, self._layer.value, octaves=self._octaves.value, **self._options)
        step = next(self._dream, None)
        if step is not None:
            self.step = step
        return step is not None

    # --- What happens on the page -------------------------------------------------------------------------------------

    def _moved(self, change: object = None) -> None:
        self._moves += 1  # the thread that dreams looks: nobody waits here for the end of its step
        if self._view_count:
            WORKER.begin(self)

    def _seen(self, change: dict[str, Any]) -> None:
        before, now = change["old"] or 0, change["new"] or 0
        if now > before and self.step is None:
            WORKER.begin(self)
        if now <= 0:
            WORKER.pause(self)

    def _show(self) -> None:
        step = self.step
        if step is not None:
            self._image.value = jpeg(step.image)
            height, width = step.picture.shape[2:]
            over = step.number == step.of
            state = "✓ dreamt" if over else "● dreaming"
            self._say(f"{state}: {width} × {height} pixels · step {step.number} of {step.of}")

    def _say(self, words: str) -> None:
        self._words.value = f"<span role='status' aria-live='polite'>{words}</span>"

    def still(self) -> Figure:
        """The photo and the dream as it is now, for pages without a kernel."""
        dreamt = self.step.image if self.step else self._photo
        words = f"after {self.step.number} steps of {self._layer.value}" if self.step else "not begun yet"
        return pictures(
            [self._photo, dreamt], ["the photo", f"the dream, {words}"], alt=f"A photo and a dream, {words}"
        )

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The live widget, and the pictures as they are now for pages without a kernel."""
        live = super()._repr_mimebundle_(**options)
        data, metadata = live if isinstance(live, tuple) else (live, {})
        still, words = self.still()._repr_mimebundle_()
        return {**data, **still}, {**metadata, **words}
