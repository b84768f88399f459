"""Where the files of wrong and right answers register theirs."""

from collections import defaultdict

WRONG = defaultdict(dict)  # exercise -> mistake -> function
RIGHT = defaultdict(list)  # exercise -> functions


def wrong(exercise, mistake):
    """A function that a student might write, and the misunderstanding that the check should see in it."""

    def register(function):
        assert mistake not in WRONG[exercise], "one wrong answer for each mistake"
        WRONG[exercise][mistake] = function
        return function

    return register


def right(exercise):
    """A function that is right, in another way than the course's."""

    def register(function):
        RIGHT[exercise].append(function)
        return function

    return register
