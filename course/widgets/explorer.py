"""Sliders for chapters: a function of what the sliders say draws the picture under them, with a number to read.

::

    def look(layer, channel):
        answer = maps[layer][channel]
        return figures.pictures([answer], alt=f"channel {channel} of {layer}"), "mean answer", answer.mean()

    explore(look, layer=["conv1_1", "conv2_1"], channel=(0, 63))

A slider is a question: predict, move, read, explain. The number is under the picture and in ``explorer.number``;
``explorer.set(layer="conv2_1")`` moves a slider by code.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import ipywidgets as widgets

from course.errors import InputError
from course.figures import Figure
from course.widgets.controls import told, with_still


class Slider(Protocol):
    """A control of ipywidgets, ready made."""

    value: Any


Choice = Sequence[Any] | tuple[int, int] | Slider
Draw = Callable[..., tuple[Figure, str, float]]


class Explorer(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Sliders above a picture and a caption. Where no kernel runs, the stored picture is shown instead.

    Args:
        draw: called with one keyword for each slider; returns a figure, what is measured, and the number.
        choices: for each keyword (least, most) for whole numbers, a list of at least two values, or a slider.

    Attributes:
        figure: the picture.
        number: the one under the picture.

    Raises:
        InputError: without choices, or for one that leaves nothing to choose.
    """

    def __init__(self, draw: Draw, **choices: Choice) -> None:
        if not choices:
            raise InputError("explore needs at least one slider: explore(draw, layer=[...])")
        self._draw = draw
        self._sliders = {name: _slider(name, choice) for name, choice in choices.items()}
        self._output = widgets.HTML()
        self._redraw()
        for slider in self._sliders.values():
            slider.observe(self._redraw, names="value")
        super().__init__([*self._sliders.values(), self._output])

    def set(self, **values: Any) -> Explorer:
        """Moves sliders, as a hand would.

        Raises:
            InputError: for a slider that does not exist.
        """
        for name, value in values.items():
            if name not in self._sliders:
                raise InputError(f"there is no slider {name!r}; there are {', '.join(self._sliders)}")
            self._sliders[name].value = value
        return self

    def _redraw(self, change: object = None) -> None:
        try:
            values = {name: slider.value for name, slider in self._sliders.items()}
            self.figure, label, number = self._draw(**values)
            self.number = float(number)
        except BaseException as error:
            # Seen by the student: an exception in a callback would end in a log that nobody reads. And raised.
            self._output.value = f"<p role='alert'>⚠ {html.escape(told(error))}</p>"
            if change is None or isinstance(error, Exception):
                raise
            # In a callback it would end the thread that serves all sliders of the notebook, without a word.
            raise RuntimeError(f"what draws the picture raised {told(error)}") from error
        picture = base64.b64encode(self.figure.jpeg).decode()
        self._output.value = (
            f"<figure style='margin: 0'><img src='data:image/jpeg;base64,{picture}' width='{self.figure.width}' "
            f"style='display: block; max-width: 100%' alt='{html.escape(self.figure.alt, quote=True)}'>"
            f"<figcaption aria-live='polite'>{html.escape(label)}: {self.number:.3g}</figcaption></figure>"
        )

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The live widget, and the picture as it is now for pages without a kernel."""
        return with_still(super()._repr_mimebundle_(**options), self.figure)


def explore(draw: Draw, **choices: Choice) -> Explorer:
    """Sliders above what `draw` makes of their values; see `Explorer`."""
    return Explorer(draw, **choices)


def _slider(name: str, choice: Any) -> widgets.Widget:
    label = {"description": name.replace("_", " "), "style": {"description_width": "7em"},
             "layout": widgets.Layout(width="32em")}  # fmt: skip
    if isinstance(choice, widgets.Widget):
        return choice
    if isinstance(choice, tuple):
        if len(choice) != 2 or not choice[0] < choice[1]:
            raise InputError(f"the slider {name!r} needs (least, most), not {choice!r}")
        return widgets.IntSlider(value=choice[0], min=choice[0], max=choice[1], continuous_update=True, **label)
    if len(choice) < 2:
        raise InputError(f"the slider {name!r} needs at least two values, not {list(choice)!r}")
    return widgets.SelectionSlider(options=list(choice), continuous_update=True, **label)
