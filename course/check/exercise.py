"""An exercise's check: draws fresh inputs, asks the answer, compares, and names the misunderstanding it sees."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from course.check.answers import Answer, AnswerError, LocalAnswer
from course.check.failures import CheckFailed, Unfinished
from course.check.probes import Returned
from course.errors import InputError


class Draw:
    """Fresh random inputs, different at every check and the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape: int) -> Tensor:
        """A tensor of normal numbers, mean 0 and deviation 1."""
        return torch.randn(shape, generator=self.generator)

    def uniform(self, *shape: int) -> Tensor:
        """A tensor of numbers in [0, 1)."""
        return torch.rand(shape, generator=self.generator)

    def pixels(self, height: int, width: int) -> Tensor:
        """[height, width, 3], uint8."""
        return torch.randint(0, 256, (height, width, 3), generator=self.generator, dtype=torch.uint8)

    def whole(self, least: int, most: int) -> int:
        """A whole number from `least` to `most`, both possible."""
        return int(torch.randint(least, most + 1, (), generator=self.generator))


class Exercise:
    """One graded exercise. Called with a student's function it prints what holds, or raises.

    Attributes:
        name: of the function that the student writes.
        reference: ours.
        read: where in the chapter to look.
    """

    def __init__(self, name: str, reference: Callable[..., Any], read: str, verify: Callable[[Question], str]) -> None:
        self.name = name
        self.reference = reference
        self.read = read
        self._verify = verify
        self.__doc__ = verify.__doc__

    def __call__(self, function: Callable[..., Any]) -> None:
        """Checks a function in this process.

        Raises:
            Unfinished: if it is still the stub.
            CheckFailed: if it is wrong, with the reason; also if it is borrowed.
        """
        if not callable(function):
            raise CheckFailed(
                self.name,
                "not_a_function",
                f"✗ {self.name}: give the function itself, this is a {type(function).__name__}.",
                f"  Write check.{self.name}({self.name}), without brackets after the second name.",
            )
        if getattr(function, "borrowed", False) or function is self.reference:
            raise CheckFailed(
                self.name,
                "borrowed",
                f"✗ {self.name} is borrowed from the course: the chapter can go on, the exercise earns no points.",
                "  Run the cell with your own version again when you have written it, then this one.",
            )
        verified = self.verify(LocalAnswer(self.name, function), seed=secrets.randbits(32))
        print(f"✓ {self.name}: {verified}")

    def verify(self, answer: Answer, seed: int) -> str:
        """Checks an answer wherever it runs; what was verified, in one line.

        Raises:
            Unfinished, CheckFailed: as above.
        """
        question = Question(self, answer, Draw(seed))
        try:
            return self._verify(question)
        except AnswerError as error:
            raise question.stopped(error) from None


