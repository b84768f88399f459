"""The stopwatch of the live painter: what counts as an answer to a move. How long anything takes is not tested."""

import threading
import time

import ipywidgets as widgets
import pytest

from benchmarks import live
from benchmarks.live import Watch, answers
from tests.live._live import TinyNetwork, a_painter, rest


@pytest.fixture(autouse=True)
def nothing_paints_afterwards():
    yield
    rest()


def everything(widget):
    """A widget and all that are in it."""
    return [widget, *(part for child in getattr(widget, "children", ()) for part in everything(child))]


def test_what_is_shown_is_seen():
    watch = Watch(a_painter().run_sync(1))
    assert watch.shown == []
    watch.painter.run_sync(3)
    (one,) = watch.shown  # by code, only the last of them is shown
    assert one.size == watch.painter.step.size and "alpha / beta = 0.141 " in one.words
    assert 0 <= time.perf_counter() - one.at < 20


def test_a_late_picture_of_the_ratio_before_is_no_answer():
    painter = a_painter().run_sync(1)
    watch = Watch(painter)
    painter.run_sync(1)
    canvas = next(part for part in everything(painter) if isinstance(part, widgets.Image))
    line = next(part for part in everything(painter) if "alpha / beta = " in str(getattr(part, "value", "")))
    times = []

    def paint():
        for words in ("alpha / beta = 0.0500 · late", "alpha / beta = 0.500 · first", "alpha / beta = 0.500 · second"):
            time.sleep(0.05)
            times.append(time.perf_counter())
            canvas.value = words.encode()
            line.value = words

    thread = threading.Thread(target=paint)
    thread.start()
    began = time.perf_counter()
    seconds = watch.move(0.5)
    thread.join()
    assert painter.settings.ratio == 0.5
    assert times[1] - began - 0.04 < seconds < times[2] - began
    assert watch.shown[0].words.endswith("first")


def test_a_painter_that_shows_nothing_is_not_waited_for_without_end(monkeypatch):
    monkeypatch.setattr(live, "LATE", 0.05)
    with pytest.raises(RuntimeError, match="showed nothing"):
        Watch(a_painter()).wait(lambda: False)


class SlowNetwork(TinyNetwork):
    """So slow that a painting lasts, on whatever machine, until it has been watched."""

    def __call__(self, image, layers):
        time.sleep(0.02)
        return super().__call__(image, layers)


@pytest.mark.parametrize(("network", "least", "most"), [(TinyNetwork, live.SHORT + 1, 10**5), (SlowNetwork, 26, 190)])
def test_a_quick_painter_gets_more_steps(network, least, most):
    assert least <= live.steps_at_size(network(), 96) <= most


def test_a_slow_painter_is_not_waited_for_without_end(monkeypatch):
    monkeypatch.setattr(live, "BUSY", 0.0001)
    assert live.steps_at_size(TinyNetwork(), 96) == live.SHORT


def test_answers_of_a_small_network(monkeypatch):
    monkeypatch.setattr(live, "WATCHED", 0.2)
    found = answers(SlowNetwork(), 96, moves=3)
    assert found.cores >= 1 and found.threads >= 1
    assert [len(values) for values in (found.first_s, found.per_second, found.at_size)] == [3, 3, 3]
    assert min(*found.first_s, *found.per_second, *found.at_size) > 0


def test_a_process_that_fails_says_why():
    with pytest.raises(RuntimeError, match=r"(?s)exit code 1.*InputError: .*'nothing'"):
        live.measure("nothing", 64, 1)
