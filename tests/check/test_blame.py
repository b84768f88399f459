"""A right answer that calls a wrong one of an earlier exercise: what is said about it, and where it is said no more."""

import pytest

from course.check import EXERCISES, CheckFailed, Unfinished
from course.check.engine.answers import LocalAnswer
from tests.check.test_wrong_answers import PickledAnswer

GRAM = "def gram(F):\n    rows = F.flatten(2)\n    return rows @ rows.transpose(1, 2)\n"
WRONG_GRAM = GRAM.replace("return", "return 0.1 *")
LOSS = (
    "def style_layer_loss(F, A):\n    NM = F.shape[1] * F.shape[2] * F.shape[3]\n"
    "    return ((gram(F) - A) ** 2).sum() / (4 * NM**2)\n"
)
TEXTURE = (
    "def texture_loss(features, targets, weights):\n"
    "    return sum(weights[n] * style_layer_loss(features[n], A) for n, A in targets.items())\n"
)
SAID = "  `gram`, which it calls, is not right yet: mend that first."


def refusal_of(name, source, answer=LocalAnswer):
    """The failure of one of a notebook's functions."""
    with pytest.raises(CheckFailed) as caught:
        EXERCISES[name].verify(answer(name, notebook(source)[name]), 0)
    return caught.value


def notebook(source):
    """The functions of a notebook, which all see one another."""
    namespace = {}
    exec(f"import torch\nfrom course import check, losses\n{source}", namespace)
    return namespace


@pytest.mark.parametrize("answer", [LocalAnswer, PickledAnswer])
@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("style_layer_loss", WRONG_GRAM + LOSS),
        ("style_layer_loss", WRONG_GRAM + LOSS.replace("4 *", "")),  # who knows what is wrong here before gram is right
        ("style_layer_loss", "def gram(F):\n    return F @ F\n" + LOSS),  # it stops
        ("style_layer_loss", WRONG_GRAM + "def of(F):\n    return gram(F)\n" + LOSS.replace("gram(F)", "of(F)")),
        ("style_layer_loss", WRONG_GRAM + LOSS.replace("(gram(F)", "((lambda: gram(F))()")),
        ("texture_loss", WRONG_GRAM + LOSS + TEXTURE),  # not style_layer_loss, which is right but for gram as well
        ("style_layer_loss", WRONG_GRAM.replace("return", "style_layer_loss\n    return") + LOSS),  # both ways
    ],
)
def test_what_is_called_is_to_be_mended_first(name, source, answer):
    failure = refusal_of(name, source, answer)
    assert (failure.exercise, failure.mistake, failure.lines[1]) == (name, "calls_wrong", SAID)
    assert failure.lines[0].startswith(f"✗ {name}: ") and failure.lines[2] == f"  Read: {EXERCISES['gram'].read}."


@pytest.mark.parametrize(
    ("source", "mistake"),
    [
        (GRAM + LOSS.replace("4 *", ""), "no_quarter"),
        (WRONG_GRAM + LOSS.replace("gram(F)", "losses.gram(F)").replace("4 *", ""), "no_quarter"),  # another gram
        ("gram = losses.gram\n" + LOSS.replace("4 *", ""), "no_quarter"),
        ("gram = check.borrow('gram')\n" + LOSS.replace("4 *", ""), "no_quarter"),
        ("gram = 7\n" + LOSS.replace("gram(F)", "gram * losses.gram(F) / 7").replace("4 *", ""), "no_quarter"),
        (GRAM + "style_layer_loss = losses.style_layer_loss", "borrowed"),
    ],
)
def test_an_answer_is_wrong_itself_where_what_it_calls_is_right(source, mistake):
    failure = refusal_of("style_layer_loss", source)
    assert failure.mistake == mistake and SAID not in failure.lines


def test_a_right_answer_passes_whatever_it_looks_up():
    source = WRONG_GRAM + LOSS.replace("gram(F)", "(gram and losses.gram(F))")
    EXERCISES["style_layer_loss"].verify(LocalAnswer("style_layer_loss", notebook(source)["style_layer_loss"]), 0)


def test_a_stub_that_is_called_is_still_to_be_written():
    with pytest.raises(Unfinished, match="gram is not written yet"):
        refusal_of("style_layer_loss", "def gram(F):\n    raise check.Unfinished('gram')\n" + LOSS)


def test_what_ends_while_a_helper_is_asked_changes_nothing():
    class Dying(LocalAnswer):
        def ask(self, probe, *inputs):
            if probe == "through":
                raise OSError
            return super().ask(probe, *inputs)

    assert refusal_of("style_layer_loss", WRONG_GRAM + LOSS.replace("4 *", ""), Dying).mistake == "other"
