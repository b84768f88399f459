"""What only IPython understands is blanked, line for line; what is Python stays as it is."""

import ast
import warnings

import pytest

from course.answers.notebook import code

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
        assert code(source) == source
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
        ("\n\n%%timeit -n 1\nx = 1", "\n\n\nx = 1"),
        ("%%time\n%%capture out\n%magic\nx = 1", "\n\npass\nx = 1"),
        ("%%bash\nrm x\nls", "\n\n"),
        ("%%writefile gram.py\ndef gram(F):\n    pass\n", "\n\n\n"),
        ("%%html", ""),
        ("x = 1\r\n%magic\r\ny = 2\rz = 3", "x = 1\npass\ny = 2\nz = 3"),
    ],
)
def test_what_is_ipythons_is_blanked(source, expected):
    made = code(source)
    assert made == expected
    ast.parse(made)
    assert made.count("\n") == source.replace("\r\n", "\n").replace("\r", "\n").count("\n")


@pytest.mark.parametrize(
    "source",
    ["def f(:\n    pass", "x = (1,\n%magic\n", "x = '", '"""', "\0", "\ud800", "(" * 5000, "x = " + "-" * 50_000 + "1"],
)
def test_what_is_no_python_is_no_error_here(source):
    made = code(source)
    assert made.count("\n") == source.count("\n")
    with pytest.raises((SyntaxError, ValueError, RecursionError, MemoryError)):
        ast.parse(made)


def test_a_string_that_nothing_closes_hides_no_magic():
    assert code("x = 'it is\n%magic") == "x = 'it is\npass"


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
    assert code(source).count("\n") == source.count("\n")
