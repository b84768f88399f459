"""course/adain: the statistics that are given, and the painter for any style, which is made of them."""

import pytest
import torch
from torch.nn import functional

from course import gallery
from course.adain.moments import adain, interpolate_styles, whiten_colour
from course.adain.stylist import Decoder, Stylist, holds_stylist, load_stylist
from course.errors import InputError
from course.nets.weights import vgg19
from tests.course._pictures import assert_near


def maps(*shape, seed=0):
    """Feature maps whose channels go together."""
    random = torch.Generator().manual_seed(seed)
    mixing = torch.eye(shape[1]) + 0.4 * torch.randn(shape[1], shape[1], generator=random)
    return torch.einsum("ij,bjhw->bihw", mixing, torch.randn(shape, generator=random)) + 2


def covariance(F):
    return torch.stack([torch.cov(f.flatten(1), correction=0) for f in F])


F, S = maps(2, 5, 12, 14), maps(2, 5, 9, 17, seed=1)


# ---- statistics ------------------------------------------------------------------------------------------------------


def test_adain_gives_mean_and_deviation_and_leaves_the_rest():
    T = adain(F, S)
    assert_near(T.mean((2, 3)), S.mean((2, 3)), 1e-5)
    assert_near(T.std((2, 3), correction=0), S.std((2, 3), correction=0), 1e-4)
    assert_near(functional.instance_norm(T), functional.instance_norm(F), 1e-4)
    assert_near(adain(F, F), F, 1e-5)
    assert (covariance(T) - covariance(S)).abs().max() > 0.2, "which AdaIN cannot give"


def test_whitening_and_colouring_give_the_covariance_too():
    T = whiten_colour(F, S)
    assert_near(T.mean((2, 3)), S.mean((2, 3)), 1e-4)
    assert_near(covariance(T), covariance(S), 1e-3)
    assert_near(whiten_colour(F, F), F, 1e-3)


@pytest.mark.parametrize("transfer", [adain, whiten_colour])
def test_of_a_style_the_places_do_not_matter(transfer):
    places = torch.randperm(9 * 17, generator=torch.Generator().manual_seed(2))
    shuffled = S.flatten(2)[..., places].view_as(S)
    assert_near(transfer(F, shuffled), transfer(F, S), 1e-4)
    assert_near(transfer(F, S[:1])[1:], transfer(F[1:], S[:1]), 1e-4)


@pytest.mark.parametrize("transfer", [adain, whiten_colour])
def test_silent_channels_and_fewer_places_than_channels(transfer):
    few = maps(1, 8, 2, 2)
    few[:, 3] = 0
    T = transfer(few, maps(1, 8, 6, 6, seed=1))
    assert T.isfinite().all() and T.var() < 1.5 * maps(1, 8, 6, 6, seed=1).var()
    assert transfer(0 * few, 0 * few).abs().max() < 1e-3


def test_the_gradient_of_the_roots_is_right_for_equal_variances_too():
    """Through the eigenvectors it would be infinite."""
    x = maps(1, 3, 4, 4).double()
    x[:, 1] = x[:, 0].flip(1)  # as much variance as its neighbour
    assert torch.autograd.gradcheck(lambda F: whiten_colour(F, S[:1, :3].double()), x.requires_grad_())
    white = torch.eye(4).view(1, 4, 2, 2).double().requires_grad_()
    (gradient,) = torch.autograd.grad(whiten_colour(white, S[:1, :4].double()).square().sum(), white)
    assert gradient.isfinite().all()


def test_mixtures_of_styles():
    styles = [S, maps(2, 5, 6, 6, seed=3)]
    assert_near(interpolate_styles(F, styles, [3, 1]), 0.75 * adain(F, S) + 0.25 * adain(F, styles[1]), 1e-5)
    assert_near(interpolate_styles(F, [F, S], [1, 0]), F, 1e-5)
    white = interpolate_styles(F, styles, [0, 2], whiten_colour)
    assert_near(white, whiten_colour(F, styles[1]), 1e-5)


@pytest.mark.parametrize(("styles", "shares"), [([], []), ([S], [1, 2]), ([S], [-1]), ([S, S], [0, 0])])
def test_shares_that_do_not_fit(styles, shares):
    with pytest.raises(InputError, match="share"):
        interpolate_styles(F, styles, shares)


