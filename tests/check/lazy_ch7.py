"""Chapter 7: blocks without layers, and steps that teach nothing."""

import torch

from course.check import EXERCISES
from tests.check._lazy import forgetful, lazy

lazy("residual_block", "a constant", "other")(lambda x, first, second: torch.full_like(x, 0.5) + 0 * x)
lazy("residual_block", "x, handed back", "returns_input")(lambda x, first, second: x)
lazy("residual_block", "a copy of x", "other")(lambda x, first, second: 1 * x)
lazy("residual_block", "twice x", "other")(lambda x, first, second: 2 * x)
lazy("residual_block", "noise", "other")(lambda x, first, second: x + torch.randn_like(x))
lazy("residual_block", "a layer, handed back", "type")(lambda x, first, second: first)
lazy("residual_block", "nothing at all", "none")(lambda x, first, second: None)
lazy("residual_block", "only a convolution", "other")(lambda x, first, second: first(x))
lazy("residual_block", "both in a row", "other")(lambda x, first, second: second(first(x)))


@forgetful("residual_block", "remembers its first answer", "detached")
def _():
    said = []

    def answer(*inputs):
        said.append(EXERCISES["residual_block"].reference(*inputs).detach())
        return said[0]

    return answer


lazy("training_step", "a loss that was never computed", "paints_nothing")(lambda net, optimiser, photos, loss: 0.5)
lazy("training_step", "nothing at all", "none")(lambda net, optimiser, photos, loss: None)
lazy("training_step", "only paints", "judges_nothing")(lambda net, optimiser, photos, loss: net(photos).mean().item())
lazy("training_step", "only judges", "no_backward")(
    lambda net, optimiser, photos, loss: loss(net(photos), photos).item()
)
lazy("training_step", "only a step of the optimiser", "none")(lambda net, optimiser, photos, loss: optimiser.step())
lazy("training_step", "the photos, handed back", "paints_nothing")(lambda net, optimiser, photos, loss: photos)
lazy("training_step", "judges the photos by themselves", "paints_nothing")(
    lambda net, optimiser, photos, loss: loss(photos, photos).item()
)


@lazy("training_step", "weights at random", "own_optimiser")
def _(net, optimiser, photos, loss):
    value = loss(net(photos), photos).item()
    with torch.no_grad():
        for group in optimiser.param_groups:
            for one in group["params"]:
                one += 0.01 * torch.randn_like(one)
    return value


@forgetful("training_step", "trains once and never again", "other")
def _():
    said = []

    def answer(net, optimiser, photos, loss):
        if said:
            return loss(net(photos), photos).item()
        said.append(EXERCISES["training_step"].reference(net, optimiser, photos, loss))
        return said[0]

    return answer
