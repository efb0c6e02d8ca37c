"""Where a key moves the cursor of a bytes view."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from app.models.lines import Layout, Line, LineKind

Place = tuple[bool, int]
"""Direction, and the byte's place in its stream."""

_SIDEWAYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_LINES = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_PAGES = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}


def step(event: QKeyEvent, layout: Layout, received: bool, place: int, page: int) -> Place | None:
    """The byte that a key leads to, None when the key is none of ours or leads nowhere."""
    key = Qt.Key(event.key())
    here = layout.line_of(received, place)
    if here is None:
        return _edge(layout, True) if key in _SIDEWAYS | _LINES | _PAGES else None
    if key in _SIDEWAYS:
        return _sideways(layout, received, place, _SIDEWAYS[key])
    if key in _LINES:
        return _vertical(layout, here, received, place, _LINES[key])
    if key in _PAGES:
        return _vertical(layout, here, received, place, _PAGES[key] * page)
    if key in (Qt.Key.Key_Home, Qt.Key.Key_End):
        return _home_or_end(event, layout, here, key is Qt.Key.Key_Home)
    return None


def _sideways(layout: Layout, received: bool, place: int, by: int) -> Place | None:
    return (received, place + by) if layout.line_of(received, place + by) is not None else None


def _vertical(layout: Layout, here: int, received: bool, place: int, by: int) -> Place | None:
    """The same column of the nearest row of bytes at least `by` lines away, or else of the last one on the way."""
    line = layout.line(here)
    column = place - (line.chunk.start if line.chunk else 0) - line.start
    sign = 1 if by > 0 else -1
    wanted = max(0, min(layout.count - 1, here + by))
    ahead = _nearest(layout, range(wanted, layout.count if sign > 0 else -1, sign))
    found = ahead or _nearest(layout, range(wanted, here, -sign))
    return _at(found, column) if found else None


def _nearest(layout: Layout, numbers: range) -> Line | None:
    return next((line for line in map(layout.line, numbers) if line.kind is LineKind.BYTES), None)


def _at(line: Line, column: int) -> Place:
    chunk = line.chunk
    assert chunk is not None, "a row of bytes belongs to a chunk"
    return chunk.received, chunk.start + min(line.start + column, line.end - 1)


def _home_or_end(event: QKeyEvent, layout: Layout, here: int, home: bool) -> Place | None:
    if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        return _edge(layout, home)
    line = layout.line(here)
    return _at(line, 0 if home else line.end - line.start - 1)


def _edge(layout: Layout, first: bool) -> Place | None:
    numbers = range(layout.count) if first else range(layout.count - 1, -1, -1)
    line = _nearest(layout, numbers)
    return _at(line, 0 if first else line.end - line.start - 1) if line else None
