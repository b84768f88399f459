"""Distil Oxford's VGG-19 into a slim one: `python tools/slim/distill.py --help`.

What a style loss sees of two feature vectors f and g is only their inner product: the squared distance of two Gram
matrices is a sum of (f . g)^2 over pairs of positions. So the student need not have the teacher's channels. It has to
answer with the same inner products, which a quarter of the channels can give almost exactly: at relu5_1, the 128
strongest directions of 512 hold 96 % of the variance. What is hard is to compute them with so few weights.

The student learns inner products, distances of Gram matrices, and the gradients of these distances with respect to the
picture, since a painter follows them (Sobolev training, Czarnecki et al., 1706.04859). Half of its lessons are
pictures that it is painting itself, where its own errors lead it.

It is meant for a graphics card, with `--workers` to prepare pictures, but was run on a processor only. On two cores it
wants fewer and smaller pictures, and each lesson several times: `--fewer 12 --largest 128 --reused 8`. `--start FILE`
goes on from weights that there are. Another machine, or another number of workers, rounds and draws otherwise.

The file in this folder was made by an earlier form of this program, whose lessons had two pictures: 4500 steps, an
hour on two cores. 2400 steps more with the options above, 21 minutes on one core, made its pictures no better. Judged
by the teacher on twelve pairs at 160 pixels, these are 4.2 times as far from their styles as the teacher's own, in
the median; the teacher's, if it looks at relu1_1 to relu4_1 only, are 4.8 times as far, at relu1_1 to relu3_1 only,
9.0 times. Three quarters of what is missing is relu5_1, where the student's pictures are 5 times as far as the
teacher's, and those of the teacher that does not look at it 8 times; in the other four layers together the student's
are 3 times as far. To look at the half-sized picture as well did not help: 2.8 to 6.2 times on four pairs with any
choice of layers, against 2.9 to 5.5.
"""

import argparse
import math
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from corpus import Corpus, uniform, whole
from flock import Flock, Order
from lesson import LAYERS, Lesson, distances, examined, gram_products, rows_at, targets, taught
from muon import Muon
from start import pruned
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from course import gallery
from course.nets.vgg import VGG, WIDTHS
from course.nets.weights import SLIM_FILE, slim, vgg19

# Lessons take turns: side of the pictures, and how many. Half of them are the student's own paintings.
SHAPES = ((64, 48), (96, 32), (128, 24), (192, 12), (256, 8))
REMEMBERED = 60  # lessons, for those who look at them more than once
EVALUATIONS = 4  # by which paintings go on from lesson to lesson
SHORTEST_LIFE, LONGEST_LIFE = 5, 200  # of a painting, in evaluations
WARM_UP = 100
FULL_RATE = 1 / 3  # of all steps
MUON_RATE, ADAM_RATE = 0.003, 3e-4  # of the filters, in shares of their norm; of all else
WEIGHTS = {"linear": 0.5, "kernel": 1.0, "centred": 1.0, "gram": 0.5, "distance": 0.5, "gradient": 3.0}
BLOCKS = (2, 4, 8)  # pixels: gradients are compared as averages over such squares; single pixels are chaos


