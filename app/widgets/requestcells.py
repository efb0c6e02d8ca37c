"""Painting of the requests table's cells: one call a cell, no style sheet on the way."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app import theme as themes
from app.models.requestcolumns import COLUMNS, FAILED
from app.models.requests import RequestsModel
from app.theme import Theme
from app.widgets.stagebar import paint_bar
from app.widgets.stagepaint import nice_scale
from engine.capture.records import RequestRecord, State

Index = QModelIndex | QPersistentModelIndex

PADDING = 8
_QUIET = frozenset({State.DONE, State.RESET, State.REJECTED, State.QUEUED})


class RequestDelegate(QStyledItemDelegate):
    """Paints every column of a RequestsModel."""

    def __init__(self, model: RequestsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._fonts = {key: (font, QFontMetrics(font)) for key, font in _fonts().items()}
        self.scale = 1

    def begin_frame(self) -> None:
        """Before a repaint: the rows on screen agree on a scale."""
        self.scale = nice_scale(self._model.scale())

    def _paint_text(self, painter: QPainter, rect: QRect, column: int, text: str, key: str, colour: QColor) -> None:
        font, metrics = self._fonts[key]
        room = rect.adjusted(PADDING, 0, -PADDING, 0)
        if metrics.horizontalAdvance(text) > room.width():
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.setFont(font)
        painter.setPen(colour)
        painter.drawText(room, COLUMNS[column].align, text)

    # Qt's overrides

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        column = COLUMNS[index.column()]
        if column.key == "stages":
            return QSize(column.width, themes.ROW)
        metrics = self._fonts["mono" if column.mono else "ui"][1]
        text = str(index.data(Qt.ItemDataRole.DisplayRole) or "")
        return QSize(metrics.horizontalAdvance(text) + 2 * PADDING + 2, themes.ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect
        flags: QStyle.StateFlag = option.state
        selected = bool(flags & QStyle.StateFlag.State_Selected)
        theme, number = themes.theme(), index.column()
        if selected:
            painter.fillRect(rect, theme.selection)
        record, column = self._model.request_at(index.row()), COLUMNS[number]
        if record is None:
            if column.key == "id":
                self._paint_text(painter, rect, number, str(self._model.id_at(index.row())), "mono", theme.faint)
        elif column.key == "stages":
            bar = rect.adjusted(PADDING, 0, -PADDING, 0)
            paint_bar(painter, bar, record, self.scale, self._model.now, selected)
        else:
            text = column.text(record, self._model.moment)
            self._paint_text(painter, rect, number, text, *_look(column.key, record, theme, column.mono))


def _fonts() -> dict[str, QFont]:
    return {"mono": themes.mono(), "ui": themes.ui(12), "bold": themes.ui(12, bold=True)}


def _look(key: str, record: RequestRecord, theme: Theme, mono: bool) -> tuple[str, QColor]:
    """Font and colour of a cell."""
    if key == "state":
        return _state_look(record.state, theme)
    if key == "id":
        return "mono", theme.dim
    return ("mono" if mono else "ui"), theme.text


def _state_look(state: State, theme: Theme) -> tuple[str, QColor]:
    if state in FAILED:
        return "bold", theme.error
    if state is State.PAUSED:
        return "bold", theme.warn
    return "ui", theme.dim if state in _QUIET else theme.text
