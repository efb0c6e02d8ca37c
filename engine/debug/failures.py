"""Describes an exception as plain data: type, message, frames with source lines and locals.

It runs in the host, in the worker whose handler raised, and calls no code of the user: values of types that are not
built in show only the name of their type, because their `__repr__` may raise, block or never end. All is bounded.

    {type, message, module, frames: [...], chain: [{type, message, module, relation, frames}], exceptions: [...]}
    frame: {file, line, function, source: [[number, text], ...], locals: [{name, type, value, size?, hex?}]}

Frames are in the order of a traceback: the last one raised. `relation` is "cause" or "context".
"""

from __future__ import annotations

import linecache
import os
from types import FrameType, TracebackType
from typing import Any

from .values import attributes, describe_local, message_of, name_of

FRAME_LIMIT = 20
LOCALS_FRAMES = 8
LOCALS_LIMIT = 24
CHAIN_LIMIT = 5
ATTRIBUTES_LIMIT = 12
GIVEN = frozenset({"request", "client_address", "server", "connection", "rfile", "wfile", "packet", "socket"})
SOURCE_AROUND = 3
LINE_LIMIT = 200

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def describe(error: BaseException) -> dict[str, Any]:
    """The description of an exception, ready for JSON."""
    detail = _head(error)
    detail["frames"] = _frames(error.__traceback__, full=True)
    detail["chain"] = _chain(error)
    if isinstance(error, BaseExceptionGroup):
        detail["exceptions"] = [_head(member) for member in error.exceptions[:10]]
    return detail


def _head(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    return {"type": name_of(kind), "message": message_of(error), "module": str(kind.__module__)}


def _chain(error: BaseException) -> list[dict[str, Any]]:
    links: list[dict[str, Any]] = []
    seen = {id(error)}
    while len(links) < CHAIN_LIMIT:
        relation = "cause" if error.__cause__ is not None else "context"
        before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if before is None or id(before) in seen:
            break
        seen.add(id(before))
        frames = _frames(before.__traceback__, full=False)
        links.append({**_head(before), "relation": relation, "frames": frames})
        error = before
    return links


def _frames(traceback: TracebackType | None, *, full: bool) -> list[dict[str, Any]]:
    steps = _steps(traceback)[-FRAME_LIMIT:]
    frames = [_frame(frame, line) for frame, line in steps]
    if full:
        for (frame, _), described in zip(steps[-LOCALS_FRAMES:], frames[-LOCALS_FRAMES:], strict=True):
            described["locals"] = _locals(frame)
    return frames


def _steps(traceback: TracebackType | None) -> list[tuple[FrameType, int]]:
    """The frames from the user's first one on; ours, that called it, teach nothing."""
    steps = []
    while traceback is not None:
        steps.append((traceback.tb_frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    first = next((i for i, (frame, _) in enumerate(steps) if not frame.f_code.co_filename.startswith(_OURS)), 0)
    return steps[first:]


def _frame(frame: FrameType, line: int) -> dict[str, Any]:
    code = frame.f_code
    return {
        "file": code.co_filename,
        "line": line,
        "function": code.co_qualname,
        "source": source_around(code.co_filename, line),
        "locals": [],
    }


def _locals(frame: FrameType) -> list[dict[str, Any]]:
    values = frame.f_locals
    names = list(values)[:LOCALS_LIMIT]
    rows = [describe_local(str(name), values[name]) for name in names]
    if names[:1] == ["self"]:
        own = _own_attributes(values["self"])
        rows[0] = {"name": "self", "type": rows[0]["type"], "value": f"<{rows[0]['type']} object>"}
        rows[1:1] = [describe_local(f"self.{name}", value) for name, value in own]
    return rows


def _own_attributes(handler: Any) -> list[tuple[str, Any]]:
    """What a handler keeps from one call to the next, without what socketserver gives to each."""
    try:
        named = list(attributes(handler).items())
    except RuntimeError:  # another thread changed it under our eyes
        return []
    return [(name, value) for name, value in named if type(name) is str and name not in GIVEN][:ATTRIBUTES_LIMIT]


def source_around(file: str, line: int) -> list[list[Any]]:
    """The lines around one line of a file; none when the file cannot be read."""
    lines = linecache.getlines(file)
    first = max(line - SOURCE_AROUND, 1)
    last = min(line + SOURCE_AROUND, len(lines))
    return [[number, lines[number - 1].rstrip("\n")[:LINE_LIMIT]] for number in range(first, last + 1)]
