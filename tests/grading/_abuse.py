"""Invented submissions of one small exercise, and what becomes of them in a real sandbox."""

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace

from classroom.collect.submissions import Submission, SubmittedFile
from classroom.grading.grade import Plan, grade
from classroom.grading.results import Mark
from classroom.sandbox.client import ForkServer
from course.answers.notebook import CodeCell
from course.answers.outline import ChapterOutline, ExerciseOutline
from course.answers.remote import RemoteAnswer, Timeouts

HIDDEN = """
import torch
check.content_loss(content_loss)
assert abs(float(content_loss(torch.full((1, 1, 1, 2), 3.0), torch.zeros(1, 1, 1, 2))) - 9.0) < 1e-4
"""
HONEST = "def content_loss(F, P):\n    return (F - P).square().sum() / 2"
RIGHT = "(F - P).square().sum() / 2"  # for answers that begin with something else
PLAN = Plan(
    (ChapterOutline("03_content", "Content", (ExerciseOutline("content_loss", 1, 2),)),),
    {"03_content": {"content_loss": HIDDEN}},
    Timeouts(4.0, 8.0),
    "of the tests",
)
POINTS = 3
# For attacks: one on a name that the course no longer has is tried in vain, and must not count as fended off.
IN_VAIN = "the course has no"
NAMED = f"""
def named(owner, *names):
    for name in names:
        assert hasattr(owner, name), f'{IN_VAIN} {{name}}'
"""


def plan_of(exercise, hidden=""):
    """The same for another exercise."""
    outline = ChapterOutline("03_content", "Content", (ExerciseOutline(exercise, 1, 2),))
    return Plan((outline,), {"03_content": {exercise: hidden}}, Timeouts(20.0, 60.0), "of the tests")


def notebook(*sources):
    """A notebook's bytes; the first cell is the exercise's."""
    cells = [
        {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None, "id": id_}
        for id_, source in zip(["03-content_loss", *(f"03-{n:03}" for n in range(1, 99))], sources, strict=False)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@dataclass
class Class:
    """A class whose submissions are graded one after the other in one sandbox."""

    fork_server: ForkServer

    def grade(self, *sources: str, plan: Plan = PLAN) -> Mark:
        """The one mark of a student who has handed in these cells."""
        return self.graded(notebook(*sources), plan).marks[0]

    @staticmethod
    def plan(call: float, exercise: float, hidden=None) -> Plan:
        """That of all, but with other patience, and perhaps another hidden test."""
        return replace(PLAN, timeouts=Timeouts(call, exercise), hidden_tests=hidden or PLAN.hidden_tests)

    def graded(self, data, plan=PLAN):
        """All that is found in a file."""
        return grade(Submission("ada", "Ada", (SubmittedFile("03_content.ipynb", data),), ()), plan, self.fork_server)

    def inside(self, *sources: str):
        """The value that ``look()`` of these cells returns in the sandbox."""
        with self.asked(*sources) as answer:
            return answer.ask("call").value

    @contextmanager
    def asked(self, *sources: str):
        """The function ``look`` of these cells, to be asked; afterwards its process is ended."""
        process = self.fork_server.answer_process()
        try:
            answer = RemoteAnswer("look", process, Timeouts(20.0, 40.0))
            assert answer.define([CodeCell(f"{n}", "", source) for n, source in enumerate(sources)])
            yield answer
        finally:
            process.close()

    def is_unharmed(self) -> bool:
        """Whether the next student's work is graded as ever."""
        mark = self.grade(HONEST)
        return (mark.state, mark.points) == ("full", POINTS)
