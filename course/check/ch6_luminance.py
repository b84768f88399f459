"""Check of chapter 6, section 1: the luminance of a painting in the colours of a photo."""

from __future__ import annotations

import torch
from torch import Tensor

from course.check.ch6_colours import YIQ
from course.check.engine.compare import Mistakes, compare
from course.check.engine.exercise import Question, exercise
from course.control import colours

YIQ_BACK = torch.tensor([[1, 0.956, 0.619], [1, -0.272, -0.647], [1, -1.106, 1.703]])  # as it is printed everywhere


@exercise(
    colours.transfer_luminance,
    'section 1, "Only the lights and shades of the painting"',
    solved_by=(),
)
def transfer_luminance(question: Question) -> str:
    """photo + Y(painted) - Y(photo), in all three channels."""

    def picture(batch: int, height: int, width: int) -> Tensor:  # with colours outside [0, 1], and no luminance near 0
        colour = 1.6 * question.draw.uniform(batch, 3, height, width) - 0.8
        return 0.25 + 0.7 * question.draw.uniform(batch, 1, height, width) + colour - _luminance(colour)

    compare(question, lambda: (picture(2, 5, 7), picture(2, 5, 7)), _luminance_results)
    photo, painted = (picture(1, 6, 4).contiguous(memory_format=torch.channels_last) for _ in range(2))
    for given, a, b in (
        ("pictures that lie in memory pixel by pixel", photo, painted),
        ("a photo and a painting that are the same", photo, photo.clone()),
        ("a black photo", torch.zeros_like(photo), painted),
    ):
        got = question.tensor(question.ask("call", a, b), photo.shape, given)
        question.same(got, a + _luminance(b - a), given, {})
    return "the luminance is the painting's, I and Q are the photo's; nothing is cut off at 0 or 1"


def _luminance(x: Tensor, red: float = 0.299, green: float = 0.587, blue: float = 0.114) -> Tensor:
    return (torch.tensor([red, green, blue]).view(1, 3, 1, 1) * x).sum(1, keepdim=True)


def _luminance_results(photo: Tensor, painted: Tensor) -> tuple[str, Tensor, Mistakes]:
    Y, Z, away, expected = _luminance(photo), _luminance(painted), painted - photo, photo + _luminance(painted - photo)
    V, U = (x.amax(1, keepdim=True) for x in (photo, painted))
    mean, level = (x.mean((2, 3), keepdim=True) for x in (Y, Z))
    spread, wanted = (x.std((2, 3), keepdim=True) for x in (Y, Z))
    T, weights = YIQ.float(), torch.tensor(colours.LUMINANCE).view(1, 3, 1, 1)

    def through(there: Tensor, back: Tensor) -> Tensor:
        a, b = (torch.einsum("dc,bchw->bdhw", there, x) for x in (photo, painted))
        return torch.einsum("dc,bchw->bdhw", back, torch.cat([b[:, :1], a[:, 1:]], 1))

    return (
        "photo and painting of shape [2, 3, 5, 7]",
        expected,
        {
            "mean_of_rgb": (photo + _luminance(away, 1 / 3, 1 / 3, 1 / 3), "the mean of R, G and B. Y has weights."),
            "swapped": (painted + Y - Z, "the two were exchanged: the colours are the photo's, the luminance is not."),
            "scaled": (photo * Z / Y, "RGB times a ratio: that scales I and Q too. Add the difference instead."),
            "scaled_by_highest": (photo * U / V, "V of HSV, the highest of R, G and B. Y is a weighted sum."),
            "highest": (photo + U - V, "the highest of R, G and B, as V of HSV is. Y is a weighted sum of all three."),
            "lightness": (
                photo + (U - V + painted.amin(1, keepdim=True) - photo.amin(1, keepdim=True)) / 2,
                "L of HLS, halfway between highest and lowest. Y is a weighted sum of R, G and B.",
            ),
            "clamped": (expected.clamp(0, 1), "cut off at 0 and 1. Here nothing is, or I and Q would change."),
            "bgr": (photo + _luminance(away, 0.114, 0.587, 0.299), "weights in the order B, G, R. Red has 0.299."),
            "linear_light": (
                photo + _luminance(away, 0.2126, 0.7152, 0.0722),
                "weights of BT.709. Here red has 0.299.",
            ),
            "rounded_weights": (photo + _luminance(away, 0.3, 0.59, 0.11), "weights of two digits. Take all three."),
            "rounded_back": (through(T, YIQ_BACK), "a rounded matrix back. torch.linalg.inv gives the exact one."),
            "weights_missing": (photo + away.sum(1, True), "a plain sum of R, G and B. Y has weights, of sum 1."),
            "weights_divided": (photo + (Z - Y) / 3, "divided by 3: sum(1) is meant, not mean(1)."),
            "not_summed": (photo + weights * away, "weights without a sum. Y is one number for each pixel: sum(1)."),
            "matrix_transposed": (through(T.T, T.T.inverse()), "YIQ's matrix, transposed. Its first row makes Y."),
            "not_back": (through(T, torch.eye(3)), "Y, I and Q themselves. Go back to RGB by the inverse matrix."),
            "not_converted": (torch.cat([Z, photo[:, 1:]], 1), "Y in the place of red: RGB is not YIQ yet."),
            "one_for_the_picture": (photo + level - mean, "the mean luminance of a picture. Each pixel has its own."),
            "one_for_all": (photo + (Z - Y).mean(), "one number for all pixels. Each has its own luminance."),
            "statistics_only": (
                (Y - mean) / spread * wanted + level + photo - Y,
                "only Y's mean and deviation. Take it all.",
            ),
            "matched_first": (
                photo - Y + (Z - level) / wanted * spread + mean,
                "the painting's luminance, given the photo's mean and deviation. Take it as it is.",
            ),
            "first_of_batch": (photo - Y + Z[:1], "the first painting's luminance for the whole batch."),
            "grey": (Z.expand_as(photo), "the painting in grey. The photo's colours, I and Q, come in as well."),
            "turned": (photo + Y - Z, "the difference turned round: Y(painted) - Y(photo) is added."),
            "not_taken_away": (photo + Z, "Y(painted) added, and Y(photo) not taken away."),
            "not_added": (photo - Y, "Y(photo) taken away, and Y(painted) not added."),
            "only_red": (torch.cat([expected[:, :1], photo[:, 1:]], 1), "changed in red alone. All three get it."),
            "half": ((photo + painted) / 2, "photo and painting, half of each. Exchange the luminance only."),
            "half_difference": (photo + (Z - Y) / 2, "half of the difference. Add all of it."),
            "colorsys": (
                (photo + _luminance(away, 0.3, 0.59, 0.11)).clamp(0, 1),
                "colorsys. It has weights of two digits and cuts off at 0 and 1: use the weights themselves.",
            ),
            "painting": (painted.clone(), "the painting as it was: its colours have to go."),
            "photo": (photo.clone(), "the photo as it was, or a copy of it."),
        },
    )
