"""What ``course paint`` does: a picture in the style of another, with a progress bar; nothing is lost when stopped."""

from __future__ import annotations

import argparse
import math
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import torch
from torch import Tensor
from tqdm import tqdm

from course import gallery
from course.errors import InputError
from course.images import check_destination, fit, resized_shape, save_image, strip, white_noise
from course.nets.vgg import VGG
from course.nets.weights import vgg19
from course.objectives import Objective, style_transfer
from course.synthesis import Painting, Stage, Step, coarse_to_fine, draft_first, paint

# The first stage is about this large; a long and narrow picture starts larger, so that the deepest layer fits in.
SMALLEST_LONGER_SIDE = 128
SMALLEST_SHORTER_SIDE = 64
DRAFT_IS_QUICKER = 7  # times, about
SMALLEST_STYLE = 32  # shorter side of the style, which narrow strokes (--scale) make small as well

MEMORY_OF_A_PIXEL = 2500  # bytes, measured at 256 to 1024 px: feature maps with their graph, and L-BFGS's 20 pairs


def run(options: argparse.Namespace) -> int:
    """Paints, shows how far it is, and saves what there is, also when it is stopped."""
    out, beside = _destinations(options)
    if options.threads:
        torch.set_num_threads(options.threads)
    device = _device(options.device)
    photo = gallery.load(options.content, options.size).to(device)
    style = gallery.load(options.style).to(device)
    painting = _plan(options, photo, style)
    height, width = photo.shape[2:]
    stopped = True
    try:
        print(f"Painting {options.content} in the style of {options.style}: {width} x {height} pixels, ", end="")
        print(f"VGG-19 ({options.weights}) on {_name(device)} ...", flush=True)
        _follow(painting, out, options.save_every)
        stopped = False
    finally:  # also after Ctrl-C, numbers that overflow, a full memory: `main` tells of them
        if painting.last is None:
            print("Nothing was painted yet, so nothing is saved.", file=sys.stderr)
        else:
            if stopped:
                out, beside = _aside(out), beside and _aside(beside)
            with _undisturbed():
                _save(painting.last, photo, style, out, beside)
                _report(painting.last, out, beside, stopped)
    return 0


def _destinations(options: argparse.Namespace) -> tuple[Path, Path | None]:
    """Where to save the painting and the strip, if there can be saved, and nothing is there that is still needed."""
    out = check_destination(options.out)
    beside = None if options.strip is None else check_destination(options.strip)
    if beside and _same(out, beside):
        raise InputError(f"-o and --strip are both '{out}'; choose another name for one of them")
    for name in (options.content, options.style):
        for path in filter(None, (out, beside)):
            if _same(path, Path(name).expanduser()):
                raise InputError(f"'{path}' is to be painted from and would be overwritten; choose another name")
    return out, beside


def _aside(path: Path) -> Path:
    """Another name where a picture stands already: an unfinished one must not take the place of a finished one."""
    return path.with_name(f"{path.stem}-stopped{path.suffix}") if path.exists() else path


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve() or (one.exists() and other.exists() and one.samefile(other))


def _plan(options: argparse.Namespace, photo: Tensor, style: Tensor) -> Painting:
    net = vgg19(options.pooling, options.weights, "replicate", options.seed).to(photo.device)
    chosen = {name: getattr(options, name) for name in ("alpha", "beta", "tv", "layers", "scale")}
    objective = style_transfer(
        net, photo, style, **{name: value for name, value in chosen.items() if value is not None}
    )
    height, width = photo.shape[2:]
    starts = {
        "content": lambda: photo,
        "style": lambda: fit(style, height, width),
        "noise": lambda: white_noise(height, width, options.seed).to(photo.device),
    }
    stages = _stages(options, photo, style)
    _check_memory(photo)
    _check_size(net, objective, resized_shape(height, width, stages[0].size))
    draft = None
    if options.drafts:
        draft = objective.through(vgg19(options.pooling, "slim", "replicate").to(photo.device))
    return paint(
        objective, starts[options.init](), stages, options.optimiser, learning_rate=options.learning_rate, draft=draft
    )


def _stages(options: argparse.Namespace, photo: Tensor, style: Tensor) -> tuple[Stage, ...]:
    size = max(photo.shape[2:])
    narrow = max(SMALLEST_SHORTER_SIDE * _length(photo), SMALLEST_STYLE * _length(style) / (options.scale or 1.0))
    smallest = math.ceil(max(SMALLEST_LONGER_SIDE, min(narrow, size)))
    return (draft_first if options.drafts else coarse_to_fine)(size, options.steps, smallest)


