"""The live painter: a style transfer that repaints while its sliders are moved.

The optimisation goes on in a thread of its own (`course.live.worker`), so that the kernel stays free for other cells;
what it paints obeys the newest position of every slider (`course.live.painting`).
"""

from __future__ import annotations

import dataclasses
import html
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import ipywidgets as widgets
from torch import Tensor

from course.errors import InputError
from course.files import StrPath, free_name, shown
from course.images import check_whole, save_image
from course.live.painting import LivePainting, OvertakenError
from course.live.recipe import Recipe, Settings, default_net
from course.live.worker import WORKER, End
from course.objectives import STYLE_LAYERS, TV
from course.synthesis import Step
from course.widgets.controls import Controls, alert, with_still
from course.widgets.view import History, PainterView

SIZES = (96, 128, 192, 256)
PICTURES_A_SECOND = 12.0
WORDS_A_SECOND = 4.0  # curve, numbers, progress
OF_ONES_OWN = ("net", "statistic", "total", "start")  # with one of these nothing is painted at once, unless wished for

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

    In a style of the course it begins with what a trained painter makes of the photo at once (`course.live.instant`),
    and refines that; the first picture stays beside it. It begins with the photo if it is given a function or a network
    of your own, which is to show by itself what it can do, or a `start`. `instant` says it one way or the other.

    Args:
        content: the photo, [1, 3, H, W], RGB in [0, 1].
        style: the style picture, [1, 3, H', W'], RGB in [0, 1].
        sizes: of the painting that can be chosen, in pixels; `size` is one of them.
        tv: weight of the total variation to begin with, 0 to 20; None for a painter without it, and without its slider.
        recipe: anything else that `course.live.recipe.Recipe` has, by name: `statistic` and `total` for functions of
            your own; `ratio`, `layers` and `size` to begin with; `net`, `draft_net`, `draft`, `steps`, `start`,
            `instant` and `seed`. Without a `net` of your own, VGG-19 paints, and the slim one drafts.

    Raises:
        InputError: for arguments that cannot be painted with.
    """

    def __init__(
        self, content: Tensor, style: Tensor, *, sizes: Sequence[int] = SIZES, tv: float | None = TV, **recipe: Any
    ) -> None:
        recipe.setdefault("instant", all(recipe.get(name) is None for name in OF_ONES_OWN))
        if recipe.get("net") is None:
            recipe |= {"net": default_net(), "draft_net": recipe.get("draft_net") or default_net("slim")}
        made = Recipe(content, style, tv=tv or 0.0, **recipe)
        self._controls = Controls(made.settings, STYLE_LAYERS, sizes, with_tv=tv is not None)
        self._painting = LivePainting(made)
        self._turn = threading.RLock()  # only one thread paints: the worker, or the caller of run_sync
        self._by_code = False
        self._rest: Rest = "waiting"
        self._picture_due = self._words_due = 0.0
        actions = {"Start": self.start, "Pause": self.pause, "Restart": self.restart, "Save": self._save_here}
        self._view = PainterView(self._painting, self._controls, actions)
        super().__init__(self._view.rows, layout=widgets.Layout(overflow="hidden"))
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
        """The settings of what is being painted, or will be next."""
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
        """Paints in the background, from the current picture; any other painter pauses. Returns at once."""
        self._view.clear_alert()
        self._view.history.pause()
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
        self._view.history = History()
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
                if self._painting.paint_at_once():
                    self._view.show_at_once()
                for _ in range(n):
                    if (step := self._painting.advance()) is None:
                        break
                    self._view.note(step)
        except (Exception, SystemExit) as error:
            self.fail(error)
            raise
        finally:
            self._by_code = False
            self._rest = self._rest if self._rest in ("waiting", "failed") else "finished"
            self._flush()
        self._view.clear_alert()
        return self

    def save(self, path: StrPath) -> LivePainter:
        """Writes the painting as it is now, see `course.images.save_image`.

        Raises:
            InputError: for a path that cannot be written to.
        """
        save_image(self._painting.picture, path)
        return self

    def close(self) -> None:
        """Takes it from the page, and ends its work."""
        WORKER.pause(self)
        super().close()

    # --- The worker's turns -------------------------------------------------------------------------------------------

    def turn(self) -> bool:
        """One step, and what is to be seen of it. Called by the worker."""
        try:
            with self._turn:
                if not self.is_painting:  # paused just now: whoever did it relies on that
                    return False
                if self._painting.paint_at_once():
                    self._view.show_at_once()
                    return True
                step = self._painting.attempt()
            if step is None:
                return False
            self._view.note(step)
            now = time.monotonic()
            if now >= self._picture_due:
                self._picture_due = now + 1 / PICTURES_A_SECOND
                self._view.show()
            if now >= self._words_due:
                self._words_due = now + 1 / WORDS_A_SECOND
                self._say()
        except OvertakenError:
            return True
        return True

    def end(self, why: End) -> None:
        """The last picture is always shown. Called by the worker."""
        if self._rest != "failed" or why == "displaced":
            self._rest = "unseen" if why == "paused" and self._rest == "unseen" else why
        self._flush()

    def fail(self, error: BaseException) -> None:
        """Shows an exception, whether a student's function raised it or anything else. Called by the worker."""
        self._rest = "failed"
        self._view.fail(error)

    # --- What happens on the page -------------------------------------------------------------------------------------

    def _moved(self, change: object = None) -> None:
        """A control has moved, by hand or by code."""
        settings = self._controls.settings
        if not settings.layers:
            self.fail(InputError("choose at least one style layer"))
            WORKER.pause(self)
            return
        if settings.looks_like(self._painting.settings):
            return
        self._painting.wish(settings)
        self._view.history.mark()
        if not self._by_code and (self.is_painting or self._rest in ("finished", "failed")):
            self.start()

    def _seen(self, change: dict[str, Any]) -> None:
        """The number of views of this painter has changed."""
        before, now = change["old"] or 0, change["new"] or 0
        if now > before and self._rest in ("waiting", "unseen") and not self._by_code:
            self.start()
        if now <= 0 and self.is_painting:
            self._pause("unseen")

    def _save_here(self) -> None:
        """The button: a file in the working folder, under a name that is still free."""
        try:
            path = free_name(Path.cwd() / "painting.png")
            self.save(path)
            self._view.saved.value = f"<span role='status'>saved as {html.escape(shown(path))}</span>"
        except (InputError, OSError) as error:
            self._view.saved.value = alert(error)

    def _pause(self, why: Rest) -> None:
        if self.is_painting:
            self._rest = why
        WORKER.pause(self)
        self._say()

    # --- What is shown ------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        self._view.show()
        self._say()

    def _say(self) -> None:
        painting = self.is_painting
        self._view.say("● painting live" if painting else RESTS[self._rest], painting)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The live widget, and the pictures as they are now for pages without a kernel."""
        return with_still(super()._repr_mimebundle_(**options), self._view.still())
