"""Load charts: the sparkline of a list, and a titled line chart with the current value."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from app.models.load import Series


def paint_sparkline(painter: QPainter, rect: QRectF, points: Sequence[float], colour: QColor) -> None:
    """A line through the points, oldest left, the largest at the top."""


class LoadPlot(QWidget):
    """Name on the left, current value bold on the right, curves below, a hairline under it. Rests while hidden."""

    def __init__(self, name: str, unit: str = "", parent: QWidget | None = None) -> None:
        """`name` and `unit` are translated already. `unit` "ms", "%", "bytes" or ""."""
        super().__init__(parent)

    def set_series(self, series: Sequence[Series]) -> None:
        """The curves; the first one's newest value is the current one."""

    def set_ended(self, sentence: str) -> None:
        """Grey the chart and say why ("stopped 14:05"); "" for live again."""

    def set_colours(self, tokens: Sequence[str]) -> None:
        """A stage's word ("handle", "queue", ...) for each curve, in order; they repeat."""
