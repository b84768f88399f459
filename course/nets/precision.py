"""The arithmetic of a network: float32, or half as many bits where the processor multiplies those itself.

Processors with AMX (Intel's since 2023) and recent GPUs multiply bfloat16 themselves, and are quicker with it. On all
others it is emulated, and takes many times as *long*. ``"auto"`` knows which is which.

Only the network is affected. The picture, the feature maps that it gives out, the losses, Gram matrices and the
optimiser's memory stay float32: they are small, and sums of many squares need the digits.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from typing import Literal, get_args

import torch

from course.errors import InputError

Precision = Literal["auto", "float32", "bfloat16", "float16"]
Half = Literal["bfloat16", "float16"]

HALVES: dict[torch.dtype, Half] = {torch.bfloat16: "bfloat16", torch.float16: "float16"}

# About how many times as long an evaluation of VGG-19 with its gradient takes in bfloat16 as in float32, by one thread
# at 128 to 256 pixels, by the best that the processor has.
SLOWER = {"avx512_bf16": 2, "avx512_f": 4, "avx2": 8}

# oneDNN, which multiplies for torch, can be told to use no more than a lesser processor has, by these variables. An
# ability is used if one of its words is in what they say.
LIMITS = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")
USED = {
    "amx_fp16": ("AMX_FP16", "AMX_2"),
    "amx_bf16": ("AMX",),
    "avx512_bf16": ("AVX512_CORE_BF16", "AVX512_CORE_FP16", "AMX", "AVX10"),
    "avx512_f": ("AVX512", "AVX10"),
}


@dataclass(frozen=True)
class Chosen:
    """A precision, and the reason for it.

    Attributes:
        dtype: of the convolutions.
        why: a sentence for a reader, such as "this processor has no AMX"; empty where it was asked for.
    """

    dtype: torch.dtype
    why: str = ""

    def __str__(self) -> str:
        """As in "bfloat16: this GPU multiplies it"."""
        return str(self.dtype).removeprefix("torch.") + f": {self.why}" * bool(self.why)


def choose(precision: Precision, device: torch.device | str = "cpu") -> Chosen:
    """What "auto" means on a device; any other precision is taken at its word.

    Args:
        precision: "auto", "float32", "bfloat16" or "float16".
        device: where the network will run.

    Raises:
        InputError: for another word.

    Warns:
        UserWarning: where the processor does not multiply what was asked for, how many times as long it takes.
    """
    if not isinstance(precision, str) or precision not in get_args(Precision):
        raise InputError(f"no precision {precision!r}; choose {', '.join(map(repr, get_args(Precision)))}")
    kind = torch.device(device).type
    if precision == "auto":
        return _quickest(kind)
    if kind == "cpu" and precision != "float32" and not multiplies(precision):
        warnings.warn(
            f"this processor does not multiply {precision} itself, so painting takes about {_slower()} times as long "
            "as in float32; choose precision 'auto'",
            stacklevel=1,  # from one place, so that it is said once, however many networks are made
        )
    return Chosen(getattr(torch, precision))


def multiplies(precision: Half) -> bool:
    """Whether the processor has instructions that multiply matrices of these numbers: Intel's AMX."""
    return bool(capabilities().get({"bfloat16": "amx_bf16", "float16": "amx_fp16"}[precision]))


def _quickest(kind: str) -> Chosen:
    if kind == "cuda":
        if torch.cuda.get_device_capability() >= (8, 0):
            return Chosen(torch.bfloat16, "this GPU multiplies it")
        return Chosen(torch.float32, "this GPU does not multiply bfloat16")
    if kind == "mps":
        return Chosen(torch.float16, "Apple's GPUs multiply it")
    if multiplies("bfloat16"):
        return Chosen(torch.bfloat16, "this processor multiplies it, with AMX")
    if _of_processor().get("amx_bf16"):
        return Chosen(torch.float32, f"{_limit()} keeps this processor from its AMX, which multiplies bfloat16")
    return Chosen(torch.float32, "this processor has no AMX, which multiplies bfloat16")


def capabilities() -> dict[str, bool]:
    """What the processor has and may use, by torch's names; nothing where torch is too old to tell."""
    word = _limit().rpartition("=")[2].upper()
    if not word.startswith(("SSE", "AVX")):  # "DEFAULT" and "ALL" are no limits, and other words are not listened to
        return _of_processor()
    return {name: has and any(part in word for part in USED.get(name, ("",))) for name, has in _of_processor().items()}


def _of_processor() -> dict[str, bool]:
    return dict(torch.cpu.get_capabilities()) if hasattr(torch.cpu, "get_capabilities") else {}


def _limit() -> str:
    """What oneDNN is told, as in "ONEDNN_MAX_CPU_ISA=AVX2"; empty if it is told nothing."""
    return next((f"{name}={os.environ[name]}" for name in LIMITS if os.environ.get(name)), "")


def _slower() -> int:
    found = capabilities()
    return next((times for name, times in SLOWER.items() if found.get(name)), max(SLOWER.values()))
