"""Measures of paintings, of sets and of votes: closed forms, orders that are known, and what each refuses."""

import pytest
import torch

from course import gallery
from course.classical.textures import shuffled
from course.errors import InputError
from course.images import fit
from course.measure.judging import content_distance, style_distance
from course.measure.sets import frechet_distance, kernel_distance, mean_and_covariance
from course.measure.votes import bradley_terry, rank_agreement, resampled, tally
from course.nets.efficientnet import LAYERS, efficientnet
from course.transport import wasserstein_along


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def judge():
    return efficientnet()


class TestJudging:
    cat, swirls = gallery.photo("cat", size=96), gallery.style("swirls", size=96)
    over = fit(swirls, *cat.shape[2:]).clamp(0, 1)

    def test_a_picture_is_at_no_distance_from_itself(self, judge):
        assert content_distance(judge, self.cat, self.cat.clone(), "block4") == 0
        assert style_distance(judge, self.swirls, self.swirls.clone(), LAYERS) == 0

    def test_what_is_laid_over_lies_between(self, judge):
        half = (self.cat + self.over) / 2
        contents = [content_distance(judge, one, self.cat, "block10") for one in (self.cat, half, self.over)]
        styles = [style_distance(judge, one, self.swirls, LAYERS) for one in (self.cat, half, self.over)]
        assert contents == sorted(contents) and styles == sorted(styles, reverse=True)

    def test_shuffled_tiles_keep_style_and_lose_content(self, judge):
        rows = torch.cat([self.swirls[:, :, 48:], self.swirls[:, :, :48]], 2)
        pixels = shuffled(self.swirls)
        assert style_distance(judge, rows, self.swirls, LAYERS) < 0.3 * style_distance(
            judge, pixels, self.swirls, LAYERS
        )
        assert content_distance(judge, rows, self.swirls, "block4") > 0.5

    def test_no_gradient_is_kept(self, judge):
        wants = self.cat.clone().requires_grad_(True)
        assert not content_distance(judge, wants, self.cat, "stem").requires_grad
        assert not style_distance(judge, wants, self.swirls, ["stem"]).requires_grad

    def test_bad_input(self, judge):
        with pytest.raises(InputError, match="content is compared place by place"):
            content_distance(judge, self.cat, self.swirls, "stem")
        with pytest.raises(InputError, match="at least one layer"):
            style_distance(judge, self.cat, self.swirls, [])


class TestSets:
    def test_diagonal_covariances(self):
        a, b, m = torch.tensor([1.0, 4, 0]), torch.tensor([9.0, 0, 2]), torch.tensor([1.0, -2, 0])
        found = frechet_distance(m, a.diag(), torch.zeros(3), b.diag())
        assert found.item() == pytest.approx(5 + (a.sqrt() - b.sqrt()).square().sum().item(), abs=1e-5)

    def test_it_is_symmetric_and_0_for_the_same(self):
        (m1, C1), (m2, C2) = (mean_and_covariance(drawn(5, 9, seed=n)) for n in (1, 2))
        there, back = frechet_distance(m1, C1, m2, C2), frechet_distance(m2, C2, m1, C1)
        assert there.item() == pytest.approx(back.item(), rel=1e-4) and there > 0.1
        assert frechet_distance(m1, C1, m1, C1).item() == pytest.approx(0, abs=1e-4)

    def test_turning_both_changes_nothing(self):
        (m1, C1), (m2, C2) = (mean_and_covariance(drawn(5, 9, seed=n)) for n in (1, 2))
        turn = torch.linalg.qr(drawn(5, 5))[0]
        turned = frechet_distance(turn @ m1, turn @ C1 @ turn.T, turn @ m2, turn @ C2 @ turn.T)
        assert turned.item() == pytest.approx(frechet_distance(m1, C1, m2, C2).item(), rel=1e-4)

    def test_fewer_vectors_than_numbers(self):
        """The covariances are singular, and rounding makes eigenvalues negative."""
        a, b = (mean_and_covariance(drawn(40, 6, seed=n)) for n in (1, 2))
        assert torch.isfinite(frechet_distance(*a, *b)) and frechet_distance(*a, *b) > 1

    def test_covariances_are_torchs(self):
        X = drawn(4, 30)
        assert torch.allclose(mean_and_covariance(X)[1], torch.cov(X), atol=1e-6)

    def test_frechet_is_biased_and_the_kernel_distance_is_not(self):
        """Of the same normal distribution, 8 vectors each: 0 would be right."""
        pairs = [(drawn(6, 8, seed=2 * n), drawn(6, 8, seed=2 * n + 1)) for n in range(200)]
        frechet = torch.stack([frechet_distance(*mean_and_covariance(X), *mean_and_covariance(Y)) for X, Y in pairs])
        kernel = torch.stack([kernel_distance(X, Y) for X, Y in pairs])
        assert frechet.min() > 0.5
        assert kernel.mean().abs() < 3 * kernel.std() / 200**0.5
        moved = torch.stack([kernel_distance(X, Y + 1) for X, Y in pairs])
        assert moved.mean() > 5 * kernel.std() / 200**0.5

    def test_bad_input(self):
        with pytest.raises(InputError, match=r"two means \[N\] and two covariances"):
            frechet_distance(torch.zeros(2), torch.eye(3), torch.zeros(2), torch.eye(2))
        with pytest.raises(InputError, match=r"at least two vectors are wanted, .* this is \[3, 1\]"):
            mean_and_covariance(drawn(3, 1))
        with pytest.raises(InputError, match="vectors of 3 and of 4 numbers"):
            kernel_distance(drawn(3, 5), drawn(4, 5))


