"""How each state of an exercise is told to a student."""

from __future__ import annotations

from dataclasses import dataclass

from classroom.grading.results import State


@dataclass(frozen=True)
class StateText:
    """How a state is told to a student: a sign, a name, what it means, and what to do about it."""

    sign: str
    name: str
    meaning: str
    advice: str = ""


STATE_TEXTS: dict[State, StateText] = {
    "full": StateText("✓", "Full points", "It passes the check and every further test."),
    "partial": StateText(
        "◐",
        "Partly right",
        "It passes the check of the notebook, but not every further test that is run when it is graded.",
        "Those tests stay untold. Which inputs would you try if you wanted to break it? Other sizes, a batch of "
        "another length, values that are negative or zero, an input that is needed again afterwards?",
    ),
    "wrong": StateText("✗", "Not right yet", "The check does not pass."),
    "borrowed": StateText(
        "→",
        "Borrowed",
        "This is the course's own function. That is a good way to go on with a chapter, and it earns no points.",
        "Now that you have seen it at work: write your own in its place, and run the check again.",
    ),
    "not attempted": StateText(
        "○",
        "Not attempted",
        "The function was still as the chapter gives it out.",
        "If you did write it: was the notebook saved before you handed it in, and is it the right file?",
    ),
    "crashed": StateText(
        "!",
        "Crashed",
        "Python itself came to an end while your function ran, so there was no answer to compare.",
        "Restart the kernel and run the notebook from the top to this check. If the kernel dies there as well, look "
        "for a function that calls itself without end, for exit(), and for tensors of enormous size.",
    ),
    "timed out": StateText(
        "!",
        "Timed out",
        "Your function did not come back in the time that it is given, which is many times what it needs.",
        "Restart the kernel and run this check: it should answer within seconds. If it does not, look for a loop that "
        "does not end, for loops over single pixels, and for painting or training outside of a function.",
    ),
    "out of memory": StateText(
        "!",
        "Out of memory",
        "Your function asked for more memory than a submission is given, which is many times what it needs.",
        "Print the shapes after every line. A product of two tensors whose axes do not face each other grows fast, and "
        "so does a list of results that still hold their gradients: .detach() lets go of those.",
    ),
    "unreadable": StateText(
        "?",
        "Could not be read",
        "The file could not be read. That says nothing about your work, and these points are still open.",
        "Open the notebook in Jupyter, save it, and hand it in again as .ipynb. If it does not open there either, tell "
        "your instructor.",
    ),
}

# For what is not attempted, and of which the notebook has not even the stub.
GONE = StateText(
    "○",
    "Not in your notebook",
    "There was no function of this name in it: its cell was deleted, or the function was renamed.",
    "Copy the cell from a fresh copy of the chapter, as it was handed out, and write the function there.",
)
