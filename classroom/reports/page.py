"""The common part of the reports' pages: one file without scripts, to be read on a phone, printed, or listened to.

Pages are Jinja templates in ``templates``. Whatever a template is given is escaped unless it says otherwise, so that
nothing a student wrote is obeyed. No colour says anything that is not also written.
"""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from classroom.reports.state_texts import GONE, STATE_TEXTS
from classroom.reports.tables import clean


def points(earned: float, possible: float | None = None) -> str:
    """For example "3", "2.5 of 4"."""
    return f"{earned:.4g}" + ("" if possible is None else f" of {possible:.4g}")


def counted(number: int, noun: str) -> str:
    """For example "1 student", "3 students"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


TEMPLATES = Environment(
    loader=PackageLoader("classroom.reports"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
TEMPLATES.globals.update(points=points, counted=counted, texts=STATE_TEXTS, gone=GONE)


def render(template: str, **values: object) -> str:
    """A whole page. Control characters, which no page may hold, are replaced wherever they come from."""
    return clean(TEMPLATES.get_template(template).render(values))
