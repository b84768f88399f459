"""Strokes, patchworks, portraits and photos: what the functions of chapter 9 promise."""

import math

import pytest
import torch

from course import gallery
from course.classical.pyramids import blurred
from course.errors import InputError
from course.images import fit
from course.nets.weights import vgg19
from course.objectives import Objective, content
from course.rendering.patchwork import SIZES, misfit, nearest_patches, patchwork, vote
from course.rendering.photoreal import affine_part, affine_residual, photoreal
from course.rendering.portraits import aligned, band, local_energy, relit
from course.rendering.strokes import LONGEST, oil_painting, slope_of, stroke
from course.synthesis import Stage, paint


@pytest.fixture(autouse=True)
def same_numbers():
    torch.manual_seed(0)


# --- A blur ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sigma", [0.5, 1.5, 4])
def test_a_blurred_point_is_a_gaussian(sigma):
    point = torch.zeros(1, 2, 41, 43)
    point[:, 1, 20, 21] = 1
    spread = blurred(point, sigma)
    assert torch.equal(spread[:, 0], torch.zeros(1, 41, 43)) and spread.sum().item() == pytest.approx(1, abs=1e-5)
    squares = ((torch.arange(41) - 20) ** 2).float()
    assert (spread[0, 1].sum(1) @ squares).sqrt().item() == pytest.approx(sigma, rel=0.08)
    assert torch.allclose(spread[0, 1, :, 21], spread[0, 1, 20, 1:42], atol=1e-6)


def test_a_blur_leaves_a_plain_area_alone_up_to_its_edge():
    plain = torch.full((1, 3, 6, 7), 0.3)
    assert torch.allclose(blurred(plain, 5), plain, atol=1e-6)


@pytest.mark.parametrize("sigma", [0, -1, math.nan, math.inf])
def test_a_blur_that_is_none(sigma):
    with pytest.raises(InputError, match="sigma"):
        blurred(torch.rand(1, 3, 8, 8), sigma)


# --- Strokes --------------------------------------------------------------------------------------------------------


def ball(height=60, width=70):
    """A slope that points to the middle."""
    rows, columns = torch.meshgrid(torch.arange(height) - 29.5, torch.arange(width) - 34.5, indexing="ij")
    return torch.stack([-rows, -columns]) / 1000


def test_a_stroke_on_a_ball_goes_round_it():
    smooth, slope = torch.zeros(3, 60, 70), ball()
    points = stroke(smooth, smooth + 1, slope, (29, 49), 2)
    assert len(points) == LONGEST
    steps = (points[1:] - points[:-1]).norm(dim=1)
    assert torch.allclose(steps, torch.full_like(steps, 2), atol=1e-5)
    far = (points - torch.tensor([29.5, 34.5])).norm(dim=1)
    assert (far - far[0]).abs().max() < 2
    turns = ((points[2:] - points[1:-1]) * (points[1:-1] - points[:-2])).sum(1)
    assert bool((turns > 0).all())


def test_where_the_slope_turns_over_a_stroke_goes_straight_on():
    """On a ridge it is lighter above on one half and below on the other: both right angles change places."""
    slope = torch.zeros(2, 20, 60)
    slope[0, :, :30], slope[0, :, 30:] = -0.01, 0.01
    points = stroke(torch.zeros(3, 20, 60), torch.ones(3, 20, 60), slope, (10, 28), 3)
    assert points[:, 0].unique().tolist() == [10]
    assert points[:, 1].tolist() == list(range(28, 59, 3)), "it crosses the ridge, and ends at the edge"


def test_the_slope_of_a_ramp():
    ramp = 0.02 * torch.arange(9.0).view(1, 1, 9, 1) + 0.05 * torch.arange(7.0)
    slope = slope_of(ramp.expand(1, 3, 9, 7))
    assert torch.allclose(slope[0, 1:-1, 1:-1], torch.tensor(0.02), atol=1e-6)
    assert torch.allclose(slope[1, 1:-1, 1:-1], torch.tensor(0.05), atol=1e-6)


@pytest.fixture(scope="module")
def layers():
    return list(oil_painting(gallery.photo("china", 96)))


def test_each_brush_brings_the_canvas_nearer(layers):
    temple = gallery.photo("china", 96)
    far = [(layer.picture - temple).square().mean().sqrt().item() for layer in layers]
    assert [layer.radius for layer in layers] == [8, 4, 2]
    assert far == sorted(far, reverse=True) and far[-1] < 0.15
    counts = [len(layer.strokes) for layer in layers]
    assert counts == sorted(counts)


