"""What half precision gains: one evaluation by kind of processor, and whole paintings that must be as good.

A processor can be told to work as a lesser one, through oneDNN, which multiplies for torch (``ONEDNN_MAX_CPU_ISA``).
Each kind therefore has a process of its own (``python -m benchmarks.precision bfloat16 256 5``). That is how the rows
of AVX-512 come about on a machine with AMX. What a processor lacks cannot be told.

Pictures are painted twice, in float32 and in what ``"auto"`` takes here, from the same start with the same steps, and
both are scored by float32.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from benchmarks.evaluation import LAYOUTS, Evaluate, bare_convolutions, painter, shape
from benchmarks.rivals import PAIRS
from course import gallery
from course.images import to_image, to_tensor
from course.nets.precision import HALVES, Precision, capabilities, choose
from course.nets.weights import vgg19
from course.objectives import style_transfer
from course.synthesis import coarse_to_fine, paint

SIZE = 256
ROUNDS = 5
STEPS = 160  # as `course paint`
# Processors of Intel's kind, the best first: what torch calls the ability, and oneDNN's word for one that has no more.
KINDS = {
    "amx_bf16": ("AMX", "AVX512_CORE_AMX"),
    "avx512_bf16": ("AVX-512 with bf16", "AVX512_CORE_BF16"),
    "avx512_f": ("AVX-512", "AVX512_CORE"),
    "avx2": ("AVX2", "AVX2"),
}
LONG = 5.0  # seconds of one evaluation, of which one is then enough


@dataclass(frozen=True)
class Evaluations:
    """Seconds of the painter's evaluation, and of the bare convolutions in the same precision, round by round."""

    painter: list[float]
    bare: list[float]

    @property
    def ratio(self) -> float:
        """The painter against its convolutions, the median of all rounds."""
        return float(np.median([mine / its for mine, its in zip(self.painter, self.bare, strict=True)]))


def kinds() -> dict[str, str | None]:
    """This machine's own kind, and the lesser ones that it can play: name -> oneDNN's word, None for its own."""
    has = capabilities()
    found = [KINDS[ability] for ability in KINDS if has.get(ability)]
    own = found[0][0] if found else "this processor"
    return {own: None, **dict(found[1:])}


def worth_it(device: str = "cpu") -> tuple[Precision, ...]:
    """float32, and what "auto" takes on a device where that is another."""
    quickest = HALVES.get(choose("auto", device).dtype)
    return ("float32", quickest) if quickest else ("float32",)


def measure(
    precisions: Sequence[Precision], size: int = SIZE, rounds: int = ROUNDS
) -> dict[str, dict[str, Evaluations]]:
    """Kind of processor -> precision -> what was measured.

    Raises:
        RuntimeError: if a process fails, with what it said.
    """
    return {
        kind: {precision: _in_a_process(word, precision, size, rounds) for precision in precisions}
        for kind, word in kinds().items()
    }


def _in_a_process(word: str | None, precision: Precision, size: int, rounds: int) -> Evaluations:
    command = [sys.executable, "-m", "benchmarks.precision", precision, str(size), str(rounds)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    if word is not None:
        environment["ONEDNN_MAX_CPU_ISA"] = word
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[1:])} failed with exit code {done.returncode}: {done.stderr[-2000:]}")
    return Evaluations(**json.loads(done.stdout))


def evaluations(precision: Precision, size: int, rounds: int) -> Evaluations:
    """By turns, after a first round that does not count, unless it shows that one is long enough."""
    height, width = shape(size)
    net = vgg19(padding="replicate", precision=precision)
    mine = painter(net, height, width)
    bare = [bare_convolutions(net, height, width, layout) for layout in LAYOUTS.values()]
    found = Evaluations([], [])
    for number in range(rounds + 1):
        took = _seconds(mine)
        if number or took > LONG:
            found.painter.append(took)
            found.bare.append(min(map(_seconds, bare)))
        if took > LONG:
            break
    return found


def _seconds(evaluate: Evaluate) -> float:
    began = time.perf_counter()
    evaluate()
    return time.perf_counter() - began


# --- Pictures ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """A pair painted in both precisions: seconds of painting, and the objective of the pictures, by float32."""

    pair: str
    seconds: Mapping[str, float]
    losses: Mapping[str, float]


def pictures(size: int = SIZE, steps: int = STEPS, pairs: Sequence[tuple[str, str]] = PAIRS) -> Iterator[Pair]:
    """Each pair in float32 and in the precision that "auto" takes here; nothing where that is float32 as well."""
    quickest = str(choose("auto").dtype).removeprefix("torch.")
    if quickest == "float32":
        return
    exact = vgg19(padding="replicate")
    nets = {"float32": exact, quickest: vgg19(padding="replicate", precision="auto")}
    for content, style in pairs:
        photo, painting = gallery.photo(content, size), gallery.style(style, size)
        judge = style_transfer(exact, photo, painting).at(*photo.shape[2:])
        seconds, losses = {}, {}
        for name, net in nets.items():
            began = time.perf_counter()
            objective = style_transfer(net, photo, painting)
            for step in paint(objective, photo, coarse_to_fine(max(photo.shape[2:]), steps)):
                last: Tensor = step.image
            seconds[name] = time.perf_counter() - began
            losses[name] = float(judge(to_tensor(to_image(last))).total)
        yield Pair(f"{content}, {style}", seconds, losses)


if __name__ == "__main__":
    precision, size, rounds = sys.argv[1:]
    found = evaluations(precision, int(size), int(rounds))  # type: ignore[arg-type]
    print(json.dumps({"painter": found.painter, "bare": found.bare}))
