# ---
# jupyter:
#   course:
#     title: The studio
#     objectives:
#       - Decide on the server what a visitor meant, and tell in words what to do, whatever comes.
#       - Write a page that everybody can use and nobody can break, from texts that others have typed.
#       - Foresee with a simulation how many phones one painter can serve, share it fairly, and measure whether it was true.
#     minutes: 100
#     points: 16
#     open_points: 8
#     seconds: 30
#     memory_mb: 1100
#     downloads: none
#   jupytext:
#     cell_metadata_filter: all
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 11 · The studio
#
# So far you were the only user of your painter. Now thirty people want a picture, on thirty phones, in the same minute.
# The painter stays as it is. What is new is other people: they tick nothing, or three things; they send holiday films; they
# tap twice, lock their phones, and ask how much longer it takes.
#
# **At the end** you have written the five functions that a studio on the web is made of; they have run a page that real
# requests come to; and you can say with how many phones a class will give up, before it does.
#
# *100 minutes · 16 points · half a minute of computing on two cores · no downloads. It builds on chapter 5. The project at its
# end, 8 points, takes an afternoon of its own.*

# %%
import html
import math
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import torch
from IPython.display import HTML

from course import check, figures, gallery
from course.decoding import read_picture
from course.images import resize, to_image, to_tensor
from course.nets.weights import vgg19
from course.objectives import style_transfer
from course.serving.drawing import sequence
from course.serving.files import eight_files, thumbnail
from course.serving.lesson import lesson, paint_all
from course.serving.page import LANES, Functions, Page
from course.serving.phone import Phone
from course.synthesis import Stage, paint
from course.widgets import explore, guess

STYLES = ["fans", "swirls", "stained_glass", "mosaic", "woodcut", "chalk"]

# %% [markdown]
# ## 1 · What comes in
#
# A web page is a text. A phone asks a server for it, draws it, and sends back a **form**: pairs of a name and a value. Our
# first page shows styles, each with a box to tick. If somebody ticks fans and swirls, this is what comes:
#
# ```
# POST / HTTP/1.1
# Content-Type: multipart/form-data; boundary=kX2
#
# --kX2
# Content-Disposition: form-data; name="style"
#
# fans
# --kX2
# Content-Disposition: form-data; name="style"
#
# swirls
# --kX2--
# ```
#
# Two values of one name; and if no box is ticked, not an empty value but *nothing at all*. One painting has one style. So who
# decides what was meant? A script in the page can help, but it is the phone that runs it, and the phone is not ours: anybody
# can send this text without having seen the page. **The server decides**, anew for every request.

# %% [markdown]
# > **Exercise 1 · `pick_style`**<br>
# > difficulty ●●○○○ · importance ●●●●○ · 8 minutes · 2 points<br>
# > *At the end you have* the answer to every form that can come.
#
# What is wrong is said in words, in a sentence beside the boxes. It names what was ticked, so that nobody has to guess:
# `"Only one, please: fans or swirls?"`.


# %% exercise="pick_style"
def pick_style(chosen, known):
    """The one style that was chosen and "", or None and a sentence on what to do.

    chosen: names as a form brought them. One that came twice counts once, an empty one
    not at all. known: the names that there are. If one is unknown the sentence names
    it, whatever else was chosen; if several were chosen it names all, in their order.
    """
    ### BEGIN SOLUTION
    names = list(dict.fromkeys(name for name in chosen if name))
    unknown = [name for name in names if name not in known]
    if unknown:
        return None, f"There is no style {unknown[0]} here. Choose one of these."
    if not names:
        return None, "Choose a style."
    if len(names) > 1:
        return None, f"Only one, please: {' or '.join(names)}?"
    return names[0], ""
    ### END SOLUTION


# %% [markdown]
# <details><summary>list index out of range</summary>
#
# Nobody has ticked anything: `chosen` is `[]`, and there is no `chosen[0]`. Ask for that first.
# </details>
#
# <details><summary>One style that comes twice is two for me</summary>
#
# A `set` holds each name once, but forgets the order. `dict.fromkeys(names)` keeps it, and `list(...)` of that is a list
# again.
# </details>
#
# <details><summary>An unknown style gets through beside a known one</summary>
#
# Do not throw it away in silence: somebody wanted it. Ask for unknown names before you count.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Four questions, in this order: which names are left without empty ones and repetitions? Is one of them not in `known`? Are
# there none? Are there several? Each has its sentence; whoever gets past all four has one style. Or go on with ours, for no
# points: `pick_style = check.borrow("pick_style")`.
# </details>

# %% check="pick_style" points=1
check.pick_style(pick_style)

# %% hidden="pick_style" points=1
### BEGIN HIDDEN TESTS
check.pick_style(pick_style)

known = ["night", "day", "dawn", "dusk"]
for chosen, style, words in [
    (["dusk"], "dusk", []),
    (["", "day", "day", ""], "day", []),
    ([], None, []),
    (["dusk", "day", "dawn", "night"], None, known),
    (["day", "noon"], None, ["noon"]),
    (["da"], None, ["da"]),
]:
    found, sentence = check.ask(pick_style, "call", chosen, known).value
    assert found == style and bool(sentence) == (style is None)
    assert all(word in sentence for word in words)
### END HIDDEN TESTS

# %% [markdown]
# Five forms, and what your function makes of them:

# %%
for chosen in ([], ["fans"], ["fans", "fans"], ["fans", "chalk"], ["glitter"]):
    style, sentence = pick_style(chosen, STYLES)
    print(f"{chosen!s:20} {style or '':6} {sentence}")

