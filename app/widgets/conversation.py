"""The conversation of a request: its chunks in order of time, each with arrow, time, size, and its bytes or text."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from app import theme as themes
from app.models.conversation import EMPTY, Chunk, Conversation
from app.models.lines import Layout, Line, LineKind
from app.models.textcells import STYLES
from app.text import duration, safe_text
from app.text import size as size_text
from app.widgets.byterows import HexRows, TextRows
from app.widgets.bytesview import TOP, BytesView
from engine.observe.facts import Piece

MODES = ("hex", "text")
ENCODINGS = ("utf-8", "latin-1", "ascii", "cp1252", "utf-16-le", "utf-16-be", "gb18030", "shift_jis")


def preferred_style() -> str:
    """Control pictures where the font has them, escapes where it would show boxes."""
    return STYLES[0] if QFontMetrics(themes.mono()).inFontUcs4(0x240D) else STYLES[1]


class ConversationView(BytesView):
    """Paints only the lines on screen; select with mouse or Shift and arrows, copy with Ctrl+C."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Conversation"))
        self._mode = "hex"
        self._encoding = "utf-8"
        self._style = preferred_style()
        self._loaded_all = True
        self._notes: dict[bool, str] = {}
        self._shown = EMPTY
        self._empty = ""
        self._arrange()

    # What is shown

    def set_conversation(self, conversation: Conversation, *, loaded_all: bool = True) -> None:
        """Show a conversation; the place and selection stay when it only grew."""
        same = (
            bool(self._shown.chunks and conversation.chunks) and self._shown.chunks[0].id == conversation.chunks[0].id
        )
        self._shown, self._loaded_all = conversation, loaded_all
        if not same:
            self._forget()
            self._received = conversation.chunks[0].received if conversation.chunks else True
        self._arrange()

    def set_mode(self, mode: str) -> None:
        """One of MODES."""
        self._mode = mode
        self._arrange()

    def set_encoding(self, encoding: str) -> None:
        """One of ENCODINGS; for mode "text"."""
        self._encoding = encoding
        self._arrange()

    def set_note(self, received: bool, sentence: str) -> None:
        """What to say about a direction without bytes: "handler raised before its first write". "" for nothing."""
        self._notes[received] = sentence
        self._arrange()

    def set_empty_text(self, sentence: str) -> None:
        """What to say when there is nothing at all."""
        self._empty = sentence
        self.viewport().update()

    def select_chunk(self, chunk: int | None) -> None:
        """Scroll to a chunk; emits nothing."""
        line = None if chunk is None else self._layout.line_of_chunk(chunk)
        if line is not None:
            self.verticalScrollBar().setValue(line)

    def _arrange(self) -> None:
        silent = [way for way in (True, False) if self._notes.get(way) and not self._shown.size(way)]
        unit = 2 if self._encoding.startswith("utf-16") else 1
        layout = Layout(self._shown, text=self._mode == "text", unit=unit, notes=silent, more=not self._loaded_all)
        last = max((chunk.end for chunk in self._shown.chunks), default=0)
        rows = TextRows(self._encoding, self._style) if self._mode == "text" else HexRows(last)
        self._set_layout(layout, rows)

    # Lines that are no bytes

    def _paint_other(self, painter: QPainter, line: Line, left: int, top: int) -> None:
        theme = themes.theme()
        painter.setFont(themes.ui(12))
        if line.kind is LineKind.HEAD and line.chunk is not None:
            end = self._draw(painter, left, top, self._head(line.chunk), theme.dim)
            self._draw(painter, end + 8, top, self._labels(line.chunk), theme.error)
        elif line.kind is LineKind.MISSING and line.chunk is not None:
            self._draw(painter, left, top, self._missing(line.chunk), theme.warn)
        elif line.kind is LineKind.NOTE:
            self._draw(painter, left, top, self._note(line.received), theme.dim)
        elif line.kind is LineKind.MORE:
            self._draw(painter, left, top, self.tr("Load the rest of this conversation"), theme.accent)
        painter.setFont(themes.mono())

    def _draw(self, painter: QPainter, left: int, top: int, text: str, colour: QColor) -> int:
        painter.setPen(colour)
        box = QRect(left, top - 2, max(self._rows.width, self.viewport().width()), self._rows.height + 4)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)
        return left + painter.fontMetrics().horizontalAdvance(text)

    def _head(self, chunk: Chunk) -> str:
        way = self.tr("← in {size}") if chunk.received else self.tr("→ out {size}")
        parts = [way.format(size=size_text(chunk.size)), f"+{duration(max(0, chunk.at - self._shown.opened))}"]
        if chunk.flags & Piece.TRUNCATED:
            parts.append(self.tr("the datagram was longer than the server's buffer"))
        return "   ".join(parts)

    def _labels(self, chunk: Chunk) -> str:
        mine = [
            m
            for m in self._marks
            if not m.found and m.received is chunk.received and chunk.start <= m.start < chunk.end
        ]
        one, many = self.tr("byte {first} is {name}"), self.tr("bytes {first}\u2013{last} are {name}")
        return "   ".join(
            (one if m.end - m.start == 1 else many).format(first=m.start, last=m.end - 1, name=safe_text(m.label, 40))
            for m in mine[:4]
        )

    def _missing(self, chunk: Chunk) -> str:
        if chunk.flags & Piece.UNSEEN:
            return self.tr("{size} copied by the kernel (sendfile), not seen").format(size=size_text(chunk.missing))
        if chunk.flags & Piece.TRUNCATED:
            return self.tr("{size} cut off by the kernel").format(size=size_text(chunk.missing))
        if chunk.flags & Piece.CUT:
            return self.tr("{size} more, beyond the payload limit").format(size=size_text(chunk.missing))
        return self.tr("{size} not loaded").format(size=size_text(chunk.missing))

    def _note(self, received: bool) -> str:
        way = self.tr("← in 0 B — {why}") if received else self.tr("→ out 0 B — {why}")
        return way.format(why=safe_text(self._notes[received]))

    def _paint_empty(self, painter: QPainter) -> None:
        painter.setFont(themes.ui())
        painter.setPen(themes.theme().dim)
        rect = self.viewport().rect().adjusted(12, 0, -12, 0)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._empty)

    # Qt's overrides

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = self.verticalScrollBar().value() + (int(event.position().y()) - TOP) // self._rows.height
        if number < self._layout.count and self._layout.line(number).kind is LineKind.MORE:
            self.more_requested.emit()
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not self._loaded_all:
            self.more_requested.emit()
        else:
            super().keyPressEvent(event)
