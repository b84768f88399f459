"""A training under one's eyes: its steps pass through, and a picture under the cell shows how far it has come.

::

    for step in follow(train(painter, corpus, loss, plan), lambda: painter.paint(photo)):
        ...
"""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import ipywidgets as widgets
from IPython.display import display
from torch import Tensor

from course.errors import InputError
from course.figures import encode
from course.images import to_image
from course.training.train import Lesson


class Following(widgets.HTML):  # type: ignore[misc]  # ipywidgets has no types
    """A picture, and under it the number of the step and the losses; words alone where no kernel runs."""

    def show(self, step: Lesson, picture: Tensor) -> None:
        """Shows how far a training has come."""
        jpeg = base64.b64encode(encode(to_image(picture))).decode()
        words = (
            f"step {step.number} of {step.of}: content {step.losses['content']:.2f}, style {step.losses['style']:.2f}"
        )
        alt = html.escape(f"What the painter paints after {step.number} steps")
        self.value = (
            f"<figure style='margin: 0'><img src='data:image/jpeg;base64,{jpeg}' width='{picture.shape[3]}' "
            f"style='display: block; max-width: 100%' alt='{alt}'><figcaption>{words}</figcaption></figure>"
        )

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The live widget, and words for pages without a kernel: what is stored is what was there at the beginning."""
        live = super()._repr_mimebundle_(**options)
        data, metadata = live if isinstance(live, tuple) else (live, {})
        return {**data, "text/plain": "(Here one sees the training as it goes on.)"}, metadata


def follow(steps: Iterable[Lesson], look: Callable[[], Tensor], every: int = 10) -> Iterator[Lesson]:
    """Passes the steps of a training on, and shows a picture after every few of them, and after the last.

    Args:
        steps: what `course.training.train.train` gives.
        look: makes the picture [1, 3, H, W], RGB in [0, 1].
        every: so many steps from one picture to the next.

    Raises:
        InputError: if `every` is less than 1.
    """
    if every < 1:
        raise InputError(f"a picture every {every} steps cannot be shown; give 1 or more")
    shown = Following()
    display(shown)  # type: ignore[no-untyped-call]
    for step in steps:
        if step.number % every == 0 or step.number == step.of:
            shown.show(step, look())
        yield step
