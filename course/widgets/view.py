"""The visible part of a live painter beside its controls: the painting, buttons, words, and the curve of the losses."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

import ipywidgets as widgets

from course.figures import Figure, pictures
from course.live.painting import LivePainting
from course.live.recipe import SUM
from course.synthesis import Step
from course.widgets.controls import CONTROLS, SHOWN, Controls, alert, button, canvas, jpeg, thumb
from course.widgets.curve import curve

REMEMBERED = 200  # steps in the curve
ICONS = {"Start": "play", "Pause": "pause", "Restart": "undo", "Save": "save"}


class History:
    """The losses of the latest steps and when they were taken.

    Attributes:
        count: of all steps, those that have left the curve at its left counted in.
        marks: numbers of the steps at which something was changed.
    """

    def __init__(self) -> None:
        self.count = 0
        self.marks: deque[int] = deque(maxlen=20)
        self._losses: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)
        self._times: deque[float] = deque(maxlen=20)
        self._drafted = False

    def add(self, step: Step) -> None:
        """One more step."""
        if self._drafted and not step.drafted and step.number > 1:
            self.mark()  # the network itself takes over, and measures otherwise
        self.count += 1
        self._drafted = step.drafted
        self._losses.append((step.losses["content"], step.losses["style"]))
        self._times.append(time.monotonic())

    def mark(self) -> None:
        """The next step obeys something new."""
        self.marks.append(self.count + 1)

    def pause(self) -> None:
        """The time until the next step tells nothing of the speed."""
        self._times.clear()

    @property
    def speed(self) -> float:
        """Steps a second, lately; 0 if that is not known."""
        times = tuple(self._times)
        return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 and times[-1] > times[0] else 0.0

    def curve(self) -> str:
        """Both losses as a drawing, see `course.widgets.curve`; nothing before the first step."""
        if not self._losses:
            return ""
        content, style = ([losses[k] for losses in self._losses] for k in (0, 1))
        words = f"content loss {content[-1]:.3g} and style loss {style[-1]:.3g} after {self.count} steps"
        first = self.count - len(content) + 1
        return curve({"content": content, "style": style}, first, tuple(self.marks), words)


class PainterView:
    """The widgets of a live painter. Any thread may change what they show.

    Args:
        painting: whose pictures are shown.
        controls: the sliders beside them.
        actions: what the buttons do, by their names, those of `ICONS`.

    Attributes:
        rows: all that is to stand on the page, one below the other.
        history: of the losses; `note` adds to it.
    """

    def __init__(self, painting: LivePainting, controls: Controls, actions: Mapping[str, Callable[[], object]]) -> None:
        self._painting = painting
        self._drawing = threading.RLock()
        self._shown: Step | None = None
        self.history = History()
        self.buttons = {name: button(name, icon) for name, icon in ICONS.items()}
        for name, one in self.buttons.items():
            one.on_click(lambda _, action=actions[name]: action())
        self.image = canvas(painting.recipe.content, "the painting as it is now")
        self.image.value = jpeg(painting.picture)
        self.caption, self.state, self.numbers = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.curve, self.alert, self.saved = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.at_once = widgets.HTML()  # what the optimiser refines stays to be compared with, once there is such a one
        self.progress = widgets.IntProgress(0, 0, painting.recipe.steps, description="progress",
                                            style={"description_width": "7em"}, layout={"width": "100%"})  # fmt: skip
        self.rows = self._rows(controls)

    def _rows(self, controls: Controls) -> list[widgets.Widget]:
        recipe = self._painting.recipe
        named = {"content": recipe.content, "style": recipe.style}
        given = [*(widgets.HTML(thumb(picture, name)) for name, picture in named.items()), self.at_once]
        middle = [self.image, self.state, self.caption, widgets.HBox([*self.buttons.values()]), self.saved]
        right = [controls, self.progress, self.numbers, self.curve]
        gap = {"margin": "0 14px 0 0"}
        columns = [widgets.VBox(given, layout=gap), widgets.VBox(middle, layout={**gap, "width": f"{SHOWN}px"}),
                   widgets.VBox(right, layout={"width": f"{CONTROLS}px"})]  # fmt: skip
        return [widgets.HBox(columns, layout={"flex_flow": "row wrap"}), self.alert]

    def note(self, step: Step) -> None:
        """A step was taken; nothing is drawn yet."""
        with self._drawing:
            self.history.add(step)

    def show_at_once(self) -> None:
        """The picture that a trained painter made, also where it stays."""
        with self._drawing:
            instant = self._painting.instant
            if instant is not None:
                self.at_once.value = thumb(instant.image, f"at once: {instant.seconds:.1f} s")
                self.image.value = jpeg(instant.image)
        self.show()

    def show(self) -> None:
        """The picture and the line under it. The line comes after the picture: what it says is there to be seen."""
        with self._drawing:
            step = self._painting.step
            if step is not None and step is not self._shown:
                self.image.value = jpeg(step.picture)
                self._shown = step
            self.caption.value = self._caption_words(step)

    def say(self, words: str, paints: bool) -> None:
        """Everything else: `words` for what it is doing, how far, how fast, and the losses."""
        with self._drawing:
            self.state.value = f"<b role='status' aria-live='polite'>{words}</b>"
            self.buttons["Start"].disabled, self.buttons["Pause"].disabled = paints, not paints
            step, painted = self._painting.step, self._painting.painted
            if step is None:
                return
            self.progress.max, self.progress.value = step.of, step.number
            speed = f"{self.history.speed:.1f} steps a second" if paints else ""
            weights = (
                f"alpha {painted.alpha:.3g} · beta {painted.beta:.3g} (only their ratio counts: the sum stays {SUM:g})"
            )
            losses = f"content loss {step.losses['content']:.3g} · style loss {step.losses['style']:.3g}"
            self.numbers.value = f"<div style='line-height: 1.5'>{weights}<br>{losses}<br>{speed}</div>"
            self.curve.value = self.history.curve()

    def fail(self, error: BaseException) -> None:
        """Shows what went wrong, until `clear_alert`."""
        with self._drawing:
            self.alert.value = alert(error)

    def clear_alert(self) -> None:
        """Removes what `fail` has shown."""
        self.alert.value = ""

    def still(self) -> Figure:
        """The pictures as they are now, for pages without a kernel."""
        painting = self._painting
        after = f"after {self.history.count} steps" if painting.step else "before its first step"
        words = f"The content, the style, and the painting {after} with alpha / beta {painting.settings.ratio:.3g}"
        images = {"content": painting.recipe.content, "style": painting.recipe.style}
        if painting.instant:
            images["at once"] = painting.instant.image
            words = f"{words}; before that, what a trained painter made of the content at once"
        images[f"painting, {after}"] = painting.picture
        return pictures([*images.values()], [*images], alt=words)

    def _caption_words(self, step: Step | None) -> str:
        if step is None and self._painting.instant:
            height, width = self._painting.instant.image.shape[2:]
            return f"painted at once by the network of chapter 7, to be refined · {width} × {height} pixels"
        if step is None:
            return "what it starts from"
        height, width = step.picture.shape[2:]
        ratio = f"alpha / beta = {self._painting.painted.ratio:#.3g}"  # in the slider's own digits
        draft = " · a draft by the slim network" if step.drafted else ""
        return f"{ratio} · {width} × {height} pixels · step {step.number} of {step.of}{draft}"
