"""Checks of chapter 11: what comes in from a phone, a form and a file."""

from __future__ import annotations

from collections.abc import Sequence

from course.check import ch11_probes  # noqa: F401  # its probe is asked by name
from course.check.engine.exercise import Question, exercise
from course.check.engine.probes import Returned

NAMES = ("aurora", "batik", "chalk", "fans", "mosaic", "swirls", "truchet", "weave")
STRANGE = ("stripes", "glitter", "lava", "neon")  # known to nobody

Pair = tuple[str | None, str]


def reference_pick_style(chosen: Sequence[str], known: Sequence[str]) -> Pair:
    """The one style that was chosen and "", or None and a sentence that says what to do.

    Args:
        chosen: names as a form brought them. One that came twice counts once, an empty one not at all.
        known: the names that there are.
    """
    names = list(dict.fromkeys(name for name in chosen if name))
    for name in names:
        if name not in known:
            return None, f"There is no style {name} here. Choose one of these."
    if not names:
        return None, "Choose a style."
    if len(names) > 1:
        return None, f"Only one, please: {' or '.join(names)}?"
    return names[0], ""


def _pair(question: Question, returned: Returned, given: str) -> Pair:
    """The pair that was returned: a name or None, and a sentence."""
    question.present(returned, given)
    value = returned.value
    if isinstance(value, (list, tuple)) and len(value) == 2:
        name, sentence = value
        if (name is None or isinstance(name, str)) and (sentence is None or isinstance(sentence, str)):
            return name, sentence or ""
    raise question.wrong(
        "not_a_pair",
        f"for {given} expected a name or None, and a sentence; got {returned.kind}.",
        'Two things come back, with a comma between them: the name and "", or None and a sentence.',
    )


def _with_its_sentence(question: Question, pair: Pair, given: str) -> None:
    name, sentence = pair
    if name is None and not sentence.strip():
        raise question.wrong(
            "no_sentence",
            f"for {given} it refused and said nothing.",
            "Somebody looks at a page that has not changed, and does not know why. Say what to do.",
        )
    if name is not None and sentence:
        raise question.wrong(
            "both",
            f"for {given} it returned {_quoted(name)}, and a sentence as well.",
            'Where all is well nothing needs to be said: the sentence is "".',
        )


def _quoted(name: str | None) -> str:
    return "None" if name is None else f"'{name[:40]}'"


@exercise(
    reference_pick_style,
    'section 1, "What comes in"',
    stops={
        "index out of range": (
            "nothing_crashes",
            "With no box ticked the form brings no name at all, and chosen is []. Ask for that before chosen[0].",
        ),
        "not enough values to unpack": (
            "nothing_crashes",
            "With no box ticked the form brings no name at all, and chosen is []. Ask for that before you unpack it.",
        ),
    },
    solved_by=(),
)
def pick_style(question: Question) -> str:
    """One style, or a sentence."""
    known = [NAMES[number] for number in question.draw.uniform(len(NAMES)).argsort().tolist()]
    a, b, c = _unsorted(known)
    strange = STRANGE[question.draw.whole(0, len(STRANGE) - 1)]
    sentences = {}
    for chosen, right, mistakes in _choices(a, b, c, strange):
        given = f"{chosen} ticked"
        got = _pair(question, question.ask("call", list(chosen), known), given)
        if got[0] != right:
            seen = f"for {given} expected {_quoted(right)}, got {_quoted(got[0])}."
            if not chosen:
                raise question.wrong(
                    "none_accepted", seen, "Nobody has ticked anything: nothing is chosen for them. Ask."
                )
            for mistake, (name, sentence) in mistakes.items():
                if got[0] == name:
                    raise question.wrong(mistake, seen, sentence)
            raise question.wrong("other", seen, "Go through your lines with this one case and a pencil.")
        _with_its_sentence(question, got, given)
        sentences[tuple(chosen)] = got[1]
    _judge_sentences(question, sentences[()], sentences[c, a, b], sentences[strange,], [c, a, b], strange)
    _judge_beside(question, a, strange, sentences[a, b].replace(b, strange), sentences[a, strange])
    return "one known name, once or twice; a sentence of its own for none, several and unknown ones"