def test_a_painting_that_is_right_gets_no_more_strokes():
    plain = torch.full((1, 3, 40, 50), 0.4)
    first, second = oil_painting(plain, (8, 4))
    assert first.strokes and not second.strokes
    assert torch.equal(first.board, second.board)
    assert (first.picture - plain).abs().mean() < 0.02


def test_only_light_and_shade_differ_in_the_light(layers):
    last = layers[-1]
    lit = last.lit()
    assert lit.shape == last.picture.shape and lit.min() >= 0 and lit.max() <= 1
    assert torch.allclose(last.lit(strength=0), last.picture, atol=1e-6)
    change = (lit - last.picture)[0]
    inside = ((last.picture[0] > 0.3) & (last.picture[0] < 0.7)).all(0)
    assert change[:, inside].std() > 0.01
    white = (change[0, inside] - change[2, inside]).abs() < 1e-5  # but where a pixel of the board was clamped
    assert white.float().mean() > 0.9


def test_light_falls_from_the_upper_left(layers):
    last = layers[-1]
    hill = torch.zeros_like(last.relief)
    hill[..., 60:120, 60:120] = 1
    lit = type(last)(last.radius, last.strokes, torch.full_like(last.board, 0.5), hill).lit()[0, 0]
    assert lit[20, 30] > 0.55 and lit[30, 20] > 0.55, "its upper and its left side"
    assert lit[39, 30] < 0.45 and lit[30, 39] < 0.45, "its lower and its right side"


def test_the_same_seed_paints_the_same(layers):
    again = list(oil_painting(gallery.photo("china", 96)))
    assert torch.equal(again[-1].board, layers[-1].board) and torch.equal(again[-1].relief, layers[-1].relief)
    other = list(oil_painting(gallery.photo("china", 96), seed=1))
    assert not torch.equal(other[-1].board, layers[-1].board)


@pytest.mark.parametrize("radii", [(), (4, 8), (4, 4), (0,), (2.5,)])
def test_brushes_that_are_none(radii):
    with pytest.raises(InputError, match="radi"):
        oil_painting(gallery.photo("cat", 32), radii)


# --- Patches --------------------------------------------------------------------------------------------------------


def test_a_picture_finds_itself():
    S = torch.rand(1, 3, 12, 15)
    assert nearest_patches(S, S, 4, 1).tolist() == list(range(9 * 12))
    assert torch.allclose(vote(S, torch.arange(9 * 12), 4, 1, (12, 15)), S, atol=1e-6)


def test_the_nearest_patch_of_many_blocks():
    """More patches than one block holds, against distances that are all written out."""
    X, S = torch.rand(1, 2, 40, 45), torch.rand(1, 2, 9, 11)
    asked = X.unfold(2, 3, 1).unfold(3, 3, 1).permute(2, 3, 0, 1, 4, 5).reshape(-1, 18)
    known = S.unfold(2, 3, 1).unfold(3, 3, 1).permute(2, 3, 0, 1, 4, 5).reshape(-1, 18)
    assert len(asked) > 1024
    assert torch.equal(nearest_patches(X, S, 3, 1), torch.cdist(asked, known).argmin(1))


def test_neither_choosing_nor_voting_raises_the_misfit():
    S, X = gallery.style("mosaic", 40), gallery.photo("cat", 48)[..., :32, :]
    misfits = []
    for _ in range(4):
        nearest = nearest_patches(X, S, 8, 4)
        misfits.append(misfit(X, S, nearest, 8, 4))
        X = vote(S, nearest, 8, 4, (32, 48))
        misfits.append(misfit(X, S, nearest, 8, 4))
    assert misfits == sorted(misfits, reverse=True) and misfits[-1] < misfits[0] / 2


def test_a_patchwork_is_made_of_the_painting():
    photo, painting = gallery.photo("china", 64), gallery.style("stained_glass", 64)
    rounds = list(patchwork(photo, painting, sizes=(32, 64)))
    assert [one.size for one in rounds] == [32] * 6 + [64] * 6 and [one.side for one in rounds[:6]] == [12] * 3 + [
        6
    ] * 3
    last = rounds[-1].picture
    assert last.shape == photo.shape and last.min() >= 0 and last.max() <= 1
    as_nearest = {
        name: misfit(one, painting, nearest_patches(one, painting, 6, 3), 6, 3)
        for name, one in (("photo", photo), ("patchwork", last))
    }
    assert as_nearest["patchwork"] < as_nearest["photo"] / 3


