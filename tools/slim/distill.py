"""Distil Oxford's VGG-19 into a slim one: `python tools/slim/distill.py --help`.

What a style loss sees of two feature vectors f and g is only their inner product: the squared distance of two Gram
matrices is a sum of (f . g)^2 over pairs of positions. So the student need not have the teacher's channels. It has to
answer with the same inner products, which a quarter of the channels can give almost exactly: at relu5_1, the 128
strongest directions of 512 hold 96 % of the variance. What is hard is to compute them with so few weights.

The student learns inner products, distances of Gram matrices, and the gradients of these distances with respect to the
picture, since a painter follows them (Sobolev training, Czarnecki et al., 1706.04859). Half of what it sees are
pictures that it is painting itself, where its own errors lead it.

It is meant for a graphics card, with `--workers` to prepare pictures, but was run on a processor only. On two cores it
wants fewer and smaller pictures, and each batch several times: `--fewer 12 --largest 128 --reused 8`. `--start FILE`
goes on from weights that there are. Another machine, or another number of workers, rounds and draws otherwise.

The file in this folder was made by an earlier form of this program, whose batches had two pictures: 4500 steps, an
hour on two cores. 2400 steps more with the options above, 21 minutes on one core, made its pictures no better. Judged
by the teacher on twelve pairs at 160 pixels, these are 4.2 times as far from their styles as the teacher's own, in the
median; the teacher's, if it looks at relu1_1 to relu4_1 only, are 4.8 times as far, at relu1_1 to relu3_1 only, 9.0
times. Three quarters of what is missing is relu5_1, where the student's pictures are 5 times as far as the teacher's,
and those of the teacher that does not look at it 8 times; in the other four layers together the student's are 3 times
as far. One of 32, 64, 128, 160 and 160 channels, trained in two hours of one core with `--photos` of
`tools/painters/photos.py`, was 3.6 times as far in place of 4.3 after 160 steps, for 2.6 times the cost: it was not
kept (docs/speed.md has the curve, by `curve.py`). To look at the half-sized picture as well did not help: 2.8 to 6.2
times on four pairs with any choice of layers, against 2.9 to 5.5.
"""

import argparse
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from batch import LAYERS, Batch, distances, evaluate, gram_products, make_batch, rows_at, targets
from batch_painter import BatchPainter, Order
from init import prune
from muon import Muon
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from course import gallery
from course.nets.vgg import VGG, WIDTHS
from course.nets.weights import SLIM_FILE, slim, vgg19
from course.training.corpus import folder_photos
from course.training.procedural import randint, uniform
from data import PairData

# Batches take turns: side of the pictures, and how many. Half of them are the student's own paintings.
SHAPES = ((64, 48), (96, 32), (128, 24), (192, 12), (256, 8))
REMEMBERED = 60  # batches, for those who look at them more than once
EVALUATIONS = 4  # by which paintings go on from batch to batch
SHORTEST_LIFE, LONGEST_LIFE = 5, 200  # of a painting, in evaluations
WARM_UP = 100
FULL_RATE = 1 / 3  # of all steps
MUON_RATE, ADAM_RATE = 0.003, 3e-4  # of the filters, in shares of their norm; of all else
WEIGHTS = {"linear": 0.5, "kernel": 1.0, "centred": 1.0, "gram": 0.5, "distance": 0.5, "gradient": 3.0}
BLOCKS = (2, 4, 8)  # pixels: gradients are compared as averages over such squares; single pixels are chaos


class Distillation(nn.Module):
    """Compares the student with the teacher; its linear maps from few channels to many are thrown away in the end."""

    @torch.no_grad()
    def __init__(self, teacher: VGG, student: VGG, images: Tensor) -> None:
        super().__init__()
        stages = {name: int(name[4]) - 1 for name in LAYERS}
        maps = {name: nn.Linear(student.widths[k], WIDTHS[k]) for name, k in stages.items()}
        self.maps = nn.ModuleDict(maps)
        wanted, learnt = teacher(images, list(LAYERS)), student(images, list(LAYERS))
        # In these units the student's channels are to have a mean square of about 1.
        self.units = {
            name: float((student.widths[k] / wanted[name].square().sum(1).mean()).sqrt()) for name, k in stages.items()
        }
        for name in LAYERS:
            S, T = (F.transpose(0, 1).flatten(1) for F in (learnt[name], wanted[name] * self.units[name]))
            A = S @ S.T + 1e-3 * S.square().sum() / len(S) * torch.eye(len(S))
            maps[name].weight.data = torch.linalg.solve(A, S @ T.T).T.contiguous()
            maps[name].bias.data.zero_()

    def forward(self, student: VGG, batch: Batch) -> dict[str, Tensor]:
        learnt, far, gradient = evaluate(student, batch.x, batch.style, batch.content, batch.weights, learning=True)
        losses: dict[str, list[Tensor]] = {"linear": [], "kernel": [], "centred": [], "gram": []}
        for name, weight in LAYERS.items():
            unit, channels = self.units[name], learnt[name].shape[1]
            t, s = batch.rows[name] * unit, rows_at(learnt[name], batch.where[name])
            # What differences are divided by has a least value: a dark picture shall not outweigh all others.
            least = 0.1 * channels**2 * len(t) ** 2
            variance = (t - t.mean(0)).square().sum() + 0.1 * len(t) * channels
            losses["linear"].append(weight * (self.maps[name](s) - t).square().sum() / variance)
            losses["kernel"].append(weight * relative_distance(s @ s.T, t @ t.T, least))
            t, s = t - t.mean(0), s - s.mean(0)
            losses["centred"].append(weight * relative_distance(s @ s.T, t @ t.T, 0.1 * least))
            products = batch.grams[name] * unit**4
            losses["gram"].append(weight * relative_distance(gram_products(learnt[name]), products, 0.1 * channels**4))
        means = {name: torch.stack(terms).sum() / sum(LAYERS.values()) for name, terms in losses.items()}
        means["distance"] = ((far + 0.01) / (batch.far + 0.01)).log().square().mean()
        means["gradient"] = torch.stack([cosine_distance(gradient, batch.gradient, block) for block in BLOCKS]).mean()
        return means


