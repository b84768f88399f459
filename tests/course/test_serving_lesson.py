"""A class that shares one painter: who waits for how long, worked out by hand, and by Little's law."""

import statistics

import pytest

from course.check.ch11_line import reference_next_job
from course.errors import InputError
from course.serving.drawing import Message, sequence
from course.serving.lesson import lesson, paint_all


def first_come(waiting, served, running):
    return waiting[0][0]


def test_the_painter_is_never_idle_while_somebody_waits():
    asked = [(0.0, "a", "A"), (1.0, "b", "B"), (30.0, "c", "C")]
    painted = paint_all(asked, 10.0, first_come)
    assert [(one.begun, one.done, one.wait) for one in painted] == [(0, 10, 10), (10, 20, 19), (30, 40, 10)]


def test_a_fair_line_serves_newcomers_first_and_finishes_at_the_same_time():
    asked = [(0.0, f"a{n}", "A") for n in range(4)] + [(1.0, "b", "B"), (1.0, "c", "C")]
    plain, fair = (paint_all(asked, 10.0, choose) for choose in (first_come, reference_next_job))
    assert "".join(one.visitor for one in plain) == "AAAABC"
    assert "".join(one.visitor for one in fair) == "ABCAAA"
    assert plain[-1].done == fair[-1].done == 60
    assert sum(one.wait for one in plain) == sum(one.wait for one in fair), "it only decides who waits"


def test_what_chooses_nobody_is_told():
    with pytest.raises(InputError, match="2 wait, and none of them was chosen, but 'nobody'"):
        paint_all([(0.0, "a", "A"), (0.0, "b", "B")], 1.0, lambda waiting, served, running: "nobody")


def test_what_chooses_changes_nothing_here():
    def greedy(waiting, served, running):
        job = waiting.pop(0)[0]
        served.clear()
        return job

    assert len(paint_all([(0.0, "a", "A"), (0.0, "b", "A")], 1.0, greedy)) == 2


def test_behind_the_bend_each_phone_costs_one_painting():
    waits = {n: statistics.median(one.wait for one in lesson(n, 12.0, reference_next_job)) for n in (1, 20, 40)}
    assert waits[1] == 12
    assert waits[20] == pytest.approx(12 * 20 - 60, abs=15)
    assert waits[40] - waits[20] == pytest.approx(12 * 20, rel=0.1)


def test_littles_law():
    painted = lesson(15, 8.0, reference_next_job)
    length = painted[-1].done
    present = sum(sum(one.asked <= second < one.done for one in painted) for second in range(int(length))) / length
    rate = len(painted) / length
    assert present == pytest.approx(rate * statistics.mean(one.wait for one in painted), rel=0.02)


def test_a_seed_repeats_a_lesson():
    first, again, other = (lesson(5, 3.0, first_come, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize(("phones", "seconds"), [(0, 1.0), (3, 0.0)])
def test_what_is_no_lesson(phones, seconds):
    with pytest.raises(InputError, match="at least one phone and a time above 0"):
        lesson(phones, seconds, first_come)


def test_a_lesson_without_end_is_refused():
    with pytest.raises(InputError, match="more than 20000 pictures"):
        lesson(40, 0.001, first_come, minutes=60, looking=1e-9)


# --- the drawing ------------------------------------------------------------------------------------------------------


def test_messages_are_drawn_in_the_order_of_their_times():
    lanes = ("phone", "server")
    late, early = Message(2.0, "server", "phone", "200"), Message(1.0, "phone", "server", "GET /")
    here = Message(3.0, "phone", "phone", "looks at it")
    figure = sequence([late, early, here], lanes, alt="three messages between phone and server")
    assert figure == sequence([here, early, late], lanes, alt="three messages between phone and server")
    assert figure.width == 880


def test_what_cannot_be_drawn():
    with pytest.raises(InputError, match="needs at least one"):
        sequence([], ("phone",), alt="nothing at all here")
    with pytest.raises(InputError, match="no lane for"):
        sequence([Message(0.0, "phone", "moon", "hello")], ("phone",), alt="a message to the moon")
