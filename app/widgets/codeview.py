"""Source code with its line numbers, breakpoints, arrow, values and times: only the lines on screen are painted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

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
from app.widgets.codestep import step

LINE = 17
"""Height of a line in px."""
GUTTER = 20
GAP = 10
MOST_CHARACTERS = 500
VALUE_GAP = 28
TOP = 4


class CodeView(QAbstractScrollArea):
    """Lines are counted from 1. The cursor is a line; Shift takes more lines, Ctrl+C copies them."""

    gutter_clicked = Signal(int)
    gutter_asked = Signal(int)
    """Right button in the gutter: what is there shall be changed."""
    line_changed = Signal(int)
    focus_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Code"))
        self.viewport().setAutoFillBackground(False)
        self.viewport().setMouseTracking(True)
        self._lines: Sequence[str] = ()
        self._colours = Highlighter(())
        self._cursor = self._anchor = 1
        self._arrow: int | None = None
        self._dots: Mapping[int, Dot] = {}
        self._marks: Mapping[int, tuple[LineMark, str]] = {}
        self._values: Mapping[int, str] = {}
        self._tint: Mapping[int, tuple[float, float]] = {}
        self._width = 0

    # What is shown

    @property
    def line(self) -> int:
        """The line that the cursor is in."""
        return self._cursor

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    def set_source(self, lines: Sequence[str]) -> None:
        """Show other lines; what is said about lines is forgotten, the place stays as far as it is still there."""
        self._lines = tuple(safe_text(line, MOST_CHARACTERS) if line else "" for line in lines)
        self._colours = Highlighter(self._lines)
        self._width = max(map(len, self._lines), default=0)
        self._cursor = self._anchor = max(1, min(self._cursor, self.count))
        self._arrow = None
        self._dots, self._marks, self._values, self._tint = {}, {}, {}, {}
        self._fit()
        self.viewport().update()

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

    def show_line(self, line: int) -> None:
        """Put the cursor into a line, and bring it to the middle if it is not in sight."""
        self._cursor = self._anchor = max(1, min(line, self.count))
        bar = self.verticalScrollBar()
        if not bar.value() + 1 < line < bar.value() + bar.pageStep():
            bar.setValue(line - 1 - bar.pageStep() // 2)
        self._on_moved()

    def show_top(self, line: int) -> None:
        """Put the cursor into a line, and the line to the top."""
        self._cursor = self._anchor = max(1, min(line, self.count))
        self.verticalScrollBar().setValue(line - 2)
        self._on_moved()

    def selected_text(self) -> str:
        """The chosen lines, or the cursor's."""
        first, last = sorted((self._anchor, self._cursor))
        return "".join(f"{line}\n" for line in self._lines[first - 1 : last])

    # Geometry

    @property
    def _code_left(self) -> int:
        digits = max(3, len(str(self.count)))
        tint = TINT_BAR + GAP if self._tint else 0
        return GUTTER + digits * QFontMetrics(mono()).horizontalAdvance("0") + GAP + tint

    def _fit(self) -> None:
        page = max(1, (self.viewport().height() - TOP) // LINE)
        self.verticalScrollBar().setPageStep(page)
        self.verticalScrollBar().setRange(0, max(0, self.count - page))
        advance = QFontMetrics(mono()).horizontalAdvance("0")
        room = self.viewport().width() - self._code_left
        self.horizontalScrollBar().setPageStep(max(1, room))
        self.horizontalScrollBar().setSingleStep(advance * 4)
        self.horizontalScrollBar().setRange(0, max(0, (self._width + 2) * advance - room))

    def line_at(self, place: QPoint) -> int:
        """The line under a point, 0 for none."""
        line = self.verticalScrollBar().value() + (place.y() - TOP) // LINE + 1
        return line if 1 <= line <= self.count else 0

    def line_rect(self, line: int) -> QRect:
        """Where a line stands in the viewport."""
        top = TOP + (line - 1 - self.verticalScrollBar().value()) * LINE
        return QRect(0, top, self.viewport().width(), LINE)

    def _move(self, line: int, extend: bool) -> None:
        self._cursor = max(1, min(line, self.count))
        if not extend:
            self._anchor = self._cursor
        bar = self.verticalScrollBar()
        if self._cursor <= bar.value():
            bar.setValue(self._cursor - 1)
        elif self._cursor > bar.value() + bar.pageStep():
            bar.setValue(self._cursor - bar.pageStep())
        self._on_moved()

    def _on_moved(self) -> None:
        if self._lines:
            self.setAccessibleDescription(tr("Line {n}: {text}").format(n=self._cursor, text=self.selected_text()))
        self.line_changed.emit(self._cursor)
        self.viewport().update()

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

    def _digits_width(self) -> int:
        return self._code_left - GUTTER - GAP - (TINT_BAR + GAP if self._tint else 0)

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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        bar = self.verticalScrollBar()
        seen = bar.value() < self._cursor <= bar.value() + bar.pageStep()
        self._fit()
        if seen and self._cursor > bar.value() + bar.pageStep():
            bar.setValue(self._cursor - 1 - bar.pageStep() // 2)

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

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focus_changed.emit(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        to = step(event, self._cursor, self.verticalScrollBar().pageStep(), self.count)
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if to is not None:
            self._move(to, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() + (bar.singleStep() if event.key() == Qt.Key.Key_Right else -bar.singleStep()))
        elif control and event.key() == Qt.Key.Key_C:
            QGuiApplication.clipboard().setText(self.selected_text())
        elif control and event.key() == Qt.Key.Key_A:
            self._anchor, self._cursor = 1, max(1, self.count)
            self.viewport().update()
        else:
            event.ignore()