# %% [markdown]
# ## 2 · What a file says
#
# Then comes the photo. It has a name, `cat.jpg`, and the phone says which kind it is. Both are only what somebody else
# believes. Its first bytes say *as what* it will be opened: every format begins with a mark of its own.
#
# | kind | it begins with | |
# |---|---|---|
# | JPEG | `ff d8 ff` | |
# | PNG | `89 50 4e 47 0d 0a 1a 0a` | the word PNG, and both ways to end a line: a program that changes line ends damages it, and one sees it at once |
# | WebP | `52 49 46 46`, four bytes, `57 45 42 50` | RIFF, how long it is, WEBP |
#
# Here are eight files that came from phones, with the first twelve bytes of each.

# %% fold=true
# The names of the files, and their first twelve bytes
files = eight_files()
for name, content in files.items():
    seen = "".join(chr(b) if 32 <= b < 127 else "·" for b in content[:12])
    print(f"{name:14} {content[:12].hex(' '):36} {seen}")

# %% [markdown]
# Compare them with the table; for the kinds that are not in it, read the letters. **Predict: how many of the eight are what
# their names say?**

# %% fold=true
# Your guess
honest = guess("How many of the eight files are what their names say?", unit="files")
honest

# %% fold=true
# How many they are
honest.beside(2)

# %% [markdown]
# `cat.jpg` and `drawing.svg`. `beach.jpg` is a PNG with another name. `IMG_2041.jpg` is a HEIC, the format in which iPhones
# take photos, and `sunset.png` a WebP: both were renamed by somebody who wanted to help. `homework.jpg` is a PDF, `meow.webp` a
# sound, and `dog.png` is a page with a script in it, which a browser may run if we ever send it back without saying what it is.
#
# `drawing.svg` is what its name says, and still we do not take it: an SVG may hold a script. Honest is not safe. And a mark
# proves nothing about what follows it: a file may begin as a JPEG and go on as something else, or end in the middle. So the
# mark is only the door. Behind it the picture is opened and painted anew, and only what we made ourselves is sent.
#
# We shall take JPEG, PNG and WebP, up to 12 MB, and look at nothing but the bytes.

# %% [markdown]
# > **Exercise 2 · `check_upload`**<br>
# > difficulty ●●○○○ · importance ●●●●○ · 10 minutes · 3 points<br>
# > *At the end you have* a doorkeeper who does not read name tags.


# %% exercise="check_upload"
def check_upload(name, head, size):
    """The kind of a picture, "JPEG", "PNG" or "WebP", and ""; or None and a sentence.

    name: as the phone calls the file. head: its first 32 bytes, or fewer if it is
    shorter. size: how many bytes have come; up to 12,000,000 are taken. The sentence
    says what to do; if the file is too large, it says how large it may be.
    """
    ### BEGIN SOLUTION
    if size > 12_000_000:
        return None, "This picture has more than 12 MB. Send a smaller one."
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG", ""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG", ""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP", ""
    return None, "This is no JPEG, PNG or WebP. Send a photo, or a screenshot of it."
    ### END SOLUTION


# %% [markdown]
# <details><summary>startswith first arg must be bytes</summary>
#
# `head` is bytes, and bytes are compared with bytes: `head.startswith(b"RIFF")`, with a b. A byte that is no letter is
# written as `\x` and two hexadecimal digits: `b"\xff\xd8\xff"`.
# </details>
#
# <details><summary>A sound is a WebP for me</summary>
#
# RIFF is a box in which many things come. Bytes 8 to 11 say what is in it: `head[8:12]`.
# </details>
#
# <details><summary>An empty file stops it</summary>
#
# `head[0]` is not there; `head[:4]` always is, if need be as `b""`.
# </details>
#
# <details><summary>Show me the way</summary>
#
# First the size, then three questions with `startswith` and slices, and for all that is left a sentence. What you do not
# know is refused; a list of what is *forbidden* is never complete. Or go on with ours, for no points:
# `check_upload = check.borrow("check_upload")`.
# </details>

# %% check="check_upload" points=2
check.check_upload(check_upload)

# %% hidden="check_upload" points=1
### BEGIN HIDDEN TESTS
check.check_upload(check_upload)

jpeg, webp = [255, 216, 255, 219, *range(20)], [*b"RIFF", 9, 9, 9, 9, *b"WEBPVP8 "]
for name, head, size, kind in [
    ("a.png", jpeg, 12_000_000, "JPEG"),
    ("a.jpg", jpeg, 12_000_001, None),
    ("", webp, 700, "WebP"),
    ("a.webp", [*b"RIFF", 9, 9, 9, 9, *b"AVI LIST"], 700, None),
    ("a.jpg", [0, *jpeg], 700, None),
    ("a.gif", [*b"GIF89a", 0, 0], 700, None),
]:
    found, sentence = check.ask(check_upload, "of_file", name, head, size).value
    assert found == kind and bool(sentence) == (kind is None)
### END HIDDEN TESTS

# %% [markdown]
# The eight files at your door, and one of 50 MB:

# %%
for name, content in eight_files().items():
    kind, sentence = check_upload(name, content[:32], len(content))
    print(f"{name:14} {kind or sentence}")
print(f"{'film.jpg':14} {check_upload('film.jpg', b'', 50_000_000)[1]}")

# %% [markdown]
# We have not *opened* any of them. A PNG of a hundred kilobytes may say that it is 30,000 pixels wide and as high, and whoever
# unpacks it runs out of memory; another breaks off in the middle. So a studio opens pictures in a process that may die, and
# never in the one that serves everybody.

