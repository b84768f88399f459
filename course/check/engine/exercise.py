"""An exercise's check: draws fresh inputs, asks the answer, compares, and names the misunderstanding it sees."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from course.check.engine.answers import Answer, AnswerError, as_answer
from course.check.engine.blame import blame
from course.check.engine.differences import agree, difference, factor, one_line, pattern, shape_hint, written
from course.check.engine.draw import Draw
from course.check.engine.exceptions import OTHERWISE, STOPS
from course.check.engine.failures import CheckFailed, Unfinished
from course.check.engine.in_notebook import OLD, from_before
from course.check.engine.probes import About, Returned
from course.check.engine.settings import usual_settings


class Exercise:
    """One graded exercise. Called with a student's function it prints what holds, or raises.

    Attributes:
        name: of the function that the student writes.
        reference: ours.
        solved_by: what else of the course does what the exercise asks for; calling it earns no points either.
        read: where in the chapter to look.
        stops: what exceptions say about an answer to this exercise, see `course.check.engine.exceptions`.
        judge: asks the questions; what was verified, in one line, or CheckFailed.
        rounds: how often it does so, on inputs of its own each time.
    """

    def __init__(
        self,
        judge: Callable[[Question], str],
        reference: Callable[..., Any],
        read: str,
        stops: Mapping[str, tuple[str, str]],
        solved_by: Sequence[Callable[..., Any]],
        rounds: int,
    ) -> None:
        self.name = judge.__name__
        self.reference = reference
        self.solved_by = tuple(solved_by)
        self.read = read
        self.stops = {**stops, **STOPS, **stops}  # in this order, and the exercise has the last word
        self.judge = judge
        self.rounds = rounds
        self.__doc__ = judge.__doc__

    def __call__(self, function: Callable[..., Any] | Answer) -> None:
        """Checks a function in this process, or an answer wherever it is.

        Raises:
            Unfinished: if it is still the stub.
            CheckFailed: if it is wrong, with the reason; also if it is borrowed, or no function.
        """
        if from_before(self.name, function):
            print(OLD.format(name=self.name))
        verified = self.verify(as_answer(self.name, function), seed=secrets.randbits(32))
        print(f"✓ {self.name}: {verified}")

    def verify(self, answer: Answer, seed: int) -> str:
        """Checks an answer wherever it runs; what was verified, in one line.

        Raises:
            Unfinished, CheckFailed: as above.
        """
        try:
            return self.judged(answer, seed)
        except Unfinished as stub:
            raise Unfinished(stub.exercise, below=True) from None
        except CheckFailed as failure:
            raise blame(failure, answer, seed, EXERCISES) from None

    def judged(self, answer: Answer, seed: int) -> str:
        """The same, without the remarks about other exercises' functions that the answer calls."""
        question = Question(self, answer, Draw(seed))
        try:
            with usual_settings(), torch.random.fork_rng(devices=[]):  # a notebook draws on as if unchecked
                self._admit(question.ask("about"))
                verified = self.judge(question)
                for _ in range(self.rounds - 1):
                    self._judge_again(question)
                return verified
        except AnswerError as error:
            raise question.stopped(error) from None

    def _judge_again(self, question: Question) -> None:
        """The same on other inputs: who was right before and is not now has kept something, or was right by luck."""
        try:
            self.judge(question)
        except CheckFailed as failure:
            if failure.mistake not in ("other", "shape", "size"):
                raise
            seen = failure.lines[0].removeprefix(f"✗ {self.name}: ")
            raise question.wrong(
                "remembers",
                seen,
                "Other inputs were answered rightly. Is something kept from one call to the next? "
                "Begin afresh each time. If not, it is right for some inputs only: run the check again, it draws others.",
            ) from None

    def _admit(self, about: About) -> None:
        if not about.callable:
            raise CheckFailed(
                self.name,
                "not_a_function",
                f"✗ {self.name}: expected the function itself, got {about.kind}.",
                f"  Write check.{self.name}({self.name}), with no brackets after the second name.",
            )
        if about.ours:
            raise CheckFailed(
                self.name,
                "borrowed",
                f"✗ {self.name}: this one is the course's. The chapter can go on, and the exercise earns no points.",
                "  When you have written your own, run its cell again, and then this one.",
            )


