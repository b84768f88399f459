"""The source of a chapter: ``solutions/NN_name.py``, jupytext's percent format, the only thing that is edited.

A letter behind the number, ``NNb_name.py``, is a part of chapter NN that may be left out, with points of its own.

Keys of a cell's metadata say what it is for; every other cell is simply part of the lesson::

    # %% exercise="gram"
    def gram(F):
        \"\"\"...\"\"\"
        ### BEGIN SOLUTION
        ...
        ### END SOLUTION

    # %% check="gram" points=3
    check.gram(gram)

    # %% hidden="gram" points=2
    ### BEGIN HIDDEN TESTS
    ...
    ### END HIDDEN TESTS

    # %% [markdown] open="why_squares" points=2
    # A question that is answered in words, and marked by hand.
    #
    # ### BEGIN MARKING SCHEME
    # ...
    # ### END MARKING SCHEME

    # %% fold=true
    # What this cell draws or measures, in one line
    ...

    # %% test=true
    # What must hold, in one line
    assert ...

The first three map one to one to nbgrader's cell metadata (`Cell.nbgrader_metadata`); their marks in the text are
nbgrader's own. What stands between BEGIN and END SOLUTION is replaced by a stub for students; cells with hidden tests
they do not get. An open question becomes two cells (`Cell.question_and_answer`): the question without its scheme, and
one to write in. Its points are counted apart, since no program gives them: ``course.open_points`` of the header.

Of a folded cell one sees its first line and what it puts out; everybody may open it. A test cell is run with the
solution, where it is folded too. Students do not get it, so no other cell may need what it defines.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jupytext
from nbformat import NotebookNode

from classroom.chapters.names import bound, needed
from course.answers.outline import NUMBER, ChapterOutline, ExerciseOutline, QuestionOutline
from course.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
SOLUTIONS = ROOT / "solutions"
NOTEBOOKS = ROOT / "notebooks"

ROLES = ("exercise", "check", "hidden")
OPEN = "open"
SWITCHES = ("fold", "test")  # of a cell of the lesson
WIDEST = 88  # characters of a line of code; with more, one has to scroll on a page of 1024 pixels
WIDEST_FOLDED = 70  # of the one line that a folded cell shows; its dots have to fit on the page, too
SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION[ \t]*$", re.DOTALL | re.MULTILINE)
SCHEME = re.compile(r"^### BEGIN MARKING SCHEME\n(.*?)^### END MARKING SCHEME[ \t]*$", re.DOTALL | re.MULTILINE)
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n((?!### (BEGIN|END) HIDDEN TESTS).*\n)*### END HIDDEN TESTS")
FIELDS = {
    "title": str, "objectives": list, "minutes": int, "points": int, "seconds": int, "memory_mb": int,
    "downloads": str,
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """A cell of the source.

    Attributes:
        id: "01-gram" for the cell in which `gram` is written, "01-gram-check", "01-gram-hidden", "01-why_squares" for
            an open question, "01-why_squares-answer" for where it is answered, otherwise "01-007".
        kind: "code" or "markdown".
        source: its text.
        role: "exercise", "check", "hidden", "open", "answer" (in a notebook only), or "" for a cell of the lesson.
        exercise: the exercise, or open question, that the role is about, or "".
        points: of a check, hidden tests or an open question, otherwise 0.
        tags: of Jupyter.
        fold: whether its code is hidden until somebody opens it.
        test: whether only tests need it; then it is folded, and students do not get it.
    """

    id: str
    kind: str
    source: str
    role: str
    exercise: str
    points: int
    tags: tuple[str, ...]
    fold: bool = False
    test: bool = False

    @property
    def nbgrader_metadata(self) -> dict[str, Any] | None:
        """The metadata that nbgrader (schema 3) stores with such a cell; None for a cell of the lesson.

        A cell that is both graded and a solution is one that nbgrader leaves to a person.
        """
        if self.role in ("", "open"):
            return None
        graded = self.role != "exercise"
        suffix = f"-{self.role}" if graded else ""
        written = self.role in ("exercise", "answer")
        metadata = {
            "grade": graded,
            "grade_id": self.exercise + suffix,
            "locked": not written,
            "schema_version": 3,
            "solution": written,
            "task": False,
        }
        return {**metadata, "points": self.points} if graded else metadata

    @property
    def solution(self) -> str:
        """The text between the marks of a solution, or ""."""
        found = SOLUTION.search(self.source)
        return found[2].strip() if found else ""

    @property
    def stub(self) -> str:
        """The source with every solution replaced by what a student finds."""
        return SOLUTION.sub(rf'\1# YOUR CODE HERE\n\1raise check.Unfinished("{self.exercise}")', self.source)

    @property
    def scheme(self) -> str:
        """The text between the marks of a marking scheme, or ""."""
        found = SCHEME.search(self.source)
        return found[1].strip() if found else ""

    def question_and_answer(self, answer: str) -> tuple[Cell, Cell]:
        """The two cells that an open question becomes in a notebook: it without its scheme, and `answer` behind it."""
        question = replace(self, source=SCHEME.sub("", self.source).strip(), points=0)
        return question, replace(self, id=f"{self.id}-answer", source=answer, role="answer", tags=())


@dataclass(frozen=True)
class Chapter:
    """A chapter as its author wrote it.

    Attributes:
        path: of its source.
        facts: title, objectives, minutes, points, seconds, memory_mb, downloads; open_points if it has open questions.
        cells: in order.
    """

    path: Path
    facts: dict[str, Any]
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        """For example "01_vgg"."""
        return self.path.stem

    @property
    def outline(self) -> ChapterOutline:
        """The chapter's exercises and questions, with their points."""
        points = {(cell.role, cell.exercise): cell.points for cell in self.cells if cell.role}
        names, questions = ([name for role, name in points if role == wanted] for wanted in ("exercise", OPEN))
        return ChapterOutline(
            self.name,
            str(self.facts["title"]),
            tuple(ExerciseOutline(name, points["check", name], points["hidden", name]) for name in names),
            tuple(QuestionOutline(name, points[OPEN, name]) for name in questions),
        )

    @property
    def hidden_tests(self) -> dict[str, str]:
        """The source of each exercise's hidden tests. No student may see them."""
        return {cell.exercise: cell.source for cell in self.cells if cell.role == "hidden"}


