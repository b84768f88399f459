"""The machine that the numbers come from, and whether it is free to measure on."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

import psutil
import torch

from course.nets.precision import choose


def machine() -> dict[str, Any]:
    """What the numbers depend on, before anything is measured."""
    return {
        "cpu": _cpu(),
        "cores": psutil.cpu_count(logical=False) or os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": psutil.getloadavg()[0],  # os.getloadavg, which Windows lacks
        "auto": str(choose("auto")),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two of these are the same machine with the same versions; threads and load change from run to run."""
    fleeting = {"threads", "load"}
    return {k: v for k, v in one.items() if k not in fleeting} == {k: v for k, v in other.items() if k not in fleeting}


def conditions(found: dict[str, Any]) -> dict[str, Any]:
    """How busy the machine is while we do nothing for a second: the load average would count what we did before.

    Returns:
        The threads of torch, how many cores `others` keep busy, and whether both together want more than there are.
    """
    others = psutil.cpu_percent(interval=1.0) / 100 * (os.cpu_count() or 1)
    return {"threads": found["threads"], "others": others, "busy": others + found["threads"] > found["cores"] + 0.5}


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
