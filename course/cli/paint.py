"""``course paint``: its options. What it does is in `course.cli.paint_picture`, which imports torch."""

from __future__ import annotations

import argparse

from course.cli.command import names, numbers, positive, weight, whole
from course.errors import InputError

HELP = "paint one picture in the style of another"
# Options that mean something to a trained network.
AT_ONCE = ("command", "content", "style", "out", "painter", "shares", "size", "threads")
EXAMPLES = """\
examples:
  course paint cat swirls -o out.png                    the cat, quickly
  course paint me.jpg woodcut -o me.png --size 512      a larger one, of your own photo
  course paint me.jpg art.jpg -o me.png --beta 40       more style (--beta 3: more photo)
  course paint cat swirls -o cat.png --colours matched   swirls in the colours of the cat
  course paint me.jpg chalk -o me.png --painter twenty   in an instant, by a network trained for it
  course paint holidays chalk,swirls -o painted --painter twenty --shares 2,1
                                                        a folder of photos, in a mixture of two styles
  course paint me.jpg art.jpg -o me.png --painter any    in a style that no network was trained for, at once
  course paint brick brick -o wall.png --alpha 0 --init noise --steps 300
                                                        a texture out of noise; the content only gives the shape
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the options. Alpha, beta and tv that are left out are None: `course.objectives` has their defaults."""
    parser.description = "Paint CONTENT in the style of STYLE (Gatys et al., CVPR 2016), coarse to fine."
    parser.epilog, parser.formatter_class = EXAMPLES, argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("content", metavar="CONTENT", help="what to paint: a name from `course gallery`, or a picture file")
    add("style", metavar="STYLE", help="how to paint it: a name or a file")
    add("-o", "--out", required=True, metavar="OUT.png", help="where to save the painting (.png, .jpg, .webp)")
    add("--strip", metavar="STRIP.png", help="also save content, style and painting side by side")
    add(
        "--painter",
        metavar="NAME",
        help="paint at once, by a trained network: twenty, any (style), or a file of `course train`",
    )
    add(
        "--shares", type=numbers, metavar="S,S,...", help="with --painter and several STYLE,STYLE,...: how much of each"
    )
    add("--size", type=whole(1), default=256, help="longer side in pixels (default 256)")
    add("--steps", type=whole(1), default=160, help="steps of all stages together (default 160)")
    add("--alpha", type=weight, help="weight of the content, relative units (default 1)")
    add("--beta", type=weight, help="weight of the style, relative units (default 7)")
    add("--tv", type=weight, help="weight of the total variation, against speckle (default 2)")
    add(
        "--layers",
        type=names,
        metavar="L,L,...",
        help="style layers (default relu1_1,relu2_1,relu3_1,relu4_1,relu5_1)",
    )
    add("--scale", type=positive, help="size of the brush strokes (default 1)")
    add("--pooling", choices=("max", "avg"), default="max", help="pooling of the network (default max)")
    add("--init", choices=("content", "style", "noise"), default="content", help="where to start (default content)")
    add("--optimiser", choices=("lbfgs", "adam"), default="lbfgs", help="(default lbfgs)")
    add("--learning-rate", type=positive, default=0.02, help="of adam, for pictures in [0, 1] (default 0.02)")
    add("--colours", choices=("style", "matched", "photo"), default="style",
        help="whose: the style's (default), the style's after it got the photo's (matched), or the photo's own "
        "under the lights and shades of the painting")  # fmt: skip
    add("--seed", type=whole(0, 2**63 - 1), default=0, help="of the noise and of random weights (default 0)")
    add("--weights", choices=("oxford", "slim", "torchvision", "random"), default="oxford",
        help="of VGG-19 (default oxford; slim is quick and less exact; torchvision downloads 549 MB once)")  # fmt: skip
    add("--precision", choices=("float32", "auto", "bfloat16", "float16"), default="auto",
        help="of the network (default auto: half the bits, where the processor multiplies those itself)")  # fmt: skip
    add("--drafts", action="store_true", help="let the slim network paint the first half of the steps, as drafts")
    add("--save-every", type=whole(1), metavar="N", help="also save every N-th step, as OUT-0010.png")
    add("--device", default="auto", help="auto, cpu, cuda or mps (default auto: cuda if there is one, else cpu)")
    add("--threads", type=whole(1, 1024), help="of the processor (default: one for each core)")


def run(options: argparse.Namespace) -> int:
    """Paints, saves, and says where."""
    if options.shares is not None and options.painter is None:
        raise InputError("--shares mixes styles that a network has learnt; add --painter twenty, or leave it out")
    if options.painter is not None:
        _refuse_others(options)
        from course.cli.paint_at_once import run
    else:
        from course.cli.paint_picture import run
    return run(options)


def _refuse_others(options: argparse.Namespace) -> None:
    """What the optimiser is told means nothing to a network that is trained already."""
    parser = argparse.ArgumentParser()
    add(parser)
    for name, value in vars(options).items():
        if name not in AT_ONCE and value != parser.get_default(name):
            option = f"--{name.replace('_', '-')}"
            raise InputError(f"{option} is for the optimiser; leave it out, or leave --painter out")
