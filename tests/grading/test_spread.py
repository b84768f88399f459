"""A class graded by the workers of a Dask cluster comes out as it does here."""

import importlib.util
import json
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from classroom.sandbox.client import limits_told
from tests.cli._cli import environment
from tests.grading._class import write_class
from tests.grading._command import differences, files, grade, needs_sandbox, start

pytestmark = [
    needs_sandbox,
    pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="Dask is not installed"),
]

# Beside us: importing it here would change how exceptions are pickled, for all tests that come after.
CLUSTER = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    workers = int(sys.argv[1])
    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as one:
        print(one.scheduler_address, flush=True)
        sys.stdin.read()
"""


@contextmanager
def cluster(workers, folder):
    """The address of a cluster of this machine."""
    script = folder / "cluster.py"
    script.write_text(CLUSTER, encoding="utf-8")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, script, str(workers)], text=True, **pipes) as process:
        yield process.stdout.readline().strip()
        process.stdin.close()


def test_two_workers_find_what_one_machine_finds(grade_here, tmp_path):
    folder = tmp_path / "handed in"
    folder.mkdir()
    table = write_class(folder, 8, seed=8, most=1)
    with cluster(2, tmp_path) as address:
        spread = grade(folder, tmp_path / "spread", "--dask", address)
    assert spread.code == 0, spread.err
    assert list(differences(table, tmp_path / "spread")) == []
    here = grade_here(folder, tmp_path / "here")
    assert here.out.replace("here", "spread") == spread.out
    found, told = files(tmp_path / "here"), f'<p class="small">While answers ran: {limits_told()}.</p>\n'.encode()
    assert told in found["class.html"]  # of its workers' machines the other page says nothing
    found["class.html"] = found["class.html"].replace(told, b"")
    assert found == files(tmp_path / "spread")


def test_a_scheduler_that_is_lost_costs_only_time(tmp_path):
    folder, out = tmp_path / "handed in", tmp_path / "report"
    folder.mkdir()
    write_class(folder, 8, seed=8, most=1)
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER, encoding="utf-8")
    with subprocess.Popen([sys.executable, script, "1"], text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as dask:  # fmt: skip
        grading = start(folder, out, "--dask", dask.stdout.readline().strip())
        while not list(out.glob("results/*.json")):
            assert grading.poll() is None, grading.communicate()
            time.sleep(0.05)
        dask.stdin.close()
    _, said = grading.communicate(timeout=300)
    assert grading.returncode == 2 and "Traceback" not in said
    assert "What is graded is kept, and the same command goes on from there" in said.splitlines()[-1]


# The command with less patience than its users', several times in one process.
IMPATIENT = """
import json, sys
from classroom.cli import main
from classroom.grading import whole_class
folder, report, seconds, addresses = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), sys.argv[4:]
whole_class.SCHEDULER_SECONDS, whole_class.WORKER_SECONDS = seconds
for address in addresses:
    print("code", main(["grade", folder, "--out", report, "--dask", address]), file=sys.stderr, flush=True)
"""


@pytest.fixture
def impatient(tmp_path):
    """Grades a class with each of these addresses; what is said, a list of lines for each."""

    def impatient(seconds, *addresses):
        (tmp_path / "class").mkdir()
        (tmp_path / "class" / "ada.ipynb").write_bytes(b"")
        words = [str(tmp_path / "class"), str(tmp_path / "report"), json.dumps(seconds), *addresses]
        done = subprocess.run([sys.executable, "-c", IMPATIENT, *words], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, env=environment(), check=True)  # fmt: skip
        said, rest = [], done.stderr
        for _ in addresses:
            text, end, rest = rest.partition("code 2\n")
            assert end, done.stderr
            said.append(text.splitlines())
        return said

    return impatient


def test_a_wrong_address_is_told_in_one_line(impatient):
    addresses = ["tcp://127.0.0.1:9", "nonsense"]
    for address, lines in zip(addresses, impatient((1.0, 1.0), *addresses), strict=True):
        assert lines[-1].startswith(f"classroom: error: there is no Dask scheduler at '{address}'")


def test_a_scheduler_without_workers_is_told(impatient, tmp_path):
    with cluster(0, tmp_path) as address:
        (lines,) = impatient((30.0, 1.0), address)
    assert lines[-1].startswith("classroom: error: ") and "has no workers" in lines[-1]
