"""The next run removes what a killed one left in the temporary folder."""

import os
import subprocess
import sys

from classroom.grading.whole_class import EDITION, sweep


def test_editions_of_killed_processes_are_removed(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    killed, mine = (tmp_path / f"{EDITION}{number}-abc" for number in (ended.pid, os.getpid()))
    others = [tmp_path / f"{EDITION}of-somebody", tmp_path / "else"]
    for folder in (killed, mine, *others):
        (folder / "course").mkdir(parents=True)
    sweep(tmp_path)
    assert not killed.exists() and all((folder / "course").is_dir() for folder in (mine, *others))
