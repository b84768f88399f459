"""Climbing, spectra, and dreams: they stop, go on, and are the same for the same seed."""

import itertools
import math

import pytest
import torch
from torch.nn import functional

from course import gallery
from course.errors import InputError
from course.images import white_noise
from course.nets.weights import vgg19
from course.neurons.ascent import answer, ascend, channels_of, climb, jittered
from course.neurons.dreaming import dream, dream_octave
from course.neurons.spectrum import colour_root, noise_spectrum, picture_of

NET = vgg19(weights="slim", padding="replicate")
CAT = gallery.photo("cat", 64)


def test_each_step_is_as_long_as_the_one_before():
    a, start = torch.tensor([[3.0, -4.0, 0.0, 12.0]]), torch.ones(1, 4)
    expected = start + 5 * 0.1 * a / a.square().mean().sqrt()
    for factor in (1, 1000, 1e-12):
        assert torch.allclose(ascend(lambda x, factor=factor: factor * (a * x).sum(), start, 5, 0.1), expected)
    assert torch.equal(start, torch.ones(1, 4))


def test_where_it_is_flat_it_stays():
    start = torch.randn(2, 3, generator=torch.Generator().manual_seed(0))
    assert torch.equal(ascend(lambda x: 0 * x.sum(), start, 3, 1.0), start)
    assert torch.equal(ascend(lambda x: x.sum(), start, 0, 1.0), start)


def test_climbing_can_be_stopped_and_what_was_given_is_never_changed():
    steps = climb(lambda x: -(x - 3).square().sum(), torch.zeros(2), 10, 0.5)
    first, second = itertools.islice(steps, 2)
    assert first.tolist() == [0.5, 0.5] and second.tolist() == [1.0, 1.0] and not second.requires_grad
    assert next(steps).tolist() == [1.5, 1.5] and first.tolist() == [0.5, 0.5]


def test_what_cannot_be_climbed_is_said():
    for steps, size in ((-1, 1.0), (1.5, 1.0), (3, 0.0), (3, math.nan)):
        with pytest.raises(InputError):
            ascend(torch.sum, torch.zeros(2), steps, size)
    with pytest.raises(InputError, match="a score is one number"):
        ascend(lambda x: x * 2, torch.zeros(2), 1, 1.0)
    with pytest.raises(ArithmeticError, match="not finite at step 1"):
        ascend(lambda x: x.sqrt().sum(), torch.zeros(2), 1, 1.0)


def test_an_answer_grows():
    channel = answer(NET, "relu3_1", 5)
    assert float(channel(ascend(channel, CAT, 5, 0.02))) > 1.5 * float(channel(CAT))
    assert math.isclose(float(answer(NET, "relu2_1")(CAT)), float(NET(CAT, ["relu2_1"])["relu2_1"].square().mean()) / 2)
    assert channels_of(NET, "image") == 3 and channels_of(NET, "pool2") == NET.widths[1]
    with pytest.raises(InputError, match="there is no 999"):
        answer(NET, "relu3_1", 999)
    with pytest.raises(InputError, match="did you mean"):
        answer(NET, "relu31", 0)


def test_a_jittered_score_moves_its_picture_both_ways_and_the_same_for_the_same_seed():
    places = torch.arange(30.0).view(1, 1, 5, 6)

    def seen(seed):
        found = []
        score = jittered(lambda x: found.append(divmod(int(x[0, 0, 0, 0]), 6)), 1, seed)
        for _ in range(60):
            score(places)
        return found

    assert seen(0) == seen(0) != seen(1)
    assert set(seen(0)) == {(row % 5, column % 6) for row in (-1, 0, 1) for column in (-1, 0, 1)}


# --- Spectra --------------------------------------------------------------------------------------------------------

PLAIN = torch.eye(3)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (48, 81), (81, 48)])
def test_a_white_spectrum_becomes_a_picture_whose_power_falls_with_the_square_of_the_frequency(height, width):
    powers = []
    for seed in range(6):
        image = picture_of(noise_spectrum(height, width, seed, 0.001), PLAIN, height, width)
        assert image.shape == (1, 3, height, width)
        powers.append(torch.fft.fft2(image.logit()).abs().square().mean((0, 1)))
    power = torch.stack(powers).mean(0)
    f = torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.fftfreq(width)[None])
    bands = [power[(f > low) & (f <= 1.2 * low)].mean().log() for low in (0.06, 0.12, 0.24)]
    assert all(abs(float(a - b) / math.log(2) - 2) < 0.4 for a, b in itertools.pairwise(bands))


def test_one_wave_is_that_wave():
    spectrum = torch.zeros(1, 3, 8, 6, 2)
    spectrum[0, 0, 2, 0, 0] = spectrum[0, 0, 6, 0, 0] = 0.5
    rows = torch.arange(8.0) * 2 * math.pi * 2 / 8
    expected = (rows.cos() * 4 / math.sqrt(80)).view(1, 1, 8, 1).expand(1, 3, 8, 10)
    colours = torch.tensor([[1.0, 9.0, 9.0]] * 3)
    assert torch.allclose(picture_of(spectrum, colours, 8, 10).logit(), expected, atol=1e-5)


