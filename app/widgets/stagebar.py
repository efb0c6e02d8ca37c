"""The stage bars of requests, one in each row of a table, and the legend of its colours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QLine, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app import theme as themes
from app.models.requestcolumns import CALM, began
from app.widgets.heldaxis import spans
from app.widgets.stagepaint import Block, BlockPainter, blocks
from engine.capture.records import RequestRecord
from engine.observe.stages import Stage

BAR_HEIGHT = 10
LEGEND_HEIGHT = 20
_SWATCH = 10
_GAP = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """A request's bar, in the row that begins at `top`."""

    top: int
    record: RequestRecord
    selected: bool = False


def paint_bars(painter: QPainter, bars: Iterable[Bar], left: int, width: int, scale: int, now: int) -> None:
    """Paint the stages of requests, each in its row; `width` pixels are `scale` ns."""
    theme, down = themes.theme(), (themes.ROW - BAR_HEIGHT) // 2
    painted, cut, between = BlockPainter(down, BAR_HEIGHT), [], []
    for bar in bars:
        ground = theme.selection if bar.selected else theme.panel
        record = bar.record
        held = spans(record.pauses, now) if record.pauses else ()
        made = blocks(record.stages, began(record), now, max(1, scale) / max(1, width), held=held)
        if made:
            made = _calm(made) if record.state in CALM else made
            painted.add(made, left, bar.top, width, ground, bar.selected)
            between.append(QRect(left, bar.top + themes.ROW // 2, min(made[-1].right, width), 1))
            if made[-1].right > width:
                cut.append((bar.top, ground))
    # Between stages socketserver itself is at work: the line says that time passed there, too.
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.edge)
    painter.drawRects(between)
    painted.paint(painter)
    _paint_cuts(painter, cut, left + width - 1)


def _calm(made: list[Block]) -> list[Block]:
    """That a peer goes is no error: what it costs is grey."""
    return [one._replace(stage=Stage.SHUTDOWN_REQUEST) if one.stage is Stage.HANDLE_ERROR else one for one in made]


def _paint_cuts(painter: QPainter, cut: Iterable[tuple[int, QColor]], right: int) -> None:
    """Two slanted gaps: the bar goes on beyond the column."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for top, ground in cut:
        painter.setPen(QPen(ground, 2))
        painter.drawLines([QLine(right - b - 2, top + themes.ROW - 4, right - b + 2, top + 4) for b in (5, 10)])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


class StageLegend(QWidget):
    """What the colours mean: accept, verify, queue, handshake, setup, handle, finish, close; hatched: waiting."""

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
    handshake = translate("StageLegend", "handshake")
    setup = translate("StageLegend", "setup")
    handle = translate("StageLegend", "handle")
    finish = translate("StageLegend", "finish")
    close = translate("StageLegend", "close")
    waiting = translate("StageLegend", "waiting")
    return [accept, verify, queue, handshake, setup, handle, finish, close, waiting]
