"""The live dream: two sliders, depth and octaves, above a dream that begins anew whenever one of them is moved.

It goes on one step a turn, see `course.widgets.sliders`.
"""

from __future__ import annotations

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
from course.widgets.controls import jpeg
from course.widgets.sliders import LiveSliders

PICTURES_A_SECOND = 12.0


class LiveDream(LiveSliders):
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
        self._due, self._what = 0.0, ""
        look = {"style": {"description_width": "7em"}, "layout": widgets.Layout(width="32em")}
        sliders = {
            "layer": widgets.SelectionSlider(options=list(layers), description="layer", **look),
            "octaves": widgets.IntSlider(min(3, octaves[1]), *octaves, description="octaves", **look),
        }
        super().__init__(sliders, photo, "the dream as it is now", "○ not dreaming yet")

    @property
    def is_dreaming(self) -> bool:
        """Whether it dreams now, in the background."""
        return WORKER.job is self

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been dreamt yet."""
        return self.step is None

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

    def _advance(self) -> bool:
        if self._dream is None or self._obeyed != self._moves:
            self._obeyed, self.step = self._moves, None
            layer, octaves = (slider.value for slider in self._sliders.values())
            self._what = f"{layer}, octaves {octaves}"
            self._dream = dream(self._net, self._photo, layer, octaves=octaves, **self._options)
        step = next(self._dream, None)
        if step is not None:
            self.step = step
        return step is not None

    # --- What happens on the page -------------------------------------------------------------------------------------

    def _show(self) -> None:
        step = self.step
        if step is not None:
            self._image.value = jpeg(step.image)
            height, width = step.picture.shape[2:]
            over = step.number == step.of
            state = "✓ dreamt" if over else "● dreaming"
            what = f"{self._what} · {width} × {height} pixels · step {step.number} of {step.of}"
            self._say(f"{state}: {what}")

    def still(self) -> Figure:
        """The photo and the dream as it is now, for pages without a kernel."""
        dreamt = self.step.image if self.step else self._photo
        words = f"after {self.step.number} steps of {self._sliders['layer'].value}" if self.step else "not begun yet"
        return pictures(
            [self._photo, dreamt], ["the photo", f"the dream, {words}"], alt=f"A photo and a dream, {words}"
        )
