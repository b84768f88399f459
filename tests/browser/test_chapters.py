"""Each chapter as a student goes through it: Run All first, a wrong answer, the right one, a slider, a borrowed answer.

COURSE_SCREENSHOTS=FOLDER keeps what the page looked like on the way.
"""

import os
import re
import time
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import pytest
from playwright.sync_api import expect

from classroom.chapters.source import SOLUTION, SOLUTIONS, read
from tests.browser._lab import Notebook

pytestmark = pytest.mark.no_cover  # other tests cover the code; counting lines takes a fifth of the time

ERRORS = ", ".join(f'[data-mime-type="application/vnd.jupyter.{kind}"]' for kind in ("error", "stderr"))


# A cell that paints by itself is drafted in a few steps. What the widgets and the checks paint with is imported before.
DRAFTED = """
def drafted():
    import course.check, course.widgets
    from course import synthesis
    finished = synthesis.paint
    synthesis.paint = lambda objective, start, stages, *more, **others: finished(
        objective, start, [synthesis.Stage(stage.size, STEPS) for stage in stages], *more, **others)
drafted()
del drafted
"""


@dataclass
class Student:
    """At work on a chapter. Cells are meant as in `Notebook`."""

    notebook: Notebook
    chapter: str
    folder: Path | None

    def __post_init__(self):
        cells = [cell for cell in read(SOLUTIONS / f"{self.chapter}.py").cells if cell.role == "exercise"]
        self.answers = {cell.exercise: SOLUTION.sub(lambda found: found[2].rstrip(), cell.source) for cell in cells}

    def runs_all(self, seconds):
        """Run All on the chapter as it is handed out: whatever stops says that an exercise is not written yet."""
        self.notebook.run_all(seconds)
        for name in self.answers:
            self.sees(f"check.{name}({name})", f"✎ {name} is not written yet")
        cells = self.notebook.page.locator(".jp-Notebook .jp-Cell")
        errors = [cell.locator(ERRORS).all_inner_texts() for cell in cells.all()]
        first = self.notebook.index(f"def {next(iter(self.answers))}(")
        assert not any(errors[:first]), "a cell above the first exercise stops, or warns"
        known = "|".join(self.answers)
        for text in chain(*errors):
            assert re.match(rf"✎ ({known}) is not written yet", text) and "Error" not in text, text
        outputs = self.notebook.page.locator(".jp-Cell-outputArea").all_inner_texts()
        assert not re.search("Traceback|NameError|⚠", "\n".join(outputs))
        assert self.notebook.not_run() == []

    def drafts(self, steps=2):
        """From here on the chapter paints in a moment. What its paintings are in the end, nbval has looked at."""
        self.notebook.execute(DRAFTED.replace("STEPS", str(steps)))

    def writes(self, name, answer):
        """Writes an exercise and runs it and its check."""
        exercise = self.notebook.index(f"def {name}(")
        self.notebook.set_source(exercise, answer)
        assert self.notebook.run_cell(exercise), self.notebook.output_text(exercise)
        return self.notebook.run_cell(f"check.{name}({name})")

    def shortens(self, which, *changes):
        """Edits a cell: old, new, old, new, ..., each in the one place where it is."""
        index = self.notebook.index(which)
        source = self.notebook.sources()[index]
        for old, new in zip(changes[::2], changes[1::2], strict=True):
            assert source.count(old) == 1, f"{old!r} is in {source.count(old)} places"
            source = source.replace(old, new)
        self.notebook.set_source(index, source)

    def slips(self, name, right, wrong, *diagnosis):
        """Writes the right answer but for one place: the check says what that looks like, in three lines."""
        assert self.answers[name].count(right) == 1, f"{right!r} is not in the solution"
        assert not self.writes(name, self.answers[name].replace(right, wrong))
        self.sees(f"check.{name}({name})", f"✗ {name}: ")
        text = self.notebook.output_text(f"check.{name}({name})")
        seen, looks_like, where = text.splitlines()
        assert "expected" in seen and where.strip().startswith("Read: section "), text
        assert all(words in looks_like for words in diagnosis), text
        self.looks(f"check.{name}({name})", f"{name}-wrong")

    def solves(self, name):
        assert self.writes(name, self.answers[name]), self.notebook.output_text(f"check.{name}({name})")
        self.sees(f"check.{name}({name})", f"✓ {name}: ")

    def borrows(self, name):
        """Borrows instead: the cells below work, and the check gives no points."""
        exercise = self.notebook.index(f"def {name}(")
        self.notebook.set_source(exercise, f'{name} = check.borrow("{name}")')
        assert self.notebook.run_cell(exercise)
        self.sees(exercise, f"→ {name} is borrowed")
        assert not self.notebook.run_cell(f"check.{name}({name})")
        self.sees(f"check.{name}({name})", "earns no points")

    def runs(self, which, shows="", seconds=60):
        """Runs a cell that goes through: it shows these words, or a picture."""
        assert self.notebook.run_cell(which, seconds), self.notebook.output_text(which)
        if shows:
            self.sees(which, shows)
        else:
            expect(self.notebook.outputs(which).locator("img")).to_be_visible()
        expect(self.notebook.outputs(which).locator(ERRORS)).to_have_count(0)
        self.looks(which, re.sub(r"\W+", "-", str(which)))

    def sees(self, which, words):
        expect(self.notebook.outputs(which)).to_contain_text(words)

    def drags(self, which, slider, fraction, value, seconds=20):
        """Drags a slider to a fraction, where it has this value: another picture, whose number is returned."""
        caption, before = self.notebook.outputs(which).locator("figcaption"), self.notebook.image(which)
        text = caption.inner_text()
        assert self.notebook.drag_slider(which, fraction, name=slider) == value
        expect(caption).not_to_have_text(text, timeout=seconds * 1000)
        self.notebook.wait_until(lambda: self.notebook.image(which) != before, "another picture")
        self.looks(which, f"{slider}-{value}")
        return float(caption.inner_text().rpartition(": ")[2])

    def looks(self, which, name):
        self.notebook.outputs(which).scroll_into_view_if_needed()
        if self.folder:
            self.notebook.screenshot(self.folder / f"{self.chapter.partition('_')[0]}-{name}.png")


