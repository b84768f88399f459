"""`course studio --class`: the door with its code, the page for the projector, and what only the teacher may do."""

import re

import pytest

from studio.web.door import TRIES, Door
from tests.studio._studio import Studio, Visitor, opened


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    studio = Studio(tmp_path_factory.mktemp("studio") / "folder", "--class")
    yield studio
    studio.stop()


@pytest.fixture(scope="module")
def code(studio):
    return re.search(r"code +(\d{6})", studio.log())[1]


@pytest.fixture
def student(studio):
    addresses = Door("000000").addresses
    if not addresses:
        pytest.skip("this machine is in no network")
    return Visitor(studio, address=addresses[0])


def test_a_student_comes_in_with_the_code(student, code):
    assert student.get("/").to == student.get("/wall").to == "/enter"
    assert student.post("/job", {"photo": "cat", "style": "fans"}, xsrf=False).to == "/enter"
    page = student.get("/enter")
    assert page.status == 200 and "The code of your class" in page.text and "<nav" not in page.text
    xsrf = re.search(r'name="_xsrf" value="([^"]+)"', page.text)[1]
    wrong = student.post("/enter", {"_xsrf": xsrf, "code": "12"}, xsrf=False)
    assert wrong.status == 403 and 'aria-describedby="code-hint code-error"' in wrong.text
    assert student.post("/enter", {"_xsrf": xsrf, "code": f"{code[:3]} {code[3:]}"}, xsrf=False).to == "/"
    assert student.get("/").status == 200
    assert student.get("/class").status == student.get("/class.svg").status == 404
    student.cookies["studio_class"] = "forged"
    assert student.get("/").to == "/enter"


def test_whoever_follows_an_address_comes_to_it_after_the_code(student, code):
    job = f"/job/{'a' * 32}"
    assert student.get(job).to == f"/enter?next={job}"
    assert f'name="next" value="{job}"' in student.get(f"/enter?next={job}").text
    assert student.get(f"/enter?next={job}&code={code}").to == job
    assert student.get("/enter?next=//elsewhere.example").to == "/"


def test_the_qr_code_leads_in_at_once(student, code):
    assert student.get(f"/enter?code={code}").to == "/"
    assert student.get("/").status == 200


def test_guessing_is_slow(student):
    answers = [student.get(f"/enter?code={number:06}").status for number in range(TRIES + 2)]
    assert answers[0] == 403 and answers[-1] == 429


def test_the_teacher_has_a_page_for_the_projector_and_takes_pictures_down(studio, code):
    teacher = Visitor(studio)
    page = teacher.get("/class")
    assert f"{code[:3]} {code[3:]}" in page.text
    svg = teacher.get("/class.svg")
    assert svg.headers["Content-Type"] == "image/svg+xml" and svg.body.startswith(b"<?xml")
    painter = Visitor(studio)
    job = painter.order("cat", ["chalk"])
    painter.events(job)
    painter.post(f"/job/{job}/wall", {"on": "yes"})
    name = re.search(r"/wall/([0-9a-f]{16})\.png", teacher.get("/wall").text)[1]
    assert opened(teacher.get(f"/wall/{name}.png").body)
    assert teacher.post("/wall", {"picture": name}).status == 303
    assert name not in teacher.get("/wall").text
