"""Modules under the names that they once had: notebooks that were handed out earlier still import them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

MOVED = {
    "course.vgg": "course.nets.vgg",
    "course.weights": "course.nets.weights",
    "course.pyramids": "course.classical.pyramids",
    "course.likeness": "course.measure.likeness",
}


class _OldName(MetaPathFinder, Loader):
    """Answers an import of an old name with the module of the new one."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A spec for the names in `MOVED`, None for all others."""
        return ModuleSpec(fullname, self) if fullname in MOVED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module that has the new name."""
        module = importlib.import_module(MOVED[spec.name])
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Runs nothing: the module has run already. Only takes back the old name's spec, set by the import system."""
        module.__spec__ = self._spec


def accept_old_names() -> None:
    """Makes the old names importable."""
    sys.meta_path.append(_OldName())
