"""A pytest plugin beside nbval: a chapter keeps within the seconds and the memory that its header states.

`make test` loads it with ``-p tests.chapters.budgets``. When the last cell of a solution has run, the kernel is asked
what it used. Seconds are those that the processor worked for the kernel, not those of the clock: a busy machine
then changes nothing. Two cores that work for the stated seconds without a pause do twice as many.
"""

import json
from pathlib import Path

import psutil
import pytest
from nbval.plugin import IPyNbFile

CORES = 2
MOST_MEMORY = 2048  # MB, what Binder gives


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item, nextitem):
    notebook = item.parent
    if not isinstance(notebook, IPyNbFile) or (nextitem is not None and nextitem.parent is notebook):
        return
    kernel = psutil.Process(notebook.kernel.km.provisioner.pid)
    facts = json.loads(notebook.path.read_text(encoding="utf-8"))["metadata"].get("course")
    if facts is None:
        return
    times = kernel.cpu_times()
    used, peak = times.user + times.system, peak_memory(kernel)
    print(f"\n{notebook.path.name}: {used:.0f} s of one core, peak memory {peak:.0f} MB")
    allowed = CORES * facts["seconds"]
    assert used <= allowed, f"{notebook.path.name} used {used:.0f} s of one core; {facts['seconds']} s are {allowed} s"
    assert peak <= facts["memory_mb"], f"{notebook.path.name} used {peak:.0f} MB, its header says {facts['memory_mb']}"
    assert facts["memory_mb"] <= MOST_MEMORY, f"{notebook.path.name} may use {facts['memory_mb']} MB; Binder has 2 GB"


def peak_memory(process: psutil.Process) -> float:
    """The most memory that a process ever held, in MB; where the system does not tell, what it holds now."""
    status = Path(f"/proc/{process.pid}/status")
    if status.is_file():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024
    held = process.memory_info()
    return getattr(held, "peak_wset", held.rss) / 2**20
