"""Worker lanes of the last ten seconds: one painted picture, a block for each request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from app import theme as themes
from app.models.workers import WINDOW, Block, End, Lane, LanesModel
from app.text import safe_text, tip
from app.widgets.laneending import how_ended, told_block, told_end
from app.widgets.stagepaint import BlockPainter, blocks
from engine.observe.stages import Stage

ROW = 22
BAR = 14
MARGIN = 12
LABEL = 124
_TOP = 6
NARROW = 3
"""Blocks of so few pixels show no stages."""
SIGN = 11
"""Pixels of the sign of a request that does not get on."""
CROSS = 8
"""Pixels of a failure's sign: of those that would lie over each other only the first is painted."""


class LanesView(QAbstractScrollArea):
    """Paints a LanesModel. A click on a block, or Enter, chooses its request."""

    request_chosen = Signal(object)
    """int"""

    def __init__(self, model: LanesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        # It paints all of its ground: Qt need not paint what lies behind, up to the window.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Worker lanes of the last ten seconds"))
        self._model = model
        self._chosen: int | None = None
        self._empty = ""
        self._stuck: Mapping[int, str] = {}
        self._scale = WINDOW / 100
        """ns of a pixel."""
        model.changed.connect(self._on_changed)

    def select_request(self, request: int | None) -> None:
        """Outline a request's block, and bring its lane into sight; emits nothing."""
        self._chosen = request
        where = self._where()
        if where is not None:
            bar, top = self.verticalScrollBar(), where[0] * ROW
            bar.setValue(max(min(bar.value(), top), top + ROW + 2 * _TOP - bar.pageStep()))
        self.viewport().update()

    def set_stuck(self, requests: Mapping[int, str]) -> None:
        """Mark the requests that do not get on, each with a sentence that says why."""
        self._stuck = requests

    def set_empty_text(self, sentence: str) -> None:
        """What to say when there is no lane."""
        if sentence != self._empty:
            self._empty = sentence
            self.viewport().update()

    def _on_changed(self) -> None:
        self._fit()
        if self.isVisible():
            self.viewport().update()

    def _fit(self) -> None:
        page = self.viewport().height()
        self._scale = WINDOW / self._width()
        self.verticalScrollBar().setPageStep(page)
        self.verticalScrollBar().setSingleStep(ROW)
        self.verticalScrollBar().setRange(0, max(0, len(self._model.lanes) * ROW + 2 * _TOP - page))

    # Geometry

    def _width(self) -> int:
        return max(10, self.viewport().width() - LABEL - MARGIN)

    def _spans(self, lane: Lane) -> Iterator[tuple[Block, int, int]]:
        """Each block's pixels from the axis' origin, snapped to the clock, not to the picture: they do not tremble."""
        scale, now = self._scale, self._model.now
        origin = int((now - WINDOW) / scale)
        for block in lane.blocks:
            left = int(block.started / scale) - origin
            right = int((now if block.ended is None else block.ended) / scale) - origin
            yield block, left, right if right > left + 2 else left + 2

    def _lane_at(self, y: int) -> Lane | None:
        row = (y + self.verticalScrollBar().value() - _TOP) // ROW
        return self._model.lanes[row] if 0 <= row < len(self._model.lanes) else None

    def _block_at(self, point: QPoint) -> Block | None:
        lane = self._lane_at(point.y())
        x = point.x() - LABEL
        near = [span for span in self._spans(lane) if span[1] - 2 <= x <= span[2] + 2] if lane else []
        return min(near, key=lambda span: abs((span[1] + span[2]) / 2 - x), default=(None,))[0]

    # Painting

    def _paint_lane(self, painter: QPainter, lane: Lane, top: int) -> None:
        theme = themes.theme()
        painter.setFont(themes.mono())
        painter.setPen(theme.dim)
        label = painter.fontMetrics().elidedText(
            safe_text(lane.label), Qt.TextElideMode.ElideMiddle, LABEL - MARGIN - (34 if lane.cpu is not None else 6)
        )
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(MARGIN, top, LABEL, ROW), middle, label)
        if lane.cpu is not None:
            painter.setFont(themes.mono(10))
            painter.setPen(theme.faint)
            share = QRect(0, top, LABEL - 8, ROW)
            painter.drawText(share, middle | Qt.AlignmentFlag.AlignRight, f"{lane.cpu * 100:.0f}%")
        painter.save()
        painter.setClipRect(QRect(LABEL, top, self._width(), ROW))
        self._paint_blocks(painter, lane, top + (ROW - BAR) // 2)
        self._paint_ends(painter, lane, top)
        painter.restore()

    def _paint_blocks(self, painter: QPainter, lane: Lane, top: int) -> None:
        """Blocks too narrow for stages go out together: a flood makes hundreds of them in each lane."""
        narrow: list[tuple[int, int]] = []
        crosses: list[int] = []
        chosen: tuple[int, int] | None = None
        stuck: tuple[int, int] | None = None
        painted, ground, end = BlockPainter(0, BAR), themes.theme().window, -1
        for block, left, right in self._spans(lane):
            if block.stages and (right - left > NARROW or block.request == self._chosen):
                made = blocks(block.stages, block.started, self._model.now, self._scale, least=1)
                painted.add(made, LABEL + left, top, self._width() - left, ground, outline=False)
            elif narrow and left <= end:
                end = max(end, right)
                narrow[-1] = narrow[-1][0], end
            else:
                end = right
                narrow.append((left, end))
            if block.request == self._chosen:
                chosen = left, right
            if block.request in self._stuck:
                stuck = left, right
            if block.failed and (not crosses or right - crosses[-1] > CROSS):
                crosses.append(right)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(themes.theme().stage(Stage.HANDLE))
        painter.drawRects([QRect(LABEL + left, top, right - left, BAR) for left, right in narrow])
        painted.paint(painter)
        if chosen:
            painter.setPen(QPen(themes.theme().text, 1))
            painter.drawRect(QRectF(LABEL + chosen[0] - 1.5, top - 1.5, chosen[1] - chosen[0] + 3, BAR + 3))
        if stuck:
            self._paint_stuck(painter, stuck, top)
        _paint_crosses(painter, [QPointF(LABEL + right + 4, top + BAR / 2) for right in crosses])

    def _paint_stuck(self, painter: QPainter, span: tuple[int, int], top: int) -> None:
        """A frame, and a sign at the end that grows."""
        left, right = LABEL + span[0], LABEL + min(span[1], self._width())
        colour = themes.theme().warn
        painter.setPen(QPen(colour, 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(left + 0.5, top - 0.5, right - left - 1, BAR + 1))
        painter.fillRect(QRect(right - SIGN, top - 1, SIGN, BAR + 2), colour)
        painter.setFont(themes.ui(11, bold=True))
        painter.setPen(themes.theme().window)
        painter.drawText(QRect(right - SIGN, top, SIGN, BAR), Qt.AlignmentFlag.AlignCenter, "!")

    def _paint_ends(self, painter: QPainter, lane: Lane, top: int) -> None:
        """Where a process ended that served many: a line across the lane, and how."""
        theme = themes.theme()
        painter.setFont(themes.mono(10))
        for end in lane.ends:
            x = LABEL + self._pixel(end.at)
            word = how_ended(end)
            painter.setPen(QPen(theme.error if end.status else theme.dim, 1.6))
            painter.drawLine(x, top + 2, x, top + ROW - 3)
            width = painter.fontMetrics().horizontalAdvance(word)
            left = x + 5 if x + 5 + width <= self.viewport().width() else x - 4 - width
            ground = QRect(left - 2, top + 4, width + 4, ROW - 8)
            painter.fillRect(ground, theme.window)
            painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, word)

    def _pixel(self, at: int) -> int:
        return int(at / self._scale) - int((self._model.now - WINDOW) / self._scale)

    # Qt's overrides

    def sizeHint(self) -> QSize:
        return QSize(360, max(3, len(self._model.lanes)) * ROW + 2 * _TOP)

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 2 * ROW + 2 * _TOP)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = themes.theme()
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme.window)
        if not self._model.lanes:
            painter.setPen(theme.dim)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.viewport().rect().adjusted(MARGIN, 0, -MARGIN, 0), flags, self._empty)
        offset = _TOP - self.verticalScrollBar().value()
        for row, lane in enumerate(self._model.lanes):
            top = offset + row * ROW
            if -ROW < top < self.viewport().height():
                self._paint_lane(painter, lane, top)
        if self.hasFocus():
            painter.setPen(theme.accent)
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        block = self._block_at(event.position().toPoint())
        if block is not None:
            self._choose(block)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def _choose(self, block: Block) -> None:
        self.select_request(block.request)
        self.request_chosen.emit(block.request)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._step(1 if key is Qt.Key.Key_Right else -1)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._change_lane(1 if key is Qt.Key.Key_Down else -1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._chosen is not None:
            self.request_chosen.emit(self._chosen)
        else:
            event.ignore()

    def _where(self) -> tuple[int, int] | None:
        """Lane and block of the chosen request."""
        for row, lane in enumerate(self._model.lanes):
            for position, block in enumerate(lane.blocks):
                if block.request == self._chosen:
                    return row, position
        return None

    def _step(self, by: int) -> None:
        lanes, where = self._model.lanes, self._where()
        if where is not None and 0 <= where[1] + by < len(lanes[where[0]].blocks):
            self._choose(lanes[where[0]].blocks[where[1] + by])
        elif where is None and lanes and lanes[0].blocks:
            self._choose(lanes[0].blocks[-1])

    def _change_lane(self, by: int) -> None:
        lanes, where = self._model.lanes, self._where()
        row = 0 if where is None else max(0, min(len(lanes) - 1, where[0] + by))
        if lanes and lanes[row].blocks:
            self._choose(lanes[row].blocks[-1])

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            block, end = self._block_at(event.pos()), self._end_at(event.pos())
            sentence = told_end(end) if end else ""
            if block and not end:
                sentence = told_block(block, self._model.now, self._stuck.get(block.request, ""))
            QToolTip.showText(event.globalPos(), tip(sentence) if sentence else "", self)
            return True
        return super().viewportEvent(event)

    def _end_at(self, point: QPoint) -> End | None:
        lane = self._lane_at(point.y())
        x = point.x() - LABEL
        return next((end for end in lane.ends if abs(self._pixel(end.at) - x) <= 4), None) if lane else None


def _paint_crosses(painter: QPainter, middles: list[QPointF]) -> None:
    """Failed: a sign beside the block, so that colour is not the only difference."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(themes.theme().error, 1.6))
    for middle in middles:
        for way in (1, -1):
            painter.drawLine(middle + QPointF(-3, -3 * way), middle + QPointF(3, 3 * way))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