@pytest.fixture
def sit_down(open_notebook):
    """sit_down("01_vgg"): a student, at that chapter as it is handed out; in Notebook 7, if that is said as well."""
    folder = Path(os.environ["COURSE_SCREENSHOTS"]) if os.environ.get("COURSE_SCREENSHOTS") else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    return lambda chapter, *front_end: Student(open_notebook(f"{chapter}.ipynb", *front_end), chapter, folder)


def test_start_here(sit_down):
    student = sit_down("00_start_here")
    student.drafts(steps=5)  # the first painting is looked at after ten, of two stages
    student.runs_all(seconds=240)
    student.slips("to_tensor", " / 255", "", "levels 0..255 as they are", "Divided by 255")
    student.solves("to_tensor")
    student.runs("[to_tensor(eye)]")
    many = student.drags("def fewer(", "levels", 1, "256")
    few = student.drags("def fewer(", "levels", 0, "2")
    assert 1 / 3 < few <= 1 / 2 and many <= 1 / 510 + 1e-4, "half the distance between two levels"


def test_vgg(sit_down):
    student = sit_down("01_vgg")
    student.runs_all(seconds=180)
    student.slips("conv_output_size", " // stride + 1", " // stride", "+ 1")
    student.solves("conv_output_size")
    student.runs("sides = [224]", shows="224 -> 112 -> 56 -> 28 -> 14 -> 7")
    deep = student.drags("def grid(", "layer", 1, "relu5_4")
    shallow = student.drags("def grid(", "layer", 0, "relu1_1")
    assert 0.35 < shallow < 0.65 and 0.85 < deep < 1, "shares of answers that are zero"
    first = float(student.notebook.outputs("def one_map(").locator("figcaption").inner_text().rpartition(": ")[2])
    assert student.drags("def one_map(", "rank", 1, "64") < first, "the strongest come first"

    student.borrows("make_vgg")
    student.runs("def fill(", shows="37 layers")
    student.borrows("extract")
    student.runs("def prepare(", shows="conv4_2: off by 0.0000 of its size, least value -")


