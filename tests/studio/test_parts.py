"""The parts of the studio that need no server: choices, the waiting line, kinds of files, orders, the door."""

import asyncio
import doctest
import shlex
from collections import deque

import pytest

from course.cli import COMMANDS
from course.cli.command import parser
from studio import choice, desk, orders
from studio.choice import ChoiceError, pick_style
from studio.desk import BusyError, Desk
from studio.jobs import Job, from_record
from studio.orders import STEPS, Manner, OrderError, command_line, manner
from studio.store import Store
from studio.tasks import Sent
from studio.uploads import MOST_BYTES, UploadError, kind_of
from studio.waiting import FullError, WaitingLine
from studio.web import pages
from studio.web.door import TRIES, Door
from tests.studio._studio import picture

KNOWN = ("swirls", "fans", "chalk", "mosaic", "drip")


class TestPickStyle:
    def test_one(self):
        assert pick_style(["fans"], KNOWN) == ("fans",)

    def test_one_that_came_twice_is_one(self):
        assert pick_style(["fans", "", "fans"], KNOWN) == ("fans",)

    @pytest.mark.parametrize(
        ("chosen", "mix", "words", "mixable", "unknown"),
        [
            ([], False, "Choose a style", False, False),
            ([""], True, "Choose a style", False, False),
            (["swirls", "fans"], False, "swirls or fans? You can also mix", True, False),
            (KNOWN, False, "5 are chosen? Up to 4", False, False),
            (KNOWN, True, "At most 4", False, False),
            (["<b>"], False, "no style “<b>”", False, True),
            (["swirls", "cat"], True, "no style “cat”", False, True),
        ],
    )
    def test_what_cannot_be_painted_is_told(self, chosen, mix, words, mixable, unknown):
        with pytest.raises(ChoiceError, match=words.replace("?", r"\?")) as caught:
            pick_style(chosen, KNOWN, mix)
        assert (caught.value.mixable, caught.value.unknown) == (mixable, unknown)

    def test_up_to_four_are_mixed_in_their_order(self):
        assert pick_style(KNOWN[3::-1], KNOWN, mix=True) == KNOWN[3::-1]


class TestWaitingLine:
    def test_visitors_take_turns(self):
        line = WaitingLine(most=9, each=3)
        for job in ("a1", "a2", "a3", "b1", "c1", "b2"):
            line.join(job, job[0])
        expected = list(line)
        assert expected == ["a1", "b1", "c1", "a2", "b2", "a3"]
        assert [line.next() for _ in range(7)] == [*expected, None]

    def test_who_comes_later_goes_before_the_second_of_another(self):
        line = WaitingLine(each=2)
        line.join("a1", "a")
        line.join("a2", "a")
        assert line.next() == "a1"
        line.join("b1", "b")
        assert list(line) == ["a2", "b1"]  # a waited longer; b's turn comes before a's next
        line.join("a3", "a")
        assert (list(line), line.place("a3"), line.place("x")) == (["a2", "b1", "a3"], 3, None)

    def test_it_is_bounded(self):
        line = WaitingLine(most=2, each=1)
        line.join("a1", "a")
        with pytest.raises(FullError):
            line.join("a2", "a")
        line.join("b1", "b")
        with pytest.raises(FullError):
            line.join("c1", "c")
        assert line.leave("a1") and not line.leave("a1")
        line.join("c1", "c")
        assert list(line) == ["b1", "c1"]


class TestKinds:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP", "GIF", "BMP", "TIFF", "AVIF"])
    def test_a_picture_is_known_by_its_content(self, kind):
        assert kind_of(picture(kind.upper())) == kind

    @pytest.mark.parametrize(
        ("content", "words", "status"),
        [
            (b"", "no picture", 422),
            (b"\xff\xd8\xff" + bytes(MOST_BYTES), "more than 12 MB", 413),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC", 415),
            (b"\0\0\0\x18ftypmp42", "video", 415),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "XML", 415),
            (b"<!doctype html><script>", "XML", 415),
            (b"%PDF-1.7", "PDF", 415),
            (b"PK\3\4", "archive", 415),
            (b"hello", "no picture that we can read", 415),
        ],
    )
    def test_anything_else_is_told(self, content, words, status):
        with pytest.raises(UploadError, match=words) as caught:
            kind_of(content)
        assert caught.value.status == status

    def test_the_limit_itself_is_allowed(self):
        assert kind_of(b"\xff\xd8\xff" + bytes(MOST_BYTES - 3)) == "JPEG"


