"""A class that shares one painter, simulated: who waits for how long, if the next is chosen in this way or in that.

It is a closed system: every phone has at most one picture in the line, its owner looks at the painting for a while, and
asks again. So the line never grows without end: whoever waits asks for nothing.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from course.errors import InputError

Waiting = tuple[str, str]  # (job, visitor)
Choose = Callable[[Sequence[Waiting], Sequence[str], str | None], str | None]

MOST_PICTURES = 20_000  # of one simulation, so that no slider hangs


@dataclass(frozen=True)
class Painted:
    """One picture of a simulation; times are in seconds.

    Attributes:
        job: its name.
        visitor: whose it is.
        asked: when it was asked for.
        begun: when the painter began it.
        done: when it was there.
    """

    job: str
    visitor: str
    asked: float
    begun: float
    done: float

    @property
    def wait(self) -> float:
        """Seconds from asking to the picture."""
        return self.done - self.asked


def paint_all(asked: Sequence[tuple[float, str, str]], seconds: float, choose: Choose) -> list[Painted]:
    """The pictures in the order in which one painter paints them.

    Args:
        asked: (when, job, visitor) for each, in the order in which they come.
        seconds: that one picture takes.
        choose: (waiting, served, running) -> the job to begin, see the chapter's `next_job`.

    Raises:
        InputError: if `choose` returns no job that waits, though the painter is free.
    """
    return _simulate(list(asked), seconds, choose, lambda painted: None)


def lesson(
    phones: int, seconds: float, choose: Choose, minutes: float = 20.0, looking: float = 60.0, seed: int = 0
) -> list[Painted]:
    """The pictures of a whole lesson. Everybody begins within the first minute.

    Args:
        phones: how many there are.
        seconds: that one picture takes.
        choose: see `paint_all`.
        minutes: after which nobody asks any more; who waits then still gets a picture.
        looking: seconds, in the mean, for which somebody looks at a painting before asking for the next.
        seed: of the random times.

    Raises:
        InputError: as `paint_all` does; for less than one phone; for more than `MOST_PICTURES`.
    """
    if phones < 1 or seconds <= 0:
        raise InputError(f"a lesson needs at least one phone and a time above 0, not {phones} and {seconds}")
    random = torch.Generator().manual_seed(seed)

    def drawn() -> float:
        return float(torch.rand((), generator=random))

    def asks_again(painted: Painted) -> tuple[float, str, str] | None:
        pause = -looking * float(torch.log1p(torch.tensor(-drawn())))
        when = painted.done + pause
        number = int(painted.job.rpartition(".")[2]) + 1
        return (when, f"{painted.visitor}.{number}", painted.visitor) if when < 60 * minutes else None

    first = sorted((60 * drawn(), f"phone {number}.1", f"phone {number}") for number in range(1, phones + 1))
    return _simulate(first, seconds, choose, asks_again)


def _simulate(
    coming: list[tuple[float, str, str]],
    seconds: float,
    choose: Choose,
    after: Callable[[Painted], tuple[float, str, str] | None],
) -> list[Painted]:
    """One painter; `after` tells when the owner of a finished picture asks for the next, if so."""
    heapq.heapify(coming)
    waiting: list[tuple[float, str, str]] = []
    served: list[str] = []
    painted: list[Painted] = []
    now = 0.0
    while coming or waiting:
        if not waiting:
            now = max(now, coming[0][0])
        while coming and coming[0][0] <= now:
            waiting.append(heapq.heappop(coming))
        job = choose([(name, visitor) for _, name, visitor in waiting], list(served), None)
        chosen = next((one for one in waiting if one[1] == job), None)
        if chosen is None:
            raise InputError(f"the painter is free and {len(waiting)} wait, and none of them was chosen, but {job!r}")
        if len(painted) >= MOST_PICTURES:
            raise InputError(f"more than {MOST_PICTURES} pictures; take fewer phones, or slower paintings")
        waiting.remove(chosen)
        asked, name, visitor = chosen
        served.append(visitor)
        painted.append(Painted(name, visitor, asked, now, now + seconds))
        now += seconds
        if (more := after(painted[-1])) is not None:
            heapq.heappush(coming, more)
    return painted
