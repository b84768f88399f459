"""Chapter 11: what students write about forms and files when they misunderstand something."""

from classroom.mistakes.registry import wrong

# --- pick_style -----------------------------------------------------------------------------------------------------


def cleaned(chosen):
    return list(dict.fromkeys(name for name in chosen if name))


def told(names, known):
    """All that is right, for those who make one mistake elsewhere."""
    for name in names:
        if name not in known:
            return None, f"There is no style {name} here."
    if not names:
        return None, "Choose a style."
    if len(names) > 1:
        return None, f"Only one, please: {' or '.join(names)}?"
    return names[0], ""


@wrong("pick_style", "nothing_crashes")
def _(chosen, known):
    if chosen[0] not in known:
        return None, f"There is no style {chosen[0]} here."
    return told(cleaned(chosen), known)


@wrong("pick_style", "none_accepted")
def _(chosen, known):
    return told(cleaned(chosen) or known[:1], known)


@wrong("pick_style", "first_taken")
def _(chosen, known):
    return told(cleaned(chosen)[:1], known)


@wrong("pick_style", "last_taken")
def _(chosen, known):
    return told(cleaned(chosen)[-1:], known)


@wrong("pick_style", "two_only")
def _(chosen, known):
    names = cleaned(chosen)
    return told(names if len(names) == 2 else names[:1], known)


@wrong("pick_style", "unknown_accepted")
def _(chosen, known):
    names = cleaned(chosen)
    return told(names, names)


@wrong("pick_style", "part_of_a_name")
def _(chosen, known):
    every = " ".join(known)
    return told(cleaned(chosen), [name for name in cleaned(chosen) if name in every])


@wrong("pick_style", "first_that_fits")
def _(chosen, known):
    fitting = [next((each for each in known if each.startswith(name)), name) for name in cleaned(chosen)]
    return told(fitting, known)


@wrong("pick_style", "unknown_dropped")
def _(chosen, known):
    names = cleaned(chosen)
    return told([name for name in names if name in known] or names, known)


@wrong("pick_style", "first_known")
def _(chosen, known):
    names = cleaned(chosen)
    return (names[0], "") if len(names) == 2 and names[0] in known and names[1] not in known else told(names, known)


@wrong("pick_style", "offers_unknown")
def _(chosen, known):
    names = cleaned(chosen)
    return (None, f"Only one: {' or '.join(names)}?") if len(names) > 1 else told(names, known)


@wrong("pick_style", "unknown_not_named_beside")
def _(chosen, known):
    names = cleaned(chosen)
    if len(names) > 1 and not set(names) <= set(known):
        return None, "One of these is not here."
    return told(names, known)


@wrong("pick_style", "twice_counts_as_two")
def _(chosen, known):
    return told([name for name in chosen if name], known)


@wrong("pick_style", "empty_counts")
def _(chosen, known):
    return told(list(dict.fromkeys(chosen)), known)


@wrong("pick_style", "empty_accepted")
def _(chosen, known):
    return ("", "") if chosen == [""] else told(cleaned(chosen), known)


@wrong("pick_style", "one_sentence")
def _(chosen, known):
    style, sentence = told(cleaned(chosen), known)
    return style, sentence and "Choose one style."


@wrong("pick_style", "names_left_out")
def _(chosen, known):
    style, sentence = told(cleaned(chosen), known)
    return style, "Only one, please." if sentence.startswith("Only") else sentence


@wrong("pick_style", "order_lost")
def _(chosen, known):
    return told(sorted(set(cleaned(chosen))), known)


@wrong("pick_style", "unknown_not_named")
def _(chosen, known):
    style, sentence = told(cleaned(chosen), known)
    return style, "There is no such style here." if sentence.startswith("There") else sentence


@wrong("pick_style", "no_sentence")
def _(chosen, known):
    return told(cleaned(chosen), known)[0], ""


@wrong("pick_style", "both")
def _(chosen, known):
    style, sentence = told(cleaned(chosen), known)
    return style, sentence or f"You have chosen {style}."


@wrong("pick_style", "not_a_pair")
def _(chosen, known):
    style, sentence = told(cleaned(chosen), known)
    return style or sentence


