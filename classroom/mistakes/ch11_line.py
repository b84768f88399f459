"""Chapter 11: what students write about a line, and about the time that is left, when they misunderstand something."""

import math

from classroom.mistakes.registry import wrong

# --- next_job -------------------------------------------------------------------------------------------------------


def last(served, visitor):
    return max((place for place, other in enumerate(served) if other == visitor), default=-1)


def free(waiting, running):
    return running is None and bool(waiting)


@wrong("next_job", "first_come")
def _(waiting, served, running):
    return waiting[0][0] if free(waiting, running) else None


@wrong("next_job", "last_come")
def _(waiting, served, running):
    return waiting[-1][0] if free(waiting, running) else None


@wrong("next_job", "by_count")
def _(waiting, served, running):
    return min(waiting, key=lambda one: served.count(one[1]))[0] if free(waiting, running) else None


@wrong("next_job", "most_recent")
def _(waiting, served, running):
    return max(waiting, key=lambda one: last(served, one[1]))[0] if free(waiting, running) else None


@wrong("next_job", "first_turn")
def _(waiting, served, running):
    def turn(one):
        return served.index(one[1]) if one[1] in served else -1

    return min(waiting, key=turn)[0] if free(waiting, running) else None


@wrong("next_job", "newcomers_last")
def _(waiting, served, running):
    def turn(one):
        return last(served, one[1]) if one[1] in served else math.inf

    return min(waiting, key=turn)[0] if free(waiting, running) else None


@wrong("next_job", "only_the_last")
def _(waiting, served, running):
    if not free(waiting, running):
        return None
    for job, visitor in waiting:
        if not served or visitor != served[-1]:
            return job
    return waiting[0][0]


@wrong("next_job", "newest_of_visitor")
def _(waiting, served, running):
    if not free(waiting, running):
        return None
    _, visitor = min(waiting, key=lambda one: last(served, one[1]))
    return [job for job, other in waiting if other == visitor][-1]


@wrong("next_job", "short_memory")
def _(waiting, served, running):
    return min(waiting, key=lambda one: last(served[-6:], one[1]))[0] if free(waiting, running) else None


@wrong("next_job", "part_of_a_name")
def _(waiting, served, running):
    every = "".join(served)
    return min(waiting, key=lambda one: every.rfind(one[1]))[0] if free(waiting, running) else None


@wrong("next_job", "by_name")
def _(waiting, served, running):
    return sorted(waiting, key=lambda one: (last(served, one[1]), one[0]))[0][0] if free(waiting, running) else None


@wrong("next_job", "visitor")
def _(waiting, served, running):
    return min(waiting, key=lambda one: last(served, one[1]))[1] if free(waiting, running) else None


@wrong("next_job", "the_pair")
def _(waiting, served, running):
    return min(waiting, key=lambda one: last(served, one[1])) if free(waiting, running) else None


@wrong("next_job", "place")
def _(waiting, served, running):
    places = range(len(waiting))
    return min(places, key=lambda n: last(served, waiting[n][1])) if free(waiting, running) else None


@wrong("next_job", "two_at_once")
def _(waiting, served, running):
    return min(waiting, key=lambda one: last(served, one[1]))[0] if waiting else None


@wrong("next_job", "nobody_waits")
def _(waiting, served, running):
    return min(waiting, key=lambda one: last(served, one[1]))[0] if running is None else None


@wrong("next_job", "invents_a_job")
def _(waiting, served, running):
    if running is not None:
        return None
    return min(waiting, key=lambda one: last(served, one[1]))[0] if waiting else "job 0"


@wrong("next_job", "newcomer_crashes")
def _(waiting, served, running):
    def turn(one):
        return len(served) - 1 - served[::-1].index(one[1])

    return min(waiting, key=turn)[0] if free(waiting, running) else None


@wrong("next_job", "modifies_input")
def _(waiting, served, running):
    if not free(waiting, running):
        return None
    waiting.sort(key=lambda one: last(served, one[1]))
    return waiting.pop(0)[0]


# --- progress -------------------------------------------------------------------------------------------------------


