"""How the parts of one line of code are painted: the dot of a breakpoint, the arrow, the bar of time, the code."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.models.highlighting import Span
from app.models.linepoints import Dot
from app.theme import Theme, mix

TINT_BAR = 36
"""Width of the bar of time, in px."""
STRONGEST = 0.22
"""How much of the handler's colour the ground of a line has that all time goes to."""


class LineMark(Enum):
    """Why a line is worth a look."""

    ERROR = auto()
    WARNING = auto()
    GOOD = auto()


def token_colour(kind: str, chosen: Theme) -> QColor:
    """The colour of a kind of token."""
    if kind == "comment":
        return chosen.dim
    stages = {"keyword": "handle", "string": "setup", "number": "verify", "name": "accept"}
    return chosen.stages[stages[kind]]


def mark_colour(mark: LineMark, chosen: Theme) -> QColor:
    """The colour of a mark."""
    return {LineMark.ERROR: chosen.error, LineMark.WARNING: chosen.warn, LineMark.GOOD: chosen.ok}[mark]


def paint_dot(painter: QPainter, place: QRect, dot: Dot, chosen: Theme) -> None:
    """A breakpoint: filled when it holds, hollow when it does not, with a sign of its kind in it."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(chosen.warn, 1.5))
    hollow = dot in (Dot.OFF, Dot.UNSURE)
    painter.setBrush(Qt.BrushStyle.NoBrush if hollow else chosen.warn)
    side = 9
    body = QRectF(place.center().x() - side / 2 + 0.5, place.center().y() - side / 2 + 0.5, side, side)
    if dot is Dot.LOG:
        painter.drawRect(body)
    else:
        painter.drawEllipse(body)
    painter.setPen(QPen(chosen.panel, 1.5))
    if dot in (Dot.CONDITIONAL, Dot.LOG):
        for shift in (-1.5, 1.5):
            middle = body.center().y() + shift
            painter.drawLine(QPointF(body.left() + 2, middle), QPointF(body.right() - 2, middle))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_arrow(painter: QPainter, place: QRect, colour: QColor) -> None:
    """The arrow at the line that runs next."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    x, y = place.center().x() + 0.5, place.center().y() + 0.5
    painter.drawPolygon(QPolygonF([QPointF(x - 4, y - 5), QPointF(x + 5, y), QPointF(x - 4, y + 5)]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_tint(painter: QPainter, place: QRect, share: tuple[float, float], most: float, chosen: Theme) -> None:
    """A bar of a line's time: solid on a CPU, pale while it waits. `most` is the share of the line with the most."""
    colour, left = chosen.stages["handle"], float(place.left())
    scale = TINT_BAR / most if most else 0.0
    for part, paint in zip(share, (colour, chosen.tint(colour)), strict=True):
        width = part * scale
        painter.fillRect(QRectF(left, place.top() + 4, width, place.height() - 8), paint)
        left += width


def tint_ground(share: tuple[float, float], chosen: Theme) -> QColor:
    """The ground of a line by the time that goes to it."""
    return mix(chosen.stages["handle"], chosen.panel, STRONGEST * min(1.0, sum(share)))


def paint_code(painter: QPainter, left: int, base: int, text: str, spans: Sequence[Span], chosen: Theme) -> None:
    """A line of code in its colours. The text is safe already; what is in no span has the colour of text."""
    at, metrics = 0, painter.fontMetrics()
    for span in (*spans, Span(len(text), 0, "")):
        end = span.start + span.length
        for piece, kind in ((text[at : span.start], ""), (text[span.start : end], span.kind)):
            painter.setPen(token_colour(kind, chosen) if kind else chosen.text)
            painter.drawText(left, base, piece)
            left += metrics.horizontalAdvance(piece)
        at = end
