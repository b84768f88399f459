"""The parts of the live painter that one sees: sliders, buttons, pictures, lines of text. They know no painter."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets
import traitlets
from PIL import Image
from torch import Tensor

from course.errors import InputError
from course.figures import Figure
from course.images import check_whole, resize, to_image
from course.live.recipe import Settings

LEAST, MOST = -3.0, 1.0  # of alpha / beta, as powers of ten
MOST_TV = 20.0
SHOWN, THUMB = 344, 96  # longer side on the page, in pixels, of the painting and of the two pictures beside it
CONTROLS = 360  # width of the column of controls, in pixels


class Canvas(widgets.Image):  # type: ignore[misc]
    """A picture whose tooltip, the words for it, reaches the page.

    ipywidgets 8.1 asks every widget with a tooltip for the length of its description, and an image has none: without
    this one it would show an error in its place.
    """

    description = traitlets.Unicode("").tag(sync=True)


class Controls(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Sliders for the ratio and the total variation, a box to tick for each style layer, and the size.

    Args:
        settings: what they say at first.
        layers: names of all layers that can be ticked.
        sizes: that can be chosen, in pixels.
        with_tv: whether the slider of the total variation is shown.

    Raises:
        InputError: for settings that they cannot say, and for sizes that are no choice.
    """

    def __init__(
        self, settings: Settings, layers: Sequence[str], sizes: Sequence[int], *, with_tv: bool = True
    ) -> None:
        if not sizes:
            raise InputError("a live painter needs at least one size")
        for size in sizes:
            check_whole(size, "a size")
        self._layers, self._sizes = tuple(layers), tuple(sizes)
        self.check(settings)
        self.ratio = ratio_slider(settings.ratio)
        self.tv = widgets.FloatSlider(settings.tv, min=0, max=MOST_TV, step=0.5, readout_format=".1f", **_row("TV"))
        self.boxes = {name: widgets.Checkbox(name in settings.layers, description=name, indent=False,
                                             layout=widgets.Layout(width="70px")) for name in layers}  # fmt: skip
        options = [(f"{size} pixels", size) for size in sizes]
        self.size = widgets.Dropdown(options=options, value=settings.size, **_row("size"))
        label = widgets.Label("style layers")
        row = widgets.HBox([*self.boxes.values()], layout=widgets.Layout(flex_flow="row wrap"))
        shown = [self.ratio, ratio_ends(), *([self.tv] if with_tv else []), label, row, self.size]
        super().__init__(shown, layout=widgets.Layout(width=f"{CONTROLS}px"))

    @property
    def all(self) -> list[widgets.Widget]:
        """Whatever can be moved."""
        return [self.ratio, self.tv, *self.boxes.values(), self.size]

    @property
    def settings(self) -> Settings:
        """The current values of the controls. Perhaps no layer is ticked."""
        ticked = tuple(name for name, box in self.boxes.items() if box.value)
        return Settings(float(self.ratio.value), float(self.tv.value), ticked, int(self.size.value))

    def check(self, settings: Settings) -> None:
        """Raises InputError for settings that cannot be said here."""
        if not 10**LEAST <= settings.ratio <= 10**MOST:
            raise InputError(f"the ratio alpha / beta must be from {10**LEAST:g} to {10**MOST:g}, not {settings.ratio}")
        if not 0 <= settings.tv <= MOST_TV:
            raise InputError(f"the weight of the total variation must be from 0 to {MOST_TV:g}, not {settings.tv}")
        if unknown := [name for name in settings.layers if name not in self._layers]:
            raise InputError(f"no style layer {unknown[0]!r} here; there are {', '.join(self._layers)}")
        if not settings.layers:
            raise InputError(f"choose at least one style layer of {', '.join(self._layers)}")
        if settings.size not in self._sizes:
            raise InputError(f"no size {settings.size!r} here; there are {', '.join(map(str, self._sizes))}")

    def move(self, settings: Settings) -> None:
        """Brings every control to what `settings` say, as a hand would."""
        self.check(settings)
        # Ticks are set before others are taken away: there is no moment without a layer.
        for wanted in (True, False):
            for name, box in self.boxes.items():
                if (name in settings.layers) is wanted:
                    box.value = wanted
        self.ratio.value, self.tv.value, self.size.value = settings.ratio, settings.tv, settings.size


