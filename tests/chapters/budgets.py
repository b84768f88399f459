"""A pytest plugin beside nbval: a chapter keeps within the seconds and the memory that its header states.

`make test` loads it with ``-p tests.chapters.budgets``. When the last cell of a solution has run, the kernel is asked
what it used. Seconds are those that the processor worked for the kernel, not those of the clock. Two cores that work
for the stated seconds without a pause do twice as many.

A processor that shares its memory and its host with others works slower, by half and more: the same chapter took 307
and 466 s of one core on the same machine on one day. So we time one evaluation of the painter beside each chapter, and
allow as many times as much as it takes longer than where the seconds were stated. A faster machine is allowed no less.
"""

import functools
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import torch
from nbval.plugin import IPyNbFile
from torch import Tensor

from benchmarks.evaluation import painter
from course.nets.weights import vgg19

CORES = 2
MOST_MEMORY = 2048  # MB, what Binder gives
STATED = (
    0.125  # s for one evaluation at 96 x 72 pixels by one thread where the chapters' seconds were stated (EPYC, AVX2)
)
EVALUATIONS = 15


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    notebook = item.parent
    last = isinstance(notebook, IPyNbFile) and (nextitem is None or nextitem.parent is not notebook)
    used, peak = kernel_used(notebook) if last else (0.0, 0.0)
    torn_down = yield  # before anything is complained of: the next chapter is set up only if this one is torn down
    if last:
        judge(notebook.path, used, peak)
    return torn_down


def kernel_used(notebook: IPyNbFile) -> tuple[float, float]:
    """Seconds of one core and the most MB that a notebook's kernel has used, which is still alive."""
    kernel = psutil.Process(notebook.kernel.km.provisioner.pid)
    times = kernel.cpu_times()
    return times.user + times.system, peak_memory(kernel)


def judge(path: Path, used: float, peak: float) -> None:
    """Compares with what the chapter's header states."""
    facts = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("course")
    if facts is None:
        return
    print(f"\n{path.name}: {used:.0f} s of one core, peak memory {peak:.0f} MB")
    slower = slowness()
    allowed = CORES * facts["seconds"] * slower
    assert used <= allowed, (
        f"{path.name} used {used:.0f} s of one core; {facts['seconds']} s are {allowed:.0f} s "
        f"on a machine that is {slower:.2f} times as slow as where they were stated"
    )
    assert peak <= facts["memory_mb"], f"{path.name} used {peak:.0f} MB, its header says {facts['memory_mb']}"
    assert facts["memory_mb"] <= MOST_MEMORY, f"{path.name} may use {facts['memory_mb']} MB; Binder has 2 GB"


def slowness() -> float:
    """How many times as long as where the seconds were stated one evaluation takes here and now; at least 1."""
    evaluate, seconds = evaluation(), []
    for _ in range(EVALUATIONS):
        began = time.process_time()
        evaluate()
        seconds.append(time.process_time() - began)
    return max(1.0, statistics.median(seconds) / STATED)


@functools.cache
def evaluation() -> Callable[[], Tensor]:
    """One evaluation of the painter's objective and its gradient, as most of a chapter's seconds go into."""
    torch.set_num_threads(1)  # whose seconds are counted
    return painter(vgg19(padding="replicate"), 72, 96)


def peak_memory(process: psutil.Process) -> float:
    """The most memory that a process ever held, in MB; where the system does not tell, what it holds now."""
    status = Path(f"/proc/{process.pid}/status")
    if status.is_file():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024
    held = process.memory_info()
    return getattr(held, "peak_wset", held.rss) / 2**20