class Question:
    """What a check has at hand while it runs: the answer, fresh inputs, and the ways to say what is wrong.

    Attributes:
        ask: asks a probe, see `course.check.answers.Answer.ask`.
        draw: fresh random inputs.
    """

    def __init__(self, exercise: Exercise, answer: Answer, draw: Draw) -> None:
        self.exercise = exercise
        self.answer = answer
        self.draw = draw

    def ask(self, probe: str, *inputs: Any) -> Any:
        """See `course.check.answers.Answer.ask`."""
        return self.answer.ask(probe, *inputs)

    def wrong(self, mistake: str, seen: str, looks_like: str) -> CheckFailed:
        """The failure to raise: what was expected and seen, which misunderstanding it looks like, where to read."""
        return CheckFailed(
            self.exercise.name,
            mistake,
            f"✗ {self.exercise.name}: {seen}",
            f"  {looks_like}",
            f"  Read: {self.exercise.read}.",
        )

    def stopped(self, error: AnswerError) -> CheckFailed:
        """The failure for an answer that raised an exception."""
        where = f" at the line:  {error.line}" if error.line else ""
        if error.kind == "RecursionError":
            return self.wrong(
                "recursion",
                f"it called itself without end{where}",
                "Inside a function, its own name means itself: call the tool you need instead.",
            )
        return self.wrong(
            "raised",
            f"it stopped with {error.kind}: {error.text}{where}",
            "Try it on a small input of your own, and print the shapes on the way.",
        )

    def tensor(self, returned: Returned, shape: Sequence[int], given: str) -> Tensor:
        """The returned tensor, if it is one of this shape, float32, on the CPU, and no input was modified.

        Raises:
            CheckFailed: if not.
        """
        self.unchanged(returned, given)
        value = returned.value
        if returned.kind not in ("Tensor", "Parameter"):
            raise self.wrong(*_not_a_tensor(returned, given))
        if returned.device != "cpu":
            raise self.wrong(
                "device",
                f"for {given} it returned a tensor on {returned.device}, expected cpu.",
                "Make new tensors where the input is: device=x.device, or operations on x itself.",
            )
        assert isinstance(value, Tensor)
        if value.dtype != torch.float32:
            raise self.wrong(
                "dtype",
                f"for {given} expected float32, got {str(value.dtype).removeprefix('torch.')}.",
                "Keep the input's type; pictures and features are float32.",
            )
        if tuple(value.shape) != tuple(shape):
            raise self.wrong(
                "shape",
                f"for {given} expected shape {list(shape)}, got {list(value.shape)}.",
                _shape_hint(value, shape),
            )
        if not value.isfinite().all():
            raise self.wrong(
                "not_finite",
                f"for {given} it returned numbers that are NaN or infinite.",
                "A division by zero, or memory that nothing was written into?",
            )
        return value

    def tensor_of(self, returned: Returned, name: str, shape: Sequence[int], given: str) -> Tensor:
        """The tensor of that name in a returned dictionary, if it has this shape.

        Raises:
            CheckFailed: if it is none, or of another shape.
        """
        value = returned.value[name]
        if not isinstance(value, Tensor):
            raise self.wrong(
                "entry", f"for {given} the entry {name!r} is no tensor.", "Keep the feature maps themselves."
            )
        if tuple(value.shape) != tuple(shape):
            raise self.wrong(
                "entry_shape",
                f"for {given} expected {name} of shape {list(shape)}, got {list(value.shape)}.",
                "Keep the maps whole: batch, channels, rows and columns.",
            )
        return value

    def whole(self, returned: Returned, given: str) -> int:
        """The returned whole number; floats that are whole and scalars of torch count.

        Raises:
            CheckFailed: if it is none.
        """
        value = (
            returned.value.item()
            if isinstance(returned.value, Tensor) and returned.value.numel() == 1
            else returned.value
        )
        if returned.kind == "NoneType":
            raise self.wrong("none", f"for {given} it returned nothing.", _RETURN)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.wrong(
                "type", f"for {given} expected a whole number, got a {returned.kind}.", "Return the number itself."
            )
        if value != int(value):
            raise self.wrong(
                "not_whole",
                f"for {given} it returned {value:g}, which is not whole.",
                "Sizes and counts are whole: divide with // and round down.",
            )
        return int(value)

    def unchanged(self, returned: Returned, given: str) -> None:
        """Raises CheckFailed if the function modified one of its inputs."""
        if returned.changed:
            number = ("first", "second", "third", "fourth")[returned.changed[0]]
            raise self.wrong(
                "modifies_input",
                f"for {given} it changed its {number} input on the way.",
                "Methods that end in _ and operators such as -= and *= work in place; write x = x - y.",
            )

    def same(
        self,
        got: Tensor | float,
        expected: Tensor | float,
        given: str,
        mistakes: Mapping[str, tuple[Tensor | float, str]],
        tolerance: float = 1e-4,
    ) -> None:
        """Compares a value with ours; if it differs, tells which of the known mistakes leads to what was seen.

        Args:
            got: what the answer returned, of the right shape.
            expected: what we find for the same input.
            given: the input in words.
            mistakes: short name -> (what a wrong solution finds for the same input, what to say about it).
            tolerance: largest difference, relative to the largest number of `expected`.

        Raises:
            CheckFailed: if they differ.
        """
        got, expected = torch.as_tensor(got), torch.as_tensor(expected)
        if agree(got, expected, tolerance):
            return
        seen = f"for {given} {_difference(got, expected)}"
        for mistake, (value, sentence) in mistakes.items():
            if agree(got, torch.as_tensor(value), tolerance):
                raise self.wrong(mistake, seen, f"This looks like: {sentence}")
        raise self.wrong("other", seen, _pattern(got, expected, tolerance))


def agree(got: Tensor, expected: Tensor, tolerance: float = 1e-4) -> bool:
    """Whether two tensors have one shape and differ by at most `tolerance` of the largest number of `expected`."""
    if got.shape != expected.shape:
        return False
    got, expected = got.double(), expected.double()
    return bool((got - expected).abs().max() <= tolerance * max(float(expected.abs().max()), 1e-12))


