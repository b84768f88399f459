"""Chapter 6, section 1: what students write for a picture in another's colours and for luminance alone, by mistake."""

import colorsys

import torch

from classroom.mistakes.registry import wrong


def yiq():
    return torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


def from_yiq():
    """Rounded, as it is printed everywhere."""
    return torch.tensor([[1, 0.956, 0.619], [1, -0.272, -0.647], [1, -1.106, 1.703]])


def one():
    return torch.eye(3)


def in_weights(x):
    """R, G and B, each times its weight."""
    return torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1) * x


# --- match_colour ---------------------------------------------------------------------------------------------------


def covariance(x, correction=0):
    return torch.cov(x, correction=correction) + 1e-5 * one()


def inverse(C):
    """Of the root."""
    return torch.linalg.inv(torch.linalg.cholesky(C))


def product(L, K, C, D):
    return L @ K


def level(x):
    return x.mean(1, keepdim=True)


def matched(
    colour=torch.linalg.cholesky,
    white=inverse,
    of_picture=covariance,
    of_like=covariance,
    together=product,
    apply=lambda A, x, y: A @ (x - level(x)) + level(y),
):
    """As it should be, but for a part."""

    def answer(picture, like):
        x, y = picture.flatten(2)[0], like.flatten(2)[0]
        C, D = of_picture(x), of_like(y)
        return apply(together(colour(D), white(C), C, D), x, y).view_as(picture)

    return answer


def eye(C):
    return one()


def symmetric(C, p=0.5):
    d, V = torch.linalg.eigh(C)
    return V * d**p @ V.T


MATCH = "match_colour"
wrong(MATCH, "swapped")(lambda picture, like: matched()(like, picture))
wrong(MATCH, "returns_input")(lambda picture, like: (matched()(picture, like), picture)[1])
wrong(MATCH, "unchanged")(lambda picture, like: 1 * picture)
wrong(MATCH, "only_means")(matched(eye, eye))
wrong(MATCH, "only_white")(matched(eye))
wrong(MATCH, "only_coloured")(matched(white=eye))
wrong(MATCH, "roots_missing")(matched(lambda D: D, torch.linalg.inv))
wrong(MATCH, "colour_squared")(matched(lambda D: D))
wrong(MATCH, "whole_inverse")(matched(white=torch.linalg.inv))
wrong(MATCH, "not_inverted")(matched(white=torch.linalg.cholesky))
wrong(MATCH, "colour_inverted")(matched(lambda D: symmetric(D, -0.5), lambda C: symmetric(C, -0.5)))
wrong(MATCH, "correlation")(
    matched(torch.linalg.cholesky, inverse, *[lambda x: torch.corrcoef(x).nan_to_num() + 1e-5 * one()] * 2)
)
wrong(MATCH, "exchanged")(matched(together=lambda L, K, C, D: torch.linalg.cholesky(C) @ inverse(D)))
wrong(MATCH, "turned_round")(matched(together=lambda L, K, C, D: K @ L))
wrong(MATCH, "transposed")(matched(together=lambda L, K, C, D: (L @ K).T))
wrong(MATCH, "root_transposed")(
    matched(lambda D: torch.linalg.cholesky(D, upper=True), lambda C: inverse(C).T)  # U' U^-1
)
wrong(MATCH, "entries")(matched(torch.sqrt, lambda C: torch.linalg.inv(C.sqrt())))
wrong(MATCH, "unbiased")(matched(of_picture=torch.cov, of_like=torch.cov))
wrong(MATCH, "unbiased_like")(matched(of_like=torch.cov))
wrong(MATCH, "unbiased_picture")(matched(of_picture=torch.cov))
wrong(MATCH, "sums")(
    matched(of_picture=lambda x: len(x[0]) * covariance(x), of_like=lambda y: len(y[0]) * covariance(y))
)
wrong(MATCH, "too_much_added")(matched(of_picture=lambda x: torch.cov(x, correction=0) + one()))
wrong(MATCH, "no_mean")(matched(apply=lambda A, x, y: A @ (x - level(x))))
wrong(MATCH, "mean_left")(matched(apply=lambda A, x, y: A @ (x - level(x)) + level(x)))
wrong(MATCH, "both_means")(matched(apply=lambda A, x, y: A @ (x - level(x)) + level(x) + level(y)))
wrong(MATCH, "not_centred")(matched(apply=lambda A, x, y: A @ x + level(y)))
wrong(MATCH, "bracket_missing")(matched(apply=lambda A, x, y: A @ x - level(x) + level(y)))
wrong(MATCH, "mean_scaled")(matched(apply=lambda A, x, y: A @ (x - level(x) + level(y))))
wrong(MATCH, "one_mean")(matched(apply=lambda A, x, y: A @ (x - x.mean()) + y.mean()))
wrong(MATCH, "clamped")(lambda picture, like: matched()(picture, like).clamp(0, 1))
wrong(MATCH, "rounded")(lambda picture, like: (255 * matched()(picture, like)).round() / 255)
wrong(MATCH, "half_way")(lambda picture, like: (picture + matched()(picture, like)) / 2)
wrong(MATCH, "half")(lambda picture, like: 0.5 * matched()(picture, like) + 0.5 * like.mean((2, 3), keepdim=True))


