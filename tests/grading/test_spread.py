"""A class graded by the workers of a Dask cluster comes out as it does here."""

import time

import pytest

from tests.grading._class import write_class
from tests.grading._command import differences, files, grade, needs_sandbox
from tests.unit._cli import run

distributed = pytest.importorskip("distributed")
pytestmark = [needs_sandbox, pytest.mark.filterwarnings("default")]  # the cluster's own are no matter of ours


def cluster(workers):
    return distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    )


def test_two_workers_find_what_one_machine_finds(tmp_path):
    folder = tmp_path / "handed in"
    folder.mkdir()
    table = write_class(folder, 8, seed=8, most=1)
    with cluster(2) as two:
        spread = grade(folder, tmp_path / "spread", "--dask", two.scheduler_address)
    assert spread.code == 0, spread.err
    assert list(differences(table, tmp_path / "spread")) == []
    here = grade(folder, tmp_path / "here", "--jobs", 2)
    assert here.out.replace("here", "spread") == spread.out
    assert files(tmp_path / "here") == files(tmp_path / "spread")


@pytest.fixture
def handed_in(tmp_path):
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "ada.ipynb").write_bytes(b"")
    return tmp_path / "class"


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense", "tcp://nobody.invalid:8786", "http://127.0.0.1"])
def test_a_wrong_address_is_told_in_one_line(handed_in, tmp_path, capsys, address):
    began = time.monotonic()
    done = run(capsys, "grade", handed_in, "--out", tmp_path / "report", "--dask", address)
    assert done.code == 2 and time.monotonic() - began < 30
    assert f"no Dask scheduler at '{address}'" in done.err and done.err.splitlines()[-1].startswith("course: error: ")


def test_a_scheduler_without_workers_is_told(handed_in, tmp_path, capsys):
    with cluster(0) as none:
        done = run(capsys, "grade", handed_in, "--out", tmp_path / "report", "--dask", none.scheduler_address)
    assert done.code == 2 and "has no workers" in done.err.splitlines()[-1]
