"""A pytest plugin beside nbval: what a chapter's seconds decide, no other machine has to say as well.

`make test` loads it with ``-p tests.chapters.clock``. The notebooks' kernels then read clocks that go three times as
fast as ours: an output that hangs on how long something took differs here already, and not only where somebody else
runs the tests. Such a cell has the tag "nbval-ignore-output". `time.monotonic` and `time.time`, by which limits and
servers wait, go as always.
"""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "other_clock"  # Python runs its sitecustomize.py before anything else


def pytest_configure(config):
    """Before xdist starts its workers, which start the kernels."""
    others = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(FOLDER), *([others] if others else [])])
