"""Chapter 2: functions that climb nowhere, and dreams without a climb."""

import torch

from course.check import EXERCISES
from tests.check._lazy import forgetful, lazy

lazy("ascend", "a constant", "other")(lambda score, picture, steps, step_size: torch.full_like(picture, 0.5))
lazy("ascend", "the start, handed back", "returns_input")(lambda score, picture, steps, step_size: picture)
lazy("ascend", "a copy of the start", "other")(lambda score, picture, steps, step_size: 1 * picture)
lazy("ascend", "a little more of everything", "other")(
    lambda score, picture, steps, step_size: picture + steps * step_size
)
lazy("ascend", "steps at random", "other")(
    lambda score, picture, steps, step_size: picture + steps * step_size * torch.randn_like(picture)
)
lazy("ascend", "the score", "shape")(lambda score, picture, steps, step_size: score(picture))
lazy("ascend", "nothing at all", "none")(lambda score, picture, steps, step_size: None)
lazy("ascend", "a brighter picture", "other")(lambda score, picture, steps, step_size: 1.5 * picture)


@forgetful("ascend", "remembers its first answer", "other")
def _():
    said = []

    def answer(*inputs):
        said.append(EXERCISES["ascend"].reference(*inputs))
        return said[0]

    return answer


def seen_by(climb, photo, detail):
    """Calls the climb with the right picture, so that only what comes back is in question."""
    large = torch.nn.functional.interpolate(detail, photo.shape[2:], mode="bilinear")
    return climb(photo + large)


lazy("dream_octave", "a constant", "climbs_never")(lambda photo, detail, climb, shift: torch.zeros_like(photo))
lazy("dream_octave", "the photo, handed back", "climbs_never")(lambda photo, detail, climb, shift: photo)
lazy("dream_octave", "the detail, handed back", "climbs_never")(lambda photo, detail, climb, shift: detail)
lazy("dream_octave", "only the climb", "other")(lambda photo, detail, climb, shift: climb(photo))
lazy("dream_octave", "a climb of the detail", "climbs_small")(
    lambda photo, detail, climb, shift: climb(torch.zeros(1, 3, 2, 2))
)
lazy("dream_octave", "noise", "climbs_never")(lambda photo, detail, climb, shift: torch.randn_like(photo))
lazy("dream_octave", "nothing at all", "none")(lambda photo, detail, climb, shift: None)
lazy("dream_octave", "no shift", "not_rolled")(
    lambda photo, detail, climb, shift: seen_by(climb, photo, detail) - photo
)
lazy("dream_octave", "the moved photo", "no_detail")(
    lambda photo, detail, climb, shift: climb(photo.roll(shift, (2, 3))).roll((-shift[0], -shift[1]), (2, 3)) - photo
)
