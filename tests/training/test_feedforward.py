"""course/nets/feedforward.py: what a painter is before and after training, and its file."""

import pytest
import torch
from torch.nn import functional

from course import gallery
from course.errors import InputError
from course.nets.feedforward import (
    Painter,
    Parts,
    conditional_instance_norm,
    convolve,
    enlarge,
    instance_norm,
    load_painter,
)
from tests.course._pictures import assert_near

STYLES = ("swirls", "chalk", "fans")


@pytest.fixture(scope="module")
def painter():
    """Untrained, but its styles differ."""
    made = Painter(STYLES, width=4, blocks=1, seed=3)
    random = torch.Generator().manual_seed(0)
    for name, parameter in made.named_parameters():
        if name.endswith(("gammas", "betas")):
            parameter.data += 0.3 * torch.randn(parameter.shape, generator=random)
    return made.requires_grad_(False)


@pytest.fixture(scope="module")
def photo():
    return gallery.photo("cat", 64)


# ---- its parts -------------------------------------------------------------------------------------------------------


def test_instance_norm_is_torchs():
    x, gamma, beta = torch.randn(2, 5, 7, 9), torch.randn(5), torch.randn(5)
    assert_near(instance_norm(x, gamma, beta), functional.instance_norm(x, weight=gamma, bias=beta, eps=1e-5), 1e-5)


def test_instance_norm_with_a_style_for_each_picture():
    x, gamma, beta = torch.randn(3, 4, 8, 6), torch.rand(3, 4) + 0.5, torch.randn(3, 4)
    y = instance_norm(x, gamma, beta)
    assert_near(y.mean((2, 3)), beta, 1e-5)
    assert_near(y.std((2, 3), unbiased=False), gamma, 1e-4)
    assert_near(y[1:2], instance_norm(x[1:2], gamma[1], beta[1]), 1e-5)


def test_instance_norm_of_a_constant_map_is_beta():
    assert_near(instance_norm(torch.ones(1, 2, 4, 4), torch.ones(2), torch.tensor([1.0, -2.0])),
                torch.tensor([1.0, -2.0]).view(1, 2, 1, 1).expand(1, 2, 4, 4), 1e-6)  # fmt: skip


def test_conditional_instance_norm_mixes_the_styles_of_each_picture():
    x, gammas, betas = torch.randn(2, 4, 8, 6), torch.rand(3, 4) + 0.5, torch.randn(3, 4)
    shares = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]])
    y = conditional_instance_norm(x, gammas, betas, shares)
    assert_near(y[:1], instance_norm(x[:1], gammas[0], betas[0]), 1e-5)
    halves = [instance_norm(x[1:], gammas[k], betas[k]) for k in (1, 2)]
    assert_near(y[1:], (halves[0] + halves[1]) / 2, 1e-5)


def test_a_painter_of_several_styles_is_made_of_the_conditional_one(painter, photo):
    seen = []

    def mine(x, gammas, betas, shares):
        seen.append((x.shape[1], len(gammas), shares.tolist()))
        return conditional_instance_norm(x, gammas, betas, shares)

    expected, painter.parts = painter(photo, painter.share("fans")), Parts(conditional_instance_norm=mine)
    try:
        assert torch.equal(painter(photo, painter.share("fans")), expected)
    finally:
        painter.parts = Parts()
    assert [channels for channels, _, _ in seen] == [4, 8, 16, 16, 16, 8, 4]
    assert all(rows == (3, [[0.0, 0.0, 1.0]]) for rows in (one[1:] for one in seen))


def test_what_is_constant_stays_so_when_it_is_enlarged_also_at_the_border():
    """A transposed convolution, or zeros around the maps, would draw a checkerboard or a frame."""
    weight = torch.randn(3, 2, 3, 3)
    x = torch.tensor([0.7, -0.2]).view(1, 2, 1, 1).expand(1, 2, 5, 7)
    y = enlarge(x, weight)
    assert y.shape == (1, 3, 10, 14)
    assert_near(y, (weight.sum((2, 3)) @ x[0, :, 0, 0]).view(1, 3, 1, 1).expand_as(y), 1e-5)
    assert convolve(x, weight, stride=2).shape == (1, 3, 3, 4)


