"""Examples in the docstrings of the heart: each is run, and gives what it says."""

import doctest

import pytest

from course import images, losses, objectives, optimisers, synthesis

MODULES = [images, losses, objectives, optimisers, synthesis]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_examples_give_what_they_say(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some save a picture
    said = []
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(optionflags=doctest.FAIL_FAST)
    for example in finder.find(module):
        runner.run(example, out=said.append)
    assert runner.failures == 0, "".join(said)
    assert runner.tries > 0, "no example at all"
