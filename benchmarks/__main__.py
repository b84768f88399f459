"""``python -m benchmarks``: measures, prints a table for each part, and writes the numbers to a file.

::

    python -m benchmarks                       everything: about an hour
    python -m benchmarks evaluation live       some parts only
    python -m benchmarks rivals --pairs 2      two pairs of pictures instead of eight
    python -m benchmarks --threads 2           beside other work

The file keeps what was measured before on the same machine with the same versions; parts that are measured again are
replaced. Beside it lies the same as a page of Markdown.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from benchmarks import evaluation, growth, live, memory, painters, pastiche, precision, report, rivals, studio
from benchmarks.machine import conditions, machine, same

Options = argparse.Namespace

ROUNDS, SIZES = 15, (256, 512)  # of one evaluation


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    for part in options.parts or PARTS:
        found = machine()
        given = conditions(found)
        if given["busy"]:
            print(f"WARNING, before {part!r}: other work keeps {given['others']:.1f} of {found['cores']} cores busy. "
                  f"Wait for it, or give fewer --threads than {given['threads']}.", flush=True)  # fmt: skip
        measured = PARTS[part](options)
        record = _kept(options.json, found)
        record.update(machine=found, **measured)
        record["conditions"][part] = given
        _write(options.json, record)
        print(f"\n{report.machine(found)}\n\n{report.section(part, record)}\n", flush=True)
    print(f"Every number is in {options.json}, the tables are in {options.json.with_suffix('.md')}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What the course states about speed.")
    add = parser.add_argument
    add("parts", nargs="*", type=_part, metavar="PART", help=f"any of {', '.join(PARTS)} (default all)")
    add("--threads", type=_whole(1), help="of the processor (default: as torch chooses)")
    add(
        "--rounds",
        type=_whole(1),
        help="evaluations of each (default 15), moves of a slider (10), of each precision (5), "
        "pictures of a painter (15), visitors (30)",
    )
    add("--sizes", type=_whole(32), nargs="+", metavar="PIXELS",
        help="longer sides of the pictures, for each part (default: its own; rivals take the first)")  # fmt: skip
    add("--pairs", type=_whole(1), default=len(rivals.PAIRS), help="of pictures for the rivals (default all 8)")
    add("--pastiche-steps", type=_whole(2), default=pastiche.STEPS, metavar="STEPS",
        help="of the rival pastiche (default 300, as the tutorial's; its own default is 1000)")  # fmt: skip
    add("--json", type=Path, default=Path("out", "bench.json"), help="where to write (default out/bench.json)")
    return parser


def _part(name: str) -> str:
    if name not in PARTS:
        raise argparse.ArgumentTypeError(f"there is no part {name!r}; there are {', '.join(PARTS)}")
    return name


def _whole(least: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        number = int(text)
        if number < least:
            raise argparse.ArgumentTypeError(f"must be at least {least}, not {number}")
        return number

    return whole


# --- The parts: options -> what goes into the record ------------------------------------------------------------------


def _evaluation(options: Options) -> dict[str, Any]:
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    results = [
        evaluation.measure(torch.device(device), size, options.rounds or ROUNDS, name)
        for device in devices
        for name in precision.worth_it(device)
        for size in options.sizes or SIZES
    ]
    ratios = {f"{result.device} {result.precision} {result.width}": result.ratio for result in results}
    return {"evaluation_ratio": ratios, "evaluation": [_as_record(result) for result in results]}


def _as_record(result: evaluation.Result) -> dict[str, Any]:
    """A result in plain numbers, its summary first and every round at the end."""
    return {
        "device": result.device,
        "precision": result.precision,
        "width": result.width,
        "height": result.height,
        "multiply_adds": result.multiply_adds,
        "gigaflops": result.gigaflops,
        "others": result.others,
        "bound": result.bound,
        "ratio": result.ratio,
        "quartiles": {name: quartiles(seconds) for name, seconds in result.seconds.items()},
        "quartiles_of_ratio": {name: quartiles(result.compared(name, result.bound)) for name in result.seconds},
        "seconds": result.seconds,
    }


def _growth(options: Options) -> dict[str, Any]:
    costs = growth.measure_growth(options.sizes or growth.SIZES, options.rounds or growth.ROUNDS)
    found = [{**dataclasses.asdict(cost), "per_megapixel": cost.per_megapixel} for cost in costs]
    return {"growth": found, "growth_exponent": growth.exponent(costs)}


def _rivals(options: Options) -> dict[str, Any]:
    size = options.sizes[0] if options.sizes else rivals.SIZE
    field, pairs = rivals.rivals(pastiche_steps=options.pastiche_steps), rivals.PAIRS[: options.pairs]
    found = []
    for race in tqdm(
        rivals.races(field, pairs, size), "rivals", len(field) * len(pairs), unit="race", leave=False, disable=None
    ):
        found.append(race)
        tqdm.write(report.race(_race_record(race)))
    speedups = {f"speedup_{name}": rivals.speedup([race for race in found if race.rival == name]) for name in field}
    titles = {name: rival.title for name, rival in field.items()}
    given = {"size": size, "pastiche_steps": options.pastiche_steps, "titles": titles}
    return {"rivals": given, **speedups, "races": [_race_record(race) for race in found]}


def _race_record(race: rivals.Race) -> dict[str, Any]:
    derived = {"arrived": race.arrived, "speedup": race.speedup, "whole_run": race.whole_run}
    return {**dataclasses.asdict(race), **derived}


def _memory(options: Options) -> dict[str, Any]:
    return {"memory_mb": memory.measure(options.sizes or memory.SIZES)}


def _live(options: Options) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for weights in live.WEIGHTS:
        for size in options.sizes or live.SIZES:
            answers = dataclasses.asdict(live.measure(weights, size, options.rounds or live.MOVES))
            measured = {name: answers[name] for name in ("first_s", "per_second", "at_size")}
            found.setdefault(weights, {})[str(size)] = {
                **{name: float(np.median(values)) for name, values in measured.items()},
                "quartiles": {name: quartiles(values) for name, values in measured.items()},
                "cores": answers["cores"],
                "threads": answers["threads"],
                "moves": measured,
            }
    return {"live": found}


def _studio(options: Options) -> dict[str, Any]:
    found = {}
    for each in studio.measure(options.rounds or studio.VISITORS):
        waits = [visit.done_s for visit in each.visits]
        found[each.effort] = {
            "visitors": len(waits),
            "photos_s": max(visit.photo_s for visit in each.visits),
            "previews_s": max(visit.preview_s for visit in each.visits),
            "median_s": float(np.median(waits)),
            "most_s": float(np.quantile(waits, 0.95)),
            "last_s": max(waits),
            "peak_mb": each.peak_mb,
            "visits": [dataclasses.asdict(visit) for visit in each.visits],
        }
    return {"studio": found}


def _precision(options: Options) -> dict[str, Any]:
    size = options.sizes[0] if options.sizes else precision.SIZE
    found = precision.measure(("float32", "bfloat16"), size, options.rounds or precision.ROUNDS)
    pairs = rivals.PAIRS[: options.pairs]
    painted = list(tqdm(precision.pictures(size, pairs=pairs), "pairs", len(pairs), leave=False, disable=None))
    steps = {name: painters.step_of_training("oxford", name) for name in precision.worth_it()}
    return {
        "precision": {
            "size": size,
            "evaluations": {
                kind: {name: {**dataclasses.asdict(each), "ratio": each.ratio} for name, each in by_precision.items()}
                for kind, by_precision in found.items()
            },
            "pictures": [dataclasses.asdict(each) for each in painted],
            "training_s": {name: float(np.median(seconds)) for name, seconds in steps.items()},
            "training_steps": steps,
        }
    }


def _painters(options: Options) -> dict[str, Any]:
    rounds = options.rounds or painters.ROUNDS
    speeds = list(painters.pictures(options.sizes or painters.SIZES, rounds))
    steps = {judge: painters.step_of_training(judge) for judge in ("slim", "oxford")}
    styles = list(painters.judged())
    return {
        "painters": {
            "pictures": [{**dataclasses.asdict(one), "quartiles": quartiles(one.seconds)} for one in speeds],
            "pad_a_second": painters.pad(),
            "training_s": {judge: float(np.median(seconds)) for judge, seconds in steps.items()},
            "training_steps": steps,
            "style_medians": painters.medians(styles),
            "styles": [dataclasses.asdict(one) for one in styles],
            "missing": painters.missing(),
        }
    }


PARTS: dict[str, Callable[[Options], dict[str, Any]]] = {
    "evaluation": _evaluation,
    "growth": _growth,
    "rivals": _rivals,
    "memory": _memory,
    "live": _live,
    "precision": _precision,
    "painters": _painters,
    "studio": _studio,
}


def quartiles(values: Sequence[float]) -> list[float]:
    """Lower quartile, median, upper quartile."""
    found: list[float] = np.quantile(values, [0.25, 0.5, 0.75]).tolist()
    return found


# --- The file ---------------------------------------------------------------------------------------------------------


def _kept(path: Path, found: dict[str, Any]) -> dict[str, Any]:
    """The record as it is, to be added to; a new one if there is none, or one of another machine or other versions."""
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if record and same(record["machine"], found):
        return record
    if record:
        aside = path.with_name(f"{path.stem}-before{path.suffix}")
        path.replace(aside)
        print(f"{path} was measured on another machine or with other versions: it is {aside} now.")
    return {"machine": found, "conditions": {}}


def _write(path: Path, record: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(report.report(record), encoding="utf-8")


if __name__ == "__main__":
    main()
