"""Takes the course's own functions for an exercise out of a process in which a student's is graded.

They are our solution and what else of the course solves it, as each check says (`course.check.engine.exercise`). A call
of one is reported (`course.answers.serve.report_use`). Silencing the report gains nothing: the function's code is gone,
in memory and in the files that the process sees (`classroom.sandbox.instrumented_course`). So are the checks of all
exercises, which know what is expected, and the private functions that ours is made of. The functions of other
exercises stay: a student may borrow `gram`, and `style_layer_loss`, which calls it, is then graded as it is.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator
from typing import Any, cast

from course.check import EXERCISES

REPORT = '__import__("course.answers.serve", fromlist=["report_use"]).report_use({name!r})'
REFUSE = 'raise RuntimeError("the course\'s own function cannot be called here")'


def disable_reference(exercise: str) -> None:
    """For the rest of this process the course's function for an exercise reports its calls and does nothing else."""
    if exercise in EXERCISES:
        for function in _ours(exercise):
            function.__code__ = _disabled(exercise)  # for all who hold it
    for one in EXERCISES.values():
        one.judge = _checks_nothing


def _ours(exercise: str) -> Iterator[types.FunctionType]:
    """The functions that solve the exercise; our private ones and its check's, except those another exercise needs."""
    yield from solvers(exercise)
    parts = [*parts_of(EXERCISES[exercise].reference)][1:]
    others = [other.reference for name, other in EXERCISES.items() if name != exercise]
    needed = {one for other in others for one in parts_of(other)}
    check = EXERCISES[exercise].judge.__globals__
    parts += [inspect.unwrap(one) for one in check.values() if _is_from(one, check["__name__"])]
    yield from (one for one in parts if one not in needed)


def solvers(exercise: str) -> list[types.FunctionType]:
    """Our function for an exercise, and what else of ours solves it: functions, and the ``__init__`` of classes."""
    every = [EXERCISES[exercise].reference, *EXERCISES[exercise].solved_by]
    found = [vars(one)["__init__"] if inspect.isclass(one) else inspect.unwrap(one) for one in every]
    return list(dict.fromkeys(found))


def parts_of(function: Callable[..., Any]) -> Iterator[types.FunctionType]:
    """A function, and the private functions and methods of its module that it is made of."""
    whole = cast(types.FunctionType, inspect.unwrap(function))
    yield whole
    for name in whole.__code__.co_names:
        part = whole.__globals__.get(name) if name.startswith("_") else None  # there are two courses in a sandbox
        if inspect.isclass(part) and part.__module__ == whole.__module__:
            for attribute in vars(part).values():
                bare = getattr(attribute, "__func__", attribute)
                if isinstance(bare, types.FunctionType):
                    yield bare
        elif _is_from(part, whole.__module__):
            yield from parts_of(cast(types.FunctionType, part))


def _is_from(value: object, module: str) -> bool:
    return isinstance(value, types.FunctionType) and value.__module__ == module


def _disabled(exercise: str) -> types.CodeType:
    made: dict[str, types.FunctionType] = {}
    lines = [line.format(name=exercise) for line in (REPORT, REFUSE)]
    exec("\n    ".join(["def disabled(*inputs, **options):", *lines]), made)
    return made["disabled"].__code__


def _checks_nothing(question: object) -> str:
    """Takes the place of a check, for a notebook's cell that holds both a check and something that an answer needs."""
    return "not checked here"
