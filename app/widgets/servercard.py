"""A server's row in the list: state, name, address, what it does, its load, and what went wrong."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app import theme as themes
from app.models.servers import ServerRole
from app.text import safe_text
from app.theme import Theme
from app.widgets.plot import paint_sparkline

HEIGHT = 58
LEFT = 28
_LINE = 15
_SPARK = QSize(52, 12)
_CHIP = 26
"""px of the sign of faults that act on the server."""

Index = QModelIndex | QPersistentModelIndex


class ServerDelegate(QStyledItemDelegate):
    """Paints a row of a ServersModel."""

    def _paint_words(self, painter: QPainter, rect: QRect, index: Index, theme: Theme) -> None:
        name_room = rect.adjusted(LEFT, 8, -_SPARK.width() - 20, 0)
        if faults := index.data(ServerRole.FAULTS):
            chip = QRect(name_room.right() - _CHIP, name_room.top(), _CHIP, 17)
            self._line(painter, chip, 17, f"⚡{faults}", theme.fault, bold=True)
            name_room.setRight(chip.left() - 4)
        self._line(painter, name_room, 17, index.data(Qt.ItemDataRole.DisplayRole), theme.text, bold=True)
        room = rect.adjusted(LEFT, 25, -10, 0)
        painter.setFont(themes.mono(11))
        colour = theme.warn if index.data(ServerRole.OPEN) else theme.dim
        self._elide(painter, room, _LINE, index.data(ServerRole.ADDRESS), colour)
        self._line(painter, rect.adjusted(LEFT, 40, -10, 0), _LINE, index.data(ServerRole.MODE), theme.dim, bold=False)

    def _line(self, painter: QPainter, room: QRect, height: int, text: str, colour: QColor, *, bold: bool) -> None:
        painter.setFont(themes.ui(13 if bold else 12, bold=bold))
        self._elide(painter, room, height, text, colour)

    @staticmethod
    def _elide(painter: QPainter, room: QRect, height: int, text: str, colour: QColor) -> None:
        painter.setPen(colour)
        shown = shortened(safe_text(text), painter.fontMetrics(), room.width())
        box = QRect(room.left(), room.top(), room.width(), height)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, shown)

    @staticmethod
    def _strip(width: int, sentence: str) -> QRect:
        """The box of the failure's sentence below the three lines."""
        room = QRect(0, 0, width - LEFT - 22, 400)
        return QFontMetrics(themes.ui(12)).boundingRect(room, Qt.TextFlag.TextWordWrap, sentence)

    def _paint_error(self, painter: QPainter, rect: QRect, sentence: str, theme: Theme) -> None:
        box = rect.adjusted(LEFT, HEIGHT, -10, -8)
        painter.fillRect(box, themes.mix(theme.error, theme.window, 0.14))
        painter.fillRect(QRect(box.left(), box.top(), 2, box.height()), theme.error)
        painter.setFont(themes.ui(12))
        painter.setPen(theme.error)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(box.adjusted(8, 0, -4, 0), flags, sentence)

    # Qt's overrides

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        sentence = _breakable(index)
        width = option.rect.width()
        if not sentence:
            return QSize(width, HEIGHT)
        return QSize(width, HEIGHT + self._strip(max(width, 160), sentence).height() + 16)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        theme = themes.theme()
        painter.save()
        painter.setClipRect(rect)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.selection)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, themes.mix(theme.text, theme.window, 0.05))
        paint_state(
            painter, QRectF(rect.left() + 10, rect.top() + 11, 10, 10), str(index.data(ServerRole.STATE)), theme
        )
        self._paint_words(painter, rect, index, theme)
        spark = QRectF(rect.right() - _SPARK.width() - 12, rect.top() + 10, _SPARK.width(), _SPARK.height())
        points = index.data(ServerRole.POINTS)
        if any(points):
            paint_sparkline(painter, spark, points, theme.accent)
        if sentence := _breakable(index):
            self._paint_error(painter, rect, sentence, theme)
        painter.restore()


def shortened(text: str, metrics: QFontMetrics, width: int) -> str:
    """What fits: of a path its last part stays whole, of anything else both ends."""
    if metrics.horizontalAdvance(text) <= width:
        return text
    folder, slash, name = text.rpartition("/")
    room = width - metrics.horizontalAdvance(slash + name)
    if slash and room >= metrics.horizontalAdvance(f"{text[:5]}…"):
        return metrics.elidedText(folder, Qt.TextElideMode.ElideRight, room) + slash + name
    return metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width)


def _breakable(index: Index) -> str:
    """The failure's sentence; long paths may break after a slash."""
    return safe_text(index.data(ServerRole.ERROR) or "").replace("/", "/\u200b")


def paint_state(painter: QPainter, box: QRectF, state: str, theme: Theme) -> None:
    """The sign of a server's state: each has a shape of its own, so colour is never the only difference."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if state == "listening":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.ok)
        painter.drawEllipse(box)
    elif state == "paused":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.warn)
        painter.drawRects([box.adjusted(1, 0, -6, 0), box.adjusted(6, 0, -1, 0)])
    elif state == "failed":
        painter.setPen(QPen(theme.error, 2))
        inner = box.adjusted(1, 1, -1, -1)
        painter.drawLine(inner.topLeft(), inner.bottomRight())
        painter.drawLine(inner.topRight(), inner.bottomLeft())
    elif state in ("starting", "draining"):
        painter.setPen(QPen(theme.warn, 1.5))
        painter.drawArc(box.adjusted(1, 1, -1, -1), 90 * 16 if state == "starting" else -90 * 16, 240 * 16)
        painter.drawPoint(QPointF(box.center()))
    else:
        painter.setPen(QPen(theme.dim, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(box.adjusted(0.5, 0.5, -0.5, -0.5))
    painter.restore()