def chapter_files(folder: Path) -> tuple[Path, ...]:
    """The sources of all chapters in a folder, in their order: 04b_statistics stands behind 04_textures."""
    return tuple(sorted(path for path in folder.glob("*.py") if re.match(f"{NUMBER}_", path.stem, re.ASCII)))


def sources(names: list[str] | None = None) -> tuple[Path, ...]:
    """The sources of the named chapters ("04b_statistics", "04b", "4b") in the order of the names, or of all in theirs.

    Raises:
        InputError: for a name that no chapter has.
    """
    every = chapter_files(SOLUTIONS)
    if not names:
        return every
    found = []
    for name in names:
        forms = (Path(name).stem, f"{name}_", f"0{name}_")
        matching = [path for path in every if path.stem == forms[0] or path.stem.startswith(forms[1:])]
        if not matching:
            raise InputError(f"there is no chapter {name!r}; there are {', '.join(path.stem for path in every)}")
        found += matching
    return tuple(dict.fromkeys(found))


def read(path: Path) -> Chapter:
    """Reads a chapter and makes sure that it can be taught and graded.

    Raises:
        InputError: with every fault found, one in a line.
    """
    notebook = jupytext.read(path, fmt="py:percent")
    number = path.stem.split("_")[0]
    cells = tuple(_cell(number, place, cell) for place, cell in enumerate(notebook.cells, start=1))
    chapter = Chapter(path, dict(notebook.metadata.get("course", {})), cells)
    if found := list(faults(chapter)):
        raise InputError("\n".join([f"solutions/{path.name} needs mending:", *(f"  - {fault}" for fault in found)]))
    return chapter


