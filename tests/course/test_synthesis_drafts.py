"""Drafts: stages of a painting in which the same terms are seen through another network."""

import pytest
import torch

from course.errors import InputError
from course.synthesis import Stage, draft_first, paint
from tests.course._painting import SmallNetwork, a_painting, an_objective, picture

STAGES = (Stage(12, 3, drafted=True), Stage(18, 3, drafted=True), Stage(18, 4))


class LouderNetwork(SmallNetwork):
    """Another network than SmallNetwork: its features are twice as large."""

    def __call__(self, image, layers):
        return {name: maps if name == "image" else 2 * maps for name, maps in super().__call__(image, layers).items()}


@pytest.mark.parametrize("steps", [1, 2, 3, 20, 160])
@pytest.mark.parametrize("size", [32, 64, 256, 512])
def test_half_of_the_steps_are_drafts(size, steps):
    stages = draft_first(size, steps)
    assert sum(stage.steps for stage in stages) == steps
    assert sum(stage.steps for stage in stages if stage.drafted) == steps // 2
    assert [stage.drafted for stage in stages] == sorted((stage.drafted for stage in stages), reverse=True)
    assert stages[-1].size == size and not stages[-1].drafted
    assert all(stage.size == size for stage in stages if not stage.drafted), "small pictures are left to the drafts"
    with pytest.raises(InputError, match="the steps must be a whole number"):
        draft_first(size, 0)


def test_a_painting_is_drafted_through_the_other_network():
    quick, objective = LouderNetwork(), an_objective()
    steps, calls = [], []
    for step in a_painting(objective, stages=STAGES, draft=objective.through(quick)):
        steps.append(step)
        calls.append(len(quick.calls))
    assert [step.drafted for step in steps] == [True] * 6 + [False] * 4
    assert [step.number for step in steps] == list(range(1, 11)) and {step.of for step in steps} == {10}
    assert calls[0] > 0 and len(set(calls[6:])) == 1, "it is not asked when it is not its turn"
    assert torch.equal(steps[6].picture, steps[5].picture), "the network goes on from the draft"
    measured = objective.at(*steps[6].picture.shape[2:])(steps[6].picture)
    assert float(measured.total) == pytest.approx(steps[6].loss, rel=1e-5)
    assert steps[9].loss < steps[6].loss


def test_the_weights_are_shared():
    objective = an_objective()
    draft = objective.through(LouderNetwork())
    objective.weights["style"] = 3
    assert draft.weights["style"] == 3
    objective.weights.update(content=0, style=0, tv=1, range=0)
    image = picture(18, 24)
    assert float(draft.at(18, 24)(image).total) == pytest.approx(float(objective.at(18, 24)(image).total))


def test_in_relative_units_a_draft_through_the_same_kind_of_network_is_the_same():
    """Features twice as large change no relative distance."""
    objective, image = an_objective(), picture(18, 24)
    mine, drafted = (one.at(18, 24)(image) for one in (objective, objective.through(LouderNetwork())))
    assert float(mine.total) == pytest.approx(float(drafted.total), rel=1e-4)


def test_drafts_need_a_draft_objective():
    with pytest.raises(InputError, match=r"stages to be drafted, but no draft objective; see Objective\.through"):
        paint(an_objective(), picture(18, 24), STAGES)
