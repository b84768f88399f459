"""Sphinx's settings for the book. Its pages are written by `tools.book.pages`; nothing is fetched, nothing is run."""

from __future__ import annotations

import inspect
import re
from typing import Any

from sphinx.util.inspect import stringify_signature

project = "Neural style transfer, from the inside"
author = "the course's authors"
copyright = "2026, the course's authors. Text and pictures: CC BY 4.0; code: MIT"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "tools.book.mathml"]
exclude_patterns = ["_build"]
templates_path: list[str] = []

# --- chapters -------------------------------------------------------------------------------------------------------
nb_execution_mode = "off"  # the solutions were run by `make build`, and keep what they put out
nb_merge_streams = True
nb_mime_priority_overrides = [("html", "image/jpeg", 5)]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

# --- the public API -------------------------------------------------------------------------------------------------
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries_show_parents = "hide"
napoleon_use_ivar = True
napoleon_use_rtype = False
maximum_signature_line_length = 90

# --- how it looks ---------------------------------------------------------------------------------------------------
html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = ["static"]
html_css_files = ["book.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_search_summary = False  # a page opened from disk may not read others
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {"text": "Style transfer, from the inside"},
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_toc_level": 2,
    "back_to_top_button": False,
    "pygments_light_style": "tango",
    "pygments_dark_style": "github-dark",
}

LITERAL = re.compile(r"(``.*?``)")


def _escape_bars(app: Any, what: str, name: str, target: Any, options: Any, lines: list[str]) -> None:
    """|F - P| in a docstring is a norm, and no substitution of reStructuredText."""
    lines[:] = [
        "".join(part if LITERAL.fullmatch(part) else part.replace("|", r"\|") for part in LITERAL.split(line))
        for line in lines
    ]


def _own_signature(app: Any, what: str, name: str, target: Any, options: Any, signature: str, returns: str) -> Any:
    """Of a class whose parent takes anything, as a widget's does: what the class itself takes."""
    if what != "class" or "*args" not in (signature or "") or "__init__" not in vars(target):
        return None
    own = inspect.signature(target.__init__)
    taken = list(own.parameters.values())[1:]
    return stringify_signature(own.replace(parameters=taken, return_annotation=own.empty)), returns


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-signature", _own_signature)
    app.connect("autodoc-process-docstring", _escape_bars, priority=900)  # behind napoleon
