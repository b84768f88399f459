"""Where the files of right answers register theirs."""

from collections import defaultdict

RIGHT = defaultdict(list)  # exercise -> functions


def right(exercise):
    """A function that is right, in another way than the course's."""

    def register(function):
        RIGHT[exercise].append(function)
        return function

    return register
