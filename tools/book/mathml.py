"""Formulas as MathML, which browsers set by themselves: no script, nothing to fetch, and a screen reader can say them.

MathML needs a font that knows where an exponent stands, and not every machine has one: the book brings the letters and
signs that its formulas need, of STIX Two Math (SIL Open Font License), inside its style sheet. As a file beside it, a
browser that opens pages from disk may refuse it.
"""

from __future__ import annotations

import base64
import io
from importlib import resources
from pathlib import Path
from typing import Any

from docutils import nodes
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from latex2mathml.converter import convert

RANGES = (
    *((0x20, 0x7E), (0xA0, 0xFF), (0x370, 0x3FF), (0x2010, 0x2044), (0x2190, 0x21D5), (0x2200, 0x22FF)),
    *((0x2061, 0x2064), (0x27E8, 0x27E9), (0x210E, 0x210E), (0x211D, 0x211D), (0x22A4, 0x22A4)),
    *((0x1D400, 0x1D467), (0x1D6E2, 0x1D71B)),  # bold, italic, italic Greek
)


def mathml(formula: str, display: str = "inline") -> str:
    """A formula of LaTeX as MathML. The bar of a norm stands close on both sides, and does not part as "such that"."""
    bar = '<mo stretchy="false">&#x0007C;</mo>'
    return str(convert(formula, display=display)).replace(bar, bar.replace(">&", ' lspace="0" rspace="0">&'))


def _inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def _block(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="formula">{mathml(node.astext(), "block")}</div>\n')
    raise nodes.SkipNode


def _write_font(app: Any, error: Exception | None) -> None:
    if error:
        return
    with resources.as_file(resources.files("ziamath") / "fonts" / "STIXTwoMath-Regular.ttf") as path:
        font = TTFont(path)
    options = Options(flavor="woff", notdef_outline=True, layout_features=["ssty"], drop_tables=["DSIG"])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)])
    subsetter.subset(font)
    font.flavor = "woff"
    packed = io.BytesIO()
    font.save(packed)
    data = base64.b64encode(packed.getvalue()).decode()
    rule = f'@font-face {{ font-family: "Formulas"; src: url("data:font/woff;base64,{data}") format("woff"); }}\n'
    (Path(app.outdir) / "_static" / "formulas.css").write_text(rule, encoding="utf-8")


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
    app.add_css_file("formulas.css")
    app.connect("build-finished", _write_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
