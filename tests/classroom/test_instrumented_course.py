"""The course for students' answers: the students' files, with a line in each function that can be borrowed."""

import ast
import difflib
import inspect

import pytest

from classroom.handout.bundle import student_files
from classroom.sandbox.disable_reference import solvers
from classroom.sandbox.forkserver import DISABLED
from classroom.sandbox.instrumented_course import instrumented, write_instrumented_course
from course.check import EXERCISES
from tests.repo._repo import ROOT


@pytest.fixture(scope="module")
def files():
    return student_files(ROOT)


@pytest.fixture(scope="module")
def editions(files):
    """Whether they are withdrawn -> file -> its functions by name: all of the course is parsed once for all tests."""
    return {
        disabled: {file: functions(data.decode()) for file, data in instrumented(files, disabled).items()}
        for disabled in (False, True)
    }


def functions(source):
    found = {}
    for one in ast.parse(source).body:
        inner = one.body if isinstance(one, ast.ClassDef) else [one]
        prefix = f"{one.name}." if isinstance(one, ast.ClassDef) else ""
        found |= {prefix + each.name: each for each in inner if isinstance(each, ast.FunctionDef)}
    return found


def place(function):
    module = inspect.getmodule(function)
    name = module.__name__.replace(".", "/")
    return f"{name}/__init__.py" if hasattr(module, "__path__") else f"{name}.py", function.__qualname__


SOLVERS = [(name, solver) for name in EXERCISES for solver in solvers(name)]


@pytest.mark.parametrize(("exercise", "solver"), SOLVERS, ids=[f"{n}-{s.__qualname__}" for n, s in SOLVERS])
def test_every_function_that_can_be_borrowed_tells_first(files, editions, exercise, solver):
    file, name = place(solver)
    told, gone = (editions[disabled][file][name] for disabled in (False, True))
    ours = functions(files[file].decode())[name]
    solved = [name for name, one in SOLVERS if one is solver]  # one function may solve several exercises
    assert exercise in solved
    assert ast.get_docstring(told) == ast.get_docstring(gone) == ast.get_docstring(ours)
    start = int(ast.get_docstring(ours) is not None)
    end = start + len(solved)
    for changed in (told, gone):
        reports = [ast.unparse(one) for one in changed.body[start:end]]
        assert all(one.endswith(f"report_use('{name}')") for one, name in zip(reports, solved, strict=True))
    assert list(map(ast.dump, told.body[end:])) == list(map(ast.dump, ours.body[start:]))
    assert [type(one) for one in gone.body[end:]] == [ast.Raise]
    assert ast.dump(told.args) == ast.dump(gone.args) == ast.dump(ours.args)


def test_nothing_else_is_changed(files):
    changed = instrumented(files)
    borrowed = {place(solver) for _, solver in SOLVERS}
    assert set(changed) == {file for file, _ in borrowed}
    for file, data in changed.items():
        before, after = files[file].decode().splitlines(), data.decode().splitlines()
        new = [line for line in difflib.ndiff(before, after) if not line.startswith("  ")]
        assert len(new) == sum(place(solver)[0] == file for _, solver in SOLVERS)
        assert all(line.startswith("+ ") and "report_use(" in line for line in new)


def test_what_is_withdrawn_leaves_no_trace_of_what_is_expected(files):
    """Of a check's file no function keeps a body; elsewhere those of ours and their private parts lose theirs."""
    gone = instrumented(files, disabled=True)
    checks = {name for name in gone if name.startswith("course/check/")}
    assert {f"{one.judge.__module__.replace('.', '/')}.py" for one in EXERCISES.values()} == checks
    for name in checks:
        for function in functions(gone[name].decode()).values():
            body = function.body[ast.get_docstring(function) is not None :]
            assert [type(one) for one in body] == [ast.Expr, ast.Raise], (name, function.name)
    losses = gone["course/losses.py"].decode()
    assert "rows @ (D +" not in losses and losses.count("report_use('*')") >= 2, "gram's private class"
    assert "def sliced_wasserstein" in losses and "torch.randn" in losses, "no exercise, so it stays"


def test_what_is_written(files, tmp_path):
    write_instrumented_course(files, tmp_path / "edition")
    written = {path.relative_to(tmp_path / "edition").as_posix(): path.read_bytes()
               for path in (tmp_path / "edition").rglob("*") if path.is_file()}  # fmt: skip
    told, gone = instrumented(files), instrumented(files, disabled=True)
    assert {name: written[name] for name in told} == told
    assert {name: written[f"{DISABLED}/{name}"] for name in gone} == gone
    rest = set(written) - set(told) - {f"{DISABLED}/{name}" for name in gone}
    assert all(written[name] == files[name] for name in rest)
    assert {name.split("/")[0] for name in rest} == {"course", "data"}
    assert not any(name.startswith(("notebooks/", "solutions/")) for name in written)


def test_a_function_that_is_not_in_its_file(files):
    with pytest.raises(LookupError, match=r"course/losses\.py has no function"):
        instrumented({**files, "course/losses.py": b"x = 1\n"})