def _unsorted(known: Sequence[str]) -> tuple[str, str, str]:
    """Three names a, b, c of which c, a, b are in no order of the alphabet, forwards or backwards."""
    least, middle, most = sorted(known[:3])
    return most, least, middle


def _choices(
    a: str, b: str, c: str, strange: str
) -> list[tuple[Sequence[str], str | None, dict[str, tuple[str | None, str]]]]:
    """What is ticked, what comes of it, and what comes of which mistake."""
    part = a[:3]
    return [
        ([a], a, {}),
        ([], None, {}),
        (
            [a, b],
            None,
            {
                "first_taken": (a, "Two were ticked, and the first was taken without a word. Ask which is meant."),
                "last_taken": (b, "Two were ticked, and the last was taken without a word. Ask which is meant."),
            },
        ),
        (
            [c, a, b],
            None,
            {"two_only": (c, "Two are told, three are not: ask for more than one, len(names) > 1.")},
        ),
        (
            [strange],
            None,
            {
                "unknown_accepted": (
                    strange,
                    "No page of ours has this name, and it came all the same: anybody can send anything. Ask known.",
                )
            },
        ),
        (
            [part],
            None,
            {
                "part_of_a_name": (part, f"'{part}' is only a part of a name. `in` between two strings finds parts."),
                "first_that_fits": (a, f"'{part}' is only a part of a name: == asks for all of it."),
            },
        ),
        (
            [strange, a],
            None,
            {
                "unknown_dropped": (
                    a,
                    "The unknown one was dropped without a word. Somebody wanted it: say that it is not here.",
                )
            },
        ),
        (
            [a, strange],
            None,
            {
                "first_known": (
                    a,
                    "The first was known, and the rest was not looked at: each that was ticked is asked for.",
                )
            },
        ),
        ([a, a], a, {"twice_counts_as_two": (None, "One style came twice. It is still one.")}),
        (
            ["", a],
            a,
            {"empty_counts": (None, "An empty name is a field that nobody has filled in. It does not count.")},
        ),
        ([""], None, {"empty_accepted": ("", "An empty name is nobody's choice. It does not count.")}),
    ]


def _judge_sentences(
    question: Question, none: str, several: str, unknown: str, names: Sequence[str], strange: str
) -> None:
    if len({none, several, unknown}) < 3:
        raise question.wrong(
            "one_sentence",
            f"for none, several and an unknown one it said the same: {none[:60]!r}.",
            "Three things can be wrong, and each is mended in another way. Say which.",
        )
    places = [several.find(name) for name in names]
    seen = f"for {list(names)} ticked it said {several[:90]!r}."
    if min(places) < 0:
        raise question.wrong("names_left_out", seen, "Which are meant? Name all that were ticked.")
    if places != sorted(places):
        raise question.wrong(
            "order_lost", seen, "The names have changed their order. A set has none; dict.fromkeys keeps it."
        )
    if strange not in unknown:
        raise question.wrong(
            "unknown_not_named",
            f"for {[strange]} ticked it said {unknown[:90]!r}.",
            "Say which name is unknown: it may be a slip in a link that somebody has sent.",
        )


def _judge_beside(question: Question, a: str, strange: str, as_several: str, said: str) -> None:
    """What is said of an unknown name beside a known one."""
    seen = f"for {[a, strange]} ticked it said {said[:90]!r}."
    if said == as_several:
        raise question.wrong(
            "offers_unknown",
            seen,
            f"It offers '{strange}', which is not here. Look for unknown names before you count.",
        )
    if strange not in said:
        raise question.wrong("unknown_not_named_beside", seen, f"'{strange}' is not here: that is what has to be said.")


# --- check_upload -----------------------------------------------------------------------------------------------------

MOST = 12_000_000
HEAD = 32  # bytes that are looked at
JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"


