"""A guess: kept while the kernel lives, shown beside the answer, and words where there is no front end."""

import ipywidgets as widgets
import pytest

from course.errors import InputError
from course.widgets import guess
from course.widgets.guessing import Guess

EYES, FUR = "the outline of the eyes", "the pattern of the <fur>"


@pytest.fixture
def ask(request):
    """guess() with a question of its own, for what was guessed is kept."""

    def ask(*choices, **unit):
        return guess(f"Which, in {request.node.name}?", choices, **unit)

    return ask


def controls(one):
    return [child for child in one.children if not isinstance(child, widgets.HTML)]


def choose(one, value):
    """As a hand would."""
    (control,) = controls(one)
    control.value = value


def said(one):
    """What stands under the control."""
    return one.children[-1].value


def words(one, capsys, answer):
    one.beside(answer)
    return capsys.readouterr().out.strip().partition("? ")[2]


def test_it_begins_without_a_guess_and_keeps_the_one_that_is_made(ask):
    survives = ask(EYES, FUR)
    assert isinstance(survives, Guess) and survives.made is None
    choose(survives, FUR)
    assert survives.made == FUR
    assert said(survives) == "<span role='status'>kept: the pattern of the &lt;fur&gt;</span>"


def test_the_answer_stands_beside_it(ask, capsys):
    survives = ask(EYES, FUR)
    assert words(survives, capsys, EYES) == f"{EYES}. (You have not guessed.)"
    choose(survives, FUR)
    assert words(survives, capsys, EYES) == f"{EYES}; you guessed {FUR}."
    choose(survives, EYES)
    assert words(survives, capsys, EYES) == f"{EYES}; as you guessed."


def test_a_number_is_typed_and_has_a_unit(ask, capsys):
    width = ask(unit="pixels")
    assert controls(width)[0].description == "your guess (pixels)"
    choose(width, " 12,5 ")
    assert width.made == 12.5
    assert words(width, capsys, 24) == "24 pixels; you guessed 12.5 pixels."


@pytest.mark.parametrize("typed", ["a lot", "", "nan", "1e999"])
def test_what_is_no_number_is_told_and_the_last_guess_stays(ask, typed):
    width = ask()
    choose(width, "3")
    choose(width, typed)
    assert width.made == 3
    assert said(width) == "<span role='alert'>⚠ a number, such as 12 or 0.5</span>"


def test_a_cell_that_is_run_again_keeps_the_guess(ask):
    choose(ask(EYES, FUR), FUR)
    again = ask(EYES, FUR)
    assert again.made == FUR and controls(again)[0].value == FUR
    choose(again, EYES)
    assert ask(EYES, FUR).made == EYES
    assert ask(EYES, "something else").made is None and ask().made is None, "these are other questions"


def test_a_number_is_kept_as_well(ask):
    choose(ask(), "0.25")
    assert ask().made == 0.25 and controls(ask())[0].value == "0.25"


def test_without_a_kernel_it_is_words(ask):
    data, _ = ask(EYES, FUR)._repr_mimebundle_()
    assert data["text/plain"].endswith(f"? {EYES} · {FUR}")
    assert "the pattern of the &lt;fur&gt;" in data["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in data
    assert ask()._repr_mimebundle_()[0]["text/plain"].endswith("? a number")
    assert ask(unit="pixels")._repr_mimebundle_()[0]["text/plain"].endswith("? a number of pixels")


def test_an_opinion_is_none_of_our_measurements(ask, capsys):
    survives = ask(EYES, FUR)
    survives.beside(FUR, opinion=True)
    assert capsys.readouterr().out.endswith(f"? We would say: {FUR}. (You have not guessed.)\n")


def test_the_answer_is_html_in_a_notebook(ask, monkeypatch):
    shown = []
    monkeypatch.setattr("course.widgets.guessing.display", shown.append)
    survives = ask(EYES, FUR)
    choose(survives, EYES)
    survives.beside(FUR)
    (answered,) = shown
    text = answered._repr_html_()
    assert text.startswith("<p role='note'") and "<b>the pattern of the &lt;fur&gt;</b>; you guessed <b>" in text


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda ask: ask(EYES), "a guess needs at least two choices"),
        (lambda ask: ask(EYES, FUR, EYES), "a guess needs at least two choices, each of its own"),
        (lambda ask: ask(EYES, FUR, unit="pixels"), "only a number has a unit"),
        (lambda ask: ask(EYES, FUR).beside("the whiskers"), "the answer 'the whiskers' is none of the choices"),
        (lambda ask: ask(EYES, FUR).beside(1), "the answer 1 is none of the choices"),
        (lambda ask: ask().beside("many"), "the answer to a question for a number is a number, not 'many'"),
    ],
)
def test_what_cannot_be_asked_or_answered(ask, made, sentence):
    with pytest.raises(InputError, match=sentence):
        made(ask)
