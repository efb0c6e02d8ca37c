"""Puts our module in the standard library's place, so that programs that know nothing of us are watched."""

from __future__ import annotations

import sys
from functools import wraps
from types import ModuleType
from typing import Any

from ..observe.observer import Observer
from ..observe.place import newcomers
from . import public
from .watch import watch


def install(*observers: Observer) -> ModuleType:
    """From now on `import socketserver` is this package, and every server made is watched by `observers`.

    Modules that have imported the standard library's socketserver before keep its classes: their servers are watched
    too. Returns the module that was put in place.
    """
    newcomers.extend(observer for observer in observers if observer not in newcomers)
    ours = public.module()
    known = sys.modules.get("socketserver")
    if known is not None and known is not ours:
        _watch_all(known)
    sys.modules["socketserver"] = ours
    return ours


def _watch_all(module: ModuleType) -> None:
    """Watch every server that classes of another socketserver make from now on."""
    base = module.BaseServer
    plain = base.__init__
    if hasattr(plain, "__wrapped__"):
        return

    @wraps(plain)
    def __init__(self: Any, *arguments: Any, **keywords: Any) -> None:  # noqa: N807  # a member to be
        plain(self, *arguments, **keywords)
        if newcomers:
            watch(self, *newcomers)

    base.__init__ = __init__
