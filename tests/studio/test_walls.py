"""What does not get in: bad uploads, bad requests. Each has a sentence and the right status, and leaves nothing."""

import http.client
import io
import re
import socket
import struct
import subprocess
import sys
import zlib

import pytest
from PIL import Image

from studio.web import connections
from studio.web.door import Door
from tests.studio._studio import Studio, Visitor, multipart, opened, picture, wait_until


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    studio = Studio(tmp_path_factory.mktemp("studio") / "folder")
    yield studio
    assert studio.stop() == 0, studio.log()
    assert "Traceback" not in studio.log()


@pytest.fixture
def visitor(studio):
    return Visitor(studio)


def kept(studio):
    return sorted(path.name for name in ("pictures", "jobs", "paintings") for path in (studio.folder / name).iterdir())


def bomb(side=60_000):
    """A PNG of a few bytes that says it is enormous."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(10**6), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


JPEG = picture()
BAD_UPLOADS = {
    "nothing": (b"", 422),
    "text": (b"hello", 415),
    "html": (b"<!doctype html><script>alert(1)</script>", 415),
    "svg": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', 415),
    "svg with a space": (b"  <svg onload='alert(1)'/>", 415),
    "pdf": (b"%PDF-1.7 ...", 415),
    "zip": (b"PK\3\4 ...", 415),
    "video": (b"\0\0\0\x18ftypisom....", 415),
    "quicktime": (b"\0\0\0\x14ftypqt  ....", 415),
    "matroska": (b"\x1aE\xdf\xa3 ...", 415),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), 415),
    "heif": (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(99), 415),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0", 415),
    "python": (b"import os; os.system('true')", 415),
    "zeros": (bytes(1000), 415),
    "elf": (b"\x7fELF" + bytes(99), 415),
    "jpeg head alone": (b"\xff\xd8\xff\xe0", 422),
    "jpeg cut short": (JPEG[: len(JPEG) // 2], 422),
    "jpeg of noise": (b"\xff\xd8\xff" + bytes(range(256)) * 40, 422),
    "png head alone": (b"\x89PNG\r\n\x1a\n", 422),
    "png cut short": (picture("PNG")[:200], 422),
    "png that is damaged": (picture("PNG").replace(b"IDAT", b"IDXT"), 422),
    "gif head alone": (b"GIF89a", 422),
    "webp head alone": (b"RIFF\x10\0\0\0WEBPVP8 ", 422),
    "tiff head alone": (b"II*\0\x08\0\0\0", 422),
    "bmp head alone": (b"BM" + bytes(60), 422),
    "bomb": (bomb(), 422),
    "bomb below Pillow's own limit": (bomb(8000), 422),
    "one pixel": (picture(size=(1, 1)), 422),
    "a strip": (picture(size=(900, 40)), 422),
    "too many bytes": (JPEG + bytes(12_000_001), 413),
    "far too many bytes": (JPEG + bytes(30_000_000), 413),
}


def test_a_bad_upload_is_told_beside_the_field_and_leaves_nothing(studio, visitor):
    """One test: they share what they find."""
    before, answers = kept(studio), {}
    for name, (content, status) in BAD_UPLOADS.items():
        answer = visitor.post("/photo?style=drip", files=[("photo", "photo.jpg", content)])
        sentence = re.search(r'id="photo-error" role="alert">([^<]+)</p>', answer.text)
        answers[name] = answer.status, bool(sentence)
        assert answers[name] == (status, True), (name, answer.status, answer.text[-600:])
        assert sentence[1][0].isupper() and "Traceback" not in answer.text
    assert len(answers) >= 30
    assert kept(studio) == before
    assert visitor.get("/healthz").status == 200
    style = visitor.post("/style", files=[("own", "photo.jpg", BAD_UPLOADS["heic"][0])])
    assert style.status == 415 and 'id="own-error"' in style.text


def test_what_a_camera_writes_beside_a_picture_is_not_kept(visitor):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "SECRET CAMERA"  # turned by 90 degrees
    sent = picture("JPEG", (200, 100), exif=exif, comment=b"SECRET PLACE")
    page = visitor.post("/photo?style=drip", files=[("photo", "IMG.jpg", sent)])
    content = visitor.get(f"/picture/{page.to[-32:]}.jpg").body
    assert opened(content).size == (100, 200) and b"SECRET" in sent and b"SECRET" not in content


@pytest.mark.parametrize("kind", ["animated", "50 million pixels", "transparent", "CMYK"])
def test_odd_pictures_that_are_good_are_taken(visitor, kind):
    if kind == "animated":
        frames = [Image.new("RGB", (120, 80), colour) for colour in ("red", "blue")]
        file = io.BytesIO()
        frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
        content, size = file.getvalue(), (120, 80)
    elif kind == "50 million pixels":
        content, size = picture("JPEG", (7000, 7000), quality=20), (1024, 1024)
    else:
        content = picture("PNG" if kind == "transparent" else "JPEG", mode="RGBA" if kind == "transparent" else "CMYK")
        size = (160, 120)
    page = visitor.post("/photo?style=drip", files=[("photo", "x", content)])
    assert page.status == 303, page.text
    assert opened(visitor.get(f"/picture/{page.to[-32:]}.jpg").body).size == size


TOKEN = "0" * 32
BAD_REQUESTS = [
    ("GET", "/nowhere", 404), ("GET", "/job/1", 404), ("GET", f"/job/{TOKEN}", 404),
    ("GET", f"/job/{TOKEN}/events", 404),
    ("GET", f"/job/{TOKEN}/result.png", 404), ("GET", f"/job/{TOKEN}/picture", 404),
    ("GET", f"/picture/{TOKEN}.jpg", 404),
    ("GET", "/gallery/..%2fsecret.jpg", 404), ("GET", "/gallery/nobody.jpg", 404), ("GET", "/gallery/brick.jpg", 404),
    ("GET", "/static/..%2f__init__.py", 404), ("GET", "/static/nothing.css", 404),
    ("GET", "/wall/0123456789abcdef.png", 404),
    ("GET", "/class", 404), ("GET", "/class.svg", 404), ("GET", "/photo", 400), ("GET", "/photo?style=nobody", 400),
    ("GET", "/sketch?style=swirls&style=", 303), ("GET", "/photo?style=../../etc/passwd", 400),
    ("GET", "/sketch?style=swirls&photo=brick", 303), ("GET", f"/sketch?style=swirls&photo={'x' * 5000}", 400),
    ("GET", f"/sketch/{TOKEN}/swirls.jpg", 404), ("PUT", "/", 405), ("DELETE", f"/job/{TOKEN}", 405),
    ("POST", "/", 422),
    ("POST", "/wall", 404), ("POST", "/healthz", 405), ("POST", f"/job/{TOKEN}/cancel", 404),
    ("POST", f"/job/{TOKEN}/wall", 404), ("POST", "/vote", 404), ("POST", "/nowhere", 404), ("PATCH", "/vote", 405),
]  # fmt: skip


def test_a_bad_request_has_a_sentence_and_the_right_status(studio, visitor):
    before = kept(studio)
    for method, path, status in BAD_REQUESTS:
        answer = visitor.post(path) if method == "POST" else visitor.ask(method, path)
        assert answer.status == status, (method, path, answer.status)
        assert status == 303 or "<h1>" in answer.text or "There is no such page here." in answer.text, (method, path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
    for fields, words in (
        ({"photo": "cat", "style": "swirls", "size": "100000"}, "no choice “100000” for size"),
        ({"photo": "nobody", "style": "swirls"}, "The photo is not here any more"),
        ({"photo": "swirls", "style": "swirls"}, "The photo is not here any more"),
    ):
        answer = visitor.post("/job", fields)
        assert answer.status == 400 and words in answer.text
    assert kept(studio) == before


def test_a_form_of_another_site_is_refused(visitor):
    for fields, headers in (
        ({"style": "swirls"}, {}),
        ({"style": "swirls", "_xsrf": "2|00000000|0|0"}, {}),
        ({"style": "swirls", "_xsrf": visitor.xsrf()}, {"Sec-Fetch-Site": "cross-site"}),
    ):
        kind, body = multipart(list(fields.items()), [])
        answer = visitor.ask("POST", "/style", body, {"Content-Type": kind} | headers)
        assert answer.status == 403 and "out of date" in answer.text


def test_another_name_for_this_machine_is_refused(studio):
    for host in ("evil.example", f"evil.example:{studio.port}", "127.0.0.1.evil.example", ""):
        answer = Visitor(studio, host or "x y").get("/")
        assert answer.status in (400, 421)
        assert "studio_visitor" not in str(answer.headers) or answer.status == 421


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"POST /photo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999999\r\n\r\n", b"413"),
        (b"POST /photo HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n", b"400"),
        (b"POST /photo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", b"400"),
        (b"POST /style HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
         b"Content-Length: 5\r\n\r\nhello", b"4"),
        (b"GET / HTTP/1.1\r\n\r\n", b"4"),
        (b"\x16\x03\x01\x02\0\x01\0", b""),
    ],
)  # fmt: skip
def test_what_no_browser_sends(studio, visitor, sent, status):
    with socket.create_connection(("127.0.0.1", studio.port), timeout=20) as connection:
        connection.sendall(sent)
        if not status:  # it waits for the rest of a line
            connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").readline()
    assert answer.partition(b" ")[2].startswith(status)
    assert visitor.get("/healthz").status == 200


def test_thousands_of_connections_of_one_phone_leave_room_for_others(studio, visitor):
    """From another address than this machine's own, which has no bound of its own but that of all."""
    addresses = Door("000000").addresses
    if not addresses:
        pytest.skip("this machine is in no network")
    open_to_all = Studio(studio.folder.with_name("open"), "--class")
    held = []
    try:
        for _ in range(connections.EACH + 30):
            held.append(socket.create_connection((addresses[0], open_to_all.port), timeout=20))
            held[-1].sendall(b"GET / HTTP/1.1\r\nHost: ")  # and no more
        wait_until(lambda: any(map(hung_up, held)))
        wait_until(lambda: sum(not hung_up(each) for each in held) == connections.EACH)
        assert Visitor(open_to_all).get("/").status == 200
        for each in held:
            each.close()
        wait_until(lambda: Visitor(open_to_all, address=addresses[0]).try_to_get("/") is not None)
    finally:
        for each in held:
            each.close()
        open_to_all.stop()
    assert "Traceback" not in open_to_all.log()


def hung_up(connection):
    """Whether the other end has closed it."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_more_files_may_be_open_than_some_systems_give():
    """In a process of its own, which may have 256 as on a Mac."""
    code = (
        "import resource; from studio.web.connections import MOST, open_files; "
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]; "
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard)); print(open_files() // 2 >= MOST)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr


def test_more_than_a_form_holds(visitor):
    answer = visitor.post("/vote", {"answer": "x" * 200_000})
    assert answer.status == 413 and "more than a form" in answer.text


def test_one_who_stops_in_the_middle_holds_nobody_up(studio, visitor):
    connection = http.client.HTTPConnection("127.0.0.1", studio.port)
    connection.putrequest("POST", "/photo")
    connection.putheader("Content-Length", "5000000")
    connection.endheaders(b"x" * 1000)
    assert visitor.get("/").status == 200
    connection.close()
    assert visitor.get("/healthz").status == 200


def test_a_folder_of_pictures_is_for_its_owner_alone(studio):
    assert studio.folder.stat().st_mode & 0o077 == 0
