"""Every wrong answer is refused for its own reason, every right one passes, wherever it runs."""

import pickle
from collections import namedtuple
from functools import cache

import pytest
import torch

from classroom.mistakes import WRONG
from course import check
from course.check import EXERCISES, CheckFailed, Unfinished
from course.check.engine.answers import AnswerError, LocalAnswer
from course.check.engine.exercise import Draw
from course.errors import InputError
from tests.check._all_right import RIGHT

pytestmark = [
    pytest.mark.no_cover,  # test_class covers the checks; counting lines again takes a fifth of the time
    pytest.mark.usefixtures("searched_once"),
]

SEEDS = (0, 1, 2, 3)


class PickledAnswer:
    """A function behind what could be the border of a process: only bytes pass it."""

    def __init__(self, name, function):
        self.name = name
        self.inner = LocalAnswer(name, function)

    def ask(self, probe, *inputs):
        kind, found = pickle.loads(self._other_side(pickle.dumps((probe, inputs))))
        if kind == "raised":
            raise found
        return found

    def _other_side(self, question):
        probe, inputs = pickle.loads(question)
        try:
            return pickle.dumps(("found", self.inner.ask(probe, *inputs)))
        except (AnswerError, Unfinished) as error:
            return pickle.dumps(("raised", error))


def refusal(name, function, seed=0, answer=LocalAnswer):
    """The failure of a wrong answer, which must be one that a student can read."""
    with pytest.raises(CheckFailed) as caught:
        EXERCISES[name].verify(answer(name, function), seed)
    readable(caught.value)
    return caught.value


@cache
def known_refusal(name, mistake, seed):
    """That of a known wrong answer, whichever tests ask for it."""
    return refusal(name, WRONG[name][mistake], seed)


@cache
def approval(name, function, seed):
    """The check's line about a right answer."""
    return EXERCISES[name].verify(LocalAnswer(name, function), seed)


def readable(failure):
    """Two or three lines, none too long, what was seen first and where to read last."""
    lines = failure.lines
    assert str(failure).splitlines() == list(lines) == failure._render_traceback_(), "no line has a break in it"
    assert all(len(line) <= 220 for line in lines)
    assert lines[0].startswith(f"✗ {failure.exercise}: ")
    assert all(line.startswith("  ") for line in lines[1:])
    if failure.mistake in ("borrowed", "not_a_function"):
        assert len(lines) == 2
    else:
        assert len(lines) == 3 and lines[2] == f"  Read: {EXERCISES[failure.exercise].read}."
    assert all(line.rstrip()[-1] in ".!?`)" for line in lines[1:])


WRONG_ANSWERS = [
    pytest.param(name, mistake, id=f"{name}-{mistake}") for name, answers in WRONG.items() for mistake in answers
]
RIGHT_ANSWERS = [
    pytest.param(name, function, id=f"{name}-{number}")
    for name, functions in RIGHT.items()
    for number, function in enumerate(functions, 1)
]


def test_every_exercise_has_its_answers():
    assert set(WRONG) == set(RIGHT) == set(EXERCISES)
    assert all(len(answers) >= 6 for answers in WRONG.values())
    assert all(len(functions) >= 3 for functions in RIGHT.values())


@pytest.mark.parametrize(("name", "mistake"), WRONG_ANSWERS)
def test_a_wrong_answer_is_refused_for_its_own_reason(name, mistake):
    for seed in SEEDS:
        assert known_refusal(name, mistake, seed).mistake == mistake


@pytest.mark.parametrize(("name", "function"), RIGHT_ANSWERS)
def test_a_right_answer_passes(name, function):
    verified = {approval(name, function, seed) for seed in SEEDS}
    assert all(line and "\n" not in line and len(line) <= 150 for line in verified)


@pytest.mark.parametrize("name", EXERCISES)
def test_success_says_the_same_whatever_was_drawn(name):
    """Executed solutions are compared with what they printed before."""
    said = {approval(name, ours(name), seed) for seed in range(12)}
    assert len(said) == 1


@pytest.mark.parametrize("name", EXERCISES)
def test_no_two_mistakes_are_told_the_same(name):
    told = [known_refusal(name, mistake, SEEDS[0]).lines[1] for mistake in WRONG[name]]
    assert sorted(told) == sorted(set(told))


@pytest.mark.parametrize(("name", "mistake"), WRONG_ANSWERS)
def test_a_wrong_answer_is_refused_alike_in_another_process(name, mistake):
    here = known_refusal(name, mistake, SEEDS[-1])
    there = refusal(name, WRONG[name][mistake], SEEDS[-1], PickledAnswer)
    assert (there.mistake, there.lines) == (here.mistake, here.lines)