class TestWasserstein:
    def test_a_shift_costs_its_square_in_every_direction(self):
        X, ways, shift = drawn(5, 40), drawn(9, 5, seed=1), drawn(5, seed=2)
        units = ways / ways.norm(dim=1, keepdim=True)
        found = wasserstein_along(X, (X + shift[:, None]).flip(1), ways)
        assert found.item() == pytest.approx((units @ shift).square().mean().item(), rel=1e-4)

    def test_the_second_is_stretched(self):
        five, two = torch.linspace(0, 1, 5)[None], torch.tensor([[1.0, 0]])
        assert wasserstein_along(five, two, torch.ones(1, 1)) < 1e-12

    def test_bad_input(self):
        with pytest.raises(InputError, match=r"directions \[K, N\] are wanted"):
            wasserstein_along(drawn(3, 5), drawn(3, 6), drawn(2, 4))
        with pytest.raises(InputError, match="length 0 leads nowhere"):
            wasserstein_along(drawn(3, 5), drawn(3, 6), torch.zeros(1, 3))


class TestVotes:
    def test_two_have_the_odds_of_their_wins(self):
        p = bradley_terry(torch.tensor([[9.0, 30], [10, 7]]))
        assert (p[0] / p[1]).item() == pytest.approx(30.1 / 10.1, rel=1e-4) and p.mean().item() == pytest.approx(1)

    def test_strengths_are_found_again(self):
        true = torch.tensor([2.0, 1, 0.5, 0.5])
        share = true[:, None] / (true[:, None] + true)
        p = bradley_terry(10_000 * share)
        assert torch.allclose(p, true, atol=1e-3)

    def test_the_undefeated_stays_finite_and_who_never_met_is_compared(self):
        p = bradley_terry(torch.tensor([[0, 20, 0], [0, 0, 20], [0, 0, 0]]))
        assert torch.isfinite(p).all() and p[0] > p[1] > p[2] > 0

    def test_votes_are_counted(self):
        wins = tally([("a", "b"), ("a", "b"), ("c", "a")], ["a", "b", "c"])
        assert wins.tolist() == [[0, 2, 0], [0, 0, 0], [1, 0, 0]]
        with pytest.raises(InputError, match="a vote for 'a' over 'd'; there are a, b, c"):
            tally([("a", "d")], ["a", "b", "c"])

    def test_more_votes_spread_less(self):
        votes = [("a", "b"), ("a", "b"), ("b", "a"), ("b", "c"), ("c", "b"), ("a", "c")]
        few, many = resampled(votes, ["a", "b", "c"]), resampled(votes * 50, ["a", "b", "c"])
        assert few.shape == many.shape == (200, 3) and (few.std(0) > 3 * many.std(0)).all()
        assert torch.allclose(many.mean(0), bradley_terry(tally(votes * 50, ["a", "b", "c"])), atol=0.05)

    def test_the_order_is_what_counts(self):
        a = drawn(9)
        assert rank_agreement(a, a.exp()) == 1 and rank_agreement(a, -(a**3)) == -1
        assert rank_agreement(torch.tensor([1, 2, 3, 4]), torch.tensor([1, 2, 4, 3])).item() == pytest.approx(4 / 6)
        assert rank_agreement(a, torch.ones(9)) == 0

    def test_bad_input(self):
        with pytest.raises(InputError, match=r"wins must be \[n, n\] with n at least 2, not \[1, 1\]"):
            bradley_terry(torch.zeros(1, 1))
        with pytest.raises(InputError, match="must not be negative, nor NaN"):
            bradley_terry(torch.tensor([[0, -1.0], [torch.nan, 0]]))
        with pytest.raises(InputError, match="no votes to draw from"):
            resampled([], ["a", "b"])
        with pytest.raises(InputError, match=r"not \[3\] and \[4\]"):
            rank_agreement(drawn(3), drawn(4))