# ---- painting --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(64, 48), (33, 50), (7, 5), (1, 1)])
def test_any_size_comes_back(painter, size):
    assert painter(torch.rand(2, 3, *size)).shape == (2, 3, *size)


def test_the_contrast_of_the_photo_does_not_get_through(painter, photo):
    faint = 0.4 + 0.3 * (photo - 0.4)
    assert (faint - photo).abs().max() > 0.2
    assert (painter(faint) - painter(photo)).abs().max() < 0.02


def test_each_style_is_another_and_each_picture_has_its_own(painter, photo):
    one, two = (painter(photo, painter.share(style)) for style in STYLES[:2])
    assert (one - two).abs().mean() > 0.02
    both = painter(photo.expand(2, -1, -1, -1), torch.cat([painter.share(style) for style in STYLES[:2]]))
    assert_near(both, torch.cat([one, two]), 1e-5)
    assert_near(painter(photo), one, 0)


def test_a_mixture(painter, photo):
    half = painter.mixture({"swirls": 2, "fans": 2})
    assert half.tolist() == [[0.5, 0.0, 0.5]]
    assert_near(painter.mixture({"chalk": 3}), painter.share("chalk"), 0)
    between = painter(photo, half)
    assert min((between - painter(photo, painter.share(name))).abs().mean() for name in ("swirls", "fans")) > 0.01


def test_one_style_after_the_other(painter, photo):
    names, paintings = zip(*painter.in_each_style(photo), strict=True)
    assert names == STYLES
    assert_near(paintings[1], painter(photo, painter.share("chalk")).clamp(0, 1), 1e-6)


def test_the_same_seed_gives_the_same_painter_and_leaves_torchs_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, two, other = (Painter(["a"], 4, 1, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(one.first, two.first) and not torch.equal(one.first, other.first)


# ---- its file --------------------------------------------------------------------------------------------------------


def test_saved_and_loaded_in_half_precision(painter, photo, tmp_path):
    painter.save(tmp_path / "new" / "p.pt")
    loaded = load_painter(tmp_path / "new" / "p.pt")
    assert (loaded.styles, loaded.width, loaded.blocks) == (STYLES, 4, 1)
    assert_near(loaded(photo), painter(photo), 0.02)
    numbers = sum(parameter.numel() for parameter in painter.parameters())
    assert 2 * numbers < (tmp_path / "new" / "p.pt").stat().st_size < 2 * numbers + 20_000
    assert not any(parameter.requires_grad for parameter in loaded.parameters())


def message(function, *arguments):
    with pytest.raises(InputError) as caught:
        function(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_no_painter(tmp_path):
    assert "did you mean 'twenty'" in message(load_painter, "twent")
    assert "is neither a file nor a painter of the course" in message(load_painter, tmp_path / "none.pt")
    for content in (b"", b"not a painter"):
        (tmp_path / "bad.pt").write_bytes(content)
        assert "train one with: course train STYLE -o FILE" in message(load_painter, tmp_path / "bad.pt")
    torch.save({"weights": {}}, tmp_path / "other.pt")
    assert "holds no painter" in message(load_painter, tmp_path / "other.pt")


def test_bad_input(painter, photo):
    assert "has not learnt 'swirl'; did you mean 'swirls'?" in message(painter.share, "swirl")
    assert "it knows swirls, chalk, fans" in message(painter.share, "qqq")
    assert "shares must be [1, 3], a row for each picture, not [1, 2]" in message(painter, photo, torch.ones(1, 2))
    assert "channels are last" in message(painter, torch.rand(1, 8, 8, 3))
    for shares in ({}, {"swirls": -1.0, "chalk": 2}, {"swirls": 0.0}):
        assert "at least one of them positive" in message(painter.mixture, shares)
    for styles in ([], ["a", "a"]):
        assert "at least one style, each once" in message(Painter, styles)
