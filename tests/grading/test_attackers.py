"""One attacker of each kind among thirty honest students: the honest ones have their marks as without them."""

import json
import threading
import time

from classroom.sandbox import cgroups
from tests.grading._abuse import HONEST, RIGHT, notebook
from tests.grading._command import grade, needs_sandbox
from tests.grading.test_limits import DEF, EATERS, HOG, TOOLS
from tests.grading.test_points import FORGERY

STUDENTS, MB = 30, 2**20
MEMORY = 299 * MB  # by it the groups of this class are told from those of others on the machine
HONEST_ANSWERS = [HONEST, "def content_loss(F, P):\n    return 0.5 * ((F - P) ** 2).sum()", f"{DEF}return {RIGHT} * 2"]
ATTACKERS = {
    **{kind: [TOOLS, f"{DEF}{deed}\n    return {RIGHT}"] for kind, deed in EATERS.items()},
    "busy processes": [HOG, f"{DEF}hog()\n    while True: pass"],
    "busy": [f"{DEF}while True: pass"],
    "asleep": ["import time", f"{DEF}time.sleep(1000)"],
    "a reply that takes long to read": [FORGERY, f"{DEF}raw([{{'!': 'tuple', 'items': ['found', {{'!': 'tensor', "
        "'dtype': 'uint8', 'shape': [1] * 60000, 'order': list(range(60000))[::-1], 'at': 0}]}, [1]], b'x')"],
    "replies without end": [FORGERY, f"{DEF}while True:\n        say(('used', 'gram'))"],
    "lock": ["import fcntl", f"{DEF}fcntl.flock(open(fcntl.__file__ or '/usr/bin/env'), 2)\n    return {RIGHT}"],
    "telltale": ["import os", f"{DEF}if F.numel() <= 4:\n        os._exit(3)\n    return {RIGHT}"],
    "killer": ["import os", f"{DEF}os.kill(-1, 9)\n    return {RIGHT}"],
}  # fmt: skip


class Peaks(threading.Thread):
    """Looks at the memory of the control groups of this class's answers while they are graded."""

    def __init__(self):
        super().__init__(daemon=True)
        group = cgroups.create(MB, 1)
        self.folder = group and group.folders["memory"].parent
        self.version = group and group.version
        self.seen, self.most, self.over = set(), 0, threading.Event()
        if group:
            group.remove()

    def run(self):
        while self.folder and not self.over.wait(0.05):
            for folder in self.folder.glob(f"{cgroups.PREFIX}*"):
                try:
                    limit = (folder / ("memory.limit_in_bytes" if self.version == 1 else "memory.max")).read_text()
                    peak = cgroups.Cgroup(self.version, {"memory": folder}).peak
                except OSError:  # it has just been removed
                    continue
                if limit.strip() == str(MEMORY):
                    self.seen.add(folder)
                    self.most = max(self.most, peak)


@needs_sandbox
def test_the_honest_ones_have_their_marks_as_without_the_attackers(tmp_path):
    folder, alone, among = tmp_path / "handed in", tmp_path / "alone", tmp_path / "among"
    folder.mkdir()
    for number in range(STUDENTS):
        answer = HONEST_ANSWERS[number % len(HONEST_ANSWERS)]
        (folder / f"s{number:02}.ipynb").write_bytes(titled(f"# {number}", answer))
    options = ("--jobs", 2, "--chapters", 3, "--timeout", 4, "--memory", MEMORY // MB)
    assert grade(folder, alone, *options).code == 0
    for number, cells in enumerate(ATTACKERS.values()):
        (folder / f"m{number:02}.ipynb").write_bytes(titled(*cells))

    peaks = Peaks()
    peaks.start()
    began = time.monotonic()
    assert grade(folder, among, *options).code == 0
    seconds = time.monotonic() - began
    peaks.over.set()

    for path in sorted((alone / "results").iterdir()):
        assert (among / "results" / path.name).read_bytes() == path.read_bytes(), path.name
    states = {
        kind: json.loads((among / "results" / f"m{number:02}.json").read_text())["marks"][0]
        for number, kind in enumerate(ATTACKERS)
    }
    got = {kind: (mark["state"], mark["points"]) for kind, mark in states.items()}
    assert {kind for kind, mark in got.items() if mark[0] == "full"} <= {"killer"}, got
    assert peaks.seen or not peaks.folder
    assert peaks.most <= MEMORY
    print(f"\n{seconds:.0f} s, at most {peaks.most // MB} MB in a control group; {got}")


def titled(*sources):
    """A notebook of chapter 3 whose last cell is the exercise's."""
    data = json.loads(notebook(sources[-1], *sources[:-1]))
    data["cells"].append(data["cells"].pop(0))
    return json.dumps(data).encode()
