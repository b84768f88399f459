"""torch with its default settings: a check's verdict must not depend on what a notebook has switched."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch


@contextlib.contextmanager
def usual_settings() -> Iterator[None]:
    """Inside: float32 on the CPU by default, gradients, any algorithm, full precision. Afterwards all is as before."""
    dtype, precision = torch.get_default_dtype(), torch.get_float32_matmul_precision()
    deterministic = torch.are_deterministic_algorithms_enabled()
    only_warn = torch.is_deterministic_algorithms_warn_only_enabled()
    with contextlib.ExitStack() as stack:
        if torch.empty(0).device.type != "cpu":  # asked for first: the context looks at every call that makes a tensor
            stack.enter_context(torch.device("cpu"))
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        stack.enter_context(torch.autocast("cpu", enabled=False))
        stack.callback(torch.set_default_dtype, dtype)
        stack.callback(torch.set_float32_matmul_precision, precision)
        torch.set_default_dtype(torch.float32)
        torch.set_float32_matmul_precision("highest")
        if deterministic:  # asked for first: setting it loads torch's compiler, which takes seconds
            stack.callback(torch.use_deterministic_algorithms, True, warn_only=only_warn)
            torch.use_deterministic_algorithms(False)
        yield
