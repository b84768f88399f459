"""Looks for text in files, however it is laid out: as code, in a comment, in a notebook's strings, in a zip.

Text is compared as a row of words and signs, so that white space and kinds of quotes do not matter. Code is looked for
as it was written, without its comments, and as `ast` would write it, without docstrings. A copy in which names were
changed is not found.
"""

import ast
import io
import json
import re
import textwrap
import tokenize
import zipfile

SIGN = re.compile(r"\w+|[^\w\s#]")  # without #, so that what was commented out is found


def words(text):
    """The text as one line of words and signs, with a blank on each side of each."""
    return f" {' '.join(SIGN.findall(text))} ".replace("'", '"')


def of_code(source):
    """The rows of words by which code that may hold `return` is found: two, or one if they are the same."""
    inside = ast.parse("def f():\n" + textwrap.indent(textwrap.dedent(source), "    ")).body[0].body
    bare = _unparsed(ast.Module(inside, []))
    return {words(_without_comments(textwrap.dedent(source))), words(bare)}


def _without_comments(source):
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = source.splitlines()
    for token in tokens:
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    return "\n".join(lines)


def _unparsed(tree):
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def texts(name, content):
    """Every text that a file holds: its own, a notebook's strings, those of what is packed in it."""
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.namelist():
                yield from texts(entry, archive.read(entry))
        return
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return  # pictures and numbers
    if name.endswith((".ipynb", ".json")):
        yield from _strings(json.loads(text))
    else:
        yield text


def _strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and value and all(isinstance(line, str) for line in value):
        yield "".join(value)
    elif isinstance(value, (list, dict)):
        for entry in value.values() if isinstance(value, dict) else value:
            yield from _strings(entry)


def rows(name, content):
    """The input of `find`: all of a file's texts as words, and those that are Python as `ast` writes them."""
    found = []
    for text in texts(name, content):
        found.append(words(text))
        try:
            found.append(words(_unparsed(ast.parse(text))))
        except (SyntaxError, ValueError):
            continue
    return "\n".join(found)


def find(secrets, files):
    """Of {label: rows of words} and {path: bytes}: every (label, path) where one is in the other."""
    seen = {path: rows(path, content) for path, content in files.items()}
    return {
        (label, path)
        for label, forms in secrets.items()
        for path, text in seen.items()
        for form in forms
        if form in text
    }
