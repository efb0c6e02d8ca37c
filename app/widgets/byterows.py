"""Painting of one row of bytes, as hex and ASCII or as text, and which byte lies under a point of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from app import theme as themes
from app.models.copying import printable
from app.models.lines import HEX_ROW, TEXT_COLUMNS
from app.models.textcells import CellKind, cells
from app.theme import Theme

_ASCII_GAP = 2
_OFFSET_GAP = 2


@dataclass(frozen=True, slots=True)
class Pick:
    """Bytes of a row, counted in the row, that stand on another ground."""

    start: int
    end: int
    ground: QColor
    text: QColor


class RowPainter(ABC):
    """Knows where each byte of a row stands. Columns are those of the monospaced font."""

    def __init__(self) -> None:
        metrics = QFontMetricsF(themes.mono())
        self.column = metrics.horizontalAdvance("0" * 64) / 64
        self.ascent = metrics.ascent()
        self.height = round(metrics.height()) + 1

    @property
    @abstractmethod
    def columns(self) -> int:
        """The width of a full row."""

    @abstractmethod
    def paint(self, painter: QPainter, left: float, top: float, place: int, row: bytes, picks: Sequence[Pick]) -> None:
        """Paint a row whose first byte has the offset `place`."""

    @abstractmethod
    def byte_at(self, row: bytes, x: float) -> int:
        """The byte under `x`, which is counted from the row's left edge; beyond the last: the row's length."""

    @property
    def width(self) -> int:
        """Pixels of a full row."""
        return round(self.columns * self.column)

    def _box(self, left: float, top: float, start: float, end: float) -> QRectF:
        return QRectF(left + start * self.column, top, (end - start) * self.column, self.height)

    def _text(self, painter: QPainter, left: float, top: float, column: float, text: str, colour: QColor) -> None:
        painter.setPen(colour)
        painter.drawText(round(left + column * self.column), round(top + self.ascent + 0.5), text)


class HexRows(RowPainter):
    """`0010  0d 0a …  ..`: offset, bytes in groups of eight, ASCII; sixteen a row, or eight where there is no room."""

    def __init__(self, last: int, cells: int = HEX_ROW) -> None:
        super().__init__()
        self._cells = cells
        self._width = _hex_column(cells)
        self.digits = max(4, len(f"{max(0, last):x}"))

    @property
    def columns(self) -> int:
        return self._hex + self._width + _ASCII_GAP + self._cells

    @property
    def _hex(self) -> int:
        return self.digits + _OFFSET_GAP

    @property
    def _ascii(self) -> int:
        return self._hex + self._width + _ASCII_GAP - 1

    def paint(self, painter: QPainter, left: float, top: float, place: int, row: bytes, picks: Sequence[Pick]) -> None:
        theme = themes.theme()
        self._text(painter, left, top, 0, f"{place:0{self.digits}x}", theme.dim)
        self._text(painter, left, top, self._hex, _hex(row), theme.text)
        self._text(painter, left, top, self._ascii, printable(row), theme.dim)
        for pick in picks:
            self._paint_pick(painter, left, top, row, pick)

    def _paint_pick(self, painter: QPainter, left: float, top: float, row: bytes, pick: Pick) -> None:
        # Two groups: the gap between them belongs to the pick only when it spans it.
        start, end = self._hex + _hex_column(pick.start), self._hex + _hex_column(pick.end - 1) + 2
        painter.fillRect(self._box(left, top, start, end), pick.ground)
        painter.fillRect(self._box(left, top, self._ascii + pick.start, self._ascii + pick.end), pick.ground)
        text = _hex(row)[_hex_column(pick.start) : _hex_column(pick.end - 1) + 2]
        self._text(painter, left, top, start, text, pick.text)
        self._text(painter, left, top, self._ascii + pick.start, printable(row[pick.start : pick.end]), pick.text)

    def byte_at(self, row: bytes, x: float) -> int:
        column = x / self.column
        if column >= self._ascii - 0.5:
            return max(0, min(len(row), int(column - self._ascii)))
        column -= self._hex
        if column >= _hex_column(8) - 1:
            column -= 1
        return max(0, min(len(row), int((column + 0.5) // 3)))


def _hex(row: bytes) -> str:
    return f"{row[:8].hex(' ')}  {row[8:].hex(' ')}" if len(row) > 8 else row.hex(" ")


def _hex_column(byte: int) -> int:
    return byte * 3 + (byte >= 8)


class TextRows(RowPainter):
    """Text with visible control characters."""

    def __init__(self, encoding: str, style: str) -> None:
        super().__init__()
        self.encoding = encoding
        self.style = style

    @property
    def columns(self) -> int:
        return TEXT_COLUMNS

    def paint(self, painter: QPainter, left: float, top: float, place: int, row: bytes, picks: Sequence[Pick]) -> None:
        theme = themes.theme()
        at, run, run_at = 0, "", 0
        for cell in cells(row, self.encoding, self.style):
            pick = _pick_at(picks, cell.start)
            # Plain ASCII goes out in runs; anything else alone, so that no right-to-left letter moves its neighbours.
            if pick is None and cell.kind is CellKind.PLAIN and cell.text.isascii():
                run_at = run_at if run else at
                run += cell.text
            else:
                self._text(painter, left, top, run_at, run, theme.text)
                run = ""
                if pick is not None:
                    painter.fillRect(self._box(left, top, at, at + cell.columns), pick.ground)
                self._text(painter, left, top, at, cell.text, pick.text if pick else _colour(cell.kind, theme))
            at += cell.columns
        self._text(painter, left, top, run_at, run, theme.text)

    def byte_at(self, row: bytes, x: float) -> int:
        column, at = x / self.column, 0.0
        for cell in cells(row, self.encoding, self.style):
            if column < at + cell.columns:
                return cell.start
            at += cell.columns
        return len(row)


def _pick_at(picks: Sequence[Pick], place: int) -> Pick | None:
    # The last one lies on top, as in the hex view.
    return next((pick for pick in reversed(picks) if pick.start <= place < pick.end), None)


def _colour(kind: CellKind, theme: Theme) -> QColor:
    return {CellKind.PLAIN: theme.text, CellKind.CONTROL: theme.accent, CellKind.BROKEN: theme.error}[kind]