@pytest.mark.parametrize(("name", "function"), RIGHT_ANSWERS)
def test_a_right_answer_passes_in_another_process(name, function):
    assert EXERCISES[name].verify(PickledAnswer(name, function), SEEDS[-1]) == approval(name, function, SEEDS[-1])


# --- Bad answers to any exercise ------------------------------------------------------------------------------------


def nothing(*inputs):
    return None


def a_string(*inputs):
    return "the answer"


def a_type_error(*inputs):
    return inputs + 1


def too_few_arguments():
    return 0


def too_many_arguments(a, b, c, d, e, f):
    return 0


def recursion(*inputs):
    return recursion(*inputs) + 1


def on_meta(*inputs):
    return torch.zeros(3, device="meta")


def in_float64(*inputs):
    return torch.zeros(3, dtype=torch.float64)


def a_numpy_array(*inputs):
    return torch.zeros(3).numpy()


def its_input(*inputs):
    return inputs[0]


def itself(*inputs):
    return itself


def nan(*inputs):
    return float("nan")


def a_huge_number(*inputs):
    return 10**5000


def empty(*inputs):
    return torch.empty(0)


def a_sparse_tensor(*inputs):
    return torch.eye(3).to_sparse()


def a_complex_tensor(*inputs):
    return torch.zeros(1, 3, 4, 5, dtype=torch.complex64)


def an_empty_dictionary(*inputs):
    return {}


def modules_by_themselves(*inputs):
    return {torch.nn.ReLU(): 1, torch.nn.Sequential(torch.nn.ReLU()): torch.zeros(2)}


def a_wordy_error(*inputs):
    raise ValueError("one thing\nand another\n" * 40)


def an_exit(*inputs):
    raise SystemExit(3)


def a_generator(*inputs):
    yield inputs


def of_the_same_name(*inputs):
    return namedtuple("Tensor", "value")(torch.ones(()))


GENERIC = [
    *(nothing, a_string, a_type_error, too_few_arguments, too_many_arguments, recursion, on_meta, in_float64),
    *(a_numpy_array, its_input, itself, nan, a_huge_number, empty, a_sparse_tensor, a_complex_tensor),
    *(an_empty_dictionary, modules_by_themselves, a_wordy_error, an_exit, a_generator, of_the_same_name),
]
MISTAKES = {
    nothing: "none",
    a_type_error: "raised",
    too_few_arguments: "arguments",
    too_many_arguments: "arguments",
    recursion: "recursion",
    a_wordy_error: "raised",
    an_exit: "raised",
}


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("function", GENERIC)
def test_whatever_comes_back_is_refused_in_words(name, function):
    failure = refusal(name, function)
    assert failure.mistake == MISTAKES.get(function, failure.mistake)
    assert failure.mistake != "raised" or function in MISTAKES, "nothing here stops by itself"
    assert failure.lines == refusal(name, function, answer=PickledAnswer).lines


@pytest.mark.parametrize("function", [a_type_error, recursion, a_wordy_error])
@pytest.mark.parametrize("name", EXERCISES)
def test_an_error_quotes_the_students_line(name, function):
    line = {
        a_type_error: "return inputs + 1",
        recursion: "return recursion(*inputs) + 1",
        a_wordy_error: 'raise ValueError("one thing',
    }
    assert f"at the line `{line[function]}" in refusal(name, function).lines[0]


def test_an_error_quotes_the_students_line_and_not_that_of_a_library():
    def content_loss(F, P):
        return torch.nn.functional.mse_loss(F, "P")

    assert '`return torch.nn.functional.mse_loss(F, "P")`' in refusal("content_loss", content_loss).lines[0]


TENSORS = [
    *("to_tensor", "normalise", "denormalise", "content_loss", "content_gradient", "gram", "style_layer_loss"),
    *("style_layer_gradient", "texture_loss", "mean_std_loss", "mmd_squared", "total_loss", "tv_loss"),
    *("instance_norm", "enlarge", "batch_loss"),
    *("conditional_instance_norm", "adain", "interpolate_styles", "whiten_colour"),
    *("match_colour", "transfer_luminance", "guided_gram", "propagate", "blend_styles"),
    *("vote", "affine_residual"),
    "local_energy",
    *("frechet_distance", "bradley_terry", "rank_agreement"),
    *("content_distance", "style_distance", "sliced_wasserstein"),
]


@cache
def ours(name):
    """The course's solution, not known as such."""
    return lambda *inputs: EXERCISES[name].reference(*inputs)


