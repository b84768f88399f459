"""Chapter 3: closures that do not do what L-BFGS calls them for."""

import torch

from tests.check._lazy import forgetful, lazy


def returning(inner):
    """A closure that only looks at what it was given."""
    return lambda optimiser, image, loss: lambda: inner(optimiser, image, loss)


lazy("closure", "a constant", "empty")(returning(lambda optimiser, image, loss: torch.tensor(1.0)))
lazy("closure", "zero", "empty")(returning(lambda optimiser, image, loss: 0 * image.sum()))
lazy("closure", "nothing at all", "empty")(returning(lambda optimiser, image, loss: None))
lazy("closure", "the picture", "empty")(returning(lambda optimiser, image, loss: image))
lazy("closure", "the loss as it was given", "returns_loss")(lambda optimiser, image, loss: loss)
lazy("closure", "the optimiser's own step", "takes_arguments")(lambda optimiser, image, loss: optimiser.step)
lazy("closure", "only the value", "no_backward")(returning(lambda optimiser, image, loss: loss(image)))
lazy("closure", "clearing alone", "empty")(returning(lambda optimiser, image, loss: optimiser.zero_grad()))
lazy("closure", "the value of a copy", "detached_copy")(returning(lambda optimiser, image, loss: loss(image.detach())))


@lazy("closure", "a gradient towards grey", "no_backward")
def _(optimiser, image, loss):
    def evaluate():
        image.grad = image.detach() - 0.5
        return loss(image)

    return evaluate


@lazy("closure", "half the way", "other")
def _(optimiser, image, loss):
    def evaluate():
        optimiser.zero_grad()
        value = loss(image)
        (0.5 * value + 0.5 * image.sum()).backward()
        return value

    return evaluate


@forgetful("closure", "remembers its first closure", "empty")
def _():
    made = []

    def closure(optimiser, image, loss):
        def evaluate():
            optimiser.zero_grad()
            value = loss(image)
            value.backward()
            return value

        made.append(evaluate)
        return made[0]

    return closure


@forgetful("closure", "answers with the value before", "other")
def _():
    values = [torch.tensor(0.0)]

    def closure(optimiser, image, loss):
        def evaluate():
            optimiser.zero_grad()
            values.append(loss(image))
            values[-1].backward()
            return values[-2]

        return evaluate

    return closure
