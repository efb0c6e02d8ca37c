"""Two answers side by side, as hex or text: what differs stands on a ground of its own."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from app import theme as themes
from app.models.diffrows import DiffRow, DiffRows, Side
from app.models.lines import HEX_ROW
from app.theme import Theme
from app.widgets.byterows import HexRows, Pick, RowPainter, TextRows
from app.widgets.bytesview import MARGIN, TOP
from app.widgets.conversation import preferred_style
from engine.replay.comparison import Comparison, compare

CELLS = (HEX_ROW, 8, 4)
"""Bytes of a row, as many as there is room for."""
SIGN = 14
"""px between the halves, where a sign tells what has become of the row: not by colour alone."""
_TINT = 0.30


class DiffView(QAbstractScrollArea):
    """The old answer at the left, the new one at the right. Arrows and Page keys scroll."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setAutoFillBackground(False)
        self._old = self._new = b""
        self._mode = "hex"
        self._cells = 0
        self.comparison: Comparison = compare(b"", b"")
        self._rows: DiffRows = DiffRows(b"", b"", self.comparison, text=False)
        self._painter: RowPainter = HexRows(0)
        self._arrange()

    def set_answers(self, old: bytes, new: bytes) -> None:
        """Show two answers, from the first difference on."""
        self._old, self._new = old, new
        self.comparison = compare(old, new)
        self._arrange()
        self.go_on(-1, 1)

    def set_mode(self, mode: str) -> None:
        """hex or text."""
        self._mode = mode
        self._arrange()
        self.go_on(-1, 1)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._rows.count

    def half(self) -> int:
        """Where the right half begins, px: heads that stand above it want to know."""
        return (self.viewport().width() + SIGN) // 2

    def go_on(self, row: int | None = None, by: int = 1) -> None:
        """Scroll to the next difference (`by` -1: the one before) as seen from `row`, or from what is on top."""
        bar = self.verticalScrollBar()
        found = self._rows.next_difference(bar.value() if row is None else row, by)
        if found is not None:
            bar.setValue(found)
        elif row is not None:
            bar.setValue(0)

    def _arrange(self) -> None:
        text = self._mode == "text"
        self._cells = self._fitting()
        self._rows = DiffRows(self._old, self._new, self.comparison, text=text, cells=self._cells)
        last = max(len(self._old), len(self._new))
        self._painter = TextRows("utf-8", preferred_style()) if text else HexRows(last, self._cells)
        self._fit()
        self.viewport().update()

    def _fitting(self) -> int:
        """How many bytes a row may have in hex."""
        last, room = max(len(self._old), len(self._new)), self.viewport().width() - SIGN
        return next((cells for cells in CELLS if 2 * (HexRows(last, cells).width + MARGIN) <= room), CELLS[-1])

    def _fit(self) -> None:
        page = max(1, (self.viewport().height() - TOP) // self._painter.height)
        self.verticalScrollBar().setPageStep(page)
        self.verticalScrollBar().setRange(0, max(0, self._rows.count - page))

    # Painting

    def _paint_row(self, painter: QPainter, row: DiffRow, top: int) -> None:
        theme = themes.theme()
        half, width = self.half(), self.viewport().width()
        sides = ((row.old, theme.error, 0, half - SIGN), (row.new, theme.ok, half, width - half))
        for side, colour, left, room in sides:
            painter.save()
            painter.setClipRect(QRect(left, top, room, self._painter.height))
            if side.data:
                picks = _picks(side, colour, theme)
                self._painter.paint(painter, left + MARGIN, top, side.start, side.data, picks)
            elif not row.equal:
                self._paint_absence(painter, QRect(left + MARGIN, top, room - 2 * MARGIN, self._painter.height), theme)
            painter.restore()
        if not row.equal:
            painter.setPen(theme.text)
            box = QRect(half - SIGN, top, SIGN, self._painter.height)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, _sign(row))

    @staticmethod
    def _paint_absence(painter: QPainter, box: QRect, theme: Theme) -> None:
        painter.fillRect(box, themes.mix(theme.dim, theme.panel, 0.10))

    # Qt's overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = themes.theme()
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme.panel)
        painter.setFont(themes.mono())
        height, first = self._painter.height, self.verticalScrollBar().value()
        for number in range(first, min(self._rows.count, first + self.viewport().height() // height + 1)):
            self._paint_row(painter, self._rows.row(number), TOP + (number - first) * height)
        if not self._rows.count:
            painter.setFont(themes.ui())
            painter.setPen(theme.dim)
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, self.tr("Neither has any bytes."))
        if self.hasFocus():
            painter.fillRect(0, 0, 2, self.viewport().height(), theme.accent)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._mode == "hex" and self._fitting() != self._cells:
            self._arrange()
        else:
            self._fit()


def _picks(side: Side, colour: QColor, theme: Theme) -> list[Pick]:
    ground = themes.mix(colour, theme.panel, _TINT)
    return [Pick(start, end, ground, theme.text) for start, end in side.picks]


def _sign(row: DiffRow) -> str:
    if not row.old.data:
        return "+"
    return "\u2260" if row.new.data else "\u2212"