@pytest.mark.parametrize("name", EXERCISES)
def test_ours_passes(name):
    for seed in range(20):
        approval(name, ours(name), seed)


@pytest.mark.parametrize("name", TENSORS)
@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        (lambda x: x.double(), "dtype"),
        (lambda x: x.detach().numpy(), "left_torch"),
        (lambda x: x.to("meta"), "device"),
        (lambda x: x * float("nan"), "not_finite"),
        (lambda x: [x], "type"),
        (lambda x: x[None], "shape"),
        (lambda x: x * 1.01, "other"),
        (lambda x: x + 1, "other"),
        (lambda x: 0 * x + 0.3, "other"),
    ],
)
def test_the_right_numbers_in_a_wrong_form(name, change, mistake):
    assert refusal(name, lambda *inputs: change(ours(name)(*inputs))).mistake == mistake


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: -x, "Only the sign is turned round"),
        (lambda x: 0 * x, "Zero everywhere"),
        (lambda x: x + 0.5, "by the same number everywhere"),
        (lambda x: x * 0.2, "It is 0.2 times ours everywhere"),
        (lambda x: x.flip(2, 3), "stand in other places"),
        (lambda x: torch.where(x > 0, x, 0.1), "% of the numbers agree"),
    ],
)
def test_a_mistake_that_nobody_foresaw_is_described(change, words):
    failure = refusal("denormalise", lambda *inputs: change(ours("denormalise")(*inputs)))
    assert failure.mistake == "other" and words in failure.lines[1]


@pytest.mark.parametrize(("times", "words"), [(2, "2 times ours: only"), (3, "3 times ours, which is channels: only")])
def test_a_constant_factor_is_named_if_it_is_a_size(times, words):
    """A 2 has causes enough of its own, and one picture is none of them."""
    failure = refusal("content_distance", lambda *inputs: times * ours("content_distance")(*inputs))
    assert failure.mistake == "other" and words in failure.lines[1]


def test_a_gradient_that_is_not_finite():
    def content_loss(F, P):
        return ((F - P) ** 2).sum() / 2 + (0 * F).sqrt().sum()

    failure = refusal("content_loss", content_loss)
    assert "got nan" in failure.lines[0] and "0 / 0" in failure.lines[1]


def test_functions_that_python_does_not_see_into():
    assert refusal("normalise", torch.sum).mistake == "arguments"
    assert refusal("conv_output_size", max).mistake == "other"
    assert refusal("closure", lambda *inputs: dict).mistake == "empty"


@pytest.mark.parametrize("change", [lambda x: x.double(), lambda x: x.numpy(), lambda x: x.to("meta"), lambda x: [x]])
def test_features_in_a_wrong_form(change):
    def extract(*inputs):
        return {name: change(x.detach()) for name, x in ours("extract")(*inputs).items()}

    assert refusal("extract", extract).mistake in ("dtype", "left_torch", "device", "type")


@pytest.mark.parametrize("name", ["conv_output_size", "count_parameters", "receptive_field"])
@pytest.mark.parametrize("change", [float, torch.tensor, lambda n: torch.tensor([float(n)], dtype=torch.float64)])
def test_a_whole_number_in_any_form_is_one(name, change):
    EXERCISES[name].verify(LocalAnswer(name, lambda *inputs: change(ours(name)(*inputs))), 0)


