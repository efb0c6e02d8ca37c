"""What all panels share: they look at the newest tick while they are on screen, and rest while they are not."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollBar, QVBoxLayout, QWidget

from app.context import Context
from app.link.tick import ServerStatus, Tick
from app.text import set_role

NUMBERS_EVERY = 500_000_000
"""Numbers that people read change twice a second, in ns."""


class LivePanel(QWidget):
    """A panel that follows the ticks. Override `refresh`; call `refresh_now` when something else has changed."""

    def __init__(self, context: Context, role: str = "content") -> None:
        super().__init__()
        self.context = context
        paint_ground(self, role)
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, 0, 0, 0)
        self.box.setSpacing(0)
        context.link.ticked.connect(self._on_tick)
        context.link.respawned.connect(self.change_capture)

    def refresh(self, tick: Tick) -> None:
        """Show what has changed. Only called while the panel is on screen."""

    def change_capture(self) -> None:
        """The link has another capture: give it to the models."""

    def refresh_now(self) -> None:
        """Refresh without waiting for the next tick, if anybody is looking."""
        if self.isVisible():
            self.refresh(self.context.link.tick)

    def server(self) -> ServerStatus | None:
        """What the supervisor last told about the selected server."""
        return self.context.link.tick.server(self.context.selection.server)

    def runs(self) -> tuple[int, ...] | None:
        """The capture's ids of all runs of the selected server; None when no server is selected: all servers."""
        if not self.context.selection.server:
            return None
        server = self.server()
        return server.ids if server is not None else ()

    def _on_tick(self, tick: Tick) -> None:
        if self.isVisible():
            self.refresh(tick)

    # Qt's overrides

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh(self.context.link.tick)


LEAST_HEIGHT = 190
"""Of a panel at the bottom: less shows nothing of use."""


def paint_ground(widget: QWidget, role: str) -> None:
    """Let the style sheet paint a widget's ground; of its own accord it does so for Qt's classes only."""
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    set_role(widget, role)


class StickToEnd(QObject):
    """Keeps a list at its end while it grows, unless the reader has gone up."""

    def __init__(self, bar: QScrollBar) -> None:
        super().__init__(bar)
        self._bar = bar
        self._stuck = True
        bar.rangeChanged.connect(self._on_range)
        bar.valueChanged.connect(self._on_value)

    def _on_range(self) -> None:
        if self._stuck:
            self._bar.setValue(self._bar.maximum())

    def _on_value(self, value: int) -> None:
        self._stuck = value >= self._bar.maximum()


class Slow:
    """Lets something pass at most every so often, measured on the ticks' own clock."""

    def __init__(self, every: int = NUMBERS_EVERY) -> None:
        self._every = every
        self._last = -every

    def due(self, now: int) -> bool:
        """Whether it is time again."""
        if 0 <= now - self._last < self._every:
            return False
        self._last = now
        return True

    def reset(self) -> None:
        """Let the next one pass."""
        self._last = -self._every


def row(*widgets: QWidget | None, margins: tuple[int, int, int, int] = (0, 0, 0, 0), spacing: int = 8) -> QHBoxLayout:
    """Widgets side by side; None is a gap that takes what room is left."""
    layout = QHBoxLayout()
    layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)
    for widget in widgets:
        if widget is None:
            layout.addStretch(1)
        else:
            # A wrapped text is only as wide as its stretch lets it be.
            layout.addWidget(widget, int(isinstance(widget, QLabel) and widget.wordWrap()))
    return layout


def strip(*widgets: QWidget | None, role: str = "strip") -> QFrame:
    """A narrow bar with widgets side by side."""
    bar = QFrame()
    set_role(bar, role)
    bar.setLayout(row(*widgets, margins=(12, 3, 12, 3)))
    return bar
