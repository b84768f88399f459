"""Explains the exceptions that answers stop with most often."""

from __future__ import annotations

from collections.abc import Mapping

LEFT_OFF = "gradients were switched off and are off still"

# Part of "TypeError: message" -> (short name of the mistake, what to say about it). The first that fits is told.
STOPS: Mapping[str, tuple[str, str]] = {
    "SyntaxError": (  # in a notebook the cell itself says so; here it is met in what was handed in
        "syntax",
        "Python cannot read this, so its cell does not run. Is a colon, a bracket or a quote missing there, or just above?",
    ),
    "No module named 'course": (
        "no_module",
        "The course has no module of this name: a slip of the keyboard?",
    ),
    "No module named": (
        "no_module",
        "Only the notebook is handed in, and only the course's packages are there: copy what you need from a module of "
        "your own into a cell.",
    ),
    "cannot import name": (
        "no_module",
        "That module has nothing of this name. If you meant one of your own: only the notebook is handed in. Copy what "
        "you need into a cell.",
    ),
    "No such file or directory": (
        "no_file",
        "Only the notebook is handed in: what lies beside it is not there when it is graded. Write what you need into a "
        "cell.",
    ),
    "RecursionError": (
        "recursion",
        "It calls itself without end. Inside a function its own name means itself: call the tool you need instead.",
    ),
    "UnboundLocalError": (
        "local_name",
        "A name that a function assigns is its own from the first line on. Give it a value before, or the result another name.",
    ),
    "NameError": (
        "unknown_name",
        "Nothing has this name here: a slip of the keyboard, or a cell above that did not run?",
    ),
    "numpy() on Tensor that requires grad": (
        "left_torch",
        "Gradients cannot go back through numpy. Stay in torch; the advice to detach would only hide it.",
    ),
    "has no attribute 'backward'": (
        "left_torch",
        "backward() belongs to the tensor that a loss returns: not to the function, and not to a float from .item().",
    ),
    "does not require grad": (
        "detached",
        "backward() found no way back: detach(), .item(), .data, numpy or no_grad() cut it, or nothing asked for a gradient.",
    ),
    LEFT_OFF: (
        "left_off",
        "torch.set_grad_enabled(False) holds for every cell that comes after it. `with torch.no_grad():` ends with its block.",
    ),
    "leaf Variable that requires grad": (
        "modifies_input",
        "It would change its input in place. Methods that end in _ and operators such as -= do; write x = x - y.",
    ),
    "modified by an inplace operation": (
        "overwritten",
        "An operation in place wrote over numbers that the way back still needs. Use one that makes a new tensor.",
    ),
    "Boolean value of Tensor": (
        "if_on_tensor",
        "An if asks one question, and a tensor has many answers: torch.where or a multiplication by (x > 0) asks each.",
    ),
    "must match the size of tensor": (
        "shapes",
        "Shapes are lined up from the last axis. Print both. view and keepdim=True make axes meet; .T turns all of them "
        "round, .mT the last two.",
    ),
}

OTHERWISE = "Try it on a small input of your own, and print what there is after every line."
