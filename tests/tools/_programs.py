"""Programs of tools/painters as modules; they import each other by their names."""

import importlib.util
import sys
from contextlib import contextmanager

from tests.repo._repo import ROOT


@contextmanager
def program(name):
    """A program, while it is tested."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / "painters" / f"{name}.py")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules[name]
