"""Chapter 11: doors that let everybody in, lines without an order, pages and times without a thought."""

from course.check import EXERCISES
from tests.check._lazy import forgetful, lazy, remembering

PAGE = '<label><input type="checkbox" name="style" value="fans"><img src="/style/fans.jpg" alt="fans"> fans</label>'
TOLD = {"percent": 50, "words": "about 30 s left", "seconds_left": 30.0}

lazy("pick_style", "a constant", "other")(lambda chosen, known: (None, "Choose a style."))
lazy("pick_style", "always the first known", "other")(lambda chosen, known: (sorted(known)[0] + "s", ""))
lazy("pick_style", "whatever was ticked last", "none_accepted")(
    lambda chosen, known: (chosen[-1], "") if chosen else (known[0], "")
)
lazy("pick_style", "only the sentence", "not_a_pair")(lambda chosen, known: "Choose a style.")
lazy("pick_style", "the first input, handed back", "not_a_pair")(lambda chosen, known: chosen)
lazy("pick_style", "nothing at all", "none")(lambda chosen, known: None)
lazy("pick_style", "everything is fine", "both")(lambda chosen, known: (chosen[0] if chosen else None, "Fine."))

lazy("check_upload", "a constant", "other")(lambda name, head, size: ("JPEG", ""))
lazy("check_upload", "nobody gets in", "other")(lambda name, head, size: (None, "No."))
lazy("check_upload", "by the length of its name", "other")(
    lambda name, head, size: (("JPEG", "PNG", "WebP")[len(name) % 3 - 1], "")
)
lazy("check_upload", "by its first byte", "riff_is_webp")(
    lambda name, head, size: (
        ({255: "JPEG", 137: "PNG", 82: "WebP"}.get(head[0]), "")
        if head and head[0] in (255, 137, 82)
        else (None, "No.")
    )
)
lazy("check_upload", "only the kind", "not_a_pair")(lambda name, head, size: "JPEG")
lazy("check_upload", "the first input, handed back", "not_a_pair")(lambda name, head, size: name)
lazy("check_upload", "nothing at all", "none")(lambda name, head, size: None)

lazy("next_job", "a constant", "other")(lambda waiting, served, running: "job 1")
lazy("next_job", "nobody, ever", "none")(lambda waiting, served, running: None)
lazy("next_job", "the job that runs", "none")(lambda waiting, served, running: running)
lazy("next_job", "the second", "other")(lambda waiting, served, running: waiting[1][0] if len(waiting) > 1 else None)
lazy("next_job", "who was served last", "other")(lambda waiting, served, running: served[-1])
lazy("next_job", "the first input, handed back", "type")(lambda waiting, served, running: waiting)
lazy("next_job", "by its number", "other")(lambda waiting, served, running: max(waiting)[0] if waiting else None)

lazy("progress", "a constant", "other")(lambda step, of, seconds, waiting: TOLD)
lazy("progress", "an empty dictionary", "missing")(lambda step, of, seconds, waiting: {})
lazy("progress", "words alone", "no_dict")(lambda step, of, seconds, waiting: "about 30 s left")
lazy("progress", "what went in", "no_dict")(lambda step, of, seconds, waiting: (step, of, seconds))
lazy("progress", "the steps as percent", "other")(lambda step, of, seconds, waiting: {**TOLD, "percent": step})
lazy("progress", "nothing at all", "none")(lambda step, of, seconds, waiting: None)
lazy("progress", "one entry too many", "extra")(
    lambda step, of, seconds, waiting: {**EXERCISES["progress"].reference(step, of, seconds, waiting), "step": step}
)

lazy("compose", "a constant", "boxes")(lambda styles, chosen, sentence: PAGE)
lazy("compose", "an empty page", "boxes")(lambda styles, chosen, sentence: "")
lazy("compose", "the sentence", "boxes")(lambda styles, chosen, sentence: sentence)
lazy("compose", "the names", "boxes")(lambda styles, chosen, sentence: ", ".join(name for name, _, _ in styles))
lazy("compose", "what Python writes", "boxes")(lambda styles, chosen, sentence: repr(styles))
lazy("compose", "the first input, handed back", "type")(lambda styles, chosen, sentence: styles)
lazy("compose", "nothing at all", "none")(lambda styles, chosen, sentence: None)
lazy("compose", "one box many times", "other_value")(lambda styles, chosen, sentence: PAGE * len(styles))


for _name, _mistake in {
    "pick_style": "none_accepted",
    "check_upload": "other",
    "next_job": "other",
    "progress": "minutes_as_seconds",
}.items():
    forgetful(_name, "remembers its first answer", _mistake)(remembering(_name))
