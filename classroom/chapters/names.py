"""Which names a cell gives to the cells after it, and which it takes from those before it."""

from __future__ import annotations

import symtable
from collections.abc import Iterator


def bound(source: str) -> set[str]:
    """The names that a cell defines for others: variables, functions, what it imports.

    Raises:
        SyntaxError: if it is not Python.
    """
    return {name.get_name() for name in _module(source).get_symbols() if name.is_assigned() or name.is_imported()}


def needed(source: str) -> set[str]:
    """The names that a cell, or a function in it, takes from outside: of other cells, or built into Python.

    Raises:
        SyntaxError: if it is not Python.
    """
    module = _module(source)
    own = {name.get_name() for name in module.get_symbols() if name.is_referenced()}
    deeper = {
        name.get_name()
        for scope in _within(module)
        for name in scope.get_symbols()
        if name.is_global() and name.is_referenced()
    }
    return (own | deeper) - bound(source)


def _module(source: str) -> symtable.SymbolTable:
    return symtable.symtable(source, "cell", "exec")


def _within(scope: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in scope.get_children():
        yield child
        yield from _within(child)