class Question:
    """The tools of a running check: the answer, fresh inputs, and the ways to say what is wrong.

    Attributes:
        ask: asks a probe, see `course.check.engine.answers.Answer.ask`.
        draw: fresh random inputs.
    """

    def __init__(self, exercise: Exercise, answer: Answer, draw: Draw) -> None:
        self.exercise = exercise
        self.answer = answer
        self.draw = draw

    def ask(self, probe: str, *inputs: Any) -> Any:
        """See `course.check.engine.answers.Answer.ask`."""
        return self.answer.ask(probe, *inputs)

    def wrong(self, mistake: str, seen: str, looks_like: str) -> CheckFailed:
        """The failure to raise: what was expected and seen, which misunderstanding it looks like, where to read."""
        return CheckFailed(
            self.exercise.name,
            mistake,
            one_line(f"✗ {self.exercise.name}: {seen}", 220),
            "  " + one_line(looks_like, 218),
            f"  Read: {self.exercise.read}.",
        )

    def stopped(self, error: AnswerError) -> CheckFailed:
        """The failure for an answer that raised an exception."""
        message = f"{error.kind}: {error.text}" if error.text and error.kind != "RecursionError" else error.kind
        if error.kind == "TypeError" and not error.inside and "argument" in error.text:
            hint = "Compare the line that begins with def with the chapter's: as many arguments, in the same order."
            return self.wrong("arguments", f"it cannot be called as the chapter calls it: {error.text}.", hint)
        where = f" at the line `{error.line}`" if error.line else ""
        if error.number:
            where = f" at line {error.number} of its cell" + (f", `{error.line}`," if error.line else "")
        for part, (mistake, sentence) in self.exercise.stops.items():
            if part in message:
                return self.wrong(mistake, f"it stopped{where} with {message}", sentence)
        return self.wrong("raised", f"it stopped{where} with {message}", OTHERWISE)

    def tensor(self, returned: Returned, shape: Sequence[int], given: str) -> Tensor:
        """The returned tensor, if it is one of this shape, float32, on the CPU, and no input was modified.

        Raises:
            CheckFailed: if not.
        """
        self.present(returned, given)
        value = returned.value
        if returned.echo is not None:
            raise self.wrong(
                "returns_input",
                f"for {given} it returned its {_ORDINALS[returned.echo]} input as it was.",
                "Was the result computed under another name, and that name not returned?",
            )
        if returned.kind != "Tensor" or not isinstance(value, Tensor):
            got = "another class of that name" if returned.kind == "Tensor" else returned.kind
            left = returned.kind in ("float", "int", "ndarray", "float32", "float64")
            raise self.wrong(
                "left_torch" if left else "type",
                f"for {given} expected a tensor, got {got}.",
                "torch.from_numpy makes a tensor of an array. Where gradients have to pass: no .item(), float() or numpy."
                if left
                else "Return the tensor itself: no brackets around it, and nothing beside it.",
            )
        if value.dtype != torch.float32:
            raise self.wrong(
                "dtype",
                f"for {given} expected float32, got {str(value.dtype).removeprefix('torch.')}.",
                "Pictures and features are float32 here. numpy makes float64 of its own accord; .float() converts.",
            )
        if tuple(value.shape) != tuple(shape):
            seen = f"for {given} expected shape {list(shape)}, got {list(value.shape)}."
            raise self.wrong("shape", seen, shape_hint(value.shape, shape))
        if not value.isfinite().all():
            raise self.wrong(
                "not_finite",
                f"for {given} it returned numbers that are NaN or infinite.",
                "A division by zero, or memory from torch.empty that nothing was written into?",
            )
        return value

    def number(self, returned: Returned, given: str) -> float:
        """The returned number; a tensor that holds one number counts.

        Raises:
            CheckFailed: if it is none.
        """
        self.present(returned, given)
        value = returned.value
        if isinstance(value, Tensor) and value.numel() == 1:
            value = value.item()
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            got = f"a tensor of shape {list(value.shape)}" if isinstance(value, Tensor) else returned.kind
            raise self.wrong(
                "type", f"for {given} expected a number, got {got}.", "Return one number, nothing around it."
            )
        if value != value or abs(value) > 1e30:
            raise self.wrong(
                "not_finite",
                f"for {given} it returned {written(value)}.",
                "Does something divide by zero, or run away?",
            )
        return value

    def whole_numbers(
        self,
        cases: Sequence[tuple[str, tuple[Any, ...]]],
        ours: Callable[..., int],
        mistakes: Mapping[str, tuple[Callable[..., int], str]],
        otherwise: str,
    ) -> None:
        """Asks for a whole number for each case; if one is wrong, names the formula that explains *all* answers.

        One answer alone says little: where the padding is 0, a formula without padding is right. Floats that are whole
        and tensors that hold one number count as whole numbers.

        Args:
            cases: what is given, in words and as inputs.
            ours: finds the right number for these inputs.
            mistakes: short name -> (what a wrong solution computes for these inputs, what to say about it).
            otherwise: what to say if none of them explains the answers.

        Raises:
            CheckFailed: if a number is wrong, or is none.
        """
        answers = [(given, inputs, self._whole(self.ask("call", *inputs), given)) for given, inputs in cases]
        for given, inputs, got in answers:
            if got == ours(*inputs):
                continue
            seen = f"for {given} expected {written(ours(*inputs))}, got {written(got)}."
            for mistake, (formula, sentence) in mistakes.items():
                if all(value == formula(*others) for _, others, value in answers):
                    raise self.wrong(mistake, seen, f"This looks like: {sentence}")
            raise self.wrong("other", seen, otherwise)

    def _whole(self, returned: Returned, given: str) -> int:
        value = self.number(returned, given)
        if value != int(value):
            raise self.wrong(
                "not_whole",
                f"for {given} it returned {value:g}, which is not whole.",
                "Sizes and counts are whole: divide with // and round down.",
            )
        return int(value)

    def dictionary(
        self, returned: Returned, names: Iterable[str], given: str, hints: Mapping[str, str]
    ) -> dict[str, Returned]:
        """The returned dictionary, if it has an entry for each of `names` and no other.

        Args:
            returned: what came back.
            names: the keys that it must have.
            given: the input in words.
            hints: what to say for "no_dict", "missing" and "extra".

        Raises:
            CheckFailed: if it is none, or another one.
        """
        self.present(returned, given)
        if not isinstance(returned.value, dict):
            raise self.wrong("no_dict", f"for {given} expected a dictionary, got {returned.kind}.", hints["no_dict"])
        wanted, got = set(names), set(returned.value)
        if missing := sorted(wanted - got):
            there = f"there are {sorted(got) or 'no entries'}"
            raise self.wrong("missing", f"for {given} {missing[0]!r} is missing; {there}.", hints["missing"])
        if extra := sorted(got - wanted):
            raise self.wrong("extra", f"for {given} there is {extra[0]!r} as well.", hints["extra"])
        return returned.value

    def present(self, returned: Returned, given: str) -> None:
        """Raises CheckFailed if nothing was returned, something on another device, or an input was modified."""
        self.unchanged(returned.changed, given)
        if returned.kind == "NoneType":
            raise self.wrong(
                "none",
                f"for {given} it returned nothing.",
                "Is the return missing, or inside a loop or an if that was not reached?",
            )
        if returned.device not in ("", "cpu"):
            raise self.wrong(
                "device",
                f"for {given} the result lies on {returned.device}, expected cpu.",
                "Make new tensors where the input is: device=x.device, or operations on x itself.",
            )

    def unchanged(self, changed: Sequence[int], given: str) -> None:
        """Raises CheckFailed if the function modified inputs; `changed` has their numbers, from 0."""
        if changed:
            raise self.wrong(
                "modifies_input",
                f"for {given} it changed its {_ORDINALS[changed[0]]} input on the way.",
                "add_, pop, requires_grad_, -= and x[:, 0] = ... work in place: make something new, x = x - y, or x.clone().",
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
        if got.shape != expected.shape:  # a forged answer could make torch stretch one to the other's size
            seen = f"for {given} expected shape {list(expected.shape)}, got {list(got.shape)}."
            raise self.wrong("shape", seen, shape_hint(got.shape, expected.shape))
        if agree(got, expected, tolerance):
            return
        seen = f"for {given} {difference(got, expected)}"
        for mistake, (value, sentence) in mistakes.items():
            if agree(got, torch.as_tensor(value), tolerance):
                raise self.wrong(mistake, seen, f"This looks like: {sentence}")
        if factor(got, expected, tolerance) is None:
            for mistake, (value, sentence) in mistakes.items():
                times = factor(got, torch.as_tensor(value), tolerance)
                if times is not None:
                    raise self.wrong(mistake, seen, f"This looks like: {sentence} And it is {times:.4g} times that.")
        raise self.wrong("other", seen, pattern(got, expected, tolerance))


_ORDINALS = ("first", "second", "third", "fourth")

EXERCISES: dict[str, Exercise] = {}


def exercise(
    reference: Callable[..., Any],
    read: str,
    stops: Mapping[str, tuple[str, str]] | None = None,
    *,
    solved_by: Sequence[Callable[..., Any]],
    rounds: int = 2,
) -> Callable[[Callable[[Question], str]], Exercise]:
    """Makes a check of a function `(question) -> what was verified`; the function's name is the exercise's.

    Args:
        reference: our solution.
        read: where in the chapter to look.
        stops: what exceptions say about an answer to this exercise, besides `course.check.engine.exceptions.STOPS`.
        solved_by: functions and classes of the course, besides the reference, that do what the exercise asks for, or
            all of it but a factor, a sum or a loop. What calls one that is named need not be named. Say () if there
            is none: a grader takes the named ones away, and tests look for others.
        rounds: how often the check is made on fresh inputs, so that no answer can live on its last one.
    """

    def register(judge: Callable[[Question], str]) -> Exercise:
        made = Exercise(judge, reference, read, stops or {}, solved_by, rounds)
        EXERCISES[made.name] = made
        return made

    return register


__all__ = [
    "EXERCISES",
    "CheckFailed",
    "Draw",
    "Exercise",
    "Question",
    "Unfinished",
    "exercise",
]
