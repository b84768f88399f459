"""The real command with a roster: read before anything is graded, and no reason to grade again."""

from tests.grading._command import files, grade, needs_sandbox
from tests.teach._class import read_csv

HEADER = "Identifier,Full name,Email address\n"


@needs_sandbox
def test_a_roster_changes_reports_and_no_result(tmp_path):
    folder, out, roster = tmp_path / "handed in", tmp_path / "report", tmp_path / "roster.csv"
    for name in ("Ada Lovelace_123456", "Grace Hopper_123457"):
        (folder / f"{name}_assignsubmission_file").mkdir(parents=True)
        (folder / f"{name}_assignsubmission_file" / "03_content.ipynb").write_bytes(b"[1]")
    options = ("--chapters", "03", "--jobs", 1, "--roster", roster)

    roster.write_text("name,grade\n", encoding="utf-8")
    done = grade(folder, out, *options)
    assert done.code == 2 and "is no roster" in done.err and not out.exists()

    roster.write_text(f"{HEADER}Participant 123456,Ada Lovelace,ada@example.org\n", encoding="utf-8")
    done = grade(folder, out, *options)
    assert done.code == 0, done.err
    assert "By the roster, 0 handed in nothing. Not found in it: 1." in done.out
    before = {path: path.stat().st_mtime_ns for path in (out / "results").iterdir()}
    results = files(out / "results")

    with roster.open("a", encoding="utf-8") as file:
        file.write("Participant 123457,G. B. Hopper,grace@example.org\nParticipant 123458,Bob,bob@example.org\n")
    done = grade(folder, out, *options)
    assert done.code == 0, done.err
    assert "By the roster, 1 handed in nothing. Not found in it: 0." in done.out
    assert [row["Email address"] for row in read_csv(out / "grades.csv")] == ["ada@example.org", "grace@example.org"]
    assert files(out / "results") == results
    assert {path: path.stat().st_mtime_ns for path in (out / "results").iterdir()} == before