def test_the_photos_share_brings_the_photo_back():
    photo, painting = gallery.photo("cat", 48), gallery.style("swirls", 48)
    little, much = ([*patchwork(photo, painting, sizes=(48,), share=one)][-1].picture for one in (0.1, 0.9))
    light = [(one.mean(1) - photo.mean(1)).flatten() for one in (little, much)]
    assert light[1].std() < light[0].std()


SIZES_OR_SHARE = [
    *({"sizes": sizes} for sizes in ((), (64, 48), (48, 48), (8, 48), (48, 96))),
    *({"share": share} for share in (1, -0.1, math.nan)),
]


@pytest.mark.parametrize("wrong", SIZES_OR_SHARE)
def test_a_patchwork_that_cannot_be(wrong):
    with pytest.raises(InputError):
        patchwork(gallery.photo("cat", 64), gallery.style("swirls", 64), **{"sizes": (48, 64), **wrong})


def test_by_default_the_largest_size_fits_the_chapters_pictures():
    patchwork(gallery.photo("cat", SIZES[-1]), gallery.style("swirls", SIZES[-1]))


def test_patches_that_do_not_fit():
    X, S = torch.rand(1, 3, 10, 10), torch.rand(1, 1, 10, 10)
    with pytest.raises(InputError, match="3 channels and S 1"):
        nearest_patches(X, S, 2, 1)
    with pytest.raises(InputError, match="does not fit"):
        nearest_patches(X, X, 11, 1)
    with pytest.raises(InputError, match="multiples of 3"):
        vote(X, torch.zeros(9, dtype=torch.long), 4, 3, (10, 11))
    with pytest.raises(InputError, match="no larger than a patch"):
        vote(X, torch.zeros(9, dtype=torch.long), 2, 4, (10, 10))


# --- Portraits ------------------------------------------------------------------------------------------------------


def test_bands_and_the_widest_blur_add_up_to_the_picture():
    face = gallery.photo("astronaut", 64)
    parts = [band(face, level) for level in range(4)]
    assert torch.allclose(sum(parts) + blurred(face, 16), face, atol=1e-5)


def test_energy_lies_where_the_detail_is():
    picture = torch.full((2, 1, 40, 60), 0.5)
    picture[1, :, :, 40:] += 0.2 * torch.randn(1, 40, 20)
    energy = local_energy(picture, 0)
    assert energy[0].max() < 1e-10 and energy[1, :, :, :30].max() < 1e-6 < 1e-3 < energy[1, :, :, 45:55].min()


def test_a_portrait_in_its_own_light_is_itself():
    face = gallery.photo("astronaut", 64)
    assert (relit(face, face) - face).abs().max() < 0.05


def test_a_portrait_gets_the_energies_of_the_example():
    subject = gallery.photo("astronaut", 96)
    example = (subject - 0.5) * 1.8 + 0.4
    found = relit(subject, example)
    for level in (0, 1, 2):
        wanted, before, after = (local_energy(one, level).mean().sqrt() for one in (example, subject, found))
        assert abs(after - wanted) < 0.4 * abs(before - wanted)
    assert abs(found.mean() - example.mean()) < 0.02


def test_gains_have_bounds():
    subject = 0.5 + 0.01 * torch.randn(1, 1, 64, 64)
    stronger = relit(subject, 0.5 + (subject - 0.5) * 100)
    assert band(stronger, 0).std() < 3.5 * band(subject, 0).std()
    plain = relit(subject, torch.full_like(subject, 0.5))
    assert band(plain, 0).std() > 0.7 * band(subject, 0).std()


def test_three_points_come_to_where_three_others_are():
    picture = torch.zeros(1, 3, 50, 60)
    points = torch.tensor([[10.0, 12.0], [14.0, 40.0], [40.0, 20.0]])
    for row, column in points.int().tolist():
        picture[..., row - 1 : row + 2, column - 1 : column + 2] = 1
    like = torch.tensor([[8.0, 8.0], [8.0, 24.0], [26.0, 15.0]])
    cut = aligned(picture, points, like, 32)
    assert cut.shape == (1, 3, 32, 32)
    for row, column in like.int().tolist():
        assert cut[0, 0, row, column] > 0.8
    assert cut[0, 0, 16:20, 20:24].max() < 0.2


