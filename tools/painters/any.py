"""Train the painter of any style: `python tools/painters/any.py --help`. See data/painters/README.md.

It begins from random weights, or, if there is a `--checkpoint`, from there. It may be stopped at any moment and started
again with the same command: pictures, styles and rates depend on the number of the step alone.
"""

import argparse
import io
import math
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from course import gallery
from course.adain.moments import adain, whiten_colour
from course.adain.stylist import Decoder, Stylist, load_stylist
from course.files import write_atomically
from course.losses import gram, relative_distance, tv_loss
from course.nets.memory import keep_freed_memory
from course.nets.vgg import VGG
from course.nets.weights import vgg19
from course.objectives import CONTENT_LAYER, STYLE_LAYERS
from course.training.corpus import Corpus, folder_photos, gallery_photos
from course.training.perceptual import style_distance
from course.training.procedural import PROCEDURES, randint, uniform

# Never trained on: these judge.
STRANGERS = ("swirls", "woodcut", "mosaic", "watercolour")

# Of the pictures of a batch: so many of the styles are paintings, so many photos, the others are made by formulas.
PAINTINGS, PHOTOS = 0.6, 0.25
AS_IT_IS = 0.3  # keep their colours
SAME = 0.1  # the style is the photo itself: it shall come back
MIXED = 0.15  # a cross of two styles, the statistics of which no painting has
WARM_UP, FULL_RATE, LEAST_RATE = 50, 0.5, 0.03
SHIFTS = 8
STAGES = 3  # of the encoder: the decoder begins at relu3_1
LARGEST_GRADIENT = 1.0


class Styles:
    """Endless batches of style pictures: crops of paintings and photos and pictures by formulas, in other colours.

    Without photos they are crops of the paintings as they are, and nothing else.
    """

    def __init__(self, names: list[str], photos: list[Tensor]) -> None:
        self.paintings = [gallery.style(name, 256) for name in names]
        self.photos = photos
        random = torch.Generator().manual_seed(1)
        self.procedural = [PROCEDURES[k % len(PROCEDURES)](random, 256)[None].clamp(0, 1) for k in range(24)]

    def batch(self, number: int, count: int, side: int) -> Tensor:
        """[count, 3, side, side], RGB in [0, 1]."""
        random = torch.Generator().manual_seed(7_000_003 + number)
        return torch.cat([self._one(random, side) for _ in range(count)])

    def _one(self, random: torch.Generator, side: int) -> Tensor:
        first = self._crop(random, side)
        if not self.photos or uniform(random, 0, 1) > MIXED:
            return first
        # Patches of another style, as large as strokes, in the first.
        mask = functional.interpolate(torch.rand(1, 1, 6, 6, generator=random), (side, side), mode="bicubic") > 0.5
        return torch.where(mask, first, self._crop(random, side))

    def _crop(self, random: torch.Generator, side: int) -> Tensor:
        kind = uniform(random, 0, 1)
        if not self.photos or kind < PAINTINGS:
            source = self.paintings[randint(random, len(self.paintings))]
        elif kind < PAINTINGS + PHOTOS:
            source = self.photos[randint(random, len(self.photos))]
        else:
            source = self.procedural[randint(random, len(self.procedural))]
        length = min(*source.shape[2:], round(side * uniform(random, 0.8, 1.6)))
        top, left = (randint(random, whole - length + 1) for whole in source.shape[2:])
        piece = source[..., top : top + length, left : left + length]
        piece = functional.interpolate(piece, size=(side, side), mode="bilinear", antialias=True)
        piece = piece.flip(3) if randint(random, 2) else piece
        return piece if not self.photos or uniform(random, 0, 1) < AS_IT_IS else recoloured(random, piece)


def recoloured(random: torch.Generator, picture: Tensor) -> Tensor:
    """Colours turned, channels exchanged, contrast and brightness changed: another palette, the same strokes."""
    picture = picture[:, torch.randperm(3, generator=random)]
    if randint(random, 4) == 0:
        picture = 1 - picture
    matrix = torch.eye(3) * uniform(random, 0.6, 1.3) + 0.25 * torch.randn(3, 3, generator=random)
    mean = picture.mean(dim=(2, 3), keepdim=True)
    moved = 0.12 * torch.randn(1, 3, 1, 1, generator=random)
    return (torch.einsum("ij,bjhw->bihw", matrix, picture - mean) + mean + moved).clamp(0, 1)


class Lesson:
    """The loss of a batch: alpha content + beta style, in the units of `Perceptual`.

    Content is judged by the stylist's own encoder, style by `judge`, or by the encoder as well.

    The network looks at a style once: what the judge sees is what the stylist begins from as well.
    """

    def __init__(self, stylist: Stylist, alpha: float, beta: float, judge: VGG | None = None) -> None:
        self.stylist, self.net, self.alpha, self.beta = stylist, stylist.encoder, alpha, beta
        self.judge = judge
        self.losses: dict[str, float] = {}

    def __call__(self, photos: Tensor, styles: Tensor, down: int, right: int) -> Tensor:
        deepest = self.stylist.layers[-1]
        with torch.no_grad():
            F = self.net(photos, [deepest])[deepest].contiguous()
            P = self.net(photos[..., down:, right:], [CONTENT_LAYER])[CONTENT_LAYER]
            seen = self.net(styles, STYLE_LAYERS)
            judged = self.judge(styles, STYLE_LAYERS) if self.judge else seen
            grams = {layer: gram(judged[layer]) / judged[layer][0, 0].numel() for layer in STYLE_LAYERS}
        painted = self.stylist.decode(F, [{layer: seen[layer].contiguous() for layer in self.stylist.layers}])
        # The judge sees the batch moved: its poolings and the decoder's enlargements begin at the same places.
        moved = painted[..., down:, right:]
        features = self.net(moved, [*([] if self.judge else STYLE_LAYERS), CONTENT_LAYER])
        content = relative_distance(features[CONTENT_LAYER], P) / len(F)
        style = style_distance(self.judge(moved, STYLE_LAYERS) if self.judge else features, grams)
        tv = tv_loss(painted) / painted.numel()
        beyond = (painted - painted.clamp(0, 1)).square().mean()
        self.losses = {"content": content.item(), "style": style.item()}
        return self.alpha * content + self.beta * style + 0.2 * tv + 10.0 * beyond