class TestOrders:
    def test_defaults_and_every_choice(self):
        assert manner({}) == Manner("quick", 3, 256, False)
        given = {"effort": "properly", "strength": "5", "size": "512", "keep_colours": "yes"}
        assert manner(given) == Manner("properly", 5, 512, True)

    @pytest.mark.parametrize(
        "fields", [{"size": "9999"}, {"size": ""}, {"strength": "0"}, {"effort": "<b>"}, {"keep_colours": "no"}]
    )
    def test_what_the_form_does_not_offer_is_refused(self, fields):
        with pytest.raises(OrderError, match=next(iter(fields)).replace("_", " ")):
            manner(fields)

    @pytest.mark.parametrize(
        "how", [Manner(), Manner("properly", 5, 384), Manner("quick", 1, 512), Manner(keep_colours=True)]
    )
    def test_the_line_for_a_terminal_is_understood(self, how):
        line = command_line("f" * 32, ["swirls"], how)
        options = parser("course", "", COMMANDS).parse_args(shlex.split(line)[1:])
        assert (options.content, options.style, options.size) == ("photo.jpg", "swirls", how.size)
        assert (options.steps, options.drafts) == (STEPS[how.effort], how.effort == "properly")
        assert (options.beta or 7) == how.beta
        assert options.colours == ("photo" if how.keep_colours else "style")

    def test_there_is_none_for_a_mixture(self):
        assert command_line("cat", ["swirls", "fans"], Manner()) is None


class TestJobs:
    def test_a_record_brings_back_all_of_it(self):
        job = Job("a" * 32, "v", "cat", ("swirls",), Manner("properly", 2, 384, True), state="done", wall="w")
        assert from_record(job.record()).record() == job.record()

    def test_one_that_was_not_over_is_lost_and_told_of_once(self, tmp_path):
        store = Store(tmp_path / "folder")
        states = {"a": "waiting", "b": "painting", "c": "done", "d": "done", "e": "failed", "f": "cancelled"}
        for letter, state in states.items():
            store.keep(Job(letter * 32, "v", "cat", ("swirls",), Manner(), state=state))
        store.keep_painting("c" * 32, picture("PNG"))
        first = Desk(store, None, None, 60)
        now = {token[0]: job.state for token, job in first.jobs.items()}
        assert now == states | {"a": "lost", "b": "lost", "d": "lost"} and first.lost == 3
        again = Desk(Store(tmp_path / "folder"), None, None, 60)
        assert {token[0]: job.state for token, job in again.jobs.items()} == now and again.lost == 0


class TestDoor:
    def test_a_wrong_code_may_be_tried_some_times(self):
        door = Door("123456")
        assert door.is_right("123 456", "a")
        for _ in range(TRIES):
            assert door.may_try("a")
            assert not door.is_right("000000", "a")
        assert not door.may_try("a")
        assert door.may_try("b")

    def test_only_our_names_lead_to_us(self):
        assert Door().knows_host("localhost") and Door().knows_host("[::1]")
        assert not Door().knows_host("evil.example") and not Door().knows_host("")


def test_a_painting_that_is_slower_than_others_says_so(tmp_path, monkeypatch):
    studio = Desk(Store(tmp_path / "folder"), None, None, 60)
    monkeypatch.setattr(desk.time, "monotonic", lambda: 1000.0)
    job = Job("a" * 32, "v", "cat", ("swirls",), Manner(), state="painting", begun=900.0)
    left = []
    for job.done in (0.0, 0.1, 0.25, 0.5, 0.99):
        left.append(studio.left(job))
    assert left == pytest.approx([6.0, 0.6 * 5.4 + 0.4 * 900, 300.0, 100.0, 100 / 99])


def test_one_address_cannot_fill_the_studio(tmp_path, monkeypatch):
    class Reader:
        async def do(self, task, given, told):
            return Sent(given, 1, 1)

    monkeypatch.setattr(desk, "MOST_PICTURES", 4)
    studio = Desk(Store(tmp_path / "folder"), None, Reader(), 60)
    jpeg = picture()

    async def sent(*senders):
        return [await studio.take_picture(jpeg, sender) for sender in senders]

    mine = asyncio.run(sent("a", "a"))
    with pytest.raises(BusyError, match="no room for more pictures"):
        asyncio.run(sent("a"))
    asyncio.run(sent("b", "c"))
    with pytest.raises(BusyError):
        asyncio.run(sent("d"))
    studio.store.picture(mine[0]).unlink()  # an hour later
    asyncio.run(sent("a"))


def test_as_many_jobs_as_can_be_remembered(tmp_path, monkeypatch):
    monkeypatch.setattr(desk, "MOST_JOBS", 1)
    studio = Desk(Store(tmp_path / "folder"), None, None, 60)
    studio.jobs["a" * 32] = Job("a" * 32, "v", "cat", ("swirls",), Manner(), state="cancelled")
    with pytest.raises(BusyError, match="as many orders as it can remember"):
        studio.order("w", "cat", ("swirls",), Manner())
    assert len(studio.line) == 0


@pytest.mark.parametrize("module", [choice, orders, pages], ids=lambda module: module.__name__)
def test_examples_give_what_they_say(module):
    found = doctest.testmod(module)
    assert found.failed == 0 and found.attempted > 0


def test_times_that_were_not_measured_are_guessed_from_those_that_were(tmp_path):
    studio = Desk(Store(tmp_path / "folder"), None, None, 60)
    assert (studio.expected(Manner("quick")), studio.expected(Manner("properly"))) == (6.0, 40.0)
    studio._times["quick", 256] = deque([12.0, 30.0, 11.0])
    assert studio.expected(Manner("quick")) == 12.0
    assert studio.expected(Manner("properly")) == 80.0, "this machine is half as fast as a usual one"
    assert studio.expected(Manner("quick", size=512)) == 48.0
