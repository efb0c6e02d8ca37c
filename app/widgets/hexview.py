"""A hex and ASCII view of bytes of any size: it paints only the rows that are on screen."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from app import theme as themes
from app.models.conversation import Chunk, Conversation
from app.models.lines import Layout
from app.widgets.byterows import HexRows
from app.widgets.bytesview import BytesView, Mark
from engine.observe.facts import Piece

__all__ = ["HexView", "Mark"]


class HexView(BytesView):
    """The bytes of one direction, with a selection by mouse and keyboard, and marks."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Bytes, hex and ASCII"))
        self._empty = self.tr("0 bytes")
        self.set_data(b"", received=True)

    def set_data(self, data: bytes, received: bool, start: int = 0) -> None:
        """Show bytes; `start` is the offset of the first in its stream."""
        chunk = Chunk(0, received, 0, start, len(data), Piece.WHOLE, data)
        layout = Layout(Conversation(0, (chunk,) if data else ()), heads=False)
        self._received = received
        self._set_layout(layout, HexRows(start + len(data)))
        self._forget()
        self._cursor = start

    def set_empty_text(self, sentence: str) -> None:
        """What to say when there are no bytes."""
        self._empty = sentence
        self.viewport().update()

    def _paint_empty(self, painter: QPainter) -> None:
        painter.setFont(themes.ui())
        painter.setPen(themes.theme().dim)
        rect = self.viewport().rect().adjusted(12, 0, -12, 0)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._empty)
