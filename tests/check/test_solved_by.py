"""Each exercise names whatever else in the course solves it; every function that can be called is tried alone."""

import importlib
import inspect
import itertools
import pkgutil
import types
from functools import cache

import pytest

import course
from classroom.sandbox.disable_reference import solvers
from course.check import EXERCISES, CheckFailed, Unfinished
from course.check.engine.answers import AnswerError, LocalAnswer
from course.check.engine.probes import About
from tests.check._all_right import RIGHT

pytestmark = [
    pytest.mark.no_cover,  # test_class covers the checks; counting lines again takes a fifth of the time
    pytest.mark.usefixtures("searched_once"),
]

# They start threads, read what is typed, or write files. No answer can be made of them alone: each ends in a picture on
# the screen or on the disk, or in a process.
WITH_EFFECTS = ("cli", "widgets", "live", "lab", "submit", "answers", "__main__")
MOST_ORDERS = 24


class Anonymous(LocalAnswer):
    """An answer of which nobody asks whose it is."""

    def ask(self, probe, *inputs):
        return About("function", True, False) if probe == "about" else super().ask(probe, *inputs)


def modules():
    yield course
    for found in pkgutil.walk_packages(course.__path__, "course."):
        if not set(found.name.split(".")) & set(WITH_EFFECTS) and "jupyter" not in found.name:
            yield importlib.import_module(found.name)


def public(module):
    """Functions and classes that a module brings, and functions in what it holds."""
    for name, value in sorted(vars(module).items()):
        if not name.startswith("_") and getattr(value, "__module__", "") == module.__name__ and callable(value):
            yield f"{module.__name__}.{name}", value


def orders(name):
    """Ways in which an exercise's inputs can be passed on."""
    function, *_ = RIGHT[name]
    parameters = inspect.signature(function).parameters
    return list(itertools.islice(itertools.permutations(range(len(parameters))), MOST_ORDERS))


def takes(function, number):
    try:
        inspect.signature(function).bind(*range(number))
    except (TypeError, ValueError):
        return False
    return True


class Silent(Anonymous):
    """An answer that keeps what it was asked, and always raises."""

    def __init__(self, name):
        super().__init__(name, None)
        self.asked = []

    def ask(self, probe, *inputs):
        if probe == "about":
            return super().ask(probe)
        self.asked.append((probe, inputs))
        raise AnswerError("ValueError", "nothing to say")


@cache
def first_question(name):
    """The probe and the inputs with which a check begins, whatever is answered later."""
    answer = Silent(name)
    with pytest.raises(CheckFailed):
        EXERCISES[name].judged(answer, 0)
    return answer.asked[0]


def stops(answer):
    """Whether it raises where the check begins, and so is refused: the check need not draw and judge for that."""
    probe, inputs = first_question(answer.name)
    try:
        answer.ask(probe, *inputs)
    except (AnswerError, Unfinished):
        return True
    return False


def passes(name, function):
    """Whether a function of the course is right, seen as an answer, in any order of its arguments."""
    for order in orders(name):
        if not takes(function, len(order)):
            return False
        answer = Anonymous(name, lambda *inputs, order=order: function(*(inputs[at] for at in order)))
        if stops(answer):
            continue
        try:
            EXERCISES[name].judged(answer, 0)
        except (CheckFailed, Unfinished):
            continue
        return True
    return False


def undeclared(name, callables):
    """The functions that pass and are not named as solutions."""
    known = solvers(name)
    for title, function in callables:
        bare = vars(function).get("__init__") if inspect.isclass(function) else inspect.unwrap(function)
        if bare not in known and passes(name, function):
            yield title


CALLABLES = [found for module in modules() for found in public(module)]


def test_there_are_many_to_ask():
    assert len(CALLABLES) > 100 and {"course.losses.style_loss", "course.synthesis.paint"} <= dict(CALLABLES).keys()


@pytest.mark.parametrize("name", EXERCISES)
def test_whatever_of_the_course_solves_an_exercise_counts_as_borrowed(name, capsys):
    assert list(undeclared(name, CALLABLES)) == []


@pytest.mark.parametrize("name", ["content_loss", "total_loss"])
def test_what_the_course_will_bring_one_day_is_asked_too(name):
    new = types.ModuleType("course.new")
    reference = EXERCISES[name].reference

    def turned_round(*inputs):
        return 1 * reference(*inputs[::-1])

    turned_round.__module__ = "course.new"
    new.turned_round = turned_round
    assert list(undeclared(name, public(new))) == ["course.new.turned_round"]


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES.keys())
def test_what_is_named_is_of_the_course_and_can_be_taken_away(exercise):
    found = solvers(exercise.name)
    assert found[0] is inspect.unwrap(exercise.reference) and len(found) == len(set(found))
    for function in found:
        assert function.__module__.startswith("course.") and not function.__code__.co_freevars
        assert "<" not in function.__qualname__, "it must stand in its file under its name"