@wrong(MATCH, "moments")
def _(picture, like):
    x, y = picture.flatten(2)[0], like.flatten(2)[0]
    C, D = x @ x.T / x.shape[1], y @ y.T / y.shape[1]
    return (torch.linalg.cholesky(D) @ inverse(C) @ x).view_as(picture)


wrong(MATCH, "moments_centred")(
    matched(of_picture=lambda x: x @ x.T / len(x[0]), of_like=lambda y: y @ y.T / len(y[0]))
)


@wrong(MATCH, "per_channel")
def _(picture, like):
    P = (2, 3)
    y = (picture - picture.mean(P, keepdim=True)) / (picture.std(P, keepdim=True) + 1e-5)
    return y * like.std(P, keepdim=True) + like.mean(P, keepdim=True)


@wrong(MATCH, "per_channel_yiq")
def _(picture, like):
    x, y = yiq() @ picture.flatten(2)[0], yiq() @ like.flatten(2)[0]
    z = (x - level(x)) / x.std(1, keepdim=True) * y.std(1, keepdim=True) + level(y)
    return (torch.linalg.inv(yiq()) @ z).view_as(picture)


@wrong(MATCH, "one_scale")
def _(picture, like):
    return (picture - picture.mean((2, 3), keepdim=True)) / picture.std() * like.std() + like.mean((2, 3), keepdim=True)


@wrong(MATCH, "histogram")
def _(picture, like):
    x, y = picture.flatten(2)[0], like.flatten(2)[0]
    ranks = x.argsort(1).argsort(1) / (x.shape[1] - 1)
    return torch.stack([torch.quantile(of, at) for of, at in zip(y, ranks, strict=True)]).view_as(picture)


@wrong(MATCH, "pixels_mixed")
def _(picture, like):
    x, y = picture.reshape(-1, 3).T, like.reshape(-1, 3).T
    A = torch.linalg.cholesky(covariance(y)) @ inverse(covariance(x))
    return (A @ (x - level(x)) + level(y)).T.reshape(picture.shape)


@wrong(MATCH, "scrambled")
def _(picture, like):
    x, y = (one[0].permute(1, 2, 0).reshape(-1, 3) for one in (picture, like))
    A = torch.linalg.cholesky(covariance(y.T)) @ inverse(covariance(x.T))
    return ((x - x.mean(0)) @ A.T + y.mean(0)).reshape(picture.shape)


@wrong(MATCH, "not_affine")
def _(picture, like):
    """Each row of the picture by itself."""
    return torch.cat([matched()(picture[:, :, n : n + 1], like) for n in range(picture.shape[2])], 2)


def with_vectors(make):
    """The roots are made of eigenvalues, eigenvectors and a power in another way."""

    def power(C, p):
        d, V = torch.linalg.eigh(C)
        return make(d.clamp_min(1e-6), V, p)

    return matched(lambda D: power(D, 0.5), lambda C: power(C, -0.5))


wrong(MATCH, "transpose_missing")(with_vectors(lambda d, V, p: V @ torch.diag(d**p) @ V))
wrong(MATCH, "on_the_rows")(with_vectors(lambda d, V, p: torch.diag(d**p) @ V @ V.T))
wrong(MATCH, "flat_is_nan")(
    lambda picture, like: matched(symmetric, lambda C: symmetric(C, -0.5), *[lambda x: torch.cov(x, correction=0)] * 2)(
        picture, like
    )
)
wrong(MATCH, "singular")(matched(of_picture=lambda x: torch.cov(x, correction=0)))


@wrong(MATCH, "flat_mean")
def _(picture, like):
    return picture + 0 if picture.std((2, 3)).min() < 1e-3 else matched()(picture, like)


@wrong(MATCH, "modifies_input")
def _(picture, like):
    picture -= picture.mean((2, 3), keepdim=True)
    return matched()(picture, like)


@wrong(MATCH, "axes_lost")
def _(picture, like):
    return like.std(1) * (picture - picture.mean(1)) / picture.std(1) + like.mean(1)


@wrong(MATCH, "shape")
def _(picture, like):
    return matched()(picture, like)[0]


# --- transfer_luminance ---------------------------------------------------------------------------------------------


def luminance(x):
    return in_weights(x).sum(1, keepdim=True)


def brightened(of):
    """As it should be, but for what counts as luminance."""
    return lambda photo, painted: photo + of(painted) - of(photo)


def weighted(*weights):
    return brightened(lambda x: (torch.tensor(weights).view(1, 3, 1, 1) * x).sum(1, keepdim=True))


def in_yiq(there, back):
    """Through a matrix and another one."""

    def answer(photo, painted):
        x, y = (torch.einsum("dc,bchw->bdhw", there(), picture) for picture in (photo, painted))
        return torch.einsum("dc,bchw->bdhw", back(), torch.cat([y[:, :1], x[:, 1:]], 1))

    return answer