def right(step, of, seconds, waiting):
    """All that is right, for those who make one mistake elsewhere."""
    if waiting:
        return {"percent": 0, "words": f"{waiting} before yours", "seconds_left": None}
    if step == 0:
        return {"percent": 0, "words": "it begins", "seconds_left": None}
    if step == of:
        return {"percent": 100, "words": "finished", "seconds_left": 0}
    left = seconds / step * (of - step)
    words = f"{math.ceil(left)} s left" if left < 60 else f"{math.ceil(left / 60)} min left"
    return {"percent": 100 * step // of, "words": words, "seconds_left": left}


def painting(step, of, waiting):
    """Whether there is a pace to speak of."""
    return not waiting and 0 < step < of


@wrong("progress", "fraction")
def _(step, of, seconds, waiting):
    told = right(step, of, seconds, waiting)
    return {**told, "percent": step / of}


@wrong("progress", "not_whole")
def _(step, of, seconds, waiting):
    return {**right(step, of, seconds, waiting), "percent": 100 * step / of}


@wrong("progress", "percent_left")
def _(step, of, seconds, waiting):
    told = right(step, of, seconds, waiting)
    return {**told, "percent": 100 - told["percent"]}


@wrong("progress", "one_ahead")
def _(step, of, seconds, waiting):
    return {**right(step, of, seconds, waiting), "percent": 100 * (step + 1) // of}


@wrong("progress", "percent_rounded")
def _(step, of, seconds, waiting):
    return {**right(step, of, seconds, waiting), "percent": round(100 * step / of)}


@wrong("progress", "never_done")
def _(step, of, seconds, waiting):
    told = right(step, of, seconds, waiting)
    return {**told, "percent": min(told["percent"], 99)}


@wrong("progress", "divides_by_zero")
def _(step, of, seconds, waiting):
    left = seconds / step * (of - step)
    return {**right(step, of, seconds, waiting), "seconds_left": left}


@wrong("progress", "counts_with_none")
def _(step, of, seconds, waiting):
    told = right(step, of, seconds, waiting)
    return {**told, "seconds_left": 1.0 * told["seconds_left"]}


@wrong("progress", "no_time")
def _(step, of, seconds, waiting):
    return {**right(step, of, seconds, waiting), "seconds_left": None}


def with_left(mistake, formula):
    @wrong("progress", f"left_{mistake}")
    def _(step, of, seconds, waiting):
        told = right(step, of, seconds, waiting)
        return {**told, "seconds_left": formula(step, of, seconds)} if painting(step, of, waiting) else told


with_left("whole_time", lambda step, of, seconds: seconds / step * of)
with_left("elapsed", lambda step, of, seconds: seconds)
with_left("inverted", lambda step, of, seconds: seconds / (of - step) * step)
with_left("steps_left", lambda step, of, seconds: of - step)
with_left("one_step", lambda step, of, seconds: seconds / step)
with_left("rounded", lambda step, of, seconds: round(seconds / step * (of - step)))


@wrong("progress", "left_from_percent")
def _(step, of, seconds, waiting):
    told = right(step, of, seconds, waiting)
    percent = told["percent"]
    return {**told, "seconds_left": seconds * (100 - percent) / percent} if percent else told


def with_words(mistake, words):
    @wrong("progress", mistake)
    def _(step, of, seconds, waiting):
        told = right(step, of, seconds, waiting)
        return {**told, "words": words(told)} if painting(step, of, waiting) else told


with_words("long_number", lambda told: f"{told['seconds_left']} s left")
with_words("words_cut", lambda told: f"{int(told['seconds_left'])} s left")
with_words("time_not_told", lambda told: f"{told['percent']} % done")
with_words("wrong_unit", lambda told: f"{math.ceil(told['seconds_left'])} min left")
with_words("minutes_as_seconds", lambda told: f"{math.ceil(told['seconds_left'])} s left")
with_words("minutes_cut", lambda told: (
    f"{int(told['seconds_left'] // 60)} min left" if told["seconds_left"] >= 60 else told["words"]
))  # fmt: skip
with_words("zero_left", lambda told: (
    "0 s left" if told["seconds_left"] < 0.5 else told["words"]
))  # fmt: skip


@wrong("progress", "zero_at_end")
def _(step, of, seconds, waiting):
    told = right(step, of, seconds, waiting)
    return {**told, "words": "0 s left"} if step == of else told


@wrong("progress", "zero_at_start")
def _(step, of, seconds, waiting):
    told = right(step, of, seconds, waiting)
    return {**told, "words": "0 s left"} if not waiting and step == 0 else told


@wrong("progress", "late")
def _(step, of, seconds, waiting):
    told = right(step, of, seconds, waiting)
    return {**told, "seconds_left": None} if painting(step, of, waiting) and step == 1 else told


@wrong("progress", "fraction_cut")
def _(step, of, seconds, waiting):
    told = right(step, of, seconds, waiting)
    return {**told, "percent": int(step / of * 100)} if painting(step, of, waiting) else told


@wrong("progress", "next_not_told")
def _(step, of, seconds, waiting):
    told = right(step, of, seconds, waiting)
    return {**told, "words": "it begins"} if waiting == 1 else told


@wrong("progress", "time_at_end")
def _(step, of, seconds, waiting):
    told = right(step, of, seconds, waiting)
    return {**told, "seconds_left": seconds / of} if step == of else told


@wrong("progress", "guessed_at_start")
def _(step, of, seconds, waiting):
    told = right(step, of, seconds, waiting)
    return {**told, "seconds_left": 0} if told["seconds_left"] is None and not waiting else told


@wrong("progress", "guessed_while_waiting")
def _(step, of, seconds, waiting):
    told = right(step, of, seconds, waiting)
    return {**told, "seconds_left": 60 * waiting} if waiting else told


@wrong("progress", "place_not_told")
def _(step, of, seconds, waiting):
    return right(step, of, seconds, 0)


@wrong("progress", "place_off_by_one")
def _(step, of, seconds, waiting):
    told = right(step, of, seconds, waiting)
    return {**told, "words": f"number {waiting + 1} in the line"} if waiting else told


@wrong("progress", "no_words")
def _(step, of, seconds, waiting):
    return {**right(step, of, seconds, waiting), "words": None}


@wrong("progress", "missing")
def _(step, of, seconds, waiting):
    told = right(step, of, seconds, waiting)
    return {"percent": told["percent"], "words": told["words"]}


@wrong("progress", "no_dict")
def _(step, of, seconds, waiting):
    return tuple(right(step, of, seconds, waiting).values())