def test_what_neurons_see(sit_down):
    student = sit_down("02_what_neurons_see")
    student.runs_all(seconds=180)
    student.slips("backward_relu", "(a > 0)", "(a >= 0)", "a is 0")
    student.solves("ascend")
    student.solves("top_patches")
    student.runs("def best_nine(")
    deep = student.drags("def best_nine(", "layer", 1, "relu5_1")
    assert 1 <= deep <= 9, "different pictures"

    dreamer = "LiveDream(net, cat, DEPTHS"  # it began to dream when it was shown
    live = student.notebook.outputs(dreamer)
    expect(live).to_contain_text("✓ dreamt", timeout=180_000)
    dragged = partial(student.notebook.drag_slider, dreamer, 1, name="layer")
    seconds = student.notebook.time_to(dreamer, "dreaming: relu5_1", dragged)
    print(f"\nthe first picture of another dream is seen {seconds:.2f} s after the hand's last movement")
    student.looks(dreamer, "dreaming")
    assert student.notebook.drag_slider(dreamer, 0, name="octaves") == "1"
    expect(live).to_contain_text(re.compile(r"step \d+ of 10"))
    student.looks(dreamer, "one-octave")


def test_content_reconstruction(sit_down):
    student = sit_down("03_content_reconstruction")
    student.runs_all(seconds=120)
    student.slips("content_loss", ".sum() / 2", ".sum()", "factor 1/2", "missing")
    student.solves("content_loss")
    student.runs("names = list(looks)")
    student.solves("content_gradient")
    student.solves("closure")
    student.runs("def one_stage(", seconds=120)
    deep = student.drags("def one_stage(", "layer", 1, "relu5_1", seconds=120)
    shallow = student.drags("def one_stage(", "layer", 0, "relu1_1")
    assert shallow < 0.1 and deep > 3 * shallow, "mean errors"


def test_textures(sit_down):
    student = sit_down("04_textures")
    student.runs_all(seconds=120)
    student.slips("gram", "rows @ rows.transpose(1, 2)", "rows @ rows.transpose(1, 2) / rows.shape[2]", "divided by M")
    student.solves("gram")
    student.runs("cases = {", shows="apart: [[16.0, 0.0], [0.0, 16.0]]")
    student.runs("def one_shuffle(")
    small = student.drags("def one_shuffle(", "layer", 1, "relu5_1")
    large = student.drags("def one_shuffle(", "tile", 1, "56")
    assert large < small / 2, "relative distances of the Gram matrices"
    student.solves("style_layer_loss")
    student.runs('title="E_l')


def test_statistics_of_textures(sit_down):
    student = sit_down("04b_statistics")
    student.drafts()  # hardly a cell needs what students write, so that nearly all of its paintings would be made again
    student.runs_all(seconds=480)
    student.borrows("mmd_squared")
    student.solves("mean_std_loss")
    student.runs("apart_in(*pair)")


def turn_the_knobs(student):
    """Chapter 5 as far as the live painter, once all above the first exercise has run."""
    student.slips("total_loss", "alpha * content + beta * style", "beta * content + alpha * style", "changed places")
    student.solves("total_loss")
    student.runs("def winner(")
    photo = student.drags("def winner(", "ratio", 1, "100")
    painting = student.drags("def winner(", "ratio", 0, "0.001")
    assert painting < 0.2 < 0.8 < photo < 1, "total losses of the best"

    painter = "LivePainter(large, window, total=total_loss, tv=None)"
    student.shortens(painter, "run_sync(70)", "run_sync(7)")  # nbval runs it for all of them
    assert student.notebook.run_cell(painter), student.notebook.output_text(painter)
    live = student.notebook.outputs(painter)
    expect(live).to_contain_text("painting live")
    student.notebook.drag_slider(painter, 0.25, name="alpha / beta")
    expect(live).to_contain_text("alpha / beta = 0.0100")
    live.get_by_role("button", name="Pause").click()
    expect(live).to_contain_text("paused: Start goes on")
    live.locator("button[title=Start]").click()
    expect(live).to_contain_text("painting live")
    student.notebook.page.set_viewport_size({"width": 1280, "height": 900})
    assert live.bounding_box()["height"] < student.notebook.page.evaluate("panel.content.node.clientHeight")
    student.looks(painter, "live")


