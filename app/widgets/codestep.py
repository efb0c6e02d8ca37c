"""Where a key takes the cursor in lines of code."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent


def step(event: QKeyEvent, line: int, page: int, count: int) -> int | None:
    """The line that a key goes to; None for a key that moves nothing."""
    if event.modifiers() & Qt.KeyboardModifier.AltModifier:
        return None
    steps = {
        Qt.Key.Key_Up: line - 1,
        Qt.Key.Key_Down: line + 1,
        Qt.Key.Key_PageUp: line - page,
        Qt.Key.Key_PageDown: line + page,
        Qt.Key.Key_Home: 1,
        Qt.Key.Key_End: count,
    }
    return steps.get(Qt.Key(event.key()))
