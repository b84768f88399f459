"""The live painter: a style transfer that repaints while its sliders are moved.

The optimisation goes on in a thread of its own (`course.live.worker`), so that the kernel stays free for other cells;
what it paints obeys the newest position of every slider (`course.live.painting`).
"""

from __future__ import annotations

import dataclasses
import html
import threading
import time
from collections import deque
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import ipywidgets as widgets
from torch import Tensor

from course.errors import InputError
from course.figures import Figure, pictures
from course.images import StrPath, check_whole, save_image
from course.live.painting import SUM, LivePainting, OvertakenError, Settings, Start, Total
from course.live.worker import WORKER, End
from course.losses import gram, total_loss
from course.nets.weights import Weights, vgg19
from course.objectives import STYLE_LAYERS, TV, FeatureNetwork, Statistic
from course.synthesis import Step
from course.widgets.controls import CONTROLS, SHOWN, Controls, alert, button, canvas, jpeg, thumb
from course.widgets.curve import curve

SIZES = (96, 128, 192, 256)
RATIO = 10**-0.85  # a place of the slider, as good as ALPHA / BETA
DRAFT = 64  # pixels: the answer to a move is seen after 0.2 s on two cores, with 80 it takes 0.3 s
STEPS = 150
PICTURES_A_SECOND = 12.0
WORDS_A_SECOND = 4.0  # curve, numbers, progress
REMEMBERED = 200  # steps in the curve

Rest = Literal["waiting", "unseen", "paused", "finished", "displaced", "failed"]
RESTS: dict[Rest, str] = {
    "waiting": "○ not painting yet: it starts by itself where a kernel runs, or with Start",
    "unseen": "‖ paused: the page was closed",
    "paused": "‖ paused: Start goes on",
    "finished": "✓ at rest: move a slider, and it paints on",
    "displaced": "‖ paused: another painter has begun; Start goes on here",
    "failed": "⚠ stopped: mend what is said below, then Start",
}


