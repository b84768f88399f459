"""course/widgets/following: the steps of a training pass through, and what is shown keeps up with them."""

import pytest
import torch

from course.errors import InputError
from course.training.train import Lesson
from course.widgets import follow, following

LOSSES = {"content": 0.5, "style": 0.25}


def lessons(count):
    return [Lesson(number, count, 1.0, LOSSES, 0.1 * number) for number in range(1, count + 1)]


@pytest.fixture
def shown(monkeypatch):
    """What is displayed."""
    found = []
    monkeypatch.setattr(following, "display", found.append)
    return found


def test_steps_pass_and_a_picture_is_shown_now_and_then_and_at_the_end(shown):
    looks = []

    def look():
        looks.append(None)
        return torch.full((1, 3, 4, 6), 0.5)

    seen = []
    for step in follow(lessons(7), look, every=3):
        (widget,) = shown
        seen.append((step.number, len(looks), f"step {step.number} of 7" in widget.value))
    assert seen == [
        (1, 0, False),
        (2, 0, False),
        (3, 1, True),
        (4, 1, False),
        (5, 1, False),
        (6, 2, True),
        (7, 3, True),
    ]
    assert "alt='What the painter paints after 7 steps'" in shown[0].value
    assert "content 0.50, style 0.25" in shown[0].value and "data:image/jpeg;base64," in shown[0].value


def test_what_a_page_without_a_kernel_stores_does_not_depend_on_the_training(shown):
    list(follow(lessons(2), lambda: torch.zeros(1, 3, 4, 4), every=1))
    data, _ = shown[0]._repr_mimebundle_()
    assert data["text/plain"] == "(Here one sees the training as it goes on.)"
    assert "application/vnd.jupyter.widget-view+json" in data


def test_never_is_not_every_so_often(shown):
    with pytest.raises(InputError, match="a picture every 0 steps"):
        next(follow(lessons(1), lambda: torch.zeros(1, 3, 4, 4), every=0))
    assert shown == []