# %% [markdown]
# ## 3 · What goes out
#
# The answer is a page, put together from texts. Some of these were typed by others: the name of a file, of a style, of a
# person. Suppose that somebody calls a style of their own `<b>fans</b> & more`, and we put this name into our page as it is.
# **Predict: what does everybody else see?**

# %% fold=true
# Your guess
shown = guess(
    "What does a browser show for the name <b>fans</b> & more, put in as it is?",
    ["<b>fans</b> & more", "fans & more, with fans in bold", "an error"],
)
shown

# %% fold=true
# The name as it is, and escaped
name = "<b>fans</b> & more"
shown.beside("fans & more, with fans in bold")
HTML(f"<p>As it is: {name}</p><p>Escaped: {html.escape(name)}</p>")

# %% [markdown]
# The name has become a part of the page. Bold letters do no harm; but in place of `<b>` there could be a script that sends
# everybody's photos elsewhere. `html.escape` turns the five characters that mean something in HTML into names for them: `<`
# into `&lt;`, `&` into `&amp;`. A browser shows them as the characters, and obeys none.
#
# A page is also read by those who do not see it, or not well. A program reads it to them, and three things help it:
#
# - each picture has an `alt`, which says what is to be seen;
# - each box has a `label`, around it or `for` its `id`: it is read out with the box, and one can tap it in place of the box;
# - what is wrong has `role="alert"`. Where a script puts it into an open page it is read out at once; in a page that is loaded
#   anew, as ours is, not every program does so, and therefore our server says "Not yet" in the page's title, too.
#
# This is one box with its label, as HTML:
#
# ```html
# <label><input type="checkbox" name="style" value="fans" checked> fans</label>
# ```
#
# `<label>` is a **tag** and begins an **element**, `</label>` ends it, and all between belongs to it. `input` and `img` have no
# inside, and no end tag. `name="style"` is an **attribute**: a name and a value between quotes. `checked` needs no value: it
# ticks the box by being there.

# %% [markdown]
# > **Exercise 3 · `compose`**<br>
# > difficulty ●●●○○ · importance ●●●●○ · 20 minutes · 4 points<br>
# > *At the end you have* the first page of the studio.
#
# For each style an `<input type="checkbox" name="style" value="...">`, an `<img>` and a label; those in `chosen` have the word
# `checked`; and above them the sentence, if there is one. How you arrange it is up to you: use paragraphs, lists, headings and
# classes. It will stand inside a form, so it needs no `<form>`; and no link, script or style.


# %% exercise="compose"
def compose(styles, chosen, sentence):
    """The part of a page, in HTML, that shows the styles, each with a box to tick.

    styles: (name, address of its picture, what is to be seen on it) for each. chosen:
    names that are ticked already. sentence: what was wrong last time, or "".
    """
    ### BEGIN SOLUTION
    parts = [f'<p role="alert">{html.escape(sentence)}</p>'] if sentence else []
    for style, picture, alt in styles:
        name, ticked = html.escape(style), " checked" if style in chosen else ""
        parts.append(
            f'<label><input type="checkbox" name="style" value="{name}"{ticked}>'
            f'<img src="{html.escape(picture)}" alt="{html.escape(alt)}">'
            f" {name}</label>"
        )
    legend = "<legend>Choose a style</legend>"
    return f"<fieldset>{legend}{''.join(parts)}</fieldset>"
    ### END SOLUTION


# %% [markdown]
# <details><summary>An attribute ends too early</summary>
#
# A quote in a name ends `value="`. `html.escape` escapes quotes as well, unless you forbid it; and the value must stand
# between quotes. An apostrophe ends what stands between *single* quotes; `html.escape` knows it, too. And do not forget the
# address of the picture, or an `id` that you make of a name.
# </details>
#
# <details><summary>Everything is ticked</summary>
#
# `checked` ticks the box by being there: `checked="no"` does it, too. Write the word only where it belongs.
# </details>
#
# <details><summary>It shows &amp;amp;lt; in place of a sign</summary>
#
# Escaped twice. Escape a text once, at the very place where it goes into the page.
# </details>
#
# <details><summary>Show me the way</summary>
#
# A list of parts; a loop `for style, picture, alt in styles` that adds `<label><input ...><img ...> name</label>`; `html.escape`
# around each of the texts; `"".join(parts)`. The sentence comes first, in `<p role="alert">`, only if it is not empty. Or go on
# with ours, for no points: `compose = check.borrow("compose")`.
# </details>

# %% check="compose" points=2
check.compose(compose)

# %% hidden="compose" points=2
### BEGIN HIDDEN TESTS
import html
import re

check.compose(compose)

styles = [("a < b", "/1.jpg", 'the sign "<"'), ("c & d", "/2.jpg", "two letters")]
page = check.ask(compose, "call", styles, ["c & d"], "Not <this> one.").value
assert "<this>" not in page and "Not <this> one." in html.unescape(page)
assert page.count("<img") == page.count("<input") == page.count("<label") == 2
assert len(re.findall(r"<input[^>]*\schecked\b", page)) == 1
assert len(re.findall(r"\balt=", page)) == 2 and "the sign" in page
odd = [("x' onfocus='1", "/3.jpg?\"a='b", 'it\'s " onerror="1')]
page = check.ask(compose, "call", odd, [], "").value
found = [tuple(v) for v in re.findall(r"""\b(value|src|alt)=(".*?"|'.*?')""", page)]
values = {name: html.unescape(value[1:-1]) for name, value in found}
assert values == dict(zip(("value", "src", "alt"), odd[0], strict=True))
assert not re.search(r"<\s*/?\s*(form|script|iframe|a|style)\b|javascript:", page, re.I)
empty = check.ask(compose, "call", [], [], "").value
assert "<input" not in empty and "alert" not in empty
### END HIDDEN TESTS