def test_points_that_are_where_they_should_be_move_no_pixel():
    picture = gallery.photo("astronaut", 48)
    places = torch.tensor([[5.0, 6.0], [9.0, 30.0], [33.0, 17.0]])
    assert torch.allclose(aligned(picture, places, places, 40), picture[..., :40, :40], atol=1e-3)


def test_portraits_that_do_not_fit():
    face = gallery.photo("astronaut", 48)
    line = torch.tensor([[0.0, 0.0], [10.0, 10.0], [20.0, 20.0]])
    with pytest.raises(InputError, match="on a line"):
        aligned(face, line, torch.tensor([[0.0, 0.0], [0.0, 9.0], [9.0, 0.0]]), 32)
    with pytest.raises(InputError, match="one shape"):
        relit(face, face[..., :40])


# --- Photos ---------------------------------------------------------------------------------------------------------


def test_the_residual_is_that_of_the_matting_laplacian():
    """Levin et al. (2006), equation 12, written out for a small picture; their form holds the penalty as well."""
    photo, painted = torch.rand(2, 1, 3, 5, 6).double()
    places = torch.arange(30).view(5, 6)
    L = torch.zeros(30, 30).double()
    for row in range(3):
        for column in range(4):
            window = places[row : row + 3, column : column + 3].flatten()
            colours = photo[0].flatten(1)[:, window].T
            centred = colours - colours.mean(0)
            inner = torch.linalg.inv(centred.T @ centred / 9 + 1e-9 * torch.eye(3))
            L[window[:, None], window] += torch.eye(9) - (1 + centred @ inner @ centred.T) / 9
    V = painted[0].flatten(1)
    whole = (V @ L @ V.T).trace() / (12 * 27)
    assert affine_residual(photo, painted).item() == pytest.approx(whole.item(), rel=2e-3)


def test_light_leaves_nothing_and_strokes_do():
    temple = gallery.photo("china", 64)
    toned = torch.einsum("ij,bjhw->bihw", torch.rand(3, 3), temple) + 0.1
    moved = temple.roll(1, 3)
    assert affine_residual(temple, toned) < 1e-5 < 1e-3 < affine_residual(temple, moved)


def test_windows_of_one_colour_have_gradients():
    plain = torch.full((1, 3, 8, 8), 0.5)
    painted = torch.rand(1, 3, 8, 8, requires_grad=True)
    affine_residual(plain, painted).backward()
    assert bool(painted.grad.isfinite().all()) and painted.grad.abs().sum() > 0


def test_what_has_no_residual_is_its_own_affine_part():
    temple = gallery.photo("china", 48)
    assert torch.allclose(affine_part(temple, 0.3 * temple + 0.2), 0.3 * temple + 0.2, atol=5e-3)
    noisy = temple + 0.1 * torch.randn_like(temple)
    part = affine_part(temple, noisy)
    assert affine_residual(temple, part) < affine_residual(temple, noisy) / 3
    assert (part - temple).square().mean() < (noisy - temple).square().mean()


def test_the_term_holds_a_painting_to_the_photo():
    net, temple = vgg19(weights="slim", padding="replicate"), gallery.photo("china", 64)
    left = []
    for weight in (0, 1e4):
        objective = Objective(net, [content(gallery.photo("cat", 64)), photoreal(temple)],
                              {"content": 1, "photoreal": weight})  # fmt: skip
        *_, last = paint(objective, temple, (Stage(64, 10),))
        left.append(affine_residual(temple, last.image).item())
    assert left[1] < left[0] / 5


def test_the_term_is_the_residual_against_the_photo_at_the_paintings_size():
    photo, painted = gallery.photo("china", 96), torch.rand(1, 3, 32, 48)
    value = Objective(vgg19(weights="slim"), [photoreal(photo)]).at(32, 48)(painted)
    wanted = affine_residual(fit(photo, 32, 48), painted)
    assert value.losses["photoreal"].item() == pytest.approx(wanted.item())


def test_photos_that_do_not_fit():
    photo = torch.rand(1, 3, 8, 8)
    for function in (affine_residual, affine_part):
        with pytest.raises(InputError, match="one shape"):
            function(photo, photo[..., :7])
        with pytest.raises(InputError, match="does not fit"):
            function(photo, photo, side=9)
