"""How soon the live painter answers, and how many pictures a second it sends, on two cores.

This is the kernel's side: from `LivePainter.set`, which moves a slider as a hand does, to the moment when the changed
JPEG is handed over to be sent. What a browser adds is measured in ``tests/browser``.

A process of its own (``python -m benchmarks.live oxford 256 10``) is pinned to two cores. macOS does not let it: there
it may use all, and `Answers.cores` says so. The painter works in its own thread, as in a notebook.
"""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import ipywidgets as widgets
import psutil

from course import gallery
from course.live.recipe import STEPS
from course.live.worker import threads
from course.nets.weights import Weights, vgg19
from course.objectives import FeatureNetwork
from course.widgets import LivePainter

SIZES = (128, 256)
WEIGHTS: tuple[Weights, ...] = tuple(name for name in get_args(Weights) if name in ("oxford", "slim"))
CORES = 2
MOVES = 10
WATCHED = 2.0  # seconds
# A painter that reaches its full size after a few steps instead of a hundred: the climb is not what is timed there. But
# it must not be at rest before it was watched, so that a quick one gets the steps that it takes in `BUSY` seconds.
SHORT = 25
BUSY = 3.0
AT_SIZE = 4  # pictures of the full size between two moves
LATE = 300.0  # seconds in which nothing happened, after which something is wrong
RATIOS = (0.05, 0.5)


@dataclass(frozen=True)
class Answers:
    """What was measured with one network at one size.

    Attributes:
        cores: that the process might use.
        threads: of torch, in the thread that paints.
        first_s: seconds from a move to the first picture that obeys it. The moves came at all moments while pictures of
            the full size were being painted, when there is most to wait for.
        per_second: pictures a second in the `WATCHED` seconds after that, for moves of a painter that is dragged on.
        at_size: pictures a second at the full size, while nothing moves.
    """

    cores: int
    threads: int
    first_s: list[float]
    per_second: list[float]
    at_size: list[float]


def measure(weights: Weights, size: int, moves: int = MOVES) -> Answers:
    """Has a fresh process measure.

    Raises:
        RuntimeError: if it fails, with what it said.
    """
    command = [sys.executable, "-m", "benchmarks.live", weights, str(size), str(moves)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[1:])} failed with exit code {done.returncode}: {done.stderr[-2000:]}")
    return Answers(**json.loads(done.stdout))


@dataclass(frozen=True)
class Shown:
    """A picture that was handed over: when, at which size, and the words under it, which name its ratio."""

    at: float
    size: int
    words: str


class Watch:
    """Everything that a painter shows. The words under a picture are set just after it, in the same thread."""

    def __init__(self, painter: LivePainter) -> None:
        self.painter = painter
        self.shown: list[Shown] = []
        self._news = threading.Condition()
        self._at = 0.0
        for part in _inside(painter):
            if isinstance(part, widgets.Image):
                part.observe(self._picture, names="value")
            elif isinstance(part, widgets.HTML):
                part.observe(self._words, names="value")

    def _picture(self, _: object) -> None:
        self._at = time.perf_counter()

    def _words(self, change: dict[str, str]) -> None:
        step = self.painter.step
        if step is None or not change["new"].startswith("alpha / beta = "):
            return
        with self._news:
            self.shown.append(Shown(self._at, step.size, change["new"]))
            self._news.notify_all()

    def wait(self, happened: Callable[[], bool]) -> None:
        """Sleeps until something is true of `shown`.

        Raises:
            RuntimeError: if it does not come true in `LATE` seconds.
        """
        with self._news:
            if not self._news.wait_for(happened, LATE):
                raise RuntimeError(f"the live painter showed nothing for {LATE:.0f} s; is its network broken?")

    def move(self, ratio: float) -> float:
        """Moves the slider; seconds until the first picture that obeys. All before it is forgotten."""
        words = f"alpha / beta = {ratio:#.3g} "
        moved = time.perf_counter()
        self.painter.set(ratio=ratio)
        self.wait(lambda: self.shown[-1].words.startswith(words))
        with self._news:
            self.shown = [one for one in self.shown if one.at > moved and one.words.startswith(words)]
            return self.shown[0].at - moved


def answers(net: FeatureNetwork, size: int, moves: int) -> Answers:
    """Moves painters of the cat in swirls; in a process that is pinned already."""
    first, at_size = moved_at_size(net, size, moves)
    return Answers(len(_cores()), threads(), first, dragged(net, size, moves), at_size)


def moved_at_size(net: FeatureNetwork, size: int, moves: int) -> tuple[list[float], list[float]]:
    """For each move its first picture's seconds, and the pictures a second at full size before it."""
    watch = Watch(_painter(net, size, steps=steps_at_size(net, size)))
    watch.painter.start()
    first, rates = [], []
    for move in range(moves):
        watch.wait(lambda: sum(one.size == size for one in watch.shown) >= AT_SIZE)
        times = [one.at for one in watch.shown if one.size == size]
        interval = (times[-1] - times[0]) / (len(times) - 1)
        rates.append(1 / interval)
        time.sleep(interval * move / moves)
        first.append(watch.move(RATIOS[move % 2]))
    watch.painter.pause()
    return first, rates


def steps_at_size(net: FeatureNetwork, size: int) -> int:
    """Steps in which a painter spends `BUSY` seconds or more at its full size, by the time that one step takes."""
    painter = _painter(net, size, steps=6).run_sync(5)  # each smaller size has one step of six
    began = time.perf_counter()
    painter.run_sync(1)
    return max(SHORT, math.ceil(1.25 * BUSY / (time.perf_counter() - began)))


def dragged(net: FeatureNetwork, size: int, moves: int) -> list[float]:
    """Pictures a second after each move of a painter as chapters use it."""
    watch = Watch(_painter(net, size))
    watch.painter.start()
    watch.wait(lambda: bool(watch.shown))
    rates = []
    for move in range(moves):
        watch.move(RATIOS[move % 2])
        began = watch.shown[-1].at
        time.sleep(WATCHED)
        rates.append(sum(began < one.at <= began + WATCHED for one in tuple(watch.shown)) / WATCHED)
    watch.painter.pause()
    return rates


def _painter(net: FeatureNetwork, size: int, steps: int = STEPS) -> LivePainter:
    return LivePainter(gallery.photo("cat"), gallery.style("swirls"), net=net, size=size, sizes=(size,), steps=steps)


def _inside(widget: widgets.Widget) -> list[widgets.Widget]:
    """A widget and all that are in it."""
    return [widget, *(part for child in getattr(widget, "children", ()) for part in _inside(child))]


def _cores() -> list[int]:
    """The cores that this process may use."""
    process = psutil.Process()
    return process.cpu_affinity() if hasattr(process, "cpu_affinity") else list(range(psutil.cpu_count() or 1))


def pin() -> None:
    """Leaves this process the first two of its cores, where the system lets it."""
    process = psutil.Process()
    if hasattr(process, "cpu_affinity"):
        process.cpu_affinity(_cores()[:CORES])


if __name__ == "__main__":
    weights, size, moves = sys.argv[1:]
    pin()
    net = vgg19(weights=weights, padding="replicate", precision="auto")  # type: ignore[arg-type]  # `vgg19` says what it does not know
    print(json.dumps(dataclasses.asdict(answers(net, int(size), int(moves)))))
