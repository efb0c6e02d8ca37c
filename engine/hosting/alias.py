"""Lets a program that runs in a host say `import engine` and get ours, if it has no `engine` of its own."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

PUBLIC = "engine"
_PRIVATE = __name__.partition(".")[0]


class Alias(MetaPathFinder, Loader):
    """The last finder of all: whoever has an `engine` of his own was asked before."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Ours, for `engine` and, if `engine` is ours, for what is in it."""
        top = fullname.partition(".")[0]
        if top != PUBLIC or (fullname != PUBLIC and sys.modules.get(PUBLIC) is not sys.modules[_PRIVATE]):
            return None
        return ModuleSpec(fullname, self)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module that exists already under the private name."""
        module = importlib.import_module(_PRIVATE + spec.name[len(PUBLIC) :])
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """It has been executed; only its own spec, which the import system has just replaced, must return."""
        module.__spec__ = self._spec


def install() -> None:
    """Answer for `engine` where nobody else does."""
    if _PRIVATE != PUBLIC:
        sys.meta_path.append(Alias())