class LivePainter(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A style transfer painted live: move a slider, and the running painting obeys.

    Shown as the last expression of a cell, it starts by itself; where nobody looks, as in a test of a notebook, it does
    not. At most one painter of a kernel paints. After a move it goes on from the picture as it is, at the size `draft`,
    and grows to the chosen size while the sliders rest; after `steps` steps without a move it rests as well, so a
    page that was closed without a word keeps the processor busy for no longer than that.

    Args:
        content: the photo, [1, 3, H, W], RGB in [0, 1].
        style: the style picture, [1, 3, H', W'], RGB in [0, 1].
        net: the network of the features; VGG-19 with replicated borders if left out, and the slim one for drafts.
        draft_net: a quicker one for drafts at sizes above `painting.DRAFTED_ABOVE`; none if only `net` is given.
        statistic: what describes a style, feature maps [B, N, H, W] -> [B, ...]: the Gram matrix, or your own.
        total: content loss, style loss, alpha, beta -> their sum: `course.losses.total_loss`, or your own.
        ratio: alpha / beta to begin with, 0.001 to 10. Losses are in relative units and alpha + beta stays 8
            (`course.live.painting.SUM`), so that total variation weighs the same for every ratio.
        tv: weight of the total variation to begin with, 0 to 20.
        layers: style layers to begin with, of `course.objectives.STYLE_LAYERS`.
        size: longer side of the painting to begin with, in pixels, one of `sizes`.
        sizes: that can be chosen.
        draft: longer side, in pixels, with which the answer to a move begins.
        steps: most steps after a move.
        seed: of the noise, for start="noise".
        start: "content", "noise" or a picture: what the painting is at first, and again after Restart.

    Raises:
        InputError: for arguments that cannot be painted with.
    """

    def __init__(
        self,
        content: Tensor,
        style: Tensor,
        *,
        net: FeatureNetwork | None = None,
        draft_net: FeatureNetwork | None = None,
        statistic: Statistic = gram,
        total: Total = total_loss,
        ratio: float = RATIO,
        tv: float = TV,
        layers: Sequence[str] = STYLE_LAYERS,
        size: int = 128,
        sizes: Sequence[int] = SIZES,
        draft: int = DRAFT,
        steps: int = STEPS,
        seed: int = 0,
        start: Start = "content",
    ) -> None:
        if net is None:
            net, draft_net = default_net(), draft_net or default_net("slim")
        settings = Settings(ratio, tv, tuple(layers), size)
        self._controls = Controls(settings, STYLE_LAYERS, sizes)
        self._painting = LivePainting(
            content, style, settings, net=net, draft_net=draft_net, statistic=statistic, total=total,
            draft=draft, steps=steps, start=start, seed=seed,
        )  # fmt: skip
        self._turn = threading.RLock()  # only one thread paints: the worker, or whoever called run_sync
        self._drawing = threading.RLock()  # and only one changes what is shown
        self._by_code = False
        self._rest: Rest = "waiting"
        self._forget_curve()
        self._shown: Step | None = None
        self._picture_due = self._words_due = 0.0
        super().__init__(self._rows(), layout=widgets.Layout(overflow="hidden"))
        for control in self._controls.all:
            control.observe(self._moved, names="value")
        self._view_count = 0  # from now on pages say how many views there are
        self.observe(self._seen, names="_view_count")
        self._say()

    # --- What a hand does, as code ------------------------------------------------------------------------------------

    @property
    def step(self) -> Step | None:
        """The latest step, None before the first; its losses by name, its picture as ``step.image``."""
        return self._painting.step

    @property
    def settings(self) -> Settings:
        """What is being painted, or will be next."""
        return self._painting.settings

    @property
    def is_painting(self) -> bool:
        """Whether it paints now, in the background."""
        return WORKER.job is self

    def set(self, **values: Any) -> LivePainter:
        """Moves ratio, tv, layers or size, as a hand would.

        Raises:
            InputError: for something else, and for values that the controls do not have.
        """
        for name in values:
            if name not in ("ratio", "tv", "layers", "size"):
                raise InputError(f"there is no control {name!r}; there are ratio, tv, layers and size")
        if "layers" in values:
            values["layers"] = tuple(values["layers"])
        self._controls.move(dataclasses.replace(self._controls.settings, **values))
        return self

    def start(self) -> LivePainter:
        """Paints in the background, from where it stands; any other painter pauses. Returns at once."""
        self._alert.value = ""
        self._times.clear()
        WORKER.begin(self)
        self._say()
        return self

    def pause(self) -> LivePainter:
        """Stops painting after the step that is being painted. Returns at once."""
        self._pause("paused")
        return self

    def restart(self) -> LivePainter:
        """Begins again at the start, with the sliders as they are. Paints only if it did before."""
        self._painting.restart()
        self._forget_curve()
        if self._rest == "finished":
            self.start()
        return self

    def run_sync(self, n: int) -> LivePainter:
        """Paints n steps here and now, as a test wants it: without a thread, the same every time.

        Fewer if it rests before: after `steps` steps without a move. What went on in the background is paused.

        Raises:
            InputError: if n is not a whole number of at least 1.
            Exception: whatever stops the painter; it is shown as well.
        """
        check_whole(n, "the number of steps")
        self._by_code = True
        try:
            WORKER.pause(self)
            with self._turn:
                for _ in range(n):
                    if (step := self._painting.advance()) is None:
                        break
                    self._note(step)
        except Exception as error:
            self._fail(error)
            raise
        finally:
            self._by_code = False
            self._rest = self._rest if self._rest in ("waiting", "failed") else "finished"
            self._flush()
        self._alert.value = ""
        return self

    def save(self, path: StrPath) -> LivePainter:
        """Writes the painting as it is now, see `course.images.save_image`.

        Raises:
            InputError: for a path that cannot be written to.
        """
        save_image(self._painting.picture, path)
        return self

    # --- The worker's turns -------------------------------------------------------------------------------------------

    def turn(self) -> bool:
        """One step, and what is to be seen of it. Called by the worker."""
        try:
            with self._turn:
                if not self.is_painting:  # paused just now: whoever did it relies on that
                    return False
                step = self._painting.attempt()
            if step is None:
                return False
            self._note(step)
            now = time.monotonic()
            if now >= self._picture_due:
                self._picture_due = now + 1 / PICTURES_A_SECOND
                self._show()
            if now >= self._words_due:
                self._words_due = now + 1 / WORDS_A_SECOND
                self._say()
        except OvertakenError:
            return True
        except Exception as error:
            self._fail(error)
            return False
        return True

    def end(self, why: End) -> None:
        """The last picture is always shown. Called by the worker."""
        if self._rest != "failed" or why == "displaced":
            self._rest = "unseen" if why == "paused" and self._rest == "unseen" else why
        self._flush()

    # --- What happens on the page -------------------------------------------------------------------------------------

    def _moved(self, change: object = None) -> None:
        """A control has moved, by hand or by code."""
        settings = self._controls.settings
        if not settings.layers:
            self._fail(InputError("choose at least one style layer"))
            WORKER.pause(self)
            return
        if settings.looks_like(self._painting.settings):
            return
        self._painting.wish(settings)
        self._marks.append(self._count + 1)
        if not self._by_code and (self.is_painting or self._rest in ("finished", "failed")):
            self.start()

    def _seen(self, change: dict[str, Any]) -> None:
        """The number of views of this painter has changed."""
        before, now = change["old"] or 0, change["new"] or 0
        if now > before and self._rest in ("waiting", "unseen") and not self._by_code:
            self.start()
        if now <= 0 and self.is_painting:
            self._pause("unseen")

    def _save_here(self, _: object) -> None:
        """The button: a file in the working folder, under a name that is still free."""
        try:
            names = ("painting.png", *(f"painting-{number}.png" for number in range(2, 1000)))
            path = next(path for name in names if not (path := Path.cwd() / name).exists())
            self.save(path)
            self._saved.value = f"<span role='status'>saved as {html.escape(str(path))}</span>"
        except (InputError, OSError) as error:
            self._saved.value = alert(error)

    def _pause(self, why: Rest) -> None:
        if self.is_painting:
            self._rest = why
        WORKER.pause(self)
        self._say()

    def _fail(self, error: Exception) -> None:
        self._rest = "failed"
        with self._drawing:
            self._alert.value = alert(error)

    # --- What is shown ------------------------------------------------------------------------------------------------

    def _rows(self) -> list[widgets.Widget]:
        buttons = {name: button(name, icon) for name, icon in
                   (("Start", "play"), ("Pause", "pause"), ("Restart", "undo"), ("Save", "save"))}  # fmt: skip
        for name, does in (("Start", self.start), ("Pause", self.pause), ("Restart", self.restart)):
            buttons[name].on_click(lambda _, does=does: does())
        buttons["Save"].on_click(self._save_here)
        self._start_button, self._pause_button = buttons["Start"], buttons["Pause"]
        self._image = canvas(self._painting.content, "the painting as it is now")
        self._image.value = jpeg(self._painting.picture)
        self._caption, self._state, self._numbers = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._curve, self._alert, self._saved = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._progress = widgets.IntProgress(0, 0, self._painting.steps, description="progress",
                                             style={"description_width": "7em"}, layout={"width": "100%"})  # fmt: skip
        given = [thumb(self._painting.content, "content"), thumb(self._painting.style, "style")]
        middle = [self._image, self._state, self._caption, widgets.HBox([*buttons.values()]), self._saved]
        right = [self._controls, self._progress, self._numbers, self._curve]
        gap = {"margin": "0 14px 0 0"}
        columns = [widgets.VBox(given, layout=gap), widgets.VBox(middle, layout={**gap, "width": f"{SHOWN}px"}),
                   widgets.VBox(right, layout={"width": f"{CONTROLS}px"})]  # fmt: skip
        return [widgets.HBox(columns, layout={"flex_flow": "row wrap"}), self._alert]

    def _forget_curve(self) -> None:
        self._drafted = False
        self._count = 0  # of steps in the curve, those that have left it at the left counted in
        self._losses: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)
        self._marks: deque[int] = deque(maxlen=20)
        self._times: deque[float] = deque(maxlen=20)

    def _note(self, step: Step) -> None:
        with self._drawing:
            self._count += 1
            if self._drafted and not step.drafted and step.number > 1:
                self._marks.append(self._count)  # the network itself takes over, and measures otherwise
            self._drafted = step.drafted
            self._losses.append((step.losses["content"], step.losses["style"]))
            self._times.append(time.monotonic())

    def _flush(self) -> None:
        self._show()
        self._say()

    def _show(self) -> None:
        """The picture and the line under it. The line comes after the picture: what it says is there to be seen."""
        with self._drawing:
            step = self._painting.step
            if step is not None and step is not self._shown:
                self._image.value = jpeg(step.picture)
                self._shown = step
            self._caption.value = self._caption_words(step)

    def _caption_words(self, step: Step | None) -> str:
        if step is None:
            return "what it starts from"
        height, width = step.picture.shape[2:]
        ratio = f"alpha / beta = {self._painting.painted.ratio:#.3g}"  # in the slider's own digits
        draft = " · a draft by the slim network" if step.drafted else ""
        return f"{ratio} · {width} × {height} pixels · step {step.number} of {step.of}{draft}"

    def _say(self) -> None:
        """Everything else: what it is doing, how far, how fast, and the losses."""
        with self._drawing:
            painting = self.is_painting
            words = "● painting live" if painting else RESTS[self._rest]
            self._state.value = f"<b role='status' aria-live='polite'>{words}</b>"
            self._start_button.disabled, self._pause_button.disabled = painting, not painting
            step = self._painting.step
            if step is None:
                return
            self._progress.max, self._progress.value = step.of, step.number
            content, style = step.losses["content"], step.losses["style"]
            speed = f"{self._speed():.1f} steps a second" if painting else ""
            painted = self._painting.painted
            weights = f"alpha {painted.alpha:.3g} · beta {painted.beta:.3g} (together always {SUM:g})"
            self._numbers.value = (
                "<div style='line-height: 1.5'>"
                f"{weights}<br>content loss {content:.3g} · style loss {style:.3g}<br>{speed}</div>"
            )
            series = {"content": [one for one, _ in self._losses], "style": [one for _, one in self._losses]}
            first = self._count - len(self._losses) + 1
            words = f"content loss {content:.3g} and style loss {style:.3g} after {self._count} steps"
            self._curve.value = curve(series, first, tuple(self._marks), words)

    def _speed(self) -> float:
        times = tuple(self._times)
        return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 and times[-1] > times[0] else 0.0

    def _still(self) -> Figure:
        """The three pictures as they are now, for pages without a kernel."""
        step, settings = self._painting.step, self.settings
        after = f"after {self._count} steps" if step else "before its first step"
        words = f"The content, the style, and the painting {after} with alpha / beta {settings.ratio:.3g}"
        images = [self._painting.content, self._painting.style, self._painting.picture]
        return pictures(images, ["content", "style", f"painting, {after}"], alt=words)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The live widget, and the pictures as they are now for pages without a kernel."""
        live = super()._repr_mimebundle_(**options)
        data, metadata = live if isinstance(live, tuple) else (live, {})
        still, words = self._still()._repr_mimebundle_()
        return {**data, **still}, {**metadata, **words}


@cache
def default_net(weights: Weights = "oxford") -> FeatureNetwork:
    """VGG-19 with replicated borders, one of each kind for all painters."""
    return vgg19(weights=weights, padding="replicate")