class Distillation(nn.Module):
    """Compares the student with a lesson; its own linear maps from few channels to many are thrown away in the end."""

    @torch.no_grad()
    def __init__(self, teacher: VGG, student: VGG, images: Tensor) -> None:
        super().__init__()
        stages = {name: int(name[4]) - 1 for name in LAYERS}
        self.maps = nn.ModuleDict({name: nn.Linear(student.widths[k], WIDTHS[k]) for name, k in stages.items()})
        wanted, learnt = teacher(images, list(LAYERS)), student(images, list(LAYERS))
        # In these units the student's channels are to have a mean square of about 1.
        self.units = {
            name: float((student.widths[k] / wanted[name].square().sum(1).mean()).sqrt()) for name, k in stages.items()
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
            t, s = lesson.rows[name] * unit, rows_at(learnt[name], lesson.where[name])
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


# --- Pictures -------------------------------------------------------------------------------------------------------


class Pictures(IterableDataset):  # type: ignore[type-arg]
    """Endless batches for one shape after the other: x, style and content of what is not painted, and what is next.

    Each item is [3, P, 3, side, side] for some x, style and content, the same for paintings that are to begin, and
    their betas. Every worker draws its own.
    """

    def __init__(self, fewer: int, largest: int) -> None:
        self.shapes = [(side, max(2, count // fewer)) for side, count in SHAPES if side <= largest]

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        worker = get_worker_info()
        corpus = Corpus(SHAPES[0][0], seed=worker.id if worker else 0)
        while True:
            for side, count in self.shapes:
                corpus.crop = side
                shown = [shown_by(corpus) for _ in range(count - count // 2)]
                # In the first batch of a shape all paintings begin; later only those that follow finished ones.
                begun = [begun_by(corpus) for _ in range(count // 2)]
                betas = torch.tensor([10 ** uniform(corpus.random, 0, 2.5) for _ in begun])
                yield torch.stack(shown, dim=1), torch.stack(begun, dim=1), betas


def shown_by(corpus: Corpus) -> Tensor:
    """x, style and content, [3, 3, side, side], near each other or not."""
    first, second = corpus.pair()
    third = corpus.disturb(first) if whole(corpus.random, 2) else second
    return torch.stack([first, second, third])


def begun_by(corpus: Corpus) -> Tensor:
    """Start, style and content of a painting, [3, 3, side, side]."""
    content, style = (corpus.cut(corpus.source()).clamp(0, 1) for _ in range(2))
    if whole(corpus.random, 4):
        return torch.stack([content, style, content])
    noise = content.mean((1, 2), keepdim=True) + 0.1 * torch.randn(content.shape, generator=corpus.random)
    return torch.stack([noise, style, content])


class Lessons:
    """Endless lessons, on given pictures and on the student's own paintings.

    A painter goes where its network is wrong in its favour. So the teacher is shown just that: paintings of all ages,
    which the student takes a little further with each lesson.
    """

    def __init__(self, teacher: VGG, student: VGG, pictures: Pictures, workers: int, reused: int) -> None:
        self.teacher, self.student, self.reused = teacher, student, reused
        self.device = teacher.mean.device
        self.batches = iter(DataLoader(pictures, batch_size=None, num_workers=workers))
        self.shelf: list[Lesson] = []
        self.count = 0
        self.flocks: dict[int, Flock] = {}
        self.lives: dict[int, Tensor] = {}
        self.random = torch.Generator().manual_seed(0)

    def __next__(self) -> Lesson:
        """A new lesson, or for all but one step in `reused` one of the latest once more."""
        self.count += 1
        if (self.count - 1) % self.reused:
            return self.shelf[int(torch.randint(len(self.shelf), (), generator=self.random))]
        self.shelf = [*self.shelf, self.new()][-REMEMBERED * (self.reused > 1) - 1 :]
        return self.shelf[-1]

    def new(self) -> Lesson:
        shown, begun, betas = (tensor.to(self.device, non_blocking=True) for tensor in next(self.batches))
        flock = self.painted(Order(*begun, betas))
        x, style, content = (
            torch.cat([mine, given])
            for mine, given in zip((flock.x, flock.order.style, flock.order.content), shown, strict=True)
        )
        return taught(self.teacher, x, style, content, self.random)

    def painted(self, order: Order) -> Flock:
        """The paintings of one size, a little further; in place of the oldest stand new ones."""
        side, count = order.start.shape[3], len(order.beta)
        if side not in self.flocks:
            self.flocks[side], self.lives[side] = Flock(order), self.drawn_lives(count)
        flock, lives = self.flocks[side], self.lives[side]
        if len(old := (flock.age >= lives).nonzero().flatten().tolist()):
            first = slice(len(old))
            flock.replace(old, Order(order.start[first], order.style[first], order.content[first], order.beta[first]))
            lives[old] = self.drawn_lives(len(old))
        flock.advance(self.student, EVALUATIONS)
        return flock

    def drawn_lives(self, count: int) -> Tensor:
        """As many short ones as long ones, by their logarithm."""
        share = torch.rand(count, generator=self.random)
        return (SHORTEST_LIFE * (LONGEST_LIFE / SHORTEST_LIFE) ** share).long()


# --- The examination ------------------------------------------------------------------------------------------------


class Examination:
    """How far pictures painted through the student are from their styles, against the teacher's own pictures."""

    SIDE, EVALUATIONS, BETA = 192, 150, 7.0

    def __init__(self, teacher: VGG, fewer: int) -> None:
        self.teacher = teacher
        photos, styles = gallery.names("photo"), gallery.names("style")
        pairs = [(photos[k % len(photos)], style) for k, style in enumerate(styles)][: max(1, len(styles) // fewer)]
        content, style = (
            torch.cat([functional.interpolate(load(name), size=(self.SIDE, self.SIDE), mode="area") for name in names])
            for load, names in zip((gallery.photo, gallery.style), zip(*pairs, strict=True), strict=True)
        )
        content, style = content.to(teacher.mean.device), style.to(teacher.mean.device)
        self.order = Order(content, style, content, torch.full((len(pairs),), self.BETA, device=content.device))
        self.teachers = self.judged(teacher)

    def judged(self, painter: VGG) -> Tensor:
        """The teacher's distances of what a network paints from its styles, [P]."""
        flock = Flock(self.order)
        flock.advance(painter, self.EVALUATIONS)
        with torch.no_grad():
            wanted = targets(self.teacher, self.order.style, self.order.content)
            return distances(self.teacher(flock.x.clamp(0, 1), list(wanted.layers)), wanted)[:, :-1].mean(1)

    def __call__(self, student: VGG) -> str:
        """How many times as far as the teacher's: the median and the worst."""
        ratios = self.judged(student) / self.teachers
        return f"painted {float(ratios.median()):.2f} times as far as the teacher, at worst {float(ratios.max()):.2f}"


# --- The loop -------------------------------------------------------------------------------------------------------


def rate(step: int, steps: int) -> float:
    """The learning rate as a share of the full one: rising briefly, full for a while, then falling as a cosine."""
    falling = max(0.0, (step / steps - FULL_RATE) / (1 - FULL_RATE))
    return min(1.0, (step + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * falling))


def save(student: VGG, path: Path) -> None:
    """Filters and biases in half precision, by the names of the layers."""
    state = student.convolutions.state_dict()
    torch.save({name: tensor.cpu().half().contiguous() for name, tensor in state.items()}, path)


def main() -> None:
    parser = argparse.ArgumentParser(description="Distil Oxford's VGG-19 into a slim one.")
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--widths", type=int, nargs=5, default=[16, 32, 64, 128, 128], help="channels of its stages")
    parser.add_argument("--first", type=int, default=96, help="pictures that the start is fitted to (default 96)")
    parser.add_argument("--fewer", type=int, default=1, help="divides the pictures of a lesson (default 1)")
    parser.add_argument("--largest", type=int, default=256, help="side of the largest pictures (default 256)")
    parser.add_argument("--reused", type=int, default=1, help="steps for each lesson (default 1)")
    parser.add_argument("--start", type=Path, help="weights to go on from (default: fitted by least squares)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--workers", type=int, default=0, help="processes that prepare pictures (default 0: this one)")
    parser.add_argument(
        "--examine", type=int, default=1000, help="after how many steps it is examined; 0: never (default 1000)"
    )
    parser.add_argument("--out", type=Path, default=SLIM_FILE)
    options = parser.parse_args()
    torch.set_float32_matmul_precision("high")
    teacher = vgg19(padding="replicate")
    images = Corpus(96).batch(options.first // 2)
    begun = slim(options.start) if options.start else pruned(teacher, images, tuple(options.widths))
    student = VGG("E", begun, padding="replicate").requires_grad_(True)
    distillation = Distillation(teacher, student, images).to(options.device)
    teacher, student = teacher.to(options.device), student.to(options.device)
    examination = Examination(teacher, options.fewer) if options.examine else None
    pictures = Pictures(options.fewer, options.largest)
    lessons = Lessons(teacher, student, pictures, options.workers, options.reused)
    filters = [parameter for parameter in student.parameters() if parameter.dim() == 4]
    others = [parameter for parameter in student.parameters() if parameter.dim() == 1]
    others += list(distillation.maps.parameters())
    muon, adam = Muon(filters), torch.optim.Adam(others, lr=ADAM_RATE, betas=(0.9, 0.99))
    means: dict[str, Tensor] = {}
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
            means[name] = torch.lerp(means.get(name, loss.detach()), loss.detach(), 0.02)
        if step % 100 == 0 or step + 1 == options.steps:
            numbers = ", ".join(f"{name} {float(mean):.3f}" for name, mean in means.items())
            print(f"step {step + 1} of {options.steps}, {time.perf_counter() - began:.0f} s: {numbers}", flush=True)
        if examination and (step + 1) % options.examine == 0:
            print(f"step {step + 1}: {examination(student)}", flush=True)
            save(student, options.out)
    save(student, options.out)


if __name__ == "__main__":
    main()