# %% [markdown]
# Your page, as it looks to somebody who has ticked two styles. (Here it is only shown; in section 5 it works.)

# %% fold=true
# The page with two boxes ticked
known = [(n, thumbnail(n), gallery.find(n).title) for n in STYLES]
_, sentence = pick_style(["fans", "chalk"], STYLES)
page = compose(known, ["fans", "chalk"], sentence)
HTML(
    "<style>.tiny img {width: 5em; height: 5em; object-fit: cover; margin: 0 4px}"
    ".tiny [role=alert] {border-left: 4px solid #D55E00; padding-left: 8px}"
    ".tiny label {display: inline-block; margin: 4px}</style>"
    f"<div class='tiny'>{page}</div>"
)

# %% [markdown]
# ## 4 · Who is next
#
# There is one painter, and a line in front of it. **The wait** is the time from sending a photo to having the picture, one's
# own painting included. Whoever comes first is served first: that sounds fair. Now Ada, who is quick, sends
# ten photos; a second after her nine others send one each. Every picture takes 12 seconds. **Predict: how long does the last of
# the nine wait, first come, first served?**

# %% fold=true
# Your guess
last_of_nine = guess("How long does the last of the nine wait?", unit="seconds")
last_of_nine

# %% fold=true
# Nineteen pictures, first come, first served: whose is painted when
asked = [(0.0, f"job {n}", "Ada") for n in range(10)]
asked += [(1.0, f"job {n + 10}", name) for n, name in enumerate("BCDEFGHIJ")]


def first_come(waiting, served, running):
    """The job that came first."""
    return waiting[0][0]


painted = paint_all(asked, 12.0, first_come)
last_of_nine.beside(round(painted[-1].wait))
print("".join(one.visitor[0] for one in painted))

# %% [markdown]
# Nearly four minutes, two of them for Ada's pictures. Nobody has broken a rule; it is the rule that is unfair. A better
# one: **whoever was served the longest ago is next**, and whoever has had nothing yet comes before all others. So all take
# turns, and nobody has to wait for more than one picture of anybody else's.
#
# It is fair to *names*. In our studio the name is a cookie, a word that the phone sends with each request; and the phone is not
# ours. Whoever sends ten photos with ten cookies of their own is ten visitors, each of them new, and goes first every time: all
# is as before. A line is only as fair as it is hard to pass for somebody else.

# %% [markdown]
# > **Exercise 4 · `next_job`**<br>
# > difficulty ●●●○○ · importance ●●●●○ · 10 minutes · 3 points<br>
# > *At the end you have* a fair line.


# %% exercise="next_job"
def next_job(waiting, served, running):
    """The name of the job to begin now, or None if there is nothing to begin.

    waiting: (job, visitor) for each, in the order in which they came. served: visitors
    whose pictures were begun so far, the latest last; a visitor may be there often.
    running: the job that is being painted, or None; there is one painter. Next is who
    has had none yet; if there is nobody, whose last picture was begun the longest ago.
    If several: who came first. The lists stay as they are.
    """
    ### BEGIN SOLUTION
    if running is not None or not waiting:
        return None
    latest = {visitor: place for place, visitor in enumerate(served)}
    job, _ = min(waiting, key=lambda one: latest.get(one[1], -1))
    return job
    ### END SOLUTION


# %% [markdown]
# <details><summary>B is not in list</summary>
#
# `served.index` stops for a visitor who has had nothing yet. Ask with `in` first, or make a dictionary and use `.get(visitor, -1)`.
# </details>
#
# <details><summary>Somebody gets two turns at once</summary>
#
# `served.index(visitor)` finds their *first* picture. The latest counts: in a dictionary that is filled from left to right, a
# later place overwrites an earlier one.
# </details>
#
# <details><summary>It says that an input was changed</summary>
#
# `pop` and `remove` take the job out of the line. That is the caller's business: perhaps the painter does not begin it after
# all. Only say which it is.
# </details>
#
# <details><summary>Show me the way</summary>
#
# `latest = {visitor: place for place, visitor in enumerate(served)}`; then `min(waiting, key=...)` by the latest place, -1 for
# newcomers. `min` takes the first of those that are equal: who came first. Or go on with ours, for no points:
# `next_job = check.borrow("next_job")`.
# </details>

# %% check="next_job" points=2
check.next_job(next_job)

# %% hidden="next_job" points=1
### BEGIN HIDDEN TESTS
check.next_job(next_job)

line = [("p", "x"), ("q", "x"), ("r", "y"), ("s", "z"), ("t", "z")]
for served, job in [
    ("", "p"),
    ("x", "r"),
    ("xyz", "p"),
    ("zxyx", "s"),
    ("yxzzx", "r"),
    ("xz", "r"),
]:
    assert check.ask(next_job, "call", line, list(served), None).value == job
assert check.ask(next_job, "call", line, ["x"], "o").value is None
assert check.ask(next_job, "call", [], ["x"], None).value is None
### END HIDDEN TESTS

# %% [markdown]
# The same nineteen pictures with your function:

# %%
fair = paint_all(asked, 12.0, next_job)
print("".join(one.visitor[0] for one in fair))
others = [one.wait for one in fair if one.visitor != "Ada"]
print(f"the last of the nine waits for {max(others):.0f} s")

# %% [markdown]
# Half as long. It is Ada who waits now: her last picture comes at the very end, when everybody has one. A fair line makes no
# painter faster. It only decides who waits.

