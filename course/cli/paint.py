"""``course paint``: one picture in the style of another, with a progress bar; nothing is lost when it is stopped."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from course import gallery
from course.errors import InputError
from course.images import check_destination, fit, save_image, strip, white_noise
from course.objectives import style_transfer
from course.synthesis import NotFiniteError, Painting, Stage, Step, coarse_to_fine, paint
from course.weights import vgg19

# The first stage is about this large; a long and narrow picture starts larger, so that the deepest layer fits in.
SMALLEST_LONGER_SIDE = 128
SMALLEST_SHORTER_SIDE = 64

DONE, BROKEN, STOPPED = 0, 1, 130


def run(options: argparse.Namespace) -> int:
    """Paints, shows how far it is, saves what there is, and returns the exit code."""
    out = check_destination(options.out)
    beside = check_destination(options.strip) if options.strip else None
    if options.threads:
        torch.set_num_threads(options.threads)
    device = _device(options.device)
    photo = gallery.load(options.content, options.size).to(device)
    style = gallery.load(options.style).to(device)
    painting = _plan(options, photo, style)
    height, width = photo.shape[2:]
    print(f"Painting {options.content} in the style of {options.style}: {width} x {height} pixels, ", end="")
    print(f"VGG-19 ({options.weights}) on {_name(device)} ...", flush=True)

    code = DONE
    try:
        _follow(painting, out, options.save_every)
    except KeyboardInterrupt:
        code = STOPPED
    except NotFiniteError as error:
        print(f"course: error: {error}", file=sys.stderr)
        code = BROKEN
    if painting.last is None:
        print("Nothing was painted yet, so nothing is saved.", file=sys.stderr)
        return code
    _save(painting.last, photo, style, out, beside)
    _report(painting.last, out, beside, stopped=code == STOPPED)
    return code


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
    stages = _stages(height, width, options.steps)
    return paint(objective, starts[options.init](), stages, options.optimiser, learning_rate=options.learning_rate)


def _stages(height: int, width: int, steps: int) -> tuple[Stage, ...]:
    smallest = max(SMALLEST_LONGER_SIDE, round(SMALLEST_SHORTER_SIDE * max(height, width) / min(height, width)))
    return coarse_to_fine(max(height, width), steps, smallest)


def _follow(painting: Painting, out: Path, save_every: int | None) -> None:
    """Takes all steps. The bar counts pixels, since a step at twice the size takes four times as long."""
    work = sum(stage.size**2 * stage.steps for stage in painting.stages)
    seldom = 0.1 if sys.stderr.isatty() else 10.0  # a log file needs no animation
    form = "{percentage:3.0f}%|{bar:24}| {elapsed}, {remaining} left{postfix}"
    with tqdm(total=work, bar_format=form, mininterval=seldom, file=sys.stderr) as bar:
        for step in painting:
            bar.set_postfix_str(f"step {step.number}/{step.of} at {step.size} px, {_losses(step)}", refresh=False)
            bar.update(step.size**2)
            if save_every and step.number % save_every == 0:
                save_image(step.image, out.with_name(f"{out.stem}-{step.number:04d}{out.suffix}"))


def _save(last: Step, photo: Tensor, style: Tensor, out: Path, beside: Path | None) -> None:
    height, width = photo.shape[2:]
    image = last.image if last.image.shape == photo.shape else fit(last.image, height, width)
    save_image(image, out)
    if beside:
        save_image(strip([photo, style, image]), beside)


def _report(last: Step, out: Path, beside: Path | None, stopped: bool) -> None:
    verb = f"Stopped after step {last.number} of {last.of}; what there is" if stopped else "The painting"
    print(f"{verb} is in {out}{f', beside its content and style in {beside}' if beside else ''}.")
    print(f"{last.number} steps in {last.seconds:.0f} s; {_losses(last)}.")


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
        return f"{torch.get_num_threads()} threads of the CPU"
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