@pytest.mark.parametrize("transfer", [adain, whiten_colour])
@pytest.mark.parametrize("other", [maps(2, 4, 3, 3), maps(3, 5, 3, 3), S[0]])
def test_maps_that_do_not_go_together(transfer, other):
    with pytest.raises(InputError, match="same channels"):
        transfer(F, other)


# ---- the painter -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def net():
    return vgg19(weights="slim", padding="replicate")


@pytest.fixture(scope="module")
def stylist(net):
    return Stylist(net, Decoder(net.widths[:3], seed=1).requires_grad_(False))


@pytest.mark.parametrize("size", [(1, 1), (5, 9), (30, 47)])
def test_any_size_comes_out_as_it_went_in(stylist, size):
    photo = torch.rand(2, 3, *size)
    assert stylist(photo, torch.rand(1, 3, 20, 31)).shape == photo.shape
    assert not stylist.paint(photo, torch.rand(1, 3, 20, 31)).requires_grad


def test_each_picture_has_a_style_of_its_own(stylist):
    photos, paintings = torch.rand(2, 3, 32, 40), torch.rand(2, 3, 36, 28)
    both = stylist(photos, paintings)
    assert_near(both[1:], stylist(photos[1:], paintings[1:]), 1e-3)
    assert (both[1:] - stylist(photos[1:], paintings[:1])).abs().max() > 0.01


def test_shares_of_paintings(stylist):
    photo, one, other = torch.rand(1, 3, 32, 40), torch.rand(1, 3, 36, 28), torch.rand(1, 3, 30, 30) ** 3
    assert_near(stylist(photo, one, other, shares=[2, 0]), stylist(photo, one), 1e-3)
    half = stylist(photo, one, other)
    assert_near(half, stylist(photo, one, other, shares=[3, 3]), 1e-4)
    assert (half - stylist(photo, one)).abs().max() > 0.01


def test_the_students_function_paints(net, stylist):
    seen = []

    def mine(F, S):
        seen.append(F.shape[1])
        return adain(F, S)

    Stylist(net, stylist.decoder, mine)(torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32))
    assert seen == [64, 64, 32, 16]


def test_only_the_decoder_learns(net):
    learning = Stylist(net, Decoder(net.widths[:2]))
    learning(torch.rand(2, 3, 24, 24), torch.rand(2, 3, 24, 24)).square().sum().backward()
    assert all(weights.grad.isfinite().all() for weights in learning.decoder.parameters())
    assert all(weights.grad is None for weights in net.parameters())


def test_its_file(stylist, tmp_path):
    stylist.save(tmp_path / "a" / "mine.pt")
    again = load_stylist(tmp_path / "a" / "mine.pt")
    photo, painting = torch.rand(1, 3, 24, 32), torch.rand(1, 3, 40, 32)
    assert_near(again(photo, painting), stylist(photo, painting), 0.02)
    assert holds_stylist(tmp_path / "a" / "mine.pt") and not holds_stylist("twenty")


def test_what_is_no_painter_of_this_kind(net, tmp_path):
    (tmp_path / "bad.pt").write_bytes(b"no painter")
    assert not holds_stylist(tmp_path / "bad.pt")
    for file in ("twenty", tmp_path / "bad.pt"):
        with pytest.raises(InputError, match="holds no painter for any style"):
            load_stylist(file)
    with pytest.raises(InputError, match="at least one painting"):
        Stylist(net, Decoder(net.widths[:2]))(torch.rand(1, 3, 8, 8))
    with pytest.raises(InputError, match="for stages of"):
        Stylist(net, Decoder((8, 16)))
    with pytest.raises(InputError, match="at least one stage"):
        Decoder(())


def test_the_committed_one_paints_strangers_nearer_to_their_styles(net):
    """It was never trained for these three."""
    stylist, photo = load_stylist("any"), gallery.photo("china", 192)

    def grams(picture):
        features = net(picture, ["relu1_1", "relu2_1", "relu3_1", "relu4_1"])
        return [
            torch.einsum("bihw,bjhw->bij", x, x) / x[0, 0].numel() for name, x in features.items() if name != "image"
        ]

    def left(painting):
        """How much of the photo's distance to a style is left."""
        wanted = grams(painting)
        painted, bare = (
            sum(float((G - A).square().sum() / A.square().sum()) for G, A in zip(grams(picture), wanted, strict=True))
            for picture in (stylist.paint(photo, painting), photo)
        )
        return painted / bare

    found = [left(gallery.style(name, 256)) for name in ("mosaic", "swirls", "watercolour")]
    assert sum(found) / 3 < 0.45 and max(found) < 0.55
