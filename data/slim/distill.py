"""Distil Oxford's VGG-19 into one a quarter as wide: `python data/slim/distill.py [--steps N]`.

What a style loss sees of two feature vectors f and g is only their inner product: the squared distance of two Gram
matrices is a sum of (f . g)^2 over pairs of positions. So the student need not have the teacher's channels. It has to
answer with the same inner products, which a quarter of the channels can give almost exactly: at relu5_1, the 128
strongest directions of 512 hold 96 % of the variance. What is hard is to compute them with so few weights.

The student learns inner products, distances of Gram matrices, and the gradients of these distances with respect to the
picture, since a painter follows them (Sobolev training, Czarnecki et al., 1706.04859). Half of its lessons are
pictures that it has painted itself, where its own errors lead it.

The file in this folder took 4500 steps, an hour on two cores: 1500 at the full rate and 3000 while it fell to zero.
It was made in two runs with a fresh optimiser for the second. Another machine, or another number of threads, rounds
otherwise and gives another file that is as good.
"""

import argparse
import math
import time
from pathlib import Path

import torch
from corpus import Corpus, uniform, whole
from lesson import LAYERS, Lesson, examined, gram_products, rows_at, taught
from muon import Muon
from start import pruned
from torch import Tensor, nn
from torch.nn import functional

from course.objectives import style_transfer
from course.synthesis import Stage, paint
from course.vgg import VGG, WIDTHS
from course.weights import SLIM_FILE, SLIM_WIDTHS, vgg19

# Lessons take turns: side of the pictures, how many, and how many of them are the student's own paintings.
SHAPES = ((96, 2, 1), (96, 2, 2), (160, 1, 1))
REUSED = 8  # steps for each new lesson: the other seven look at one of the latest once more
REMEMBERED = 200  # lessons, and paintings of each size
WARM_UP = 50
FULL_RATE = 1 / 3  # of all steps
MUON_RATE, ADAM_RATE = 0.003, 3e-4  # of the filters, in shares of their norm; of all else
WEIGHTS = {"linear": 0.5, "kernel": 1.0, "centred": 1.0, "gram": 0.5, "distance": 0.3, "gradient": 3.0}
BLOCKS = (2, 4, 8)  # pixels: gradients are compared as averages over such squares; single pixels are chaos


class Distillation(nn.Module):
    """Compares the student with a lesson; its own linear maps from few channels to many are thrown away in the end."""

    @torch.no_grad()
    def __init__(self, teacher: VGG, student: VGG, images: Tensor) -> None:
        super().__init__()
        stages = {name: int(name[4]) - 1 for name in LAYERS}
        self.maps = nn.ModuleDict({name: nn.Linear(SLIM_WIDTHS[k], WIDTHS[k]) for name, k in stages.items()})
        wanted, learnt = teacher(images, list(LAYERS)), student(images, list(LAYERS))
        # In these units the student's channels are to have a mean square of about 1.
        self.units = {
            name: float((SLIM_WIDTHS[k] / wanted[name].square().sum(1).mean()).sqrt()) for name, k in stages.items()
        }
        for name in LAYERS:
            S, T = (F.transpose(0, 1).flatten(1) for F in (learnt[name], wanted[name] * self.units[name]))
            A = S @ S.T + 1e-3 * S.square().sum() / len(S) * torch.eye(len(S))
            self.maps[name].weight.data = torch.linalg.solve(A, S @ T.T).T.contiguous()
            self.maps[name].bias.data.zero_()

    def forward(self, student: VGG, lesson: Lesson) -> dict[str, Tensor]:
        learnt, far, gradient = examined(student, lesson.x, lesson.style, lesson.content, lesson.weights, learning=True)
        losses: dict[str, list[Tensor]] = {"linear": [], "kernel": [], "centred": [], "gram": []}
        for name, weight in LAYERS.items():
            unit, channels = self.units[name], learnt[name].shape[1]
            t, s = lesson.rows[name].float() * unit, rows_at(learnt[name], lesson.where[name])
            # What differences are divided by has a least value: a dark picture shall not outweigh all others.
            least = 0.1 * channels**2 * len(t) ** 2
            variance = (t - t.mean(0)).square().sum() + 0.1 * len(t) * channels
            losses["linear"].append(weight * (self.maps[name](s) - t).square().sum() / variance)
            losses["kernel"].append(weight * between(s @ s.T, t @ t.T, least))
            t, s = t - t.mean(0), s - s.mean(0)
            losses["centred"].append(weight * between(s @ s.T, t @ t.T, 0.1 * least))
            products = lesson.grams[name] * unit**4
            losses["gram"].append(weight * between(gram_products(learnt[name]), products, 0.1 * channels**4))
        means = {name: torch.stack(terms).sum() / sum(LAYERS.values()) for name, terms in losses.items()}
        means["distance"] = ((far + 0.01) / (lesson.far + 0.01)).log().square().mean()
        means["gradient"] = torch.stack([turned(gradient, lesson.gradient, block) for block in BLOCKS]).mean()
        return means


def between(X: Tensor, Y: Tensor, least: float) -> Tensor:
    """|X - Y|^2 / |Y|^2, divided by no less than `least`."""
    return (X - Y).square().sum() / (Y.square().sum() + least)


