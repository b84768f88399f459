"""A class of 200 graded once, compared, and timed: ``python -m tests.grading.full_class [STUDENTS] [JOBS] [SEED]``."""

import sys
import tempfile
import time
from pathlib import Path

from tests.grading._class import write_class
from tests.grading._command import differences, grade


def main(students=200, jobs=2, seed=200):
    with tempfile.TemporaryDirectory() as place:
        folder, out = Path(place, "handed in"), Path(place, "report")
        folder.mkdir()
        table = write_class(folder, students, seed=seed)
        exercises = sum(
            one.state not in ("not attempted", "unreadable") for all_ in table.values() for one in all_.values()
        )
        began = time.time()
        done = grade(folder, out, "--jobs", jobs)
        seconds = time.time() - began
        if done.code:
            return done.err
        written = sorted(path.stat().st_mtime for path in (out / "results").iterdir())
        wrong = list(differences(table, out))
        print("\n".join(wrong))
        print(f"{students} students, {exercises} exercises answered, {jobs} jobs: {len(wrong)} differences")
        print(f"{seconds:.1f} s in all: {written[0] - began:.1f} s to the first result, "
              f"{(written[-1] - written[0]) / (students - 1):.2f} s for each further submission, "
              f"{began + seconds - written[-1]:.1f} s for the reports")  # fmt: skip
        return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