def modify(value):
    """Changes a value in place, if it can be changed."""
    if isinstance(value, torch.Tensor):
        value.data.add_(1)
    elif isinstance(value, list):
        value.append(value[0])
    elif isinstance(value, dict):
        layer, entry = value.popitem()
        value[layer] = entry + 1
    else:
        value.putpixel((0, 0), (1, 2, 3))


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *(("to_tensor", 0), ("to_image", 0), ("normalise", 0), ("denormalise", 0), ("make_vgg", 0)),
        *(("count_parameters", 0), ("receptive_field", 0), ("extract", 1), ("extract", 2)),
        *(("content_loss", 0), ("content_loss", 1), ("content_gradient", 0), ("content_gradient", 1)),
        *(("gram", 0), ("style_layer_loss", 0), ("style_layer_loss", 1), ("style_layer_gradient", 0)),
        *(("style_layer_gradient", 1), ("texture_loss", 0), ("texture_loss", 1), ("texture_loss", 2)),
        *(("mean_std_loss", 0), ("mean_std_loss", 1), ("mmd_squared", 0), ("mmd_squared", 1), ("tv_loss", 0)),
        *(("total_loss", 0), ("total_loss", 1), ("style_transfer", 1), ("style_transfer", 2), ("style_transfer", 3)),
        *(("instance_norm", 0), ("instance_norm", 1), ("instance_norm", 2), ("residual_block", 0), ("enlarge", 0)),
        *(("enlarge", 1), ("batch_loss", 0), ("batch_loss", 1), ("batch_loss", 2), ("training_step", 2)),
        *(("conditional_instance_norm", 0), ("conditional_instance_norm", 3), ("adain", 0), ("adain", 1)),
        *(("interpolate_styles", 0), ("interpolate_styles", 1), ("whiten_colour", 0), ("whiten_colour", 1)),
        *(("match_colour", 0), ("match_colour", 1), ("transfer_luminance", 0), ("transfer_luminance", 1)),
        *(("guided_gram", 0), ("guided_gram", 1), ("propagate", 0), ("blend_styles", 0), ("blend_styles", 1)),
        *(("nearest_patches", 0), ("nearest_patches", 1), ("vote", 0), ("vote", 1)),
        *(("affine_residual", 0), ("affine_residual", 1)),
        *(("stroke", 0), ("stroke", 1), ("stroke", 2), ("local_energy", 0)),
        *(("frechet_distance", 0), ("frechet_distance", 1), ("frechet_distance", 2), ("frechet_distance", 3)),
        *(("bradley_terry", 0), ("rank_agreement", 0), ("rank_agreement", 1)),
        *(("content_distance", 1), ("content_distance", 2), ("style_distance", 1), ("style_distance", 2)),
        *(("style_distance", 3), *(("sliced_wasserstein", number) for number in range(3))),
    ],
)
def test_inputs_are_left_alone(name, number):
    def right_but_for_that(*inputs):
        result = ours(name)(*inputs)
        modify(inputs[number])
        return result

    failure = refusal(name, right_but_for_that)
    assert failure.mistake == "modifies_input"
    assert f"its {('first', 'second', 'third', 'fourth')[number]} input" in failure.lines[0]


def test_a_closure_leaves_the_picture_alone():
    def closure(optimiser, image, loss):
        evaluate = ours("closure")(optimiser, image, loss)

        def then_moves():
            value = evaluate()
            modify(image)
            return value

        return then_moves

    assert refusal("closure", closure).mistake == "moves"


def test_a_painter_that_never_ends_is_stopped():
    looked = []

    def style_transfer(net, photo, painting, start, alpha, beta, steps):
        x = start.clone()
        while True:
            x = x + 1e-3
            try:
                net(x.requires_grad_(True), ["relu4_2"])
            except Exception:
                continue
            looked.append(x)
            x = x.detach()

    failure = refusal("style_transfer", style_transfer)
    assert failure.mistake == "ignores_steps" and "it was stopped" in failure.lines[0] and len(looked) == 70


def test_steps_times_steps_are_told_after_a_few():
    looked = []

    def style_transfer(net, *inputs):
        look = net.forward
        net.forward = lambda *asked: (looked.append(asked), look(*asked))[1]
        return WRONG["style_transfer"]["steps_times_steps"](net, *inputs)

    assert refusal("style_transfer", style_transfer).mistake == "steps_times_steps"
    assert len(looked) < 60, "9 steps thrice, with what a line search takes"


@pytest.mark.parametrize("function", GENERIC)
def test_whatever_a_closure_returns(function):
    def closure(optimiser, image, loss):
        def evaluate():
            ours("closure")(optimiser, image, loss)()
            return function(image)

        return evaluate

    if function is not its_input:
        readable(refusal("closure", closure))


# --- Stubs, borrowed functions, no functions ------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("answer", [LocalAnswer, PickledAnswer])
def test_a_stub_is_unfinished(name, answer):
    def ours(*inputs):
        raise Unfinished(name)

    def nbgraders(*inputs):
        raise NotImplementedError()

    def an_instructors(*inputs):
        raise NotImplementedError("your code here")

    for stub in (ours, nbgraders, an_instructors):
        with pytest.raises(Unfinished) as caught:
            EXERCISES[name].verify(answer(name, stub), 0)
        assert caught.value.exercise == name
        assert caught.value.lines[0].startswith(f"✎ {name} is not written yet")
        assert caught.value.lines[2].strip() == f'{name} = check.borrow("{name}")'


def test_the_stub_that_an_answer_calls_is_named():
    def content_gradient(F, P):
        raise Unfinished("content_loss")

    with pytest.raises(Unfinished, match="content_loss is not written yet"):
        check.content_gradient(content_gradient)


