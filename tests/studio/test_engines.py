"""One contract for both engines: the process of this machine, and the workers of a Dask cluster."""

import asyncio
import contextlib
import warnings

import numpy as np
import pytest

from course.cli.studio import run
from course.errors import InputError
from studio import tasks
from studio.engine import LocalEngine
from studio.orders import Manner, Order
from studio.process import Process, TaskError
from studio.tasks import StoppedError
from studio.uploads import UploadError
from tests.studio._studio import opened, picture

ORDER = Order(picture(size=(160, 120)), ("swirls", picture(size=(96, 96))), Manner(strength=4, keep_colours=True))


@contextlib.asynccontextmanager
async def local():
    engine = LocalEngine(Process(threads=1))
    yield engine
    await engine.close()


@contextlib.asynccontextmanager
async def dask():
    import distributed

    from studio.dask_engine import connect

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        async with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, asynchronous=True, dashboard_address=None, processes=True
        ) as cluster:
            engine = await connect(cluster.scheduler_address)
            assert engine.slots == 2
            yield engine
            await engine.close()


async def contract(engine):
    """Paints, cancels and fails; the finished painting."""
    told = []
    painted = await engine.paint("a", ORDER, told.append)
    assert opened(painted).size == (256, 192)
    assert [each.done for each in told] == sorted(each.done for each in told) and 0 < told[0].done < 1
    assert opened(told[-1].picture).size == (256, 192) and told[-1].of == 60

    begun = asyncio.Event()
    large = Order("cat", ("drip",), Manner("properly", size=512))
    painting = asyncio.ensure_future(engine.paint("b", large, lambda _: begun.set()))
    await asyncio.wait_for(begun.wait(), 60)
    engine.cancel("nobody")
    engine.cancel("b")
    with pytest.raises(StoppedError):
        await asyncio.wait_for(painting, 20)

    with pytest.raises(TaskError, match="There is no"):
        await engine.paint("c", Order("nobody", ("swirls",), Manner()), told.append)
    with pytest.raises(TaskError, match=r"Something went wrong inside \(\w+\)"):
        await engine.paint("d", Order("cat", ("swirls",), None), told.append)
    return painted


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_both_keep_one_contract_and_paint_the_same():
    async def both():
        async with local() as engine:
            one = await contract(engine)
        async with dask() as engine:
            return one, await contract(engine)

    one, other = asyncio.run(both())
    difference = np.asarray(opened(one)).astype(int) - np.asarray(opened(other))
    assert np.abs(difference).mean() < 1


def test_the_same_picture_as_course_paint(tmp_path):
    from course import gallery
    from course.images import to_image
    from tests.cli._cli import command

    done = command("paint", "cat", "swirls", "-o", tmp_path / "painting.png", "--weights", "slim", "--steps", "60",
                   "--threads", "1")  # fmt: skip
    assert done.code == 0, done.err

    async def painted():
        async with local() as engine:
            return await engine.paint("a", Order("cat", ("swirls",), Manner()), lambda _: None)

    ours, typed = opened(asyncio.run(painted())), opened((tmp_path / "painting.png").read_bytes())
    photo = to_image(gallery.photo("cat", 256))
    assert apart(ours, typed) < 1 < 10 < apart(ours, photo)


def apart(one, other):
    """The mean difference of two pictures, in levels of 0..255."""
    return np.abs(np.asarray(one).astype(int) - np.asarray(other)).mean()


def test_no_scheduler_is_told_in_one_line():
    from studio import dask_engine

    async def nobody():
        await dask_engine.connect("tcp://127.0.0.1:9")

    dask_engine.SCHEDULER_SECONDS, before = 0.5, dask_engine.SCHEDULER_SECONDS
    try:
        with pytest.raises(InputError, match="no Dask scheduler"):
            asyncio.run(nobody())
    finally:
        dask_engine.SCHEDULER_SECONDS = before


def hang(given, line):
    """Tasks are found by their name in the module, so these are for a process to import."""
    import time

    time.sleep(given)


def grow(given, line):
    import time

    held = b"x" * given
    time.sleep(30)
    return len(held)


def raising(given, line):
    raise given


class TestProcess:
    def test_one_that_hangs_and_one_that_grows_are_ended(self):
        async def tried():
            hanging, growing = Process(1, silence=0.5), Process(1, memory=150_000_000)
            await growing.do(raising_nothing, None)
            with pytest.raises(TaskError, match="did not answer") as caught:
                await hanging.do(hang, 60)
            assert caught.value.died
            with pytest.raises(TaskError, match="memory"):
                await growing.do(grow, 400_000_000)
            assert await growing.do(raising_nothing, None) is None  # another process
            for each in (hanging, growing):
                each.close()

        asyncio.run(tried())

    def test_what_a_task_raises_is_said(self, capfd):
        async def tried():
            process = Process(1)
            for error, kind, words in (
                (UploadError("No.", 415), UploadError, "No."),
                (InputError("it is odd"), TaskError, "It is odd."),
                (KeyError("x"), TaskError, "Something went wrong inside"),
            ):
                with pytest.raises(kind, match=words) as caught:
                    await process.do(raising, error)
                assert kind is not UploadError or caught.value.status == 415
            process.close()

        asyncio.run(tried())
        assert "KeyError: 'x'" in capfd.readouterr().err


def raising_nothing(given, line):
    line.goes_on()


def test_an_upload_is_read_without_torch():
    import subprocess
    import sys

    code = (
        "import sys; from studio import server, tasks; from tests.studio._studio import picture\n"
        "assert tasks.read_upload(picture(), None).width == 160; print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["False"]), done.stderr
    assert tasks.KEPT_SIDE >= 1024


def test_without_the_extra_there_is_one_sentence(monkeypatch):
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "segno" else found(name))
    with pytest.raises(InputError, match=r"needs segno; in the project's folder: pip install -e \.\[studio\]"):
        run(None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "studio" else found(name))
    with pytest.raises(InputError, match="clone of the whole repository"):
        run(None)
