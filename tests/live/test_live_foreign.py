"""Students' code may raise anything, in the painter's thread as well: it is shown, and Start works again."""

import threading

import pytest

from course.figures import Figure
from course.live.worker import WORKER, Worker
from course.losses import gram
from course.widgets import explore
from tests.live._live import a_painter, painting_threads, rest, wait_until


class UnspeakableError(Exception):
    def __str__(self):
        raise SystemExit("no words")


ANYTHING = {
    "SystemExit": SystemExit("x"),
    "KeyboardInterrupt": KeyboardInterrupt(),
    "GeneratorExit": GeneratorExit(),
    "StopIteration": StopIteration(1),
    "BaseException": BaseException("bare"),
    "no words": UnspeakableError(),
    "group": ValueError("<b>bold</b>\n" * 3),
}


@pytest.fixture(autouse=True)
def _quiet():
    yield
    rest()


@pytest.mark.parametrize("error", ANYTHING.values(), ids=ANYTHING)
def test_anything_raised_in_the_thread_is_shown_and_start_works_again(error):
    trouble = {"now": False}

    def statistic(F):
        if trouble["now"]:
            raise error
        return gram(F)

    painter = a_painter(statistic=statistic, steps=10**6).start()
    wait_until(lambda: painter.step is not None)
    trouble["now"] = True
    wait_until(lambda: not painter.is_painting and "stopped" in painter._view.state.value)
    kind = "RuntimeError" if isinstance(error, StopIteration) else type(error).__name__
    assert f"⚠ {kind}" in painter._view.alert.value and "<b>bold" not in painter._view.alert.value
    assert not painter._view.buttons["Start"].disabled
    trouble["now"] = False
    done = painter._view.history.count
    painter._view.buttons["Start"].click()
    wait_until(lambda: painter._view.history.count > done)
    assert painter._view.alert.value == "" and len(painting_threads()) == 1


def test_another_painter_paints_after_one_that_left():
    def leave(F):
        raise SystemExit

    first = a_painter(statistic=leave).start()
    wait_until(lambda: not first.is_painting)
    second = a_painter().start()
    wait_until(lambda: second.step is not None)


class Broken:
    """A job that cannot even say that it failed."""

    def turn(self):
        raise SystemExit

    def fail(self, error):
        raise OSError("the page is gone")

    def end(self, why):
        raise AssertionError("not reached")


def test_a_job_that_cannot_say_it_failed_is_told_by_python_and_the_next_one_done(monkeypatch):
    told, work = [], Worker()
    monkeypatch.setattr(threading, "excepthook", told.append)
    work.begin(Broken())
    wait_until(lambda: told)
    assert told[0].exc_type is OSError and work.job is None
    work.begin(Broken())
    wait_until(lambda: len(told) == 2)
    work.stop()


@pytest.mark.parametrize("close", [lambda painter: painter.close(), lambda painter: type(painter).close_all()])
def test_closing_ends_the_work(close):
    painter = a_painter(steps=10**6).start()
    wait_until(lambda: painter.step is not None)
    close(painter)
    wait_until(lambda: WORKER.job is None)
    done = painter._view.history.count
    threading.Event().wait(0.1)
    assert painter._view.history.count <= done + 1


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), ZeroDivisionError()])
def test_anything_raised_by_a_slider_is_shown_and_no_end_of_its_thread(error):
    def draw(n):
        if n == 2:
            raise error
        return Figure(b"", f"the number {n} as a picture", 1), "number", n

    explorer = explore(draw, n=[1, 2, 3])
    with pytest.raises((RuntimeError, ZeroDivisionError)):
        explorer.set(n=2)
    assert type(error).__name__ in explorer._output.value
    assert explorer.set(n=3).number == 3
