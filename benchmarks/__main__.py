"""``python -m benchmarks``: measures, prints a table, and writes the numbers to a file.

::

    python -m benchmarks                          every device, 256 and 512 pixels
    python -m benchmarks --threads 2 --rounds 30  beside other work
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch

from benchmarks.evaluation import PAINTER, PLAIN, WANTED, Result, measure


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    found = machine()
    _introduce(found)
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    results = []
    for device in devices:
        for size in options.sizes:
            results.append(measure(torch.device(device), size, options.rounds))
            _show(results[-1])
    options.json.parent.mkdir(parents=True, exist_ok=True)
    record = {"machine": found, "evaluation": [as_record(result) for result in results]}
    options.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(f"\nEvery round is in {options.json}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Seconds for one evaluation of the painter's objective, against its bare convolutions.",
    )
    add = parser.add_argument
    add("--threads", type=_whole(1), help="of the processor (default: as torch chooses)")
    add("--rounds", type=_whole(1), default=15, help="evaluations of each that count (default 15)")
    add("--sizes", type=_whole(32), nargs="+", default=[256, 512], metavar="PIXELS",
        help="longer sides of the 4:3 pictures (default 256 512)")  # fmt: skip
    add("--json", type=Path, default=Path("out", "bench.json"), help="where to write (default out/bench.json)")
    return parser


def _whole(least: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        number = int(text)
        if number < least:
            raise argparse.ArgumentTypeError(f"must be at least {least}, not {number}")
        return number

    return whole


def machine() -> dict[str, Any]:
    """What the numbers depend on, before anything is measured."""
    return {
        "cpu": _cpu(),
        "cores": psutil.cpu_count(logical=False) or os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": psutil.getloadavg()[0],  # os.getloadavg, which Windows lacks
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _introduce(found: dict[str, Any]) -> None:
    print(f"{found['cpu']}, {found['cores']} cores; threads used: {found['threads']}; {found['system']}")
    print(f"Python {found['python']}, torch {found['torch']}, GPU: {found['gpu'] or 'none'}")
    print(f"Load average of the last minute: {found['load']:.1f}", flush=True)
    if found["load"] + found["threads"] > found["cores"] + 0.5:
        print(
            "WARNING: other work and these threads together want more cores than there are. Torch then becomes many\n"
            "times slower, and no number below means much: wait for the other work, or give fewer --threads."
        )


def _show(result: Result) -> None:
    print(f"\n{result.device}, {result.width} x {result.height} pixels: one evaluation, forward and gradient")
    print(f"{'':33}{'seconds':>8} {'quartiles':>15} {'fastest':>8} {'x bound':>9} {'quartiles':>13}")
    for name, seconds in result.seconds.items():
        low, middle, high = _quartiles(seconds)
        row = f"{name:33}{middle:8.4f} {f'{low:.4f}-{high:.4f}':>15} {min(seconds):8.4f}"
        if name == result.bound:
            print(f"{row}      1.00  the bound")
        else:
            low, middle, high = _quartiles(result.compared(name, result.bound))
            print(f"{row} {middle:9.2f} {f'{low:.2f}-{high:.2f}':>13}")
    low, middle, high = _quartiles(result.compared(PAINTER, result.bound))
    print(f"The painter takes {middle:.2f} times its bound; wanted is at most {WANTED:.2f}: {_verdict(low, high)}.")
    gain = np.median(result.compared(PLAIN, PAINTER))
    print(f"The plain loop takes {gain:.2f} times as long as the painter.")
    print(f"The bound does {result.multiply_adds / 1e9:.1f} G multiply-adds each way, {result.gigaflops:.0f} GFLOP/s.")
    print(f"Other processes kept {result.others:.1f} cores busy meanwhile.", flush=True)


def _verdict(low: float, high: float) -> str:
    """What two quartiles of the ratio allow to say."""
    if high <= WANTED:
        return "reached"
    return "MISSED" if low > WANTED else "undecided, the quartiles lie on both sides"


def as_record(result: Result) -> dict[str, Any]:
    """A result in plain numbers, its summary first and every round at the end."""
    return {
        "device": result.device,
        "width": result.width,
        "height": result.height,
        "multiply_adds": result.multiply_adds,
        "others": result.others,
        "bound": result.bound,
        "ratio": result.ratio,
        "quartiles": {name: _quartiles(seconds) for name, seconds in result.seconds.items()},
        "quartiles_of_ratio": {name: _quartiles(result.compared(name, result.bound)) for name in result.seconds},
        "seconds": result.seconds,
    }


def _quartiles(values: Sequence[float]) -> list[float]:
    """Lower quartile, median, upper quartile."""
    quartiles: list[float] = np.quantile(values, [0.25, 0.5, 0.75]).tolist()
    return quartiles


if __name__ == "__main__":
    main()
