"""The Makefile installs once, again when it must, and otherwise not."""

import os
import re
import shutil
import subprocess
import sys
import time

import pytest

from tests.repo._repo import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")


def test_the_promised_targets_exist():
    assert {"help", "lab", "demo", "build", "test", "bench", "book", "lock"} <= TARGETS


def test_ci_runs_make_test_and_nothing_else():
    script = ROOT / ".ci" / "run"
    commands = [line for line in script.read_text(encoding="utf-8").splitlines() if re.match(r"\s*make\b", line)]
    assert commands == ["make test"]
    if sys.platform != "win32":
        assert script.stat().st_mode & 0o111


@pytest.fixture
def clone(tmp_path):
    """A folder with a space in its name, in which an installation has been finished."""
    folder = tmp_path / "my clone"
    (folder / ".venv" / "bin").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copyfile(ROOT / name, folder / name)
    python = folder / ".venv" / "bin" / "python"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    (folder / ".venv" / ".installed").write_text(f"{folder.resolve()}\n")
    (folder / ".venv" / ".installed-dev").touch()
    return folder


def make(folder, *arguments):
    return subprocess.run(["make", *arguments], cwd=folder, capture_output=True, text=True, check=False)


def planned(folder):
    """The installation that `make test` would begin with: "new", "update" or nothing."""
    done = make(folder, "--dry-run", "test")
    assert done.returncode == 0, done.stderr
    assert "pytest" in done.stdout
    if "pip sync" not in done.stdout:
        return None
    return "new" if "venv --clear" in done.stdout else "update"


@needs_make
class TestInstalling:
    def test_nothing_the_second_time(self, clone):
        assert planned(clone) is None

    def test_from_nothing(self, clone):
        shutil.rmtree(clone / ".venv")
        assert planned(clone) == "new"

    def test_afresh_when_it_was_interrupted(self, clone):
        (clone / ".venv" / ".installed").unlink()
        assert planned(clone) == "new"

    def test_afresh_when_the_clone_has_moved(self, clone):
        assert planned(clone.rename(clone.with_name("moved clone"))) == "new"

    def test_afresh_when_its_python_is_gone(self, clone):
        (clone / ".venv" / "bin" / "python").unlink()
        assert planned(clone) == "new"

    @pytest.mark.parametrize("changed", ["pyproject.toml", "requirements.lock", "requirements-dev.lock"])
    def test_on_top_when_the_list_has_changed(self, clone, changed):
        later = time.time() + 60
        os.utime(clone / changed, (later, later))
        assert planned(clone) == "update"

    def test_students_get_the_shorter_list_and_keep_the_longer_one(self, clone):
        shutil.rmtree(clone / ".venv")
        assert "-dev.lock" not in make(clone, "--dry-run", "lab").stdout.partition("pip sync")[2]
        test = make(clone, "--dry-run", "test").stdout
        assert [line.split()[-1] for line in test.splitlines() if "pip sync" in line] == [
            "requirements.lock",
            "requirements-dev.lock",
        ]

    def test_packages_are_compiled_also_where_python_writes_no_bytecode(self, clone):
        shutil.rmtree(clone / ".venv")
        for torch in ("", "cpu"):
            lines = [line for line in make(clone, "-n", "test", f"TORCH={torch}").stdout.splitlines() if "uv" in line]
            syncs = [line for line in lines if "pip sync" in line or "install_torch_cpu" in line]
            assert len(syncs) == 2 and all(line.startswith("UV_COMPILE_BYTECODE=1 ") for line in syncs)

    def test_a_lab_takes_nothing_away_from_an_author(self, clone):
        later = time.time() + 60
        os.utime(clone / "pyproject.toml", (later, later))
        (line,) = [line for line in make(clone, "--dry-run", "lab").stdout.splitlines() if "pip sync" in line]
        assert line.endswith(" requirements-dev.lock")

    def test_another_torch_is_installed_on_top(self, clone):
        assert "install_torch_cpu" in make(clone, "--dry-run", "lab", "TORCH=cpu").stdout
        (clone / ".venv" / ".torch").write_text("cpu\n")
        assert "install_torch_cpu" not in make(clone, "--dry-run", "lab").stdout

    def test_torch_without_cuda(self, clone):
        shutil.rmtree(clone / ".venv")
        lab = make(clone, "--dry-run", "lab", "TORCH=cpu").stdout
        assert "tools/install_torch_cpu.py .venv/bin/uv .venv/bin/python requirements.lock" in lab
        assert "pip sync" not in lab
        (clone / ".venv").mkdir()
        (clone / ".venv" / ".torch").write_text("cpu\n")  # a later `make test` does not bring CUDA along after all
        assert (
            "install_torch_cpu.py .venv/bin/uv .venv/bin/python requirements-dev.lock"
            in make(clone, "-n", "test").stdout
        )

    def test_an_old_python_is_refused_in_plain_words(self, clone):
        shutil.rmtree(clone / ".venv")
        old = clone / "python3.8"
        pretend = "import sys; sys.version_info = (3, 8, 18)"
        old.write_text(
            f"""#!/bin/sh
            if [ "$1" = --version ]; then echo "Python 3.8.18"; exit; fi
            [ "$1" = -c ] && exec "{sys.executable}" -c "{pretend}; $2"
            """
        )
        old.chmod(0o755)
        done = make(clone, "demo", "PYTHON=./python3.8")
        assert done.returncode == 2
        assert "Python 3.10 or newer is needed; ./python3.8 is Python 3.8.18." in done.stdout
        assert "make demo PYTHON=" in done.stdout
        assert not (clone / ".venv").exists()

    def test_help_is_the_default_and_installs_nothing(self, clone):
        shutil.rmtree(clone / ".venv")
        done = make(clone)
        assert done.returncode == 0
        assert all(re.search(rf"^  {name} ", done.stdout, re.MULTILINE) for name in TARGETS)
        assert not (clone / ".venv").exists()
