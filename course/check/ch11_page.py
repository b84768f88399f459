"""Check of chapter 11: the part of a page that shows the styles. It is read as a browser reads it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from course.check.engine.exercise import Question, exercise

Style = Sequence[str]  # name, address of its picture, what is to be seen on it
EMPTY = ("img", "input", "br", "hr", "meta", "link", "wbr", "source")  # elements that have no end


def reference_compose(styles: Sequence[Style], chosen: Sequence[str], sentence: str) -> str:
    """The part of a page, in HTML, that shows the styles, each with a box to tick.

    Args:
        styles: (name, address of its picture, what is to be seen on it) for each.
        chosen: names that are ticked already.
        sentence: what went wrong last time, or "".
    """
    parts = [f'<p role="alert">{html.escape(sentence)}</p>'] if sentence else []
    for style, picture, alt in styles:
        name, ticked = html.escape(style), " checked" if style in chosen else ""
        parts.append(
            f'<label><input type="checkbox" name="style" value="{name}"{ticked}>'
            f'<img src="{html.escape(picture)}" alt="{html.escape(alt)}"> {name}</label>'
        )
    return "<fieldset><legend>Choose a style</legend>" + "\n".join(parts) + "</fieldset>"


@dataclass
class _Label:
    """A label: the box it is meant for, if it says so, what is in it."""

    meant_for: str | None
    words: str = ""
    boxes: int = 0


@dataclass
class _Read(HTMLParser):
    """A page as a browser reads it."""

    tags: list[str] = field(default_factory=list)
    boxes: list[dict[str, str | None]] = field(default_factory=list)
    box_labels: list[_Label | None] = field(default_factory=list)
    labels: list[_Label] = field(default_factory=list)
    images: list[dict[str, str | None]] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)
    words: str = ""
    alerts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._label: _Label | None = None
        self._inside: list[tuple[str, bool]] = []  # what is open, and whether it is an alert

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(reversed(attrs))  # of two of one name the first counts
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag == "label":
            self._label = _Label(found.get("for"))
            self.labels.append(self._label)
        if tag == "input":
            self.boxes.append(found)
            self.box_labels.append(self._label)
        if tag == "img":
            self.images.append(found)
        if tag not in EMPTY:
            self._inside.append((tag, found.get("role") == "alert"))
            if found.get("role") == "alert":
                self.alerts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._label = None
        if tag in [open_tag for open_tag, _ in self._inside]:
            while self._inside.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.words += data
        if self._label is not None:
            self._label.words += data
        if any(alert for _, alert in self._inside):
            self.alerts[-1] += data


@exercise(
    reference_compose,
    'section 3, "What goes out"',
    stops={
        "must be str": ("not_text", "Text is put together of text: f\"...{name}...\", and ''.join(parts) of a list."),
        "expected str instance": ("not_text", "''.join wants texts alone. What else is in the list?"),
        "too many values to unpack": (
            "not_unpacked",
            "Each of styles has three parts: for name, picture, alt in styles.",
        ),
        "has no attribute 'escape'": (
            "no_escape",
            "import html, and html.escape(name). A variable called html hides it.",
        ),
    },
    solved_by=(),
)
def compose(question: Question) -> str:
    """Boxes, pictures and labels for styles of any name."""
    plain = _styles(question, plain=True)
    page = _page(question, plain, [plain[1][0]], "")
    _judge_page(question, page, plain, [plain[1][0]], "", "three styles, the second ticked,")
    odd, sentence = _styles(question, plain=False), f"Only one: <nobr>{question.draw.whole(10, 99)} & more</nobr>?"
    chosen = [odd[0][0], odd[3][0]]
    page = _page(question, odd, chosen, sentence)
    _judge_page(question, page, odd, chosen, sentence, "styles with < & and quotes in their names")
    return "a box, a label and an alt text for each; whatever a name holds is text; nothing from elsewhere; no script"


def _styles(question: Question, plain: bool) -> list[tuple[str, str, str]]:
    number = question.draw.whole(10, 99)
    if plain:
        return [(name, f"/style/{name}.jpg", f"{words}, number {number}")
                for name, words in (("fans", "rows of fans"), ("weave", "woven bands"), ("chalk", "spirals in chalk"))]  # fmt: skip
    return [
        (f"<blink>fans {number}</blink>", "/style/1.jpg?a=1&b=2", "rows of fans"),
        ("salt & pepper", "/style/2.jpg", f'a wall with "{number}" in red'),
        ('the "best" &amp; last', "/style/3.jpg", "<marquee>waves</marquee>, one over the other"),
        ("weave", "/style/4.jpg", "woven bands"),
    ]


def _page(question: Question, styles: Sequence[Style], chosen: Sequence[str], sentence: str) -> _Read:
    given = f"{len(styles)} styles"
    returned = question.ask("call", [tuple(one) for one in styles], list(chosen), sentence)
    question.present(returned, given)
    if not isinstance(returned.value, str):
        raise question.wrong("type", f"for {given} expected HTML, a string, got {returned.kind}.",
                             "Put the parts together: \"\".join(parts).")  # fmt: skip
    read = _Read()
    read.feed(returned.value)
    read.close()
    return read


def _judge_page(
    question: Question, page: _Read, styles: Sequence[Style], chosen: Sequence[str], sentence: str, given: str
) -> None:
    _judge_escapes(question, page, styles, sentence, given)
    _judge_safety(question, page, given)
    _judge_boxes(question, page, styles, given)
    _judge_images(question, page, styles, given)
    _judge_labels(question, page, styles, given)
    _judge_ticks(question, page, styles, chosen, given)
    _judge_sentence(question, page, sentence, given)


def _judge_escapes(question: Question, page: _Read, styles: Sequence[Style], sentence: str, given: str) -> None:
    for tag, mistake, words in (
        ("blink", "unescaped", "A name has become a part of the page. html.escape(name) makes text of it, everywhere."),
        ("marquee", "alt_unescaped", "An alt text has become a part of the page: html.escape(alt)."),
        (
            "nobr",
            "sentence_unescaped",
            "The sentence has become a part of the page: it may hold what a visitor has typed.",
        ),
    ):
        if tag in page.tags:
            raise question.wrong(mistake, f"for {given} a browser finds an element <{tag}>.", words)
    everything = page.words + "".join(value for _, value in page.attributes)
    if "&lt;" in everything or "&quot;" in everything or "&amp;amp;" in everything:
        raise question.wrong(
            "escaped_twice",
            f"for {given} a browser shows “&lt;” or “&quot;” in place of the sign itself.",
            "What is escaped twice shows its own escapes. Once, and at the very place where it goes into the page.",
        )


def _judge_safety(question: Question, page: _Read, given: str) -> None:
    handler = next((name for name, _ in page.attributes if name.startswith("on")), "")
    if "script" in page.tags or handler:
        raise question.wrong(
            "script",
            f"for {given} there is a script in the page: {handler or '<script>'}.",
            "This part needs none. Where no script is allowed at all, none of a stranger's can run either.",
        )
    for name, value in page.attributes:
        if name in ("src", "href", "action", "srcset") and value.lstrip().lower().startswith(("http:", "https:", "//")):
            raise question.wrong(
                "from_elsewhere",
                f"for {given} the page asks for {value[:60]!r}.",
                "A classroom may have no internet, and nobody else needs to know who paints. Take the address as it is given.",
            )


def _judge_boxes(question: Question, page: _Read, styles: Sequence[Style], given: str) -> None:
    kinds = [(box.get("type") or "text").lower() for box in page.boxes]
    if "radio" in kinds:
        raise question.wrong("radio", f"for {given} the boxes are of type radio.",
                             "A radio button cannot be taken back, and three styles could not be mixed: checkbox.")  # fmt: skip
    if kinds != ["checkbox"] * len(styles):
        raise question.wrong("boxes", f"for {given} expected {len(styles)} checkboxes, found {len(kinds)} inputs.",
                             'One <input type="checkbox"> for each style, and no more.')  # fmt: skip
    for box, (name, _, _) in zip(page.boxes, styles, strict=True):
        value = box.get("value")
        if box.get("name") != "style":
            raise question.wrong("other_name", f"for {given} a box has the name {str(box.get('name'))[:40]!r}.",
                                 'All boxes have the name "style": it says what is asked, and value what is answered.')  # fmt: skip
        if value is None:
            raise question.wrong("no_value", f"for {given} a box has no value.",
                                 'Without a value a browser sends "on", whichever box it is: value="...".')  # fmt: skip
        if value != name:
            mistake = "value_unescaped" if name.startswith(value) else "other_value"
            raise question.wrong(mistake, f"for {given} a box has the value {value[:40]!r}, expected {name!r}.",
                                 "A quote in a name ends the attribute: html.escape(name), quotes and all."
                                 if mistake == "value_unescaped" else "The value is the name, as it is.")  # fmt: skip


def _judge_images(question: Question, page: _Read, styles: Sequence[Style], given: str) -> None:
    if [image.get("src") for image in page.images] != [picture for _, picture, _ in styles]:
        raise question.wrong("pictures", f"for {given} the pictures are {[one.get('src') for one in page.images]}.",
                             "One <img> for each style, its src the address that is given.")  # fmt: skip
    for image, (name, _, alt) in zip(page.images, styles, strict=True):
        got = image.get("alt")
        seen = f"for {given} a picture has the alt text {got!r}, expected {alt!r}."
        if got is None:
            raise question.wrong("no_alt", f"for {given} a picture has no alt text.",
                                 "Who does not see the picture hears its address, sign by sign. alt says what is to be seen.")  # fmt: skip
        if not got.strip():
            raise question.wrong(
                "empty_alt", seen, 'alt="" says that a picture only decorates. This one is to be chosen.'
            )
        if got == name:
            raise question.wrong("name_as_alt", seen, "The name is in the label already. alt says what is to be seen.")
        if got != alt:
            raise question.wrong("alt_unescaped", seen,
                                 "Quotes in an alt text end the attribute: html.escape(alt), quotes and all.")  # fmt: skip


def _judge_labels(question: Question, page: _Read, styles: Sequence[Style], given: str) -> None:
    ids = [box.get("id") for box in page.boxes if box.get("id")]
    if len(set(ids)) < len(ids):
        raise question.wrong("same_id", f"for {given} two boxes have the id {ids[0]!r}.",
                             "An id is there once in a page: every label would tick the first box.")  # fmt: skip
    for box, around, (name, _, _) in zip(page.boxes, page.box_labels, styles, strict=True):
        own = [label for label in page.labels if box.get("id") and label.meant_for == box.get("id")]
        label = around if around is not None and around.meant_for in (None, box.get("id")) else next(iter(own), None)
        if label is None:
            mistake, words = (
                ("label_elsewhere", "for says which box: the box's own id, letter by letter.")
                if any(one.meant_for for one in page.labels)
                else (
                    "no_label",
                    "A finger hits a label more easily than a box, and a screen reader says it. Put one around.",
                )
            )
            raise question.wrong(mistake, f"for {given} the box of {name!r} has no label.", words)
        if name not in label.words:
            raise question.wrong("label_without_name", f"for {given} a label says {label.words.strip()[:40]!r}.",
                                 f"The name, {name!r}, belongs into the label, as text.")  # fmt: skip


def _judge_ticks(question: Question, page: _Read, styles: Sequence[Style], chosen: Sequence[str], given: str) -> None:
    ticked = [name for box, (name, _, _) in zip(page.boxes, styles, strict=True) if "checked" in box]
    if sorted(ticked) == sorted(chosen):
        return
    seen = f"for {given} {len(ticked)} boxes are ticked, expected {len(chosen)}."
    if len(ticked) == len(styles):
        raise question.wrong("all_ticked", seen, 'The word alone ticks a box: checked="" and checked="no" do so, too.')
    if not ticked:
        raise question.wrong("none_ticked", seen, "What was ticked is gone after a mistake, and has to be found again.")
    raise question.wrong(
        "others_ticked", seen, "Ticked are those in chosen: style in chosen, before anything is escaped."
    )


def _judge_sentence(question: Question, page: _Read, sentence: str, given: str) -> None:
    if not sentence:
        if page.alerts:
            raise question.wrong("alert_always", f"for {given} and no sentence there is an empty alert.",
                                 "A screen reader would say that something is wrong, and not what. Only if there is a sentence.")  # fmt: skip
        return
    if sentence not in page.words:
        raise question.wrong("sentence_missing", f"for {given} the sentence {sentence!r} is not to be seen.",
                             "The page comes back as it was, and nobody knows why. Show the sentence.")  # fmt: skip
    if not any(sentence in alert for alert in page.alerts):
        raise question.wrong("not_alert", f"for {given} the sentence is in no element with role=\"alert\".",
                             'A screen reader says at once what has role="alert": <p role="alert">...</p>.')  # fmt: skip
