"""`course train`: a painter in a file, stopped and gone on with, also after kill -9."""

import os
import re
import signal
import sys

import pytest
import torch

from course import gallery
from course.cli import train_painter
from course.errors import InputError
from course.files import write_atomically
from course.images import save_image
from course.nets import feedforward
from course.nets.feedforward import load_painter
from course.training import train as training_of
from course.training.train import Training
from tests.cli._cli import cached_vgg19, picture, python, refusal, run

TINY = ("--side", 48, "--count", 1, "--width", 4, "--blocks", 1)


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(train_painter, "vgg19", cached_vgg19)


def weights(file="p.pt"):
    return torch.cat([parameter.flatten() for parameter in load_painter(file).parameters()])


@pytest.fixture
def whole(capsys, tmp_path, monkeypatch):
    """The weights of a training of six steps that nothing disturbs."""
    (tmp_path / "apart").mkdir()
    with monkeypatch.context() as patch:
        patch.chdir(tmp_path / "apart")
        done = run(capsys, "train", "swirls", "-o", "p.pt", "--steps", 6, *TINY)
        assert done.code == 0, done.err
        return weights()


def test_a_painter_for_two_styles_one_of_them_a_file(capsys, tmp_path):
    save_image(gallery.style("fans", 128), "mine.png")
    done = run(capsys, "train", "swirls", "mine.png", "-o", "p.pt", "--steps", 2, *TINY)
    assert done.code == 0, done.err
    assert "Training on 6 photos for swirls, mine: 2 steps." in done.out
    assert re.search(r"The painter is in p\.pt, a sample in p-sample\.png\.\n2 steps in \d+ s; content", done.out)
    assert "2/2, content" in done.err
    assert set(os.listdir(tmp_path)) == {"mine.png", "p.pt", "p-sample.png"}
    assert load_painter("p.pt").styles == ("swirls", "mine")
    assert picture("p-sample.png").size == (3 * 192 + 2 * 8, 128)  # the photo, and one for each style


def test_photos_of_ones_own_and_minutes(capsys, tmp_path):
    (tmp_path / "holidays").mkdir()
    save_image(torch.rand(1, 3, 60, 50), tmp_path / "holidays" / "a.png")
    done = run(capsys, "train", "swirls", "-o", "p.pt", "--photos", "holidays", "--minutes", 0.01, *TINY)
    assert done.code == 0, done.err
    assert "Training on 7 photos" in done.out
    (steps,) = re.findall(r"swirls: (\d+) steps", done.out)
    assert 1 <= int(steps) < 60  # 0.6 s


@pytest.fixture
def stopping(monkeypatch):
    """Ctrl-C in place of the step of that number."""

    def stop(number):
        advance = Training.__next__

        def step(self):
            if self.number == number - 1:
                raise KeyboardInterrupt
            return advance(self)

        patch.setattr(Training, "__next__", step)

    with monkeypatch.context() as patch:
        yield lambda number: (patch.undo(), patch.setattr(train_painter, "vgg19", cached_vgg19), stop(number))[0]


def test_stopped_it_keeps_what_there_is_and_the_same_command_goes_on(capsys, stopping, whole, tmp_path):
    command = ("train", "swirls", "-o", "p.pt", "--steps", 6, *TINY)
    stopping(4)
    done = run(capsys, *command)
    assert done.code == 130
    assert "Stopped after step 3 of 6; so far the painter is in p.pt" in done.out
    assert "The same command goes on from there." in done.out
    assert not torch.equal(weights(), whole)
    assert "was begun with other plan" in refusal(run(capsys, *command, "--rate", 1e-3))
    stopping(99)
    done = run(capsys, *command)
    assert done.code == 0, done.err
    assert "Going on after step 3 of 6." in done.out
    assert torch.equal(weights(), whole)
    assert not (tmp_path / "p.pt.training").exists()
    assert "'p.pt' exists and would be overwritten" in refusal(run(capsys, *command))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize(("step", "said"), [(3, "Stopped after step 3 of 6; so far the"), (6, "The")])
def test_stopped_while_it_saves_on_the_way_it_saves_and_stops(capsys, monkeypatch, step, said):
    def save(training, path, save=Training.save):
        if training.number == step:
            os.kill(os.getpid(), signal.SIGTERM)
        save(training, path)

    monkeypatch.setattr(train_painter, "SAVED_EVERY", 0)
    monkeypatch.setattr(Training, "save", save)
    monkeypatch.setattr(signal, "getsignal", lambda number: signal.SIG_DFL)  # as in no shell's background
    done = run(capsys, "train", "swirls", "-o", "p.pt", "--steps", 6, *TINY)
    assert done.code == (128 + signal.SIGTERM if step < 6 else 0)
    assert f"{said} painter is in p.pt, a sample in p-sample.png." in done.out
    assert os.path.exists("p.pt.training") == (step < 6)


def test_stopped_before_the_first_step(capsys, stopping, tmp_path):
    stopping(1)
    done = run(capsys, "train", "swirls", "-o", "p.pt", "--steps", 6, *TINY)
    assert done.code == 130 and "No step was finished yet, so nothing is saved." in done.out
    assert set(os.listdir(tmp_path)) == set()


