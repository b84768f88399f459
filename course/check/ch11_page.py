"""Check of chapter 11: the part of a page that shows the styles. It is read as a browser reads it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from course.check.engine.exercise import Question, exercise

Style = Sequence[str]  # name, address of its picture, what is to be seen on it
EMPTY = ("img", "input", "br", "hr", "meta", "link", "wbr", "source", "base", "embed")  # elements that have no end

# What such a part may hold. A list of what is forbidden is never complete, see section 2.
ELEMENTS = {
    "fieldset", "legend", "label", "input", "img", "p", "div", "span", "ul", "ol", "li", "dl", "dt", "dd", "section",
    "figure", "figcaption", "table", "thead", "tbody", "tr", "th", "td", "h2", "h3", "h4", "h5", "h6", "br", "hr", "wbr",
    "b", "i", "strong", "em", "small",
}  # fmt: skip
ATTRIBUTES = {
    "type", "name", "value", "checked", "id", "for", "src", "alt", "class", "role", "title", "lang", "dir", "width",
    "height", "loading", "decoding", "autocomplete", "aria-describedby", "aria-label", "aria-labelledby", "aria-live",
    "aria-invalid", "aria-atomic",
}  # fmt: skip
ROLES = {"alert", "group", "list", "listitem"}
OUT_OF_REACH = {"hidden", "disabled", "inert", "form", "aria-hidden", "tabindex", "readonly"}


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
    alerts_after_boxes: int = 0
    open_labels: int = 0

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._label: _Label | None = None
        self._inside: list[tuple[str, bool]] = []  # what is open, and whether it is an alert

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(reversed(attrs))  # of two of one name the first counts
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag == "label":
            self.open_labels += 1
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
                self.alerts_after_boxes += bool(self.boxes)

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self.open_labels -= 1
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
        (f"it's {number}' onfocus='go", f"/style/5.jpg?a=\"{number}'b", f"a cat's paw' onerror='go, number {number}"),
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
    _judge_addresses(question, page, given)
    _judge_elements(question, page, given)
    _judge_boxes(question, page, styles, given)
    _judge_images(question, page, styles, given)
    _judge_labels(question, page, styles, given)
    _judge_attributes(question, page, styles, given)
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
    if any(word in everything for word in ("&lt;", "&quot;", "&#x27;", "&#39;", "&amp;amp;")):
        raise question.wrong(
            "escaped_twice",
            f"for {given} a browser shows “&lt;” or “&quot;” in place of the sign itself.",
            "What is escaped twice shows its own escapes. Once, and at the very place where it goes into the page.",
        )


def _judge_addresses(question: Question, page: _Read, given: str) -> None:
    for name, value in page.attributes:
        start = "".join(value.split()).lower()  # a browser skips breaks and tabs in an address
        if name in ("value", "alt", "title", "class"):
            continue
        if start.startswith(("javascript:", "data:", "vbscript:")):
            raise question.wrong(
                "script_address",
                f"for {given} the attribute {name} is {value[:40]!r}.",
                "An address that begins with javascript: is a program, and a browser runs it. No part of this page needs one.",
            )
        if name in ("src", "href", "action", "srcset") and start.startswith(("http:", "https:", "//")):
            raise question.wrong(
                "from_elsewhere",
                f"for {given} the page asks for {value[:60]!r}.",
                "A classroom may have no internet, and nobody else needs to know who paints. Take the address as it is given.",
            )


_NOT_HERE = {
    **dict.fromkeys(("script", "noscript", "template"), (
        "script", "This part needs none. Where no script is allowed at all, none of a stranger's can run either.")),
    "form": ("form_in_form", "It stands in a form already, and the end of yours would end that one: photo and button fall out."),
    **dict.fromkeys(("html", "head", "body", "main", "title"), (
        "whole_page", "This is a part of a page. What stands around it, <html> and <body>, is there already.")),
    **dict.fromkeys(("iframe", "frame", "object", "embed"), (
        "frame", "A page in the page shows what somebody else has written, with buttons of its own. An <img> shows a picture.")),
    "a": ("link", "Whoever touches it leaves the page, and what was ticked is gone. A box and its label are enough."),
    "style": ("own_style", "How it looks is said once, for the whole page. A class is enough here."),
}  # fmt: skip


def _judge_elements(question: Question, page: _Read, given: str) -> None:
    strange = [tag for tag in page.tags if tag not in ELEMENTS]
    if strange:
        mistake, words = _NOT_HERE.get(
            strange[0],
            ("foreign_element", "Boxes, pictures, labels, lists, paragraphs and headings are all that it needs."),
        )
        raise question.wrong(mistake, f"for {given} there is an element <{strange[0][:20]}>.", words)


def _judge_attributes(question: Question, page: _Read, styles: Sequence[Style], given: str) -> None:
    texts = " ".join(text for style in styles for text in style).lower()
    for name, value in page.attributes:
        seen = f"for {given} a browser finds an attribute {name[:30]!r}"
        if name in ATTRIBUTES and (name != "role" or value in ROLES):
            continue
        if '"' in name or "'" in name or name in texts.split() or f"{name}=" in texts:
            raise question.wrong("got_out", f"{seen} that was a part of a text.",
                                 "Somewhere a text stands in an attribute as it is: an id, a for? Escape it there, too, or number the boxes.")  # fmt: skip
        if name.startswith("on"):
            raise question.wrong("handler", f"{seen}: a script.",
                                 "No script is needed here. Where none is allowed, none of a stranger's can run either.")  # fmt: skip
        if name in OUT_OF_REACH:
            raise question.wrong("out_of_reach", f"{seen}.",
                                 "With it somebody cannot see, reach or send what is there. Leave it out.")  # fmt: skip
        raise question.wrong("stray_attribute", f"{seen}{f' of {value[:20]!r}' if value else ''}.",
                             "It is none that this part needs. To arrange things a class is enough.")  # fmt: skip


def _cut(got: str, text: str) -> str:
    """The sign of a text at which an attribute has ended too early, or ""."""
    return text[len(got)] if len(got) < len(text) and text.startswith(got) else ""


def _cut_off(question: Question, what: str, got: str, text: str, given: str, escape: str) -> Exception | None:
    """What is wrong with an attribute that holds only the beginning of a text, or None if it does not."""
    seen = f"for {given} {what} is {got[:40]!r}, expected {text[:60]!r}."
    sign = _cut(got, text)
    if sign == " ":
        return question.wrong("unquoted", seen, 'An attribute without quotes ends at the first blank: alt="...".')
    if sign == "'":
        return question.wrong("apostrophe", seen,
                              f"An apostrophe ends what stands between single quotes. {escape} makes &#x27; of it.")  # fmt: skip
    return None


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
            if (failure := _cut_off(question, "a value", value, name, given, "html.escape(name)")) is not None:
                raise failure
            mistake = "value_unescaped" if name.startswith(value) else "other_value"
            raise question.wrong(mistake, f"for {given} a box has the value {value[:40]!r}, expected {name!r}.",
                                 "A quote in a name ends the attribute: html.escape(name), quotes and all."
                                 if mistake == "value_unescaped" else "The value is the name, as it is.")  # fmt: skip


def _judge_images(question: Question, page: _Read, styles: Sequence[Style], given: str) -> None:
    if len(page.images) == len(styles):
        for image, (_, picture, _) in zip(page.images, styles, strict=True):
            if _cut(image.get("src") or "", picture) in ('"', "'"):
                raise question.wrong("src_unescaped", f"for {given} a src is {image['src']!r}, expected {picture!r}.",
                                     "A quote in an address ends the attribute: html.escape(picture), as all that is put in.")  # fmt: skip
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
            if (failure := _cut_off(question, "an alt text", got, alt, given, "html.escape(alt)")) is not None:
                raise failure
            raise question.wrong("alt_unescaped", seen,
                                 "Quotes in an alt text end the attribute: html.escape(alt), quotes and all.")  # fmt: skip


def _judge_labels(question: Question, page: _Read, styles: Sequence[Style], given: str) -> None:
    if page.open_labels:
        raise question.wrong("label_open", f"for {given} {page.open_labels} labels have a beginning and no end.",
                             "Whatever follows belongs to it, too: <label>...</label>.")  # fmt: skip
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
    if page.alerts_after_boxes:
        raise question.wrong("sentence_below", f"for {given} the sentence stands below the first box.",
                             "With twenty styles on a phone nobody sees it there. Put it above all boxes.")  # fmt: skip
