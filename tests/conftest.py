"""Processes that tests start are counted by coverage only where they run what no test runs in its own process."""

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
