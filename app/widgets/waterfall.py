"""The waterfall: one row a stage of one request, as bars over time, solid on a CPU and pale while waiting."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from app import theme as themes
from app.models.requestcolumns import CALM
from app.text import duration, tip
from app.widgets.heldaxis import HeldAxis, Span, pieces, spans
from app.widgets.stagepaint import GAP, paint_waiting, pause_sign, share_on_cpu, stage_colour
from engine.capture.records import RequestRecord, StageRecord
from engine.observe.stages import Stage

ROW = 18
MARGIN = 12
_NAME = 132
_VALUE = 76
_NOTE = 76
_BAR = 10
TOP = 4
_LEAST = 2
ERROR = Stage.HANDLE_ERROR


class Waterfall(QWidget):
    """All stages of a request. Arrow keys move, the mouse tells values."""

    stage_chosen = Signal(object)
    """Stage | None"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Stages of the request"))
        self._request: RequestRecord | None = None
        self._stages: tuple[StageRecord, ...] = ()
        self._now = 0
        self._failed: Stage | None = None
        self._chosen: int | None = None
        self._empty = ""
        self._held: tuple[Span, ...] = ()
        self._calm = False
        """What it raised is no mistake: the peer had gone, or was slow."""

    def set_request(self, request: RequestRecord | None, now: int = 0, failed: Stage | None = None) -> None:
        """Show a request; `now` ends the bars of what still runs, `failed` is the stage that raised."""
        chosen = None if self._chosen is None else self._stages[self._chosen].stage
        self._request, self._now, self._failed = request, now, failed
        self._calm = request is not None and request.state in CALM
        self._stages = tuple(sorted(request.stages, key=lambda s: (s.started, s.stage))) if request else ()
        self._held = spans(request.pauses, now) if request else ()
        self._chosen = self._row_of(chosen)
        self.setAccessibleDescription("; ".join(self._sentence(stage) for stage in self._stages))
        self.updateGeometry()
        self.update()

    def select_stage(self, stage: Stage | None) -> None:
        """Highlight a stage's row; emits nothing."""
        self._chosen = self._row_of(stage)
        self.update()

    def set_empty_text(self, sentence: str) -> None:
        """What to say when there is no stage."""
        self._empty = sentence
        self.update()

    def _row_of(self, stage: Stage | None) -> int | None:
        return next((row for row, record in enumerate(self._stages) if record.stage is stage), None)

    def _end(self, record: StageRecord) -> int:
        return max(record.started, self._now if record.ended is None else record.ended)

    def _sentence(self, record: StageRecord) -> str:
        lasted, held = self._worked(record)
        parts = [f"{record.stage.method}: {duration(lasted)}"]
        if held:
            parts.append(self.tr("paused for {time}").format(time=duration(held)))
        if record.ended is None:
            parts.append(self.tr("still running"))
        if record.cpu is not None:
            parts.append(self.tr("{time} on a CPU").format(time=duration(record.cpu)))
            parts.append(self.tr("{time} waiting").format(time=duration(max(0, lasted - record.cpu))))
        if record.stage is self._failed:
            parts.append(self.tr("raised"))
        return ", ".join(parts)

    def _worked(self, record: StageRecord) -> tuple[int, int]:
        """For how long a stage ran, and for how long it was held."""
        ended = self._end(record)
        ran = sum(until - since for since, until in pieces(record, ended, self._held))
        return ran, ended - record.started - ran

    # Painting

    def _axis(self) -> tuple[int, int]:
        return MARGIN + _NAME, max(40, self.width() - 2 * MARGIN - _NAME - _VALUE - _NOTE)

    def _time_axis(self) -> HeldAxis:
        origin = self._stages[0].started
        ended = max(map(self._end, self._stages))
        held = [(since, until) for since, until in self._held if until > origin and since < ended]
        span = max(1, ended - origin - sum(until - since for since, until in held))
        room = max(20, self._axis()[1] - GAP * len(held))
        return HeldAxis(origin, span / room, held, GAP)

    def _paint_row(self, painter: QPainter, row: int, axis: HeldAxis) -> None:
        theme, record = themes.theme(), self._stages[row]
        top = row * ROW + TOP
        ground = theme.panel
        if row == self._chosen:
            ground = theme.selection
            painter.fillRect(0, top, self.width(), ROW, ground)
        painter.setFont(themes.mono())
        painter.setPen(theme.text)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(MARGIN, top, _NAME, ROW), middle, record.stage.method)
        left, width = self._axis()
        value = QRect(left + width, top, _VALUE, ROW)
        painter.drawText(value, middle | Qt.AlignmentFlag.AlignRight, duration(self._worked(record)[0]))
        words, colour = self._note(record)
        painter.setPen(colour)
        painter.setFont(themes.ui(12))
        painter.drawText(QRect(value.right() + 9, top, _NOTE, ROW), middle, words)
        self._paint_bar(painter, record, top + (ROW - _BAR) // 2, axis, ground)

    def _note(self, record: StageRecord) -> tuple[str, QColor]:
        theme = themes.theme()
        if record.stage is self._failed:
            return (self.tr("raised"), theme.dim) if self._calm else (self.tr("✕ raised"), theme.error)
        held = self._worked(record)[1]
        if held:
            return f"‖ {duration(held)}", theme.warn
        return ("" if record.ended is not None else self.tr("running")), theme.dim

    def _paint_bar(self, painter: QPainter, record: StageRecord, top: int, axis: HeldAxis, ground: QColor) -> None:
        left, width = self._axis()
        colour = stage_colour(Stage.SHUTDOWN_REQUEST if self._calm and record.stage is ERROR else record.stage)
        share = share_on_cpu(record, self._worked(record)[0])
        for since, until in pieces(record, self._end(record), self._held):
            x = left + axis.x(since)
            long = max(_LEAST, axis.x(until) - axis.x(since))
            bar = QRectF(round(min(x, left + width - _LEAST)), top, round(long), _BAR)
            solid = QRectF(bar.left(), bar.top(), round(bar.width() * share), _BAR)
            painter.fillRect(solid, colour)
            if solid.width() < bar.width():
                paint_waiting(painter, bar.adjusted(solid.width(), 0, 0, 0), colour, ground)
        for since, until in self._held:
            if since < self._end(record) and until > record.started:
                for rect in pause_sign(round(left + axis.x(since)), top, _BAR):
                    painter.fillRect(rect, themes.theme().warn)

    def _row_at(self, y: float) -> int | None:
        row = int(y - TOP) // ROW
        return row if 0 <= row < len(self._stages) else None

    def _choose(self, row: int | None) -> None:
        if row != self._chosen:
            self._chosen = row
            self.update()
            self.stage_chosen.emit(None if row is None else self._stages[row].stage)

    # Qt's overrides

    def sizeHint(self) -> QSize:
        return QSize(_NAME + _VALUE + _NOTE + 280, max(1, len(self._stages)) * ROW + 2 * TOP)

    def minimumSizeHint(self) -> QSize:
        return QSize(_NAME + _VALUE + _NOTE + 80, max(1, len(self._stages)) * ROW + 2 * TOP)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), themes.theme().panel)
        if not self._stages:
            painter.setPen(themes.theme().dim)
            painter.drawText(self.rect().adjusted(12, 0, -12, 0), Qt.AlignmentFlag.AlignCenter, self._empty)
            return
        axis = self._time_axis()
        for row in range(len(self._stages)):
            self._paint_row(painter, row, axis)
        if self.hasFocus() and self._chosen is None:
            painter.setPen(themes.theme().accent)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._choose(self._row_at(event.position().y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if by is None or not self._stages:
            event.ignore()
        elif self._chosen is None:
            self._choose(0 if by > 0 else len(self._stages) - 1)
        else:
            self._choose(max(0, min(len(self._stages) - 1, self._chosen + by)))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            row = self._row_at(event.pos().y())
            QToolTip.showText(event.globalPos(), "" if row is None else tip(self._sentence(self._stages[row])), self)
            return True
        return super().event(event)
