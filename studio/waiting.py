"""The line of those who wait: bounded, and fair between visitors."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from itertools import chain, zip_longest

MOST = 30  # jobs that wait
EACH = 1  # of them by one visitor


class FullError(Exception):
    """The line is as long as it may be."""


class WaitingLine:
    """Jobs by visitor. Visitors take turns: who has had one goes behind all who wait.

    Args:
        most: jobs in it.
        each: of one visitor's.
    """

    def __init__(self, most: int = MOST, each: int = EACH) -> None:
        self.most = most
        self.each = each
        self._of: OrderedDict[str, deque[str]] = OrderedDict()  # visitor -> jobs; the visitor whose turn is next, first

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))

    def __iter__(self) -> Iterator[str]:
        """The jobs in the order in which they will be taken, if nobody else comes."""
        rounds = zip_longest(*self._of.values())
        return (job for job in chain.from_iterable(rounds) if job is not None)

    def full_for(self, visitor: str) -> bool:
        """Whether this visitor has as many jobs in it as anybody may have."""
        return len(self._of.get(visitor, ())) >= self.each

    def join(self, job: str, visitor: str) -> None:
        """Puts a job at its place.

        Raises:
            FullError: if there are too many already, of all or of this visitor.
        """
        if len(self) >= self.most or self.full_for(visitor):
            raise FullError
        self._of.setdefault(visitor, deque()).append(job)

    def next(self) -> str | None:
        """Takes out the job whose turn it is; None if nobody waits."""
        if not self._of:
            return None
        visitor, jobs = next(iter(self._of.items()))
        job = jobs.popleft()
        if jobs:
            self._of.move_to_end(visitor)
        else:
            del self._of[visitor]
        return job

    def leave(self, job: str) -> bool:
        """Takes out a job whose visitor does not want it any more; whether it was there."""
        for visitor, jobs in self._of.items():
            if job in jobs:
                jobs.remove(job)
                if not jobs:
                    del self._of[visitor]
                return True
        return False

    def place(self, job: str) -> int | None:
        """How many are painted before this one, plus one; None if it does not wait."""
        return next((place for place, each in enumerate(self, start=1) if each == job), None)
