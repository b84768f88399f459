"""A function of the tests as the text of a cell: with its helpers and imports, and under its exercise's name.

Wrong and right answers are kept as functions, some of them made by other functions. A student would have typed all of
it. So closures become names, and whatever a name means is written above it.
"""

import ast
import builtins
import dis
import inspect
import pickle
import types
from functools import cache
from pathlib import Path

from course.check.engine.probes import looked_up

# Steps of Python's that depend on where a name is looked up, or on whether it was imported.
ALIKE = {"LOAD_DEREF": "LOAD_GLOBAL", "LOAD_NAME": "LOAD_GLOBAL", "LOAD_METHOD": "LOAD_ATTR"}
LOOKING_UP = ("COPY_FREE_VARS", "MAKE_CELL", "PUSH_NULL", "LOAD_CLOSURE", "BUILD_TUPLE")
AROUND = ("torch.no_grad()", "torch.inference_mode()")  # decorators that an answer may have
NAMESAKE = "another function of the same name"


class UnwritableError(Exception):
    """There is no text for a value."""


def cell(value, name, taken=()):
    """The text of a cell that binds a name to a function.

    Args:
        value: the function, or an object that can be called.
        name: of the exercise.
        taken: names that mean something else in the notebook; helpers of these names go into the function.

    Raises:
        UnwritableError: if it cannot be written.
    """
    statements = {}
    _write(value, name, statements)
    main = statements.pop(name)
    helpers = [node for node in statements.values() if node]
    own = [helper for helper in statements if helper in {*taken, NAMESAKE} and not _is_import(statements[helper])]
    if own and isinstance(main, ast.Assign) and isinstance(main.value, ast.Lambda):
        function = main.value
        main = ast.FunctionDef(name, function.args, [ast.Return(function.body)], [], lineno=0)
    if own and not isinstance(main, ast.FunctionDef):
        raise UnwritableError(f"{own} mean something else in the notebook")
    if own:
        main.body[:0] = helpers
        helpers = []
    names = {helper: f"{helper}_of_{name}" for helper, node in statements.items() if helpers and not _is_import(node)}
    for node in [*helpers, main]:
        _give_names(node, names)
    return "\n\n\n".join(ast.unparse(ast.fix_missing_locations(node)) for node in [*helpers, main])


def _give_names(node, names):
    """Names that no other answer's cell in the notebook binds: there the last would be that of both."""
    if isinstance(node, (ast.FunctionDef, ast.Lambda)):
        own = {one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)}
        names = {old: new for old, new in names.items() if old not in own}
    if isinstance(node, ast.Name):
        node.id = names.get(node.id, node.id)
    elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        node.name = names.get(node.name, node.name)
    elif isinstance(node, ast.Global):
        node.names = [names.get(one, one) for one in node.names]
    for child in ast.iter_child_nodes(node):
        _give_names(child, names)


def _is_import(node):
    return isinstance(node, (ast.Import, ast.ImportFrom))


def _write(value, name, statements):
    """Adds the statement that binds a name, behind those that it needs."""
    if name in statements:
        return
    statements[name] = None  # a function may call itself
    made = _statement(value, name, statements)
    del statements[name]
    statements[name] = made


def _statement(value, name, statements):
    if isinstance(value, types.ModuleType):
        return ast.Import([ast.alias(value.__name__, name)])
    home = getattr(value, "__module__", None)
    if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)) and not _is_ours(home):
        return ast.ImportFrom(home, [ast.alias(value.__name__, name)], 0)
    if isinstance(value, types.FunctionType):
        return _function(value, name, statements)
    if isinstance(value, type):
        return _class(value, name, statements)
    if isinstance(value, dict) and any(map(callable, value.values())):  # what a maker of answers was given by name
        for key, one in value.items():
            _write(one, f"{name}_{key}", statements)
        keys = [ast.Constant(key) for key in value]
        return _assign(name, ast.Dict(keys, [ast.Name(f"{name}_{key}", ast.Load()) for key in value]))
    if type(value).__name__ == "Variant":  # see classroom.mistakes.ch1_vgg
        _write(type(value), "Variant", statements)
        return _assign(name, ast.parse("Variant()", mode="eval").body)
    try:
        return _assign(name, ast.parse(repr(value), mode="eval").body)
    except SyntaxError:
        raise UnwritableError(f"{name} is {value!r}") from None