def _cell(number: str, place: int, cell: NotebookNode) -> Cell:
    role = next((role for role in (*ROLES, OPEN) if role in cell.metadata), "")
    exercise = str(cell.metadata.get(role, ""))
    name = {"": f"{place:03d}", "exercise": exercise, OPEN: exercise}.get(role, f"{exercise}-{role}")
    points = cell.metadata.get("points", 0)
    return Cell(
        id=f"{number}-{name}",
        kind=cell.cell_type,
        source=cell.source,
        role=role,
        exercise=exercise,
        points=points if isinstance(points, int) else 0,  # 0 is a fault, see below
        tags=tuple(cell.metadata.get("tags", ())),
        **{switch: bool(cell.metadata.get(switch)) for switch in SWITCHES},
    )


def faults(chapter: Chapter) -> Iterator[str]:
    """The faults that keep a chapter from being taught or graded, one sentence each."""
    yield from _faults_of_facts(chapter)
    yield from _faults_of_exercises(chapter)
    yield from _faults_of_open_questions(chapter)
    yield from _faults_of_folded_cells(chapter)
    for cell in chapter.cells:
        where = f"cell {cell.id}"
        if cell.kind == "markdown" and re.search(r"!\[\s*\]\(", cell.source):
            yield f"{where}: a picture has no alt text; write ![what is to be seen](...)"
        if cell.kind == "markdown" and (year := re.search(r"(?m)^ *(\d{2,}[.)])(?= |$)", cell.source)):
            yield f"{where}: a line begins with {year[1]}, which Markdown takes for a list; break it elsewhere"
        if cell.kind == "code" and (longest := max(map(len, cell.source.splitlines()), default=0)) > WIDEST:
            yield f"{where}: a line has {longest} characters; a page shows {WIDEST}"
        if cell.role != "exercise" and "### BEGIN SOLUTION" in cell.source:
            yield f'{where}: a solution outside of an exercise; give the cell exercise="name"'
        if cell.role != "hidden" and "### BEGIN HIDDEN TESTS" in cell.source:
            yield f'{where}: hidden tests outside of their cell; give the cell hidden="name" points=N'
        if cell.role != OPEN and "### BEGIN MARKING SCHEME" in cell.source:
            yield f'{where}: a marking scheme outside of an open question; give the cell open="name" points=N'


def _faults_of_facts(chapter: Chapter) -> Iterator[str]:
    for field, kind in FIELDS.items():
        if not isinstance(chapter.facts.get(field), kind):
            yield f"the header's course.{field} must be of type {kind.__name__}"
    total = sum(cell.points for cell in chapter.cells if cell.role != OPEN)
    if chapter.facts.get("points") != total:
        yield f"course.points says {chapter.facts.get('points')}, the cells have {total}"
    total = sum(cell.points for cell in chapter.cells if cell.role == OPEN)
    if chapter.facts.get("open_points", 0) != total:
        yield f"course.open_points says {chapter.facts.get('open_points', 0)}, the open questions have {total}"


def _faults_of_exercises(chapter: Chapter) -> Iterator[str]:
    seen: dict[str, list[str]] = {}
    for cell in chapter.cells:
        if cell.role in ROLES:
            seen.setdefault(cell.exercise, []).append(cell.role)
    for exercise, roles in seen.items():
        if roles != list(ROLES):
            yield f"exercise {exercise!r} has {', '.join(roles)}; it needs one of each: {', '.join(ROLES)}"
    for cell in chapter.cells:
        if cell.role == "exercise":
            yield from _faults_of_solution(cell)
        elif cell.role and cell.points < 1:
            yield f"cell {cell.id}: points=N is missing"
        if cell.role in ("", "exercise") and cell.points:
            yield f"cell {cell.id}: points belong to the check and the hidden tests"
        if cell.role in ROLES and cell.kind != "code":
            yield f"cell {cell.id}: must be a code cell"
        if cell.role == "hidden" and not HIDDEN.fullmatch(cell.source.strip()):
            yield f"cell {cell.id}: the whole cell must stand between ### BEGIN HIDDEN TESTS and ### END HIDDEN TESTS"
        call = f"check.{cell.exercise}({cell.exercise})"
        if cell.role in ("check", "hidden") and call not in cell.source.splitlines():
            yield f"cell {cell.id}: must hold the line {call}, so that a borrowed function earns nothing"


