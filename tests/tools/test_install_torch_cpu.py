"""tools/install_torch_cpu.py: the command for torch's build without CUDA, and what happens where it cannot be had.

The build itself cannot be downloaded where these tests run: a program in uv's place notes what it is asked.
"""

import subprocess
import sys

import pytest

from tests.repo._repo import ROOT

TOOL = ROOT / "tools" / "install_torch_cpu.py"
LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.fixture
def uv(tmp_path):
    """Notes its arguments and the list it is given; the first file that it finds in `fails` makes it fail."""
    program = tmp_path / "uv"
    program.write_text(f"""#!{sys.executable}
import pathlib, sys
here = pathlib.Path({str(tmp_path)!r})
last = pathlib.Path(sys.argv[-1])
given = last.read_text() if last.is_file() else ""
with (here / "asked").open("a") as asked:
    asked.write(" ".join(sys.argv[1:-1]) + " | " + (last.name if given else sys.argv[-1]) + "\\n")
if given and not (here / "list").exists():
    (here / "list").write_text(given)
sys.exit(2 if (here / "fails").exists() and (here / "fails").read_text() in sys.argv else 0)
""")
    program.chmod(0o755)
    return tmp_path


def install(uv, lock):
    command = [sys.executable, TOOL, uv / "uv", "PYTHON", ROOT / lock]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done, (uv / "asked").read_text().splitlines()


def pins(text):
    return {line.partition("==")[0]: line.split()[0].partition("==")[2] for line in text.splitlines() if "==" in line}


@pytest.mark.parametrize("lock", LOCKS)
def test_torch_comes_by_itself_in_the_version_of_the_lock(uv, lock):
    done, (rest, torch) = install(uv, lock)
    assert done.returncode == 0, done.stderr
    assert rest == f"pip sync --python PYTHON --require-hashes | {lock}"
    lines = [line.removesuffix(" \\") for line in (ROOT / lock).read_text().splitlines()]
    *torches, torchvision = [line for line in lines if line.startswith(("torch==", "torchvision=="))]
    assert len(torches) == 2, "with markers: one of them for an older Python or another machine"
    assert torch == f"pip install --python PYTHON --no-deps --torch-backend=cpu {' '.join(torches)} | {torchvision}"


@pytest.mark.parametrize("lock", LOCKS)
def test_all_else_comes_from_the_lock(uv, lock):
    install(uv, lock)
    left = set(pins((ROOT / lock).read_text())) - set(pins((uv / "list").read_text()))
    assert {"torch", "torchvision", "triton"} < left
    assert all(name.startswith(("torch", "triton", "nvidia-", "cuda-")) for name in left)
    hashes = (uv / "list").read_text().count("--hash=")
    assert hashes > 2 * len(pins((uv / "list").read_text()))


def test_where_it_cannot_be_had_the_usual_one_is_installed(uv):
    (uv / "fails").write_text("--torch-backend=cpu")
    done, asked = install(uv, "requirements.lock")
    assert done.returncode == 0, done.stderr
    assert "cannot be had from here: installing the usual ones" in done.stdout
    assert asked[0] == asked[2] == "pip sync --python PYTHON --require-hashes | requirements.lock" and len(asked) == 3


def test_another_failure_stays_one(uv):
    (uv / "fails").write_text("--require-hashes")
    done, asked = install(uv, "requirements.lock")
    assert done.returncode == 2 and len(asked) == 1