def relative_distance(X: Tensor, Y: Tensor, least: float) -> Tensor:
    """|X - Y|^2 / |Y|^2, divided by no less than `least`."""
    return (X - Y).square().sum() / (Y.square().sum() + least)


def cosine_distance(g: Tensor, h: Tensor, block: int) -> Tensor:
    """1 - cosine of the angle between two gradients [P, 3, H, W], averaged over squares of that side."""
    g, h = (functional.avg_pool2d(x, block).flatten(1) for x in (g, h))
    return 1 - functional.cosine_similarity(g, h, dim=1).mean()


# --- Pictures -------------------------------------------------------------------------------------------------------


class Pictures(IterableDataset):  # type: ignore[type-arg]
    """Endless batches for one shape after the other: x, style and content of what is not painted, and what is next.

    Each item is [3, P, 3, side, side] for some x, style and content, the same for paintings that are to begin, and
    their betas. Every worker draws its own.
    """

    def __init__(self, fewer: int, largest: int, photos: Sequence[Tensor] = ()) -> None:
        self.photos = photos
        self.shapes = [(side, max(2, count // fewer)) for side, count in SHAPES if side <= largest]

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        worker = get_worker_info()
        data = PairData(SHAPES[0][0], worker.id if worker else 0, self.photos)
        while True:
            for side, count in self.shapes:
                data.side = side
                shown = [draw_shown(data) for _ in range(count - count // 2)]
                # In the first batch of a shape all paintings begin; later only those that follow finished ones.
                begun = [draw_begun(data) for _ in range(count // 2)]
                betas = torch.tensor([10 ** uniform(data.random, 0, 2.5) for _ in begun])
                yield torch.stack(shown, dim=1), torch.stack(begun, dim=1), betas


def draw_shown(data: PairData) -> Tensor:
    """x, style and content, [3, 3, side, side], near each other or not."""
    first, second = data.pair()
    third = data.disturb(first) if randint(data.random, 2) else second
    return torch.stack([first, second, third])


def draw_begun(data: PairData) -> Tensor:
    """Start, style and content of a painting, [3, 3, side, side]."""
    content, style = (data.crop(data.source()).clamp(0, 1) for _ in range(2))
    if randint(data.random, 4):
        return torch.stack([content, style, content])
    noise = content.mean((1, 2), keepdim=True) + 0.1 * torch.randn(content.shape, generator=data.random)
    return torch.stack([noise, style, content])


class Batches:
    """Endless batches, of given pictures and of the student's own paintings.

    A painter goes where its network is wrong in its favour. So the teacher is shown just that: paintings of all ages,
    which the student takes a little further with each batch.
    """

    def __init__(self, teacher: VGG, student: VGG, pictures: Pictures, workers: int, reused: int) -> None:
        self.teacher, self.student, self.reused = teacher, student, reused
        self.device = teacher.mean.device
        self.batches = iter(DataLoader(pictures, batch_size=None, num_workers=workers))
        self.shelf: list[Batch] = []
        self.count = 0
        self.painters: dict[int, BatchPainter] = {}
        self.lives: dict[int, Tensor] = {}
        self.random = torch.Generator().manual_seed(0)

    def __next__(self) -> Batch:
        """A new batch, or for all but one step in `reused` one of the latest once more."""
        self.count += 1
        if (self.count - 1) % self.reused:
            return self.shelf[int(torch.randint(len(self.shelf), (), generator=self.random))]
        self.shelf = [*self.shelf, self.new()][-REMEMBERED * (self.reused > 1) - 1 :]
        return self.shelf[-1]

    def new(self) -> Batch:
        shown, begun, betas = (tensor.to(self.device, non_blocking=True) for tensor in next(self.batches))
        painter = self.paint_on(Order(begun[0], begun[1], begun[2], betas))
        x, style, content = (
            torch.cat([mine, given])
            for mine, given in zip((painter.x, painter.order.style, painter.order.content), shown, strict=True)
        )
        return make_batch(self.teacher, x, style, content, self.random)

    def paint_on(self, order: Order) -> BatchPainter:
        """The paintings of one size, a little further; in place of the oldest stand new ones."""
        side, count = order.start.shape[3], len(order.beta)
        if side not in self.painters:
            self.painters[side], self.lives[side] = BatchPainter(order), self.draw_lives(count)
        painter, lives = self.painters[side], self.lives[side]
        if len(old := (painter.age >= lives).nonzero().flatten().tolist()):
            first = slice(len(old))
            painter.replace(old, Order(order.start[first], order.style[first], order.content[first], order.beta[first]))
            lives[old] = self.draw_lives(len(old))
        painter.advance(self.student, EVALUATIONS)
        return painter

    def draw_lives(self, count: int) -> Tensor:
        """As many short ones as long ones, by their logarithm."""
        share = torch.rand(count, generator=self.random)
        return (SHORTEST_LIFE * (LONGEST_LIFE / SHORTEST_LIFE) ** share).long()


# --- Evaluation -----------------------------------------------------------------------------------------------------


class Evaluation:
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
        self.teachers = self.distances(teacher)

    def distances(self, net: VGG) -> Tensor:
        """The teacher's distances of what a network paints from its styles, [P]."""
        painter = BatchPainter(self.order)
        painter.advance(net, self.EVALUATIONS)
        with torch.no_grad():
            wanted = targets(self.teacher, self.order.style, self.order.content)
            return distances(self.teacher(painter.x.clamp(0, 1), list(wanted.layers)), wanted)[:, :-1].mean(1)

    def __call__(self, student: VGG) -> str:
        """How many times as far as the teacher's: the median and the worst."""
        ratios = self.distances(student) / self.teachers
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
    parser.add_argument("--fewer", type=int, default=1, help="divides the pictures of a batch (default 1)")
    parser.add_argument("--largest", type=int, default=256, help="side of the largest pictures (default 256)")
    parser.add_argument("--reused", type=int, default=1, help="steps for each batch (default 1)")
    parser.add_argument("--photos", type=Path, action="append", default=[], help="a folder of photos besides our own")
    parser.add_argument("--start", type=Path, help="weights to go on from (default: fitted by least squares)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--workers", type=int, default=0, help="processes that prepare pictures (default 0: this one)")
    parser.add_argument(
        "--examine", type=int, default=1000, help="after how many steps it is evaluated; 0: never (default 1000)"
    )
    parser.add_argument("--out", type=Path, default=SLIM_FILE)
    options = parser.parse_args()
    torch.set_float32_matmul_precision("high")
    teacher = vgg19(padding="replicate")
    photos = [photo for folder in options.photos for photo in folder_photos(folder)]
    images = PairData(96, photos=photos).batch(options.first // 2)
    begun = slim(options.start) if options.start else prune(teacher, images, tuple(options.widths))
    student = VGG("E", begun, padding="replicate").requires_grad_(True)
    distillation = Distillation(teacher, student, images).to(options.device)
    teacher, student = teacher.to(options.device), student.to(options.device)
    evaluation = Evaluation(teacher, options.fewer) if options.examine else None
    pictures = Pictures(options.fewer, options.largest, photos)
    batches = Batches(teacher, student, pictures, options.workers, options.reused)
    filters = [parameter for parameter in student.parameters() if parameter.dim() == 4]
    others = [parameter for parameter in student.parameters() if parameter.dim() == 1]
    others += list(distillation.maps.parameters())
    muon, adam = Muon(filters), torch.optim.Adam(others, lr=ADAM_RATE, betas=(0.9, 0.99))
    means: dict[str, Tensor] = {}
    began = time.perf_counter()
    for step in range(options.steps):
        losses = distillation(student, next(batches))
        student.zero_grad()
        distillation.zero_grad()
        total = torch.stack([WEIGHTS[name] * loss for name, loss in losses.items()]).sum()
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_([*filters, *others], 1.0)
        adam.param_groups[0]["lr"] = ADAM_RATE * rate(step, options.steps)
        adam.step()
        muon.step(MUON_RATE * rate(step, options.steps))
        for name, loss in losses.items():
            means[name] = torch.lerp(means.get(name, loss.detach()), loss.detach(), 0.02)
        if step % 100 == 0 or step + 1 == options.steps:
            numbers = ", ".join(f"{name} {float(mean):.3f}" for name, mean in means.items())
            print(f"step {step + 1} of {options.steps}, {time.perf_counter() - began:.0f} s: {numbers}", flush=True)
        if evaluation and (step + 1) % options.examine == 0:
            print(f"step {step + 1}: {evaluation(student)}", flush=True)
            save(student, options.out)
    save(student, options.out)


if __name__ == "__main__":
    main()
