"""Accepting a connection, without what the standard library spends on looking up the names of numbers."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from typing import Any

_Plain = socket.socket
_usual = _Plain.accept
_family: Callable[[Any], int] = _Plain.__base__.family.__get__  # type: ignore[union-attr]  # the numbers themselves
_kind: Callable[[Any], int] = _Plain.__base__.type.__get__  # type: ignore[union-attr]
_SIMPLE = sys.platform == "linux" and hasattr(_Plain, "_accept")
"""Elsewhere a connection inherits from its listener that it does not block."""


def accept(listener: Any) -> tuple[Any, Any]:
    """What `listener.accept()` does: a connected socket, and the client's address. Raises OSError."""
    if type(listener) is not _Plain or _Plain.accept is not _usual or not _SIMPLE:
        return listener.accept()  # type: ignore[no-any-return]  # a socket of the user's own
    descriptor, address = listener._accept()  # type: ignore[attr-defined]  # there it is
    return _Plain(_family(listener), _kind(listener), listener.proto, descriptor), address
