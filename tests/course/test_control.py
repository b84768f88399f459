"""Colours, regions and mixtures: what the functions of chapter 6 promise."""

from itertools import pairwise

import pytest
import torch
from PIL import Image

from course import gallery
from course.control.colours import LUMINANCE, luminance, match_colour, transfer_luminance
from course.control.mixtures import blend_styles, blended_style
from course.control.regions import (
    clusters,
    guided_gram,
    load_mask,
    load_masks,
    propagate,
    stride_and_field,
    style_in,
)
from course.errors import InputError
from course.losses import gram
from course.nets.vgg import layer_names
from course.nets.weights import vgg19
from course.objectives import Objective, style


@pytest.fixture(autouse=True)
def same_numbers():
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def net():
    return vgg19(weights="slim", padding="replicate")


def moments(picture):
    rows = picture.flatten(2)[0]
    return rows.mean(1), torch.cov(rows, correction=0)


# --- Colours --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("photo", ["cat", "china"])
def test_a_recoloured_style_has_mean_and_covariance_of_the_photo(photo):
    style_picture, photo = gallery.style("swirls", 96), gallery.photo(photo, 64)
    for found, wanted in zip(moments(match_colour(style_picture, photo)), moments(photo), strict=True):
        assert torch.allclose(found, wanted, atol=1e-3)


def test_a_picture_that_has_the_colours_already_keeps_them():
    cat = gallery.photo("cat", 64)
    assert torch.allclose(match_colour(cat, cat), cat, atol=1e-3)


def test_where_a_pixel_lies_does_not_matter_for_its_colour():
    swirls, cat = gallery.style("swirls", 48), gallery.photo("cat", 48)
    assert torch.allclose(match_colour(swirls.flip(3), cat), match_colour(swirls, cat).flip(3), atol=1e-4)
    assert torch.allclose(match_colour(swirls, cat.flip(2)), match_colour(swirls, cat), atol=1e-4)


def test_pictures_of_one_colour_or_none_are_no_trouble():
    cat = gallery.photo("cat", 32)
    flat, grey = torch.full((1, 3, 8, 8), 0.3), cat.mean(1, keepdim=True).expand(1, 3, -1, -1)
    assert match_colour(flat, cat).isfinite().all() and match_colour(grey, cat).isfinite().all()
    assert torch.allclose(match_colour(cat, flat), torch.tensor(0.3), atol=0.05)
    greyed = match_colour(cat, grey)
    assert (greyed.amax(1) - greyed.amin(1)).max() < 0.05


def test_luminance_moves_and_colour_stays():
    photo, painted = torch.rand(2, 2, 3, 4, 5).unbind()
    made = transfer_luminance(photo, painted)
    assert torch.allclose(luminance(made), luminance(painted), atol=1e-6)
    assert torch.allclose(made - luminance(made), photo - luminance(photo), atol=1e-6)
    assert torch.allclose(transfer_luminance(photo, photo), photo)
    assert sum(LUMINANCE) == pytest.approx(1)


def test_two_pictures_of_two_shapes_have_no_luminance_to_exchange():
    with pytest.raises(InputError, match="must have one shape"):
        transfer_luminance(torch.rand(1, 3, 4, 4), torch.rand(1, 3, 4, 5))
    with pytest.raises(InputError):
        match_colour(torch.rand(3, 4, 4), torch.rand(1, 3, 4, 5))


# --- Regions --------------------------------------------------------------------------------------------------------


def test_a_guide_of_ones_is_no_guide():
    F = torch.randn(2, 3, 4, 5)
    assert torch.allclose(guided_gram(F, torch.ones(1, 1, 4, 5)), gram(F) / 20, atol=1e-5)


def test_two_regions_by_their_areas_are_the_whole():
    F, mask = torch.randn(2, 3, 4, 5), (torch.rand(2, 1, 4, 5) > 0.5).float()
    area = mask.sum((2, 3))[..., None]
    whole = area * guided_gram(F, mask) + (20 - area) * guided_gram(F, 1 - mask)
    assert torch.allclose(whole, gram(F), atol=1e-4)


