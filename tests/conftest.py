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

    begin, search, found, latest = Draw.__init__, compare._tell_apart, {}, []

    def begun(self, seed):
        begin(self, seed)
        latest[:] = [self.generator]

    def searched(draw, results, tolerance):
        (generator,) = latest
        key = (generator.get_state().numpy().tobytes(), draw.__code__, repr(draw.__defaults__), results, tolerance)
        if key not in found:
            found[key] = search(draw, results, tolerance), generator.get_state()
        drawn, after = found[key]
        generator.set_state(after)
        return drawn

    scenes, drawn = ch9_stroke._drawn, {}

    def scenes_once(question):
        generator = question.draw.generator
        before = generator.get_state().numpy().tobytes()
        if before not in drawn:
            drawn[before] = [(scene, generator.get_state()) for scene in scenes(question)]
        for scene, after in drawn[before]:
            generator.set_state(after)
            yield scene

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Draw, "__init__", begun)
        patch.setattr(compare, "_tell_apart", searched)
        patch.setattr(ch9_stroke, "_drawn", scenes_once)
        yield