KILLED = """
import os, signal
import torch._dynamo  # as the first step of an optimiser would, in seconds
import course.files
from course import cli, gallery
from course.cli import train_painter
from course.errors import InputError
from course.files import write_atomically
from course.nets.weights import vgg19
from course.training.train import Training

# What takes long is made once, before the processes part.
loss = train_painter.Perceptual(vgg19(weights="slim", padding="replicate", precision="auto"), [gallery.style("swirls")])
corpus = train_painter.Corpus(train_painter.gallery_photos())
train_painter._loss, train_painter.Corpus = lambda options: loss, lambda photos, seed: corpus
train_painter.SAVED_EVERY, train_painter.SAMPLE_SIZE = 0, 32

def kill(): os.kill(os.getpid(), signal.SIGKILL)

def at(number, function, before=True):
    '''The function, but at its call of that number the process is killed, before it does anything or after.'''
    calls = iter(range(1, 1000))
    def counted(*arguments):
        if next(calls) < number:
            return function(*arguments)
        before or function(*arguments)
        kill()
    return counted

def moment_0(): Training.__next__ = at(3, Training.__next__)          # between two steps
def moment_1(): course.files.os.fsync = at(2, os.fsync)               # the state half written
def moment_2(): course.files.os.replace = at(1, os.replace, False)    # the state just written
def moment_3(): train_painter.save_image = at(1, train_painter.save_image)  # in place of the sample
def moment_4(): train_painter._save = at(1, train_painter._save)      # all steps done, the painter not saved
for moment in (moment_0, moment_1, moment_2, moment_3, moment_4, lambda: None):
    child = os.fork()
    if not child:
        moment()
        os._exit(cli.main("train swirls -o p.pt --steps 6 --side 48 --count 1 --width 4 --blocks 1".split()))
    print(os.waitpid(child, 0)[1], sorted(os.listdir()), flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="without fork each moment would cost seconds of imports")
def test_killed_at_five_moments_it_ends_with_the_same_weights(whole, tmp_path):
    done = python(KILLED)
    ends = [line for line in done.out.splitlines() if line[0].isdigit()]
    assert [line.split()[0] for line in ends] == ["9"] * 5 + ["0"], done
    assert ends[-1].endswith("['apart', 'p-sample.png', 'p.pt']"), "something is left"
    assert "Going on after step 2 of 6." in done.out
    assert torch.equal(weights(), whole)


@pytest.fixture
def failing(monkeypatch):
    """Makes writing fail for paths that fit a pattern."""

    def fail(pattern):
        def write(path, content):
            if re.search(pattern, str(path)):
                raise InputError(f"cannot write '{path}' (No space left on device); choose another folder")
            write_atomically(path, content)

        monkeypatch.setattr(feedforward, "write_atomically", write)
        monkeypatch.setattr(training_of, "write_atomically", write)
        monkeypatch.setattr(train_painter, "SAVED_EVERY", 0)

    return fail


def test_what_was_trained_is_kept_where_it_can_be(capsys, failing, whole, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    failing(r"^(?!.*home/)")
    done = run(capsys, "train", "swirls", "-o", "p.pt", "--steps", 6, *TINY)
    assert done.code == 1
    where = re.search(r"^The painter is in (.*), a sample in p-sample\.png\.$", done.out, re.M)[1]
    assert torch.equal(weights(where), whole) and not os.path.exists("p.pt")
    warnings = [line for line in done.err.splitlines() if line.startswith("course: warning: ")]
    assert len(warnings) == 2  # of the states on the way, and of the painter
    assert "it could not be saved 6 times: cannot write 'p.pt.training' (No space left on device)" in warnings[0]
    assert warnings[1].endswith(f"What was trained is kept elsewhere: '{where}'")


def test_stopped_without_room_for_its_state_it_promises_nothing(capsys, failing, stopping):
    stopping(4)
    failing("training$")
    done = run(capsys, "train", "swirls", "-o", "p.pt", "--steps", 6, *TINY)
    assert done.code == 130 and len(weights()) and "goes on from there" not in done.out
    assert "Stopped after step 3 of 6; so far the painter is in p.pt, a sample in p-sample.png." in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("swirl", "-o", "p.pt"), "did you mean 'swirls'"),
        (("swirls", "-o", "p.png"), "'p.png' must end in .pt"),
        (("swirls", "-o", "no/p.pt"), "there is no folder 'no'"),
        (("swirls", "swirls", "-o", "p.pt"), "at least one style, each once"),
        (("swirls", "-o", "p.pt", "--photos", "none"), "'none' is no folder"),
        (("swirls", "-o", "p.pt", "--minutes", "0"), "must be a number above 0"),
    ],
)
def test_bad_input(capsys, tmp_path, arguments, said):
    assert said in refusal(run(capsys, "train", *arguments))
    assert os.listdir(tmp_path) == []


def test_its_help_needs_no_torch():
    done = python("import sys\nfrom course.cli import main\ntry: main(['train', '--help'])\nexcept SystemExit: pass\n"
                  "print('torch' in sys.modules)")  # fmt: skip
    assert done.out.endswith("False\n") and sys.executable
