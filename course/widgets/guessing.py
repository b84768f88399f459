"""A place to commit to a guess before the answer is seen, and the guess beside the answer afterwards.

::

    survives = guess("Which will survive?", ["the outline of the eyes", "the pattern of the fur"])
    survives  # shows the question and its choices

    survives.beside("the outline of the eyes")  # in the cell that shows the answer, before its figure

Nothing waits for a guess. Where none was made, or where no kernel runs, question and answer are plain text.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets
from IPython.display import display

from course.errors import InputError

SHORT = 70  # characters of all choices that stand in one row
_made: dict[tuple[str, ...], str | float] = {}  # by question and choices: a cell may be run again


class Guess(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A question with a few choices, or one that asks for a number.

    Args:
        question: in words.
        choices: what one may guess, at least two; without any, a number is asked for.
        unit: of the number, for example "pixels".

    Attributes:
        made: the guess: one of the choices, or a number; None before there is one.

    Raises:
        InputError: for a single choice, for one that stands there twice, and for choices with a unit.
    """

    def __init__(self, question: str, choices: Sequence[str] = (), unit: str = "") -> None:
        if len(choices) == 1 or len(set(choices)) < len(choices):
            raise InputError(f"a guess needs at least two choices, each of its own, not {list(choices)!r}")
        if choices and unit:
            raise InputError(f"only a number has a unit; leave {unit!r} out, or the choices")
        self._question, self._choices, self._unit = question, tuple(choices), unit
        self.made = _made.get((question, *choices))
        self._said = widgets.HTML()
        self._control = self._radio_buttons() if choices else self._number_box()
        self._control.observe(self._keep, names="value")
        words = widgets.HTML(f"<b>{html.escape(question)}</b>", layout={"max_width": "88ch"})
        super().__init__([words, self._control, self._said])

    def beside(self, answer: str | float, opinion: bool = False) -> None:
        """Shows the answer and what was guessed.

        Args:
            answer: one of the choices, or a number.
            opinion: whether the answer is how we see it, and no measurement: others may see it otherwise.

        Raises:
            InputError: for an answer that nobody could have guessed.
        """
        if self._choices and answer not in self._choices:
            raise InputError(f"the answer {answer!r} is none of the choices {', '.join(self._choices)}")
        if not self._choices and not isinstance(answer, int | float):
            raise InputError(f"the answer to a question for a number is a number, not {answer!r}")
        made = None if self.made is None else self._words(self.made)
        display(_Answered(self._question, self._words(answer), made, opinion))  # type: ignore[no-untyped-call]

    def _radio_buttons(self) -> widgets.RadioButtons:
        short = sum(map(len, self._choices)) <= SHORT
        return widgets.RadioButtons(options=self._choices, value=self.made, layout={"width": "auto"},
                                    orientation="horizontal" if short else "vertical")  # fmt: skip

    def _number_box(self) -> widgets.Text:
        value = "" if self.made is None else f"{self.made:g}"
        return widgets.Text(value, placeholder="a number", continuous_update=False,
                            description=f"your guess ({self._unit})" if self._unit else "your guess",
                            style={"description_width": "initial"}, layout={"width": "20em"})  # fmt: skip

    def _keep(self, change: Any) -> None:
        said = change["new"]
        number = said if self._choices else _number(said)
        if number is None:
            self._said.value = "<span role='alert'>⚠ a number, such as 12 or 0.5</span>"
            return
        self.made = _made[(self._question, *self._choices)] = number
        self._said.value = f"<span role='status'>kept: {html.escape(self._words(self.made))}</span>"

    def _words(self, guess: str | float) -> str:
        return guess if isinstance(guess, str) else f"{guess:.3g} {self._unit}".strip()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The live widget, and the question in words for pages without a kernel."""
        live = super()._repr_mimebundle_(**options)
        data, metadata = live if isinstance(live, tuple) else (live, {})
        offered = " · ".join(self._choices) or f"a number{' of ' if self._unit else ''}{self._unit}"
        text = {"text/plain": f"{self._question} {offered}",
                "text/html": f"<p><b>{html.escape(self._question)}</b> {html.escape(offered)}</p>"}  # fmt: skip
        return {**data, **text}, metadata


class _Answered:
    """A question, its answer, and what was guessed."""

    def __init__(self, question: str, answer: str, guess: str | None, opinion: bool) -> None:
        self._question, self._answer, self._guess, self._opinion = question, answer, guess, opinion

    def _lines(self, mark: str, quote: Any = str) -> str:
        guess, answer = (None if one is None else mark.format(quote(one)) for one in (self._guess, self._answer))
        told = f"{quote(self._question)} {'We would say: ' if self._opinion else ''}{answer}"
        if guess is None:
            return f"{told}. (You have not guessed.)"
        said = "as you guessed" if guess == answer else f"you guessed {guess}"
        return f"{told}; {said}."

    def __repr__(self) -> str:
        return self._lines("{}")

    def _repr_html_(self) -> str:
        words = self._lines("<b>{}</b>", html.escape)
        return f"<p role='note' style='border-left: 4px solid #0072B2; padding: 4px 8px'>{words}</p>"


def _number(text: str) -> float | None:
    """What somebody typed, as a number; None if it is none."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def guess(question: str, choices: Sequence[str] = (), unit: str = "") -> Guess:
    """A place to commit to a guess; see `Guess`."""
    return Guess(question, choices, unit)
