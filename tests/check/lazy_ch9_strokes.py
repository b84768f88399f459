"""Chapter 9: strokes that follow nothing, and energies of something else."""

import torch

from course.check import EXERCISES
from course.classical.pyramids import blurred
from tests.check._lazy import forgetful, lazy, remembering

# --- stroke ---------------------------------------------------------------------------------------------------------


def line(start, down, right, number=12):
    return torch.tensor([[start[0] + down * n, start[1] + right * n] for n in range(number)], dtype=torch.float32)


lazy("stroke", "the start alone", "other")(lambda smooth, canvas, slope, start, radius: line(start, 0, 0, 1))
lazy("stroke", "the start twelve times", "other")(lambda smooth, canvas, slope, start, radius: line(start, 0, 0))
lazy("stroke", "straight down", "other")(lambda smooth, canvas, slope, start, radius: line(start, radius, 0))
lazy("stroke", "aslant", "other")(lambda smooth, canvas, slope, start, radius: line(start, 0.6 * radius, 0.8 * radius))
lazy("stroke", "a step to each side", "other")(
    lambda smooth, canvas, slope, start, radius: line(start, radius, radius, 4)
)
lazy("stroke", "noise around the start", "other")(
    lambda smooth, canvas, slope, start, radius: line(start, 0, 0) + radius * torch.randn(12, 2)
)
lazy("stroke", "the photo, handed back", "shape")(lambda smooth, canvas, slope, start, radius: smooth)
lazy("stroke", "zeros", "other")(lambda smooth, canvas, slope, start, radius: torch.zeros(12, 2))
lazy("stroke", "nothing at all", "none")(lambda smooth, canvas, slope, start, radius: None)
forgetful("stroke", "the first answer for ever", "other")(remembering("stroke"))


@lazy("stroke", "right on straight ground", "other")
def _(smooth, canvas, slope, start, radius):
    same = slope[:, start[0], start[1], None, None].expand_as(slope)
    return EXERCISES["stroke"].reference(smooth, canvas, torch.where(slope.norm(dim=0) > 0, same, 0.0), start, radius)


@lazy("stroke", "right but for the canvas", "never_nearer")
def _(smooth, canvas, slope, start, radius):
    return EXERCISES["stroke"].reference(smooth, smooth + 9, slope, start, radius)


@lazy("stroke", "right for the first ten points", "other")
def _(smooth, canvas, slope, start, radius):
    return EXERCISES["stroke"].reference(smooth, canvas, slope, start, radius)[:10]


# --- local_energy ---------------------------------------------------------------------------------------------------

lazy("local_energy", "zeros that know the picture", "other")(lambda picture, level: 0 * picture)
lazy("local_energy", "a blurred picture", "other")(lambda picture, level: blurred(picture, 2 ** (level + 1)))
lazy("local_energy", "the distance from the mean", "other")(
    lambda picture, level: (picture - picture.mean((2, 3), keepdim=True)).square()
)
lazy("local_energy", "nothing at all", "none")(lambda picture, level: None)


@lazy("local_energy", "one level for all", "both_finer")
def _(picture, level):
    return EXERCISES["local_energy"].reference(picture, 1)


@lazy("local_energy", "level 2 and no other", "other")
def _(picture, level):
    return EXERCISES["local_energy"].reference(picture, 2)


@lazy("local_energy", "right on paper and cut off from the picture", "detached")
def _(picture, level):
    return EXERCISES["local_energy"].reference(picture.detach(), level)
