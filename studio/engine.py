"""Who paints: the interface of an engine, and the one that paints on this machine.

`studio.dask_engine` has the other. Both do the same task, `studio.tasks.paint`, under one contract.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from studio import tasks
from studio.orders import Order
from studio.process import Process


class Engine(Protocol):
    """Paints orders."""

    @property
    def slots(self) -> int:
        """Orders that it paints side by side, now."""

    async def paint(self, job: str, order: Order, told: Callable[[Any], None]) -> bytes:
        """The finished painting, a PNG; `told` is called with its `Progress` on the way.

        Raises:
            StoppedError: if it was cancelled.
            TaskError: if it fails; `died` says whether another try may go well.
        """

    def cancel(self, job: str) -> None:
        """Ends the painting of a job within a second or so; nothing if it is not being painted."""

    async def close(self) -> None:
        """Ends everything."""


class LocalEngine:
    """One process on this machine, see `Engine`.

    Args:
        process: that paints.
    """

    slots = 1

    def __init__(self, process: Process) -> None:
        self.process = process
        self._job: str | None = None
        self._order: Order | None = None

    async def paint(self, job: str, order: Order, told: Callable[[Any], None]) -> bytes:
        """See `Engine.paint`."""
        self._job, self._order = job, order
        try:
            painted: bytes = await self.process.do(tasks.paint, order, told, lambda: self._job == job)
            return painted
        finally:
            self._job = None

    def cancel(self, job: str) -> None:
        """See `Engine.cancel`."""
        if self._job == job:
            self._job = None  # if its turn has not come yet, it need not come
            self.process.stop(self._order)

    async def close(self) -> None:
        """See `Engine.close`."""
        self.process.close()
