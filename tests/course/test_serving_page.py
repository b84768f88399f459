"""A small studio on this machine: real requests, answered by functions that are right, wrong or broken."""

import dataclasses
import http.client
import urllib.parse

import pytest

from course.check.ch11_forms import reference_check_upload, reference_pick_style
from course.check.ch11_line import reference_next_job
from course.check.ch11_page import reference_compose
from course.check.ch11_progress import reference_progress
from course.errors import InputError
from course.serving.files import eight_files
from course.serving.forms import fields_of
from course.serving.page import Functions, Page
from course.serving.phone import Phone

OURS = Functions(
    reference_pick_style, reference_check_upload, reference_compose, reference_next_job, reference_progress
)
JPEG = eight_files()["cat.jpg"]
STYLES = {"fans": (JPEG, 'rows of "fans"'), "salt & pepper": (JPEG, "grains")}


def paint(photo, style):
    for step in range(1, 4):
        yield step, 3, photo


def page_with(functions=OURS, paint=paint):
    return Page(STYLES, paint, functions)


def whole_way(phone):
    phone.get("/")
    phone.waits_for(phone.send(["fans"], "cat.jpg", JPEG).location)


def broken(*inputs):
    raise ZeroDivisionError("a student's")


def test_the_way_from_the_first_page_to_the_picture():
    with page_with() as page:
        phone = Phone(page)
        first = phone.get("/")
        assert first.status == 200 and first.text.count("<input") == 3 and 'role="alert"' not in first.text
        job = phone.send(["fans"], "cat.jpg", JPEG)
        assert (job.status, job.body) == (303, b"") and len(job.location) == len("/job/") + 32
        told = phone.waits_for(job.location, every=0.01)
        assert "finished" in told[-1].text and "Look again" not in told[-1].text
        assert all(f'<a href="{job.location}">Look again</a>' in each.text for each in told[:-1])
        assert not any("refresh" in each.text for each in told)  # a page that moves by itself loses its reader
        assert phone.get(f"{job.location}.jpg").body == JPEG
    assert [one.visitor for one in page.painted] == [phone.name]
    assert [(one.sender, one.receiver) for one in page.log if "line" in (one.sender, one.receiver)] == [
        ("server", "line"),
        ("line", "painter"),
    ]


@pytest.mark.parametrize(
    ("styles", "name", "photo", "words"),
    [
        ([], "cat.jpg", JPEG, "Choose a style."),
        (["fans", "salt & pepper"], "cat.jpg", JPEG, "Only one, please: fans or salt &amp; pepper?"),
        (["<b>"], "cat.jpg", JPEG, "There is no style &lt;b&gt; here."),
        (["fans"], "dog.png", eight_files()["dog.png"], "This is no JPEG, PNG or WebP."),
        (["fans"], "", b"", "This is no JPEG, PNG or WebP."),
    ],
)
def test_what_cannot_be_painted_comes_back_with_a_sentence(styles, name, photo, words):
    with page_with() as page:
        answer = Phone(page).send(styles, name, photo)
        assert answer.status == 422 and words in answer.text
        ticked = [style for style in STYLES if f'value="{style.replace("&", "&amp;")}" checked' in answer.text]
        assert ticked == [style for style in styles if style in STYLES], "what was ticked is ticked still"
    assert page.painted == []


def test_pictures_of_styles_and_what_is_not_there():
    with page_with() as page:
        phone = Phone(page)
        assert phone.get("/style/fans.jpg").body == JPEG
        missing = ["/style/glitter.jpg", "/job/" + "0" * 32, "/../page.py", "/etc/passwd"]
        assert {phone.get(path).status for path in missing} == {404}


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Functions)])
def test_what_a_function_raises_reaches_the_notebook(name):
    functions = dataclasses.replace(OURS, **{name: broken})
    with page_with(functions) as page, pytest.raises(ZeroDivisionError, match="a student's"):
        whole_way(Phone(page))


