"""A class is graded by the real command, and every state, every number of points and every mistake is compared."""

from collections import Counter

from classroom.mistakes import WRONG
from tests.grading._class import write_class
from tests.grading._command import differences, grade, needs_sandbox

STUDENTS = 145  # with two or three chapters each: as few as can hand in every known wrong answer

# On some draws these are told by another word, and earn as little.
UNSTEADY = ("to_tensor: expected ('wrong', 0, 'inverted'), found ('wrong', 0, ",
            "style_transfer: expected ('wrong', 0, 'moves'), found ('wrong', 0, ",
            "picture_of: expected ('wrong', 0, 'norm_forward'), found ('wrong', 0, 'syntax')")  # fmt: skip


@needs_sandbox
def test_every_answer_of_a_class_gets_its_own_mark(tmp_path):
    folder = tmp_path / "handed in"
    folder.mkdir()
    table = write_class(folder, STUDENTS, seed=2, least=2)
    everything = Counter((name, one) for answers in table.values() for name, one in answers.items())
    handed_in = {(name, one.mistake) for name, one in everything if one.state == "wrong"}
    assert handed_in >= {(name, mistake) for name, answers in WRONG.items() for mistake in answers}
    states = {one.state for _, one in everything}
    assert states >= {"full", "partial", "wrong", "borrowed", "not attempted", "crashed", "out of memory", "unreadable"}

    done = grade(folder, tmp_path / "report", "--jobs", 2)

    assert done.code == 0, done.err
    found = differences(table, tmp_path / "report")
    assert [one for one in found if not any(known in one for known in UNSTEADY)] == []
    assert f"{STUDENTS} students" in done.out
