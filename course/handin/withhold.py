"""Takes the course's own solution of an exercise away while a student's is graded.

A student may borrow our `gram` to go on to `style_layer_loss`, which is then graded as it is. But while `gram` itself
is graded, ours is not there: calling it tells the grader (`course.handin.worker.refuse`), and computes nothing, so that
nothing is gained even if the telling were prevented. The same holds for the functions with which its check finds out
what to expect. On disk they are not to be found either, see `course.teach.edition`.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any, cast

from course.check import EXERCISES

REFUSE = '__import__("course.handin.worker", fromlist=["refuse"]).refuse({exercise!r})'


def withhold(exercise: str) -> None:
    """From here on, our function for an exercise and those of its check compute nothing in this process."""
    made = EXERCISES[exercise]
    judge = sys.modules[made.judge.__module__]
    lent = {one.__code__ for other in EXERCISES.values() if other is not made for one in _with_helpers(other.reference)}
    reference, *helpers = _with_helpers(made.reference)
    helpers += [one for one in vars(judge).values() if _is_from(one, judge)]
    helpers = [one for one in helpers if one.__code__ not in lent]
    for function in (reference, cast(types.FunctionType, made.judge), *helpers):
        function.__code__ = _refusal(exercise)


def _with_helpers(given: Callable[..., Any]) -> Iterator[types.FunctionType]:
    """A function, and the private functions of its module that it calls."""
    function = cast(types.FunctionType, inspect.unwrap(given))
    module = sys.modules[function.__module__]
    yield function
    for name in function.__code__.co_names:
        part = vars(module).get(name)
        if not name.startswith("_") or part is None:
            continue
        if inspect.isclass(part) and part.__module__ == module.__name__:
            yield from (one for one in map(_bare, vars(part).values()) if isinstance(one, types.FunctionType))
        elif _is_from(part, module):
            yield from _with_helpers(part)


def _bare(attribute: object) -> object:
    return attribute.__func__ if isinstance(attribute, (staticmethod, classmethod)) else attribute


def _is_from(value: object, module: types.ModuleType) -> bool:
    return isinstance(value, types.FunctionType) and value.__module__ == module.__name__


def _refusal(exercise: str) -> types.CodeType:
    namespace: dict[str, types.FunctionType] = {}
    exec(f"def withheld(*inputs, **options): {REFUSE.format(exercise=exercise)}", namespace)
    return namespace["withheld"].__code__
