"""The stage bar of a request, as a table's delegate, and the legend of its colours."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app import theme as themes
from app.models.requestcolumns import began
from app.widgets.stagepaint import blocks, paint_blocks
from engine.capture.records import RequestRecord

BAR_HEIGHT = 10
LEGEND_HEIGHT = 20
_SWATCH = 10
_GAP = 12


def paint_bar(painter: QPainter, rect: QRect, record: RequestRecord, scale: int, now: int, selected: bool) -> None:
    """Paint a request's stages in `rect`, which is `scale` ns wide."""
    theme = themes.theme()
    ground = theme.selection if selected else theme.panel
    made = blocks(record.stages, began(record), now, max(1, scale) / max(1, rect.width()))
    top = rect.center().y() - BAR_HEIGHT // 2 + 1
    painter.save()
    painter.setClipRect(rect)
    if made:
        # Between stages socketserver itself is at work: the line says that time passed there, too.
        painter.fillRect(rect.left(), top + BAR_HEIGHT // 2, made[-1].right, 1, theme.edge)
    paint_blocks(painter, made, rect.left(), top, BAR_HEIGHT, ground, selected)
    if made and made[-1].right > rect.width():
        _paint_cut(painter, rect, ground)
    painter.restore()


def _paint_cut(painter: QPainter, rect: QRect, ground: QColor) -> None:
    """Two slanted gaps: the bar goes on beyond the column."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(ground, 2))
    for back in (5, 10):
        painter.drawLine(rect.right() - back - 2, rect.bottom(), rect.right() - back + 2, rect.top())


class StageLegend(QWidget):
    """What the colours mean: accept, verify, queue, setup, handle, finish, close; hatched: waiting."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Colours of the stages"))
        self.setAccessibleDescription(", ".join(words()))
        self.setFixedHeight(LEGEND_HEIGHT)

    # Qt's overrides

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(themes.ui())
        return QSize(sum(metrics.horizontalAdvance(word) + _SWATCH + 4 + _GAP for word in words()), LEGEND_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, LEGEND_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = themes.theme()
        painter.setFont(themes.ui())
        metrics = painter.fontMetrics()
        # In a narrow window the right end stays, where "waiting" stands.
        x = self.width() - self.sizeHint().width()
        for word, colour in zip(words(), [*theme.stages.values(), None], strict=True):
            swatch = QRectF(x, (self.height() - _SWATCH) // 2 + 1, _SWATCH - 1, _SWATCH - 1)
            painter.fillRect(swatch, QBrush(theme.dim, Qt.BrushStyle.Dense5Pattern) if colour is None else colour)
            x += _SWATCH + 4
            painter.setPen(theme.dim)
            painter.drawText(QRect(x, 0, 400, self.height()), Qt.AlignmentFlag.AlignVCenter, word)
            x += metrics.horizontalAdvance(word) + _GAP


def words() -> list[str]:
    """The legend's words, in the order of the theme's stages; the last is the hatched one."""
    translate = QCoreApplication.translate
    accept = translate("StageLegend", "accept")
    verify = translate("StageLegend", "verify")
    queue = translate("StageLegend", "queue")
    setup = translate("StageLegend", "setup")
    handle = translate("StageLegend", "handle")
    finish = translate("StageLegend", "finish")
    close = translate("StageLegend", "close")
    waiting = translate("StageLegend", "waiting")
    return [accept, verify, queue, setup, handle, finish, close, waiting]