def test_what_torch_has_not_implemented_is_no_stub():
    class Scaled(torch.nn.Module):
        pass

    def normalise(image, mean, std):
        return Scaled()(image)

    failure = refusal("normalise", normalise)
    assert failure.mistake == "raised" and "`return Scaled()(image)`" in failure.lines[0]


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("thing", [None, 3, torch.zeros(2), "content_loss", {}])
def test_no_function(name, thing):
    with pytest.raises(CheckFailed) as caught:
        EXERCISES[name](thing)
    readable(caught.value)
    assert caught.value.mistake == "not_a_function"
    assert f"check.{name}({name})" in caught.value.lines[1]


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("answer", [LocalAnswer, PickledAnswer])
def test_a_borrowed_function_works_and_earns_nothing(name, answer, capsys):
    borrowed = check.borrow(name)
    assert capsys.readouterr().out.startswith(f"→ {name} is borrowed")
    assert borrowed.__name__ == name and borrowed.__doc__ == EXERCISES[name].reference.__doc__
    EXERCISES[name].verify(LocalAnswer(name, lambda *inputs: borrowed(*inputs)), 0)
    for function in (borrowed, EXERCISES[name].reference):
        assert refusal(name, function, answer=answer).mistake == "borrowed"
        with pytest.raises(CheckFailed, match="earns no points"):
            EXERCISES[name](function)
    assert capsys.readouterr().out == ""


def test_only_exercises_can_be_borrowed():
    with pytest.raises(
        InputError, match=f"no exercise 'contentloss' to borrow; there are {', '.join(sorted(EXERCISES))}"
    ):
        check.borrow("contentloss")


# --- What a check is ------------------------------------------------------------------------------------------------


def written_down(value):
    """The same in lists, which can be compared."""
    if isinstance(value, torch.Tensor):
        return value.tolist()
    if isinstance(value, dict):
        return {key: written_down(entry) for key, entry in value.items()}
    return [written_down(entry) for entry in value] if isinstance(value, list) else value


class Remembering(LocalAnswer):
    """An answer that keeps what it was asked."""

    def __init__(self, name):
        super().__init__(name, ours(name))
        self.asked = []

    def ask(self, probe, *inputs):
        self.asked.append((probe, written_down(list(inputs))))
        return super().ask(probe, *inputs)


@pytest.mark.parametrize("name", EXERCISES)
def test_inputs_are_fresh_and_a_seed_repeats_them(name):
    first, again, other = Remembering(name), Remembering(name), Remembering(name)
    for answer, seed in ((first, 1), (again, 1), (other, 2)):
        EXERCISES[name].verify(answer, seed)
    assert first.asked == again.asked
    assert first.asked != other.asked


@pytest.mark.parametrize("name", EXERCISES)
def test_a_call_draws_another_seed_each_time(name, monkeypatch):
    seeds = []
    draw = Draw.__init__
    monkeypatch.setattr(Draw, "__init__", lambda self, seed: (seeds.append(seed), draw(self, seed))[1])
    for _ in range(3):
        EXERCISES[name](ours(name))
    assert len(set(seeds)) == 3


@pytest.mark.parametrize("name", EXERCISES)
def test_success_prints_one_line_and_nothing_else(name, capsys):
    assert EXERCISES[name](ours(name)) is None
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.startswith(f"✓ {name}: ") and printed.out.count("\n") == 1 and len(printed.out) <= 160


@pytest.mark.parametrize("name", EXERCISES)
def test_a_check_leaves_the_notebook_as_it_was(name):
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    with torch.no_grad():
        EXERCISES[name].verify(LocalAnswer(name, ours(name)), 0)
        assert not torch.is_grad_enabled()
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("name", EXERCISES)
def test_torchs_defaults_do_not_matter(name):
    torch.set_default_dtype(torch.float64)
    try:
        if name not in ("make_vgg", "extract"):  # there torch makes networks of that type, in every function
            EXERCISES[name].verify(LocalAnswer(name, ours(name)), 0)
    finally:
        torch.set_default_dtype(torch.float32)


def test_failures_survive_the_border_of_a_process():
    failure = refusal("content_loss", nothing)
    there = pickle.loads(pickle.dumps(failure))
    assert (there.exercise, there.mistake, there.lines) == (failure.exercise, failure.mistake, failure.lines)
    assert pickle.loads(pickle.dumps(Unfinished("closure"))).lines == Unfinished("closure").lines


def test_decorated_answers_are_quoted_too():
    import functools

    def decorator(function):
        @functools.wraps(function)
        def wrapper(*inputs):
            return function(*inputs)

        return wrapper

    for function in (decorator(a_type_error), functools.partial(a_type_error)):
        assert "`return inputs + 1`" in refusal("content_loss", function).lines[0]
