"""Which of two pictures is better? Asked again and again, each time with two others, and the answers kept.

::

    asked = ballot(painted, given, asked=30, keep_in="my_votes.json")
    asked           # shows photo and style, two pictures and three buttons
    asked.votes     # [("optimised", "double exposure", 2), ...]: winner, loser, and the case

Who made a picture is not said, and the sides are drawn. Votes stand in a file at once, and a cell that is run again
goes on where it was.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import ipywidgets as widgets
from torch import Tensor

from course.errors import InputError
from course.figures import Figure, pictures
from course.files import StrPath, given_path, is_file, shown, write_atomically
from course.widgets.controls import button, canvas, jpeg, thumb, with_still

LEFT, RIGHT, NEITHER = "left", "right", "neither"


class Asked(NamedTuple):
    """A question: two names, the case of which both pictures are, and so photo and style beside them."""

    left: str
    right: str
    case: int


class Vote(NamedTuple):
    """A vote: who was preferred, to whom, and in which case."""

    winner: str
    loser: str
    case: int


class Ballot(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Pictures two by two, and the answers.

    Args:
        painted: name -> its pictures, [1, 3, H, W], one for each case; at least two names.
        given: the photo and the style that each case was painted from; they are shown above.
        asked: how many questions.
        keep_in: a file for the answers, .json; None keeps them in memory alone.
        seed: of the order of questions, and of the sides.

    Attributes:
        questions: all of them, in their order.

    Raises:
        InputError: for fewer than two names, if a name has too few or too many pictures, and if the file holds
            something else or cannot be read.
    """

    def __init__(
        self,
        painted: Mapping[str, Sequence[Tensor]],
        given: Sequence[tuple[Tensor, Tensor]],
        asked: int = 30,
        keep_in: StrPath | None = None,
        seed: int = 0,
    ) -> None:
        if len(painted) < 2 or not given:
            raise InputError("a vote needs at least two names, and a case to paint")
        for name, theirs in painted.items():
            if len(theirs) != len(given):
                raise InputError(f"{name!r} has {len(theirs)} pictures for {len(given)} cases; one for each is wanted")
        self._painted, self._given = painted, given
        self.questions = _questions(list(painted), len(given), asked, seed)
        self._file = None if keep_in is None else given_path(keep_in)
        self._answers = [] if self._file is None else _read(self._file, self.questions)
        left, right, _ = self.questions[0]
        self._sides = [canvas(painted[name][0], f"the {side} picture") for side, name in ((LEFT, left), (RIGHT, right))]
        self._above, self._said = widgets.HTML(), widgets.HTML()
        self.buttons = {
            LEFT: button("The left one", "arrow-left"),
            NEITHER: button("Neither", "minus"),
            RIGHT: button("The right one", "arrow-right"),
            "back": button("Back", "undo"),
        }
        for answer, one in self.buttons.items():
            one.on_click(lambda _, answer=answer: self._back() if answer == "back" else self.answer(answer))
        gap = {"margin": "0 14px 0 0", "width": "45%"}
        both = widgets.HBox([widgets.VBox([side], layout=gap) for side in self._sides])
        self._show()
        super().__init__([self._said, self._above, both, widgets.HBox([*self.buttons.values()])])

    @property
    def votes(self) -> list[Vote]:
        """One for each answer that was not "neither"."""
        found = []
        for (left, right, case), said in zip(self.questions, self._answers, strict=False):
            if said != NEITHER:
                found.append(Vote(left, right, case) if said == LEFT else Vote(right, left, case))
        return found

    def answer(self, said: str) -> None:
        """Answers the question that is asked now, as a button does; none is asked after the last.

        Args:
            said: "left", "right", or "neither".

        Raises:
            InputError: for another word.
        """
        if said not in (LEFT, RIGHT, NEITHER):
            raise InputError(f"the answer is 'left', 'right' or 'neither', not {said!r}")
        if len(self._answers) < len(self.questions):
            self._answers.append(said)
            self._keep()

    def _back(self) -> None:
        if self._answers:
            self._answers.pop()
            self._keep()

    def _keep(self) -> None:
        if self._file is not None:
            content = {"questions": [list(one) for one in self.questions], "answers": self._answers}
            write_atomically(self._file, json.dumps(content).encode())
        self._show()

    def _show(self) -> None:
        """The question that is asked now."""
        done, total = len(self._answers), len(self.questions)
        self.buttons["back"].disabled = not self._answers
        for answer in (LEFT, RIGHT, NEITHER):
            self.buttons[answer].disabled = done == total
        kept = f" They are kept in {shown(self._file)}." if self._file is not None and done else ""
        if done == total:
            self._said.value = f"<p role='status'>All {total} questions are answered. Thank you.{kept}</p>"
            return
        left, right, case = self.questions[done]
        self._said.value = (
            f"<p role='status'><b>{done + 1} of {total}: which would you rather have made, of this photo in this "
            f"style?</b>{kept}</p>"
        )
        photo, style = self._given[case]
        thumbs = thumb(photo, "photo") + thumb(style, "style")
        self._above.value = f"<div style='display: flex; gap: 14px'>{thumbs}</div>"
        for side, name in zip(self._sides, (left, right), strict=True):
            side.value = jpeg(self._painted[name][case])

    def still(self) -> Figure:
        """The first question, for pages without a kernel."""
        left, right, case = self.questions[0]
        return pictures(
            [*self._given[case], self._painted[left][case], self._painted[right][case]],
            ["photo", "style", "left", "right"],
            alt="A photo, a style and two pictures made of them, of which the better one is asked for",
        )

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The live widget, and the first question for pages without a kernel."""
        return with_still(super()._repr_mimebundle_(**options), self.still())


def ballot(
    painted: Mapping[str, Sequence[Tensor]],
    given: Sequence[tuple[Tensor, Tensor]],
    asked: int = 30,
    keep_in: StrPath | None = None,
) -> Ballot:
    """Asks which of two pictures is better, `asked` times; see `Ballot`."""
    return Ballot(painted, given, asked, keep_in)


def _questions(names: Sequence[str], cases: int, asked: int, seed: int) -> tuple[Asked, ...]:
    """Every pair of names, and every case, as often as every other, as far as the number allows; sides are drawn.

    A pair that is asked again is asked in another case.
    """
    if asked < 1:
        raise InputError(f"at least one question is asked, not {asked}")
    draw, found = random.Random(seed), list[Asked]()
    pairs = list(combinations(names, 2))
    draw.shuffle(pairs)
    for turn in range(-(-asked // len(pairs))):
        again = [(pair, (number + turn) % cases) for number, pair in enumerate(pairs)]
        draw.shuffle(again)
        for pair, case in again:
            left, right = draw.sample(pair, 2)
            found.append(Asked(left, right, case))
    return tuple(found[:asked])


def _read(path: Path, questions: Sequence[Asked]) -> list[str]:
    """The answers in a file, none if it is not there.

    Raises:
        InputError: if it holds something else, or answers to other questions.
    """
    if not is_file(path):
        return []
    otherwise = f"'{shown(path)}' holds no answers to these questions; give another name, or rename that file"
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        answers, asked = stored["answers"], stored["questions"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(otherwise) from error
    if asked != [list(one) for one in questions] or not isinstance(answers, list) or len(answers) > len(questions):
        raise InputError(otherwise)
    if any(said not in (LEFT, RIGHT, NEITHER) for said in answers):
        raise InputError(otherwise)
    return answers
