"""Chapter 11: right, in other ways than the course's."""

import html
import math

from tests.check._right import right

# --- forms and files ------------------------------------------------------------------------------------------------


@right("pick_style")
def _(chosen, known):
    names = []
    for name in chosen:
        if name != "" and name not in names:
            names.append(name)
    unknown = [name for name in names if name not in known]
    if unknown:
        return None, f"Sorry, we have no style called “{unknown[0]}”."
    if len(names) == 0:
        return None, "Nothing is ticked yet. Tick one picture."
    if len(names) >= 2:
        return None, "You ticked " + ", ".join(names) + ". Take away all but one."
    return names[0], ""


@right("pick_style")
def _(chosen, known):
    wanted = sorted(set(chosen) - {""}, key=chosen.index)
    strange = sorted(set(wanted) - set(known), key=chosen.index)
    if not wanted:
        return [None, "choose a style"]
    if strange:
        return [None, f"unknown: {', '.join(strange)}"]
    return [wanted[0], ""] if len(wanted) == 1 else [None, f"only one of {', '.join(wanted)}"]


@right("pick_style")
def _(chosen, known):
    match list(dict.fromkeys(filter(None, chosen))):
        case []:
            return None, "Choose a style."
        case [name] if name in known:
            return name, None
        case names if set(names) <= set(known):
            return None, "Which of them: " + " or ".join(names) + "?"
        case names:
            return None, "Not here: " + next(name for name in names if name not in known)


@right("check_upload")
def _(name, head, size):
    marks = {"JPEG": [(0, b"\xff\xd8\xff")], "PNG": [(0, b"\x89PNG\r\n\x1a\n")], "WebP": [(0, b"RIFF"), (8, b"WEBP")]}
    if size > 12 * 10**6:
        return None, "At most 12 MB, please."
    for kind, places in marks.items():
        if all(head[at : at + len(mark)] == mark for at, mark in places):
            return kind, ""
    return None, "This is no picture that we can read."


@right("check_upload")
def _(name, head, size):
    if not 0 < size <= 12_000_000:
        return None, "Nothing came." if size == 0 else "12 MB are the limit."
    if list(head[:3]) == [255, 216, 255]:
        return "JPEG", None
    if head[:8].hex() == "89504e470d0a1a0a":
        return "PNG", None
    if head.startswith(b"RIFF") and head.find(b"WEBP") == 8:
        return "WebP", None
    return None, f"We cannot read {name}."


@right("check_upload")
def _(name, head, size):
    import re

    kinds = {rb"\xff\xd8\xff": "JPEG", rb"\x89PNG\r\n\x1a\n": "PNG", rb"RIFF[\s\S]{4}WEBP": "WebP"}
    found = next((kind for pattern, kind in kinds.items() if re.match(pattern, head)), None)
    if size > 12_000_000:
        return [None, f"{size / 1e6:.0f} MB are too many: 12 are allowed."]
    return [found, "" if found else "No picture."]


# --- the line -------------------------------------------------------------------------------------------------------


@right("next_job")
def _(waiting, served, running):
    if running is not None:
        return None
    best, choice = len(served), None
    for job, visitor in waiting:
        place = -1
        for number, other in enumerate(served):
            if other == visitor:
                place = number
        if place < best:
            best, choice = place, job
    return choice


@right("next_job")
def _(waiting, served, running):
    ago = served[::-1]  # the latest first: who is furthest back, or not there, is next
    if running or not waiting:
        return None
    return max(waiting, key=lambda one: ago.index(one[1]) if one[1] in ago else len(ago))[0]


@right("next_job")
def _(waiting, served, running):
    if running is not None:
        return None
    latest = {visitor: place for place, visitor in enumerate(served)}
    order = sorted(range(len(waiting)), key=lambda n: (latest.get(waiting[n][1], -1), n))
    return waiting[order[0]][0] if order else None


@right("progress")
def _(step, of, seconds, waiting):
    told = {"percent": 0, "words": "Your picture is begun.", "seconds_left": None}
    if waiting > 0:
        told["words"] = f"{waiting} picture{'s are' if waiting > 1 else ' is'} painted before yours."
    elif step > 0:
        left = (of - step) * seconds / step
        minutes, rest = -(-left // 60), -(-left // 1)
        told["percent"] = int(100 * step / of)
        told["words"] = f"{minutes:.0f} minutes" if left >= 60 else f"{rest:.0f} seconds"
        told["seconds_left"] = left
        if step == of:
            told["words"] = "Here it is."
    return told


@right("progress")
def _(step, of, seconds, waiting):
    if waiting:
        return {"seconds_left": None, "words": f"waiting: {waiting} before you", "percent": 0.0}
    if not step:
        return {"seconds_left": None, "words": "starting", "percent": 0.0}
    left = seconds / step * (of - step)
    percent = math.floor(100 * step / of)
    if left == 0:
        return {"seconds_left": 0.0, "words": "done, 100 %", "percent": 100.0}
    unit, length = ("min", 60) if left >= 60 else ("s", 1)
    return {"seconds_left": left, "words": f"{percent} %, {math.ceil(left / length)} {unit}", "percent": float(percent)}


@right("progress")
def _(step, of, seconds, waiting):
    known = step > 0 and waiting == 0
    left = seconds * of / step - seconds if known else None
    if not known:
        words = f"place {waiting} before yours" if waiting else "soon"
    elif step == of:
        words = "ready"
    else:
        words = f"still {int(left) + 1} seconds" if left < 60 else f"still {int(left / 60) + 1} min"
    return {"percent": step * 100 // of if known else 0, "words": words, "seconds_left": left}


# --- the page -------------------------------------------------------------------------------------------------------


@right("compose")
def _(styles, chosen, sentence):
    lines = ["<fieldset>", "<legend>Styles</legend>"]
    if sentence != "":
        lines.append('<div role="alert"><p>' + html.escape(sentence) + "</p></div>")
    for number, (name, picture, alt) in enumerate(styles):
        tick = 'checked="checked"' if name in chosen else ""
        lines.append(f'<img src="{html.escape(picture)}" alt="{html.escape(alt)}" width="96">')
        lines.append(f'<input type="checkbox" id="s{number}" name="style" value="{html.escape(name)}" {tick}>')
        lines.append(f'<label for="s{number}">{html.escape(name)}</label><br>')
    return "\n".join([*lines, "</fieldset>"])


@right("compose")
def _(styles, chosen, sentence):
    from html import escape

    items = ""
    for name, picture, alt in styles:
        items += "<li><label><b>" + escape(name) + "</b><input name=style type=checkbox value='" + escape(name) + "'"
        items += " checked='checked'" if name in chosen else ""
        items += "/><img alt='" + escape(alt) + "' src='" + escape(picture) + "'/></label></li>"
    warning = "<strong role=alert>" + escape(sentence) + "</strong>" if sentence else ""
    return warning + "<ul>" + items + "</ul>"


@right("compose")
def _(styles, chosen, sentence):
    from string import Template

    signs = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
    one = Template('<p><label for="$n">$name</label><input id="$n" type="checkbox" name="style" value="$name"$tick>'
                   '<img src="$src" alt="$alt"></p>')  # fmt: skip
    rows = [
        one.substitute(n=f"style-{n}", name=name.translate(signs), src=src.translate(signs), alt=alt.translate(signs),
                       tick=" checked" if name in chosen else "")
        for n, (name, src, alt) in enumerate(styles)
    ]  # fmt: skip
    return (f'<p role="alert">{sentence.translate(signs)}</p>' if sentence else "") + "".join(rows)