def rate_at(number: int, steps: int, rate: float) -> float:
    falling = max(0.0, (number / steps - FULL_RATE) / (1 - FULL_RATE))
    share = LEAST_RATE + (1 - LEAST_RATE) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, falling)))
    return rate * min(1.0, number / WARM_UP) * share


@dataclass(frozen=True)
class Plan:
    """How a stylist is trained; `adain` is the share of the steps with AdaIN, the others whiten and colour."""

    steps: int
    side: int
    count: int
    rate: float
    adain: float = 0.3


class Training:
    """A training in progress; what a step does depends on its number alone."""

    def __init__(self, stylist: Stylist, corpus: Corpus, styles: Styles, lesson: Lesson, plan: Plan) -> None:
        self.stylist, self.corpus, self.styles, self.lesson, self.plan = stylist, corpus, styles, lesson, plan
        self.optimiser = torch.optim.Adam(stylist.decoder.parameters(), betas=(0.9, 0.99))
        self.number = 0

    def step(self) -> None:
        """Paints a batch, and corrects the decoder."""
        self.number += 1
        plan, random = self.plan, torch.Generator().manual_seed(self.number)
        for group in self.optimiser.param_groups:
            group["lr"] = rate_at(self.number, plan.steps, plan.rate)
        photos, wanted = (source.batch(self.number, plan.count, plan.side) for source in (self.corpus, self.styles))
        same = torch.rand(plan.count, generator=random) < SAME
        wanted = torch.where(same[:, None, None, None], photos, wanted)
        down, right = torch.randint(SHIFTS, (2,), generator=random).tolist()
        # By turns: one decoder shall serve both.
        self.stylist.transfer = adain if torch.rand((), generator=random) < plan.adain else whiten_colour
        self.optimiser.zero_grad()
        self.lesson(photos, wanted, down, right).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.stylist.decoder.parameters(), LARGEST_GRADIENT)
        self.optimiser.step()

    def save(self, path: Path) -> None:
        """Writes all that is needed to go on, whole or not at all."""
        state = {"decoder": self.stylist.decoder.state_dict(), "optimiser": self.optimiser.state_dict()}
        buffer = io.BytesIO()
        torch.save(state | {"number": self.number}, buffer)
        write_atomically(path, buffer.getvalue())

    def resume(self, path: Path) -> None:
        """Goes on from what `save` wrote."""
        state = torch.load(path, weights_only=True)
        self.stylist.decoder.load_state_dict(state["decoder"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.number = state["number"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, action="append", default=[], help="a folder of photos besides our own")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="a painter of any style to begin from")
    parser.add_argument("--full", action="store_true", help="styles are judged by the full network, not the slim one")
    parser.add_argument("--out", type=Path, help="where the painter is written at each checkpoint")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--side", type=int, default=112)
    parser.add_argument("--count", type=int, default=3)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--alpha", type=float, default=2.0)
    parser.add_argument("--beta", type=float, default=8.0)
    parser.add_argument("--every", type=float, default=2.0, help="minutes between checkpoints")
    options = parser.parse_args()
    torch.set_num_threads(1)  # with another number, sums round otherwise
    keep_freed_memory()
    slim = vgg19(weights="slim", padding="replicate")
    stylist = Stylist(slim, Decoder(slim.widths[:STAGES]))
    if options.start:
        stylist.decoder.load_state_dict(load_stylist(options.start).decoder.state_dict())
    photos = gallery_photos() + [photo for folder in options.photos for photo in folder_photos(folder)]
    names = [name for name in gallery.names("style") if name not in STRANGERS]
    plan = Plan(options.steps, options.side, options.count, options.rate)
    lesson = Lesson(stylist, options.alpha, options.beta, vgg19(padding="replicate") if options.full else None)
    training = Training(stylist, Corpus(photos), Styles(names, photos), lesson, plan)
    if options.checkpoint.exists():
        training.resume(options.checkpoint)
    print(f"{len(names)} styles, {len(photos)} photos, from step {training.number}", flush=True)
    means: dict[str, float] = {}
    saved = time.monotonic()
    while training.number < plan.steps:
        training.step()
        for name, one in lesson.losses.items():
            means[name] = means.get(name, one) + 0.02 * (one - means.get(name, one))
        if training.number % 20 == 0:
            text = ", ".join(f"{name} {one:.3f}" for name, one in means.items())
            print(f"step {training.number} of {plan.steps}: {text}", flush=True)
        if time.monotonic() - saved > 60 * options.every or training.number == plan.steps:
            training.save(options.checkpoint)
            if options.out:
                stylist.save(options.out)
            saved = time.monotonic()


if __name__ == "__main__":
    main()
