"""One thread, one job: a job that begins takes the place of the other, and what is asked for is never lost."""

import threading

import pytest
import torch

from course.live import worker
from course.live.worker import Worker
from tests.live._live import wait_until


class Counting:
    """A job of some turns, which notes what it lives through."""

    def __init__(self, turns):
        self.left, self.done, self.ends, self.threads = turns, 0, [], set()
        self.go = threading.Event()
        self.go.set()

    def turn(self):
        self.threads.add(threading.current_thread())
        assert self.go.wait(20)
        if self.left == 0:
            return False
        self.left, self.done = self.left - 1, self.done + 1
        return True

    def end(self, why):
        self.ends.append(why)


def test_a_job_is_done_to_its_end_in_a_thread_of_its_own():
    job, work = Counting(3), Worker()
    work.begin(job)
    wait_until(lambda: job.ends)
    assert job.done == 3 and job.ends == ["finished"] and work.job is None
    (thread,) = job.threads
    assert thread.daemon and thread.name == worker.NAME and thread is not threading.main_thread()


def test_all_jobs_share_one_thread():
    jobs, work = [Counting(2) for _ in range(5)], Worker()
    for job in jobs:
        work.begin(job)
        wait_until(lambda job=job: job.ends)
    assert len(set().union(*(job.threads for job in jobs))) == 1


def test_another_job_takes_the_place_of_the_first():
    first, second, work = Counting(10**9), Counting(2), Worker()
    work.begin(first)
    wait_until(lambda: first.done > 3)
    work.begin(second)
    wait_until(lambda: second.ends)
    assert first.ends == ["displaced"] and second.ends == ["finished"]
    assert work.job is None and first.threads == second.threads


def test_a_paused_job_ends_and_goes_on():
    job, work = Counting(10**9), Worker()
    work.begin(job)
    wait_until(lambda: job.done > 3)
    work.pause(job)
    wait_until(lambda: job.ends == ["paused"])
    done = job.done
    work.begin(job)
    wait_until(lambda: job.done > done)
    work.pause(job)
    wait_until(lambda: len(job.ends) == 2)


def test_pausing_another_job_changes_nothing():
    job, work = Counting(10**9), Worker()
    work.begin(job)
    work.pause(Counting(1))
    assert work.job is job
    work.pause(job)


def test_what_is_asked_for_during_the_last_turn_is_not_lost():
    job, work = Counting(0), Worker()
    job.go.clear()
    work.begin(job)
    wait_until(lambda: job.threads)
    job.left = 2  # it is within a turn that has nothing to do, and now there is something
    work.begin(job)
    job.go.set()
    wait_until(lambda: job.ends)
    assert job.done == 2 and job.ends == ["finished"]


def test_it_can_be_stopped_for_good():
    job, work = Counting(10**9), Worker()
    work.stop()
    work.begin(job)
    assert work.job is None and not job.threads
    job, work = Counting(10**9), Worker()
    work.begin(job)
    wait_until(lambda: job.done > 3)
    work.stop()
    (thread,) = job.threads
    assert not thread.is_alive() and job.ends == ["paused"]


@pytest.mark.parametrize(("cores", "usual", "expected"), [(2, 2, 1), (1, 1, 1), (8, 8, 7), (8, 2, 2)])
def test_one_core_is_left_for_others(monkeypatch, cores, usual, expected):
    monkeypatch.setattr(worker.os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: usual)
    assert worker.threads() == expected
