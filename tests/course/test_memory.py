"""course/nets/memory.py: freed memory is used again instead of being fetched from the system anew."""

import ctypes
import platform
import subprocess
import sys
from types import SimpleNamespace

import pytest

from course.images import white_noise
from course.nets.memory import keep_freed_memory
from course.nets.weights import vgg19
from tests.course._painting import a_painting
from tests.repo._repo import ROOT

# In a process of its own, because it holds for a whole process. Pages that the system hands out are counted, not
# seconds. It takes some rounds until every gap between blocks has found its size.
FAULTS = """
import resource
import torch
{prepare}
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(12 * 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
[faults() for _ in range(20)]
print(faults() * resource.getpagesize() / 2**20)
"""


def megabytes_fetched(prepare):
    """How much the system hands out when 48 megabytes are allocated and filled again and again."""
    command = [sys.executable, "-c", FAULTS.format(prepare=prepare)]
    return float(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc that is asked")
@pytest.mark.parametrize(
    "prepare",
    [
        "from course.nets.memory import keep_freed_memory; keep_freed_memory()",
        "from tests.course._painting import a_painting; a_painting()",
    ],
)
def test_large_tensors_are_not_fetched_again(prepare):
    assert megabytes_fetched(prepare) < 1


# What a network holds, and what stays in the process when it is made: 20 million numbers of 4 bytes.
NETWORKS = """
from course.nets.weights import vgg19
def held():
    fields = dict(line.split(":") for line in open("/proc/self/status"))
    return int(fields["RssAnon"].split()[0]) / 1024
networks = [vgg19()]  # with whatever the first one imports
before = held()
networks += [vgg19(), vgg19()]
print((held() - before) / 2)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells how much a process holds")
def test_a_network_takes_the_memory_of_its_weights_and_no_more():
    run = subprocess.run([sys.executable, "-c", NETWORKS], cwd=ROOT, capture_output=True, text=True, check=True)
    assert 70 < float(run.stdout) < 100


def test_who_only_looks_at_a_network_leaves_the_process_as_it_is(monkeypatch):
    asked = []
    monkeypatch.setattr(ctypes, "CDLL", lambda name: asked.append(name) or SimpleNamespace())
    vgg19(weights="random")(white_noise(16, 16), ["relu1_1"])
    assert asked == []
    a_painting()
    assert len(asked) == (sys.platform == "linux")


def test_without_glibc_nothing_is_asked(monkeypatch):
    asked = []
    monkeypatch.setattr(ctypes, "CDLL", lambda name: asked.append(name) or SimpleNamespace())
    keep_freed_memory()  # would be an AttributeError if mallopt were called
    assert asked == ([None] if sys.platform == "linux" else [])
    monkeypatch.setattr(sys, "platform", "darwin")
    asked.clear()
    keep_freed_memory()
    assert asked == []