# %% [markdown]
# ### When does a class give up?
#
# Now a whole lesson of 20 minutes: everybody sends a photo within the first minute, looks at the painting for about a minute,
# and sends the next. Nobody is patient for ever: let us say that two minutes are too long. One painting takes 12 seconds.
# **Predict: from how many phones on is the median wait longer than two minutes?**

# %% fold=true
# Your guess
too_many = guess(
    "From how many phones on is the median wait longer than two minutes?", unit="phones"
)
too_many

# %% fold=true
# Your guess
doubled = guess(
    "And with twice as many phones as that, the median wait is ...",
    ["as long", "twice as long", "more than twice as long"],
)
doubled

# %%
CLASSES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20, 25, 30, 35, 40)


@cache
def median_wait(phones, seconds):
    """The median wait of a lesson, in seconds, with your next_job."""
    painted = lesson(phones, seconds, next_job)
    return torch.tensor([one.wait for one in painted]).median().item()


# %% fold=true
# The median wait of a class, under two sliders
def class_of(phones, seconds):
    """The curve for all classes, and this one marked."""
    waits = [median_wait(n, seconds) for n in CLASSES]
    here = median_wait(phones, seconds)
    figure = figures.curves(
        {
            f"{seconds} s a painting": (CLASSES, waits),
            "two minutes": ((1, 40), (120, 120)),
            f"{phones} phone{'s' * (phones > 1)}": ((phones, phones), (0, here)),
        },
        x="phones",
        y="median wait in seconds",
        alt=f"Median wait against phones, {seconds} s a painting; "
        f"with {phones} the median is {here:.0f} s",
        logarithmic=False,
    )
    return figure, "median wait in seconds", here


first_too_many = next(n for n in range(1, 41) if median_wait(n, 12) > 120)
too_many.beside(first_too_many)
ratio = median_wait(2 * first_too_many, 12) / median_wait(first_too_many, 12)
doubled.beside("more than twice as long" if ratio > 2.1 else "twice as long")
explore(class_of, phones=(1, 40), seconds=[12, 2, 6, 40])

# %% test=true
# Few phones hardly wait; then each costs about one painting more
assert median_wait(3, 12) < 30 and 13 <= first_too_many <= 19 and ratio > 2.1
more = (median_wait(40, 12) - median_wait(30, 12)) / 10
print(f"between 30 and 40 phones each one more costs {more:.0f} s")
assert 10 < more < 14
slider = explore(class_of, phones=(1, 40), seconds=[12, 2, 6, 40])
assert slider.set(phones=30, seconds=2).number < 30 < slider.set(seconds=40).number

# %% [markdown]
# With three phones the median is the 12 seconds of one's own painting: at least half of the pictures need not wait for another
# (a median says nothing about the rest). Then the curve bends, and from there on *every further phone costs everybody one more
# painting*. Where does it bend? A phone is busy with looking for 60 seconds and with painting for 12, so six phones,
# $(60 + 12) / 12$, would keep the painter at work if they came in turn; as they come by chance, the bend is round. Behind it
# the painter makes one picture every 12 seconds, and a phone's round takes its wait and 60 seconds of looking: so
# $n = (\text{wait} + 60) / 12$, and the wait is $12 \, n - 60$ seconds. For 120 that makes 15 phones; with other random times
# it is 14 or 16.
#
# This is a simple case of **Little's law** (1961): *those who wait = how often they come × how long they wait*, on average,
# whatever the rule of the line. The law does not say that the mean wait is the same with every rule. It is so here because all
# paintings take equally long: if some took a second and some a minute, the short ones first would make it shorter. So with
# equal paintings there are three ways to a shorter wait, and a better line is not one of them: quicker paintings, more
# painters, or fewer pictures. Move the second slider: with 2 seconds a painting forty phones are no trouble.

# %% fold=true
# Little's law in a lesson with 20 phones
painted = lesson(20, 12.0, next_job)
length = painted[-1].done
rate = len(painted) / length
mean_wait = sum(one.wait for one in painted) / len(painted)
ticks = torch.arange(0.0, length, 1.0).tolist()
present = sum(sum(p.asked <= t < p.done for p in painted) for t in ticks) / len(ticks)
print(f"who waits, counted every second: {present:.1f} on average")
print(
    f"pictures a second × mean wait:   {rate:.3f} × {mean_wait:.0f}"
    f" = {rate * mean_wait:.1f}"
)

# %%
for words, rule in (("first come", first_come), ("fair", next_job)):
    waits = [one.wait for one in lesson(20, 12.0, rule)]
    mean = sum(waits) / len(waits)
    print(f"{words:10}  mean wait {mean:.1f} s, the longest {max(waits):.0f} s")

# %% [markdown]
# The same mean with both rules; only the longest waits differ. (Here each phone has one picture in the line at most, so there
# is nobody like Ada, and your function has little to decide.)

# %% [markdown]
# ## 5 · How long still
#
# Waiting is bearable if one knows for how long. To people, 0.1 seconds is at once; up to 1 second they notice the wait but keep
# their train of thought; after 10 they do something else (Nielsen 1993). A painting takes longer than that. So its page must
# tell how far it is, and everything that it tells must be true: a bar that stands at 100 % for ten seconds has lied, and so has
# a time that jumps.
#
# The time that is left is a guess all the same: each step to come is taken to last as long as the mean of those so far. Where
# later steps are larger, as in a painting that begins small, this promises too much at first, and jumps where the size changes.
# So the words say "about".

