"""Chapter 3: what students write for the content loss, its gradient and the closure by mistake."""

import torch
from torch.nn import functional

from classroom.mistakes.registry import wrong

# --- content_loss ---------------------------------------------------------------------------------------------------


@wrong("content_loss", "no_half")
def _(F, P):
    return ((F - P) ** 2).sum()


@wrong("content_loss", "mean")
def _(F, P):
    return functional.mse_loss(F, P)


@wrong("content_loss", "half_mean")
def _(F, P):
    return 0.5 * ((F - P) ** 2).mean()


@wrong("content_loss", "absolute")
def _(F, P):
    return 0.5 * (F - P).abs().sum()


@wrong("content_loss", "absolute_sum")
def _(F, P):
    return functional.l1_loss(F, P, reduction="sum")


@wrong("content_loss", "signed")
def _(F, P):
    return (F - P).sum() / 2


@wrong("content_loss", "root")
def _(F, P):
    return torch.dist(F, P)


@wrong("content_loss", "half_root")
def _(F, P):
    return 0.5 * torch.linalg.vector_norm(F - P)


@wrong("content_loss", "sum_squared")
def _(F, P):
    return 0.5 * (F - P).sum() ** 2


@wrong("content_loss", "halved_first")
def _(F, P):
    return ((F - P) / 2).pow(2).sum()


@wrong("content_loss", "added")
def _(F, P):
    return 0.5 * ((F + P) ** 2).sum()


@wrong("content_loss", "squares_apart")
def _(F, P):
    return 0.5 * (F**2 - P**2).sum()


@wrong("content_loss", "product")
def _(F, P):
    return 0.5 * (F * P).sum()


@wrong("content_loss", "first_of_batch")
def _(F, P):
    return 0.5 * ((F[0] - P[0]) ** 2).sum()


@wrong("content_loss", "per_picture")
def _(F, P):
    return 0.5 * ((F - P) ** 2).sum() / F.shape[0]


@wrong("content_loss", "detached")
def _(F, P):
    return 0.5 * ((F.detach() - P) ** 2).sum()


@wrong("content_loss", "left_torch")
def _(F, P):
    return (0.5 * ((F - P) ** 2).sum()).item()


@wrong("content_loss", "shape")
def _(F, P):
    return 0.5 * ((F - P) ** 2).sum((1, 2, 3))


@wrong("content_loss", "dtype")
def _(F, P):
    return 0.5 * ((F.double() - P.double()) ** 2).sum()


@wrong("content_loss", "not_zero")
def _(F, P):
    return 0.5 * ((F - P) ** 2).sum() + (1.0 if torch.equal(F, P) else 0.0)


@wrong("content_loss", "modifies_input")
def _(F, P):
    F -= P
    return 0.5 * (F * F).sum()


@wrong("content_loss", "none")
def _(F, P):
    loss = 0.5 * ((F - P) ** 2).sum()
    assert loss >= 0


@wrong("content_loss", "returns_input")
def _(F, P):
    for f, p in zip(F, P, strict=True):
        f - p
    return F


@wrong("content_loss", "type")
def _(F, P):
    return 0.5 * ((F - P) ** 2).sum(), F - P


@wrong("content_loss", "recursion")
def content_loss(F, P):
    return 0.5 * content_loss(F - P, 0)


@wrong("content_loss", "unknown_name")
def _(F, P):
    return 0.5 * mse(F, P)  # noqa: F821


# --- content_gradient -----------------------------------------------------------------------------------------------


@wrong("content_gradient", "no_gate")
def _(F, P):
    return F - P


@wrong("content_gradient", "gate_on_p")
def _(F, P):
    return (F - P) * (P > 0)


@wrong("content_gradient", "gate_on_both")
def _(F, P):
    return (F - P) * ((F > 0) & (P > 0))


@wrong("content_gradient", "gate_on_difference")
def _(F, P):
    return (F - P).relu()


@wrong("content_gradient", "gate_turned")
def _(F, P):
    return torch.where(F > 0, 0.0, F - P)


@wrong("content_gradient", "doubled")
def _(F, P):
    return 2 * (F - P) * (F > 0)


@wrong("content_gradient", "halved")
def _(F, P):
    return 0.5 * (F - P) * (F > 0)


@wrong("content_gradient", "turned")
def _(F, P):
    return (P - F) * (F > 0)


@wrong("content_gradient", "mean")
def _(F, P):
    return (F - P) * (F > 0) / F.numel()


@wrong("content_gradient", "sign")
def _(F, P):
    return (F - P).sign() * (F > 0)


@wrong("content_gradient", "squared")
def _(F, P):
    return (F - P) ** 2 * (F > 0)


@wrong("content_gradient", "squared_half")
def _(F, P):
    return 0.5 * (F - P) ** 2 * (F > 0)


@wrong("content_gradient", "times_f")
def _(F, P):
    return (F - P) * F


@wrong("content_gradient", "gate_only")
def _(F, P):
    return (F > 0).float()


@wrong("content_gradient", "modifies_input")
def _(F, P):
    P[F == 0] = 0
    return F - P


@wrong("content_gradient", "shape")
def _(F, P):
    return ((F - P) * (F > 0)).sum(0)


@wrong("content_gradient", "detached")
def _(F, P):
    (0.5 * ((F - P) ** 2).sum()).backward()
    return F.grad


@wrong("content_gradient", "dtype")
def _(F, P):
    return F > 0


@wrong("content_gradient", "if_on_tensor")
def _(F, P):
    return F - P if F > 0 else 0


@wrong("content_gradient", "other")
def _(F, P):
    return (F - P) * (F > 0.5)


@wrong("content_gradient", "not_finite")
def _(F, P):
    return (F - P) * F / F


# --- closure --------------------------------------------------------------------------------------------------------


