"""How much memory painting takes, from the start of Python to the end.

Each size is painted in a process of its own (``python -m benchmarks.memory 512``). What that holds in physical memory
is looked at from here, every few milliseconds, and the most is kept: this can be asked on every system. Painted is the
last stage of what ``course paint`` does by default; the smaller ones need less.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence

import psutil
import torch

from course import gallery
from course.images import resize
from course.nets.weights import vgg19
from course.objectives import style_transfer
from course.synthesis import coarse_to_fine, paint

SIZES = (256, 512, 1024)
STEPS = 160  # as `course paint`
INTERVAL = 0.005  # seconds


def measure(sizes: Sequence[int] = SIZES) -> dict[str, float]:
    """Peak resident memory in MB (2^20 bytes): of the imports alone, and of painting by longer side in pixels."""
    return {"imports": peak(), **{str(size): peak(size) for size in sizes}}


def peak(size: int | None = None) -> float:
    """Peak resident memory in MB of a process that paints at a size, or only imports what is needed for that."""
    return peak_of([sys.executable, "-m", "benchmarks.memory", *([] if size is None else [str(size)])])


def peak_of(command: Sequence[str]) -> float:
    """Peak resident memory in MB of a command, with as many threads as torch has here.

    Raises:
        RuntimeError: if it fails.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    process = psutil.Popen(command, env=environment)
    most = 0
    while process.poll() is None:
        try:
            most = max(most, process.memory_info().rss)
        except psutil.NoSuchProcess:  # it has ended just now, as poll() will say
            continue
        time.sleep(INTERVAL)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed with exit code {process.returncode}; see what it says above")
    return most / 2**20


def paint_once(size: int) -> None:
    """The last stage of the cat in swirls."""
    photo, painting = resize(gallery.photo("cat"), size), gallery.style("swirls")
    objective = style_transfer(vgg19(padding="replicate"), photo, painting)
    for _ in paint(objective, photo, coarse_to_fine(size, STEPS)[-1:]):
        pass


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        paint_once(int(argument))
