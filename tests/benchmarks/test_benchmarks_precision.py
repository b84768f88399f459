"""benchmarks/precision.py: what each precision takes, by kind of processor. How long anything takes is not tested."""

import dataclasses

import pytest
import torch

from benchmarks import precision, report
from benchmarks.precision import Evaluations, evaluations, kinds, pictures
from course.nets import precision as arithmetic
from course.nets.precision import Chosen
from course.nets.weights import vgg19


@pytest.fixture
def slim(monkeypatch):
    """The slim network in place of Oxford's, and the precision of each that was made."""
    made = []

    def network(*, padding, precision="float32"):
        made.append(precision)
        return vgg19(weights="slim", padding=padding, precision=precision)

    monkeypatch.setattr(precision, "vgg19", network)
    return made


@pytest.mark.parametrize(
    ("has", "expected"),
    [
        ({"avx2": True}, {"AVX2": None}),
        ({"avx2": True, "avx512_f": True}, {"AVX-512": None, "AVX2": "AVX2"}),
        (
            dict.fromkeys(["avx2", "avx512_f", "avx512_bf16", "amx_bf16"], True),
            {"AMX": None, "AVX-512 with bf16": "AVX512_CORE_BF16", "AVX-512": "AVX512_CORE", "AVX2": "AVX2"},
        ),
        ({"sve": True}, {"this processor": None}),
    ],
)
def test_a_processor_plays_the_lesser_ones(monkeypatch, has, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has)
    assert kinds() == expected


@pytest.mark.filterwarnings("ignore:this processor does not multiply")
@pytest.mark.parametrize("half", ["float32", "bfloat16"])
def test_painter_and_convolutions_are_timed_by_turns_in_that_precision(slim, half):
    found = evaluations(half, 32, rounds=2)
    assert slim == [half]
    assert len(found.painter) == len(found.bare) == 2
    assert all(seconds > 0 for seconds in (*found.painter, *found.bare))


def test_one_evaluation_is_enough_where_it_takes_long(slim, monkeypatch):
    monkeypatch.setattr(precision, "LONG", 0.0)
    assert len(evaluations("float32", 32, rounds=5).painter) == 1


def test_the_ratio_is_that_of_rounds():
    """A round that something disturbed, painter and convolutions alike, changes nothing."""
    assert Evaluations([2.0, 20.0, 2.2], [1.0, 10.0, 1.0]).ratio == pytest.approx(2.0)


def test_a_process_is_told_which_processor_to_be(monkeypatch):
    monkeypatch.setattr(precision, "kinds", lambda: {"own": None, "less": "AVX2"})
    asked = []
    monkeypatch.setattr(precision, "_in_a_process", lambda *given: asked.append(given) or Evaluations([1.0], [1.0]))
    found = precision.measure(["float32", "bfloat16"], 64, 1)
    assert asked == [(word, name, 64, 1) for word in (None, "AVX2") for name in ("float32", "bfloat16")]
    assert list(found) == ["own", "less"] and list(found["less"]) == ["float32", "bfloat16"]


def test_a_process_that_fails_says_why():
    with pytest.raises(RuntimeError, match="no precision 'half'"):
        precision._in_a_process("AVX2", "half", 32, 1)


class TestPictures:
    def test_none_where_auto_is_float32(self, slim, monkeypatch):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True})
        assert list(pictures(32, 2)) == []

    def test_a_pair_is_painted_in_both_and_scored_by_float32(self, slim, monkeypatch):
        """Double precision in the place of half: it is another one on every processor, and quick."""
        monkeypatch.setattr(arithmetic, "_quickest", lambda kind: Chosen(torch.float64, "of the test"))
        (pair,) = pictures(32, 3, [("cat", "swirls")])
        assert slim == ["float32", "auto"]
        assert pair.pair == "cat, swirls" and list(pair.seconds) == list(pair.losses) == ["float32", "float64"]
        assert pair.losses["float64"] == pytest.approx(pair.losses["float32"], rel=0.05)


def test_the_page_says_what_was_compared():
    each = dataclasses.asdict(Evaluations([0.4, 0.6], [0.2, 0.3])) | {"ratio": 2.0}
    measured = {"size": 256, "evaluations": {"AVX2": {"float32": each}}, "pictures": [], "training_s": {"float32": 0.5}}
    record = {"precision": measured}
    said = report.precision(record)
    assert "| AVX2      | float32   |         0.50 |           0.25 |  2.00 |" in said
    assert "no pictures were compared" in said and "as judge: 0.50 s in float32." in said
    pair = {
        "pair": "cat, swirls",
        "seconds": {"float32": 9.0, "bfloat16": 3.0},
        "losses": {"float32": 1.0, "bfloat16": 1.01},
    }
    record["precision"]["pictures"] = [pair]
    said = report.precision(record)
    assert "| cat, swirls |       9.0 |        3.0 |           3.0 |                 +1.0% |" in said
