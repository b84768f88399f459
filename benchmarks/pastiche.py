"""The program pastiche, run as it is: a command in a process of its own, that reads two files and writes one.

It starts from the photo, stays at one size, and takes steps of ``torch.optim.LBFGS`` with one evaluation each. Values
beyond [0, 1] are cut off when it saves. The package lies here for the sake of its weights, see `course.nets.weights`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.mean_squares import Weights, mean_squares
from benchmarks.mean_squares import draft as mean_squares_draft
from benchmarks.run import Run
from course.images import load_image, save_image
from course.nets.vgg import VGG
from course.objectives import FeatureNetwork, Objective

STEPS = 300  # as many as the tutorial takes; its own default is 1000
WEIGHTS = Weights(
    content_layer="relu4_2",
    content=0.01,
    style_layers=("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"),
    style=10.0,
    wall=1e8,
)


def objective(net: VGG, photo: Tensor, painting: Tensor) -> Objective:
    """What pastiche minimises, for our painter. Its network is the one that `course.nets.weights.vgg19` makes."""
    return mean_squares(net, photo, painting, WEIGHTS)


def draft(net: VGG, slim: FeatureNetwork, photo: Tensor, painting: Tensor) -> Objective:
    """The same through a slim network, for our painter's drafts."""
    return mean_squares_draft(net, slim, photo, painting, WEIGHTS)


def paint(photo: Tensor, painting: Tensor, steps: int = STEPS) -> Run:
    """Lets pastiche paint with as many threads as torch has here.

    Its `seconds` are those of its own log from the first step to the last, brought to all steps: before that it reads
    its weights, and torch its compiler, for longer than some paintings take. `elapsed` has all.

    Args:
        photo: what is to be seen, [1, 3, H, W], RGB in [0, 1], in 256 levels: it goes there as a PNG.
        painting: how it is to be painted, [1, 3, H', W'], likewise.
        steps: at least 2.

    Raises:
        RuntimeError: if it fails, with what it said.
    """
    with tempfile.TemporaryDirectory() as name:
        files = {what: Path(name, f"{what}.png") for what in ("content", "style", "output")}
        save_image(photo, files["content"])
        save_image(painting, files["style"])
        command = [sys.executable, "-m", "pastiche", "--device", "cpu", "--seed", "0"]
        command += ["--content", str(files["content"]), "--styles", str(files["style"])]
        command += ["--output", str(files["output"]), "--num-steps", str(steps), "--info-step", "1"]
        # The sizes that the pictures have: nothing is resized.
        command += ["--size", str(max(photo.shape[2:])), "--style-size", str(max(painting.shape[2:]))]
        environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
        began = time.perf_counter()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        elapsed = time.perf_counter() - began
        if done.returncode:
            raise RuntimeError(f"pastiche failed with exit code {done.returncode}: {done.stderr[-2000:]}")
        times, losses = read_log(done.stdout)
        seconds = (times[-1] - times[1]) * steps / (steps - 1)
        return Run(load_image(files["output"]), seconds, elapsed, steps, losses[1:])


def read_log(text: str) -> tuple[list[float], list[float]]:
    """Seconds since its start and losses, a number for each step from 0, of what it prints with ``--info-step 1``.

    The loss of a step is that of the picture before it was moved: those of step 0 and step 1 are the photo's.

    Raises:
        ValueError: if there is nothing of the kind.
    """
    lines = re.findall(r"^(\d+) +([\d.]+) +([\d.]+|nan|inf)$", text, flags=re.MULTILINE)
    if [int(step) for step, _, _ in lines] != list(range(len(lines))) or not lines:
        raise ValueError(f"this is no log of pastiche with a line for each step: {text[-500:]!r}")
    return [float(seconds) for _, seconds, _ in lines], [float(loss) for _, _, loss in lines]