def test_a_soft_guide_weighs_places():
    F, guide = torch.randn(1, 3, 4, 5), torch.rand(1, 1, 4, 5)
    rows, weights = F.flatten(2)[0], guide.flatten().square()
    wanted = torch.einsum("ik,jk,k->ij", rows, rows, weights) / weights.sum()
    assert torch.allclose(guided_gram(F, guide)[0], wanted, atol=1e-5)
    assert torch.allclose(guided_gram(F, 0.1 * guide), guided_gram(F, guide), atol=1e-5)


def test_what_lies_elsewhere_counts_for_nothing():
    F, mask = torch.randn(1, 3, 4, 6), torch.zeros(1, 1, 4, 6)
    mask[..., :3] = 1
    changed = F + 5 * (1 - mask)
    assert torch.equal(guided_gram(F, mask), guided_gram(changed, mask))
    F.requires_grad_()
    (gradient,) = torch.autograd.grad(guided_gram(F, mask).square().sum(), F)
    assert gradient[..., 3:].abs().max() == 0 < gradient[..., :3].abs().min()


def test_an_empty_region_asks_for_nothing():
    F = torch.randn(1, 3, 4, 5, requires_grad=True)
    G = guided_gram(F, torch.zeros(1, 1, 4, 5))
    assert torch.equal(G, torch.zeros(1, 3, 3))
    (gradient,) = torch.autograd.grad(G.sum(), F)
    assert gradient.abs().max() == 0


@pytest.mark.parametrize("shape", [(1, 1, 5, 4), (1, 3, 4, 5), (3, 1, 4, 5), (4, 5)])
def test_a_guide_of_other_places_is_refused(shape):
    with pytest.raises(InputError, match=r"regions\.propagate"):
        guided_gram(torch.randn(2, 3, 4, 5), torch.ones(shape))


