"""What the desk, its folder and its engine do when something goes wrong: in this process, with a painter of our own."""

import asyncio
import errno
import time

import pytest

from course.errors import InputError
from studio.desk import Desk
from studio.engine import LocalEngine
from studio.orders import Manner, Order
from studio.process import Process, TaskError
from studio.server import clear_away, keep_votes
from studio.store import Store
from studio.tasks import Sent, StoppedError
from tests.studio._studio import picture

ORDER = Order("cat", ("fans",), Manner())


class AtOnce:
    """An engine that has painted before one looks."""

    slots = 1

    async def paint(self, job, order, told):
        await asyncio.sleep(0)
        return picture()

    def cancel(self, job):
        pass

    async def close(self):
        pass


def desk_on(folder, engine=None):
    return Desk(Store(folder), engine or AtOnce(), Process(threads=1), 60)


async def over(job):
    """Waits until a job is over, and lets the line go on."""
    while not job.over:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.01)


def test_a_folder_with_something_else_in_it_is_refused_and_stays_as_it_is(tmp_path):
    folder = tmp_path / "pictures of mine"
    folder.mkdir(mode=0o755)
    (folder / "thesis.txt").write_text("three years")
    with pytest.raises(InputError, match=r"is not empty, and no studio's; name a new one with --folder"):
        Store(folder)
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"] and folder.stat().st_mode & 0o777 == 0o755


def test_what_somebody_has_put_into_the_folder_meanwhile_is_not_removed(tmp_path):
    store = Store(tmp_path / "studio")
    store.add_vote([1, 2])
    store.code("123456")
    (store.folder / "notes.txt").write_text("for next week")
    store.remove()
    assert [path.name for path in store.folder.iterdir()] == ["notes.txt"]
    again = Store(tmp_path / "another")
    again.remove()
    assert not again.folder.exists()


def test_votes_are_copied_to_where_the_studio_was_started_beside_those_of_other_days(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = Store(tmp_path / "studio")
    assert keep_votes(store) is None
    store.add_vote([1, "cat"])
    assert [keep_votes(store).name for _ in range(2)] == ["votes.csv", "votes-2.csv"]
    assert "1,cat" in (tmp_path / "votes-2.csv").read_text()


def test_votes_that_cannot_be_copied_stay_and_pictures_are_removed_all_the_same(tmp_path, monkeypatch, capsys):
    store = Store(tmp_path / "studio")
    store.add_vote([1, "cat"])
    store.add_picture(Sent(picture(), 160, 120))
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    clear_away(store)
    assert [path.name for path in store.folder.iterdir()] == ["votes.csv"]
    said = capsys.readouterr().out
    assert "stay where they are" in said and str(store.votes) in said


def test_the_code_of_a_class_lasts_as_long_as_the_folder(tmp_path):
    assert Store(tmp_path / "studio").code("123456") == "123456"
    assert Store(tmp_path / "studio").code("654321") == "123456"


def test_a_painting_that_cannot_be_written_ends_its_job_in_words_and_the_line_goes_on(tmp_path, monkeypatch, capsys):
    async def go():
        desk = desk_on(tmp_path / "studio")

        def full(token, png):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(desk.store, "keep_painting", full)
        job = desk.order("ada", "cat", ("fans",), Manner())
        await over(job)
        assert job.state == "failed" and "cannot write your picture down" in job.sentence
        monkeypatch.undo()
        job = desk.order("ada", "cat", ("fans",), Manner())  # the same visitor, who has none under way
        await over(job)
        assert job.state == "done"

    asyncio.run(go())
    assert "No space left" in capsys.readouterr().err


def test_a_photo_that_has_gone_meanwhile_is_told_and_no_style_takes_its_place(tmp_path):
    async def go():
        desk = desk_on(tmp_path / "studio")
        sent = desk.store.add_picture(Sent(picture(), 160, 120))
        for photo, style, told in ((sent, "fans", "Send it again"), ("cat", sent, "Choose one again")):
            (desk.store.folder / "pictures" / f"{sent}.jpg").write_bytes(picture())
            job = desk.order("ada", photo, (style,), Manner())
            desk.store.picture(sent).unlink()
            await over(job)
            assert job.state == "failed" and told in job.sentence

    asyncio.run(go())


def test_a_job_that_is_cancelled_between_its_turn_and_its_painting_stays_cancelled(tmp_path):
    async def go():
        desk = desk_on(tmp_path / "studio")
        job = desk.order("ada", "cat", ("fans",), Manner())
        desk.cancel(job)
        await asyncio.sleep(0.05)
        assert job.state == "cancelled"

    asyncio.run(go())


def test_a_painting_that_was_finished_and_not_noted_is_found_again(tmp_path):
    async def go():
        desk = desk_on(tmp_path / "studio")
        job = desk.order("ada", "cat", ("fans",), Manner())
        await over(job)
        job.state = "painting"  # as if it had been killed between the two files
        desk.store.keep(job)
        again = desk_on(tmp_path / "studio")
        assert again.jobs[job.token].state == "done" and again.lost == 0
        desk.store.painting(job.token).unlink()
        assert desk_on(tmp_path / "studio").lost == 1

    asyncio.run(go())


def slow(seconds, line):
    """A task that listens to nobody for so long."""
    time.sleep(seconds)
    return "done"


def test_what_is_cancelled_before_its_turn_is_not_painted_and_what_is_at_work_goes_on():
    async def go():
        engine = LocalEngine(Process(threads=1))
        first = asyncio.ensure_future(engine.process.do(slow, 2.0))
        await asyncio.sleep(0.1)
        painting = asyncio.ensure_future(engine.paint("a", ORDER, lambda _: None))
        await asyncio.sleep(0.1)
        engine.cancel("a")
        with pytest.raises(StoppedError):
            await painting
        assert await first == "done"
        await engine.close()

    asyncio.run(go())


def grows(megabytes, line):
    """A task that takes memory, a little at a time."""
    held = []
    for _ in range(megabytes):
        held.append(bytearray(b"x") * 2**20)
        time.sleep(0.002)
    return len(held)


def test_what_takes_too_much_memory_once_is_not_tried_again():
    async def go():
        process = Process(threads=1, memory=300_000_000)
        with pytest.raises(TaskError, match="Choose a smaller size") as caught:
            await process.do(grows, 2000)
        assert not caught.value.died
        process.close()

    asyncio.run(go())
