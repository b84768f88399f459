"""A second copy of what asks students' functions, which no import leads to: an answer cannot change who asks it.

What an answer does while it is defined reaches every module that can be imported: it could put probes of its own into
`course.check.engine.probes.PROBES`, or replace a function of torch by one that agrees. So the fork server imports the
course once more, before any student's code runs, and serves with that copy. Its modules are not in `sys.modules`, its
builtins are its own, and of torch's modules it has copies, whose functions stay what they were.

This is no wall: both copies live in one process, and who walks up the stack or through the garbage collector finds the
other. What is expected never lies here.
"""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

PRIVATE = ("course", "classroom")  # packages that are imported a second time
WANTED = ("course.answers.serve", "course.nets.weights", "classroom.sandbox.disable_reference")
FROZEN = ("torch", "torch.autograd", "torch.nn", "torch.nn.functional", "inspect", "json", "struct", "dis")


@cache
def private_modules() -> dict[str, ModuleType]:
    """The modules of `WANTED`, and all that they import of `PRIVATE`, by name; made once."""
    public = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_private(name)}
    found: dict[str, ModuleType] = {}
    finder = _Finder(_own_builtins(found))
    sys.meta_path.insert(0, finder)
    try:
        for name in WANTED:
            importlib.import_module(name)
        found |= {name: module for name, module in sys.modules.items() if _is_private(name)}
        return found
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if _is_private(name)]:
            del sys.modules[name]
        sys.modules.update(public)


def _is_private(name: str) -> bool:
    return name.split(".")[0] in PRIVATE


def _own_builtins(private: Mapping[str, ModuleType]) -> dict[str, Any]:
    """Python's builtins, with an ``import`` that finds private modules and frozen ones before all others."""
    importing = builtins.__import__
    frozen = _frozen()

    def import_privately(
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        known = frozen if name in frozen else private
        if level or name not in known:
            return importing(name, globals, locals, fromlist or (), level)
        return known[name if fromlist else name.split(".")[0]]

    return {**vars(builtins), "__import__": import_privately}


def _frozen() -> dict[str, ModuleType]:
    """Copies of modules, in which names stay bound to what they are bound to now."""
    copies: dict[str, ModuleType] = {}
    for name in FROZEN:
        copies[name] = ModuleType(name)
        vars(copies[name]).update(vars(importlib.import_module(name)))
    for name, copy in copies.items():
        parent, _, own = name.rpartition(".")
        if parent in copies:
            setattr(copies[parent], own, copy)
    return copies


class _Finder(MetaPathFinder):
    """Finds private modules as ever, and has them run with builtins of their own."""

    def __init__(self, own_builtins: dict[str, Any]) -> None:
        self._builtins = own_builtins

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A spec for modules of `PRIVATE`, None for all others."""
        spec = PathFinder.find_spec(fullname, path) if _is_private(fullname) else None
        if spec is not None and spec.loader is not None:
            spec.loader = _OwnBuiltins(spec.loader, self._builtins)
        return spec


class _OwnBuiltins(Loader):
    """Loads a module as another loader does, with builtins of its own."""

    def __init__(self, loader: Loader, own_builtins: dict[str, Any]) -> None:
        self._loader = loader
        self._builtins = own_builtins

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As the other loader does."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """As the other loader does, once the builtins are there."""
        vars(module)["__builtins__"] = self._builtins
        self._loader.exec_module(module)
