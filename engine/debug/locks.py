"""Who holds a lock: an RLock knows its owner; of a plain lock, the threads that stand inside what acquired it."""

from __future__ import annotations

import ast
import os
import re
import sys
import sysconfig
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType, FrameType
from typing import Any

from .calls import REMEMBERED, UNKNOWN, deeds_of, meaning
from .deaths import Place

LOCK = type(threading.Lock())
RLOCK = type(threading.RLock())
OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
STANDARD = sysconfig.get_paths()["stdlib"] + os.sep
LIBRARIES = (OURS, STANDARD, "<")
"""Where no code of the user comes from."""
DEPTH = 60
THREADS_LIMIT = 200
_OWNER = re.compile(r"owner=(\d+)")


@dataclass(frozen=True, slots=True)
class Holder:
    """A thread that holds a lock, by Python's number, and the line where it took it, if that is known."""

    ident: int
    place: Place | None


def underlying(lock: Any) -> Any:
    """The lock itself: a condition's is inside."""
    while isinstance(lock, threading.Condition):
        lock = vars(lock).get("_lock", UNKNOWN)
    return lock


def is_lock(thing: Any) -> bool:
    """Whether it is a lock of Python's own, or a condition around one."""
    return type(underlying(thing)) in (LOCK, RLOCK)


def holders(lock: Any, frames: Mapping[int, FrameType]) -> list[Holder]:
    """Who holds a lock, as far as stacks tell; it may be the very thread that waits for it.

    A thread may have left the function in which it acquired a plain lock: then nobody is found.
    """
    lock = underlying(lock)
    found = []
    owner = _OWNER.search(repr(lock)) if type(lock) is RLOCK else None
    idents = [int(owner[1])] if owner else list(frames)[-THREADS_LIMIT:]
    for ident in idents:
        place = _taken_in(lock, frames.get(ident))
        if place is not None or owner:
            found.append(Holder(ident, place))
    return found


def _taken_in(lock: Any, frame: FrameType | None) -> Place | None:
    """The line of the frame, of this or one further out, that holds the lock now."""
    depth = 0
    while frame is not None and depth < DEPTH:
        line = 0 if frame.f_code.co_filename.startswith(LIBRARIES) else _taken_at(lock, frame)
        if line:
            return Place(frame.f_code.co_filename, line, frame.f_code.co_qualname)
        frame, depth = frame.f_back, depth + 1
    return None


def _taken_at(lock: Any, frame: FrameType) -> int:
    """The line where this frame acquired the lock and has not released it since; 0 for none."""
    now, taken = frame.f_lineno, 0
    for line, end, expression, acquires in _takings(frame.f_code):
        if line < now <= end and underlying(meaning(expression, frame)) is lock:
            taken = line if acquires else 0
    return taken


@lru_cache(REMEMBERED)
def _takings(code: CodeType) -> tuple[tuple[int, int, ast.expr, bool], ...]:
    """Where a function may take or release locks: (line, until which line it counts, what, whether it takes).

    A `with` counts for the lines of its body, a call for all that follow.
    """
    found: list[tuple[int, int, ast.expr, bool]] = []
    for node in deeds_of(code):
        if isinstance(node, ast.With):
            found += [(node.lineno, node.end_lineno or 0, item.context_expr, True) for item in node.items]
        elif isinstance(node.func, ast.Attribute) and node.func.attr in ("acquire", "release"):
            found.append((node.lineno, sys.maxsize, node.func.value, node.func.attr == "acquire"))
    return tuple(found)