@wrong("pick_style", "modifies_input")
def _(chosen, known):
    while "" in chosen:
        chosen.remove("")
    known.sort()
    return told(cleaned(chosen), known)


# --- check_upload ---------------------------------------------------------------------------------------------------

NO_PICTURE = None, "This is no JPEG, PNG or WebP. Send a photo."
TOO_LARGE = None, "This picture has more than 12 MB. Send a smaller one."


def kind(head):
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG", ""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG", ""
    return ("WebP", "") if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else NO_PICTURE


def limited(head, size):
    return TOO_LARGE if size > 12_000_000 else kind(head)


@wrong("check_upload", "by_name")
def _(name, head, size):
    kinds = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WebP"}
    ending = name.lower().rpartition(".")[2]
    if size > 12_000_000:
        return TOO_LARGE
    return (kinds[ending], "") if ending in kinds else NO_PICTURE


@wrong("check_upload", "name_must_match")
def _(name, head, size):
    found = limited(head, size)
    return found if name.lower().endswith((".jpg", ".jpeg", ".png", ".webp")) else NO_PICTURE


@wrong("check_upload", "spelling")
def _(name, head, size):
    found, sentence = limited(head, size)
    return found and f"image/{found.lower()}", sentence


@wrong("check_upload", "riff_is_webp")
def _(name, head, size):
    if size <= 12_000_000 and head.startswith(b"RIFF"):
        return "WebP", ""
    return limited(head, size)


@wrong("check_upload", "unknown_accepted")
def _(name, head, size):
    if size > 12_000_000:
        return TOO_LARGE
    if head[4:8] == b"ftyp" or head[8:12] == b"WAVE" or not head:
        return NO_PICTURE
    return kind(head) if kind(head)[0] else ("JPEG", "")


@wrong("check_upload", "anywhere")
def _(name, head, size):
    if size > 12_000_000:
        return TOO_LARGE
    for mark, found in ((b"\xff\xd8\xff", "JPEG"), (b"PNG", "PNG"), (b"WEBP", "WebP")):
        if mark in head:
            return found, ""
    return NO_PICTURE


@wrong("check_upload", "part_of_the_mark")
def _(name, head, size):
    if size <= 12_000_000 and head[:2] == b"\xff\xd8":
        return "JPEG", ""
    return limited(head, size)


@wrong("check_upload", "six_of_eight")
def _(name, head, size):
    if size <= 12_000_000 and head[:6] == b"\x89PNG\r\n":
        return "PNG", ""
    return limited(head, size)


@wrong("check_upload", "without_riff")
def _(name, head, size):
    if size <= 12_000_000 and head[8:12] == b"WEBP":
        return "WebP", ""
    return limited(head, size)


@wrong("check_upload", "limit_of_one_kind")
def _(name, head, size):
    return TOO_LARGE if size > 12_000_000 and kind(head)[0] == "JPEG" else kind(head)


@wrong("check_upload", "limit_excluded")
def _(name, head, size):
    return TOO_LARGE if size >= 12_000_000 else kind(head)


@wrong("check_upload", "no_limit")
def _(name, head, size):
    return kind(head)


@wrong("check_upload", "limit_higher")
def _(name, head, size):
    return TOO_LARGE if size > 12 * 2**20 else kind(head)


@wrong("check_upload", "empty_crashes")
def _(name, head, size):
    return limited(head, size) if head[0] in b"\xff\x89R" else NO_PICTURE


@wrong("check_upload", "bytes_and_text")
def _(name, head, size):
    return ("WebP", "") if head.startswith("RIFF") else limited(head, size)


@wrong("check_upload", "one_sentence")
def _(name, head, size):
    found, _ = limited(head, size)
    return found, "" if found else "Send a JPEG, PNG or WebP of up to 12 MB."


@wrong("check_upload", "limit_not_told")
def _(name, head, size):
    return (None, "This picture is too large.") if size > 12_000_000 else kind(head)


@wrong("check_upload", "no_sentence")
def _(name, head, size):
    return limited(head, size)[0], ""


@wrong("check_upload", "both")
def _(name, head, size):
    found, sentence = limited(head, size)
    return found, sentence or f"Thank you for the {found}."


@wrong("check_upload", "not_a_pair")
def _(name, head, size):
    return limited(head, size)[0] or "This is no picture."