def _length(picture: Tensor) -> float:
    """How many times longer than wide, or wider than long."""
    return max(picture.shape[2:]) / min(picture.shape[2:])


def _check_size(net: VGG, objective: Objective, first: tuple[int, int]) -> None:
    """What is too small for the deepest layer is found out before painting, and called by its name."""
    layers = objective.layers
    least = net.smallest_side(layers)
    height, width = first
    if min(first) < least:
        deepest = max(set(layers) - {"image"}, key=net.layers.index)
        enough = math.ceil(least * max(first) / (min(first) - 0.5))  # the shorter side may have been rounded up
        raise InputError(
            f"{width} x {height} pixels are too few for {deepest}, which needs {least} x {least}; "
            f"choose --size {enough}, or other --layers"
        )
    for term in objective.terms:
        try:
            term.prepare(net, height, width)
        except InputError as error:
            raise InputError(
                f"the {term.name} picture comes out too small ({error}); choose a larger --size or --scale"
            ) from error


def _check_memory(photo: Tensor) -> None:
    """A process that takes too much memory is ended without a word, and its painting with it."""
    height, width = photo.shape[2:]
    needed, free = height * width * MEMORY_OF_A_PIXEL / 1e9, psutil.virtual_memory().available / 1e9
    if photo.device.type == "cpu" and needed > free:
        size = int(max(height, width) * (free / needed) ** 0.5)
        warnings.warn(
            f"{width} x {height} pixels need about {needed:.1f} GB of memory, {free:.1f} GB are free; "
            f"if the painter is ended by the system, choose --size {size} or less",
            stacklevel=2,
        )


def _follow(painting: Painting, out: Path, save_every: int | None) -> None:
    """Takes all steps. The bar counts pixels, since a step at twice the size takes four times as long."""
    work = sum(_work(stage.size, stage.drafted) * stage.steps for stage in painting.stages)
    seldom = 0.1 if sys.stderr.isatty() else 10.0  # a log file needs no animation
    form = "{percentage:3.0f}%|{bar:10}| {remaining} left{postfix}"
    with tqdm(total=work, bar_format=form, mininterval=seldom, file=sys.stderr) as bar:
        for step in painting:
            bar.set_postfix_str(f"{step.number}/{step.of} at {step.size} px, {_losses(step)}", refresh=False)
            bar.update(_work(step.size, step.drafted))
            if save_every and step.number % save_every == 0:
                save_image(step.image, out.with_name(f"{out.stem}-{step.number:04d}{out.suffix}"))


def _work(size: int, drafted: bool) -> int:
    return size**2 // (DRAFT_IS_QUICKER if drafted else 1)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A second, impatient Ctrl-C must not cost the picture that the first one asked for."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _save(last: Step, photo: Tensor, style: Tensor, out: Path, beside: Path | None) -> None:
    height, width = photo.shape[2:]
    image = last.image if last.image.shape == photo.shape else fit(last.image, height, width)
    save_image(image, out)
    if beside:
        save_image(strip([photo, style, image]), beside)


def _report(last: Step, out: Path, beside: Path | None, stopped: bool) -> None:
    verb = f"Stopped after step {last.number} of {last.of}; what there is" if stopped else "The painting"
    print(f"{verb} is in {out}{f', beside its content and style in {beside}' if beside else ''}.")
    count = f"{last.number} step{'s' * (last.number != 1)}"
    early = f" (of {last.of}: no further one made it better)" if last.number < last.of and not stopped else ""
    print(f"{count}{early} in {last.seconds:.0f} s; {_losses(last)}.", flush=True)


def _losses(step: Step) -> str:
    return f"content {step.losses['content']:.4f}, style {step.losses['style']:.4f}"


def _device(name: str) -> torch.device:
    """The device of that name; "auto" is the graphics card if torch can use one."""
    usable = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device("cuda" if usable["cuda"] else "cpu")
    if name not in usable:
        raise InputError(f"no device {name!r}; choose auto, {', '.join(usable)}")
    if not usable[name]:
        raise InputError(f"torch finds no {name} device here; choose --device cpu")
    return torch.device(name)


def _name(device: torch.device) -> str:
    if device.type == "cpu":
        count = torch.get_num_threads()
        return f"{count} thread{'s' * (count != 1)} of the CPU"
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
