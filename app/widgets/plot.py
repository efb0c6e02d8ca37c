"""Load charts: the sparkline of a list, and a titled line chart with the current value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app import theme as themes
from app.link.lull import Lull
from app.models.load import Series
from app.text import number, safe_text
from app.text import size as size_text

if TYPE_CHECKING:
    from app.widgets.curves import Curves

HEAD = 22
MARGIN = 12
FOOT = 5
LEAST = {"%": 10.0, "": 4.0}
"""By unit: the least value that fills a chart."""
COLOURS = ("handle", "setup", "queue", "verify", "close", "accept", "finish")


def paint_sparkline(painter: QPainter, rect: QRectF, points: Sequence[float], colour: QColor) -> None:
    """A line through the points, oldest left, the largest at the top."""
    if len(points) < 2:
        return
    top = max(points) or 1.0
    step = rect.width() / (len(points) - 1)
    line = QPolygonF(
        [QPointF(rect.left() + i * step, rect.bottom() - rect.height() * p / top) for i, p in enumerate(points)]
    )
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1.2))
    painter.drawPolyline(line)
    painter.restore()


def value_text(value: float | None, unit: str) -> str:
    """The current value as people read it: 41, 88 ms, 12 %, 1.2 MB/s."""
    if value is None or math.isnan(value):
        return "\u2013"
    if unit == "bytes":
        return f"{size_text(value)}/s"
    text = f"{value:.1f}" if 0 < value < 9.95 and value != int(value) else number(value)
    return f"{text} {unit}".rstrip()


class LoadPlot(QWidget):
    """Name on the left, current value bold on the right, curves below, a hairline under it. Rests while hidden.

    A tick has the list and the lanes to paint: each chart is drawn in a lull.
    """

    def __init__(self, lull: Lull, name: str, unit: str = "", parent: QWidget | None = None) -> None:
        """`name` and `unit` are translated already. `unit`: "ms", "%", "bytes" or ""."""
        super().__init__(parent)
        self._lull = lull
        self._name, self._unit = name, unit
        self._series: tuple[Series, ...] = ()
        self._ended = ""
        self._tokens: tuple[str, ...] = COLOURS
        self._curves: Curves | None = None
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(MARGIN, HEAD, MARGIN, FOOT)

    def set_series(self, series: Sequence[Series]) -> None:
        """The curves; the first one's newest value is the current one."""
        if tuple(series) != self._series:
            self._series = tuple(series)
            self._draw()

    def set_ended(self, sentence: str) -> None:
        """Grey the chart and say why ("stopped 14:05"); "" for live again."""
        if sentence != self._ended:
            self._ended = sentence
            self._draw()

    def set_colours(self, tokens: Sequence[str]) -> None:
        """A stage's word ("handle", "queue", ...) for each curve, in order; they repeat."""
        self._tokens = tuple(tokens)
        self._draw()

    def _draw(self) -> None:
        if self.isVisible():
            self.setAccessibleDescription(f"{self._name}: {self._current()}")
            self._lull.ask(self._draw_now)

    def _draw_now(self) -> None:
        if self._curves is None and self._series:
            self._curves = self._make_curves()
        if self._curves is not None:
            colours = [self._colour(place) for place in range(len(self._series))]
            self._curves.show_series(self._series, colours, LEAST.get(self._unit, 1.0))
        self.update(0, 0, self.width(), HEAD)

    def _make_curves(self) -> Curves:
        from app.widgets.curves import Curves  # late: it brings pyqtgraph and numpy

        curves = Curves(self)
        curves.setAccessibleName(self._name)
        self._layout.addWidget(curves)
        return curves

    def _colour(self, position: int) -> QColor:
        theme = themes.theme()
        return theme.faint if self._ended else theme.stages[self._tokens[position % len(self._tokens)]]

    def _current(self) -> str:
        return self._ended or value_text(self._series[0].last if self._series else None, self._unit)

    # Qt's overrides

    def sizeHint(self) -> QSize:
        return QSize(320, 77)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 60)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = themes.theme()
        painter = QPainter(self)
        head = QRect(MARGIN, 0, self.width() - 2 * MARGIN, HEAD)
        painter.setFont(themes.mono(bold=True))
        painter.setPen(theme.dim if self._ended else theme.text)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(head, right, self._current())
        room = head.adjusted(0, 0, -painter.fontMetrics().horizontalAdvance(self._current()) - 8, 0)
        painter.setFont(themes.ui(12))
        painter.setPen(theme.dim)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self._name)
        if len(self._series) > 1:
            self._paint_legend(
                painter, room.adjusted(painter.fontMetrics().horizontalAdvance(self._name) + 12, 0, 0, 0)
            )
        painter.setPen(theme.line)
        painter.drawLine(MARGIN, self.height() - 1, self.width() - MARGIN, self.height() - 1)

    def _paint_legend(self, painter: QPainter, room: QRect) -> None:
        x = room.left()
        for position, series in enumerate(self._series):
            name = safe_text(series.name, 24)
            width = painter.fontMetrics().horizontalAdvance(name) + 18
            if x + width > room.right():
                return
            painter.fillRect(x, room.center().y(), 8, 2, self._colour(position))
            painter.drawText(QRect(x + 12, room.top(), width, room.height()), Qt.AlignmentFlag.AlignVCenter, name)
            x += width + 8

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            if self._curves is not None:  # the ground at once, the curves when it is their turn
                self._curves.take_theme()
            self._draw()
