"""course/losses.py against plain loops, autograd and the formulas that others publish."""

import math

import pytest
import torch

from course import losses
from course.errors import InputError

B, N, H, W = 2, 4, 3, 5
M = H * W


def maps(seed, batch=B, channels=N, height=H, width=W):
    """Random maps in float64, not contiguous: a student's `permute` must not matter."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, height, width, channels, generator=generator, dtype=torch.float64).permute(0, 3, 1, 2)


def near(found, expected, tolerance=1e-10):
    """Of one shape, and nowhere further apart than `tolerance` of the largest number expected."""
    found, expected = torch.as_tensor(found), torch.as_tensor(expected)
    assert found.shape == expected.shape
    scale = max(float(expected.abs().max()), 1e-300)
    assert float((found - expected).abs().max()) <= tolerance * scale


def looped_gram(F):
    """Equation 3, read out letter by letter."""
    G = torch.zeros(F.shape[0], F.shape[1], F.shape[1], dtype=F.dtype)
    flat = F.reshape(F.shape[0], F.shape[1], -1)
    for b in range(F.shape[0]):
        for i in range(F.shape[1]):
            for j in range(F.shape[1]):
                G[b, i, j] = sum(flat[b, i, k] * flat[b, j, k] for k in range(flat.shape[2]))
    return G


def slope(loss, F):
    """Gradient by autograd."""
    F = F.detach().clone().requires_grad_()
    return torch.autograd.grad(loss(F), F)[0]


class TestContent:
    def test_equation_1(self):
        F, P = maps(0), maps(1)
        expected = sum((float(f) - float(p)) ** 2 for f, p in zip(F.flatten(), P.flatten(), strict=True)) / 2
        near(losses.content_loss(F, P), torch.tensor(expected, dtype=torch.float64))

    def test_the_hand_gradient_is_what_reaches_the_relu(self):
        X, P = maps(0), maps(1).relu()  # X goes into the ReLU, F comes out
        expected = slope(lambda x: losses.content_loss(x.relu(), P), X)
        near(losses.content_gradient(X.relu(), P), expected, 1e-5)
        assert 0 < int((X < 0).sum()) < X.numel(), "both branches are seen"

    def test_shapes_must_agree(self):
        with pytest.raises(InputError, match=r"F has shape \[2, 4, 3, 5\] and P has \[2, 4, 5, 3\]"):
            losses.content_loss(maps(0), maps(0, height=W, width=H))


class TestGram:
    def test_equation_3(self):
        F = maps(0)
        near(losses.gram(F), looped_gram(F))

    def test_layouts_do_not_matter(self):
        F = maps(0)
        for layout in (torch.contiguous_format, torch.channels_last):
            near(losses.gram(F.contiguous(memory_format=layout)), losses.gram(F))

    def test_it_forgets_places(self):
        F = maps(0)
        order = torch.randperm(M, generator=torch.Generator().manual_seed(3))
        near(losses.gram(F.flatten(2)[:, :, order].view(B, N, H, W)), losses.gram(F))
        assert not torch.allclose(losses.gram(F.roll(1, dims=1)), losses.gram(F)), "but not companions"

    def test_symmetric_and_never_negative(self):
        G = losses.gram(maps(0))
        near(G, G.transpose(1, 2))
        assert float(torch.linalg.eigvalsh(G).min()) > -1e-12

    def test_its_gradient_by_hand_is_autograds(self):
        F, D = maps(0), torch.randn(B, N, N, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
        by_hand = slope(lambda f: (losses.gram(f) * D).sum(), F)
        near(by_hand, slope(lambda f: (torch.einsum("bihw,bjhw->bij", f, f) * D).sum(), F), 1e-5)
        assert torch.autograd.gradcheck(losses.gram, (F.clone().requires_grad_(),))

    @pytest.mark.parametrize("size", [(7, 9), (32, 32), (37, 61), (64, 96)])
    def test_of_bfloat16_it_is_single(self, size):
        """Fewer positions than a part, one part, parts with a rest, parts without; for two pictures."""
        F = maps(0, 2, 16, *size).relu().bfloat16().requires_grad_()
        D = torch.randn(2, 16, 16, generator=torch.Generator().manual_seed(4))
        G, exact = losses.gram(F), F.detach().double().requires_grad_()
        assert G.dtype == torch.float32
        right = torch.einsum("bihw,bjhw->bij", exact, exact)
        rounded = right.detach().bfloat16()  # the whole product in bfloat16, as one would get it
        most = 1.01 if size[0] * size[1] <= 2 * losses.PART else 0.7
        assert float((G - right).detach().norm()) <= most * float((rounded - right).detach().norm())
        (gradient,) = torch.autograd.grad((G * D).sum(), F)
        (expected,) = torch.autograd.grad((right * D).sum(), exact)
        assert gradient.dtype == torch.bfloat16
        assert float((gradient - expected).norm() / expected.norm()) < 0.01

    def test_parts_are_added_up_in_single(self):
        """1001 needs ten binary digits; bfloat16 has eight."""
        assert float(losses.gram(torch.ones(1, 1, losses.PART, 1001, dtype=torch.bfloat16))) == losses.PART * 1001

    def test_only_maps(self):
        with pytest.raises(InputError, match=r"F must be \[B, N, H, W\], not \[4, 3, 5\]"):
            losses.gram(maps(0)[0])


class TestStyleLayer:
    def test_equation_4(self):
        F, A = maps(0), looped_gram(maps(1))
        expected = sum(float(d) ** 2 for d in (looped_gram(F) - A).flatten()) / (4 * N**2 * M**2)
        near(losses.style_layer_loss(F, A), torch.tensor(expected, dtype=torch.float64))

    def test_equation_6_is_what_reaches_the_relu(self):
        X, A = maps(0), looped_gram(maps(1).relu())
        expected = slope(lambda x: losses.style_layer_loss(x.relu(), A), X)
        near(losses.style_layer_gradient(X.relu(), A), expected, 1e-5)

    def test_a_style_of_another_size(self):
        S = maps(1, height=7, width=6)
        expected = ((looped_gram(maps(0)) / M - looped_gram(S) / 42) ** 2).sum() / (4 * N**2)
        near(losses.style_layer_loss(maps(0), looped_gram(S), positions=42), expected)
        X = maps(0)
        expected = slope(lambda x: losses.style_layer_loss(x.relu(), looped_gram(S), 42), X)
        near(losses.style_layer_gradient(X.relu(), looped_gram(S), 42), expected, 1e-5)

    def test_a_texture_twice_as_large_is_the_same_texture(self):
        S = maps(1)
        twice = torch.cat([S, S], dim=3)
        assert float(losses.style_layer_loss(twice, losses.gram(S), positions=M)) < 1e-20
        assert float(losses.style_layer_loss(twice, losses.gram(S))) > 1e-3

    def test_one_style_serves_a_batch(self):
        A = losses.gram(maps(1))[:1]
        near(losses.style_layer_loss(maps(0), A), losses.style_layer_loss(maps(0), A.expand(B, N, N)))

    def test_channels_must_agree(self):
        with pytest.raises(InputError, match=r"A has shape \[2, 3, 3\], the Gram matrix of F has \[2, 4, 4\]"):
            losses.style_layer_loss(maps(0), looped_gram(maps(0, channels=3)))

    @pytest.mark.parametrize("function", [losses.style_layer_loss, losses.style_layer_gradient])
    def test_features_without_a_batch_are_refused(self, function):
        with pytest.raises(InputError, match=r"F must be \[B, N, H, W\], not \[4, 5, 6\]"):
            function(torch.zeros(4, 5, 6), torch.zeros(1, 4, 4))


class TestStyle:
    features = {"a": maps(0), "b": maps(1, channels=3)}  # noqa: RUF012
    targets = {"a": looped_gram(maps(2)), "b": looped_gram(maps(3, channels=3))}  # noqa: RUF012

    def layer(self, name):
        return losses.style_layer_loss(self.features[name], self.targets[name])

    def test_equation_5(self):
        weights = {"b": 0.5, "a": 3.0}
        expected = 3 * self.layer("a") + 0.5 * self.layer("b")
        near(losses.style_loss(self.features, self.targets, weights), expected)
        more = {"image": maps(4, channels=2), **self.features}
        near(losses.style_loss(more, self.targets, {**weights, "c": 9.0}), expected)

    @pytest.mark.parametrize("what", ["features", "weights"])
    def test_what_is_missing_is_named(self, what):
        given = {"features": self.features, "weights": {"a": 1.0, "b": 1.0}}
        given[what] = {"a": given[what]["a"]}
        with pytest.raises(InputError, match=f"{what} lack the style layer b"):
            losses.style_loss(targets=self.targets, **given)
        with pytest.raises(InputError, match="at least one layer"):
            losses.style_loss(self.features, {}, {})


class TestRelative:
    def test_for_each_picture_of_the_batch(self):
        X, Y = maps(0), maps(1)
        expected = sum(((X[b] - Y[b]) ** 2).sum() / (Y[b] ** 2).sum() for b in range(B))
        near(losses.relative_distance(X, Y), expected)

    def test_units_do_not_matter(self):
        X, Y = maps(0), maps(1)
        for s in (1e-4, 255.0):
            near(losses.relative_distance(s * X, s * Y), losses.relative_distance(X, Y))

    def test_zero_and_one(self):
        Y = maps(1)[:1]
        assert float(losses.relative_distance(Y, Y)) == 0
        near(losses.relative_distance(torch.zeros_like(Y), Y), torch.tensor(1.0, dtype=torch.float64))

    def test_an_empty_target_does_not_divide_by_zero(self):
        X, Y = maps(0), torch.zeros_like(maps(0))
        near(losses.relative_distance(X, Y), (X**2).mean() * B)
        assert slope(lambda x: losses.relative_distance(x, Y), X).isfinite().all()

    def test_shapes_must_agree(self):
        with pytest.raises(InputError, match="must be equal"):
            losses.relative_distance(maps(0), maps(0)[:1])


class TestTotalVariation:
    def looped(self, image, kind):
        total = 0.0
        batch, channels, height, width = image.shape
        for b in range(batch):
            for c in range(channels):
                for i in range(height):
                    for j in range(width):
                        dx = float(image[b, c, i, j + 1] - image[b, c, i, j]) if j + 1 < width else None
                        dy = float(image[b, c, i + 1, j] - image[b, c, i, j]) if i + 1 < height else None
                        if kind == "power":
                            total += (dx**2 + dy**2) ** 1.25 if dx is not None and dy is not None else 0
                        else:
                            power = 2 if kind == "squared" else 1
                            total += sum(abs(d) ** power for d in (dx, dy) if d is not None)
        return torch.tensor(total, dtype=torch.float64)

    @pytest.mark.parametrize("kind", ["squared", "absolute", "power"])
    def test_against_loops(self, kind):
        image = maps(0, channels=3)
        near(losses.tv_loss(image, kind), self.looped(image, kind))

    @pytest.mark.parametrize("kind", ["squared", "absolute", "power"])
    def test_a_flat_picture_has_none_and_a_finite_slope(self, kind):
        flat = torch.full((1, 3, 4, 5), 0.3, dtype=torch.float64)
        assert float(losses.tv_loss(flat, kind)) == 0
        assert slope(lambda image: losses.tv_loss(image, kind), flat).isfinite().all()

    def test_unknown_kind(self):
        with pytest.raises(InputError, match="'squared', 'absolute' or 'power'"):
            losses.tv_loss(maps(0), "cubed")


class TestNeighbours:
    def test_mean_and_deviation(self):
        F = maps(0)
        flat = F.flatten(2)
        mean = flat.sum(2) / M
        deviation = (((flat - mean[:, :, None]) ** 2).sum(2) / M).sqrt()
        near(losses.mean_std(F), torch.stack([mean, deviation], 1))
        S = maps(1, height=7)
        expected = ((losses.mean_std(F) - losses.mean_std(S)) ** 2).sum() / N
        near(losses.mean_std_loss(F, S), expected)

    def test_a_silent_channel_has_a_finite_slope(self):
        F = maps(0)
        F[:, 1] = 0
        gradient = slope(lambda f: losses.mean_std_loss(f, maps(1)), F)
        assert gradient.isfinite().all() and gradient.any()

    def test_matching_grams_is_matching_distributions(self):
        F, S = maps(0), maps(1, height=2, width=6)
        expected = ((looped_gram(F) / M - looped_gram(S) / 12) ** 2).sum()
        near(losses.mmd_squared(F, S), expected, 1e-9)

    def test_any_kernel(self):
        F, S = maps(0), maps(1)
        linear = losses.mmd_squared(F, S, kernel=lambda x, y: x.transpose(1, 2) @ y)
        near(linear, ((F.mean((2, 3)) - S.mean((2, 3))) ** 2).sum(), 1e-9)

    def test_sliced_wasserstein_forgets_places_but_nothing_else(self):
        F = maps(0)
        order = torch.randperm(M, generator=torch.Generator().manual_seed(3))
        shuffled = F.flatten(2)[:, :, order].view(B, N, H, W)
        assert float(losses.sliced_wasserstein(F, shuffled)) < 1e-25
        assert float(losses.sliced_wasserstein(F, F * 1.1)) > 1e-3

    def test_on_a_line_it_is_sorting(self):
        F, S = maps(0, batch=1, channels=1), maps(1, batch=1, channels=1)
        expected = sum((a - b) ** 2 for a, b in zip(sorted(F.flatten()), sorted(S.flatten()), strict=True)) / M
        near(losses.sliced_wasserstein(F, S, projections=3), expected)

    def test_sizes_may_differ(self):
        F = maps(0, batch=1, channels=1, height=1, width=3)
        F[0, 0, 0] = torch.tensor([0.0, 2.0, 1.0])
        S = torch.tensor([2.0, 0.0, 0.5, 1.0, 1.5], dtype=torch.float64).view(1, 1, 1, 5)
        assert float(losses.sliced_wasserstein(F, S)) < 1e-25, "quantiles 0, 1, 2 in both"

    def test_other_seeds_look_in_other_directions(self):
        F, S = maps(0), maps(1)
        first, again, other = (losses.sliced_wasserstein(F, S, 2, seed) for seed in (0, 0, 1))
        assert first == again != other

    def test_bad_input(self):
        with pytest.raises(InputError, match="projections"):
            losses.sliced_wasserstein(maps(0), maps(1), projections=0)
        for function in (losses.mean_std_loss, losses.mmd_squared, losses.sliced_wasserstein):
            with pytest.raises(InputError, match="use the same layer"):
                function(maps(0), maps(0, channels=3))


class TestConventions:
    """Each factor against the published formula, written out here."""

    @pytest.mark.parametrize("shape", [(1, 4, 3, 5), (1, 7, 2, 2), (1, 3, 8, 1)])
    def test_factors(self, shape):
        _, n, h, w = shape
        m = h * w
        F, P = maps(0, *shape), maps(1, *shape)
        G, A = looped_gram(F), looped_gram(P)
        published = {
            "gram/M": (((F - P) ** 2).mean(), ((G / m - A / m) ** 2).mean()),
            "gram/NM": (((F - P) ** 2).mean(), ((G / (n * m) - A / (n * m)) ** 2).mean()),
            "paper": (((F - P) ** 2).sum() / 2, ((G - A) ** 2).sum() / (4 * n**2 * m**2)),
        }
        assert set(published) == set(losses.CONVENTIONS)
        for name, (content, style) in published.items():
            convention = losses.CONVENTIONS[name]
            near(convention.content(n, m) * losses.content_loss(F, P), content)
            near(convention.style(n, m) * losses.style_layer_loss(F, A), style)

    def test_equal_weights_elsewhere_are_64_16_4_1_1_here(self):
        factors = [losses.CONVENTIONS["gram/NM"].style(n, 1) for n in (64, 128, 256, 512, 512)]
        assert [factor / factors[-1] for factor in factors] == [64, 16, 4, 1, 1]

    def test_scaled_features(self):
        F, P, s = maps(0), maps(1), 255.0
        near(losses.content_loss(s * F, s * P), s**2 * losses.content_loss(F, P))
        near(losses.style_layer_loss(s * F, losses.gram(s * P)), s**4 * losses.style_layer_loss(F, losses.gram(P)))


@pytest.mark.parametrize(
    "function",
    [losses.content_loss, losses.content_gradient, losses.relative_distance, losses.mean_std_loss, losses.mmd_squared,
     losses.sliced_wasserstein, lambda F, S: losses.style_layer_gradient(F, losses.gram(S))],
)  # fmt: skip
def test_nothing_is_changed(function):
    F, S = maps(0), maps(1)
    result = function(F, S)
    assert math.isfinite(float(result.sum()))
    assert torch.equal(F, maps(0)) and torch.equal(S, maps(1))
