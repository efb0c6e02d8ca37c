"""A scrolling view of bytes in lines: only those on screen are painted; selection, marks, copying."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QMenu, QToolTip, QWidget

from app import theme as themes
from app.models.conversation import EMPTY, Chunk, Conversation
from app.models.copying import COPY_FORMATS
from app.models.lines import Layout, Line, LineKind
from app.models.selection import ByteRange
from app.text import safe_text, tip
from app.theme import Theme
from app.widgets.byterows import HexRows, Pick, RowPainter
from app.widgets.bytestep import step

MARGIN = 12
TOP = 6


@dataclass(frozen=True, slots=True)
class Mark:
    """Bytes worth a look, and why: a local variable of a failure, a found text."""

    received: bool
    start: int
    end: int
    label: str
    found: bool = False
    """It was looked for; nothing is wrong with it."""


class BytesView(QAbstractScrollArea):
    """What the hex view and the conversation share. Subclasses make the layout and paint lines that are no bytes."""

    range_chosen = Signal(object)
    """ByteRange | None: what the person selected."""
    chunk_chosen = Signal(object)
    """int | None: the chunk that the cursor is in."""
    more_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.viewport().setAutoFillBackground(False)
        self._layout = Layout(EMPTY)
        self._rows: RowPainter = HexRows(0)
        self._marks: tuple[Mark, ...] = ()
        self._received = True
        self._anchor: int | None = None
        self._cursor = 0

    # What is shown

    @property
    def conversation(self) -> Conversation:
        """What is shown."""
        return self._layout.conversation

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Mark bytes; the label explains."""
        self._marks = tuple(marks)
        self.viewport().update()

    def _set_layout(self, layout: Layout, rows: RowPainter) -> None:
        self._layout, self._rows = layout, rows
        self._fit()
        self.viewport().update()

    def _forget(self) -> None:
        """Go back to the top with nothing selected: something else is shown."""
        self._anchor, self._cursor = None, 0
        self.verticalScrollBar().setValue(0)
        self.horizontalScrollBar().setValue(0)

    def _fit(self) -> None:
        height, width = self.viewport().height(), self.viewport().width()
        page = max(1, (height - TOP) // self._rows.height)
        self.verticalScrollBar().setPageStep(page)
        self.verticalScrollBar().setRange(0, max(0, self._layout.count - page))
        self.horizontalScrollBar().setPageStep(width)
        self.horizontalScrollBar().setRange(0, max(0, self._rows.width + 2 * MARGIN - width))

    # Selection

    def select(self, chosen: ByteRange | None) -> None:
        """Select bytes and scroll to them; emits nothing."""
        if chosen == self.selected():
            return
        if chosen is None or chosen.size <= 0:
            self._anchor = None
        else:
            self._received, self._anchor, self._cursor = chosen.received, chosen.start, chosen.end - 1
            self._show(chosen.received, chosen.start)
        self.viewport().update()

    def selected(self) -> ByteRange | None:
        """The selected bytes' place."""
        if self._anchor is None:
            return None
        start, end = sorted((self._anchor, self._cursor))
        return ByteRange(self._received, start, end + 1)

    def selected_bytes(self) -> bytes:
        """The selected bytes; without a selection those of the cursor's chunk."""
        chosen = self.selected()
        if chosen is None:
            chunk = self.conversation.find(self._received, self._cursor)
            return chunk.data if chunk else b""
        return b"".join(_part(c, chosen) for c in self.conversation.chunks if c.received is chosen.received)

    def copy(self, key: str = "hex") -> None:
        """Put the selected bytes on the clipboard in one of COPY_FORMATS."""
        chosen = next(f for f in COPY_FORMATS if f.key == key)
        QGuiApplication.clipboard().setText(chosen.write(self.selected_bytes()))

    def _choose(self, received: bool, place: int, extend: bool) -> None:
        if not extend or received is not self._received:
            self._anchor = place
        elif self._anchor is None:
            self._anchor = self._cursor
        self._received, self._cursor = received, place
        self._show(received, place)
        self.viewport().update()
        self.range_chosen.emit(self.selected())
        chunk = self.conversation.find(received, place)
        self.chunk_chosen.emit(chunk.id if chunk else None)

    def _show(self, received: bool, place: int) -> None:
        line = self._layout.line_of(received, place)
        if line is not None:
            self._show_line(line)

    def _show_line(self, line: int) -> None:
        bar = self.verticalScrollBar()
        if line < bar.value():
            bar.setValue(line)
        elif line >= bar.value() + bar.pageStep():
            bar.setValue(line - bar.pageStep() + 1)

    def _byte_under(self, point: QPoint) -> tuple[bool, int] | None:
        number = self.verticalScrollBar().value() + (point.y() - TOP) // self._rows.height
        line = self._layout.line(max(0, min(number, self._layout.count - 1))) if self._layout.count else None
        if line is None or line.chunk is None or line.kind is not LineKind.BYTES:
            return None
        row = line.chunk.data[line.start : line.end]
        at = self._rows.byte_at(row, point.x() + self.horizontalScrollBar().value() - MARGIN)
        return line.chunk.received, line.chunk.start + line.start + min(at, len(row) - 1)

    def _labels_at(self, point: QPoint) -> list[str]:
        """What the marks say about the byte at a point."""
        received, place = self._byte_under(point) or (True, -1)
        return [mark.label for mark in self._marks if mark.received is received and mark.start <= place < mark.end]

    # Painting

    def _picks(self, line: Line, chunk: Chunk) -> list[Pick]:
        theme = themes.theme()
        first, last = chunk.start + line.start, chunk.start + line.end
        spans = [(m.received, m.start, m.end, *_look(m, theme)) for m in self._marks]
        if chosen := self.selected():
            spans.append((chosen.received, chosen.start, chosen.end, _selection_ground(), theme.selection_text))
        return [
            Pick(max(start, first) - first, min(end, last) - first, ground, text)
            for received, start, end, ground, text in spans
            if received is chunk.received and start < last and end > first
        ]

    def _paint_line(self, painter: QPainter, number: int, left: int, top: int) -> None:
        line = self._layout.line(number)
        if line.kind is LineKind.BYTES and line.chunk is not None:
            row = line.chunk.data[line.start : line.end]
            place = line.chunk.start + line.start
            self._rows.paint(painter, left, top, place, row, self._picks(line, line.chunk))
        else:
            self._paint_other(painter, line, left, top)

    def _paint_other(self, painter: QPainter, line: Line, left: int, top: int) -> None:
        """Paint a line that is no row of bytes."""

    def _fill_menu(self, menu: QMenu) -> None:
        for form in COPY_FORMATS:
            title = self.tr("Copy as {format}").format(format=form.label)
            menu.addAction(title, functools.partial(self.copy, form.key))

    # Qt's overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), themes.theme().panel)
        painter.setFont(themes.mono())
        height = self._rows.height
        top = self.verticalScrollBar().value()
        left = MARGIN - self.horizontalScrollBar().value()
        first, last = (event.rect().top() - TOP) // height, (event.rect().bottom() - TOP) // height
        for number in range(max(0, top + first), min(self._layout.count, top + last + 1)):
            self._paint_line(painter, number, left, TOP + (number - top) * height)
        if not self._layout.count:
            self._paint_empty(painter)
        if self.hasFocus():
            painter.fillRect(0, 0, 2, self.viewport().height(), themes.theme().accent)

    def _paint_empty(self, painter: QPainter) -> None:
        """Say why nothing is shown."""

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            labels = self._labels_at(event.pos())
            if labels:
                QToolTip.showText(event.globalPos(), tip(safe_text(", ".join(labels))), self)
                return True
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._byte_under(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and found is not None:
            extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._choose(*found, extend)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._byte_under(event.position().toPoint())
        if event.buttons() & Qt.MouseButton.LeftButton and found is not None and found[0] is self._received:
            self._choose(*found, True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moved = step(event, self._layout, self._received, self._cursor, self.verticalScrollBar().pageStep())
        if moved is not None:
            extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._choose(*moved, extend)
        elif event.key() == Qt.Key.Key_C and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.copy()
        elif event.key() == Qt.Key.Key_A and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self._select_all()
        else:
            event.ignore()

    def _select_all(self) -> None:
        chunks = [c for c in self.conversation.chunks if c.received is self._received and c.data]
        if chunks:
            self._anchor, self._cursor = chunks[0].start, chunks[-1].start + len(chunks[-1].data) - 1
            self.range_chosen.emit(self.selected())
            self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        self._fill_menu(menu)
        menu.exec(event.globalPos())
        menu.deleteLater()


def _part(chunk: Chunk, chosen: ByteRange) -> bytes:
    return chunk.data[max(0, chosen.start - chunk.start) : max(0, chosen.end - chunk.start)]


def _selection_ground() -> QColor:
    theme = themes.theme()
    return themes.mix(theme.accent, theme.panel, 0.45)


def _look(mark: Mark, theme: Theme) -> tuple[QColor, QColor]:
    return (theme.selection, theme.accent) if mark.found else (theme.mark, theme.mark_text)
