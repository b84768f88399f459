"""``python -m benchmarks studio``: a class really comes, and what is told of it. How long it waits is not tested."""

import asyncio
from argparse import Namespace

from benchmarks import __main__ as command
from benchmarks import report, studio
from benchmarks.studio import Class, Visit


def test_what_is_told_of_a_class(monkeypatch):
    visits = [Visit(1.0 + n, 10.0 + n, 20.0 + n, 100.0 + n) for n in range(21)]
    classes = [Class("quick", visits, 1234.4), Class("properly", visits[:1], 999.0)]
    monkeypatch.setattr(studio, "measure", lambda visitors: classes)
    told = report.studio(command._studio(Namespace(rounds=None)))
    assert [word.strip() for word in told.splitlines()[2].split("|")[1:-1]] == [
        "quick", "21", "21", "30", "110", "119", "120", "1234",
    ]  # fmt: skip
    assert told.splitlines()[3].startswith("| properly | 1 ")


def test_two_visitors_come_at_once():
    found = asyncio.run(studio._class("quick", 2))
    for visit in found.visits:
        assert 0 < visit.photo_s < visit.preview_s < visit.done_s and visit.preview_s < visit.first_s
    one, other = sorted(found.visits, key=lambda visit: visit.done_s)
    assert other.first_s > one.first_s and 100 < found.peak_mb < 3000
