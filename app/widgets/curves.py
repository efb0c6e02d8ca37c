"""The curves of a load chart: lines over the seconds before now, from zero up, without axes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.models.load import Series

HEADROOM = 1.1
"""The top of a chart is so much above its highest value."""
FEW = 4
"""Up to so many curves are smoothed: more would cost too much."""


def paint_curves(
    painter: QPainter, rect: QRectF, series: Sequence[Series], colours: Sequence[QColor], least: float
) -> None:
    """Paint these curves into `rect`, to one scale; its top is at least `least`: idling must not look like a mountain.

    The first curve is painted last: it is the one whose value the chart tells.
    """
    highest = max((y for one in series for y in one.ys if y == y), default=0.0)
    first = min((one.xs[0] for one in series if one.xs), default=-1.0)
    last = max((one.xs[-1] for one in series if one.xs), default=0.0)
    x_scale = rect.width() / max(1.0, last - first)
    y_scale = rect.height() / (max(highest, least) * HEADROOM)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(series) <= FEW)
    for one, colour in reversed(list(zip(series, colours, strict=False))):
        painter.setPen(QPen(colour, 1))
        for line in _lines(one):
            painter.drawPolyline(
                QPolygonF([QPointF(rect.left() + (x - first) * x_scale, rect.bottom() - y * y_scale) for x, y in line])
            )
    painter.restore()


def _lines(one: Series) -> Iterator[list[tuple[float, float]]]:
    """Runs of points without gaps; a point alone becomes a short line, so that it is seen."""
    line: list[tuple[float, float]] = []
    for x, y in [*zip(one.xs, one.ys, strict=True), (0.0, math.nan)]:
        if y == y:
            line.append((x, y))
        elif line:
            yield line if len(line) > 1 else [(line[0][0] - 0.5, line[0][1]), *line]
            line = []