def test_what_a_painter_raises_reaches_the_notebook():
    with page_with(paint=broken) as page:
        phone = Phone(page)
        with pytest.raises(ZeroDivisionError):
            phone.waits_for(phone.send(["fans"], "cat.jpg", JPEG).location)


def test_a_picture_that_does_not_come_is_given_up():
    lost = dataclasses.replace(OURS, next_job=lambda waiting, served, running: None)
    with page_with(lost) as page:
        phone = Phone(page)
        with pytest.raises(InputError, match=r"no picture has come after 0\.2 seconds"):
            phone.waits_for(phone.send(["fans"], "cat.jpg", JPEG).location, most=0.2)


def test_places_in_the_line_are_those_in_which_it_is_painted():
    def stands(photo, style):
        while True:
            yield 0, 3, photo

    with page_with(paint=stands) as page:
        ada, ben = Phone(page), Phone(page)
        jobs = [(ada, ada.send(["fans"], "a.jpg", JPEG).location) for _ in range(3)]
        jobs.append((ben, ben.send(["fans"], "b.jpg", JPEG).location))
        told = [phone.get(job).text for phone, job in jobs]
        assert "it begins" in told[0]
        assert ["1 before" in told[3], "2 before" in told[1], "3 before" in told[2]] == [True, True, True]


def asked(page, method, path, body=b"", **headers):
    """The answer to a request that no phone of ours sends."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(page.address).netloc, timeout=20)
    connection.request(method, path, body, headers)
    return connection.getresponse()


def test_odd_requests():
    with page_with() as page:
        assert asked(page, "POST", "/", b"style=fans").status == 400, "no such form"
        too_large = asked(page, "POST", "/", b"", **{"Content-Length": str(13 * 10**6), "Content-Type": "x"})
        assert too_large.status == 413
        answer = asked(page, "GET", "/")
        assert answer.getheader("X-Content-Type-Options") == "nosniff"
        assert answer.getheader("Content-Security-Policy").startswith("default-src 'self'")
        assert page.address.startswith("http://127.0.0.1:")


def test_fields_of_a_form():
    body = (
        b'--x\r\nContent-Disposition: form-data; name="style"\r\n\r\nfans\r\n'
        b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        b"\xff\xd8\r\n\r\n--\r\n\r\n--x--\r\n"
    )
    found = fields_of('multipart/form-data; boundary="x"', body)
    assert found == [("style", "", b"fans"), ("photo", "a.jpg", b"\xff\xd8\r\n\r\n--\r\n")]
    with pytest.raises(InputError, match="multipart/form-data"):
        fields_of("application/x-www-form-urlencoded", b"style=fans")


def test_eight_files_of_which_two_are_what_their_names_say():
    kinds = {
        name: reference_check_upload(name, content[:32], len(content))[0] for name, content in eight_files().items()
    }
    assert kinds == {
        "cat.jpg": "JPEG", "beach.jpg": "PNG", "IMG_2041.jpg": None, "sunset.png": "WebP", "homework.jpg": None,
        "meow.webp": None, "dog.png": None, "drawing.svg": None,
    }  # fmt: skip


def test_a_photo_that_cannot_be_opened_ends_its_own_job_only():
    def opens(photo, style):
        if len(photo) < len(JPEG):
            raise InputError("the photo cannot be opened: it ends <too> early")
        return paint(photo, style)

    with page_with(paint=opens) as page:
        ada, ben = Phone(page), Phone(page)
        damaged, whole = (phone.send(["fans"], "a.jpg", photo) for phone, photo in ((ada, JPEG[:300]), (ben, JPEG)))
        told = ada.waits_for(damaged.location, every=0.01, most=10)[-1].text
        assert 'role="alert">the photo cannot be opened: it ends &lt;too&gt; early' in told and "refresh" not in told
        ben.waits_for(whole.location, every=0.01, most=10)
        assert ben.get(f"{whole.location}.jpg").body == JPEG
    assert [one.visitor for one in page.painted] == [ben.name]
