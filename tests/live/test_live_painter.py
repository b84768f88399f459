"""The live painter's controls, its painting by code and in the background, what it says, and what stops it."""

import gc
import io
import re
import weakref

import ipywidgets as widgets
import pytest
import torch
from PIL import Image

from course.errors import InputError
from course.images import load_image
from course.live import painting as painting_room
from course.live import recipe
from course.losses import gram, mean_std
from course.objectives import ALPHA, BETA
from course.widgets import painter as room
from course.widgets.controls import SHOWN
from course.widgets.painter import LivePainter
from tests.live._live import ALL, CONTENT, STYLE, TinyNetwork, a_painter, painting_threads, rest, wait_until


@pytest.fixture(autouse=True)
def nothing_paints_afterwards():
    yield
    rest()


def everything(widget):
    """A widget and all that are in it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from everything(child)


def control(painter, label):
    found = [one for one in everything(painter) if getattr(one, "description", None) == label]
    assert len(found) == 1, label
    return found[0]


def words(painter):
    """All that is written somewhere, without the markup."""
    written = " ".join(one.value for one in everything(painter) if isinstance(one, widgets.HTML))
    return re.sub("<[^>]*>", " ", written)


def shown(painter):
    (canvas,) = [one for one in everything(painter) if isinstance(one, widgets.Image)]
    return canvas


def odd(F):
    """A Gram matrix with zeros off its diagonal."""
    return torch.diag_embed(torch.diagonal(gram(F), dim1=1, dim2=2))


# ---- by code ---------------------------------------------------------------------------------------------------------


def test_what_it_begins_with():
    painter = a_painter()
    assert abs(painter.settings.ratio / (ALPHA / BETA) - 1) < 0.02, (
        "the default weights, as near as the slider has them"
    )
    assert painter.settings.layers == ALL and painter.settings.size == 24
    assert painter.step is None and not painter.is_painting and "not painting yet" in words(painter)


def test_steps_by_code_are_the_same_every_time():
    first, second = (a_painter().run_sync(8).set(ratio=0.01).run_sync(20) for _ in range(2))
    assert torch.equal(first.step.image, second.step.image) and first.step.losses == second.step.losses
    assert not torch.equal(first.step.image, a_painter().run_sync(8).set(ratio=0.02).run_sync(20).step.image)
    assert not first.is_painting


def test_the_ratio_moves_the_losses():
    steps = {ratio: a_painter().set(ratio=ratio).run_sync(30).step for ratio in (0.001, 0.1, 10)}
    content, style = ([steps[ratio].losses[name] for ratio in steps] for name in ("content", "style"))
    assert content == sorted(content, reverse=True) and content[0] > 3 * content[-1]
    assert style == sorted(style) and style[-1] > 2 * style[0]


def test_total_variation_smooths_the_picture():
    rough, smooth = (a_painter(start="noise").set(tv=tv).run_sync(30).step.losses["tv"] for tv in (0, 20))
    assert smooth < rough / 2


def test_the_layers_choose_what_agrees():
    painters = [a_painter(layers=layers).run_sync(20) for layers in (ALL[:1], ALL[4:])]
    assert [painter.settings.layers for painter in painters] == [ALL[:1], ALL[4:]]
    assert not torch.equal(painters[0].step.image, painters[1].step.image)
    moved = a_painter().set(layers=["relu2_1", "relu1_1"])
    assert moved.settings.layers == ALL[:2] and not control(moved, "relu3_1").value


def test_run_sync_stops_where_the_painting_rests():
    painter = a_painter(steps=5).run_sync(100)
    assert painter.step.number == painter.step.of == 5
    assert painter.set(tv=3).run_sync(100).step.number == 5


def test_the_student_s_own_statistic_and_total_paint_the_picture():
    right = a_painter().run_sync(20).step
    for other in (a_painter(statistic=odd), a_painter(statistic=mean_std)):
        assert (other.run_sync(20).step.image - right.image).abs().mean() > 0.005
    for swapped in (a_painter(total=lambda content, style, alpha, beta: beta * content + alpha * style),):
        assert swapped.run_sync(20).step.losses["content"] < right.losses["content"] / 2


def test_the_styles_of_start():
    noise = a_painter(start="noise", seed=1).run_sync(1).step
    assert noise.losses["content"] > 3 * a_painter().run_sync(1).step.losses["content"]
    assert torch.equal(noise.image, a_painter(start="noise", seed=1).run_sync(1).step.image)
    assert not torch.equal(noise.image, a_painter(start="noise", seed=2).run_sync(1).step.image)
    other = a_painter(start=STYLE).run_sync(1).step
    assert other.image.shape == noise.image.shape


def test_set_moves_the_controls():
    painter = a_painter().set(ratio=0.5, tv=4.5, size=36)
    values = [control(painter, label).value for label in ("alpha / beta", "TV", "size")]
    assert values == [0.5, 4.5, 36]


def test_a_moved_control_is_the_same_as_set():
    by_hand = a_painter()
    control(by_hand, "alpha / beta").value = 0.5
    control(by_hand, "relu3_1").value = False
    assert by_hand.settings == a_painter().set(ratio=0.5, layers=[*ALL[:2], *ALL[3:]]).settings


def test_what_a_page_sends_back_in_other_digits_is_no_move():
    painter = a_painter()
    for _ in range(5):
        painter.run_sync(1)
    control(painter, "alpha / beta").value *= 1.0001
    assert painter.run_sync(1).step.number == 6


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"ratio": 0}, "from 0.001 to 10, not 0"),
        ({"ratio": 11}, "from 0.001 to 10, not 11"),
        ({"ratio": float("nan")}, "from 0.001 to 10, not nan"),
        ({"tv": -1}, "from 0 to 20, not -1"),
        ({"layers": []}, "at least one style layer"),
        ({"layers": ["conv1_1"]}, "no style layer 'conv1_1' here; there are relu1_1"),
        ({"size": 25}, "no size 25 here; there are 16, 24, 36"),
    ],
)
def test_values_that_no_control_has_are_refused(values, message):
    painter = a_painter()
    before = painter.settings
    with pytest.raises(InputError, match=message):
        painter.set(**values)
    assert painter.settings == before
    with pytest.raises(InputError, match=message):
        a_painter(**values)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sizes": ()}, "at least one size"),
        ({"sizes": (0, 24)}, "a size must be a whole number"),
        ({"draft": 1.5}, "draft"),
    ],
)
def test_bad_arguments_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        a_painter(**options)


def test_bad_pictures_and_unknown_controls_are_refused():
    with pytest.raises(InputError, match="the content picture has shape"):
        LivePainter(CONTENT[0], STYLE, net=TinyNetwork())
    with pytest.raises(InputError, match="the style picture must be a tensor"):
        LivePainter(CONTENT, "swirls", net=TinyNetwork())
    with pytest.raises(InputError, match="no control 'alpha'; there are ratio, tv, layers and size"):
        a_painter().set(alpha=3)
    with pytest.raises(InputError, match="the number of steps"):
        a_painter().run_sync(0)


def test_a_network_of_our_own_is_the_default(monkeypatch):
    made = []
    monkeypatch.setattr(recipe, "vgg19", lambda **options: made.append(options) or TinyNetwork())
    recipe.default_net.cache_clear()
    for _ in range(2):
        LivePainter(CONTENT, STYLE, size=96, draft=16).run_sync(1)
    recipe.default_net.cache_clear()
    assert [one["weights"] for one in made] == ["oxford", "slim"]
    assert all(one == {"weights": one["weights"], "padding": "replicate", "precision": "auto"} for one in made)


def test_a_draft_is_called_one(monkeypatch):
    monkeypatch.setattr(painting_room, "DRAFTED_ABOVE", 16)
    painter = a_painter(draft_net=TinyNetwork(), steps=12).run_sync(2)
    assert "a draft by the slim network" in painter._view.caption.value
    assert not painter._view.history.marks
    painter.run_sync(3)
    assert "draft" not in painter._view.caption.value
    assert list(painter._view.history.marks) == [4], "from here on the other network measures"


# ---- what is seen ----------------------------------------------------------------------------------------------------


def test_every_control_says_what_it_is():
    painter = a_painter()
    kinds = (widgets.FloatLogSlider, widgets.FloatSlider, widgets.Checkbox, widgets.Dropdown, widgets.Button)
    labels = [one.description for one in everything(painter) if isinstance(one, kinds)]
    assert labels == ["Start", "Pause", "Restart", "Save", "alpha / beta", "TV", *ALL, "size"]
    assert shown(painter).tooltip == "the painting as it is now"
    assert re.findall(
        "alt='([^']*)'", "".join(one.value for one in everything(painter) if isinstance(one, widgets.HTML))
    )


def test_the_picture_is_shown_as_large_for_every_size():
    painter = a_painter()
    for size in (16, 36):
        painter.set(size=size).run_sync(30)
        with Image.open(io.BytesIO(shown(painter).value)) as picture:
            assert picture.size[0] == SHOWN, "enlarged smoothly, before it is sent"
            assert abs(picture.size[1] - SHOWN * 2 / 3) < 15
        layout = shown(painter).layout
        assert (layout.width, layout.height, layout.object_fit) == (f"{SHOWN}px", f"{SHOWN * 2 / 3:.0f}px", "fill")


def test_it_says_how_far_it_is():
    painter = a_painter().run_sync(3)
    losses = painter.step.losses
    for sentence in ("alpha / beta = 0.141", "16 × 11 pixels", "step 3 of 30", "alpha 0.99 · beta 7.01",
                     f"content loss {losses['content']:.3g} · style loss {losses['style']:.3g}"):  # fmt: skip
        assert sentence in words(painter)
    assert control(painter, "progress").value == 3 and control(painter, "progress").max == 30
    (svg,) = [one.value for one in everything(painter) if isinstance(one, widgets.HTML) and "<svg" in one.value]
    assert "after 3 steps" in svg and svg.count("<polyline") == 2


def test_where_no_kernel_runs_a_picture_is_shown():
    for painter, words in ((a_painter(), "before its first step"), (a_painter().run_sync(4), "after 4 steps")):
        data, metadata = painter._repr_mimebundle_()
        assert data["image/jpeg"] == painter._repr_mimebundle_()[0]["image/jpeg"]
        assert words in metadata["image/jpeg"]["alt"] and "application/vnd.jupyter.widget-view+json" in data


def test_it_saves_what_is_painted(tmp_path, monkeypatch):
    painter = a_painter().run_sync(3)
    assert painter.save(tmp_path / "mine.png") is painter
    assert (load_image(tmp_path / "mine.png") - painter.step.image).abs().max() <= 1 / 255
    monkeypatch.chdir(tmp_path)
    for name in ("painting.png", "painting-2.png"):
        control(painter, "Save").click()
        assert (tmp_path / name).is_file() and f"saved as {tmp_path / name}" in words(painter)
    monkeypatch.setattr(room, "save_image", lambda *_: (_ for _ in ()).throw(InputError("no right to write there")))
    control(painter, "Save").click()
    assert "no right to write there" in words(painter)


def test_a_restart_empties_the_curve():
    painter = a_painter(steps=5).run_sync(5)
    assert "<svg" in painter._view.curve.value
    painter._view.history, painter._rest = type(painter._view.history)(), "waiting"
    painter._say()
    assert painter._view.curve.value == ""


# ---- in the background -----------------------------------------------------------------------------------------------


def test_it_paints_to_the_end_of_its_plan_and_rests():
    painter = a_painter().start()
    wait_until(lambda: not painter.is_painting and "at rest" in words(painter))
    assert painter.step.number == 30 and painter.step.size == 24
    assert "step 30 of 30" in words(painter), "the last picture is shown"
    assert control(painter, "Pause").disabled and not control(painter, "Start").disabled


def test_it_starts_when_it_is_seen_and_pauses_when_it_is_not():
    painter = a_painter(steps=10**6)
    painter._view_count = 1
    wait_until(lambda: painter.step is not None)
    assert painter.is_painting and "painting live" in words(painter)
    painter._view_count = 0
    wait_until(lambda: "paused: the page was closed" in words(painter))
    number = painter.step.number
    assert not painter.is_painting
    painter._view_count = 1
    wait_until(lambda: painter.step.number > number)


def test_who_paused_it_starts_it_again():
    painter = a_painter(steps=10**6).start()
    painter.pause()
    painter.set(ratio=1)
    painter._view_count = 2
    assert not painter.is_painting and "paused: Start goes on" in words(painter)
    control(painter, "Start").click()
    wait_until(lambda: painter.step is not None and painter._painting.painted.ratio == 1)


def test_another_painter_takes_its_place_in_the_one_thread():
    first, second = a_painter(steps=10**6), a_painter(steps=10**6)
    first.start()
    wait_until(lambda: first.step is not None)
    second.start()
    wait_until(lambda: second.step is not None)
    assert second.is_painting and not first.is_painting and "another painter has begun" in words(first)
    assert len(painting_threads()) == 1


def test_a_move_wakes_a_painter_that_rests():
    painter = a_painter(steps=5).start()
    wait_until(lambda: "at rest" in words(painter))
    painter.set(ratio=1)
    wait_until(lambda: "at rest" in words(painter) and "alpha / beta = 1.00 " in words(painter))


def test_a_hundred_moves_leave_one_thread_and_the_newest_setting():
    painter = a_painter(steps=10**6).start()
    for number in range(100):
        painter.set(ratio=10 ** (-3 + number / 33))
    wait_until(lambda: painter.step is not None and painter._painting.painted == painter.settings)
    assert len(painting_threads()) == 1


def test_restart_and_run_sync_while_it_paints():
    painter = a_painter(steps=10**6, start="noise").start()
    wait_until(lambda: painter.step is not None and painter.step.losses["content"] < 1)
    begun = a_painter(start="noise", steps=10**6).run_sync(1).step.losses["content"]
    painter.pause()
    painter.restart()
    painter.run_sync(1)
    assert painter.step.losses["content"] == pytest.approx(begun, rel=1e-3) and not painter.is_painting


def test_an_error_is_shown_and_a_later_start_goes_on():
    trouble = {"now": False}

    def statistic(F):
        if trouble["now"]:
            raise ValueError("no <such> statistic")
        return gram(F)

    painter = a_painter(statistic=statistic, steps=10**6).start()
    wait_until(lambda: painter.step is not None)
    trouble["now"] = True
    wait_until(lambda: "ValueError: no &lt;such&gt; statistic" in words(painter) and not painter.is_painting)
    wait_until(lambda: "stopped" in words(painter))  # said once the thread has ended
    assert "role='alert'" in painter._view.alert.value
    picture = shown(painter).value
    trouble["now"] = False
    assert shown(painter).value == picture
    painter.start()
    wait_until(lambda: shown(painter).value != picture)
    assert "statistic" not in words(painter)


@pytest.mark.parametrize("statistic", [lambda F: None, lambda F: 3.0, lambda F: F / 0, lambda F: "gram"])
def test_nonsense_of_a_student_is_said_and_raised(statistic):
    painter = a_painter(statistic=statistic)
    with pytest.raises(Exception, match=r".") as caught:
        painter.run_sync(2)
    assert type(caught.value).__name__ in painter._view.alert.value and "stopped" in words(painter)


def test_a_stub_says_its_own_lines():
    class StubError(NotImplementedError):
        def _render_traceback_(self):
            return []

    def gram(F):
        raise StubError("✎ gram is not written yet")

    painter = a_painter(statistic=gram)
    with pytest.raises(StubError):
        painter.run_sync(1)
    assert "⚠ ✎ gram is not written yet</div>" in painter._view.alert.value


def test_an_error_names_the_line_of_the_notebook():
    namespace = {"__name__": "__main__"}
    exec("def gram(F):\n    return F.nothing", namespace)
    painter = a_painter(statistic=namespace["gram"])
    with pytest.raises(AttributeError):
        painter.run_sync(1)
    assert "in gram, line 2 of its cell" in painter._view.alert.value


def test_no_layer_at_all_is_said_and_a_tick_goes_on():
    painter = a_painter(layers=ALL[:1], steps=10**6).start()
    wait_until(lambda: painter.step is not None)
    control(painter, "relu1_1").value = False
    wait_until(lambda: not painter.is_painting and "choose at least one style layer" in words(painter))
    control(painter, "relu2_1").value = True
    wait_until(lambda: painter._painting.painted.layers == ("relu2_1",))
    assert "choose" not in words(painter)


def test_a_painter_that_is_closed_leaves_the_memory():
    painter = a_painter(steps=3).start()
    rest()
    gone = weakref.ref(painter._painting)
    for one in [*everything(painter)]:
        one.close()
    del painter, one
    wait_until(lambda: gc.collect() >= 0 and gone() is None)
