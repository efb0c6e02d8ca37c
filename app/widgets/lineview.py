"""Numbered lines with a cursor: where each stands, how the keyboard moves, and which lines are chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from app.text import safe_text, tr
from app.theme import mono
from app.widgets.codestep import step

LINE = 17
"""Height of a line in px."""
GUTTER = 20
GAP = 10
MOST_CHARACTERS = 500
TOP = 4


class LineView(QAbstractScrollArea):
    """Lines are counted from 1. The cursor is a line; Shift takes more lines, Ctrl+C copies them."""

    line_changed = Signal(int)
    focus_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setAutoFillBackground(False)
        self.viewport().setMouseTracking(True)
        self._lines: Sequence[str] = ()
        self._cursor = self._anchor = 1
        self._width = 0

    @property
    def line(self) -> int:
        """The line that the cursor is in."""
        return self._cursor

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    def set_lines(self, lines: Sequence[str]) -> None:
        """Show other lines; the place stays as far as it is still there."""
        self._lines = tuple(safe_text(line, MOST_CHARACTERS) if line else "" for line in lines)
        self._width = max(map(len, self._lines), default=0)
        self._cursor = self._anchor = max(1, min(self._cursor, self.count))
        self._fit()
        self.viewport().update()

    def show_line(self, line: int) -> None:
        """Put the cursor into a line, and bring it to the middle if it is not in sight."""
        self._cursor = self._anchor = max(1, min(line, self.count))
        bar = self.verticalScrollBar()
        if not bar.value() + 1 < line < bar.value() + bar.pageStep():
            bar.setValue(line - 1 - bar.pageStep() // 2)
        self._on_moved()

    def show_top(self, line: int) -> None:
        """Put the cursor into a line, and the line to the top."""
        self._cursor = self._anchor = max(1, min(line, self.count))
        self.verticalScrollBar().setValue(line - 2)
        self._on_moved()

    def selected_text(self) -> str:
        """The chosen lines, or the cursor's."""
        first, last = sorted((self._anchor, self._cursor))
        return "".join(f"{line}\n" for line in self._lines[first - 1 : last])

    # Geometry

    @property
    def _extra(self) -> int:
        """Room that something takes between the numbers and the code, in px."""
        return 0

    @property
    def _code_left(self) -> int:
        digits = max(3, len(str(self.count)))
        return GUTTER + digits * QFontMetrics(mono()).horizontalAdvance("0") + GAP + self._extra

    def _digits_width(self) -> int:
        return self._code_left - GUTTER - GAP - self._extra

    def _fit(self) -> None:
        page = max(1, (self.viewport().height() - TOP) // LINE)
        self.verticalScrollBar().setPageStep(page)
        self.verticalScrollBar().setRange(0, max(0, self.count - page))
        advance = QFontMetrics(mono()).horizontalAdvance("0")
        room = self.viewport().width() - self._code_left
        self.horizontalScrollBar().setPageStep(max(1, room))
        self.horizontalScrollBar().setSingleStep(advance * 4)
        self.horizontalScrollBar().setRange(0, max(0, (self._width + 2) * advance - room))

    def line_at(self, place: QPoint) -> int:
        """The line under a point, 0 for none."""
        line = self.verticalScrollBar().value() + (place.y() - TOP) // LINE + 1
        return line if 1 <= line <= self.count else 0

    def line_rect(self, line: int) -> QRect:
        """Where a line stands in the viewport."""
        top = TOP + (line - 1 - self.verticalScrollBar().value()) * LINE
        return QRect(0, top, self.viewport().width(), LINE)

    def _move(self, line: int, extend: bool) -> None:
        self._cursor = max(1, min(line, self.count))
        if not extend:
            self._anchor = self._cursor
        bar = self.verticalScrollBar()
        if self._cursor <= bar.value():
            bar.setValue(self._cursor - 1)
        elif self._cursor > bar.value() + bar.pageStep():
            bar.setValue(self._cursor - bar.pageStep())
        self._on_moved()

    def _on_moved(self) -> None:
        if self._lines:
            self.setAccessibleDescription(tr("Line {n}: {text}").format(n=self._cursor, text=self.selected_text()))
        self.line_changed.emit(self._cursor)
        self.viewport().update()

    # Qt's overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        bar = self.verticalScrollBar()
        seen = bar.value() < self._cursor <= bar.value() + bar.pageStep()
        self._fit()
        if seen and self._cursor > bar.value() + bar.pageStep():
            bar.setValue(self._cursor - 1 - bar.pageStep() // 2)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focus_changed.emit(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        to = step(event, self._cursor, self.verticalScrollBar().pageStep(), self.count)
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if to is not None:
            self._move(to, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() + (bar.singleStep() if event.key() == Qt.Key.Key_Right else -bar.singleStep()))
        elif control and event.key() == Qt.Key.Key_C:
            QGuiApplication.clipboard().setText(self.selected_text())
        elif control and event.key() == Qt.Key.Key_A:
            self._anchor, self._cursor = 1, max(1, self.count)
            self.viewport().update()
        else:
            event.ignore()
