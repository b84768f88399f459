"""The paintings that the slim network learns from: many at once, each as the course's own painter would have it."""

import importlib
import sys

import pytest
import torch

from course import gallery
from course.images import fit
from course.nets.weights import vgg19
from course.objectives import style_transfer
from course.synthesis import Stage, paint
from tests.repo._repo import ROOT

PAIRS = (("cat", "swirls"), ("coffee", "mosaic"))
SIDE, BETA = 48, 7.0


@pytest.fixture(scope="module")
def module():
    """The program's own modules lie beside it, as for whoever runs it."""
    folder = str(ROOT / "tools" / "slim")
    sys.path.insert(0, folder)
    try:
        yield importlib.import_module("batch_painter")
    finally:
        sys.path.remove(folder)


@pytest.fixture(scope="module")
def net():
    return vgg19(weights="slim", padding="replicate")


def order(module, *pairs):
    photos = torch.cat([fit(gallery.photo(photo), SIDE, SIDE) for photo, _ in pairs])
    styles = torch.cat([fit(gallery.style(style), SIDE, SIDE) for _, style in pairs])
    return module.Order(photos, styles, photos.clone(), torch.full((len(pairs),), BETA))


@pytest.fixture(scope="module")
def losses(net):
    """losses(x): the objective of each painting of `PAIRS`, as the course has it."""
    objectives = [
        style_transfer(net, fit(gallery.photo(photo), SIDE, SIDE), fit(gallery.style(style), SIDE, SIDE), beta=BETA)
        for photo, style in PAIRS
    ]
    prepared = [objective.at(SIDE, SIDE) for objective in objectives]

    def losses(x):
        with torch.no_grad():
            return [float(loss(picture[None]).total) for loss, picture in zip(prepared, x, strict=True)]

    return losses


def test_it_comes_as_far_as_the_painter_of_the_course(module, net, losses):
    painter = module.BatchPainter(order(module, *PAIRS))
    painter.advance(net, 30)
    painter.advance(net, 30)
    for (photo, style), found in zip(PAIRS, losses(painter.x), strict=True):
        content = fit(gallery.photo(photo), SIDE, SIDE)
        objective = style_transfer(net, content, fit(gallery.style(style), SIDE, SIDE), beta=BETA)
        *_, last = paint(objective, content, [Stage(SIDE, 60)])
        assert found == pytest.approx(last.loss, rel=0.1)


def test_no_painting_becomes_worse(module, net, losses):
    """Also where a step was too long: such a painting stands still, and tries a shorter one next time."""
    painter = module.BatchPainter(order(module, *PAIRS))
    painter.x = torch.rand(painter.x.shape, generator=torch.Generator().manual_seed(0))
    painter.memory.first_step = 0.5  # much too long, half of the range
    stood_still, before = 0, losses(painter.x)
    for _ in range(60):
        x = painter.x
        painter.advance(net, 1)
        after = losses(painter.x)
        assert all(new <= old * (1 + 1e-4) for new, old in zip(after, before, strict=True))
        stood_still += sum(torch.equal(mine, old) for mine, old in zip(painter.x, x, strict=True))
        before = after
    assert stood_still > 0


def test_paintings_do_not_mind_each_other(module, net):
    together, alone = module.BatchPainter(order(module, *PAIRS)), module.BatchPainter(order(module, PAIRS[1]))
    for painter in (together, alone):
        painter.advance(net, 5)
    assert torch.allclose(together.x[1], alone.x[0], atol=1e-3)
    assert (alone.x - alone.order.start).abs().max() > 0.05


def test_a_new_painting_begins_where_another_was(module, net):
    painter = module.BatchPainter(order(module, *PAIRS))
    painter.advance(net, 5)
    kept = painter.x[0].clone()
    painter.replace([1], order(module, PAIRS[1]))
    assert painter.age.tolist() == [5, 0] and torch.equal(painter.x[0], kept)
    painter.advance(net, 5)
    fresh = module.BatchPainter(order(module, PAIRS[1]))
    fresh.advance(net, 5)
    assert torch.allclose(painter.x[1], fresh.x[0], atol=1e-3)
