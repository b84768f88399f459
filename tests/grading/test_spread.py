"""A class graded by the workers of a Dask cluster comes out as it does here."""

import importlib.util
import subprocess
import sys
from contextlib import contextmanager

import pytest

from classroom.sandbox.client import limits_told
from tests.grading._class import write_class
from tests.grading._command import differences, files, grade, needs_sandbox

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


def test_two_workers_find_what_one_machine_finds(tmp_path):
    folder = tmp_path / "handed in"
    folder.mkdir()
    table = write_class(folder, 8, seed=8, most=1)
    with cluster(2, tmp_path) as address:
        spread = grade(folder, tmp_path / "spread", "--dask", address)
    assert spread.code == 0, spread.err
    assert list(differences(table, tmp_path / "spread")) == []
    here = grade(folder, tmp_path / "here", "--jobs", 2)
    assert here.out.replace("here", "spread") == spread.out
    found, told = files(tmp_path / "here"), f'<p class="small">While answers ran: {limits_told()}.</p>\n'.encode()
    assert told in found["class.html"]  # of its workers' machines the other page says nothing
    found["class.html"] = found["class.html"].replace(told, b"")
    assert found == files(tmp_path / "spread")


@pytest.fixture
def handed_in(tmp_path):
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "ada.ipynb").write_bytes(b"")
    return tmp_path / "class"


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense"])
def test_a_wrong_address_is_told_in_one_line(handed_in, tmp_path, address):
    done = grade(handed_in, tmp_path / "report", "--dask", address)
    assert done.code == 2
    assert f"no Dask scheduler at '{address}'" in done.err and done.err.splitlines()[-1].startswith("course: error: ")


def test_a_scheduler_without_workers_is_told(handed_in, tmp_path):
    with cluster(0, tmp_path) as address:
        done = grade(handed_in, tmp_path / "report", "--dask", address)
    assert done.code == 2 and "has no workers" in done.err.splitlines()[-1]
