"""Modules under the names that they once had: what notebooks of an earlier bundle import still works."""

import importlib
import subprocess
import sys

import pytest

from course.moved import MOVED


@pytest.mark.parametrize("old", MOVED)
def test_an_old_name_is_the_same_module(old):
    new = importlib.import_module(MOVED[old])
    assert importlib.import_module(old) is new
    assert (new.__name__, new.__spec__.name) == (MOVED[old], MOVED[old]), "the module itself keeps its own name"


def test_the_imports_of_the_first_bundle():
    """The import lines of chapters 0 to 5 as they were handed out before the modules moved."""
    lines = """
from course import check, classical, figures, gallery, likeness, losses
from course.live import LivePainter, alpha_beta_grid, explore
from course.pyramids import RandomPyramid
from course.weights import OXFORD_MEAN, OXFORD_STD, TORCHVISION_MEAN, TORCHVISION_STD, parameters, vgg19
import course.vgg
print(classical.quilted.__name__, likeness.copied.__name__, course.vgg.VGG.__name__)
"""
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["quilted", "copied", "VGG"]), done.stderr


def test_a_name_that_never_was():
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'course\.attic'"):
        importlib.import_module("course.attic")
    with pytest.raises(ImportError, match="cannot import name 'Paintbrush'"):
        exec("from course.live import Paintbrush")
