"""How the window stood when it was closed: its place, its perspective and its docks, remembered and restored."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSize
from PySide6.QtWidgets import QMainWindow

from app.arrangements import ARRANGEMENTS
from app.docks import Docks
from app.settings import Settings

LAYOUT = 2
"""Version of the stored layout; another number makes old ones void."""
SMALLEST = QSize(1100, 700)
FIRST = QSize(1440, 900)
PLAIN = "live"
"""The perspective of a window that remembers none."""


def restore(window: QMainWindow, docks: Docks, settings: Settings, *, arranged: bool) -> str:
    """As far as the screen has room; without `arranged` the docks stand as ever. Returns the perspective."""
    room = window.screen().availableSize()
    window.setMinimumSize(SMALLEST.boundedTo(room))
    window.resize(FIRST.boundedTo(room))
    window.restoreGeometry(settings.blob("geometry"))
    layout = settings.blob("layout") if arranged else QByteArray()
    if layout.isEmpty() or not window.restoreState(layout.sliced(1), LAYOUT):
        return PLAIN
    perspective = bytes(settings.blob("perspective").data()).decode("ascii", "replace")
    perspective = perspective if perspective in ARRANGEMENTS else PLAIN
    docks.remember(perspective, layout.startsWith(b"f"))
    return perspective


def remember(window: QMainWindow, docks: Docks, settings: Settings, perspective: str) -> None:
    """For the next time."""
    docks.rest(False)
    folded = b"f" if docks.folded else b"w"
    settings.set_blob("geometry", window.saveGeometry())
    settings.set_blob("perspective", QByteArray(perspective.encode()))
    settings.set_blob("layout", QByteArray(folded) + window.saveState(LAYOUT))
    settings.sync()
