"""Lets a program that runs in a host say `import engine` and get ours, if it has no `engine` of its own."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

PUBLIC = "engine"
_PRIVATE = __name__.partition(".")[0]


class Alias(MetaPathFinder, Loader):
    """Answers for `engine` when nobody else would, or when what would be found is a second copy of ours."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Ours, for `engine` and, if `engine` is ours, for what is in it."""
        if fullname.partition(".")[0] != PUBLIC:
            return None
        ours = sys.modules[_PRIVATE]
        if fullname == PUBLIC:
            theirs = PathFinder.find_spec(PUBLIC)
            mine = theirs is None or theirs.origin == ours.__file__
        else:
            mine = sys.modules.get(PUBLIC) is ours
        return ModuleSpec(fullname, self) if mine else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module that exists already under the private name."""
        module = importlib.import_module(_PRIVATE + spec.name[len(PUBLIC) :])
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """It has been executed; only its own spec, which the import system has just replaced, must return."""
        module.__spec__ = self._spec


def install() -> None:
    """Answer for `engine`, unless the user has one."""
    if _PRIVATE != PUBLIC:
        sys.meta_path.insert(0, Alias())
