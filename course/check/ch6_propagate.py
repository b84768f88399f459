"""Check of chapter 6, section 2: a mask on the grid of a layer."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from course.check.engine.compare import Mistakes, compare
from course.check.engine.differences import agree
from course.check.engine.exercise import CheckFailed, Question, exercise
from course.control import regions

MARGIN = 64  # pixels around a mask, more than any window reaches
STRIDES_AND_REACHES = ((7, 4), (7, 5), (9, 6))  # for which no two known mistakes look at the same pixels
BETWEEN = "Numbers that are neither 0 nor 1. With all its pixels a place is in the region, or it is not."
EDGE = "A window may reach beyond the edge, where nothing counts: that is padding=reach in max_pool2d(1 - mask)."
MEANS = {"average", "average_around", "average_of_what_counts", "resized", "blurred"}
Pair = tuple[int, int]

PROPAGATED = {
    "corner_pixel": "one pixel of each place, its first, as mask[..., ::stride, ::stride] takes it. All have to be inside.",
    "nearest": "interpolate(), which takes the nearest pixel and no other. All of a place's pixels count.",
    "middle_pixel": "only the pixel in the middle of each place. All of its pixels have to be in the region.",
    "average": "the mean over a place's pixels. It is 1 only if all are in the region, and 0 otherwise.",
    "average_around": "the mean over the window. A place is 1 only if all of it is in the region, and 0 otherwise.",
    "average_of_what_counts": "the mean over what of the window is in the picture. 1 if it is all inside, and 0 otherwise.",
    "resized": "a mask made smaller by means. A place is 1 if all of its pixels are, and 0 otherwise.",
    "blurred": "bilinear interpolation, which mixes pixels. 0 or 1, and all pixels of the window have a say.",
    "blurred_and_cut": "bilinear interpolation, cut at a half. It looks at four pixels, and all have to be inside.",
    "half": "half of a place's pixels were enough. All have to be in the region, and those within reach.",
    "half_around": "half of the window was enough. All of it has to be in the region.",
    "any": "one pixel in the window was enough: max_pool2d(mask) makes regions grow. Pool 1 - mask.",
    "any_of_own": "one of a place's pixels was enough, as in max_pool2d(mask), and reach was not asked. Pool 1 - mask.",
    "edge_eaten": "zeros beyond the edge, put there by padding, counted as outside. What lies there does not count.",
    "reach_ignored": "only a place's own pixels. Those up to reach pixels further have to be in the region, too.",
    "reach_on_grid": "no window fits into the region. Is reach counted in places of the grid? It is in pixels.",
    "behind_only": "the window reaches only to the right and down. It begins reach pixels before the place: padding=reach.",
    "before_only": "the window reaches only to the left and up. Both sides: it has stride + 2 * reach pixels.",
    "reach_halved": "half of reach on each side: a window of stride + reach. It has stride + 2 * reach.",
    "reach_doubled": "twice the reach on each side. The window has stride + 2 * reach pixels.",
    "one_too_many": "one pixel too many on each side. The window has stride + 2 * reach pixels.",
    "one_too_few": "one pixel too few on each side. The window has stride + 2 * reach pixels.",
    "one_behind_missing": "one pixel too few to the right and below. Does a slice end one too early?",
    "one_before_missing": "one pixel too few to the left and above. Where does the window begin?",
    "stride_for_reach": "stride pixels further on each side, or a window of 3 * stride. It is reach.",
    "reach_sideways": "reach only to the left and the right. Up and down as well.",
    "reach_upright": "reach only up and down. To the left and the right as well.",
    "cross": "the corners of the window do not count, as in a cross. The window is a square.",
    "round": "a round window. It is a square, corners and all.",
    "around_one_pixel": "reach around a place's first pixel. The window ends reach pixels behind its last: stride + 2 * reach.",
    "around_the_middle": "reach around the pixel in the middle of a place. Around all of them: stride + 2 * reach.",
    "eroded_then_any": "one pixel with nothing outside within reach was enough. All of a place's pixels need that.",
    "eroded_then_half": "half of the pixels with nothing outside within reach were enough. All of them need that.",
    "rest_cut_off": "pixels beside the last places were cut off first. Within reach they have to be in the region.",
    "inverted": "the result is turned round: 1 where something of the window is outside. Take it from 1.",
    "other_region": "1 where all of the window is outside of the region. Inside is meant.",
    "all_full": "1 everywhere: does a maximum see what was put beyond the edge, or is the comparison always true?",
}


@exercise(
    regions.propagate,
    'section 2, "A mask for each layer"',
    stops={
        "pad should be at most half of effective kernel size": (
            "kernel_too_small",
            "padding=reach needs a window of stride + 2 * reach: the place's own pixels, and reach more on each side.",
        ),
        "Output size is too small": ("no_padding", EDGE),
        "Padding size should be less than": (
            "reflected",
            "A mirror image beyond the edge is no part of the picture. " + EDGE,
        ),
    },
    solved_by=(),
)
def propagate(question: Question) -> str:
    """1 where all pixels of a place, and those around it, are in the region."""
    _judge_size(question)
    try:
        compare(question, lambda: _region(question, *_stride_and_reach(question)), _propagate_results)
    except CheckFailed as failure:
        value = question.ask("call", *_region(question, 7, 4)).value
        whole = isinstance(value, Tensor) and bool(((value == 0) | (value == 1)).all())
        if not whole and failure.mistake in {"other", *PROPAGATED} - MEANS:
            raise question.wrong("other", failure.lines[0].removeprefix(f"✗ {failure.exercise}: "), BETWEEN) from None
        raise
    _judge_edges(question)
    for stride, reach in ((4, 0), (2, 1), (4, 2), (8, 12), (3, question.draw.whole(1, 7)), (1, 2), (16, 20), (1, 0)):
        mask, *_ = _region(question, stride, reach)
        given = _said(mask, stride, reach)
        returned = question.ask("call", mask, stride, reach)
        if (stride, reach) == (1, 0):
            returned = replace(returned, echo=None)  # here a mask is what it becomes
        expected = regions.propagate(mask, stride, reach)
        question.same(question.tensor(returned, expected.shape, given), expected, given, {})
    return "all pixels of a place, and `reach` more on each side, up to the edge; 0 or 1; sizes that stride does not divide"


def _said(mask: Tensor, stride: int, reach: int) -> str:
    return f"a mask of {mask.shape[2]} x {mask.shape[3]}, stride {stride} and reach {reach}"


def _stride_and_reach(question: Question) -> Pair:
    return STRIDES_AND_REACHES[question.draw.whole(0, len(STRIDES_AND_REACHES) - 1)]


def _region(question: Question, stride: int, reach: int) -> tuple[Tensor, int, int]:
    """A region with a slanted border, holes of one pixel, and single pixels outside; stride does not divide its sizes."""
    draw, most = question.draw, min(reach, stride - 1)
    height, width = (count * stride + (draw.whole(1, most) if most else stride // 2) for count in (12, 14))
    y, x = torch.linspace(0, 1, height)[:, None], torch.linspace(0, 1, width)
    a, b, c = (0.8 + 0.4 * draw.uniform(3)).tolist()
    beyond, rare = a * y + b * x - 0.8 * c, 0.5 / (stride + 2 * reach) ** 2
    some, noise = draw.uniform(height, width) < rare, draw.uniform(height, width) < 0.5
    mask = torch.where((beyond > 0) & (beyond < 1.5 / 12) & (x > 0.4), noise, some ^ (beyond > 0))
    mask[-1, draw.levels(0, width - 1, 2)] = mask[draw.levels(0, height - 1, 2), -1] = False
    mask = mask.flip([axis for axis in (0, 1) if draw.whole(0, 1)])
    mask[-1, draw.levels(0, width - 1, 2)] = mask[draw.levels(0, height - 1, 2), -1] = False
    return mask[None, None].float(), stride, reach


def _inside(mask: Tensor, stride: int, rows: Pair, columns: Pair | None = None, beyond: float = 1) -> Tensor:
    """Whether a mask is 1 in the whole window around each place, so many pixels further before it and behind it."""
    (up, down), (left, right) = rows, columns or rows
    outside = functional.pad(1 - mask, (MARGIN,) * 4, value=1 - beyond)[..., MARGIN - up :, MARGIN - left :]
    pooled = functional.max_pool2d(outside, (up + stride + down, left + stride + right), stride)
    return 1 - pooled[..., : mask.shape[2] // stride, : mask.shape[3] // stride]


def _round(mask: Tensor, stride: int, reach: int) -> Tensor:
    """The same with a window whose corners are cut round."""
    found = _inside(mask, stride, (0, 0))
    for down in range(-reach, reach + 1):
        aside = int((reach**2 - down**2) ** 0.5)
        found = found * _inside(mask, stride, (-down, down), (aside, aside))
    return found


def _propagate_results(mask: Tensor, stride: int, reach: int) -> tuple[str, Tensor, Mistakes]:
    height, width = size = mask.shape[2] // stride, mask.shape[3] // stride
    none, sides, window = (0, 0), (reach, reach), stride + 2 * reach

    def at(first: int, pixels: Tensor) -> Tensor:
        return pixels[..., first::stride, first::stride][..., :height, :width]

    def inside(rows: Pair = sides, columns: Pair | None = None, pixels: Tensor = mask, beyond: float = 1) -> Tensor:
        return _inside(pixels, stride, rows, columns, beyond)

    share, around = functional.avg_pool2d(mask, stride), functional.avg_pool2d(mask, window, stride, reach)
    alone = functional.avg_pool2d(mask, window, stride, reach, count_include_pad=False)
    blurred, eroded = functional.interpolate(mask, size, mode="bilinear"), _inside(mask, 1, sides)
    results = {
        "corner_pixel": at(0, mask),
        "nearest": functional.interpolate(mask, size),
        "middle_pixel": at(stride // 2, mask),
        "average": share,
        "average_around": around,
        "average_of_what_counts": alone,
        "resized": functional.interpolate(mask, size, mode="area"),
        "blurred": blurred,
        "blurred_and_cut": (blurred >= 0.5).float(),
        "half": (share > 0.5).float(),
        "half_around": (around > 0.5).float(),
        "any": 1 - inside(pixels=1 - mask),
        "any_of_own": 1 - inside(none, pixels=1 - mask),
        "edge_eaten": inside(beyond=0),
        "reach_ignored": inside(none),
        "reach_on_grid": inside((reach * stride, reach * stride)),
        "behind_only": inside((0, reach)),
        "before_only": inside((reach, 0)),
        "reach_halved": inside((reach // 2, reach // 2)),
        "reach_doubled": inside((2 * reach, 2 * reach)),
        "one_too_many": inside((reach + 1, reach + 1)),
        "one_too_few": inside((reach - 1, reach - 1)),
        "one_behind_missing": inside((reach, reach - 1)),
        "one_before_missing": inside((reach - 1, reach)),
        "stride_for_reach": inside((stride, stride)),
        "reach_sideways": inside(none, sides),
        "reach_upright": inside(sides, none),
        "cross": inside(none, sides) * inside(sides, none),
        "round": _round(mask, stride, reach),
        "around_one_pixel": inside((reach, reach - stride + 1)),
        "around_the_middle": at(stride // 2, eroded),
        "eroded_then_any": 1 - inside(none, pixels=1 - eroded),
        "eroded_then_half": (functional.avg_pool2d(eroded, stride) > 0.5).float(),
        "rest_cut_off": inside(pixels=mask[..., : height * stride, : width * stride]),
        "inverted": 1 - inside(),
        "other_region": inside(pixels=1 - mask),
        "all_full": torch.ones(1, 1, *size),
    }
    mistakes = {mistake: (value, PROPAGATED[mistake]) for mistake, value in results.items()}
    return _said(mask, stride, reach), regions.propagate(mask, stride, reach), mistakes


def _judge_size(question: Question) -> None:
    """Whether what came back lies on the layer's grid, and holds numbers."""
    mask, stride, reach = _region(question, *_stride_and_reach(question))
    given, expected, mistakes = _propagate_results(mask, stride, reach)
    returned = question.ask("call", mask, stride, reach)
    value = returned.value
    if not isinstance(value, Tensor) or value.dim() != 4 or returned.echo is not None:
        return
    if value.dtype == torch.bool and value.shape == expected.shape:
        raise question.wrong(
            "boolean",
            f"for {given} it returned True and False.",
            "A comparison makes them. Guides are numbers, which are multiplied and squared: .float() makes 0 and 1 of it.",
        )
    (height, width), (rows, columns) = expected.shape[2:], value.shape[2:]
    seen = f"for {given} expected shape {list(expected.shape)}, got {list(value.shape)}."
    if (rows, columns) == mask.shape[2:]:
        sentence = "It is still as large as the picture. One number for each place: one in stride x stride pixels."
        raise question.wrong("picture_size", seen, sentence)
    if (rows, columns) == (height + 1, width + 1):
        part = value[..., :height, :width].float()
        for mistake, (wrong, sentence) in () if agree(part, expected) else mistakes.items():
            if agree(part, torch.as_tensor(wrong)):
                raise question.wrong(mistake, seen, f"This looks like: {sentence}")
        sentence = (
            "Pixels that are left over at the edge make no place: H // stride rounds down, as a layer's pooling does."
        )
        raise question.wrong("rounded_up", seen, sentence)
    if rows <= height and columns <= width and (rows, columns) != (height, width):
        sentence = (
            "Places at the edge are missing. The window may reach beyond it, where nothing counts: padding=reach."
        )
        raise question.wrong("no_padding", seen, sentence)


def _judge_edges(question: Question) -> None:
    """Masks that are full, empty, or full but for one pixel; windows larger than the picture."""
    height, width = question.draw.whole(9, 11), question.draw.whole(13, 15)
    one_hole = torch.ones(1, 1, height, width)
    one_hole[0, 0, question.draw.whole(0, 7), question.draw.whole(0, 11)] = 0
    for stride, reach in ((4, 0), (4, 3), (2, 30)):
        for mask, words in (
            (torch.ones_like(one_hole), "that is 1 everywhere"),
            (torch.zeros_like(one_hole), "that is 0 everywhere"),
            (one_hole, "with one hole"),
        ):
            given = f"{_said(mask, stride, reach)}, {words},"
            expected = regions.propagate(mask, stride, reach)
            got = question.tensor(question.ask("call", mask, stride, reach), expected.shape, given)
            question.same(got, expected, given, {})
