"""Lines that only IPython understands are blanked, one for one; Python stays unchanged."""

import ast
import re
import warnings

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from course.answers.plain_python import TooLongError, to_python

CALL = r"get_ipython\(\)\..*"


def without_calls(text):
    """With None for a magic whose value is assigned, and pass for any other."""
    return re.sub(f"^([ \t]*){CALL}", r"\1pass", re.sub(f"= {CALL}", "= None", text), flags=re.MULTILINE)


STAYS = [
    "x = 1\ny = 2",
    "x = a \\\n% b",  # not a magic, the remainder of a division
    "x = a \\\n    % b\n",
    's = """\n%matplotlib inline\n!ls\n?x\n"""',
    "s = '%%bash'",
    "values = [\n    1,\n    # why?\n]",
    "# what is this?",
    "print('is it?')",
    "",
    "await something()",
    "'\\d'",  # a warning of Python's, no error
]


@pytest.mark.parametrize("source", STAYS)
def test_python_stays_as_it_is(source):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert to_python(source).text == source
    assert seen == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("if x:\n    %time\n    y = 2", "if x:\n    pass\n    y = 2"),
        ("if x:\n\t!ls 'it is\ny = 2", "if x:\n\tpass\ny = 2"),
        ("!pip install \\\n  torch\nx = 1", "pass\n\nx = 1"),
        ("?gram\nx = 1", "pass\nx = 1"),
        ("gram?\nx = 1", "pass\nx = 1"),
        ("torch.nn??", "pass"),
        ("%time?", "pass"),
        ("pip install torch\nx = 1", "pass\nx = 1"),
        ("files = !ls *.png\nx = 1", "files = None\nx = 1"),
        ("path, = %pwd", "path, = None"),
        ("found['all'] = !ls", "found['all'] = None"),
        ("'k = %d' % 3\n%magic", "'k = %d' % 3\npass"),
        ("%time y = gram(F)\nx", "y = gram(F)\nx"),
        ("y = %time gram(F)", "y = gram(F)"),
        ("%time --nonsense gram(F)", "pass"),
        ("%timeit y = gram(F)", "pass"),
        ('a = """\n%no magic\n"""\n%magic\n', 'a = """\n%no magic\n"""\npass\n'),
        ("a = [\n1\n% 2]\n%magic", "a = [\n1\n% 2]\npass"),
        ("a = 'it\\'s ['\n%magic", "a = 'it\\'s ['\npass"),
        ("a = f'{b[\"c\"]}'  # it's\n%magic", "a = f'{b[\"c\"]}'  # it's\npass"),
        ("x = a \\\n% b\n%magic", "x = a \\\n% b\npass"),
        ("# says \\\n%magic", "# says \\\npass"),
        ("    x = 1\n    y = 2", "x = 1\ny = 2"),
        ("\n  def f():\n      pass\n", "\ndef f():\n    pass\n"),
        ("%%time\nx = 1", "\nx = 1"),
        ("\n\n%%prun -q\nx = 1", "\n\n\nx = 1"),
        ("%%timeit -n 1\nx = 1", "\n"),
        ("%%time\n%%capture out\n%magic\nx = 1", "\n\npass\nx = 1"),
        ("%%bash\nrm x\nls", "\n\n"),
        ("%%writefile gram.py\ndef gram(F):\n    pass\n", "\n\n\n"),
        ("%%html", ""),
        ("x = 1\r\n%magic\r\ny = 2\rz = 3", "x = 1\npass\ny = 2\nz = 3"),
    ],
)
def test_what_is_ipythons_is_blanked(source, expected):
    made = to_python(source).text
    assert without_calls(made) == expected
    ast.parse(made)
    assert made.count("\n") == source.replace("\r\n", "\n").replace("\r", "\n").count("\n")