EXERCISES: dict[str, Exercise] = {}


def exercise(reference: Callable[..., Any], read: str) -> Callable[[Callable[[Question], str]], Exercise]:
    """Makes a check of a function `(question) -> what was verified`; the function's name is the exercise's."""

    def register(verify: Callable[[Question], str]) -> Exercise:
        made = Exercise(verify.__name__, reference, read, verify)
        EXERCISES[made.name] = made
        return made

    return register


def borrow(name: str) -> Callable[..., Any]:
    """The course's own function for an exercise, to go on without having written it. It earns no points.

    Raises:
        InputError: if there is no exercise of that name.
    """
    if name not in EXERCISES:
        raise InputError(f"there is no exercise {name!r} to borrow; there are {', '.join(sorted(EXERCISES))}")
    reference = EXERCISES[name].reference

    def borrowed(*inputs: Any, **options: Any) -> Any:
        return reference(*inputs, **options)

    borrowed.__name__, borrowed.__doc__ = name, reference.__doc__
    borrowed.borrowed = True  # type: ignore[attr-defined]
    print(f"→ {name} is borrowed: everything below works, and its exercise earns no points until you write it.")
    return borrowed


_RETURN = "Is the return missing, or inside a loop or an if that was not reached?"


def _not_a_tensor(returned: Returned, given: str) -> tuple[str, str, str]:
    seen = f"for {given} expected a tensor, got a {returned.kind}."
    if returned.kind == "NoneType":
        return "none", f"for {given} it returned nothing.", _RETURN
    if returned.kind in ("float", "int", "ndarray", "float32", "float64"):
        return "left_torch", seen, "Numbers that leave torch (.item(), float(), numpy) lose the way back for gradients."
    return "type", seen, "Return one tensor, and nothing else."


def _shape_hint(value: Tensor, shape: Sequence[int]) -> str:
    got, wanted = tuple(value.shape), tuple(shape)
    if not wanted:
        return "A loss is one number: sum over everything, batch included."
    if sorted(got) == sorted(wanted):
        return "The axes are in another order: permute changes it, reshape and view only pretend to."
    if len(got) < len(wanted):
        return "An axis is missing: [:, None] or unsqueeze adds one, keepdim=True keeps one."
    return "Print the shape after every line, and see which one it leaves the road at."


def _difference(got: Tensor, expected: Tensor) -> str:
    if expected.numel() == 1:
        return f"expected {_number(expected)}, got {_number(got)}."
    worst = int((got.double() - expected.double()).abs().argmax())
    place = []
    for size in reversed(expected.shape):
        worst, index = divmod(worst, size)
        place.insert(0, index)
    where = tuple(place)
    return f"expected {_number(expected[where])} at {list(place)}, got {_number(got[where])}."


def _number(value: Tensor) -> str:
    number = value.item()
    return str(int(number)) if number == int(number) and abs(number) < 1e12 else f"{number:.4g}"


def _pattern(got: Tensor, expected: Tensor, tolerance: float) -> str:
    """What can be said about a difference that no known mistake explains."""
    got, expected = got.double(), expected.double()
    if agree(got, torch.zeros_like(got)):
        return "Everything is zero: was the result computed and then thrown away?"
    if agree(got, -expected, tolerance):
        return "The sign is turned round everywhere."
    factor = float((got * expected).sum() / (expected * expected).sum().clamp_min(1e-300))
    if agree(got, factor * expected, tolerance):
        return f"It is {factor:.4g} times ours everywhere: only a constant factor is wrong."
    if expected.numel() > 1 and agree(got - (got - expected).mean(), expected, tolerance):
        return "It differs from ours by the same number everywhere: something is added once too often, or not at all."
    if expected.numel() > 1 and agree(got.flatten().sort().values, expected.flatten().sort().values, tolerance):
        return "The numbers are right and stand in other places: an axis was permuted, or a reshape cut rows."
    right = float(((got - expected).abs() <= tolerance * expected.abs().max()).double().mean())
    return f"{100 * right:.0f} % of the numbers agree. Work one small input out on paper and compare."


__all__ = ["EXERCISES", "CheckFailed", "Draw", "Exercise", "Question", "Unfinished", "agree", "borrow", "exercise"]
