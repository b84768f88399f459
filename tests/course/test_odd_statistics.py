"""The statistic that is handed to the painter really makes the picture: an odd one makes another."""

import torch

from course import gallery
from course.images import fit, white_noise
from course.losses import gram, relative_distance
from course.nets.weights import vgg19
from course.objectives import Objective, style
from course.synthesis import Stage, paint

SIZE, LAYERS = 48, ("relu1_1", "relu2_1")
FANS = fit(gallery.style("fans"), SIZE, SIZE)
NET = vgg19(padding="replicate")


def loners(F):
    """A Gram matrix with zeros beside the diagonal: how strongly each channel fires, and nobody's company."""
    return gram(F) * torch.eye(F.shape[1])


def painted(statistic):
    """A texture made with this statistic, from pale noise."""
    start = 0.5 + 0.1 * (white_noise(SIZE, SIZE) - 0.5)
    return list(paint(Objective(NET, [style(FANS, LAYERS, statistic=statistic)]), start, [Stage(SIZE, 40)]))[-1].image


def distances(picture, statistic):
    """How far the statistic is from that of the fans, as a share of its size, layer by layer."""
    made, wanted = (NET(image, LAYERS) for image in (picture, FANS))
    return [relative_distance(statistic(made[layer]), statistic(wanted[layer])).item() for layer in LAYERS]


def test_without_company_the_painter_makes_another_picture():
    company, alone = painted(gram), painted(loners)
    assert max(distances(company, gram)) < 0.01
    assert max(distances(alone, loners)) < 0.01, "it has done what it was asked to"
    assert min(far / near for far, near in zip(distances(alone, gram), distances(company, gram), strict=True)) > 4
    assert (company - alone).abs().mean() > 0.05, "more than a twentieth of black to white, at a mean pixel"
