"""Pages that would harm a visitor or lock one out: each is refused, whatever name it is refused by."""

import html

import pytest

from course.check import EXERCISES, CheckFailed
from course.check.engine.answers import LocalAnswer


def page(styles, chosen, sentence, before="", inside="", box="", after=""):
    """Right, but for what is put in."""
    parts = [before, f'<p role="alert">{html.escape(sentence)}</p>' if sentence else ""]
    for style, picture, alt in styles:
        ticked = " checked" if style in chosen else ""
        parts.append(f'<label><input type="checkbox" name="style" value="{html.escape(style)}"{ticked}{box}>')
        parts.append(
            f'<img src="{html.escape(picture)}" alt="{html.escape(alt)}"> {html.escape(style)}{inside}</label>'
        )
    return "".join([*parts, after])


def verified(**changed):
    return EXERCISES["compose"].verify(LocalAnswer("compose", lambda *given: page(*given, **changed)), 0)


def test_the_page_itself_passes():
    assert verified()


@pytest.mark.parametrize(
    "changed",
    [
        {"after": '<meta http-equiv="refresh" content="0;url=https://example.org">'},
        {"before": '<style>@import "https://example.org/x.css"</style>'},
        {"before": '<base href="https://example.org/">'},
        {"after": '<object data="https://example.org/x"></object>'},
        {"after": "<svg><a href=' java\nscript:alert(1)'>x</a></svg>"},
        {"after": "<iframe srcdoc='<p>x'></iframe>"},
        {"inside": '<button formaction="https://example.org/">x</button>'},
        {"inside": '<a href="javascript:alert(1)">x</a>'},
        {"box": ' onfocus="alert(1)" autofocus'},
        {"box": " hidden"},
        {"box": ' form="other"'},
        {"box": ' aria-hidden="true" tabindex="-1"'},
        {"before": "<form>", "after": "</form>"},
        {"before": "<div hidden>", "after": "</div>"},
    ],
)
def test_what_harms_or_locks_out_is_refused(changed):
    with pytest.raises(CheckFailed):
        verified(**changed)