def test_style_transfer(sit_down):
    student = sit_down("05_style_transfer")
    student.drafts()
    student.runs_all(seconds=120)
    turn_the_knobs(student)
    student.borrows("style_transfer")
    student.solves("tv_loss")
    student.runs("smoothed = {", seconds=120)
    student.solves("translate")
    student.runs("published = {program")


def test_style_transfer_in_notebook_7(sit_down):
    student = sit_down("05_style_transfer", "Notebook 7")
    for cell in range(1, student.notebook.index("def total_loss(")):
        assert student.notebook.run_cell(cell), student.notebook.output_text(cell)
    turn_the_knobs(student)


def test_control(sit_down):
    student = sit_down("06_control")
    student.drafts()
    student.runs_all(seconds=240)
    student.slips("match_colour", "cholesky(D) @ torch.linalg.inv", "cholesky(D).T @ torch.linalg.inv", "root")
    student.solves("match_colour")
    student.runs("recoloured = {")
    student.borrows("transfer_luminance")
    student.slips("guided_gram", "(guide**2).sum", "guide.sum", "squared")
    student.solves("guided_gram")
    student.solves("propagate")
    student.runs("def leaking(")
    tight = student.drags("def leaking(", "reach", 1, "70")
    wide = student.drags("def leaking(", "reach", 0, "0")
    assert tight == 0 < 10 < wide < 20, "percent of the gradient outside the sky"
    deep = student.drags("def heap(", "eye", 1, "relu5_1")
    assert deep < student.drags("def heap(", "eye", 0, "bare colours"), "overlap with the masks"
    student.solves("blend_styles")


def test_fast_style(sit_down):
    student = sit_down("07_fast_style")
    student.runs_all(seconds=120)
    student.slips("instance_norm", "x.mean((2, 3), keepdim=True)", "x.mean((0, 2, 3), keepdim=True)", "")
    student.solves("instance_norm")
    student.runs("def foggy(")
    assert student.drags("def foggy(", "share", 1, "1e-06") > 0.02, "where the 1e-5 counts"
    student.slips("residual_block", "x + second(hidden)", "(x + second(hidden)).relu()", "a ReLU after the sum")
    student.solves("residual_block")
    student.borrows("enlarge")
    student.solves("batch_loss")
    student.solves("training_step")
    student.shortens("STEPS = ", "240", "80", "80, 120, 180, STEPS]", "STEPS]")  # nbval trains it for all of them
    student.runs("def learnt(", shows="learnt: swirls", seconds=300)
    student.runs("def moment(")
    late = student.drags("def moment(", "step", 1, "80")
    early = student.drags("def moment(", "step", 0, "0")
    assert late < 0.7 < early, "the style's distance, as a share of the photo's"


def test_any_style(sit_down):
    student = sit_down("08_any_style")
    student.drafts()
    student.runs_all(seconds=240)
    student.slips("adain", "from_std + to_mean", "from_std", "mu(S) is missing")
    student.solves("adain")
    student.solves("interpolate_styles")
    student.runs("def cat_with(")
    whole = student.drags("def cat_with(", "strength", 1, "1")
    assert whole > student.drags("def cat_with(", "strength", 0, "0"), "the content is further off"

    student.solves("conditional_instance_norm")
    assert student.notebook.run_cell("painter.parts = Parts(")
    pad = "LivePad(painter, gallery"
    student.runs(pad)
    live = student.notebook.outputs(pad)
    expect(live).to_contain_text("25% swirls", timeout=60_000)
    before = student.notebook.image(pad)
    began = time.monotonic()
    assert student.notebook.drag_slider(pad, 1, name="across") == "1.00"
    student.notebook.wait_until(lambda: student.notebook.image(pad) != before, "another picture")
    print(f"\nanother mixture is seen within {time.monotonic() - began:.2f} s of the drag, which is counted in")
    expect(live).to_contain_text("50% woodcut")
    student.looks(pad, "pad")


