"""Painting of the requests table's rows: column by column, with no call of a delegate or a style sheet on the way."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from app import theme as themes
from app.models.columns import RIGHT, Column, Moment
from app.models.requestcolumns import COLUMNS, FAILED, shown_connection, stuck_at, touch_sign
from app.models.requests import RequestsModel
from app.theme import Theme
from app.widgets.monotext import MonoText
from app.widgets.stagebar import Bar, paint_bars
from app.widgets.stagepaint import nice_scale
from engine.capture.records import RequestRecord, State
from engine.observe.connections import ConnectionState
from engine.observe.stages import Stage

Index = QModelIndex | QPersistentModelIndex

PADDING = 8
SIGN = 14
"""px of the sign before the state of a request that somebody acted on."""
_QUIET = frozenset({State.DONE, State.RESET, State.REJECTED, State.QUEUED})


@dataclass(frozen=True, slots=True)
class Row:
    """A row on screen."""

    number: int
    top: int
    record: RequestRecord | None
    selected: bool


class RowsPainter:
    """Paints rows of a RequestsModel. A flood changes every row at every tick, so each microsecond a cell counts."""

    def __init__(self, model: RequestsModel) -> None:
        self._model = model
        self._fonts = {"mono": themes.mono(), "ui": themes.ui(12), "bold": themes.ui(12, bold=True)}
        self._metrics = {key: QFontMetrics(font) for key, font in self._fonts.items()}
        self._mono = MonoText(self._fonts["mono"])
        self._elided: dict[tuple[str, str, int], str] = {}

    def paint(self, painter: QPainter, rows: list[Row], columns: list[tuple[int, int, int]]) -> None:
        """Paint the cells of these rows: columns are number, left edge, width."""
        if len(self._elided) > 4096:
            self._elided.clear()
        for number, left, width in columns:
            column = COLUMNS[number]
            if column.key == "stages":
                self._bars(painter, rows, left + PADDING, width - 2 * PADDING)
            elif column.mono:
                self._mono_column(painter, rows, column, left + PADDING, width - 2 * PADDING)
            else:
                self._ui_column(painter, rows, column, left + PADDING, width - 2 * PADDING)
        self._mono.paint(painter)

    def _bars(self, painter: QPainter, rows: list[Row], left: int, width: int) -> None:
        bars = [Bar(row.top, row.record, row.selected) for row in rows if row.record is not None]
        paint_bars(painter, bars, left, width, nice_scale(self._model.scale()), self._model.moment.now)

    def _mono_column(
        self, painter: QPainter, rows: list[Row], column: Column[RequestRecord], left: int, width: int
    ) -> None:
        theme, moment, base = themes.theme(), self._model.moment, self._base("mono")
        colour = theme.dim if column.key == "id" else theme.text
        advance = self._mono.advance
        room = int((width + 1) / advance)
        for row in rows:
            text = column.text(row.record, moment) if row.record else self._number(row, column)
            if len(text) > room > 1:
                text = f"{text[: room - 1]}…"
            if self._mono.knows(text) and len(text) <= room:
                right = round(width - len(text) * advance) if column.align == RIGHT else 0
                self._mono.add(left + right, row.top + base, text, colour)
            else:
                painter.setFont(self._fonts["mono"])
                painter.setPen(colour)
                cell = QRect(left, row.top, width, themes.ROW)
                painter.drawText(cell, column.align, self._elide("mono", text, width))

    def _ui_column(
        self, painter: QPainter, rows: list[Row], column: Column[RequestRecord], left: int, width: int
    ) -> None:
        theme, moment = themes.theme(), self._model.moment
        for row in rows:
            if row.record is None:
                continue
            key, colour = _look(column.key, row.record, moment, theme)
            painter.setFont(self._fonts[key])
            painter.setPen(colour)
            text, shift = column.text(row.record, moment), 0
            if column.key == "state" and (sign := touch_sign(row.record)):
                painter.setFont(self._fonts["bold"])
                painter.setPen(theme.fault if row.record.injected else theme.warn)
                painter.drawText(left, row.top + self._base("bold"), sign)
                shift, text = SIGN, text[2:]
                painter.setFont(self._fonts[key])
                painter.setPen(colour)
            painter.drawText(left + shift, row.top + self._base(key), self._elide(key, text, width - shift))

    def _number(self, row: Row, column: Column[RequestRecord]) -> str:
        """The capture no longer has the record: only the number is left."""
        return str(self._model.id_at(row.number)) if column.key == "id" else ""

    def _base(self, key: str) -> int:
        metrics = self._metrics[key]
        return (themes.ROW - metrics.height()) // 2 + metrics.ascent()

    def _elide(self, key: str, text: str, width: int) -> str:
        known = self._elided.get((key, text, width))
        if known is None:
            known = self._metrics[key].elidedText(text, Qt.TextElideMode.ElideRight, width)
            self._elided[key, text, width] = known
        return known


class RequestDelegate(QStyledItemDelegate):
    """Knows how wide a cell would like to be: for a double click on a head's border."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        column = COLUMNS[index.column()]
        if column.key == "stages":
            return QSize(column.width, themes.ROW)
        font: QFont = themes.mono() if column.mono else themes.ui(12, bold=True)
        text = str(index.data(Qt.ItemDataRole.DisplayRole) or "")
        return QSize(QFontMetrics(font).horizontalAdvance(text) + 2 * PADDING + 2, themes.ROW)


def _look(key: str, record: RequestRecord, moment: Moment, theme: Theme) -> tuple[str, QColor]:
    """Font and colour of a cell of words."""
    if key != "state":
        return "ui", theme.text
    if record.state in FAILED:
        return "bold", theme.error
    if record.slow is not None and record.slow < Stage.QUEUE:  # nobody else was let in meanwhile
        return "bold", theme.error
    if record.state is State.PAUSED or record.slow is not None or stuck_at(record, moment):
        return "bold", theme.warn
    standing = shown_connection(record)
    quiet = record.state in _QUIET if standing is None else standing.state is not ConnectionState.ACTIVE
    return "ui", theme.dim if quiet else theme.text