def reference_check_upload(name: str, head: bytes, size: int) -> Pair:
    """The kind of a picture, "JPEG", "PNG" or "WebP", and ""; or None and a sentence that says what to do.

    Args:
        name: as the phone calls the file; it proves nothing.
        head: its first 32 bytes, or all if it has fewer.
        size: bytes that have come; up to 12,000,000 are taken.
    """
    if size > MOST:
        return None, "This picture has more than 12 MB. Send a smaller one."
    if head.startswith(JPEG):
        return "JPEG", ""
    if head.startswith(PNG):
        return "PNG", ""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP", ""
    return None, "This is no JPEG, PNG or WebP. Send a photo, or a screenshot of it."


BY_NAME = (
    "by_name",
    "The name says so, and the name is what somebody else believes. The first bytes say what it is.",
)
WITH_NAME = (
    "name_must_match",
    "It was refused for its name. Phones call files as they like; the first bytes say what it is.",
)
UNKNOWN = ("unknown_accepted", "It is none of the three, and was taken for one. What no line knows is refused.")
ANYWHERE = (
    "anywhere",
    "The mark stands in the middle. It must be where the format has it: head.startswith(...), head[8:12].",
)
SPELLINGS = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WebP"}

# name, first bytes, size, what it is, what a wrong kind or a refusal looks like
_Case = tuple[str, bytes, int, "str | None", tuple[str, str]]


def _files(question: Question) -> list[_Case]:
    size = question.draw.whole(20_000, 11_000_000)
    noise = bytes(question.draw.levels(0, 31, 24).tolist())  # no letters, no marks
    webp = b"RIFF" + noise[:4] + b"WEBP"
    return [
        ("photo.jpg", JPEG + b"\xe0" + noise, size, "JPEG", ("other", "A JPEG begins with ff d8 ff.")),
        ("photo.png", PNG + noise, size, "PNG", ("other", "A PNG begins with 89 50 4e 47 0d 0a 1a 0a.")),
        ("photo.webp", webp + noise, size, "WebP", ("other", "A WebP has RIFF, four bytes of any kind, WEBP, and then its content: head[8:12].")),
        ("photo.jpg", PNG + noise, size, "PNG", WITH_NAME),
        ("IMG_0001", JPEG + b"\xe1" + noise, size, "JPEG", WITH_NAME),
        ("moving.gif", b"GIF89a" + noise[:20], size, None, UNKNOWN),
        ("holiday.jpg", b"\0\0\0\x18ftypheic" + noise, size, None, BY_NAME),
        ("song.webp", b"RIFF" + noise[:4] + b"WAVE" + noise, size, None,
         ("riff_is_webp", "RIFF holds sounds as well: this one is a WAVE. Look at bytes 8 to 11, too.")),
        ("drawing", b'<svg xmlns="http://www.w3.org/', size, None, UNKNOWN),
        ("notes", b"%PDF-1.7 " + noise[:20], size, None, UNKNOWN),
        ("note", noise[:9] + JPEG + noise[:8], size, None, ANYWHERE),
        ("note", noise[:7] + b"PNG" + noise[:9], size, None, ANYWHERE),
        ("note", noise[:5] + PNG + noise[:9], size, None, ANYWHERE),
        ("note", b"RIFF" + noise[:9] + b"WEBP" + noise[:9], size, None, ANYWHERE),
        ("note", b"RIFF" + noise[:5] + b"WEBP" + noise[:9], size, None, ANYWHERE),
        ("note", noise[:8] + b"WEBP" + noise[:9], size, None,
         ("without_riff", "WEBP is at its place, and RIFF is not: a WebP has both, four bytes apart.")),
        ("photo", b"\xff\xd8" + noise, size, None,
         ("part_of_the_mark", "Two bytes are right, and the third is not. A JPEG begins with three: ff d8 ff.")),
        ("photo", b"\x89PNG\n\x1a\n" + noise, size, None,
         ("part_of_the_mark", "A PNG's mark has eight bytes, so that a file damaged on its way, as this one, is noticed.")),
        ("photo", b"\x89PNG\r\n" + noise, size, None,
         ("six_of_eight", "Six bytes are right, and two are not: a PNG's mark has eight, 89 50 4e 47 0d 0a 1a 0a.")),
        ("photo.jpg", JPEG + b"\xe0" + noise, MOST, "JPEG",
         ("limit_excluded", "12,000,000 bytes are allowed; one more is not: size > 12_000_000.")),
        ("photo.jpg", JPEG + b"\xe0" + noise, 50 * 10**6, None,
         ("no_limit", "50 MB went through. Thirty phones, and the memory is full.")),
        ("photo.png", PNG + noise, 50 * 10**6, None,
         ("limit_of_one_kind", "The limit holds for every kind: ask for the size first.")),
        ("photo.webp", webp + noise, 50 * 10**6, None,
         ("limit_of_one_kind", "The limit holds for every kind: ask for the size before all else.")),
        ("photo.jpg", JPEG + b"\xe0" + noise, MOST + 1, None,
         ("limit_higher", "The limit is another one: 12 MB are 12,000,000 bytes, and not 12 * 2**20.")),
        ("empty.jpg", b"", 0, None, BY_NAME),
    ]  # fmt: skip