right = brightened(luminance)
LUMINANCE = "transfer_luminance"
wrong(LUMINANCE, "mean_of_rgb")(brightened(lambda x: x.mean(1, keepdim=True)))
wrong(LUMINANCE, "swapped")(lambda photo, painted: right(painted, photo))
wrong(LUMINANCE, "scaled")(lambda photo, painted: photo * luminance(painted) / (luminance(photo) + 1e-6))
wrong(LUMINANCE, "scaled_by_highest")(lambda photo, painted: photo * painted.amax(1, True) / photo.amax(1, True))
wrong(LUMINANCE, "highest")(brightened(lambda x: x.amax(1, keepdim=True)))
wrong(LUMINANCE, "lightness")(brightened(lambda x: (x.amax(1, keepdim=True) + x.amin(1, keepdim=True)) / 2))
wrong(LUMINANCE, "clamped")(lambda photo, painted: right(photo, painted).clamp(0, 1))
wrong(LUMINANCE, "bgr")(weighted(0.114, 0.587, 0.299))
wrong(LUMINANCE, "linear_light")(weighted(0.2126, 0.7152, 0.0722))
wrong(LUMINANCE, "rounded_weights")(weighted(0.3, 0.59, 0.11))
wrong(LUMINANCE, "rounded_back")(in_yiq(yiq, from_yiq))
wrong(LUMINANCE, "weights_missing")(brightened(lambda x: x.sum(1, keepdim=True)))
wrong(LUMINANCE, "weights_divided")(brightened(lambda x: in_weights(x).mean(1, keepdim=True)))
wrong(LUMINANCE, "not_summed")(brightened(in_weights))
wrong(LUMINANCE, "matrix_transposed")(in_yiq(lambda: yiq().T, lambda: torch.linalg.inv(yiq().T)))
wrong(LUMINANCE, "not_back")(in_yiq(yiq, one))
wrong(LUMINANCE, "one_for_the_picture")(brightened(lambda x: luminance(x).mean((2, 3), keepdim=True)))
wrong(LUMINANCE, "one_for_all")(brightened(lambda x: luminance(x).mean()))
wrong(LUMINANCE, "first_of_batch")(lambda photo, painted: right(photo, painted[:1]))
wrong(LUMINANCE, "grey")(lambda photo, painted: luminance(painted).repeat(1, 3, 1, 1))
wrong(LUMINANCE, "turned")(lambda photo, painted: photo + luminance(photo) - luminance(painted))
wrong(LUMINANCE, "not_taken_away")(lambda photo, painted: photo + luminance(painted))
wrong(LUMINANCE, "not_added")(lambda photo, painted: photo - luminance(photo))
wrong(LUMINANCE, "half")(lambda photo, painted: 0.5 * photo + 0.5 * painted)
wrong(LUMINANCE, "half_difference")(lambda photo, painted: (photo + right(photo, painted)) / 2)
wrong(LUMINANCE, "painting")(lambda photo, painted: painted + 0)
wrong(LUMINANCE, "photo")(lambda photo, painted: photo + 0)
wrong(LUMINANCE, "shape")(lambda photo, painted: luminance(painted))


@wrong(LUMINANCE, "not_converted")
def _(photo, painted):
    result = photo.clone()
    result[:, :1] = luminance(painted)
    return result


@wrong(LUMINANCE, "only_red")
def _(photo, painted):
    result = photo.clone()
    result[:, 0] += (luminance(painted) - luminance(photo))[:, 0]
    return result


@wrong(LUMINANCE, "modifies_input")
def _(photo, painted):
    photo += luminance(painted) - luminance(photo)
    return 1 * photo


def centred(x):
    return x - x.mean((2, 3), keepdim=True)


def spread(x):
    return x.var((2, 3), correction=0, keepdim=True).sqrt()


@wrong(LUMINANCE, "statistics_only")
def _(photo, painted):
    y, z = luminance(photo), luminance(painted)
    return photo - y + centred(y) / spread(y) * spread(z) + z.mean((2, 3), keepdim=True)


@wrong(LUMINANCE, "matched_first")
def _(photo, painted):
    y, z = luminance(photo), luminance(painted)
    return photo - y + centred(z) / spread(z) * spread(y) + y.mean((2, 3), keepdim=True)


@wrong(LUMINANCE, "colorsys")
def _(photo, painted):
    """Pixel by pixel, with Python's own conversion."""
    result = torch.empty_like(photo)
    for b in range(len(photo)):
        for i in range(photo.shape[2]):
            for j in range(photo.shape[3]):
                y, *_ = colorsys.rgb_to_yiq(*painted[b, :, i, j].tolist())
                _, *colour = colorsys.rgb_to_yiq(*photo[b, :, i, j].tolist())
                result[b, :, i, j] = torch.tensor(colorsys.yiq_to_rgb(y, *colour))
    return result
