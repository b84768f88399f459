"""An invented class of thirty, the same at every run, with every state and with strings that want to be obeyed."""

import csv
import io
import random

from classroom.grading.results import STATES, Graded, Mark, Written
from classroom.reports.marks import mark_files
from classroom.reports.record import class_record
from classroom.reports.write import write_reports
from course.answers.outline import ChapterOutline, ExerciseOutline, QuestionOutline


def chapter(name, title, exercises, questions=()):
    """An outline; half of an exercise's points are for its check."""
    return ChapterOutline(
        name,
        title,
        tuple(ExerciseOutline(one, possible // 2, possible - possible // 2) for one, possible in exercises),
        tuple(QuestionOutline(*one) for one in questions),
    )


CHAPTERS = (
    chapter("03_content", "Content <i>", [("content_loss", 4), ("closure", 6)]),
    chapter("04_textures", "Textures", [("gram", 4), ("texture_loss", 5)], [("why_squares", 3), ("scale", 2)]),
)
SCRIPT = "<script>alert('marks')</script>"
NASTY = {"s003": "=HYPERLINK(1)", "s004": f'"{SCRIPT}', "s005": "+49 @ –\x00\ud800", "s006": "Zoë Ünal", "s007": "'=1"}
MISTAKES = {
    "divided_by_all": "This looks like: divided by C * H * W.",
    "centred": "This looks like: the mean was taken away first.",
    "other": "It is {} times ours everywhere: only a constant factor is wrong.",
}
ANSWERS = ("Squares forget the sign.\n\n- so what?", "- a list", SCRIPT, "=1+1", "  ", "")


def told(exercise, mistake, number):
    """A check's message."""
    sentence = MISTAKES[mistake].format(number)
    return (f"✗ {exercise}: expected {number}, got <b>.", f"  {sentence}", '  Read: section 1, "Sums".')


def mark(chapter, exercise, possible, state, mistake="", number=2):
    """A mark as the grader writes it."""
    points = {"full": possible, "partial": possible // 2}.get(state, 0)
    lines = told(exercise, mistake, number) if mistake else ()
    return Mark(chapter, exercise, state, points, possible, mistake, lines)


def student(identifier, states, answers=("", ""), name="", notes=()):
    """A student whose exercises have these states, in order; "wrong divided_by_all" is a state with its mistake."""
    places = [(one.name, exercise.name, exercise.possible) for one in CHAPTERS for exercise in one.exercises]
    marks = []
    for (chapter, exercise, possible), state in zip(places, states, strict=True):
        state, _, mistake = state.partition("|")
        marks.append(mark(chapter, exercise, possible, state, mistake, number=len(identifier)))
    written = [
        Written("04_textures", question.name, question.possible, answer)
        for question, answer in zip(CHAPTERS[1].questions, answers, strict=True)
    ]
    files = {one.name: f"{identifier}/{one.name}.ipynb" for one in CHAPTERS}
    return Graded(identifier, name, f"key of {identifier}", files, tuple(notes), tuple(marks), tuple(written))


def invented(seed=0):
    """Thirty students: s001 has all points, nothing of s002 can be read, the others are drawn."""
    draw = random.Random(seed)
    wrong = [f"wrong|{mistake}" for mistake in MISTAKES]
    made = [
        student("s001", ["full"] * 4, ANSWERS[:2]),
        student("s002", ["unreadable"] * 4),
        student("s003", ["crashed", "timed out", "out of memory", "borrowed"], ANSWERS[2:4], NASTY["s003"]),
    ]
    for number in range(4, 31):
        identifier = f"s{number:03d}"
        states = [draw.choice([*STATES[:2], *wrong, *wrong, "full", "full", "not attempted"]) for _ in range(4)]
        answers = (draw.choice(ANSWERS), draw.choice(ANSWERS))
        notes = (f"an older {SCRIPT}.ipynb was left aside",) if number % 7 == 0 else ()
        made.append(student(identifier, states, answers, NASTY.get(identifier, ""), notes))
    return made


def report(graded, out, chapters=CHAPTERS, marks=None, **options):
    """Writes the reports of a class into a folder."""
    write_reports(class_record(graded, chapters, marks=mark_files(out, marks), **options), out)


def read_csv(path):
    """The rows of a CSV file as dictionaries, as a program reads them that knows the mark at the front."""
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