def _is_ours(home):
    return home is not None and home.startswith(("tests.", "classroom.mistakes."))


def _assign(name, node):
    return ast.Assign([ast.Name(name, ast.Store())], node, lineno=0)


def _function(function, name, statements):
    inner = inspect.unwrap(function)
    node = _node(inner)
    meanings = {**inner.__globals__, **inspect.getclosurevars(inner).nonlocals}
    if isinstance(node, ast.FunctionDef):
        around = [] if inner is function else [one for one in node.decorator_list if ast.unparse(one) in AROUND]
        for decorator in around:  # torch's alone; what registers an answer is none of it
            root = decorator.func.value.id
            _write(inner.__globals__[root], root, statements)
        node.name, node.decorator_list = name, around
    else:
        node = _assign(name, node)
    _write_needs(inner, node, name, meanings, statements)
    return node


def _class(found, name, statements):
    """A class of a file, or one that was made of a class and a method by ``type``."""
    inherited = [base for base in found.__bases__ if base is not object]
    for base in inherited:
        _write(base, base.__name__, statements)
    node = ast.ClassDef(name, [ast.Name(base.__name__, ast.Load()) for base in inherited], [], [], [])
    for method, value in vars(found).items():
        if isinstance(value, types.FunctionType):
            node.body.append(_node(value))
            node.body[-1].name, node.body[-1].decorator_list = method, []
            _write_needs(value, node.body[-1], method, value.__globals__, statements)
    return node


def _write_needs(function, node, name, meanings, statements):
    for need in _global_names(function.__code__, function.__code__.co_filename):
        if need not in meanings and need != name and not hasattr(builtins, need):
            _rename(node, need)  # a slip of the keyboard, which must not hit a name of the chapter
        if need in meanings and inspect.unwrap(meanings[need]) is not function:
            if need == name:
                statements[NAMESAKE] = _statement(meanings[need], need, statements)
            else:
                _write(meanings[need], need, statements)


def _rename(node, name):
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and one.id == name:
            one.id = f"{name}_typo"


def _node(function):
    """A function's own part of its file."""
    code = function.__code__
    return pickle.loads(_pickled(code, code.co_filename))  # a copy, many times as quick as copy.deepcopy makes it


@cache
def _pickled(code, file):
    """Two files may hold the same code, at the same line: equal, then, and still not the same function."""
    found = {
        ast.unparse(node): node
        for node in _functions(file).get(code.co_firstlineno, ())
        if (code.co_name == node.name if isinstance(node, ast.FunctionDef) else _same(node, code))
    }
    if len(found) != 1:
        raise UnwritableError(f"{code} is not in its file, or several on its line are like it: {list(found)}")
    return pickle.dumps(*found.values())


@cache
def _functions(file):
    """All functions of a file by their first line, which is that of the first decorator."""
    found = {}
    for node in ast.walk(ast.parse(Path(file).read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
            found.setdefault(first, []).append(node)
    return found


def _same(node, code):
    """Whether a lambda is the one of this code; what is a name here may be a closure's there."""
    expression = ast.parse(ast.unparse(node), mode="eval")
    (found,) = [one for one in compile(expression, "", "eval").co_consts if isinstance(one, types.CodeType)]
    return _traits(found) == _traits(code)


def _traits(code):
    inner = [one for one in code.co_consts if isinstance(one, types.CodeType)]
    plain = [one for one in code.co_consts if one not in inner and "<lambda>" not in str(one)]
    names = {*code.co_names, *code.co_freevars, *code.co_varnames}
    for one in inner:
        names |= {*one.co_names, *one.co_freevars}
    return code.co_varnames, plain, names, len(inner), _steps(code)


def _steps(code):
    """What is done, in order, wherever the names are looked up."""
    return [ALIKE.get(one.opname, one.opname) for one in dis.get_instructions(code) if one.opname not in LOOKING_UP]


@cache
def _global_names(code, file):
    """Names that a function looks up outside of itself, sorted; its decorators are not part of an answer."""
    node = pickle.loads(_pickled(code, file))
    if isinstance(node, ast.FunctionDef):
        node.decorator_list = []
    module = ast.fix_missing_locations(ast.Module([node if isinstance(node, ast.stmt) else ast.Expr(node)], []))
    return sorted(looked_up(compile(ast.parse(ast.unparse(module)), "", "exec")))