# %% [markdown]
# > **Exercise 5 · `progress`**<br>
# > difficulty ●●●○○ · importance ●●●○○ · 12 minutes · 4 points<br>
# > *At the end you have* a page that tells what it knows, and says so if it knows nothing.
#
# The words are yours. While one waits, they tell how many pictures come first; then the time that is left, rounded *up*, in
# seconds (s) below 60 and in minutes (min) from there on. Never "0 s left".


# %% exercise="progress"
def progress(step, of, seconds, waiting):
    """What a page tells: {"percent": ..., "words": ..., "seconds_left": ...}.

    step: how many of the `of` steps are painted, 0 to `of`. seconds: since the painting
    was begun. waiting: how many pictures are painted before it; 0 once it is begun.
    percent: whole, rounded down, so that only the end has 100. seconds_left: from the
    mean time of the steps so far; None while nothing is known, 0 at the end.
    """
    ### BEGIN SOLUTION
    if waiting > 0:
        words = f"waiting, {waiting} before yours"
        return {"percent": 0, "words": words, "seconds_left": None}
    if step == 0:
        return {"percent": 0, "words": "it begins", "seconds_left": None}
    if step == of:
        return {"percent": 100, "words": "finished", "seconds_left": 0}
    left = seconds / step * (of - step)
    minutes = f"about {math.ceil(left / 60)} min left"
    words = f"about {math.ceil(left)} s left" if left < 60 else minutes
    return {"percent": 100 * step // of, "words": words, "seconds_left": left}
    ### END SOLUTION


# %% [markdown]
# <details><summary>division by zero</summary>
#
# Before the first step nothing is known of the pace. `None` says so; a number would be believed.
# </details>
#
# <details><summary>100 percent, and it is not finished</summary>
#
# `round` makes 100 of 99.6. `100 * step // of` rounds down.
# </details>
#
# <details><summary>The time jumps</summary>
#
# A whole percent is too coarse to compute the time from. Take `seconds / step`, the mean of one step,
# times the steps that are left.
# </details>
#
# <details><summary>Show me the way</summary>
#
# Three cases first, each with a return: it waits; it has not begun; it is finished. Then `left = seconds / step * (of - step)`,
# and `math.ceil` for the words. Or go on with ours, for no points: `progress = check.borrow("progress")`.
# </details>

# %% check="progress" points=2
check.progress(progress)

# %% hidden="progress" points=2
### BEGIN HIDDEN TESTS
check.progress(progress)

for state, percent, left, number in [
    ((20, 80, 10.1, 0), 25, 30.3, "31"),
    ((1, 3, 10.2, 0), 33, 20.4, "21"),
    ((199, 200, 19.9, 0), 99, 0.1, "1"),
    ((10, 40, 99.0, 0), 25, 297.0, "5"),
    ((40, 40, 100.0, 0), 100, 0.0, ""),
    ((0, 40, 0.1, 0), 0, None, ""),
    ((0, 40, 0.0, 17), 0, None, "17"),
]:
    told = check.ask(progress, "call", *state).value
    assert told["percent"].value == percent and number in told["words"].value
    found = told["seconds_left"].value
    assert found == left if left is None else abs(found - left) < 1e-3
### END HIDDEN TESTS

# %% [markdown]
# A painting of 40 steps, from the line to the end:

# %%
states = [
    (0, 40, 0, 3),
    (0, 40, 0, 0),
    (1, 40, 2.1, 0),
    (20, 40, 41, 0),
    (40, 40, 80, 0),
]
for state in states:
    told = progress(*state)
    print(f"{told['percent']:3} %  {told['words']}")

# %% [markdown]
# ### The studio runs
#
# All five functions together. `Page` is a server in this notebook, with a thread that paints; it has no will of its own, and asks
# your functions at every turn. The painter is chapter 5's, with the slim network: 24 steps, small, so that a picture takes
# one to three seconds. (It paints in a thread of the page's own process, which a class's studio should not do; a file that
# cannot be opened ends only its own job, and its page says so.)

# %%
net = vgg19(weights="slim", padding="replicate")


def paint_small(photo, style):
    """The painting in 24 steps; after each (step, of, JPEG)."""
    picture = resize(to_tensor(read_picture(photo, "the photo")), 128)
    objective = style_transfer(net, picture, gallery.style(style, size=128), beta=15)
    for step in paint(objective, picture, [Stage(64, 12), Stage(128, 12)]):
        yield step.number, step.of, figures.encode(to_image(step.image))


def open_studio():
    """A studio that your functions run."""
    styles = {
        name: (gallery.find(name).path.read_bytes(), gallery.find(name).title)
        for name in STYLES
    }
    mine = Functions(pick_style, check_upload, compose, next_job, progress)
    return Page(styles, paint_small, mine)


# %% [markdown]
# A phone comes. It asks for the page, sends the form without a tick, then with one; is sent on to the page of its own job, asks
# there, less and less often, until the picture is ready, and fetches it. Everything that goes to and fro is logged.


# %%
@cache
def visit():
    """One visitor's way: what went where, what the job's page said, the picture."""
    cat = eight_files()["cat.jpg"]
    with open_studio() as studio:
        phone = Phone(studio)
        phone.get("/")
        refused = phone.send([], "cat.jpg", cat)
        job = phone.send(["swirls"], "cat.jpg", cat).location
        told = phone.waits_for(job, every=0.3, slower=1.5)
        return studio.log, refused, told, phone.get(f"{job}.jpg").body


_, refused, told, _ = visit()
print("no tick:", refused.status, "- with a tick, at the end:", told[-1].status)

# %% fold=true
# What went where, and when
sequence(
    visit()[0],
    LANES,
    alt="Arrows between four lanes, phone, server, line and painter, from above down: "
    "the phone gets the page; sends a form and gets it back, 422; sends it again, a "
    "job goes from the server to the line, and the phone is sent to the job's page, "
    "303; the painter takes the job; the phone asks for the page some times; the "
    "picture goes from the painter to the server, and from there to the phone",
)

# %% fold=true
# The picture that the phone got
came = to_tensor(read_picture(visit()[3], "the painting"))
figures.pictures(
    [resize(gallery.photo("cat"), 192), resize(came, 192)],
    ["what was sent", "what came back"],
    columns=3,
    alt="The cat in a photo; and the cat in swirling strokes, orange and violet, with "
    "blue eyes",
)

# %% [markdown]
# Read the drawing from the top. Three things are worth a look:
#
# - **422, 303, 200**: the status tells programs how it went, as the sentence tells people. 422: understood, but it cannot be
#   done. 303: done, go and look *there*. So a reload asks for the job's page again, and does not send the form once more.
# - **The photo travels once**, with the form. (Twice here, since the first form was refused. In a browser the field for the
#   photo is then empty, and its owner has to find the photo again. Can you think of a page that is kinder?) All that follows is
#   small.
# - **The job belongs to an address, not to a connection.** Between two questions the phone may sleep, and the painter does not
#   notice. The address has 128 random bits: whoever knows it counts as the owner, and nobody can guess it. But it can be
#   *read*: on a screen, in a history, and, if a page comes by http and not by https, by others in the same Wi-Fi.
#
# (You can visit it yourself: run `mine = open_studio().open(); print(mine.address)` in a cell of your own, and open the address in
# your browser. `mine.close()` ends it.)

# %% [markdown]
# ### Simulated, and measured
#
# Twelve phones, played by this notebook, come at once, and each asks twice a second whether its picture is there. The
# simulation knows one number, measured *before* they come: how long a picture takes when nobody else is there, the median of
# three. From this it says how long each of the twelve will wait. **Predict: how long does the last of them really wait?**

# %% fold=true
# Your guess
real = guess(
    "How long does the last real phone wait, compared with the simulated one?",
    ["half as long or less", "about as long", "twice as long or more"],
)
real


# %%
@cache
def rush(phones=12):
    """What a class that comes at once has waited for, measured and simulated."""
    cat = eight_files()["cat.jpg"]
    alone = []
    for style in STYLES[:3]:
        began = time.monotonic()
        list(paint_small(cat, style))
        alone.append(time.monotonic() - began)
    with open_studio() as studio:
        crowd = [Phone(studio) for _ in range(phones)]
        jobs = [
            phone.send([STYLES[n % 6]], "cat.jpg", cat).location
            for n, phone in enumerate(crowd)
        ]
        with ThreadPoolExecutor(phones) as all_at_once:
            list(all_at_once.map(lambda p, job: p.waits_for(job, 0.5), crowd, jobs))
        measured = studio.painted
    asked = [(0.0, one.job, one.visitor) for one in measured]
    seconds = statistics.median(alone)
    simulated = paint_all(asked, seconds, next_job)
    return [one.wait for one in measured], [one.wait for one in simulated], seconds


# %% fold=true tags=["nbval-ignore-output"]
# The wait of each of the twelve, measured and simulated
measured, simulated, alone = rush()
times_as_long = measured[-1] / simulated[-1]
real.beside(
    "half as long or less"
    if times_as_long < 0.6
    else "twice as long or more"
    if times_as_long > 1.7
    else "about as long"
)
figures.curves(
    {
        "measured": measured,
        f"simulated, {alone:.1f} s a picture": simulated,
    },
    x="phone, in the order of its turn",
    y="wait in seconds",
    alt="Two rising lines: the wait of each phone, measured and simulated",
    logarithmic=False,
)

# %% test=true
# The simulation foresees the wait, within a factor of two
print("the simulation holds:", 0.5 < times_as_long < 2)
assert len(measured) == 12 and 0.5 < times_as_long < 2

# %% [markdown]
# How near the lines are tells what the simulation has left out: a server that answers twelve phones on the same cores that
# paint. Where they part, the server costs that much; where they coincide, next to nothing compared with the painting. What was
# *not* measured: a network (all went on within this machine), slow phones, and people.
#
# ## 6 · The studio of a class
#
# What you have written is the heart of `course studio`, the page for a whole class, which is in this course's repository in the
# folder `studio/`. What does it have that yours does not?
#
# ![The studio on a phone and on a laptop: twenty styles to choose from, and a finished painting](../data/figures/studio.jpg)
#
# | | |
# |---|---|
# | a painter that hangs or dies | it has a process of its own, which is killed and started again; one job fails, not the page |
# | thirty in the line | are enough: the next is told "try again in a minute", 503, before memory is full |
# | a photo that is a trap | is opened in the other process, and kept without what a camera writes into it, such as the place |
# | waiting | a first look in twenty styles at once, by the network of chapter 8; news comes by itself as soon as there is any |
# | a stranger's page that sends *your* form | each form has a token that only our own page knows |
# | your photo, tomorrow | is deleted after an hour |
#
# None of it is difficult; one only has to think of the others.

# %% [markdown] open="project" points=8
# ## 7 · A project of your own
#
# You have all parts now. **Make something that is yours: from a photo and a style of your own to a picture that hangs on the
# class's wall, with an experiment in between that answers one question.** Alone or in pairs.
#
# *Steps.*
#
# 1. **A question**, one sentence, whose answer you do not know. *Does my grandmother's embroidery work as a style, and at which
#    size of its stitches? Which alpha keeps a face known to its friends? Does the class prefer quickly or properly?*
# 2. **Material.** A photo that you may show, and a style that you may use: painted, sewn, photographed by you, or free of rights.
#    Say where each comes from.
# 3. **A plan.** What do you change, what do you hold fixed, what do you measure or let others judge, and what outcome would speak
#    *against* your guess? Write your guess down first.
# 4. **Paint.** At least six pictures in which only one thing changes. This is a beginning:
#
#    ```python
#    from course.images import load_image
#    photo, style = load_image("me.jpg", size=256), load_image("cloth.jpg", size=256)
#    for beta in (2, 7, 30):
#        objective = style_transfer(net, photo, style, beta=beta)
#        *_, last = paint(objective, photo, [Stage(128, 30), Stage(256, 30)])
#    ```
# 5. **Answer** your question, with a figure and numbers, and say what you cannot conclude.
# 6. **Show it.** Hang your best picture on the wall of the class's studio (`course studio`), or bring a print, with one sentence
#    beside it that somebody understands who has not had this course.
#
# Write below: question, guess, what you did, answer, and where the pictures are. Half a page.
#
# ### BEGIN MARKING SCHEME
# - 2 points, question and guess: one question that the material can answer, and a guess that could have been wrong. (1: a
#   question too wide to be answered, or no guess.)
# - 2 points, experiment: at least six pictures, one thing changed and the others held fixed, and something counted, measured or
#   judged by people who did not know which was which. (1: several things change at once, or only pictures.)
# - 2 points, answer: follows from what is shown, and says what it does not show. (1: goes further than the pictures do.)
# - 1 point, sources: where photo and style come from, and why they may be used.
# - 1 point, shown: the picture hangs on the wall, or is handed in, with a sentence for strangers.
#
# A picture need not be beautiful, and a guess need not be right. "It did not work, and this is why" earns full points.
#
# A model answer: *Question: at which size of the cloth are its stitches still seen in a portrait of 256 pixels? Guess: at 256 pixels
# and above. I painted my photo (taken by my brother) with a scan of my own cloth at 64, 96, 128, 192, 256 and 384 pixels, 60 steps,
# beta 7, the rest as in the course. Eight classmates, who saw the six in random order, were asked whether they see stitches and
# whether they know me. Stitches: 0, 1, 5, 8, 8, 3 of 8; me: 8, 8, 8, 7, 5, 5. So 192 pixels is best, and my guess was half
# wrong: at 384 the stitches become so broad that they are taken for stripes. It is one cloth and one face; that 192 is good for
# others I cannot say. The picture at 192 hangs on the wall: "My face, sewn by a computer that has only seen one handkerchief."*
# ### END MARKING SCHEME

# %% [markdown]
# ## What you should have seen
#
# - A form that brings two values, one twice, or none, and a server that has an answer to each.
# - Eight files, of which two are what their names say.
# - A name that becomes a part of a page, and the same name escaped.
# - That first come, first served can be unfair without anybody's fault; and that a fair line makes nobody's painter faster.
# - A curve that bends where the painter never rests, and twelve phones, played by this notebook, that can be compared with a
#   simulation.
# - The way of a photo: once to the server, to a painter who does not know the phone, and back from an address.
#
# ## Questionnaire
#
# 1. A script in the page already sees to it that exactly one box is ticked. Why does the server ask again?
# 2. Why is `"cat.jpg".endswith(".jpg")` no test, and why is a list of forbidden kinds none either?
# 3. At which moment should a text be escaped: when it comes, when it is stored, or when it goes into a page? What goes wrong
#    otherwise?
# 4. Thirty phones, looking for a minute, paintings of 6 seconds: how long is the wait, about? What does a second painter
#    change?
# 5. Why is the form answered with a 303, and not with the page of the job at once?
#
# <details><summary>Answers, once you have your own</summary>
#
# 1. The script runs on the phone, which is not ours. It may be switched off or changed, and anybody can send a request without
#    the page. What the page does is help; what the server does is decide.
# 2. The name is what somebody else believes, or wants us to believe. And a list of what is forbidden is never complete:
#    somebody will send a kind that nobody has thought of. List what is allowed.
# 3. When it goes into a page, once. Escaped when it comes, it would be escaped twice later, and be wrong wherever it does not go
#    into HTML (a file, a mail, a database that is searched).
# 4. $6 \cdot 30 - 60 = 120$ seconds. With a second painter on a machine of its own it is as if a painting took 3: $90 - 60 = 30$
#    seconds. Behind the bend, more
#    painters help more than one thinks.
# 5. Otherwise a reload would send the form once more: a second job. 303 sends the browser to an address that may be asked for
#    as often as one likes, now or tomorrow, by whoever knows it.
#
# </details>
#
# ## References
#
# - J. D. C. Little, *A Proof for the Queuing Formula: L = λW*, Operations Research 9, 1961.
# - J. Nielsen, *Usability Engineering*, Academic Press, 1993: chapter 5 has the three times, 0.1, 1 and 10 seconds.
# - RFC 9110, *HTTP Semantics*, and RFC 7578, *Returning Values from Forms: multipart/form-data*.
# - *Web Content Accessibility Guidelines* (WCAG) 2.2, W3C, 2023.
# - J. Johnson, A. Alahi, L. Fei-Fei, *Perceptual Losses for Real-Time Style Transfer and Super-Resolution*,
#   [arXiv:1603.08155](https://arxiv.org/abs/1603.08155): why the first look takes a fraction of a second.