@pytest.mark.parametrize(
    "source",
    ["def f(:\n    pass", "x = (1,\n%magic\n", "x = '", '"""', "\0", "\ud800", "(" * 5000, "x = " + "-" * 50_000 + "1"],
)
def test_what_is_no_python_is_no_error_here(source):
    made = to_python(source).text
    assert made.count("\n") == source.count("\n")
    with pytest.raises((SyntaxError, ValueError, RecursionError, MemoryError)):
        ast.parse(made)


def test_a_string_that_nothing_closes_hides_no_magic():
    assert without_calls(to_python("x = 'it is\n%magic").text) == "x = 'it is\npass"


@pytest.mark.parametrize(
    "source",
    [
        "x" + " " * 200_000 + "%",
        "%%time\n" * 20_000,
        "# \\\n" * 20_000 + "%m",
        "? " * 100_000,
        "'a'" * 50_000 + "?!",
        "'" * 99_999,
    ],
)
def test_no_text_takes_long(source):
    """A pattern that tries every way would need hours here, and the test would not end."""
    try:
        assert to_python(source).text.count("\n") == source.count("\n")
    except TooLongError:
        assert source.startswith("%%time")  # the others are no Python, whatever is transformed


@pytest.mark.parametrize(
    "source",
    ["%m\nx = '" + "a" * 1_100_000 + "'", "%m\nx = [" + "1,\n" * 120_000 + "]\n%m\n" * 4, "!ls\n" * 600],
    ids=["long", "many times long", "many magics"],
)
def test_what_would_take_long_is_said(source):
    with pytest.raises(TooLongError):
        to_python(source)


@pytest.mark.parametrize("source", ["x = '" + "a" * 1_900_000 + "'", "%%bash\n" + "ls\n" * 600_000, "!ls\n" * 200])
def test_what_is_long_and_simple_is_read(source):
    assert to_python(source).text.count("\n") == source.count("\n")


@pytest.mark.parametrize(
    ("source", "magic"),
    [
        ("%%writefile gram.py\ndef gram(F):\n    pass", "%%writefile"),
        ("\n\n%%bash\nls", "%%bash"), ("%%html", "%%html"),
        ("%%time\n%%script python -u\nx = 1", "%%script"), ("%%" + "x" * 99, "%%" + "x" * 38),
        ("%%time\nx = 1", ""), ("%%timeit -n 1\nx = 1", "%%timeit"),
        ("%%capture\n%%timeit\nx = 1", "%%timeit"), ("%bash\nx = 1", ""), ("s = '%%bash'", ""),
        ("%%bash?", ""),
    ],
)  # fmt: skip
def test_what_keeps_python_from_a_cell(source, magic):
    assert to_python(source).magic == magic


IPYTHONS = [
    "%matplotlib inline", "x = 1\n!ls {x}\ny = 2", "x?", "x.y??", "?x", "files = !ls", "a = %pwd", "a, b = %magic -x 1",
    ">>> x = 1\n>>> def f():\n...     return 1", "In [1]: x = 5\n   ...: y = 2", "    x = 1\n    %magic\n    y",
    "s = '''\n%magic\n!ls\n'''\n%magic", "f'{x!r} {x=!r}'\n%magic", "x = a \\\n% b\n!ls \\\n  -l\ny = 2",
    "# %magic?\nx;",
    "\N{GREEK SMALL LETTER ALPHA} = 1\n!ls", "await f()\n%magic", "%%bash", "/f x", ",f a b", ";f a b", "!!ls",
    "if x:\n    %m\nelse:\n    !ls",
    "x = [\n    1,\n    # why?\n]\n%m", "\n\n%m\n\n\nx?",
]  # fmt: skip


@pytest.mark.parametrize("source", IPYTHONS)
def test_it_is_what_ipython_makes_of_it(source):
    theirs = TransformerManager().transform_cell(source)
    made = to_python(source).text
    assert made.count("\n") == source.count("\n")
    if not source.startswith("%%"):
        assert ast.dump(ast.parse(made)) == ast.dump(ast.parse(theirs))
