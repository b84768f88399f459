"""DeepDream (Mordvintsev, Olah & Tyka 2015): a photo, changed until a layer sees more of what it sees in it.

>>> from course import gallery
>>> from course.nets.weights import vgg19
>>> net, cat = vgg19(weights="slim", padding="replicate"), gallery.photo("cat", 64)
>>> for step in dream(net, cat, "relu3_1", octaves=2, steps=2):
...     width = step.picture.shape[3]
...     print(f"step {step.number} of {step.of}: octave {step.octave} of {step.octaves}, {width} pixels wide")
step 1 of 4: octave 1 of 2, 46 pixels wide
step 2 of 4: octave 1 of 2, 46 pixels wide
step 3 of 4: octave 2 of 2, 64 pixels wide
step 4 of 4: octave 2 of 2, 64 pixels wide
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from course.errors import InputError
from course.images import check_given, check_whole, resize, resized_shape
from course.nets.memory import keep_freed_memory
from course.nets.vgg import VGG
from course.neurons.ascent import Score, answer, ascend, channels_of, check_step_size

Climb = Callable[[Tensor], Tensor]
Octave = Callable[[Tensor, Tensor, Climb, tuple[int, int]], Tensor]


def dream_octave(photo: Tensor, detail: Tensor, climb: Climb, shift: tuple[int, int]) -> Tensor:
    """One go at one size: what is to be added to the photo, given what was added to a smaller one.

    The detail is enlarged to the photo's size and added, the sum is moved by `shift` and climbs, and is moved back;
    what it now has more than the photo is the new detail. The photo itself is never enlarged, so it stays sharp.

    Args:
        photo: [1, 3, H, W].
        detail: [1, 3, h, w], what was added so far, of any size; it may be negative.
        climb: from picture to picture, see `course.neurons.ascent.ascend`.
        shift: rows and columns; what leaves at one side comes back at the other.

    Returns:
        [1, 3, H, W].
    """
    if detail.shape[2:] != photo.shape[2:]:
        detail = functional.interpolate(detail, photo.shape[2:], mode="bilinear", align_corners=False)
    rows, columns = shift
    moved = (photo + detail).roll((rows, columns), (2, 3))
    return climb(moved).roll((-rows, -columns), (2, 3)) - photo


@dataclass(frozen=True)
class DreamStep:
    """The dream after one step. Nothing changes it afterwards.

    Attributes:
        number: of the step, from 1.
        of: how many steps are planned in all.
        octave: which size it is at, from 1, the smallest.
        octaves: how many sizes there are.
        score: what the climbed score was before this step.
        seconds: spent dreaming so far, pauses between steps left out.
        picture: [1, 3, H, W], RGB; values may lie outside [0, 1].
    """

    number: int
    of: int
    octave: int
    octaves: int
    score: float
    seconds: float
    picture: Tensor

    @property
    def image(self) -> Tensor:
        """The dream to look at: `picture` clamped to [0, 1]."""
        return self.picture.clamp(0, 1)


class Dream(Iterator[DreamStep]):
    """A dream in progress: iterate over it for its steps. Made by `dream`.

    Attributes:
        sizes: longer side at each octave, in pixels.
        last: the latest step, None before the first.
    """

    def __init__(
        self, photo: Tensor, score: Score, sizes: tuple[int, ...], steps: int, step_size: float, jitter: int, seed: int,
        octave: Octave,
    ) -> None:  # fmt: skip
        self.photo = photo.detach()
        self.sizes = sizes
        self.last: DreamStep | None = None
        self._score = score
        self._steps, self._step_size, self._octave = steps, step_size, octave
        generator = torch.Generator("cpu").manual_seed(seed)
        self._shifts = torch.randint(-jitter, jitter + 1, (len(sizes) * steps, 2), generator=generator)
        self._detail = torch.zeros_like(photo[:, :, :1, :1])
        self._small: tuple[int, Tensor] | None = None
        self._seconds = 0.0
        keep_freed_memory()

    def __next__(self) -> DreamStep:
        began = time.perf_counter()
        number = self.last.number if self.last else 0
        if number == len(self._shifts):
            raise StopIteration
        size = self.sizes[number // self._steps]
        if self._small is None or self._small[0] != size:
            self._small = size, resize(self.photo, size)
        photo, values = self._small[1], []

        def score(image: Tensor) -> Tensor:
            value = self._score(image)
            values.append(float(value.detach()))
            return value

        def uphill(image: Tensor) -> Tensor:
            return ascend(score, image, 1, self._step_size).clamp(0, 1)  # or single pixels run far beyond

        rows, columns = self._shifts[number].tolist()
        # Whatever takes time may be stopped with Ctrl-C, and the dream continued: note what is done when it is done.
        detail = self._octave(photo, self._detail, uphill, (rows, columns))
        self._detail = detail
        self._seconds += time.perf_counter() - began
        octave = number // self._steps + 1
        self.last = DreamStep(
            number + 1, len(self._shifts), octave, len(self.sizes), values[0], self._seconds, photo + detail
        )
        return self.last


def dream(
    net: VGG, photo: Tensor, layer: str, channel: int | None = None, *, octaves: int = 4, ratio: float = 1.4,
    steps: int = 10, step_size: float = 0.02, jitter: int = 16, seed: int = 0, octave: Octave = dream_octave,
) -> Dream:  # fmt: skip
    """A photo, exaggerated: first as a small picture, then as larger ones, each `ratio` times as large as the last.

    Args:
        net: whose layer it is.
        photo: [1, 3, H, W], RGB in [0, 1]; the dream ends at this size.
        layer: whose answer is to grow, see `course.neurons.ascent.answer`.
        channel: one of its channels, or None for all.
        octaves: how many sizes.
        ratio: from one size to the next; above 1.
        steps: at each size.
        step_size: root mean square of what a step changes, in the range of the picture.
        jitter: by how many pixels at most the picture is moved in each step, drawn from `seed`.
        seed: same seed, same dream, on the same machine.
        octave: what makes a step of it, see `dream_octave`.

    Returns:
        An iterator of `DreamStep` records.

    Raises:
        InputError: for unusable arguments, also for an octave that is too small for the layer.
    """
    check_given(photo, "the photo")
    channels_of(net, layer)
    check_whole(octaves, "the octaves")
    check_whole(steps, "the steps")
    check_whole(jitter, "the jitter", least=0)
    check_whole(seed, "the seed", least=0)
    if not 1 < ratio < math.inf:
        raise InputError(f"the ratio must be above 1, not {ratio}")
    check_step_size(step_size)
    height, width = photo.shape[2:]
    sizes = tuple(max(1, round(max(height, width) / ratio**k)) for k in reversed(range(octaves)))
    least, shape = net.smallest_side([layer]), resized_shape(height, width, sizes[0])
    if min(shape) < least:
        raise InputError(
            f"{octaves} octaves begin with {shape[0]} x {shape[1]} pixels, and {layer} needs {least}; "
            "take fewer octaves, a larger photo, or a layer nearer to the input"
        )
    return Dream(photo, answer(net, layer, channel), sizes, steps, step_size, jitter, seed, octave)
