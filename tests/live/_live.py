"""Shared by the tests of the live painter: a network with the names of VGG's layers, small enough to paint at once."""

import threading
import time

import torch
from torch.nn import functional

from course.live.worker import NAME, WORKER
from course.widgets import LivePainter
from tests.course._painting import picture

CONTENT, STYLE = picture(24, 36, seed=1), picture(30, 30, seed=2)
ALL = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


class TinyNetwork:
    """Five stages of one random convolution, of 6 maps each; relu4_2 is relu4_1 once more. It counts its calls."""

    def __init__(self):
        generator = torch.Generator().manual_seed(0)
        inputs = (3, 6, 6, 6, 6)
        self.weights = [torch.randn(6, n, 3, 3, generator=generator) / (2 * n) ** 0.5 for n in inputs]
        self.calls = 0

    def __call__(self, image, layers):
        self.calls += 1
        features, x = {"image": image}, image - 0.5
        for stage, weight in enumerate(self.weights, start=1):
            x = functional.relu(functional.conv2d(x, weight, padding=1))
            features[f"relu{stage}_1"] = features[f"relu{stage}_2"] = x
            x = functional.avg_pool2d(x, 2, ceil_mode=True) if stage < 4 else x
        return {name: features[name] for name in ("image", *layers)}


def a_painter(**options):
    """A live painter that takes a millisecond for a step."""
    options = {"net": TinyNetwork(), "sizes": (16, 24, 36), "size": 24, "draft": 16, "steps": 30} | options
    return LivePainter(CONTENT, STYLE, **options)


def wait_until(condition, seconds=20):
    late = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < late, "waited in vain"
        time.sleep(0.005)


def painting_threads():
    return [thread for thread in threading.enumerate() if thread.name == NAME]


def rest():
    """Nothing paints any more."""
    job = WORKER.job
    if job is not None:
        WORKER.pause(job)
    wait_until(lambda: WORKER.job is None)