def turned(g: Tensor, h: Tensor, block: int) -> Tensor:
    """1 - cosine of the angle between two gradients [P, 3, H, W], averaged over squares of that side."""
    g, h = (functional.avg_pool2d(x, block).flatten(1) for x in (g, h))
    return 1 - functional.cosine_similarity(g, h, dim=1).mean()


class Lessons:
    """Endless lessons, each for several steps."""

    def __init__(self, teacher: VGG, student: VGG, corpus: Corpus) -> None:
        self.teacher, self.student, self.corpus = teacher, student, corpus
        self.shelf: list[Lesson] = []
        self.paintings: dict[int, list[tuple[Tensor, Tensor, Tensor]]] = {side: [] for side, _, _ in SHAPES}
        self.count = 0

    def __next__(self) -> Lesson:
        self.count += 1
        if self.count % REUSED != 1:
            return self.shelf[whole(self.corpus.random, len(self.shelf))]
        self.shelf = [*self.shelf, self.new(*SHAPES[self.count // REUSED % len(SHAPES)])][-REMEMBERED:]
        return self.shelf[-1]

    def new(self, side: int, count: int, own: int) -> Lesson:
        corpus, pool = self.corpus, self.paintings[side]
        corpus.crop = side
        pool.append(self.painted())
        del pool[:-REMEMBERED]
        rows = [pool[-1], *(pool[whole(corpus.random, len(pool))] for _ in range(own - 1))]
        for _ in range(count - own):
            first, second = corpus.pair()
            third = corpus.disturb(first) if whole(corpus.random, 2) else second
            rows.append((first[None], second[None], third[None]))
        x, style, content = (torch.cat(column) for column in zip(*rows, strict=True))
        return taught(self.teacher, x, style, content, corpus.random)

    def painted(self) -> tuple[Tensor, Tensor, Tensor]:
        """A small painting by the student, its style and its content, each [1, 3, H, W].

        A painter goes where its network is wrong in its favour. So the teacher is shown just that.
        """
        corpus, random = self.corpus, self.corpus.random
        content, style = (corpus.cut(corpus.source())[None].clamp(0, 1) for _ in range(2))
        noise = content.mean((2, 3), keepdim=True) + 0.1 * torch.randn(content.shape, generator=random)
        start = content if whole(random, 4) else noise
        objective = style_transfer(self.student, content, style, beta=10 ** uniform(random, 0, 2.5))
        self.student.requires_grad_(False)
        painting = paint(objective, start, [Stage(corpus.crop, 2 + whole(random, 40))])
        for _ in painting:
            pass
        self.student.requires_grad_(True)
        assert painting.last is not None
        return painting.last.picture, style, content


def rate(step: int, steps: int) -> float:
    """The learning rate as a share of the full one: rising briefly, full for a while, then falling as a cosine."""
    falling = max(0.0, (step / steps - FULL_RATE) / (1 - FULL_RATE))
    return min(1.0, (step + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * falling))


def save(student: VGG, path: Path) -> None:
    """Filters and biases in half precision, by the names of the layers."""
    state = student.convolutions.state_dict()
    torch.save({name: tensor.half().contiguous() for name, tensor in state.items()}, path)


def main() -> None:
    parser = argparse.ArgumentParser(description="Distil Oxford's VGG-19 into one a quarter as wide.")
    parser.add_argument("--steps", type=int, default=4500)
    parser.add_argument("--first", type=int, default=48, help="pictures that the start is fitted to (default 48)")
    parser.add_argument("--out", type=Path, default=SLIM_FILE)
    options = parser.parse_args()
    corpus, teacher = Corpus(96), vgg19(padding="replicate")
    images = corpus.batch(options.first // 2)
    student = VGG("E", pruned(teacher, images), padding="replicate").requires_grad_(True)
    distillation = Distillation(teacher, student, images)
    lessons = Lessons(teacher, student, corpus)
    filters = [parameter for parameter in student.parameters() if parameter.dim() == 4]
    others = [parameter for parameter in student.parameters() if parameter.dim() == 1]
    others += list(distillation.maps.parameters())
    muon, adam = Muon(filters), torch.optim.Adam(others, lr=ADAM_RATE, betas=(0.9, 0.99))
    means: dict[str, float] = {}
    began = time.perf_counter()
    for step in range(options.steps):
        losses = distillation(student, next(lessons))
        student.zero_grad()
        distillation.zero_grad()
        torch.stack([WEIGHTS[name] * loss for name, loss in losses.items()]).sum().backward()
        nn.utils.clip_grad_norm_([*filters, *others], 1.0)
        adam.param_groups[0]["lr"] = ADAM_RATE * rate(step, options.steps)
        adam.step()
        muon.step(MUON_RATE * rate(step, options.steps))
        for name, loss in losses.items():
            means[name] = means.get(name, float(loss.detach())) * 0.98 + 0.02 * float(loss.detach())
        if step % 50 == 0 or step + 1 == options.steps:
            numbers = ", ".join(f"{name} {mean:.3f}" for name, mean in means.items())
            print(f"step {step + 1} of {options.steps}, {time.perf_counter() - began:.0f} s: {numbers}", flush=True)
    save(student, options.out)


if __name__ == "__main__":
    main()