def _faults_of_open_questions(chapter: Chapter) -> Iterator[str]:
    names = {cell.exercise for cell in chapter.cells if cell.role in ROLES}
    for cell in chapter.cells:
        if cell.role != OPEN:
            continue
        if not re.fullmatch(r"[A-Za-z]\w*", cell.exercise, re.ASCII):
            yield f"cell {cell.id}: the name of an open question is made of letters, digits and _"
        if cell.exercise in names:
            yield f"cell {cell.id}: there is another question or exercise {cell.exercise!r}"
        names.add(cell.exercise)
        if cell.kind != "markdown":
            yield f"cell {cell.id}: must be a Markdown cell"
        if len(SCHEME.findall(cell.source)) != 1 or not cell.scheme:
            yield f"cell {cell.id}: needs exactly one ### BEGIN MARKING SCHEME ... ### END MARKING SCHEME"
        elif not cell.question_and_answer("")[0].source:
            yield f"cell {cell.id}: the question is missing"


def _faults_of_folded_cells(chapter: Chapter) -> Iterator[str]:
    own: set[str] = set()  # names that only test cells have defined so far
    for cell in chapter.cells:
        where = f"cell {cell.id}"
        if cell.fold or cell.test:
            first, *more = cell.source.splitlines() or [""]
            if cell.role or cell.kind != "code":
                yield f"{where}: only code cells of the lesson have fold=true or test=true"
            elif not re.match(r"# \w", first) or not more or more[0].startswith("#"):
                yield f"{where}: must begin with one line of comment that says what it does: it is all that one sees"
            elif len(first) > WIDEST_FOLDED:
                yield f"{where}: its first line has {len(first)} characters; when folded, a page shows {WIDEST_FOLDED}"
        if cell.kind != "code" or cell.role == "hidden":
            continue
        try:
            names, wanted = bound(cell.source), needed(cell.source)
        except SyntaxError as error:
            if cell.role != "exercise":  # of those it is said above
                yield f"{where}: is not valid Python, line {error.lineno}: {error.msg}"
            continue
        if cell.test:
            own |= names
        elif missing := own & wanted:
            yield f"{where}: needs {', '.join(sorted(missing))} of a test cell, which students do not get"
        else:
            own -= names


def _faults_of_solution(cell: Cell) -> Iterator[str]:
    if len(SOLUTION.findall(cell.source)) != 1:
        yield f"cell {cell.id}: needs exactly one ### BEGIN SOLUTION ... ### END SOLUTION"
        return
    try:
        found = signatures(cell.source)
    except SyntaxError as error:
        yield f"cell {cell.id}: is not valid Python, line {error.lineno}: {error.msg}"
        return
    if [face.name for face in found] != [cell.exercise]:
        yield f"cell {cell.id}: must define one function, {cell.exercise}"
    elif not found[0].docstring:
        yield f"cell {cell.id}: {cell.exercise} needs a docstring that says what is asked for"
    elif not _keeps(cell.stub, found):
        yield f"cell {cell.id}: signature and docstring must stand outside of ### BEGIN SOLUTION ... ### END SOLUTION"


@dataclass(frozen=True)
class Signature:
    """The part of a function that a student sees: its name, its signature as Python writes it, its docstring or ""."""

    name: str
    signature: str
    docstring: str


def signatures(source: str) -> list[Signature]:
    """The signatures of the functions that a cell defines.

    Raises:
        SyntaxError: if it is not Python.
    """
    return [
        Signature(
            node.name,
            f"({ast.unparse(node.args)})" + (f" -> {ast.unparse(node.returns)}" if node.returns else ""),
            ast.get_docstring(node) or "",
        )
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
    ]


def _keeps(stub: str, wanted: list[Signature]) -> bool:
    try:
        return signatures(stub) == wanted
    except SyntaxError:
        return False
