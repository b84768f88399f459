"""Reads a page as a browser and a screen reader would, and says what is wrong with it."""

from html.parser import HTMLParser
from itertools import pairwise

VOID = ("meta", "br", "wbr")
INLINE = ("a", "bdi", "code", "span", "strong", "wbr")  # no space before and behind it
OUTSIDE = ("script", "link", "img", "iframe", "object", "form", "input", "base")


class Page(HTMLParser):
    """A parsed page.

    Attributes:
        faults: what is wrong with it.
        tags: (name, attributes) of all elements, in order.
        headings: (level, text) in order.
        links: all addresses.
    """

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.faults, self.tags, self.headings, self.links, self.open = [], [], [], [], []
        self.said = []
        self.feed(source)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self.open]
        self.text = " ".join("".join(self.said).split())
        self._judge()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self._space(tag)
        self.tags.append((tag, attributes))
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append([int(tag[1]), ""])
        if "href" in attributes:
            self.links.append(attributes["href"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else")
        self._space(tag)

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.said.append(data)
        if any(tag in self.open for tag in ("h1", "h2", "h3", "h4")):
            self.headings[-1][1] += data

    def _space(self, tag):
        self.said.append("" if tag in INLINE else " ")

    def _judge(self):
        tags = self.tags
        levels = [level for level, _ in self.headings]
        checks = {
            "the language is missing": ("html", {"lang": "en"}) in tags,
            "there must be one h1, first": levels[:1] == [1] and levels.count(1) == 1,
            "a level of headings is left out": all(b <= a + 1 for a, b in pairwise(levels)),
            "a heading is empty": all(said.strip() for _, said in self.headings),
            "the main part is not marked": sum(tag == "main" for tag, _ in tags) == 1,
            "a table has no caption": _count(tags, "table") == _count(tags, "caption"),
            "a th has no scope": all(a.get("scope") in ("row", "col") for tag, a in tags if tag == "th"),
            "a table has no row headings": _count(tags, "tr") <= _count(tags, "th"),
            "an svg is neither hidden nor named": all(_told(a) for tag, a in tags if tag == "svg"),
            "an id is there twice": len(ids := [a["id"] for _, a in tags if "id" in a]) == len(set(ids)),
            "something comes from outside": not [tag for tag, _ in tags if tag in OUTSIDE],
            "something is run": not [a for _, a in tags if any(name.startswith("on") for name in a)],
            "a name leads nowhere": all(
                part in ids for _, a in tags for part in (a.get("aria-labelledby") or "").split()
            ),
            "a link leads nowhere": all(link[1:] in ids for link in self.links if link.startswith("#")),
            "a fill leads nowhere": all(
                a["fill"][5:-1] in ids for _, a in tags if (a.get("fill") or "").startswith("url(#")
            ),
        }
        self.faults += [fault for fault, holds in checks.items() if not holds]


def _count(tags, name):
    return sum(tag == name for tag, _ in tags)


def _told(attributes):
    return attributes.get("aria-hidden") == "true" or (
        attributes.get("role") == "img" and "aria-labelledby" in attributes
    )
