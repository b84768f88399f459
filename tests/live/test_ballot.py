"""A ballot: every pair in turn, sides drawn, answers kept at once, gone on with, and never mixed up with others'."""

import json
from collections import Counter

import pytest
import torch

from course.errors import InputError
from course.widgets import ballot
from course.widgets.controls import jpeg

NAMES = ("grey", "light", "dark")
PAINTED = {name: [torch.full((1, 3, 8, 12), k / 4 + case / 20) for case in range(2)] for k, name in enumerate(NAMES, 1)}
GIVEN = [(torch.zeros(1, 3, 8, 12), torch.ones(1, 3, 9, 9))] * 2


def asked(number=6, file=None):
    return ballot(PAINTED, GIVEN, asked=number, keep_in=file)


def shown(one):
    """What the sides show."""
    return [side.value for side in one._sides]


def test_every_pair_is_asked_as_often():
    questions = asked(6).questions
    assert len({(frozenset(q[:2]), q.case) for q in questions}) == 6, "a pair is asked again in another case"
    assert set(Counter(q.case for q in questions).values()) == {3}
    questions = asked(9).questions
    assert set(Counter(frozenset(q[:2]) for q in questions).values()) == {3}
    assert {q.case for q in questions} == {0, 1}
    assert len({q.left for q in questions}) == 3, "nobody is always on the same side"


def test_a_button_votes_for_what_it_stands_under():
    one = asked()
    left, right, case = one.questions[0]
    assert shown(one) == [jpeg(PAINTED[left][case]), jpeg(PAINTED[right][case])]
    one.buttons["right"].click()
    assert one.votes == [(right, left, case)]
    left, right, case = one.questions[1]
    assert shown(one) == [jpeg(PAINTED[left][case]), jpeg(PAINTED[right][case])]
    one.buttons["left"].click()
    one.buttons["neither"].click()
    assert one.votes[1:] == [(left, right, case)], "neither is no vote"
    assert "4 of 6" in one.children[0].value


def test_back_takes_the_last_answer_back():
    one = asked()
    assert one.buttons["back"].disabled
    one.buttons["left"].click()
    one.buttons["back"].click()
    assert one.votes == [] and "1 of 6" in one.children[0].value and one.buttons["back"].disabled


def test_after_the_last_question_nothing_is_asked():
    one = asked(2)
    for _ in range(3):
        one.answer("left")
    assert len(one.votes) == 2 and "Thank you" in one.children[0].value and one.buttons["left"].disabled
    one.buttons["back"].click()
    assert not one.buttons["left"].disabled and len(one.votes) == 1


def test_answers_are_in_the_file_at_once_and_gone_on_with(tmp_path):
    path = tmp_path / "my_votes.json"
    one = asked(file=path)
    assert not path.exists()
    one.answer("left")
    one.answer("neither")
    assert json.loads(path.read_text())["answers"] == ["left", "neither"]
    again = asked(file=path)
    assert (
        again.votes == one.votes and "3 of 6" in again.children[0].value and "my_votes.json" in again.children[0].value
    )


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"questions": [], "answers": ["left"]}', '{"answers": ["left"]}'],
)
def test_a_file_with_something_else_is_left_alone(tmp_path, content):
    path = tmp_path / "my_votes.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"holds no answers to these questions; give another name"):
        asked(file=path)
    assert path.read_text() == content


def test_answers_to_other_questions_are_not_taken_for_these(tmp_path):
    path = tmp_path / "my_votes.json"
    asked(6, path).answer("left")
    with pytest.raises(InputError, match="holds no answers to these questions"):
        asked(7, path)
    stored = json.loads(path.read_text())
    path.write_text(json.dumps({**stored, "answers": ["up"]}))
    with pytest.raises(InputError, match="holds no answers to these questions"):
        asked(6, path)


def test_without_a_kernel_the_first_question_is_shown():
    data, metadata = asked()._repr_mimebundle_()
    assert data["image/jpeg"] and "two pictures made of them" in metadata["image/jpeg"]["alt"]


@pytest.mark.parametrize(
    ("painted", "given", "number", "words"),
    [
        ({"grey": PAINTED["grey"]}, GIVEN, 3, "at least two names"),
        (PAINTED, [], 3, "and a case to paint"),
        ({**PAINTED, "dark": PAINTED["dark"][:1]}, GIVEN, 3, "'dark' has 1 pictures for 2 cases"),
        (PAINTED, GIVEN, 0, "at least one question is asked, not 0"),
    ],
)
def test_bad_input(painted, given, number, words):
    with pytest.raises(InputError, match=words):
        ballot(painted, given, number)
    with pytest.raises(InputError, match="'left', 'right' or 'neither', not 'up'"):
        asked().answer("up")