@pytest.mark.parametrize(("stride", "reach"), [(1, 0), (2, 0), (2, 1), (3, 4), (4, 30)])
def test_a_place_counts_if_all_that_it_reaches_is_inside(stride, reach):
    mask = (torch.rand(1, 1, 17, 23) > 0.02).float()
    found = propagate(mask, stride, reach)
    for row in range(17 // stride):
        for column in range(23 // stride):
            rows = slice(max(0, row * stride - reach), (row + 1) * stride + reach)
            columns = slice(max(0, column * stride - reach), (column + 1) * stride + reach)
            assert found[0, 0, row, column] == mask[0, 0, rows, columns].min()
    assert found.shape == (1, 1, 17 // stride, 23 // stride)


def test_more_reach_never_adds_a_place_and_a_whole_mask_stays_whole():
    mask = load_masks("china", 64, 96)["sky"]
    fewer = [propagate(mask, 4, reach) for reach in range(0, 12, 3)]
    assert all((one >= two).all() for one, two in pairwise(fewer))
    assert fewer[0].sum() > fewer[-1].sum()
    assert propagate(torch.ones(1, 1, 9, 9), 2, 3).min() == 1


def test_no_mask_no_guide():
    for wrong in (torch.full((1, 1, 4, 4), 0.5), torch.ones(1, 3, 4, 4), torch.ones(4, 4)):
        with pytest.raises(InputError, match="a mask is"):
            propagate(wrong, 2)
    with pytest.raises(InputError, match="the reach"):
        propagate(torch.ones(1, 1, 4, 4), 2, -1)


@pytest.mark.parametrize("layer", ["relu1_1", "conv2_2", "relu3_1", "pool4", "relu5_1"])
def test_a_place_sees_what_the_rule_says(layer):
    """Where the gradient of one place of random filters is not zero: so many pixels, so far apart."""
    random = vgg19(weights="random", pooling="avg")  # of a maximum only one would get a gradient
    image = torch.rand(1, 3, 352, 352, requires_grad=True)
    F = random(image, [layer])[layer]
    stride, field = stride_and_field(layer)
    assert F.shape[3] == 352 // stride
    middle = F.shape[2] // 2
    (gradient,) = torch.autograd.grad(F[..., middle, middle].sum(), image)
    seen = gradient.abs().sum((0, 1)).sum(0).nonzero().flatten()
    assert int(seen.max() - seen.min()) + 1 == field


def test_an_unknown_layer_is_told_with_those_there_are():
    with pytest.raises(InputError, match="conv1_1, relu1_1"):
        stride_and_field("relu9_9")
    assert stride_and_field(layer_names("E")[-1]) == (32, 268)


@pytest.mark.parametrize(("photo", "names"), [("china", {"sky", "temple", "trees"}), ("flower", {"flower", "leaves"})])
@pytest.mark.parametrize("shape", [(128, 192), (65, 97)])
def test_drawn_regions_cover_the_photo_once(photo, names, shape):
    masks = load_masks(photo, *shape)
    assert set(masks) == names
    assert torch.equal(sum(masks.values()), torch.ones(1, 1, *shape))
    assert all(mask.mean() > 0.1 for mask in masks.values())


def test_a_region_is_where_its_thing_is():
    photo = gallery.photo("china", 192)
    masks = load_masks("china", *photo.shape[2:])
    light = {name: (luminance(photo) * mask).sum() / mask.sum() for name, mask in masks.items()}
    assert light["sky"] > light["temple"] > light["trees"]


def test_a_photo_without_regions_is_told_which_have_some():
    with pytest.raises(InputError, match="china, flower"):
        load_masks("cat", 10, 10)


def test_a_mask_of_ones_own(tmp_path):
    drawn = Image.new("L", (20, 10), 30)
    drawn.paste(200, (0, 0, 10, 10))
    drawn.save(tmp_path / "mine.png")
    mask = load_mask(tmp_path / "mine.png", 5, 10)
    assert mask[0, 0, 0].tolist() == [1] * 5 + [0] * 5
    Image.new("L", (20, 10), 30).save(tmp_path / "black.png")
    with pytest.raises(InputError, match="is black all over"):
        load_mask(tmp_path / "black.png", 5, 10)


def test_clusters_are_each_place_once_and_find_what_is_apart():
    F = torch.zeros(1, 4, 6, 8)
    F[:, 0, :, :3], F[:, 1, :, 3:], F[:, 2] = 2, 5, 0.1
    heaps = clusters(F, 2)
    assert heaps.shape == (2, 1, 6, 8) and torch.equal(heaps.sum(0), torch.ones(1, 6, 8))
    assert {float(heap[0, 0, 0]) for heap in heaps} == {0.0, 1.0}
    assert all(heap[0, :, :3].unique().numel() == 1 == heap[0, :, 3:].unique().numel() for heap in heaps)
    assert torch.equal(clusters(F, 2), heaps), "nothing is left to chance"
    light = torch.cat([torch.full((1, 4, 6, 3), 0.1), torch.full((1, 4, 6, 5), 0.9)], 3)
    assert clusters(light, 2, directions=False).sum((1, 2, 3)).tolist() in ([18, 30], [30, 18])
    assert clusters(light, 2).sum((1, 2, 3)).max() == 48, "all point the same way"
    with pytest.raises(InputError, match="clusters need"):
        clusters(F, 49)


def test_a_style_in_a_region_pulls_there_and_with_full_reach_nowhere_else(net):
    photo = gallery.photo("china", 96).requires_grad_()
    sky = load_masks("china", *photo.shape[2:])["sky"]
    elsewhere = []
    for reach in (0, 200):
        term = style_in(gallery.style("swirls", 96), sky, "sky", layers=["relu1_1", "relu3_1"], reach=reach)
        total = Objective(net, [term]).at(*photo.shape[2:])(photo).total
        strength = torch.autograd.grad(total, photo)[0].abs().sum((0, 1))
        assert (strength * sky[0, 0]).sum() > 0
        elsewhere.append(float((strength * (1 - sky[0, 0])).sum()))
    assert elsewhere[0] > 0 == elsewhere[1]


def test_a_painting_has_regions_too(net):
    """Where the style picture is the photo, its sky is at distance 0 from the photo's, and its trees are not."""
    photo = gallery.photo("china", 96)
    masks = load_masks("china", *photo.shape[2:])

    def far(of):
        term = style_in(photo, masks["sky"], "sky", of=of)
        return float(Objective(net, [term]).at(*photo.shape[2:])(photo).total)

    assert far(masks["sky"]) < 1e-6 < 0.1 < far(masks["trees"])


@pytest.mark.parametrize("which", ["mask", "of"])
@pytest.mark.parametrize(
    ("given", "words"),
    [
        (torch.zeros(1, 1, 8, 8), "no place belongs"),
        (torch.full((1, 1, 8, 8), 0.5), "a mask is"),
        (torch.ones(8, 8), "a mask is"),
    ],
)
def test_a_region_that_is_none_is_refused_at_once(which, given, words):
    masks = {"mask": torch.ones(1, 1, 8, 8), which: given}
    with pytest.raises(InputError, match=words):
        style_in(gallery.style("swirls", 32), name="sky", **masks)


def test_a_layer_without_a_place_in_the_styles_mask_asks_for_nothing(net):
    """And not for maps of zeros, which are what is known of it."""
    photo = gallery.photo("cat", 96)
    everywhere, strip = torch.ones(1, 1, *photo.shape[2:]), torch.zeros(1, 1, *photo.shape[2:])
    strip[..., 8:16] = 1

    def total(layers):
        term = style_in(photo, everywhere, "sky", layers, of=strip)
        return float(Objective(net, [term]).at(*photo.shape[2:])(photo).total)

    alone = total(["relu2_1"])
    assert alone > 0 and total(["relu2_1", "relu5_1"]) == pytest.approx(alone / 2)
    with pytest.raises(InputError, match="make it larger"):
        total(["relu5_1"])


def test_a_mask_of_true_and_false_will_do(net):
    photo = gallery.photo("china", 96)
    sky = load_masks("china", *photo.shape[2:])["sky"]
    one, two = (
        float(Objective(net, [style_in(gallery.style("swirls", 96), mask, "sky")]).at(64, 96)(photo).total)
        for mask in (sky, sky.bool())
    )
    assert one == two


def test_a_style_in_the_whole_picture_is_the_style(net):
    photo, swirls = gallery.photo("cat", 64), gallery.style("swirls", 64)
    everywhere = torch.ones(1, 1, *photo.shape[2:])
    shape = photo.shape[2:]
    guided, plain = (
        float(Objective(net, [term]).at(*shape)(photo).total)
        for term in (style_in(swirls, everywhere, "all"), style(swirls))
    )
    assert guided == pytest.approx(plain, rel=1e-4)


# --- Mixtures -------------------------------------------------------------------------------------------------------


def test_a_blend_is_the_gram_matrix_of_places_in_these_shares():
    one, two = torch.randn(1, 3, 4, 5), torch.randn(1, 3, 2, 5)
    pooled = torch.cat([one.flatten(2), two.flatten(2), two.flatten(2), two.flatten(2), two.flatten(2)], 2)[..., None]
    wanted = gram(pooled) / pooled.shape[2]
    assert torch.allclose(blend_styles([one, two], [1, 2]), wanted, atol=1e-5)
    assert torch.allclose(blend_styles([one, two], [0.3, 0.6]), wanted, atol=1e-5)


def test_shares_that_are_none_are_refused():
    F = torch.randn(1, 3, 4, 5)
    for features, shares in (([], []), ([F], [1, 2]), ([F], [-1]), ([F, F], [0, 0])):
        with pytest.raises(InputError, match="share"):
            blend_styles(features, shares)


def test_a_blend_of_one_style_is_that_style(net):
    photo, swirls, fans = gallery.photo("cat", 64), gallery.style("swirls", 64), gallery.style("fans", 64)

    def far(term):
        return float(Objective(net, [term]).at(*photo.shape[2:])(photo).total)

    assert far(blended_style([swirls, fans], [1, 0])) == pytest.approx(far(style(swirls)), rel=1e-4)
    assert far(blended_style([swirls, fans], [1, 1])) != pytest.approx(far(style(swirls)), rel=1e-2)
