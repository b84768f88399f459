"""A further probe for chapter 0's checks: its input is a Pillow picture."""

from __future__ import annotations

from PIL import Image
from torch import Tensor

from course.check.engine.probes import Function, Returned, changed_inputs, plain, probe, returned


@probe
def of_picture(function: Function, pixels: Tensor) -> Returned:
    """The function's result for a Pillow picture with these pixels, [H, W, 3], uint8."""
    picture = Image.fromarray(pixels.numpy().copy())
    value = function(picture)
    return returned(value, changed_inputs([pixels], [plain(picture)]))
