"""Less work for the same tests: what coverage counts in other processes, and what checks search again and again."""

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent
COUNTED = {"cli", "grading", "studio"}  # folders: commands, the studio's server and graders
CONFIG = "COVERAGE_PROCESS_CONFIG"  # coverage begins in every Python that has it in its environment


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Elsewhere, and under `no_cover`, which by itself stops it in our process alone: it takes a second of each."""
    folder = item.path.relative_to(HERE).parts[0]
    counted = folder in COUNTED and not item.get_closest_marker("no_cover")
    config = None if counted else os.environ.pop(CONFIG, None)
    try:
        return (yield)
    finally:
        if config is not None:
            os.environ[CONFIG] = config


@pytest.fixture(scope="module")
def searched_once():
    """`compare` tries draws until known mistakes lead to different results; here each such search is done once.

    It is found again by where the check's generator stands, which then goes on as if the draws had been made. Answers
    are given copies of what was drawn.
    """
    from course.check import ch9_stroke
    from course.check.engine import compare
    from course.check.engine.draw import Draw

    begin, search, scenes, latest, found = Draw.__init__, compare._tell_apart, ch9_stroke._drawn, [], {}

    def begun(self, seed):
        begin(self, seed)
        latest[:] = [self.generator]

    def once(generator, drawn, *more):
        key = (generator.get_state().numpy().tobytes(), *more)
        if key not in found:
            found[key] = [(one, generator.get_state()) for one in drawn()]
        for one, after in found[key]:
            generator.set_state(after)
            yield one

    def searched(draw, results, tolerance):
        where = (draw.__code__, repr(draw.__defaults__), results, tolerance)
        return next(once(*latest, lambda: [search(draw, results, tolerance)], *where))

    def scenes_once(question):
        return once(question.draw.generator, lambda: scenes(question))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Draw, "__init__", begun)
        patch.setattr(compare, "_tell_apart", searched)
        patch.setattr(ch9_stroke, "_drawn", scenes_once)
        yield
