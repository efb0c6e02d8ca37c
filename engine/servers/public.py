"""The module that people know as socketserver: where they put what they replace."""

from __future__ import annotations

import sys
from types import ModuleType

_NAME = __name__.rpartition(".servers.")[0]


def module() -> ModuleType:
    """This package's root. Its `_ServerSelector` is read at each call, for people assign to it."""
    return sys.modules[_NAME]