def inner(function):
    """`function(optimiser, image, loss)` is what the closure does."""
    return lambda optimiser, image, loss: lambda: function(optimiser, image, loss)


@wrong("closure", "accumulates")
@inner
def _(optimiser, image, loss):
    value = loss(image)
    value.backward()
    return value


@wrong("closure", "returns_nothing")
@inner
def _(optimiser, image, loss):
    optimiser.zero_grad()
    loss(image).backward()


@wrong("closure", "no_backward")
@inner
def _(optimiser, image, loss):
    optimiser.zero_grad()
    return loss(image)


@wrong("closure", "cleared_after")
@inner
def _(optimiser, image, loss):
    value = loss(image)
    value.backward()
    optimiser.zero_grad()
    return value


@wrong("closure", "moves")
@inner
def _(optimiser, image, loss):
    with torch.no_grad():
        image.clamp_(0, 1)
    optimiser.zero_grad()
    value = loss(image)
    value.backward()
    return value


@wrong("closure", "steps")
@inner
def _(optimiser, image, loss):
    optimiser.zero_grad()
    value = loss(image)
    value.backward()
    optimiser.step()
    return value


@wrong("closure", "clamped")
@inner
def _(optimiser, image, loss):
    optimiser.zero_grad()
    value = loss(image.clamp(0, 1))
    value.backward()
    return value


@wrong("closure", "evaluates_again")
@inner
def _(optimiser, image, loss):
    optimiser.zero_grad()
    loss(image).backward()
    return loss(image)


@wrong("closure", "returns_function")
@inner
def _(optimiser, image, loss):
    optimiser.zero_grad()
    loss(image).backward()
    return loss


@wrong("closure", "type")
@inner
def _(optimiser, image, loss):
    optimiser.zero_grad()
    value = loss(image)
    value.backward()
    return value, image.grad


@wrong("closure", "empty")
@inner
def _(optimiser, image, loss):
    optimiser.zero_grad()


@wrong("closure", "grad_is_none")
@inner
def _(optimiser, image, loss):
    image.grad.zero_()
    value = loss(image)
    value.backward()
    return value


@wrong("closure", "loss_not_called")
@inner
def _(optimiser, image, loss):
    optimiser.zero_grad()
    loss.backward()
    return loss


@wrong("closure", "left_torch")
@inner
def _(optimiser, image, loss):
    optimiser.zero_grad()
    value = loss(image).item()
    value.backward()
    return value


@wrong("closure", "detached")
@inner
def _(optimiser, image, loss):
    optimiser.zero_grad()
    value = loss(image.detach())
    value.backward()
    return value


@wrong("closure", "other")
@inner
def _(optimiser, image, loss):
    optimiser.zero_grad()
    value = 3 * loss(image)
    value.backward()
    return value


@wrong("closure", "frozen")
def _(optimiser, image, loss):
    value = loss(image)

    def evaluate():
        optimiser.zero_grad()
        value.backward(retain_graph=True)
        return value

    return evaluate


@wrong("closure", "local_name")
def _(optimiser, image, loss):
    def evaluate():
        optimiser.zero_grad()
        loss = loss(image)  # noqa: F823
        loss.backward()
        return loss

    return evaluate


@wrong("closure", "called")
def _(optimiser, image, loss):
    def evaluate():
        optimiser.zero_grad()
        value = loss(image)
        value.backward()
        return value

    return evaluate()


@wrong("closure", "none")
def _(optimiser, image, loss):
    def evaluate():
        optimiser.zero_grad()
        value = loss(image)
        value.backward()
        return value


@wrong("closure", "takes_arguments")
def _(optimiser, image, loss):
    def evaluate(image):
        optimiser.zero_grad()
        value = loss(image)
        value.backward()
        return value

    return evaluate


@wrong("closure", "returns_loss")
def _(optimiser, image, loss):
    return loss


@wrong("closure", "no_function")
def _(optimiser, image, loss):
    optimiser.zero_grad()
    value = loss(image)
    value.backward()
    return value, optimiser


@wrong("closure", "arguments")
def _(optimiser, image):
    return optimiser.zero_grad


@wrong("content_gradient", "gate_at_zero")
def _(F, P):
    return torch.where(F >= 0, F - P, 0)


@wrong("closure", "detached_copy")
def _(optimiser, image, loss):
    def evaluate():
        optimiser.zero_grad()
        value = loss(image.detach().clone().requires_grad_(True))
        value.backward()
        return value

    return evaluate


wrong("content_loss", "target_squared")(lambda F, P: 0.5 * (F - P**2).sum())
wrong("content_loss", "times_two")(lambda F, P: 0.5 * ((F - P) * 2).sum())
wrong("content_loss", "cubed")(lambda F, P: 0.5 * ((F - P) ** 3).sum())
wrong("content_loss", "relative")(lambda F, P: ((F - P) ** 2).sum() / (P**2).sum())
wrong("content_loss", "largest")(lambda F, P: 0.5 * ((F - P) ** 2).max())
wrong("content_loss", "means_compared")(lambda F, P: 0.5 * ((F.mean((2, 3)) - P.mean((2, 3))) ** 2).sum())
wrong("content_loss", "huber")(lambda F, P: functional.smooth_l1_loss(F, P, reduction="sum"))


@wrong("content_loss", "grams")
def _(F, P):
    G, A = (X.flatten(2) @ X.flatten(2).mT for X in (F, P))
    return 0.5 * ((G - A) ** 2).sum()


wrong("content_gradient", "absolute")(lambda F, P: (F - P).abs() * (F > 0))
wrong("content_gradient", "doubled_no_gate")(lambda F, P: 2 * (F - P))
wrong("content_gradient", "times_p")(lambda F, P: (F - P) * P)