def test_colours_are_mixed_before_the_sigmoid():
    colours = torch.tensor([[0.5, 0.2, 0.0], [0.4, -0.3, 0.1], [0.3, 0.0, -0.4]])
    pixels = torch.cat([picture_of(noise_spectrum(40, 41, seed, 0.01), colours, 40, 41).logit() for seed in range(30)])
    covariance = torch.cov(pixels.transpose(0, 1).flatten(1))
    expected = colours @ colours.T
    assert torch.allclose(covariance / covariance.norm(), expected / expected.norm(), atol=0.08)


def test_a_spectrum_must_fit():
    with pytest.raises(InputError, match=r"has a spectrum \[B, 3, 8, 6, 2\], not \[1, 3, 8, 5, 2\]"):
        picture_of(noise_spectrum(8, 8), PLAIN, 8, 10)
    assert torch.equal(noise_spectrum(4, 5, 1), noise_spectrum(4, 5, 1))
    assert not torch.equal(noise_spectrum(4, 5, 1), noise_spectrum(4, 5, 2))


def test_the_colours_are_measured_from_the_photos():
    photos = [gallery.photo(name, 64) for name in ("cat", "astronaut", "coffee")]
    root = colour_root(photos)
    covariance = torch.stack([torch.cov(photo[0].flatten(1), correction=0) for photo in photos]).mean(0)
    found = root @ root.T
    assert torch.allclose(found / found.norm(), covariance / covariance.norm(), atol=1e-5)
    lengths = root.norm(dim=0).tolist()
    assert lengths == sorted(lengths, reverse=True) and math.isclose(lengths[0], 1, rel_tol=1e-5)
    assert float(root[:, 0].min()) > 0.4, "the first direction is from dark to light"
    for none, words in (([], "at least one"), ([CAT.mean(1, keepdim=True).expand(-1, 3, -1, -1)], "without colour")):
        with pytest.raises(InputError, match=words):
            colour_root(none)


# --- Dreams ---------------------------------------------------------------------------------------------------------


def stay(image):
    return image


def test_the_detail_is_enlarged_and_the_photo_is_not():
    small = torch.randn(1, 3, 20, 30, generator=torch.Generator().manual_seed(0))
    enlarged = functional.interpolate(small, CAT.shape[2:], mode="bilinear")
    assert torch.allclose(dream_octave(CAT, small, stay, (7, -3)), enlarged, atol=1e-6)


def test_what_climbs_is_moved_and_moved_back():
    seen = []

    def brighten_the_first_row(image):
        seen.append(image.clone())
        image = image.clone()
        image[:, :, 0] += 1
        return image

    detail = dream_octave(CAT, torch.zeros_like(CAT), brighten_the_first_row, (5, 2))
    assert torch.equal(seen[0], CAT.roll((5, 2), (2, 3)))
    assert torch.allclose(detail[:, :, -5], torch.ones(())) and float(detail.abs().sum()) == pytest.approx(3 * 64)


def run(**options):
    return dream(NET, CAT, "relu3_1", **{"octaves": 2, "steps": 3, **options})


def test_a_dream_is_a_stream_of_steps_that_climbs():
    steps = list(run())
    assert [(step.number, step.octave) for step in steps] == [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 2)]
    assert [max(step.picture.shape) for step in steps] == [46] * 3 + [64] * 3
    assert steps[2].score > steps[0].score and steps[5].score > steps[3].score
    assert steps[5].image.shape == CAT.shape and steps[-1].of == 6
    assert all(float(step.picture.min()) > -1e-5 and float(step.picture.max()) < 1 + 1e-5 for step in steps)
    seconds = [step.seconds for step in steps]
    assert seconds == sorted(seconds) and float((steps[-1].image - CAT).abs().mean()) > 0.01


def test_the_same_seed_dreams_the_same():
    first, again, other = (list(run(seed=seed))[-1].picture for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_a_dream_that_was_left_goes_on_as_if_nobody_had():
    whole = list(run())[-1].picture
    left = run()
    for _ in itertools.islice(left, 2):
        pass
    assert left.last.number == 2
    torch.manual_seed(123)
    torch.rand(5)
    assert torch.equal(list(left)[-1].picture, whole) and next(left, None) is None


def test_a_step_that_was_interrupted_is_taken_again():
    whole, calls = list(run())[-1].picture, []

    def impatient(*inputs):
        calls.append(None)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return dream_octave(*inputs)

    interrupted = run(octave=impatient)
    with pytest.raises(KeyboardInterrupt):
        list(interrupted)
    assert interrupted.last.number == 3
    assert torch.equal(list(interrupted)[-1].picture, whole)


def test_it_needs_no_gradient_to_be_switched_on():
    whole = list(run())[-1].picture
    with torch.inference_mode():
        assert torch.allclose(list(run())[-1].picture, whole)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"octaves": 0}, "the octaves"),
        ({"steps": 0}, "the steps"),
        ({"jitter": -1}, "the jitter"),
        ({"ratio": 1.0}, "the ratio"),
        ({"step_size": -1.0}, "the step size"),
        ({"octaves": 30}, "take fewer octaves"),
        ({"channel": 9999}, "there is no 9999"),
    ],
)
def test_a_dream_that_cannot_be_is_said_at_once(options, words):
    with pytest.raises(InputError, match=words):
        run(**options)


def test_a_dream_begins_with_a_photo():
    with pytest.raises(InputError, match="a batch of 2"):
        dream(NET, white_noise(64, 64).expand(2, -1, -1, -1), "relu3_1")
