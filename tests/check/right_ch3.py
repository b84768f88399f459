"""Chapter 3: right, in other ways than the course's."""

import functools

import numpy as np
import torch
from torch.nn import functional

from tests.check._right import right

# --- Chapter 0 ------------------------------------------------------------------------------------------------------


@right("content_loss")
def _(F, P):
    return functional.mse_loss(F, P, reduction="sum") / 2


@right("content_loss")
def _(F, P):
    loss = torch.tensor(0.0)
    for f, p in zip(F.flatten(), P.flatten(), strict=True):
        loss = loss + 0.5 * (f - p) ** 2
    return loss


@right("content_loss")
def _(F, P):
    return 0.5 * torch.einsum("bchw,bchw->", F - P, F - P)


@right("content_loss")
def _(F, P):
    return (F.pow(2).sum() + P.pow(2).sum()) / 2 - (F * P).sum()


@right("content_loss")
def _(F, P):
    d = (F - P.detach()).reshape(-1)
    return torch.dot(d, d).div(2)


@right("content_gradient")
def _(F, P):
    return torch.where(F > 0, F - P, torch.zeros_like(F))


@right("content_gradient")
def _(F, P):
    x = F.clone().requires_grad_()
    loss = functional.mse_loss(x.relu(), P, reduction="sum") / 2
    loss.backward()
    return x.grad


@right("content_gradient")
def _(F, P):
    gradient = torch.zeros_like(F)
    for place in np.ndindex(*F.shape):
        if F[place] > 0:
            gradient[place] = F[place] - P[place]
    return gradient


@right("content_gradient")
def _(F, P):
    return torch.from_numpy(np.where(F.numpy() > 0, F.numpy() - P.numpy(), np.float32(0)))


@right("content_gradient")
def _(F, P):
    return (F - P).masked_fill(F <= 0, 0)


@right("closure")
def _(optimiser, image, loss):
    def evaluate():
        image.grad = None
        value = loss(image)
        (image.grad,) = torch.autograd.grad(value, image)
        return value.detach()

    return evaluate


@right("closure")
def _(optimiser, image, loss):
    def evaluate(image):
        value = loss(image)
        optimiser.zero_grad(set_to_none=False)
        value.backward()
        return value.item()  # L-BFGS makes a float of it anyway

    return functools.partial(evaluate, image)


@right("closure")
def _(optimiser, image, loss):
    class Evaluate:
        calls = 0

        def __call__(self):
            self.calls += 1
            if image.grad is not None:
                image.grad.zero_()
            with torch.enable_grad():
                value = loss(image)
            torch.autograd.backward([value])
            return value

    return Evaluate()