def test_other_roads(sit_down):
    student = sit_down("09_other_roads")
    student.runs_all(seconds=180)
    student.slips("stroke", "torch.stack([right, -down])", "torch.stack([down, right])", "along the slope")
    student.solves("stroke")
    student.runs("len(one.strokes)", seconds=120)
    student.slips("nearest_patches", "stride=step", "stride=1", "step")
    student.solves("nearest_patches")
    student.solves("vote")
    student.runs("def shared(", seconds=120)
    whole = student.drags("def shared(", "share", 0, "0", seconds=60)
    assert student.drags("def shared(", "share", 1, "0.4", seconds=60) < whole, "percent of copies"
    student.solves("local_energy")
    student.runs("def gains(")
    student.solves("affine_residual")
    student.runs("def residuals(")


def test_measuring_style(sit_down):
    student = sit_down("10_measuring_style")
    student.runs_all(seconds=180)
    student.slips("content_distance", "/ P.square().sum()", "/ F.square().sum()", "|F|^2")
    student.solves("content_distance")
    student.slips("style_distance", ".mean()", ".sum()", "sum over the layers")
    student.solves("style_distance")
    student.runs("def two_numbers(", seconds=120)
    student.runs("def by_share(")
    least = student.drags("def by_share(", "percent", 0, "0", seconds=60)
    assert student.drags("def by_share(", "percent", 1, "100", seconds=60) > least
    student.solves("sliced_wasserstein")
    student.runs("# All ways and the tiles", seconds=120)
    student.solves("frechet_distance")
    student.runs("# Two halves of one set", seconds=120)
    student.slips("bradley_terry", "votes = wins + wins.T", "votes = wins", "own wins over j")
    student.solves("bradley_terry")
    student.solves("rank_agreement")
    student.runs("# Strengths by a coin's", shows="You have cast 0 votes")
    asking = student.notebook.outputs("my_ballot = ballot(")
    for said in ("The left one", "Neither", *["The right one"] * 9):
        asking.get_by_role("button", name=said).click()
    expect(asking).to_contain_text("12 of 30")
    student.looks("my_ballot = ballot(", "ballot")
    student.runs("# Strengths by a coin's")
    expect(student.notebook.outputs("# Strengths by a coin's")).not_to_contain_text("You have cast")
    student.runs("# Each measure against the votes", seconds=180)


def test_studio(sit_down):
    student = sit_down("11_studio")
    student.runs_all(seconds=120)
    student.slips("pick_style", "if len(names) > 1:", "if len(names) > 2:", "first was taken without a word")
    for name in student.answers:
        student.solves(name)
    student.runs("# The page with two boxes ticked", shows="Only one, please: fans or chalk?")
    page = student.notebook.outputs("# The page with two boxes ticked")
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(2)
    assert all(page.locator("img").evaluate_all("images => images.map(image => image.naturalWidth > 0)"))
    assert student.notebook.run_cell("def median_wait(")
    student.runs("def class_of(")
    slow = student.drags("def class_of(", "phones", 1, "40", seconds=60)
    quick = student.drags("def class_of(", "seconds", 1 / 3, "2", seconds=60)
    assert quick < 60 < 300 < slow, "median waits in seconds"
    assert student.notebook.run_cell("def open_studio(")
    student.runs("def visit(", shows="no tick: 422 - with a tick, at the end: 200", seconds=120)
    student.runs("# What went where, and when")
