"""``course train``: its options. What it does is in `course.cli.train_painter`, which imports torch."""

from __future__ import annotations

import argparse

from course.cli.command import positive, weight, whole

HELP = "train a painter that paints any photo in an instant"
EXAMPLES = """\
examples:
  course train swirls -o swirls.pt                      one style, five minutes
  course train swirls chalk woodcut -o three.pt --minutes 20
  course train art.jpg -o art.pt --photos holidays      a style and photos of your own
  course paint me.jpg swirls -o me.png --painter swirls.pt
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the options. Alpha and beta that are left out are None: `course.training.perceptual` has their defaults."""
    parser.description = (
        "Train a network that paints any photo in the STYLEs (Johnson et al., 1603.08155). Ctrl-C keeps what there is, "
        "and the same command goes on from there."
    )
    parser.epilog, parser.formatter_class = EXAMPLES, argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("styles", nargs="+", metavar="STYLE", help="a name from `course gallery`, or a picture file")
    add("-o", "--out", required=True, metavar="FILE.pt", help="where to save the painter")
    add(
        "--minutes",
        type=positive,
        default=5.0,
        help="about how long in all (default 5); a training that goes on keeps the number of its steps",
    )
    add("--steps", type=whole(1), help="how many steps, instead of --minutes")
    add("--photos", metavar="FOLDER", help="photos to learn from, besides the gallery's")
    add("--alpha", type=weight, help="weight of the content, relative units (default 2)")
    add("--beta", type=weight, help="weight of the style, relative units (default 8)")
    add("--weights", choices=("slim", "oxford"), default="slim",
        help="of VGG-19, which judges (default slim; oxford is exact and seven times slower)")  # fmt: skip
    add("--precision", choices=("float32", "auto", "bfloat16", "float16"), default="auto",
        help="of VGG-19 (default auto: half the bits, where the processor multiplies those itself)")  # fmt: skip
    add("--width", type=whole(4, 64), default=16, help="of the network, in channels (default 16)")
    add("--blocks", type=whole(1, 16), default=3, help="of the network (default 3)")
    add("--side", type=whole(32, 512), default=96, help="of the crops of photos, in pixels (default 96)")
    add("--count", type=whole(1, 64), default=4, help="of crops in a step (default 4)")
    add("--rate", type=positive, default=4e-3, help="learning rate (default 0.004; a wider network wants less)")
    add("--seed", type=whole(0, 2**31), default=0, help="of all that is random (default 0)")
    add("--threads", type=whole(1, 1024), help="of the processor (default: one for each core)")


def run(options: argparse.Namespace) -> int:
    """Trains, saves, and says where."""
    from course.cli.train_painter import run

    return run(options)
