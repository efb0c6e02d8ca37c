"""How often which time occurred: bars over a logarithmic axis, with the percentiles marked."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import theme as themes
from app.text import duration, number, tip
from app.widgets.stagepaint import stage_colour
from engine.observe.histogram import Histogram
from engine.observe.stages import Stage

PERCENTS = (50, 95, 99)
MARGIN = 12
HEAD = 18
"""Height of the line with the percentiles."""
FOOT = 16
BAR = 5
"""Pixels, at least."""
LEAST = 1_000.0
"""ns: shorter ones share the first bar."""
DECADES = 2
"""The axis spans so many at least: a single bar would look like an even spread."""
UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"))


class LatencyHistogram(QWidget):
    """Only painted; the mouse tells what a bar counts, and what is marked is the accessible description."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._histogram = Histogram()
        self._stage: Stage | None = None
        self._buckets: list[tuple[float, float, int]] = []
        self._decades = (3, 3 + DECADES)
        """Powers of ten, in ns, that the axis begins and ends with."""
        self._empty = ""

    def set_histogram(self, histogram: Histogram, stage: Stage | None) -> None:
        """Show these times, in the colour of their stage; None: of whole requests."""
        if histogram != self._histogram or stage is not self._stage:
            self._histogram, self._stage = histogram.copy(), stage
            self._buckets = self._histogram.buckets()
            self._decades = _decades(self._buckets)
            self.setAccessibleDescription(", ".join(f"{word} {value}" for word, value in self.marks()))
            self.update()

    def set_empty_text(self, sentence: str) -> None:
        """What to say when nothing has been timed."""
        self._empty = sentence
        self.update()

    def marks(self) -> list[tuple[str, str]]:
        """The percentiles and the longest time, in words."""
        found = self._histogram
        if not found.count:
            return []
        shown = [(f"p{percent}", duration(found.percentile(percent))) for percent in PERCENTS]
        return [*shown, (self.tr("max"), duration(found.longest))]

    # Geometry

    def _axis(self) -> QRect:
        return self.rect().adjusted(MARGIN, HEAD, -MARGIN, -FOOT)

    def _x(self, ns: float) -> float:
        first, last = self._decades
        axis = self._axis()
        return axis.left() + axis.width() * (math.log10(max(ns, 10.0**first)) - first) / (last - first)

    def bars(self) -> list[tuple[QRectF, float, float, int]]:
        """Place on screen, from, up to, how many. Neighbours that would be thinner than BAR are one bar."""
        joined: list[tuple[float, float, int]] = []
        for low, high, count in self._buckets:
            if joined and self._x(high) - self._x(joined[-1][0]) < BAR:
                first, _, before = joined.pop()
                joined.append((first, high, before + count))
            else:
                joined.append((low, high, count))
        axis, most = self._axis(), max((count for *_, count in joined), default=1)
        made = []
        for low, high, count in joined:
            left, right = round(self._x(low)), round(self._x(high))
            height = max(2, round(axis.height() * count / most))
            box = QRectF(left, axis.bottom() + 1 - height, max(2, right - left - 1), height)
            made.append((box, low, high, count))
        return made

    # Painting

    def _paint_axis(self, painter: QPainter) -> None:
        theme, axis = themes.theme(), self._axis()
        painter.setPen(theme.line)
        painter.drawLine(axis.left(), axis.bottom() + 1, axis.right(), axis.bottom() + 1)
        painter.setFont(themes.mono(10))
        first, last = self._decades
        room = axis.width() / (last - first)
        for decade in range(first, last + 1, max(1, math.ceil(44 / room))):
            x = round(self._x(10.0**decade))
            painter.setPen(theme.line)
            painter.drawLine(x, axis.bottom() + 1, x, axis.bottom() + 4)
            painter.setPen(theme.dim)
            box = QRect(max(0, min(x - 30, self.width() - 60)), axis.bottom() + 4, 60, FOOT - 4)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, decade_text(decade))

    def _paint_marks(self, painter: QPainter) -> None:
        theme, axis = themes.theme(), self._axis()
        x = float(MARGIN)
        for word, value in self.marks():
            painter.setFont(themes.ui(11))
            painter.setPen(theme.dim)
            painter.drawText(round(x), HEAD - 6, word)
            x += painter.fontMetrics().horizontalAdvance(f"{word} ") + 1
            painter.setFont(themes.mono(11, bold=True))
            painter.setPen(theme.text)
            painter.drawText(round(x), HEAD - 6, value)
            x += painter.fontMetrics().horizontalAdvance(value) + 12
        for percent in PERCENTS:
            at = round(self._x(self._histogram.percentile(percent)))
            painter.setPen(theme.dim)
            painter.drawLine(at, axis.top(), at, axis.bottom())

    def _colour(self) -> QColor:
        return themes.theme().accent if self._stage is None else stage_colour(self._stage)

    # Qt's overrides

    def sizeHint(self) -> QSize:
        return QSize(300, 116)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 90)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), themes.theme()
        if not self._histogram.count:
            painter.setPen(theme.dim)
            painter.setFont(themes.ui(12))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._empty)
            return
        self._paint_axis(painter)
        colour = self._colour()
        for box, *_ in self.bars():
            painter.fillRect(box, colour)
        self._paint_marks(painter)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._sentence(event.pos()), self)
            return True
        return super().event(event)

    def _sentence(self, place: QPoint) -> str:
        for box, low, high, count in self.bars():
            if box.left() - 1 <= place.x() <= box.right() + 1:
                share = 100 * count / self._histogram.count
                sentence = self.tr("{low} to {high}: {count} of {all}, {share} %")
                words = {"low": duration(int(low)), "high": duration(int(high)), "count": number(count)}
                return tip(sentence.format(**words, all=number(self._histogram.count), share=f"{share:.1f}"))
        return ""


def _decades(buckets: list[tuple[float, float, int]]) -> tuple[int, int]:
    if not buckets:
        return 3, 3 + DECADES
    first = math.floor(math.log10(max(buckets[0][0], LEAST)))
    last = math.ceil(math.log10(max(buckets[-1][1], LEAST * 10)))
    return first, max(last, first + DECADES)


def decade_text(decade: int) -> str:
    """A power of ten of ns as people write it: 10 µs, 1 ms, 100 s."""
    value = 10.0**decade
    for unit, name in UNITS:
        if value >= unit:
            return f"{value / unit:.0f} {name}"
    return f"{value:.0f} ns"