def ratio_slider(ratio: float, step: float = 0.05) -> widgets.FloatLogSlider:
    """The slider alpha / beta; `step` is in powers of ten."""
    return widgets.FloatLogSlider(ratio, base=10, min=LEAST, max=MOST, step=step, readout_format=".3g",
                                  **_row("alpha / beta"))  # fmt: skip


def ratio_ends() -> widgets.HTML:
    """What one comes nearer to at either end of the slider alpha / beta, to stand under it."""
    ends = "<span>← the painting</span><span>the photo →</span>"
    look = "display: flex; justify-content: space-between; line-height: 1; margin: -6px 64px 0 calc(7em + 8px)"
    return widgets.HTML(f"<div style='{look}'>{ends}</div>", layout=widgets.Layout(width="100%"))


def button(words: str, icon: str) -> widgets.Button:
    """A button with words on it; the icon only decorates."""
    return widgets.Button(description=words, icon=icon, layout=widgets.Layout(width="auto"))


def canvas(picture: Tensor, words: str) -> Canvas:
    """Where the painting is shown: as large for every size of it, so that nothing jumps. `words` say what it is."""
    height, width = picture.shape[2:]
    factor = SHOWN / max(height, width)
    layout = widgets.Layout(width=f"{round(width * factor)}px", height=f"{round(height * factor)}px", max_width="100%",
                            object_fit="fill")  # fmt: skip
    return Canvas(value=jpeg(picture), format="jpeg", tooltip=words, layout=layout)


def thumb(picture: Tensor, words: str) -> str:
    """A small picture that does not change, with its name under it, as HTML."""
    data = base64.b64encode(jpeg(resize(picture, min(2 * THUMB, max(picture.shape[2:]))))).decode()
    height, width = picture.shape[2:]
    factor = THUMB / max(height, width)
    return (
        f"<figure style='margin: 0 0 8px'><img src='data:image/jpeg;base64,{data}' alt='{html.escape(words)} picture' "
        f"width='{round(width * factor)}' height='{round(height * factor)}' style='display: block'>"
        f"<figcaption style='line-height: 1.4'>{html.escape(words)}</figcaption></figure>"
    )


def jpeg(picture: Tensor) -> bytes:
    """A picture [1, 3, H, W] as the file that is sent to the page.

    A small one is enlarged here, smoothly: browsers make squares and streaks of it.
    """
    image = to_image(picture)
    factor = SHOWN / max(image.size)
    if factor > 1:
        width, height = image.size
        image = image.resize((round(width * factor), round(height * factor)), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    image.save(file, format="JPEG", quality=88)
    return file.getvalue()


def with_still(live: Any, still: Figure) -> Any:
    """The formats of a live widget, and with them a picture of it as it is now, for pages without a kernel."""
    data, metadata = live if isinstance(live, tuple) else (live, {})
    picture, words = still._repr_mimebundle_()
    return {**data, **picture}, {**metadata, **words}


def alert(error: BaseException) -> str:
    """The error's message, as HTML that screen readers say at once."""
    text = told(error)
    place = _place(error)
    if place:
        text = f"{text}\n{place}"
    return (
        "<div role='alert' style='border-left: 4px solid #D55E00; padding: 4px 8px; line-height: 1.4; "
        f"white-space: pre-line'>⚠ {html.escape(text)}</div>"
    )


def told(error: BaseException) -> str:
    """The class and the message of anybody's exception; of one that notebooks show in its own words, these alone."""
    try:
        words = str(error)
    except BaseException:  # its class is a student's, and so is what makes text of it
        words = "(it cannot be written out)"
    return words if hasattr(type(error), "_render_traceback_") else f"{type(error).__name__}: {words}"


def _place(error: BaseException) -> str:
    """Where in the notebook's own code it happened, or nothing."""
    found, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == "__main__" and trace.tb_frame.f_code.co_name != "<module>":
            found = f"in {trace.tb_frame.f_code.co_name}, line {trace.tb_lineno} of its cell"
        trace = trace.tb_next
    return found


def _row(label: str) -> dict[str, object]:
    return {"description": label, "style": {"description_width": "7em"}, "layout": widgets.Layout(width="100%")}
