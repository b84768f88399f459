"""What is left when processes are killed: a picture that was finished is there, one that was lost is told."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from tests.studio._studio import Studio, Visitor, opened, picture, wait_until

KILLS = int(os.environ.get("COURSE_TEST_KILLS", "2"))  # ten were tried by hand


def ended(workers):
    """Whether these processes work no more; who started them may not have asked yet how they ended."""

    def works(worker):
        try:
            return worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    return not any(map(works, workers))


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    studio = Studio(tmp_path_factory.mktemp("studio") / "folder")
    yield studio
    studio.stop()


def test_a_dead_worker_costs_a_moment_and_not_the_page(studio):
    visitor = Visitor(studio)
    visitor.events(visitor.order("cat", ["chalk"]))
    for percent in range(0, 90, 90 // KILLS):  # at the beginning, and further and further on
        job = visitor.order("cat", ["chalk"])
        wait_until(lambda at=percent, job=job: visitor.events(job, until=("painting",))[-1]["percent"] >= at, 60)
        studio.painter().kill()
        assert visitor.get("/").status == 200
        assert visitor.events(job)[-1]["state"] == "done", studio.log()
    page = visitor.post("/photo?style=drip", files=[("photo", "x", picture())])
    assert page.status == 303


def test_a_job_whose_process_dies_twice_fails_in_words(studio):
    visitor = Visitor(studio)
    job = visitor.order("cat", ["chalk"], size="512")
    for _ in range(2):
        known = {worker.pid for worker in studio.workers()}
        wait_until(lambda: visitor.events(job, until=("painting",))[-1]["step"] > 0, 60)
        studio.painter().kill()
        wait_until(lambda known=known: visitor.get(f"/job/{job}").text.count("Paint it again")
                   or {worker.pid for worker in studio.workers()} - known, 60)  # fmt: skip
    assert visitor.events(job)[-1]["state"] == "failed"
    assert "has been killed. Try it once more." in visitor.get(f"/job/{job}").text


def test_a_reader_that_is_killed_is_another_one_for_the_next_picture(studio):
    visitor, workers = Visitor(studio), studio.workers()
    for worker in workers:
        worker.kill()
    wait_until(lambda: ended(workers), 20)
    assert visitor.post("/photo?style=drip", files=[("photo", "x", picture())]).status == 303


@pytest.mark.parametrize("asked", ["photo", "first look"])
def test_a_reader_that_is_killed_at_work_is_asked_once_more(studio, asked):
    visitor = Visitor(studio)
    large = picture("PNG", (5000, 5000))  # half a second
    token = visitor.post("/photo?style=drip", files=[("photo", "x", large)]).to[-32:]
    reader = studio.reader()
    before = sum(reader.cpu_times()[:2])
    with ThreadPoolExecutor() as other:
        if asked == "photo":
            answer = other.submit(visitor.post, "/photo?style=drip", files=[("photo", "x", large)])
        else:
            answer = other.submit(visitor.get, f"/sketch/{token}/swirls.jpg")
        wait_until(lambda: sum(reader.cpu_times()[:2]) > before + 0.05, 60)
        reader.kill()
        assert answer.result().status == {"photo": 303, "first look": 200}[asked]
    wait_until(lambda: ended([reader]), 20)


def test_a_killed_studio_is_found_again_with_what_was_finished(studio):
    visitor = Visitor(studio)
    job = visitor.order("cat", ["fans"])
    visitor.events(job)
    result = visitor.get(f"/job/{job}/result.png").body
    for state in ("painting", "waiting"):
        lost = visitor.order("cat", ["fans"], size="512", effort="properly")
        if state == "waiting":
            other = Visitor(studio)
            after = other.order("cat", ["chalk"])
        else:
            visitor.events(lost, until=("painting",))
        workers = studio.workers()
        studio.kill()
        wait_until(lambda workers=workers: ended(workers), 20)
        studio.start()
        assert visitor.get(f"/job/{job}/result.png").body == result
        page = visitor.get(f"/job/{lost}")
        assert "it is lost" in page.text and "Paint it again" in page.text
        assert visitor.events(lost)[-1]["state"] == "lost"
    assert "it is lost" in other.get(f"/job/{after}").text
    assert re.findall(r"(\d+) of its pictures (?:is|are) lost", studio.log()) == ["1", "2"]  # each is told of once
    job = visitor.order("cat", ["fans"])  # the same cookie, the same visitor
    assert visitor.events(job)[-1]["state"] == "done"
    studio.kill()  # in the very moment in which it has said so
    studio.start()
    assert studio.log().count("lost") == 2
    assert opened(visitor.get(f"/job/{job}/result.png").body).size == (256, 170)


def test_a_port_that_is_taken_and_a_folder_that_is_not_ours_are_told(studio, tmp_path):
    def refused(*options):
        command = [sys.executable, "-m", "course", "studio", *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2 and done.stdout == "", done
        return done.stderr

    assert "--port" in refused("--port", str(studio.port), "--folder", str(tmp_path / "a"))
    (tmp_path / "file").write_text("")
    assert "--folder" in refused("--port", "0", "--folder", str(tmp_path / "file"))


def test_pictures_are_removed_after_their_minutes(tmp_path):
    from studio.desk import Desk
    from studio.jobs import Job
    from studio.orders import Manner
    from studio.store import Store
    from studio.tasks import Sent

    store = Store(tmp_path / "folder")
    old, new, needed = (store.add_picture(Sent(picture(), 160, 120)) for _ in range(3))
    for name in (old, needed):
        os.utime(store.picture(name), (time.time() - 3700,) * 2)
    over = Job("a" * 32, "v", "cat", ("chalk",), Manner(), state="done", ended=time.time() - 3700)
    waits = Job("b" * 32, "v", needed, ("chalk",), Manner())
    store.keep(over)
    store.keep_painting(over.token, picture("PNG"))
    desk = Desk(store, None, None, 60)
    desk.jobs[waits.token] = waits
    desk.expire()
    assert [store.picture(name) is None for name in (old, new, needed)] == [True, False, False]
    assert list(desk.jobs) == [waits.token] and not store.painting(over.token).exists()
    assert opened(store.picture(new).read_bytes()).size == (160, 120)
    store.remove()
    assert not store.folder.exists()


def test_the_system_ends_it_as_ctrl_c_does(tmp_path):
    studio = Studio(tmp_path / "folder")
    looks = [threading.Thread(target=Visitor(studio).try_to_get, args=(f"/sketch/{photo}/truchet.jpg",))
             for photo in ("cat", "coffee", "rocket")]  # fmt: skip
    for look in looks:  # nor is it held up by those who wait
        look.start()
    wait_until(lambda: len(psutil.Process(studio.process.pid).net_connections("tcp")) > 3)
    workers = studio.workers()
    studio.process.send_signal(signal.SIGTERM)
    assert studio.process.wait(20) == 0
    for look in looks:
        look.join()
    assert not studio.folder.exists() and not any(worker.is_running() for worker in workers)