@exercise(
    reference_check_upload,
    'section 2, "What a file says"',
    stops={
        "index out of range": ("empty_crashes", "A file may be empty, and head[0] is not there. head[:4] always is."),
        "first arg must be bytes": (
            "bytes_and_text",
            'head is bytes, and text is something else: head.startswith(b"RIFF"), with a b before the quotes.',
        ),
        "bytes-like object is required": (
            "bytes_and_text",
            'head is bytes, and text is something else: b"RIFF" in place of "RIFF".',
        ),
        "can't decode byte": (
            "bytes_and_text",
            'head is no text, and decode() stumbles over it. Compare bytes with bytes: head.startswith(b"RIFF").',
        ),
    },
    solved_by=(),
)
def check_upload(question: Question) -> str:
    """The kind of a picture by its first bytes, or a sentence."""
    refusals = {}
    for name, beginning, size, right, looks_like in _files(question):
        head = beginning[:HEAD]
        more = f" … ({len(head)} bytes in head)" if len(head) > 12 else ""
        given = f"'{name}' of {size:,} bytes that begins with {head[:12].hex(' ') or 'nothing'}{more}"
        got = _pair(question, question.ask("of_file", name, list(head), size), given)
        if got[0] != right:
            raise _misjudged(question, got[0], right, given, looks_like)
        _with_its_sentence(question, got, given)
        refusals[size > MOST, len(head)] = got[1]
    large, unknown = refusals[True, 28], refusals[False, 30]
    if large == unknown:
        raise question.wrong(
            "one_sentence",
            f"for a picture of 50 MB and for a drawing it said the same: {large[:60]!r}.",
            "Too large is mended by a smaller copy, the wrong kind by a screenshot. Say which it is.",
        )
    if "12" not in large:
        raise question.wrong(
            "limit_not_told", f"for 50 MB it said {large[:80]!r}.", "How large may it be? Say the limit, 12 MB."
        )
    return "three kinds by their first bytes, whatever the name says; 12,000,000 bytes and no more; words for all else"


def _misjudged(
    question: Question, got: str | None, right: str | None, given: str, looks_like: tuple[str, str]
) -> Exception:
    seen = f"for {given} expected {_quoted(right)}, got {_quoted(got)}."
    spelt = (got or "").lower().rpartition("/")[2].rpartition(".")[2]
    if right is not None and got is not None:
        if SPELLINGS.get(spelt) == right:
            return question.wrong("spelling", seen, 'The three kinds are written "JPEG", "PNG" and "WebP".')
        if got in SPELLINGS.values():
            return question.wrong(*_seen(BY_NAME if looks_like is WITH_NAME else ("other", looks_like[1]), seen))
    return question.wrong(*_seen(looks_like, seen))


def _seen(looks_like: tuple[str, str], seen: str) -> tuple[str, str, str]:
    return looks_like[0], seen, looks_like[1]
