"""tools/painters/any.py and how_many.py: a training that was stopped goes on to the same weights, to the bit."""

import json
import sys

import pytest
import torch

from course.adain.stylist import Decoder, Stylist
from course.files import DATA
from course.nets.weights import vgg19
from course.training.corpus import Corpus
from tests.tools._programs import program as named


@pytest.fixture(scope="module")
def program():
    with named("any") as module:
        yield module


@pytest.fixture
def training(program):
    """A function that begins a small training."""
    slim = vgg19(weights="slim", padding="replicate")
    photos = [torch.rand(1, 3, 40, 60, generator=torch.Generator().manual_seed(n)) for n in range(2)]

    def begin():
        stylist = Stylist(slim, Decoder(slim.widths[:2]))
        styles = program.Styles(["chalk", "fans"], photos)
        plan = program.Plan(steps=4, side=32, count=2, rate=1e-3)
        return program.Training(stylist, Corpus(photos, 0), styles, program.Lesson(stylist, 2.0, 8.0), plan)

    return begin


def weights(training):
    return torch.cat([one.detach().flatten() for one in training.stylist.decoder.parameters()])


def test_what_was_stopped_goes_on_to_the_same_weights(training, tmp_path):
    whole, first, second = training(), training(), training()
    before = weights(whole)
    for _ in range(4):
        whole.step()
    for _ in range(2):
        first.step()
    first.save(tmp_path / "a.state")
    second.resume(tmp_path / "a.state")
    assert second.number == 2
    for _ in range(2):
        second.step()
    assert torch.equal(weights(second), weights(whole)) and not torch.equal(before, weights(whole))
    assert set(whole.lesson.losses) == {"content", "style"}


def test_styles_are_crops_in_other_colours_and_plain_ones_as_they_are(program):
    styles = program.Styles(["chalk"], [torch.zeros(1, 3, 48, 48)])
    batch = styles.batch(3, 8, 24)
    assert batch.shape == (8, 3, 24, 24) and batch.min() >= 0 and batch.max() <= 1
    assert torch.equal(batch, styles.batch(3, 8, 24)) and not torch.equal(batch, styles.batch(4, 8, 24))
    plain = program.Styles(["woodcut"], []).batch(0, 4, 200)
    means = plain.mean((2, 3))
    assert (means - means.mean(0)).abs().max() < 0.15, "all of one style"


def test_strangers_are_never_learnt(program, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(program, "Styles", lambda names, photos: seen.extend(names))
    monkeypatch.setattr(program, "Training", lambda *parts: sys.exit(0))
    monkeypatch.setattr(sys, "argv", ["any.py", "--checkpoint", str(tmp_path / "a.state")])
    with pytest.raises(SystemExit):
        program.main()
    assert len(seen) == 16 and not set(seen) & set(program.STRANGERS)


def test_the_experiment_of_chapter_8_is_what_its_program_writes(program):
    stored = json.loads((DATA / "painters" / "how_many.json").read_text(encoding="utf-8"))
    assert tuple(stored["strangers"]) == program.STRANGERS and not set(stored["known"]) & set(program.STRANGERS)
    with named("how_many") as how_many:
        counts = how_many.COUNTS
    for count in counts:
        assert len(stored[str(count)]["strangers"]) == 4 and len(stored[str(count)]["known"]) == 2
