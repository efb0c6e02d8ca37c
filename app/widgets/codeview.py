"""Source code with its line numbers, breakpoints, arrow, values and times: only the lines on screen are painted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from app.models.highlighting import Highlighter
from app.models.linepoints import Dot
from app.text import safe_text, tip, tr
from app.theme import mix, mono, theme
from app.widgets.codepaint import (
    TINT_BAR,
    LineMark,
    mark_colour,
    paint_arrow,
    paint_code,
    paint_dot,
    paint_tint,
    tint_ground,
)
from app.widgets.lineview import GAP, GUTTER, LINE, TOP, LineView

VALUE_GAP = 28


class CodeView(LineView):
    """Lines of code, and what is said about each."""

    gutter_clicked = Signal(int)
    gutter_asked = Signal(int)
    """Right button in the gutter: what is there shall be changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Code"))
        self._colours = Highlighter(())
        self._arrow: int | None = None
        self._dots: Mapping[int, Dot] = {}
        self._marks: Mapping[int, tuple[LineMark, str]] = {}
        self._values: Mapping[int, str] = {}
        self._tint: Mapping[int, tuple[float, float]] = {}

    # What is shown

    def set_source(self, lines: Sequence[str]) -> None:
        """Show other lines; what is said about lines is forgotten, the place stays as far as it is still there."""
        self._arrow = None
        self._dots, self._marks, self._values, self._tint = {}, {}, {}, {}
        self.set_lines(lines)
        self._colours = Highlighter(self._lines)

    def set_dots(self, dots: Mapping[int, Dot]) -> None:
        """Show breakpoints."""
        self._dots = dict(dots)
        self.viewport().update()

    def set_arrow(self, line: int | None) -> None:
        """Show the line that runs next."""
        self._arrow = line
        self.viewport().update()

    def set_marks(self, marks: Mapping[int, tuple[LineMark, str]]) -> None:
        """Mark lines; the sentence stands at the line's end, where no value stands."""
        self._marks = {line: (mark, safe_text(text, 200)) for line, (mark, text) in marks.items()}
        self.viewport().update()

    def set_values(self, values: Mapping[int, str]) -> None:
        """Show the values of variables at the ends of their lines."""
        self._values = {line: safe_text(text, 200) for line, text in values.items()}
        self.viewport().update()

    def set_tint(self, shares: Mapping[int, tuple[float, float]]) -> None:
        """Tint lines by time: shares of all samples, 0 to 1, on a CPU and waiting. An empty mapping takes it away."""
        self._tint = dict(shares)
        self.viewport().update()

    @property
    def _extra(self) -> int:
        return TINT_BAR + GAP if self._tint else 0

    # Painting

    def _paint_line(self, painter: QPainter, line: int) -> None:
        chosen, place = theme(), self.line_rect(line)
        self._paint_ground(painter, line, place)
        base = place.top() + (LINE + painter.fontMetrics().ascent() - painter.fontMetrics().descent()) // 2
        text = self._lines[line - 1]
        left = self._code_left - self.horizontalScrollBar().value()
        painter.save()
        painter.setClipRect(place.adjusted(self._code_left - 2, 0, 0, 0))
        paint_code(painter, left, base, text, self._colours.spans(line - 1), chosen)
        self._paint_end(painter, line, left + painter.fontMetrics().horizontalAdvance(text), base)
        painter.restore()
        painter.setPen(chosen.dim if line == self._cursor else chosen.faint)
        digits = QRect(GUTTER, place.top(), self._digits_width(), LINE)
        painter.drawText(digits, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), str(line))
        if line in self._tint:
            bar = QRect(GUTTER + self._digits_width() + GAP // 2, place.top(), TINT_BAR, LINE)
            paint_tint(painter, bar, self._tint[line], max(map(sum, self._tint.values())), chosen)
        sign = QRect(0, place.top(), GUTTER, LINE)
        if line in self._dots:
            paint_dot(painter, sign, self._dots[line], chosen)
        if line == self._arrow:
            paint_arrow(painter, sign, chosen.panel if self._dots.get(line) is Dot.PLAIN else chosen.warn)

    def _paint_ground(self, painter: QPainter, line: int, place: QRect) -> None:
        chosen = theme()
        first, last = sorted((self._anchor, self._cursor))
        if line == self._arrow:
            painter.fillRect(place, mix(chosen.warn, chosen.panel, 0.16))
        elif line in self._marks:
            painter.fillRect(place, mix(mark_colour(self._marks[line][0], chosen), chosen.panel, 0.14))
        elif line in self._tint:
            painter.fillRect(place, tint_ground(self._tint[line], chosen))
        if first != last and first <= line <= last:
            painter.fillRect(place.adjusted(GUTTER, 0, 0, 0), chosen.selection)
        elif line == self._cursor and self.hasFocus():
            painter.setPen(chosen.edge)
            painter.drawRect(place.adjusted(GUTTER, 0, -1, -1))

    def _paint_end(self, painter: QPainter, line: int, left: int, base: int) -> None:
        """What stands behind the code: the values of its variables, or what is wrong with the line."""
        chosen = theme()
        if line in self._values:
            painter.setPen(chosen.dim)
            painter.drawText(left + VALUE_GAP, base, self._values[line])
        elif line in self._marks:
            mark, text = self._marks[line]
            painter.setPen(mark_colour(mark, chosen))
            painter.drawText(left + VALUE_GAP, base, text)

    # Qt's overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme().panel)
        painter.setFont(mono())
        first = self.line_at(QPoint(0, max(TOP, event.rect().top()))) or 1
        for line in range(first, self.count + 1):
            if self.line_rect(line).top() > event.rect().bottom():
                break
            self._paint_line(painter, line)
        if self.hasFocus():
            painter.fillRect(0, 0, 2, self.viewport().height(), theme().accent)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        line = self.line_at(place)
        in_gutter = place.x() < self._code_left - GAP // 2
        if not line:
            return
        if in_gutter and event.button() is Qt.MouseButton.LeftButton:
            self._move(line, False)
            self.gutter_clicked.emit(line)
        elif in_gutter and event.button() is Qt.MouseButton.RightButton:
            self._move(line, False)
            self.gutter_asked.emit(line)
        elif event.button() is Qt.MouseButton.LeftButton:
            self._move(line, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        in_code = place.x() >= self._code_left - GAP // 2
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor if in_code else Qt.CursorShape.PointingHandCursor)
        if event.buttons() & Qt.MouseButton.LeftButton and in_code and (line := self.line_at(place)):
            self._move(line, True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and (words := self._explain(self.line_at(event.pos()))):
            QToolTip.showText(event.globalPos(), tip(words), self)
            return True
        return super().viewportEvent(event)

    def _explain(self, line: int) -> str:
        cpu, waiting = self._tint.get(line, (0.0, 0.0))
        parts = [self._marks[line][1]] if line in self._marks else []
        if line in self._values:
            parts.append(self._values[line])
        if line in self._tint:
            parts.append(tr("{cpu} % of the samples on a CPU, {wait} % waiting").format(
                cpu=round(cpu * 100), wait=round(waiting * 100)))  # fmt: skip
        return " · ".join(parts)
