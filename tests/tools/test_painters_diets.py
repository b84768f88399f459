"""tools/painters/diets.py: what painters are trained on, and that nothing is trained twice."""

import json

import pytest
import torch

from course import gallery
from course.files import DATA
from course.nets.feedforward import Painter
from course.training.corpus import HELD_OUT
from tests.tools._programs import program


@pytest.fixture(scope="module")
def diets():
    with program("diets") as module:
        yield module


def test_nobody_is_fed_the_judges_or_the_style(diets):
    fed = diets.diets(0)
    assert {name: (len(corpus.photos), corpus.share) for name, corpus in fed.items()} == {
        "six photos": (len(gallery.names("photo")) - len(HELD_OUT), 0),
        "one photo": (1, 0),
        "formulas": (0, 1),
        "paintings": (len(gallery.names("style")) - 1, 0),
        "white noise": (1, 0),
    }
    judges = [*(gallery.photo(name, 512) for name in HELD_OUT), gallery.style(diets.STYLE, 512)]
    seen = [picture for corpus in fed.values() for picture in corpus.photos]
    for judge in judges:
        levels = (judge[0] * 255).round().to(torch.uint8)
        assert not any(torch.equal(levels, picture) for picture in seen)


def test_a_painter_that_is_there_is_not_trained_again(diets, tmp_path):
    Painter([diets.STYLE], 4, 1, seed=3).save(tmp_path / "x.pt")
    painter = diets.trained(None, None, 0, tmp_path / "x.pt")
    assert (painter.width, painter.blocks) == (4, 1)


def test_what_the_chapter_reads_is_what_the_program_writes(diets):
    found = json.loads((DATA / "painters" / "diets.json").read_text())
    assert list(found) == list(diets.diets(0)) and all(list(one) == list(HELD_OUT) for one in found.values())
    assert {len(run) for one in found.values() for runs in one.values() for run in runs} == {2}
